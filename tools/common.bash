# shellcheck shell=bash disable=SC2034 # the variables are for the scripts that source this
# common.bash: what the tools share: where the tree is, its phases, colours, how to refuse.

tree=${HUSK_TREE:-$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)} # a test points it at a copy
tool=$(basename "$0")

# One line on stderr, whatever the value holds: control characters would forge a second one.
die() { # WHAT VALUE WAY-OUT
  local line="$tool: $1 \"$2\": $3"
  printf '%s\n' "${line//[[:cntrl:]]/?}" >&2
  exit 2
}

use_colours() { # FD
  bold='' dim='' red='' green='' yellow='' blue='' plain=''
  [ -t "$1" ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ] || return 0
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' yellow=$'\e[33m' blue=$'\e[36m' plain=$'\e[0m'
}

# The folders of the phases there are, in order, one a line.
phases() {
  local folder
  for folder in "$tree"/phase[0-9][0-9]-*/; do
    [ ! -d "$folder" ] || basename "$folder"
  done
}

# Sets $phase to the folder that 3, 03, phase03 or phase03-pivot-root means, and $number to 03.
find_phase() { # WORD
  local word=${1#phase} folder
  word=${word%%-*}
  [[ $word != [1-9] ]] || word=0$word
  for folder in $(phases); do
    [[ $word =~ ^[0-9][0-9]$ && $folder == phase$word-* ]] || continue
    phase=$folder number=$word
    return
  done
  die phase "$1" "there is no such phase; there are $(phases | sed 's/^phase//; s/-.*//' | paste -sd ' ')"
}

# The phase before $phase; nothing for the first.
phase_before() {
  phases | awk -v own="$phase" '$0 == own { print last; exit } { last = $0 }'
}

# Builds ./husk of a phase folder; nothing happens if that is up to date.
build_phase() { # FOLDER
  local log
  log=$(make -s -C "$tree/$1" husk 2>&1) && return
  die program "$1/husk" "cannot be built ($(tail -n 1 <<<"$log")): make -C $1 says more"
}

# Exports HUSK_ROOTFS: the caller's, or the default BusyBox root, which is made if need be.
need_rootfs() {
  local log
  if [ -z "${HUSK_ROOTFS:-}" ]; then
    log=$("$tree/rootfs-builder/build" busybox 2>&1) || die "root file system" busybox "${log##*$'\n'}"
    HUSK_ROOTFS=$("$tree/rootfs-builder/build" --print-path busybox)
  fi
  [ -x "$HUSK_ROOTFS/bin/sh" ] ||
    die HUSK_ROOTFS "$HUSK_ROOTFS" "holds no /bin/sh: unset it, and rootfs-builder/build makes one"
  export HUSK_ROOTFS
}

# The command that installs a package, by this distribution's manager.
install_command() { # APT-NAME [DNF-NAME [PACMAN-NAME]]
  if command -v apt-get >/dev/null; then
    echo "sudo apt install $1"
  elif command -v dnf >/dev/null; then
    echo "sudo dnf install ${2:-$1}"
  elif command -v pacman >/dev/null; then
    echo "sudo pacman -S ${3:-$1}"
  else
    echo "install the package $1"
  fi
}

# When a process was started, in clock ticks since boot: with its pid this names it for good.
start_time() { # PID
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) } # the name before may hold blanks and parentheses
  awk '{ print $20 }' <<<"$stat"
}

# Makes the folder $scratch, which goes when the script ends. Its file .owner lets reset see
# whether the script is still running.
make_scratch() { # NAME
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/husk-$1.XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  echo "$$ $(start_time $$)" >"$scratch/.owner"
}
