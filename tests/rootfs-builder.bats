#!/usr/bin/env bats
# rootfs-builder: what it makes, what it refuses, and what an interrupted run leaves.
# Everything happens below BATS_TEST_TMPDIR. Runs as root and as an ordinary user; what needs root
# or a mirror is skipped with the reason. No test here measures time.
# shellcheck disable=SC2154 # lines and stderr_lines are set by run
# shellcheck disable=SC2016 # code for another shell is quoted on purpose
# shellcheck disable=SC2030,SC2031 # each test is a subshell: its changes are meant to be lost
# shellcheck disable=SC1090,SC2034 # the builder is sourced, and its globals set for it

bats_require_minimum_version 1.5.0

setup() {
  build=$BATS_TEST_DIRNAME/../rootfs-builder/build
  work=$BATS_TEST_TMPDIR/work
  export HUSK_ROOTFS_HOME=$work/home
  unset HUSK_MIRROR HUSK_BUSYBOX HUSK_KEYRING DEBOOTSTRAP_DIR SOURCE_DATE_EPOCH
  # chroot(8) is not in the PATH of every ordinary user.
  PATH=$PATH:/usr/sbin:/sbin
  mkdir "$work"
}

# Names, types, modes, sizes, times and link targets of everything below the scratch folder.
snapshot() {
  find "$work" -printf '%P %y %m %s %l %T@\n' | sort
}

# The command must fail with one line that holds TEXT, and leave the disk as it was.
refuses() { # TEXT COMMAND...
  local text=$1 before
  shift
  before=$(snapshot)
  run --separate-stderr "$@"
  [ "$status" -ne 0 ]
  [ -z "$output" ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ "$stderr" == 'rootfs-builder: '*'"'*'": '* ]]
  [[ "$stderr" == *"$text"* ]]
  [ "$(snapshot)" = "$before" ]
}

# The names in a folder, hidden ones too, on one line.
names() { # DIR
  find "$1" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | paste -sd ' '
}

# Waits for a condition, at most about 20 seconds: a broken builder must turn red, not hang.
await() { # COMMAND...
  local i
  for ((i = 0; i < 400; i++)); do
    "$@" && return
    sleep 0.05
  done
  return 1
}

# A root is whole when it holds what a fresh one does.
is_whole() { # TREE
  diff <(cd "$1" && find . -printf '%P %y %m %l\n' | sort) \
    <(cd "$work/reference" && find . -printf '%P %y %m %l\n' | sort) &&
    cmp "$1/bin/busybox" "$work/reference/bin/busybox"
}

# chroot in namespaces of its own, so that nothing reaches the host.
in_root() { # TREE COMMAND...
  local flags=(--mount --pid --fork --kill-child) tree=$1
  shift
  [ "$(id -u)" -eq 0 ] || flags+=(--user --map-root-user)
  unshare "${flags[@]}" sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$tree" "$@"
}

need_namespaces() {
  [ "$(id -u)" -eq 0 ] || unshare --user --map-root-user --mount --pid --fork true 2>/dev/null ||
    skip 'user namespaces are not allowed here'
}

# Programs put in front of the real ones; BODY runs first, then the real one.
shim() { # BODY NAME...
  local body=$1 name
  shift
  mkdir -p "$BATS_TEST_TMPDIR/shim"
  for name; do
    printf '#!/bin/bash\n%s\nexec %s "$@"\n' "$body" "$(type -P "$name")" >"$BATS_TEST_TMPDIR/shim/$name"
    chmod +x "$BATS_TEST_TMPDIR/shim/$name"
  done
}

shimmed() { # COMMAND...
  env --default-signal=INT PATH="$BATS_TEST_TMPDIR/shim:$PATH" "$@"
}

# --- busybox ---------------------------------------------------------------------------------

