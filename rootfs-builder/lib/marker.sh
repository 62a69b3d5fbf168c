# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the globals are declared in build and stage.sh
# marker.sh - how a tree is known to be ours: the file .NAME.husk-rootfs beside it.
# It lies beside the tree and not in it, so that no container sees it and no tar holds it. It names
# the tree by inode number, so that it never vouches for another folder put in the same place.
# Read next: stage.sh.

marker_path() { # TARGET
  printf '%s/.%s.husk-rootfs\n' "${1%/*}" "${1##*/}"
}

marker_get() { # TARGET KEY
  local file key value
  file=$(marker_path "$1")
  [[ -f $file && -r $file ]] || return 1
  while IFS='=' read -r key value; do
    [[ $key == "$2" ]] || continue
    printf '%s\n' "$value"
    return
  done <"$file"
  return 1
}

marker_inode() { # TREE
  stat -c %i -- "$1"
}

# Ours = the recorded inode, and still a root: inode numbers are used again, so a folder without
# proc/ that is not empty is somebody else's. (proc/ outlives even `rm -rf /` in a container.)
marker_owns() { # TARGET
  local inode
  [[ -d $1 ]] || return 1
  inode=$(marker_inode "$1")
  [[ $inode == "$(marker_get "$1" tree)" || $inode == "$(marker_get "$1" previous)" ]] || return 1
  [[ -d $1/proc ]] || place_is_empty "$1"
}

# Current = what a build with this recipe would make again.
marker_is_current() { # TARGET RECIPE
  marker_owns "$1" && [[ $(marker_get "$1" tree) == "$(marker_inode "$1")" ]] &&
    [[ $(marker_get "$1" recipe) == "$2" ]]
}

# A digest of names, modes, sizes, times and link targets: 20 ms, where hashing a Debian root takes
# seconds. Directories count without their times, which every container run changes.
marker_content() { # TREE
  find "$1" -mindepth 1 \( -type d -printf '%P %y %m\n' -o -printf '%P %y %m %s %T@ %l\n' \) \
    2>/dev/null | sort | sha256sum | cut -d ' ' -f 1
}

marker_is_touched() { # TARGET
  [[ $(marker_get "$1" content) != "$(marker_content "$1")" ]]
}

# Written whole, then renamed: a reader sees the old marker or the new one.
marker_write() { # TARGET TREE PREVIOUS-INODE
  local content date
  content=$(marker_content "$2")
  date=$(date -u +%FT%TZ)
  printf '%s\n' "tree=$(marker_inode "$2")" "previous=$3" "kind=$kind" "recipe=$recipe" \
    "content=$content" "date=$date" >"$stage/marker"
  mv -T -- "$stage/marker" "$(marker_path "$1")"
}
