# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the globals are declared in build and stage.sh
# place.sh - where a root may go: default places, and the folders that are refused.
# Nothing in this file writes. Read next: marker.sh.

place_home() {
  local base=${XDG_DATA_HOME:-}
  if [[ -n ${HUSK_ROOTFS_HOME:-} ]]; then
    realpath -m -- "$HUSK_ROOTFS_HOME"
  elif ((EUID == 0)); then
    printf '/var/lib/husk-course/rootfs\n'
  else
    # A relative XDG_DATA_HOME is invalid and must be ignored (XDG base directory spec).
    [[ $base == /* ]] || base=${HOME:-}/.local/share
    [[ $base != /.local/share ]] || die variable HOME "is not set: set it, or name a folder"
    printf '%s/husk-course/rootfs\n' "$base"
  fi
}

place_default() { # KIND
  local home
  home=$(place_home)
  printf '%s/%s\n' "${home%/}" "$1"
}

# The folder with every symbolic link resolved: the tree and the files beside it are then made
# where the folder really is, and renames stay inside one file system.
place_resolve() { # DIR
  local dir=$1
  [[ -n $dir ]] || die folder "" "is empty: name a folder, or leave it out for the default"
  while [[ $dir == ?*/ ]]; do dir=${dir%/}; done
  [[ -L $dir && ! -e $dir ]] &&
    die folder "$1" "is a symbolic link to nowhere: remove it, or name another folder"
  realpath -m -- "$dir" 2>/dev/null || die folder "$1" "cannot be resolved: name another folder"
}

place_is_system() { # PATH
  case $1 in
  / | /dev/shm | /home | /media | /mnt | /opt | /root | /run | /srv | /tmp | /usr/local | /var) ;;
  /var/cache | /var/lib | /var/log | /var/mail | /var/opt | /var/spool | /var/tmp) ;;
  /usr/local/* | /dev/shm/*) return 1 ;;
  /bin | /boot | /dev | /etc | /lib* | /proc | /sbin | /sys | /usr) ;;
  /bin/* | /boot/* | /dev/* | /etc/* | /proc/* | /sbin/* | /sys/* | /usr/*) ;;
  *) [[ $1 == "${HOME:-/}" ]] ;;
  esac
}

# The mount point at or below a folder, if any. mountinfo writes blanks and backslashes in octal,
# so the path is written the same way before it is compared (proc_pid_mountinfo(5)).
place_mount_below() { # PATH
  local path=$1 _ point
  path=${path//\\/\\134} path=${path// /\\040} path=${path//$'\t'/\\011} path=${path//$'\n'/\\012}
  while read -r _ _ _ _ point _; do
    [[ $point == "$path" || $point == "$path"/* ]] || continue
    printf '%b\n' "${point//\\/\\0}"
    return
  done </proc/self/mountinfo
  return 1
}

# A process whose root directory is this tree, in whatever mount namespace: -ef compares device and
# inode, and these survive the bind mount that a container makes of its root.
place_user() { # PATH
  local root pid
  for root in /proc/[0-9]*/root; do
    [[ $root -ef $1 ]] || continue
    pid=${root%/root}
    printf '%s\n' "${pid##*/}"
    return
  done
  return 1
}

place_refuse_busy() { # PATH
  local found
  if found=$(place_mount_below "$1"); then
    [[ $found == "$1" ]] &&
      die folder "$1" "is a mount point: name a folder below it, or unmount it"
    die folder "$1" "$found is mounted below it: unmount that first"
  fi
  if found=$(place_user "$1"); then
    die folder "$1" "is the root directory of process $found: end that first"
  fi
}

place_is_empty() { # PATH
  [[ -z $(find "$1" -mindepth 1 -maxdepth 1 -print -quit 2>/dev/null) ]] && [[ -r $1 ]]
}

# What may never be a target, not even of a build that finds it up to date.
place_check() { # PATH AS-TYPED
  place_is_system "$1" && die folder "$2" "is a system folder: name one of your own"
  if [[ -e $1 && ! -d $1 ]]; then
    die folder "$2" "is a file: name a folder"
  fi
  [[ ! -d $1 ]] || marker_owns "$1" || place_is_empty "$1" ||
    die folder "$2" "is not empty and not made by rootfs-builder: name another folder"
}

# What stands in the way of a change.
place_check_change() { # PATH AS-TYPED
  place_check_parent "$1" "$2"
  [[ ! -d $1 ]] || place_refuse_busy "$1"
}

place_check_parent() { # PATH AS-TYPED
  local parent=${1%/*}
  while [[ -n $parent && ! -e $parent && ! -L $parent ]]; do parent=${parent%/*}; done
  [[ -d ${parent:-/} ]] || die folder "$2" "$parent is not a folder: name another place"
  [[ -w ${parent:-/} && -x ${parent:-/} ]] ||
    die folder "$2" "${parent:-/} is not writable for you: name a folder of your own, or use sudo"
}
