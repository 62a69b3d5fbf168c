# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the globals are declared in build and stage.sh
# say.sh - what the builder prints: errors, sizes, suggestions, package names.
# Read next: place.sh.

# One line on stderr, then the end. A value may hold anything, so control characters are masked:
# an error must stay one line, and must not drive the reader's terminal.
die() { # WHAT VALUE WAY-OUT [STATUS]
  local line="rootfs-builder: $1 \"$2\": $3"
  printf '%s\n' "${line//[[:cntrl:]]/?}" >&2
  exit "${4:-1}"
}

say() {
  local line=$*
  printf '%s\n' "${line//[[:cntrl:]]/?}"
}

say_size() { # BYTES
  numfmt --to=iec --suffix=B "$1"
}

# Levenshtein's distance, one row at a time.
say_distance() { # A B
  local a=$1 b=$2 i j above corner least
  local -a row
  for ((j = 0; j <= ${#b}; j++)); do row[j]=$j; done
  for ((i = 1; i <= ${#a}; i++)); do
    corner=${row[0]} row[0]=$i
    for ((j = 1; j <= ${#b}; j++)); do
      above=${row[j]}
      least=$corner
      [[ ${a:i-1:1} == "${b:j-1:1}" ]] || least=$((least + 1))
      ((above + 1 < least)) && least=$((above + 1))
      ((row[j - 1] + 1 < least)) && least=$((row[j - 1] + 1))
      row[j]=$least corner=$above
    done
  done
  printf '%s\n' "${row[${#b}]}"
}

# "did you mean X?" when a known word is at most two slips away, else the whole list.
say_nearest() { # WORD KNOWN...
  local word=${1:0:40} known best='' distance least=3
  shift
  for known; do
    distance=$(say_distance "$word" "$known")
    ((distance < least)) && least=$distance best=$known
  done
  if [[ -n $best ]]; then
    printf 'did you mean %s?\n' "$best"
  else
    printf 'take one of: %s\n' "$*"
  fi
}

# The package that brings a tool, by the name this distribution gives it.
say_package() { # TOOL
  local apt=$1 dnf=$1 pacman=$1
  case $1 in
  busybox) apt=busybox-static ;;
  keyring) apt=debian-archive-keyring dnf=debian-keyring pacman=debian-archive-keyring ;;
  flock | unshare | setpriv) apt=util-linux dnf=util-linux pacman=util-linux ;;
  find) apt=findutils dnf=findutils pacman=findutils ;;
  awk) apt=mawk dnf=gawk pacman=gawk ;;
  esac
  if command -v apt-get >/dev/null; then
    printf 'apt install %s\n' "$apt"
  elif command -v dnf >/dev/null; then
    printf 'dnf install %s\n' "$dnf"
  elif command -v pacman >/dev/null; then
    printf 'pacman -S %s\n' "$pacman"
  else
    printf 'install %s (apt), %s (dnf) or %s (pacman)\n' "$apt" "$dnf" "$pacman"
  fi
}

need_tools() { # TOOL...
  local tool
  for tool; do
    command -v "$tool" >/dev/null && continue
    # A root shell from plain su(1) often has no sbin in its PATH.
    [[ -x /usr/sbin/$tool ]] &&
      die tool "$tool" "is in /usr/sbin, which PATH lacks: use sudo, or su with a dash"
    die tool "$tool" "not found: $(say_package "$tool")"
  done
}
