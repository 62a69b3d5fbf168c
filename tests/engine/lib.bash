# shellcheck shell=bash disable=SC2154
# lib.bash: what the tests of husk share. They run in the sandbox: tests/engine/run.
#
#	load lib
#	setup() { engine_setup; }
#	teardown() { engine_teardown; }       fails if anything at all is left
#
#	husk run --rm --rootfs "$SITE/rootfs" ls    $HUSK with its data and state in the sandbox
#	box -d sleep 100                            husk run --rootfs ... --net none: the short form
#
# What is looked at from outside is looked at with the kernel's files, not with husk's own word.

# shellcheck disable=SC2034 # WORK is for the tests
engine_setup() {
  [ -n "${SITE:-}" ] || { echo "these tests need the sandbox: tests/engine/run $(basename "$BATS_TEST_FILENAME")"; return 1; }
  HUSK=${HUSK:?}
  export HUSK_DATA=$SITE/data HUSK_STATE=$SITE/state
  WORK=$SITE/tmp/work
  "$ORACLE" >"$BATS_TEST_TMPDIR/before"
  mkdir -p "$WORK"
}

husk() { "$HUSK" "$@"; }

# husk run on the BusyBox root file system, without a network.
box() { # OPTION... COMMAND...
  husk run --net none --rootfs "$SITE/rootfs" "$@"
}

# Nothing may be left by a test: it removes what it made. Boxes that are there are a failure, and
# then removed for the next one.
engine_teardown() {
  local left
  left=$(husk ps -aq)
  # shellcheck disable=SC2086 # IDs have no blanks
  [ -z "$left" ] || husk rm -f -v $left >&2 || true
  wait_for no_monitors
  husk gc >&2
  rm -rf "${WORK:?}" "${HUSK_DATA:?}"
  left_of_state
  rm -rf "${HUSK_STATE:?}"
  [ -z "$left" ] || echo "the test left boxes: $left"
  nothing_left
}

no_monitors() { ! pgrep -x 'husk-monitor|husk' >/dev/null; }

# Files below the state directory, but for what is always there.
left_of_state() {
  local files
  files=$(find "$HUSK_STATE" -mindepth 2 ! -path "$HUSK_STATE/runtime/.seccomp*" 2>/dev/null)
  [ -z "$files" ] || { echo "left in the state directory: $files"; return 1; }
}

# What the kernel takes away by itself may be a moment late on a busy machine; what leaked stays.
nothing_left() {
  local i
  for ((i = 0; i < 30; i++)); do
    is_as_before && return
    sleep 0.1
  done
  diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

is_as_before() {
  "$ORACLE" >"$BATS_TEST_TMPDIR/after"
  cmp -s "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

# Waits for a condition. The limit is for what never comes: on a busy machine a second is nothing.
wait_for() { # CMD...
  local end=$((SECONDS + 60))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "waited in vain for: $*"; return 1; }
    sleep 0.05
  done
}

# Whether a box has written this, by its log.
has_said() { husk logs "$1" 2>&1 | grep -q -- "$2"; } # NAME PATTERN

# N clients are attached, and the monitor has accepted them: unix(7), /proc/net/unix has no inode
# for a connection that waits.
are_attached() { # N
  [ "$(awk '$6 == "03" && $7 != 0 && $8 ~ /\/attach$/' /proc/net/unix | wc -l)" = "$1" ]
}

pid_of() { husk inspect --format '{{.State.Pid}}' "$1"; }
status_of() { husk inspect --format '{{.State.Status}}' "$1"; }
is_status() { [ "$(status_of "$1")" = "$2" ]; }
is_alive() { [ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status"; }
is_gone() { ! is_alive "$1"; }

# The directory of a box's cgroup for a controller, whichever version it is bound to.
cgroup_of() { # NAME CONTROLLER
  local path pid
  pid=$(pid_of "$1")
  if path=$(grep -E "^[0-9]+:([^:]*,)?$2(,[^:]*)?:" "/proc/$pid/cgroup"); then
    echo "/sys/fs/cgroup/$2${path##*:}"
  else
    path=$(grep '^0::' "/proc/$pid/cgroup")
    [ -f /sys/fs/cgroup/cgroup.controllers ] && echo "/sys/fs/cgroup${path##*:}" || echo "/sys/fs/cgroup/unified${path##*:}"
  fi
}

is_v2() { [ -f /sys/fs/cgroup/cgroup.controllers ]; }

# The command fails with husk's own status and exactly one line, which holds every word given.
refused() { # WORD... -- CMD...
  local words=() word
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  run "$@"
  echo "$output"
  [ "$status" = 125 ] && [ ${#lines[@]} = 1 ] || return 1
  for word in "${words[@]}"; do
    [[ $output == *"$word"* ]] || { echo "not in it: $word"; return 1; }
  done
}
