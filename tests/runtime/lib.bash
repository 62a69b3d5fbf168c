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
load ../lib/final

runtime_setup() {
  RUNTIME=${RUNTIME:?}
  ROOT=${SITE:-}/state/runtime
  sandbox_setup tests/runtime/run
  mkdir -p "$SITE/state"
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

is_status() { [ "$(state_of "$1")" = "$2" ]; }
