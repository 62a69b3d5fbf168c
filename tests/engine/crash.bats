#!/usr/bin/env bats
# crash.bats: husk is killed at a system call, one after the other, at its K-th occurrence. Whatever
# was done by then: the next command works, and gc and rm bring everything to nothing.
# shellcheck disable=SC2154,SC2314

bats_require_minimum_version 1.5.0
load lib

setup() {
  engine_setup
  command -v strace >/dev/null || skip "strace(1) is not there"
}
teardown() { engine_teardown; }

# How often a command makes each of the calls that change something.
calls=openat,mkdirat,symlinkat,unlinkat,renameat2,flock,mount,move_mount,fsconfig,umount2,umount,vfork,clone,clone3,sendto,sendmsg,setns,unshare
count_calls() { # CMD... -> "CALL COUNT" lines
  strace -qq -o "$WORK/trace" -e "trace=$calls" "$@" >/dev/null 2>&1 || true
  sed -E 's/\(.*//' "$WORK/trace" | grep -xE '[a-z0-9_]+' | sort | uniq -c | awk '{ print $2, $1 }'
}

is_as_before() {
  "$ORACLE" | grep -v " $SITE/\(tmp/work\|data\|state\)" >"$WORK/after"
  cmp -s "$BATS_TEST_TMPDIR/before" "$WORK/after"
}

# Everything of the box goes, and nothing is there then: files, mounts, processes, cgroups. One that
# was run with --rm may go by itself between ps and rm.
is_clean_after() { # POINT
  local left
  husk gc >/dev/null || { echo "$1: gc failed"; return 1; }
  # shellcheck disable=SC2046
  husk rm -f -v --all >/dev/null 2>"$WORK/err" || grep -q "no such container" "$WORK/err" || { echo "$1: $(cat "$WORK/err")"; return 1; }
  wait_for no_monitors || { echo "$1: a monitor is left"; return 1; }
  husk gc >/dev/null
  left=$(find "$HUSK_DATA"/{boxes,names} "$HUSK_STATE"/{netns,box,runtime} -mindepth 1 ! -path '*/.seccomp*')
  [ -z "$left" ] || { echo "$1: left: $left"; return 1; }
  ! grep "$HUSK_DATA" /proc/self/mountinfo || { echo "$1: a mount is left"; return 1; }
  wait_for is_as_before || true # what the kernel takes away may be late
  diff "$BATS_TEST_TMPDIR/before" "$WORK/after" || { echo "$1: something is left"; return 1; }
}

# Kills CMD at every (STEP-th) occurrence of every call. Only kills that were delivered count.
sweep() { # STEP CMD...
  local step=$1 call count k points=0 status
  shift
  count_calls "$@" >"$WORK/counts"
  is_clean_after dry
  while read -r call count; do
    for ((k = 1; k <= count; k += step)); do
      status=0
      strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$k" "$@" >/dev/null 2>&1 </dev/null || status=$?
      [ $status != 137 ] || points=$((points + 1))
      is_clean_after "$call $k" || return 1
    done
  done <"$WORK/counts"
  echo "$points kills were delivered"
  [ $points -gt 5 ]
}

@test "run -d, killed at each step" {
  sweep 3 "$HUSK" run -d --net none --rootfs "$SITE/rootfs" sleep 1000
}

@test "run --rm, killed at each step" {
  sweep 4 "$HUSK" run --rm --net none --rootfs "$SITE/rootfs" true
}

@test "rm -f, killed at each step" {
  local k status
  for k in 1 4 7 10 13 16 20; do
    box -d --name web sleep 1000 >/dev/null
    strace -qq -o /dev/null -e trace=openat,unlinkat,renameat2,vfork,clone3 -e "inject=openat,unlinkat,renameat2,vfork,clone3:signal=KILL:when=$k" "$HUSK" rm -f web >/dev/null 2>&1 || true
    is_clean_after "rm $k"
  done
}

@test "the monitor is killed while it makes the box" {
  local delay
  for delay in 0.002 0.005 0.008 0.012 0.02; do
    box -d --name web sleep 1000 >/dev/null 2>&1 &
    sleep $delay
    # shellcheck disable=SC2046 # the sandbox's own PID namespace: those of this test
    kill -9 $(pgrep -x husk-monitor) 2>/dev/null || true
    wait $! || true
    is_clean_after "monitor $delay"
  done
}

@test "gc between the start of a monitor and its first step: a box that starts is no leftover" {
  cat >"$WORK/late" <<END
#!/bin/sh
: >"$WORK/waits"
until [ -e "$WORK/go" ]; do sleep 0.02; done
exec "$(dirname "$HUSK")/husk-monitor" "\$@"
END
  chmod +x "$WORK/late"
  HUSK_MONITOR=$WORK/late "$HUSK" run -d --name web --net none --rootfs "$SITE/rootfs" sleep 1000 >/dev/null 2>&1 &
  wait_for test -e "$WORK/waits"
  kill -9 $!
  wait $! || true
  [ "$(husk gc)" = "0 leftovers removed" ]
  : >"$WORK/go"
  wait_for is_status web running
  husk exec web true
  husk rm -f web
}
