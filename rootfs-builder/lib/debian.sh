# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the globals are declared in build and stage.sh
# debian.sh - a root made by debootstrap(8), with what differs between two runs taken out.
# Read next: tar.sh.

DEBIAN_MIRROR=http://deb.debian.org/debian
DEBIAN_KEYRINGS=(/usr/share/keyrings/debian-archive-keyring.{gpg,pgp})
[[ -z ${HUSK_KEYRING:-} ]] || DEBIAN_KEYRINGS=("$HUSK_KEYRING")
DEBIAN_INCLUDE=procps,hostname # minbase has no ps
DEBIAN_APT=/etc/apt
DEBIAN_OS_RELEASE=/etc/os-release
debootstrap_pid=''

# Debian's own suites: debootstrap has one script a suite, and these are links to sid's.
debian_suites() {
  local script
  for script in "${DEBOOTSTRAP_DIR:-/usr/share/debootstrap}"/scripts/*; do
    [[ $(readlink -f -- "$script") == */sid ]] && printf '%s\n' "${script##*/}"
  done
  return 0
}

debian_check_suite() { # SUITE
  local known=()
  mapfile -t known < <(debian_suites)
  ((${#known[@]})) || need_tools debootstrap
  [[ " ${known[*]} " == *" $1 "* ]] && return
  die suite "$1" "unknown to debootstrap: take one of ${known[*]} (a folder needs a slash: ./$1)"
}

# Installing packages takes many user ids, mknod and chroot: `unshare -r` maps one id only.
debian_check_root() {
  local length ids=0
  while read -r _ _ length; do ids=$((ids + length)); done </proc/self/uid_map
  ((EUID == 0)) || die user "$(id -un 2>/dev/null)" "debootstrap needs root: use sudo, or build busybox"
  ((ids > 65534)) ||
    die user "$(id -un 2>/dev/null)" "root of $ids ids in a user namespace: use the real root (sudo)"
  unshare --mount --pid --fork true 2>/dev/null ||
    die user "$(id -un 2>/dev/null)" "has no CAP_SYS_ADMIN here: use a real root shell, or build busybox"
}

debian_find_keyring() {
  local keyring
  for keyring in "${DEBIAN_KEYRINGS[@]}"; do
    [[ -r $keyring ]] || continue
    printf '%s\n' "$keyring"
    return
  done
  die keyring "${DEBIAN_KEYRINGS[0]}" "not found: $(say_package keyring)"
}

# "URI suites... | components..." for every enabled binary source in deb822 form.
debian_read_sources() { # FILE...
  awk '
  function flush() {
    if (tolower(f["enabled"]) !~ /^[ \t]*no[ \t]*$/ && (" " f["types"] " ") ~ /[ \t]deb[ \t]/) {
      n = split(f["uris"], uri, /[ \t]+/)
      for (i = 1; i <= n; i++)
        if (uri[i] != "") print uri[i], f["suites"], "|", f["components"]
    }
    for (k in f) delete f[k]
    key = ""
  }
  FNR == 1 || /^[ \t]*$/ { flush() }
  /^#/ { next }
  /^[ \t]/ { f[key] = f[key] " " $0; next }
  match($0, /^[A-Za-z-]+:/) {
    key = tolower(substr($0, 1, RLENGTH - 1))
    f[key] = substr($0, RLENGTH + 1)
  }
  END { flush() }' "$@"
}

# The same from one-line form: deb [options] URI suite components...
debian_read_lists() { # FILE...
  awk '
  $1 == "deb" {
    sub(/^[ \t]*deb[ \t]+(\[[^]]*\])?[ \t]*/, "")
    sub(/#.*/, "")
    uri = $1; suite = $2
    $1 = ""; $2 = ""
    print uri, suite, "|", $0
  }' "$@"
}

# The mirror this host itself installs Debian from. Third parties also name the suite and "main",
# so the address must look like a Debian archive or a snapshot of one.
debian_host_mirror() {
  local ID='' VERSION_CODENAME='' uri rest suites
  [[ -r $DEBIAN_OS_RELEASE ]] || return 1
  # shellcheck source=/dev/null
  . "$DEBIAN_OS_RELEASE"
  [[ $ID == debian ]] || return 1
  suites="( ${VERSION_CODENAME:-stable} | stable | oldstable | testing | unstable | sid )"
  while read -r uri rest; do
    [[ $uri =~ ^https?://.*/debian/?([0-9TZ]+/?)?$ ]] || continue
    [[ " ${rest%%|*} " =~ $suites && " ${rest#*|} " == *" main "* ]] || continue
    printf '%s\n' "${uri%/}"
    return
  done < <(
    shopt -s nullglob
    # A pattern, because awk stops at a file that does not exist.
    debian_read_lists /dev/null "$DEBIAN_APT"/sources.lis[t] "$DEBIAN_APT"/sources.list.d/*.list
    debian_read_sources /dev/null "$DEBIAN_APT"/sources.list.d/*.sources
  )
  return 1
}

debian_choose_mirror() {
  local mirror=${mirror:-${HUSK_MIRROR:-}}
  [[ -n $mirror ]] || mirror=$(debian_host_mirror) || mirror=$DEBIAN_MIRROR
  [[ $mirror =~ ^(https?|ftp|file)://?[^[:space:][:cntrl:]]+$ ]] ||
    die mirror "$mirror" "is no address: write it like $DEBIAN_MIRROR"
  printf '%s\n' "${mirror%/}"
}

debian_require() { # SUITE
  debian_check_suite "$1"
  mirror=$(debian_choose_mirror)
  recipe="debian $1 $mirror $(builder_digest)"
}

debian_require_tools() {
  need_tools flock find awk debootstrap unshare setpriv
  debian_check_root
  keyring=$(debian_find_keyring)
}

# debootstrap mounts proc and sys in its target and starts many processes. In namespaces of its own
# both end with it; --pdeathsig and --kill-child end it with this script, even on kill -9.
debian_bootstrap() { # SUITE TREE LOG
  : >"$3" # the watcher may look before the child has opened it
  LC_ALL=C setpriv --pdeathsig KILL \
    unshare --mount --pid --fork --kill-child --mount-proc \
    debootstrap --variant=minbase --include="$DEBIAN_INCLUDE" --keyring="$keyring" \
    "$1" "$2" "$mirror" >"$3" 2>&1 </dev/null &
  debootstrap_pid=$!
  debian_watch "$debootstrap_pid" "$3" && debootstrap_pid='' && return
  debootstrap_pid=''
  tail -n 8 -- "$3" | tr -c '[:print:]\n\t' '?' | sed 's/^/  | /' >&2
  die suite "$1" "debootstrap failed (its last lines are above): check $mirror, or give --mirror"
}

# One updating line on a terminal, a line every five seconds elsewhere.
debian_watch() { # PID LOG
  local started=$SECONDS said=$SECONDS line
  while kill -0 "$1" 2>/dev/null; do
    line=$(tail -n 1 -- "$2")
    line=${line#[A-Z]: }
    if [[ -t 2 ]]; then
      printf '\r\033[K%4d s  %.60s' $((SECONDS - started)) "$line" >&2
    elif ((SECONDS - said >= 5)); then
      said=$SECONDS
      printf '%4d s  %.60s\n' $((SECONDS - started)) "$line" >&2
    fi
    sleep 0.3
  done
  [[ -t 2 ]] && printf '\r\033[K' >&2
  wait "$1"
}

# For the EXIT trap: the kernel ends everything below when the namespace's first process goes.
debian_stop() {
  [[ -n $debootstrap_pid ]] || return 0
  kill -KILL "$debootstrap_pid" 2>/dev/null
  wait "$debootstrap_pid" 2>/dev/null
  debootstrap_pid=''
}

# Nothing of this host, this day or this download stays in the tree.
debian_neutralise() { # TREE
  local days=$((BUILDER_EPOCH / 86400))
  find "$1/dev" "$1/proc" "$1/sys" "$1/run" "$1/tmp" -xdev -mindepth 1 -delete
  find "$1" -xdev \( -type b -o -type c \) -delete
  find "$1/var/log" "$1/var/cache/apt" "$1/var/lib/apt/lists" "$1/var/cache/ldconfig" \
    -xdev -type f -delete
  rm -f -- "$1"/etc/{passwd,group,shadow,gshadow,subuid,subgid}- "$1"/var/lib/dpkg/*-old \
    "$1"/var/cache/debconf/*-old
  [[ ! -e $1/etc/machine-id ]] || : >"$1/etc/machine-id"
  cp -- "$here"/skeleton/etc/{hostname,hosts,resolv.conf} "$1/etc/"
  chmod 0644 -- "$1"/etc/{hostname,hosts,resolv.conf}
  # The third field is the day the password was last changed, which is the day of the build.
  sed -i -E "s/^([^:]*:[^:]*):[0-9]+:/\1:$days:/" "$1/etc/shadow"
}

debian_make() { # TREE
  mkdir -- "$1"
  chmod 00755 -- "$1"
  debian_bootstrap "$suite" "$1" "$stage/log"
  debian_neutralise "$1"
}
