#!/usr/bin/env bats
# debian.bats: everyday work in a Debian root made by debootstrap, under phase05. The root is kept
# in build/debian, so that only the first run takes the time.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # lib/phase.bash and bats have them
load lib/phase

setup_file() {
  [ "$(id -u)" = 0 ] || skip "needs root: debootstrap does"
  phase_setup 05
  "$tree/rootfs-builder/build" debian "$tree/build/debian" >"$BATS_FILE_TMPDIR/log" 2>&1 || {
    cat "$BATS_FILE_TMPDIR/log"
    return 1
  }
}

husk() { run "$tree/$FOLDER/husk" run --rootfs="$tree/build/debian" "$@"; echo "$output"; }

@test "debian: bash -lc 'ps aux; hostname' shows only the container's own" {
  husk -- bash -lc 'ps aux; hostname'
  [ "$status" = 0 ]
  [ "${lines[0]%% *}" = USER ]
  [[ ${lines[1]} == root*" 1 "*"bash -lc ps aux; hostname" ]]
  [[ ${lines[2]} == root*"ps aux" ]]
  [ "${lines[3]}" = husk ]
  [ "${#lines[@]}" = 4 ]
}

@test "debian: dpkg, perl, tar, find, su and threads work" {
  husk --workdir=/tmp -- bash -c 'set -e
    dpkg -l bash | tail -1
    perl -e "print 6 * 7, qq(\n)"
    mkdir a && echo x >a/f && tar cf a.tar a && tar tf a.tar && rm -r a a.tar
    find / -xdev -name passwd -path "*/etc/passwd"
    su -s /bin/sh nobody -c id
    for i in 1 2 3 4 5; do (sleep 0.1) & done; wait; echo waited'
  [ "$status" = 0 ]
  [[ $output == *42*a/f*/etc/passwd*uid=65534*waited ]]
}

@test "debian: a limit is enforced and reported" {
  husk --mem=64M -- perl -e '$x = "x" x (256 << 20); print length $x'
  [ "$status" = 137 ]
  [[ $output == *"OOM-killed"* ]]
}

@test "debian: nothing is left on this machine" { nothing_left; }
