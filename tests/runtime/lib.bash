# shellcheck shell=bash disable=SC2154
# lib.bash: what the tests of husk-runtime share. They run in the sandbox: tests/runtime/run.
#
#	load lib
#	setup() { runtime_setup; }
#	teardown() { runtime_teardown; }      fails if anything at all is left
#
#	bundle web '.process.args = ["sleep", "9"]'   a bundle below $WORK, config.json by jq from the default
#	husk create -b "$WORK/web" web                 $RUNTIME with --root of this test alone
#	sh_in '.hostname = "h"' 'hostname'             runs a shell line in a container: $status, $output
#
# What is looked at from outside is looked at with the kernel's files, not with the runtime's own word.

# shellcheck disable=SC2034 # WORK is for the tests
runtime_setup() {
  [ -n "${SITE:-}" ] || { echo "these tests need the sandbox: tests/runtime/run $(basename "$BATS_TEST_FILENAME")"; return 1; }
  RUNTIME=${RUNTIME:?}
  WORK=$SITE/tmp/work
  ROOT=$SITE/state/runtime
  "$ORACLE" >"$BATS_TEST_TMPDIR/before"
  mkdir -p "$WORK" "$SITE/state"
}

husk() { "$RUNTIME" --root "$ROOT" "$@"; }

# Nothing may be left by a test: it deletes what it made. Containers that are there are a failure,
# and then removed for the next one.
runtime_teardown() {
  local id left
  left=$(ls "$ROOT" 2>/dev/null)
  for id in $left; do
    husk delete --force "$id" >&2 || true
  done
  rm -rf "${WORK:?}" "${ROOT:?}"
  rmdir "$SITE/state" 2>/dev/null || true
  [ -z "$left" ] || echo "the test left containers: $left"
  nothing_left
}

# What the kernel takes away by itself, a process that was killed, a namespace without one, may be
# a moment late on a busy machine; what leaked stays.
nothing_left() {
  local i
  for ((i = 0; i < 30; i++)); do
    "$ORACLE" >"$BATS_TEST_TMPDIR/after"
    cmp -s "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" && return
    sleep 0.1
  done
  diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

# A bundle with the sandbox's BusyBox root file system and a config.json: the runtime's default, no
# terminal, changed by a jq filter. The root file system is shared unless OWN_ROOTFS is set.
bundle() { # NAME [JQ-FILTER]
  local dir=$WORK/$1
  mkdir -p "$dir"
  if [ -n "${OWN_ROOTFS:-}" ]; then
    cp -a "$SITE/rootfs" "$dir/rootfs"
  else
    ln -sfn "$SITE/rootfs" "$dir/rootfs"
  fi
  default_config | jq --arg rootfs "$dir/rootfs" \
    '.process.terminal = false | .root.path = $rootfs | .root.readonly = false | '"${2:-.}" >"$dir/config.json"
}

default_config() {
  if [ ! -f "$WORK/default.json" ]; then
    mkdir -p "$WORK/default" && (cd "$WORK/default" && "$RUNTIME" spec) && mv "$WORK/default/config.json" "$WORK/default.json"
  fi
  cat "$WORK/default.json"
}

# Runs `sh -c TEXT` in a new container, with bats' `run`.
sh_in() { # JQ-FILTER TEXT [RUN-OPTION...]
  local filter=$1 text=$2
  shift 2
  bundle shell "${filter:-.} | .process.args = [\"sh\", \"-c\", $(jq -n --arg text "$text" '$text')]"
  run husk run "$@" --bundle "$WORK/shell" shell
}

# Starts a container that stays: CMD, or a long sleep, detached.
start() { # NAME [JQ-FILTER]
  bundle "$1" "(.process.args = [\"sleep\", \"1000\"]) | ${2:-.}"
  husk create --bundle "$WORK/$1" "$1" </dev/null >"$WORK/$1.out" 2>&1 && husk start "$1"
}

state_of() { husk state "$1" | jq -r .status; }
pid_of() { husk state "$1" | jq -r .pid; }

# Waits for a condition. The limit is for what never comes: on a busy machine a second is nothing.
wait_for() { # CMD...
  local end=$((SECONDS + 60))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "waited in vain for: $*"; return 1; }
    sleep 0.05
  done
}

is_status() { [ "$(state_of "$1")" = "$2" ]; }

# The directory of a container's cgroup for a controller, whichever version it is bound to.
cgroup_of() { # ID CONTROLLER
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

# The command fails with status 1 and exactly one line, which holds every word given.
refused() { # WORD... -- CMD...
  local words=()
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  run "$@"
  echo "$output"
  [ "$status" -ne 0 ] && [ ${#lines[@]} = 1 ] || return 1
  local word
  for word in "${words[@]}"; do
    [[ $output == *"$word"* ]] || { echo "not in it: $word"; return 1; }
  done
}
