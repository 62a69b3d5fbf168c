#!/usr/bin/env bats
# rootless.bats: what an ordinary user has: containers with his own files and the host's network, or
# none; and the line that says what he has not.
# shellcheck disable=SC2154,SC2314,SC2016

bats_require_minimum_version 1.5.0
load lib

# With programs, a home and a runtime directory that user 1234 may use. Who is nobody has neither.
setup() {
  [ "$(id -u)" = 0 ] || skip "to become a user, one has to be root"
  engine_setup
  unset HUSK_DATA HUSK_STATE
  USERS=$SITE/users/1234
  BIN=$SITE/users/bin
  mkdir -p "$USERS/home" "$USERS/run" "$BIN"
  cp "$(dirname "$HUSK")"/husk{,-runtime,-monitor} "$BIN/"
  cp -dR "$BATS_TEST_DIRNAME/../../rootfs-builder" "$BIN/builder"
  chmod -R a+rX "$BIN"
  chown -R 1234:1234 "$USERS"
}

teardown() {
  local left
  left=$(user ps -aq)
  # shellcheck disable=SC2086 # IDs have no blanks
  [ -z "$left" ] || user rm -f -v $left >&2 || true
  wait_for no_monitors
  rm -rf "$SITE/users/1234" "${WORK:?}"
  [ -z "$left" ] || echo "the test left boxes: $left"
  nothing_left
}

as() { # UID CMD...
  setpriv --reuid "$1" --regid "$1" --clear-groups --inh-caps=-all -- "${@:2}"
}

user() { # husk's arguments
  as 1234 env HOME="$USERS/home" XDG_RUNTIME_DIR="$USERS/run" HUSK_ROOTFS_BUILDER="$BIN/builder" "$BIN/husk" "$@"
}

@test "without root: run, its exit status, files that stay the user's" {
  run user run --rm --net none busybox sh -c 'id -u; touch /root/file; exit 7'
  echo "$output"
  [ "$status" = 7 ]
  [ "${lines[-1]}" = 0 ]
  user run --rm --net none -v "$USERS/home:/mnt" busybox touch /mnt/made
  [ "$(stat -c %u "$USERS/home/made")" = 1234 ]
  user run --rm --net none --rootfs "$SITE/rootfs" true
  user run --rm --net host busybox ip link show lo | grep -q LOOPBACK
  [ "$(user images --format '{{.Repository}}')" = busybox ]
}

@test "without root: in the background; exec, logs, top, stop, start, rm" {
  user run -d --net none --name web busybox sh -c 'echo said; exec sleep 1000'
  user exec web sh -c 'echo x >/tmp/x'
  [ "$(user exec web cat /tmp/x)" = x ]
  wait_for eval 'user logs web | grep -q said'
  user top web | grep -q 'sleep 1000'
  user stats --no-stream --format '{{.Name}} {{.MemUsage}}' | grep -qx 'web --'
  [ "$(user diff web)" = $'C /tmp\nA /tmp/x' ]
  user stop -t 0 web
  user start web
  [ "$(user exec web cat /tmp/x)" = x ]
  user rm -f web
}

@test "without root: many at once share one user namespace, and each can be entered" {
  local i pids=()
  user images >/dev/null
  user run --rm --net none busybox true
  for i in {1..6}; do user run -d --net none --name "n$i" busybox sleep 1000 >/dev/null & pids+=($!); done
  for i in "${pids[@]}"; do wait "$i"; done
  for i in {1..6}; do [ "$(user exec "n$i" hostname)" ]; done
  [ "$(for i in {1..6}; do readlink "/proc/$(user inspect -f '{{.State.Pid}}' "n$i")/ns/user"; done | sort -u | wc -l)" = 1 ]
  user rm -af >/dev/null
}

@test "without root: relative paths are those of the directory one is in, also beside a container" {
  user run -d --name one --net none --rootfs "$SITE/rootfs" sleep 1000 >/dev/null
  cd "$USERS/home"
  user cp one:/etc/passwd copy
  cmp copy "$SITE/rootfs/etc/passwd"
  user cp copy one:/dev/shm # a tmpfs: what root owns cannot be written
  user exec one cmp /dev/shm/copy /etc/passwd
  [ "$(user run --rm --net none -v ./copy:/seen --rootfs "$SITE/rootfs" cat /seen)" = "$(cat copy)" ]
  cd /
  user rm -f one
}

@test "without root: volumes; import, save and load; commit" {
  user run --rm --net none -v data:/data busybox sh -c 'echo kept >/data/file'
  [ "$(user run --rm --net none -v data:/data:ro busybox cat /data/file)" = kept ]
  user volume rm data
  user save -o "$USERS/home/b.tar" busybox
  user rmi busybox
  user load -i "$USERS/home/b.tar"
  user run --net none --name one busybox touch /new
  user commit one me/one:1
  user run --rm --net none me/one:1 ls /new
  user rm one
  user image prune -af
}

@test "without root: what is refused says so in one line, and leaves nothing" {
  user images >/dev/null
  refused "--net bridge needs root" "--net none" -- user run --rm busybox true
  refused "memory" "cgroup" -- user run --rm --net none -m 64M busybox true
  refused "1000" "not mapped" -- user run --rm --net none -u 1000 busybox true
  user run -d --net none --name web busybox sleep 1000
  refused "no cgroup" -- user pause web
  refused "no cgroup" -- user update -m 64M web
  user rm -f web
  [ -z "$(user ps -aq)" ]
  refused "HUSK_DATA=DIR" "/nowhere" -- as 65534 env HOME=/nowhere "$BIN/husk" ps
  refused "HUSK_STATE=DIR" "/run/user/1234" -- as 1234 env HOME="$USERS/home" "$BIN/husk" ps
}

@test "without root: nobody, with a place to write" {
  mkdir -p "$SITE/users/nobody"
  chown 65534 "$SITE/users/nobody"
  [ "$(as 65534 env HOME=/nowhere HUSK_DATA="$SITE/users/nobody/data" HUSK_STATE="$SITE/users/nobody/state" HUSK_ROOTFS_BUILDER="$BIN/builder" "$BIN/husk" run --rm --net none busybox id -u)" = 0 ]
  rm -rf "$SITE/users/nobody"
}