@test "busybox: a static program, over 200 applets that all lead to it inside the tree" {
  local count=0 link
  run "$build" busybox "$work/root"
  [ "$status" -eq 0 ]
  [[ "$(file -b "$work/root/bin/busybox" 2>/dev/null || echo static)" == *static* ]]
  while read -r link; do
    [ "$work/root/$link" -ef "$work/root/bin/busybox" ]
    [[ "$(readlink "$work/root/$link")" != /* ]]
    count=$((count + 1))
  done < <(cd "$work/root" && find bin sbin usr -type l)
  [ "$count" -gt 200 ]
  [ "$(readlink "$work/root/var/run")" = ../run ]
}

@test "busybox: modes, and only the documented folders and files" {
  "$build" busybox "$work/root"
  cd "$work/root"
  [ "$(names .)" = 'bin dev etc home mnt opt proc root run sbin srv sys tmp usr var' ]
  [ "$(stat -c %a . bin etc usr/sbin tmp var/tmp root etc/shadow etc/passwd bin/busybox | paste -sd ' ')" = \
    '755 755 755 755 1777 1777 700 640 644 755' ]
  [ -z "$(names proc)$(names sys)$(names dev)$(names tmp)" ]
  [ "$(names etc)" = 'group hostname hosts issue nsswitch.conf os-release passwd profile resolv.conf shadow' ]
  grep -qx 'root:x:0:0:root:/root:/bin/sh' etc/passwd
  grep -q '^nobody:x:65534:65534:' etc/passwd
  run ! grep -v '^[a-z]*:!:' etc/shadow
  grep -qx 'NAME="Husk BusyBox root"' etc/os-release
  run ! grep -v '^#' etc/resolv.conf
  [ -z "$(find . ! -user "$(id -u)")" ]
}

@test "busybox: modes do not depend on umask or a set-group-ID parent" {
  "$build" busybox "$work/reference"
  mkdir "$work/setgid"
  chmod 2755 "$work/setgid"
  (umask 077 && "$build" busybox "$work/setgid/a/root")
  is_whole "$work/setgid/a/root"
}

@test "busybox: chroot runs a shell, ps and hostname, also after the tree was moved" {
  need_namespaces
  "$build" busybox "$work/root"
  mv "$work/root" "$work/moved"
  run in_root "$work/moved" /bin/sh -c 'echo ok; ps | grep -c "sh -c" >/dev/null && hostname >/dev/null && whoami'
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = ok ]
  [ "${lines[1]}" = root ]
}

@test "busybox: two folders give the same tar, with fixed owners, times and order" {
  "$build" busybox "$work/a" --tar "$work/a.tar"
  (umask 077 && TZ=Asia/Tokyo "$build" busybox "$work/b" --tar="$work/b.tar")
  cmp "$work/a.tar" "$work/b.tar"
  [ "$(stat -c %a "$work/b.tar")" = 644 ]
  run --separate-stderr env TZ=UTC tar -tvf "$work/a.tar" --numeric-owner
  [ "${#lines[@]}" -gt 200 ]
  for line in "${lines[@]}"; do [[ "$line" == *' 0/0 '*' 2020-01-01 00:00 '* ]]; done
  [ "$(tar -tf "$work/a.tar")" = "$(tar -tf "$work/a.tar" | LC_ALL=C sort)" ]
  run ! grep -aqE '[0-9]+ (atime|ctime)=' "$work/a.tar"
}

@test "busybox: SOURCE_DATE_EPOCH sets the times; a bad one is refused" {
  SOURCE_DATE_EPOCH=86400 "$build" busybox "$work/a" --tar "$work/a.tar"
  run env TZ=UTC tar -tvf "$work/a.tar"
  for line in "${lines[@]}"; do [[ "$line" == *' 1970-01-02 00:00 '* ]]; done
  SOURCE_DATE_EPOCH=soon refuses soon "$build" busybox "$work/b" --tar "$work/b.tar"
}

@test "tar: a failing tar leaves neither a file nor a temporary one, an old file survives" {
  "$build" busybox "$work/a"
  echo precious >"$work/a.tar"
  shim 'echo "tar: no space" >&2; exit 2' tar
  run --separate-stderr shimmed "$build" busybox "$work/a" --tar "$work/a.tar"
  [ "$status" -eq 1 ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ "$stderr" == *'tar failed: tar: no space' ]]
  [ "$(names "$work")" = '.a.husk-rootfs a a.tar' ]
  [ "$(cat "$work/a.tar")" = precious ]
}

@test "tar: kill -9 while it is written leaves the old file; the next run replaces the leftover" {
  "$build" busybox "$work/a" --tar "$work/good.tar"
  echo precious >"$work/a.tar"
  shim 'kill -9 "$PPID"; sleep 0.1; exit 1' sha256sum mv
  rm "$BATS_TEST_TMPDIR/shim/sha256sum"
  run shimmed "$build" busybox "$work/a" --tar "$work/a.tar"
  [ "$status" -eq 137 ]
  [ "$(cat "$work/a.tar")" = precious ]
  "$build" busybox "$work/a" --tar "$work/a.tar"
  cmp "$work/a.tar" "$work/good.tar"
  [ "$(names "$work")" = '.a.husk-rootfs a a.tar good.tar' ]
}

@test "idempotent: the second run changes nothing, not even as a reader of a read-only folder" {
  local before
  "$build" busybox "$work/root"
  before=$(snapshot)
  run "$build" busybox "$work/root"
  [ "$status" -eq 0 ]
  [ "$output" = "$work/root: up to date" ]
  [ "$(snapshot)" = "$before" ]
  chmod 0555 "$work"
  run "$build" busybox "$work/root"
  chmod 0755 "$work"
  [ "$output" = "$work/root: up to date" ]
}

@test "up to date ends when busybox or the builder changes; --force rebuilds always" {
  local inode
  cp -r "$BATS_TEST_DIRNAME/../rootfs-builder" "$BATS_TEST_TMPDIR/builder"
  build=$BATS_TEST_TMPDIR/builder/build
  "$build" busybox "$work/root"
  inode=$(stat -c %i "$work/root")
  run "$build" busybox "$work/root" --force
  [[ "$output" == *': built, busybox '* ]]
  [ "$(stat -c %i "$work/root")" != "$inode" ]
  echo '# changed' >>"$BATS_TEST_TMPDIR/builder/skeleton/etc/profile"
  run "$build" busybox "$work/root"
  [[ "$output" == *': built, '* ]]
  grep -qx '# changed' "$work/root/etc/profile"
  cp "$work/root/bin/busybox" "$BATS_TEST_TMPDIR/busybox"
  echo >>"$BATS_TEST_TMPDIR/busybox"
  run env HUSK_BUSYBOX="$BATS_TEST_TMPDIR/busybox" "$build" busybox "$work/root"
  [[ "$output" == *': built, '* ]]
  cmp "$work/root/bin/busybox" "$BATS_TEST_TMPDIR/busybox"
}

@test "a tree that a container changed is reported, kept, and rebuilt by --force" {
  "$build" busybox "$work/root"
  rm "$work/root/bin/ls"
  echo poison >"$work/root/bin/ls"
  run "$build" busybox "$work/root"
  [ "$output" = "$work/root: up to date, but changed since it was built (--force rebuilds it)" ]
  [ "$(cat "$work/root/bin/ls")" = poison ]
  "$build" busybox "$work/root" --force
  [ -L "$work/root/bin/ls" ]
}

@test "a tree emptied by rm -rf / in a container is still ours" {
  "$build" busybox "$work/root"
  find "$work/root" -mindepth 1 ! -path "$work/root/proc" -delete
  run "$build" busybox "$work/root" --force
  [ "$status" -eq 0 ]
  "$build" clean "$work/root"
  [ -z "$(names "$work")" ]
}

# --- refusals --------------------------------------------------------------------------------

@test "refuses system folders, files, dead links, foreign folders, impossible parents" {
  local dir
  mkdir "$work/foreign"
  touch "$work/file" "$work/foreign/letter"
  ln -s nowhere "$work/dead"
  ln -s / "$work/slash"
  for dir in / /etc /usr/ /proc/x /dev/null/.. /sys/x /tmp/../var "${HOME:-/root}" "$work/slash"; do
    refuses 'is a system folder' "$build" busybox "$dir"
  done
  refuses 'is empty: name a folder' "$build" busybox ''
  refuses 'is a file' "$build" busybox "$work/file"
  refuses 'is a symbolic link to nowhere' "$build" busybox "$work/dead"
  refuses 'is not empty and not made by' "$build" busybox "$work/foreign"
  refuses 'is not empty and not made by' "$build" busybox "$work/foreign" --force
  refuses 'is not a folder' "$build" busybox "$work/file/sub/root"
  [ "$(id -u)" -eq 0 ] || refuses 'is not writable for you' "$build" busybox /var/lib/husk-test/x
}

@test "a folder put in the place of a removed tree is foreign" {
  "$build" busybox "$work/root"
  rm -r "$work/root"
  mkdir "$work/root"
  echo mine >"$work/root/letter"
  refuses 'not made by' "$build" busybox "$work/root" --force
  refuses 'not made by' "$build" clean "$work/root"
}

@test "a copy of a tree is foreign, and so is another folder with the recorded inode number" {
  "$build" busybox "$work/root"
  mv "$work/root" "$work/moved"
  cp -a "$work/moved" "$work/root"
  refuses 'not made by' "$build" clean "$work/root"
  refuses 'not made by' "$build" clean "$work/moved"
  mkdir "$work/other"
  touch "$work/other/letter"
  sed "s/^tree=.*/tree=$(stat -c %i "$work/other")/" "$work/.root.husk-rootfs" >"$work/.other.husk-rootfs"
  refuses 'not made by' "$build" clean "$work/other"
  refuses 'not made by' "$build" busybox "$work/other" --force
}

@test "system folders by name, whether they are empty or not" {
  local dir
  source "$build"
  for dir in / /bin /boot/x /dev /dev/shm /etc/x /home /lib64 /mnt /opt /proc/1 /root /run /sbin /srv /sys \
    /tmp /usr /usr/lib/x /usr/local /var /var/lib /var/tmp; do
    echo "$dir"
    place_is_system "$dir"
  done
  for dir in /rootfs /tmp/x /var/tmp/x /var/lib/husk-course/rootfs /home/me/x /usr/local/x /dev/shm/x /srv/x; do
    run ! place_is_system "$dir"
  done
}

@test "an empty folder is used, a link to a folder is followed" {
  mkdir "$work/empty"
  ln -s empty "$work/link"
  "$build" busybox "$work/link/"
  [ -x "$work/empty/bin/sh" ]
  [ -L "$work/link" ]
  [ "$(names "$work")" = '.empty.husk-rootfs empty link' ]
}

@test "strange names: blanks, quotes, a newline, UTF-8, a leading dash" {
  local dir
  for dir in $'a b"c\\d' $'new\nline' 'häuschen' '-dash'; do
    (cd "$work" && "$build" busybox -- "$dir")
    [ -x "$work/$dir/bin/sh" ]
    (cd "$work" && "$build" clean -- "$dir")
  done
  [ -z "$(names "$work")" ]
  touch "$work"/$'new\nline'
  refuses 'new?line": is a file' "$build" busybox "$work"/$'new\nline'
}

@test "refuses a busybox that is dynamic, missing or no program, and names the package" {
  cp "$(type -P sleep)" "$BATS_TEST_TMPDIR/dynamic"
  echo '#!/bin/sh' >"$BATS_TEST_TMPDIR/script"
  chmod +x "$BATS_TEST_TMPDIR/script"
  HUSK_BUSYBOX=$BATS_TEST_TMPDIR/dynamic refuses busybox "$build" busybox "$work/root"
  [[ "$stderr" == *'is not static'*busybox* ]]
  HUSK_BUSYBOX=$BATS_TEST_TMPDIR/script refuses 'is not static' "$build" busybox "$work/root"
  HUSK_BUSYBOX=/nosuch refuses 'is no file' "$build" busybox "$work/root"
  source "$build"
  trap - EXIT
  BUSYBOX_PLACES=(/nosuch/busybox)
  refuses 'not found: ' busybox_find
}

@test "package names follow the distribution" {
  source "$build"
  local PATH=$BATS_TEST_TMPDIR/bin
  /bin/mkdir "$PATH"
  [ "$(say_package busybox)" = 'install busybox-static (apt), busybox (dnf) or busybox (pacman)' ]
  printf '#!/bin/sh\n' | /usr/bin/tee "$PATH/pacman" >"$PATH/dnf"
  /bin/chmod +x "$PATH/dnf" "$PATH/pacman"
  [ "$(say_package busybox)" = 'dnf install busybox' ]
  [ "$(say_package keyring)" = 'dnf install debian-keyring' ]
  /bin/rm "$PATH/dnf"
  [ "$(say_package busybox)" = 'pacman -S busybox' ]
}

@test "refuses unknown kinds and options with a suggestion, and options that would be ignored" {
  refuses 'did you mean busybox?' "$build" busibox
  refuses 'take one of: busybox debian clean' "$build" frobnicate
  refuses 'did you mean --force?' "$build" busybox --forse
  refuses 'did you mean --mirror?' "$build" debian --miror=http://x/debian
  refuses 'take one of: --tar' "$build" --wibble
  refuses 'missing: take one of' "$build"
  refuses 'needs a value' "$build" busybox --tar
  refuses 'empty value' "$build" busybox --tar=
  refuses 'not for busybox' "$build" busybox --mirror http://x/debian
  refuses 'not for clean' "$build" clean --force
  refuses 'one too many' "$build" busybox "$work/a" "$work/b"
  refuses 'goes not with' "$build" --list --print-path
}

@test "refuses a tar that cannot be: a folder, inside the tree, compressed, nowhere" {
  refuses 'is a folder' "$build" busybox "$work/a" --tar "$work"
  refuses 'inside the tree' "$build" busybox "$work/a" --tar "$work/a/x.tar"
  refuses 'uncompressed' "$build" busybox "$work/a" --tar "$work/a.tar.gz"
  refuses 'cannot be written there' "$build" busybox "$work/a" --tar "$work/no/a.tar"
}

@test "refuses to replace or remove a root that something is mounted below or that a process uses" {
  need_namespaces
  local flags=(--mount)
  [ "$(id -u)" -eq 0 ] || flags+=(--user --map-root-user)
  "$build" busybox "$work/ro ot"
  run unshare "${flags[@]}" sh -c 'mount -t tmpfs tmpfs "$2/tmp" && { "$1" clean "$2"; "$1" busybox "$2" --force; "$1" busybox "$2"; }' \
    - "$build" "$work/ro ot"
  [ "${#lines[@]}" -eq 3 ]
  [[ "${lines[0]}" == *'ro ot/tmp is mounted below it'* ]]
  [[ "${lines[1]}" == *'ro ot/tmp is mounted below it'* ]]
  [ "${lines[2]}" = "$work/ro ot: up to date" ]
  run unshare "${flags[@]}" sh -c 'chroot "$2" /bin/sleep 60 & for i in 1 2 3 4 5 6 7 8 9; do sleep 0.1; [ ! /proc/$!/root -ef "$2" ] || break; done
    "$1" clean "$2"; kill $!' - "$build" "$work/ro ot"
  [[ "$output" == *'is the root directory of process '* ]]
  [ "$(names "$work")" = '.ro ot.husk-rootfs ro ot' ]
  "$build" clean "$work/ro ot"
}

# --- interrupted and concurrent runs ---------------------------------------------------------

@test "kill -9 at any step: the root is whole or absent, and the next run leaves nothing else" {
  local total killed=0 at points
  "$build" busybox "$work/reference"
  mkdir "$work/place"
  shim "n=\$((\$(cat '$work/count') + 1)); echo \$n >'$work/count'
    [ \$n -ne \$(cat '$work/at') ] || { kill -9 \"\$PPID\"; exit 1; }" mkdir chmod ln cp mv rm
  echo 0 >"$work/at"
  echo 0 >"$work/count"
  "$build" busybox "$work/place/root"
  shimmed "$build" busybox "$work/place/root" --force
  total=$(cat "$work/count")
  [ "$total" -gt 200 ]
  points="1 2 3 20 100 $((total / 2)) $(seq $((total - 9)) "$total" | paste -sd ' ')"
  for at in $points; do
    echo "killed at call $at of $total"
    echo "$at" >"$work/at"
    echo 0 >"$work/count"
    run shimmed "$build" busybox "$work/place/root" --force
    [ "$status" -eq 137 ] && killed=$((killed + 1))
    [ ! -e "$work/place/root" ] || is_whole "$work/place/root"
    "$build" busybox "$work/place/root"
    is_whole "$work/place/root"
    [ "$(names "$work/place")" = '.root.husk-rootfs root' ]
  done
  [ "$killed" -eq "$(wc -w <<<"$points")" ]
}

@test "kill -9 between the two renames: clean and build put the old tree back first" {
  "$build" busybox "$work/root"
  touch "$work/root/home/marker"
  shim "[[ \$* != *husk-build/tree* ]] || { kill -9 \"\$PPID\"; exit 1; }" mv
  run shimmed "$build" busybox "$work/root" --force
  [ "$status" -eq 137 ]
  [ ! -e "$work/root" ]
  # A next run that fails, on a full disk for example, still leaves the old tree.
  mv "$BATS_TEST_TMPDIR/shim/mv" "$BATS_TEST_TMPDIR/mv"
  shim "exit 1" cp
  run shimmed "$build" busybox "$work/root"
  [ "$status" -ne 0 ]
  [ -e "$work/root/home/marker" ]
  mv "$BATS_TEST_TMPDIR/mv" "$BATS_TEST_TMPDIR/shim/mv"
  rm "$BATS_TEST_TMPDIR/shim/cp"
  run "$build" busybox "$work/root"
  [ "$status" -eq 0 ]
  [ -x "$work/root/bin/sh" ]
  run shimmed "$build" busybox "$work/root" --force
  [ ! -e "$work/root" ]
  "$build" clean "$work/root"
  [ -z "$(names "$work")" ]
}

@test "SIGINT and SIGTERM mid-build end it and leave the disk as it was" {
  local signal
  shim '[[ $* != *usr/bin* ]] || kill "-$SIGNAL" "$PPID"' ln
  for signal in INT TERM; do
    run env --default-signal=INT SIGNAL="$signal" PATH="$BATS_TEST_TMPDIR/shim:$PATH" \
      "$build" busybox "$work/new/root"
    [ "$status" -eq "$((128 + $(kill -l "$signal")))" ]
    [ -z "$(names "$work")" ]
  done
}

@test "two builds of one folder at once: one builds, the other waits and finds it up to date" {
  "$build" busybox "$work/reference"
  mkdir "$work/place"
  # The builder's first ln waits until the other run says that it waits.
  shim "for i in {1..200}; do ! grep -q waiting '$work'/out.* || break; sleep 0.05; done" ln
  shimmed "$build" busybox "$work/place/root" >"$work/out.1" 2>&1 3>&- &
  shimmed "$build" busybox "$work/place/root" >"$work/out.2" 2>&1 3>&- &
  wait %1
  wait %2
  grep -q ': built, ' "$work"/out.*
  grep -q ': up to date' "$work"/out.*
  is_whole "$work/place/root"
  [ "$(names "$work/place")" = '.root.husk-rootfs root' ]
}

@test "a lock that was deleted while it was waited for is taken anew" {
  source "$build"
  exec 8>>"$work/lock"
  flock 8
  (
    stage_lock "$work/lock" >"$work/out"
    touch "$work/got"
    await [ -e "$work/done" ]
  ) 8>&- 3>&- &
  await grep -qs waiting "$work/out"
  rm "$work/lock"
  exec 8>&-
  await [ -e "$work/got" ]
  run flock -n "$work/lock" true
  touch "$work/done"
  [ "$status" -eq 1 ]
}

@test "a full disk: one line, nothing left" {
  shim 'echo "cp: no space left" >&2; exit 1' cp
  run --separate-stderr shimmed "$build" busybox "$work/a/root"
  [ "$status" -ne 0 ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [ -z "$(names "$work")" ]
}

# --- clean, list, print-path, help -------------------------------------------------------------

@test "clean removes only ours: by folder, by kind, all at the default place" {
  "$build" busybox "$work/a"
  "$build" busybox
  mkdir "$work/foreign"
  touch "$work/foreign/x"
  refuses 'not made by' "$build" clean "$work/foreign"
  refuses 'is a system folder' "$build" clean /
  refuses 'is a system folder' "$build" clean /etc
  run "$build" --remove "$work/a"
  [ "$output" = "$work/a: removed" ]
  run "$build" clean "$work/a"
  [ "$output" = "$work/a: nothing to remove" ]
  run "$build" clean busybox
  [ "$output" = "$work/home/busybox: removed" ]
  run "$build" clean
  [ "$status" -eq 0 ]
  [ -z "$(names "$work/home")" ]
  [ "$(names "$work")" = 'foreign home' ]
}

@test "list: text and JSON name kind, size, date and path; a moved tree is not listed" {
  export HUSK_ROOTFS_HOME=$work/'h "q" ü'
  run "$build" --list --json
  [ "$output" = '[]' ]
  run "$build" --list
  [[ "$output" == 'no root in '* ]]
  "$build" busybox
  run "$build" --list
  [[ "${lines[0]}" == KIND*SIZE*BUILT*PATH ]]
  [[ "${lines[1]}" =~ ^busybox\ +[0-9.]+MB\ +20[0-9-]+T[0-9:]+Z\ +/ ]]
  run "$build" --list --json
  [ "${lines[0]}" = '[' ]
  [[ "${lines[1]}" =~ ^\ \ \{\"kind\":\ \"busybox\",\ \"size\":\ [0-9]{7},\ \"date\":\ \"[0-9TZ:-]+\",\ \"path\":\ \"/.*\"\}$ ]]
  [[ "${lines[1]}" == *'h \"q\" ü/busybox"}' ]]
  mv "$HUSK_ROOTFS_HOME/busybox" "$HUSK_ROOTFS_HOME/elsewhere"
  run "$build" --list --json
  [ "$output" = '[]' ]
}

@test "print-path: by user, XDG_DATA_HOME and HUSK_ROOTFS_HOME, and nothing is made" {
  local before
  before=$(snapshot)
  [ "$("$build" --print-path)" = "$work/home/busybox" ]
  [ "$("$build" --print-path debian)" = "$work/home/debian" ]
  run env -u HUSK_ROOTFS_HOME -u XDG_DATA_HOME HOME=/home/me "$build" --print-path
  if [ "$(id -u)" -eq 0 ]; then
    [ "$output" = /var/lib/husk-course/rootfs/busybox ]
  else
    [ "$output" = /home/me/.local/share/husk-course/rootfs/busybox ]
    run env -u HUSK_ROOTFS_HOME XDG_DATA_HOME=/data "$build" --print-path debian
    [ "$output" = /data/husk-course/rootfs/debian ]
    run env -u HUSK_ROOTFS_HOME XDG_DATA_HOME=relative HOME=/home/me "$build" --print-path
    [ "$output" = /home/me/.local/share/husk-course/rootfs/busybox ]
  fi
  refuses 'did you mean debian?' "$build" --print-path debain
  [ "$(snapshot)" = "$before" ]
}

@test "help names every option with an example" {
  run --separate-stderr "$build" --help
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  for name in --tar --mirror --list --json --print-path --remove --force --help; do
    [[ "$output" =~ $'\n  '$name\ .*build\ .*$name ]]
  done
}

# --- debian ------------------------------------------------------------------------------------

# A debootstrap that makes in a moment what matters of the real one's tree.
fake_debootstrap() { # BODY
  mkdir -p "$BATS_TEST_TMPDIR/shim" "$BATS_TEST_TMPDIR/dbs/scripts"
  touch "$BATS_TEST_TMPDIR/dbs/scripts/sid" "$BATS_TEST_TMPDIR/dbs/scripts/gutsy" "$BATS_TEST_TMPDIR/keyring"
  ln -sf sid "$BATS_TEST_TMPDIR/dbs/scripts/bookworm"
  ln -sf gutsy "$BATS_TEST_TMPDIR/dbs/scripts/jammy"
  export DEBOOTSTRAP_DIR=$BATS_TEST_TMPDIR/dbs HUSK_KEYRING=$BATS_TEST_TMPDIR/keyring
  printf '#!/bin/bash\nargs="$*"; while [[ $1 == --* ]]; do shift; done; suite=$1 tree=$2 mirror=$3\n%s\n' "$1" \
    >"$BATS_TEST_TMPDIR/shim/debootstrap"
  chmod +x "$BATS_TEST_TMPDIR/shim/debootstrap"
}

need_root() {
  [ "$(id -u)" -eq 0 ] || skip 'needs root'
  unshare --mount --pid --fork true 2>/dev/null || skip 'needs a root that may make namespaces'
}

@test "debian: an unknown suite is refused, with the known ones; Ubuntu's are not Debian's" {
  fake_debootstrap true
  refuses 'suite "nosuch": unknown to debootstrap: take one of bookworm sid (' shimmed "$build" debian nosuch
  refuses 'suite "jammy"' shimmed "$build" debian jammy "$work/x"
  refuses 'is a second one' shimmed "$build" debian bookworm sid
  refuses 'is a second one' shimmed "$build" debian ./a ./b
  refuses 'is no address' shimmed "$build" debian --mirror nonsense
  refuses 'is no address' env HUSK_MIRROR='http://a b/' PATH="$PATH" "$build" debian
}

@test "debian: without root one line that names sudo" {
  fake_debootstrap true
  if [ "$(id -u)" -eq 0 ]; then
    unshare --user --map-root-user true 2>/dev/null || skip 'user namespaces are not allowed here'
    refuses 'the real root (sudo)' shimmed unshare --user --map-root-user "$build" debian
  else
    refuses 'use sudo' shimmed "$build" debian
  fi
}

@test "debian: without debootstrap or a keyring one line that names the package" {
  local tool
  fake_debootstrap true
  mkdir "$BATS_TEST_TMPDIR/bin"
  for tool in /usr/bin/* /bin/*; do ln -sf "$tool" "$BATS_TEST_TMPDIR/bin/${tool##*/}"; done
  rm -f "$BATS_TEST_TMPDIR/bin/debootstrap"
  refuses 'tool "debootstrap": ' env PATH="$BATS_TEST_TMPDIR/bin" "$build" debian
  [ -x /usr/sbin/debootstrap ] || [[ "$stderr" == *'not found: '*debootstrap* ]]
  need_root
  HUSK_KEYRING=/nosuch refuses 'debian-archive-keyring' shimmed "$build" debian
}

@test "debian: the tree holds nothing of the host, the day or the download" {
  need_root
  fake_debootstrap 'echo "$args" >"$tree/args"
    mkdir -p "$tree"/{dev,proc,sys,run,tmp,root,etc,var/{log,cache/{apt/archives,ldconfig,debconf},lib/{apt/lists,dpkg}}}
    mknod "$tree/dev/null" c 1 3; mknod "$tree/root/sda" b 8 0; ln -s /proc/self/fd "$tree/dev/fd"
    mount -t tmpfs tmpfs "$tree/tmp"
    hostname >"$tree/etc/hostname"; cp /etc/resolv.conf "$tree/etc/"; date >"$tree/var/log/dpkg.log"
    echo "root:*:$((RANDOM + 1)):0:99999:7:::" >"$tree/etc/shadow"; chmod 640 "$tree/etc/shadow"
    for f in etc/passwd- var/cache/apt/archives/a.deb var/cache/ldconfig/aux-cache var/lib/apt/lists/x var/lib/dpkg/status-old; do date >"$tree/$f"; done
    echo 0123 >"$tree/etc/machine-id"'
  run shimmed "$build" debian "$work/root" --mirror http://example.invalid/debian/ --tar "$work/a.tar"
  [ "$status" -eq 0 ]
  grep -q -- "--variant=minbase --include=procps,hostname --keyring=$BATS_TEST_TMPDIR/keyring bookworm $work/.* http://example.invalid/debian$" "$work/root/args"
  rm "$work/root/args"
  [ -z "$(find "$work/root" -type b -o -type c)" ]
  [ "$(cd "$work/root" && find . -type f | sort | paste -sd ' ')" = './etc/hostname ./etc/hosts ./etc/machine-id ./etc/resolv.conf ./etc/shadow' ]
  [ "$(cat "$work/root/etc/hostname")" = husk ]
  [ ! -s "$work/root/etc/machine-id" ]
  [ "$(cat "$work/root/etc/shadow")" = 'root:*:18262:0:99999:7:::' ]
  [ "$(stat -c %a "$work/root/etc/shadow")" = 640 ]
  [ -z "$(names "$work/root/dev")" ]
  run ! grep -q "$work" /proc/self/mountinfo
  run shimmed "$build" debian "$work/root" --mirror http://example.invalid/debian
  [[ "$output" == *': up to date'* ]]
  run shimmed "$build" debian sid "$work/root" --mirror http://example.invalid/debian
  [[ "$output" == *': built, debian sid, '* ]]
}

@test "debian: a failing debootstrap shows the end of its log and leaves nothing" {
  need_root
  fake_debootstrap 'for ((i = 0; i < 50; i++)); do echo "I: line $i"; done; echo "E: no route to mirror"; exit 1'
  run --separate-stderr shimmed "$build" debian "$work/a/root"
  [ "$status" -eq 1 ]
  [ "${#stderr_lines[@]}" -eq 9 ]
  [ "${stderr_lines[7]}" = '  | E: no route to mirror' ]
  [[ "${stderr_lines[8]}" == 'rootfs-builder: suite "bookworm": debootstrap failed'* ]]
  [ -z "$(names "$work")" ]
}

@test "debian: kill -9 and SIGTERM end debootstrap and all it started" {
  need_root
  local signal
  fake_debootstrap 'exec 9>"'"$work"'/alive"; mount -t tmpfs tmpfs "$tree"; sleep 60 & echo; touch "'"$work"'/started"; wait'
  for signal in KILL TERM; do
    rm -f "$work/started"
    # The fifo's reader gets its end of file when the last process that holds it is gone.
    mkfifo "$work/alive"
    # Not by the function: $! would be a subshell of the test and not the builder.
    env PATH="$BATS_TEST_TMPDIR/shim:$PATH" "$build" debian "$work/root" >"$work/alive" 2>&1 3>&- &
    exec 8<"$work/alive"
    await [ -e "$work/started" ]
    kill "-$signal" "$!"
    timeout 20 cat <&8 >/dev/null
    exec 8<&-
    wait "$!" || [ "$?" -ge 128 ]
    rm "$work/alive"
    if [ "$signal" = TERM ]; then
      [ "$(names "$work")" = started ]
    fi
  done
  fake_debootstrap 'mkdir -p "$tree"/{dev,proc,sys,run,tmp,etc,var/{log,cache/{apt,ldconfig},lib/apt/lists}}; echo >"$tree/etc/shadow"'
  shimmed "$build" debian "$work/root"
  [ "$(names "$work")" = '.root.husk-rootfs root started' ]
}

@test "debian: the host's mirror is read from both forms of apt sources, third parties are not" {
  local apt=$BATS_TEST_TMPDIR/apt
  source "$build"
  set +u
  DEBIAN_APT=$apt DEBIAN_OS_RELEASE=$BATS_TEST_TMPDIR/os-release
  mkdir -p "$apt/sources.list.d"
  printf 'ID=debian\nVERSION_CODENAME=bookworm\n' >"$DEBIAN_OS_RELEASE"
  [ "$(debian_choose_mirror)" = http://deb.debian.org/debian ]
  cat >"$apt/sources.list.d/debian.sources" <<'EOF'
Types: deb
URIs: https://download.example.com/linux/debian
Suites: bookworm
Components: stable

Types: deb-src
URIs: http://src.example.net/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.example.net/debian
Suites: bookworm
Components: main

Types: deb
# a comment within
URIs: http://mirror.example.org/debian-security
Suites: bookworm-security
Components: main

Types: deb deb-src
URIs: http://mirror.example.org/debian/
Suites: bookworm
 bookworm-updates
Components: main contrib
EOF
  [ "$(debian_choose_mirror)" = http://mirror.example.org/debian ]
  cat >"$apt/sources.list" <<'EOF'
# deb http://comment.example.net/debian bookworm main
deb cdrom:[Debian]/ bookworm main
deb-src http://src.example.net/debian bookworm main
deb http://packages.example.com/debian/12/prod bookworm main
deb [arch=amd64 signed-by=/k.gpg] https://snapshot.example.org/archive/debian/20250520T000000Z/ bookworm main # why
EOF
  [ "$(debian_choose_mirror)" = https://snapshot.example.org/archive/debian/20250520T000000Z ]
  [ "$(HUSK_MIRROR=http://a/debian debian_choose_mirror)" = http://a/debian ]
  printf 'ID=ubuntu\nVERSION_CODENAME=noble\n' >"$DEBIAN_OS_RELEASE"
  [ "$(debian_choose_mirror)" = http://deb.debian.org/debian ]
}

@test "debian: the real debootstrap gives a root where ps, hostname and a login shell work" {
  need_root
  type -P debootstrap >/dev/null || skip 'debootstrap is not installed'
  [ -r /usr/share/keyrings/debian-archive-keyring.gpg ] || skip 'debian-archive-keyring is not installed'
  local mirror
  mirror=$(source "$build" && debian_choose_mirror)
  timeout 20 wget -q --tries=1 --spider "$mirror/dists/bookworm/InRelease" || skip "no answer from $mirror"
  run timeout 240 "$build" debian "$work/root" --tar "$work/a.tar"
  [ "$status" -ne 124 ] || skip "$mirror is too slow: not done in 240 s"
  [ "$status" -eq 0 ]
  [ -z "$(find "$work/root" -type b -o -type c)$(names "$work/root/dev")" ]
  "$build" debian "$work/root" --tar "$work/b.tar"
  cmp "$work/a.tar" "$work/b.tar"
  run in_root "$work/root" /bin/bash -lc 'ps aux; hostname; echo "PATH=$PATH"'
  [ "$status" -eq 0 ]
  [[ "${lines[0]}" == USER*PID*COMMAND ]]
  [ "${#lines[@]}" -le 6 ]
  [[ "$output" == *"$(hostname)"$'\n'PATH=*/usr/bin* ]]
  "$build" clean "$work/root"
}
