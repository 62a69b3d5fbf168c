# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the globals are declared in build and stage.sh
# stage.sh - a build happens in a folder beside its target and is renamed into place.
#
#   .NAME.husk-lock     flock(2)ed while a build or a removal of NAME runs; whoever holds it may
#                       take everything else below for the leftover of a killed run
#   .NAME.husk-build/   tree   the root being built
#                       old    the root it replaces, until the new one is in place
#                       trash  what is being deleted
#                       log    debootstrap's output
#
# At every instant NAME is a whole root or absent, and if absent the next run puts `old` back.
# Globals: target, stage, lock (empty until held), made_parents. Read next: busybox.sh.

target='' stage='' lock='' lock_fd='' made_parents=()

# The folder and everything in it, and nothing that is mounted there.
stage_remove() { # PATH
  rm -rf --one-file-system -- "$1" 2>/dev/null ||
    die folder "$1" "cannot be removed: look who owns what is in it"
}

stage_make_parents() { # PATH
  local dir=$1 missing=()
  while [[ -n $dir && ! -d $dir ]]; do
    missing=("$dir" "${missing[@]}")
    dir=${dir%/*}
  done
  for dir in "${missing[@]}"; do
    mkdir -- "$dir" 2>/dev/null || [[ -d $dir ]] ||
      die folder "$dir" "cannot be made: name another place"
    made_parents=("$dir" "${made_parents[@]}")
  done
}

# A file that is locked, deleted and made again is another file: after waiting, the name must still
# lead to the file that was locked, otherwise two runs would hold two locks of one name.
stage_lock() { # FILE
  local fd
  while :; do
    { exec {fd}>>"$1"; } 2>/dev/null || die file "$1" "cannot be written: name another place"
    if ! flock -n "$fd"; then
      say "waiting for another run that works on $1"
      until flock -w 1 "$fd"; do :; done
    fi
    [[ $1 -ef /proc/self/fd/$fd ]] && break
    exec {fd}>&-
  done
  lock=$1 lock_fd=$fd
}

stage_unlock() {
  rm -f -- "$lock"
  exec {lock_fd}>&-
  lock=''
}

# What a killed run left. Only under the lock.
stage_recover() {
  [[ -e $stage || -L $stage ]] || return 0
  [[ -d $stage && ! -L $stage && -O $stage ]] ||
    die folder "$stage" "is in the way and not yours: remove it"
  if [[ -d $stage/old && ! -e $target ]]; then
    mv -T -- "$stage/old" "$target"
  fi
  stage_remove "$stage"
}

stage_open() { # TARGET
  local parent=${1%/*} name=${1##*/}
  target=$1
  stage_make_parents "$parent"
  stage=$parent/.$name.husk-build
  stage_lock "$parent/.$name.husk-lock"
  stage_recover
  mkdir -m 0700 -- "$stage" || die folder "$stage" "cannot be made: name another place"
}

# Something that a killed run, or a live one, has beside a target; for who may not write there it is
# no concern.
stage_is_left() { # TARGET
  local beside=${1%/*}/.${1##*/}
  [[ -e $beside.husk-build || -e $beside.husk-lock ]] && [[ -w ${1%/*}/ ]]
}

# From stage/tree to the target. The marker vouches for both trees while they change places.
stage_install() {
  local previous=''
  place_check "$target" "$target"
  place_check_change "$target" "$target"
  [[ -d $target ]] && previous=$(marker_inode "$target")
  marker_write "$target" "$stage/tree" "$previous"
  [[ -n $previous ]] && mv -T -- "$target" "$stage/old"
  mv -T -- "$stage/tree" "$target"
  made_parents=()
  [[ -n $previous ]] && mv -T -- "$stage/old" "$stage/trash"
  marker_write "$target" "$target" ''
}

# The target and its marker, gone in one rename.
stage_uninstall() {
  [[ -d $target ]] && mv -T -- "$target" "$stage/trash"
  rm -f -- "$(marker_path "$target")"
}

# The end of every run, good or bad: also called by the EXIT trap.
stage_close() {
  [[ -n $lock ]] && stage_recover && stage_unlock
  ((${#made_parents[@]})) && rmdir -- "${made_parents[@]}" 2>/dev/null
  made_parents=()
  return 0
}
