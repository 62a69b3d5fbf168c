# shellcheck shell=bash disable=SC2154
# final.bash: what the tests of husk-runtime and of husk share, which run in the sandbox:
# tests/runtime/lib.bash and tests/engine/lib.bash load it and say more.
#
#	sandbox_setup run-command     $WORK, a directory for the test; what there is now is noted
#	nothing_left                  fails if there is more now
#	wait_for CMD...               until it succeeds
#	refused WORD... -- CMD...     it fails, by one line that holds the words
#	first_in_line CMD...          cpu.bash: where CPU time is measured
#
# What is looked at from outside is looked at with the kernel's files, not with a program's own word.

# shellcheck source=cpu.bash
. "$(dirname "${BASH_SOURCE[0]}")/cpu.bash"

# shellcheck disable=SC2034 # WORK is for the tests
sandbox_setup() { # the command that runs these tests in the sandbox
  [ -n "${SITE:-}" ] || { echo "these tests need the sandbox: $1 $(basename "$BATS_TEST_FILENAME")"; return 1; }
  WORK=$SITE/tmp/work
  "$ORACLE" >"$BATS_TEST_TMPDIR/before"
  mkdir -p "$WORK"
}

# What the kernel takes away by itself, a process that was killed, a namespace without one, may be
# a moment late on a busy machine; what leaked stays. A key that is gone was collected late: it was
# an earlier test's.
nothing_left() {
  local i
  for ((i = 0; i < 30; i++)); do
    "$ORACLE" >"$BATS_TEST_TMPDIR/after"
    diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" >"$BATS_TEST_TMPDIR/left" || true
    grep '^[<>]' "$BATS_TEST_TMPDIR/left" | grep -qv '^< key ' || return 0
    sleep 0.1
  done
  cat "$BATS_TEST_TMPDIR/left"
  return 1
}

# Waits for a condition. The limit is for what never comes: on a busy machine a second is nothing, and
# the clock of a virtual one may leap.
wait_for() { # CMD...
  local end=$((SECONDS + 60)) tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $SECONDS -lt $end ] || [ $tries -lt 40 ] || { echo "waited in vain for: $*"; return 1; }
    sleep 0.05
  done
}

# A program has been executed: what was closed by that is closed a moment before this can be read.
is_command() { [ "$(tr '\0' ' ' <"/proc/$1/cmdline")" = "$2 " ]; } # PID TEXT

is_v2() { [ -f /sys/fs/cgroup/cgroup.controllers ]; }

# The directory of a container's cgroup for a controller, whichever version it is bound to. pid_of is
# of who loads this.
cgroup_of() { # NAME CONTROLLER
  local path pid
  pid=$(pid_of "$1")
  if path=$(grep -E "^[0-9]+:([^:]*,)?$2(,[^:]*)?:" "/proc/$pid/cgroup"); then
    echo "/sys/fs/cgroup/$2${path##*:}"
  else
    path=$(grep '^0::' "/proc/$pid/cgroup")
    is_v2 && echo "/sys/fs/cgroup${path##*:}" || echo "/sys/fs/cgroup/unified${path##*:}"
  fi
}

# The command fails with the status in REFUSED, or any, and exactly one line, which holds every word given.
refused() { # WORD... -- CMD...
  local words=() word
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  run "$@"
  echo "$output"
  [ "$status" -ne 0 ] && [ "$status" = "${REFUSED:-$status}" ] && [ ${#lines[@]} = 1 ] || return 1
  for word in "${words[@]}"; do
    [[ $output == *"$word"* ]] || { echo "not in it: $word"; return 1; }
  done
}
