# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the globals are declared in build and stage.sh
# busybox.sh - a root made from one static program, without a network and without root.
# Read next: debian.sh.

BUSYBOX_PLACES=(/bin/busybox /usr/bin/busybox /usr/sbin/busybox)

# Mode and path of every folder; proc, sys and dev stay empty, they are mount points.
BUSYBOX_DIRS='
0755 bin
0755 sbin
0755 usr
0755 usr/bin
0755 usr/sbin
0755 etc
0755 proc
0755 sys
0755 dev
1777 tmp
0700 root
0755 home
0755 mnt
0755 srv
0755 opt
0755 run
0755 var
0755 var/log
1777 var/tmp
'

busybox_find() {
  local place
  for place in ${HUSK_BUSYBOX:+"$HUSK_BUSYBOX"} "${BUSYBOX_PLACES[@]}"; do
    if [[ -n ${HUSK_BUSYBOX:-} && ! -f $HUSK_BUSYBOX ]]; then
      die HUSK_BUSYBOX "$HUSK_BUSYBOX" "is no file: unset it, or name a static busybox"
    fi
    [[ -x $place && -f $place ]] || continue
    printf '%s\n' "$place"
    return
  done
  die program busybox "not found: $(say_package busybox)"
}

# An unsigned number of an ELF header; the program runs here, so it has this machine's byte order.
busybox_number() { # FILE OFFSET SIZE
  local number
  number=$(od -An -v -t "u$3" -j "$2" -N "$3" -- "$1" 2>/dev/null)
  printf '%d\n' "${number//[[:space:]]/}"
}

# Static = no PT_INTERP (3) among the program headers: no dynamic linker is asked for (elf(5)).
# Neither ldd, file nor readelf can be counted on, and the root holds no library to fall back on.
busybox_is_static() { # FILE
  local start size count i
  [[ $(od -An -c -N 4 -- "$1" 2>/dev/null) == *177*E*L*F* ]] || return 1
  if (($(busybox_number "$1" 4 1) == 2)); then
    start=$(busybox_number "$1" 32 8) size=$(busybox_number "$1" 54 2)
    count=$(busybox_number "$1" 56 2)
  else
    start=$(busybox_number "$1" 28 4) size=$(busybox_number "$1" 42 2)
    count=$(busybox_number "$1" 44 2)
  fi
  for ((i = 0; i < count; i++)); do
    (($(busybox_number "$1" $((start + i * size)) 4) == 3)) && return 1
  done
  return 0
}

busybox_version() { # FILE
  local word version=unknown
  while read -r _ word _; do
    version=${word#v}
    break
  done < <("$1" 2>/dev/null)
  printf '%s\n' "$version"
}

busybox_require() {
  need_tools flock find od
  busybox=$(busybox_find)
  busybox_is_static "$busybox" ||
    die program "$busybox" "is not static and would miss its libraries: $(say_package busybox)"
  recipe="busybox $(busybox_version "$busybox") $(sha256sum <"$busybox" | cut -c 1-16)"
  recipe+=" $(builder_digest)"
}

busybox_make_dirs() { # TREE
  local mode dir
  while read -r mode dir; do
    [[ -n $dir ]] || continue
    mkdir -- "$1/$dir"
    chmod "$mode" -- "$1/$dir"
  done <<<"$BUSYBOX_DIRS"
  ln -s ../run "$1/var/run"
}

# Relative links: the tree stays valid wherever it is moved, and from outside a link never leads to
# the host's own busybox.
busybox_link_applets() { # TREE
  local applet up
  while read -r applet; do
    case $applet in
    bin/busybox) continue ;;
    bin/*) up=busybox ;;
    sbin/*) up=../bin/busybox ;;
    usr/bin/* | usr/sbin/*) up=../../bin/busybox ;;
    *) continue ;;
    esac
    ln -s "$up" "$1/$applet"
  done < <("$busybox" --list-full)
  [[ -e $1/bin/sh ]] || die program "$busybox" "lists no applet sh: $(say_package busybox)"
}

busybox_copy_etc() { # TREE
  cp -- "$here"/skeleton/etc/* "$1/etc/"
  chmod 0644 -- "$1"/etc/*
  chmod 0640 -- "$1/etc/shadow"
}

busybox_make() { # TREE
  mkdir -- "$1"
  # Five digits clear a set-group-ID bit inherited from the parent; chmod 0755 would keep it.
  chmod 00755 -- "$1"
  busybox_make_dirs "$1"
  cp -- "$busybox" "$1/bin/busybox"
  chmod 0755 -- "$1/bin/busybox"
  busybox_link_applets "$1"
  busybox_copy_etc "$1"
  if ((EUID == 0)); then
    chown -hR 0:0 -- "$1"
  fi
}
