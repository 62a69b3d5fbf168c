# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the globals are declared in build and stage.sh
# tar.sh - the same tree gives the same bytes. Read next: list.sh.

tar_temporary=''

tar_check() { # FILE TREE
  local file
  [[ -n $1 && $1 != */ && ! -d $1 ]] || die file "$1" "is a folder: name a file, like root.tar"
  [[ $1 != *.@(gz|xz|zst|bz2|tgz) ]] || die file "$1" "is written uncompressed: let it end in .tar"
  [[ ! -e $1 || -f $1 ]] || die file "$1" "is no ordinary file: name another"
  file=$(realpath -m -- "$1")
  [[ $file != "$2"/* ]] || die file "$1" "is inside the tree: name a place outside of it"
  [[ -d ${file%/*}/ && -w ${file%/*}/ ]] ||
    die file "$1" "cannot be written there: name another folder"
  [[ ${SOURCE_DATE_EPOCH:-0} =~ ^[0-9]{1,11}$ ]] ||
    die SOURCE_DATE_EPOCH "$SOURCE_DATE_EPOCH" "is no number: write it like $BUILDER_EPOCH"
}

# A BusyBox root belongs to whoever built it, so its tar says root; Debian's owners matter.
tar_options() { # KIND
  printf '%s\n' --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
    --sort=name --numeric-owner --one-file-system --mtime="@${SOURCE_DATE_EPOCH:-$BUILDER_EPOCH}"
  [[ $1 != busybox ]] || printf '%s\n' --owner=0 --group=0
}

# Written under a name of its own and renamed. The name is fixed, so that what a killed run left is
# overwritten by the next one; the lock keeps two runs from writing it at once.
tar_write() { # TREE FILE KIND
  local file options=() error sum
  file=$(realpath -m -- "$2")
  mapfile -t options < <(tar_options "$3")
  stage_lock "${file%/*}/.${file##*/}.husk-tar"
  tar_temporary=$lock lock=''
  error=$(tar "${options[@]}" -C "$1" -cf "$tar_temporary" . 2>&1) ||
    die file "$2" "tar failed: ${error%%$'\n'*}"
  mv -fT -- "$tar_temporary" "$file"
  tar_temporary=''
  sum=$(sha256sum <"$file")
  say "$2: $(say_size "$(stat -c %s -- "$file")"), sha256 ${sum%% *}"
}

tar_close() {
  [[ -n $tar_temporary ]] && rm -f -- "$tar_temporary"
  tar_temporary=''
}
