# shellcheck shell=bash disable=SC2154
# lib.bash: what the tests of husk share. They run in the sandbox: tests/engine/run.
#
#	load lib
#	setup() { engine_setup; }
#	teardown() { engine_teardown; }       fails if anything at all is left
#
#	husk run --rm --rootfs "$SITE/rootfs" ls    $HUSK with its data and state in the sandbox
#	box -d sleep 100                            husk run --rootfs ... --net none: the short form
load ../lib/final

# shellcheck disable=SC2034 # for refused(): husk itself failed, not a command in a container
engine_setup() {
  HUSK=${HUSK:?} REFUSED=125
  export HUSK_DATA=${SITE:-}/data HUSK_STATE=${SITE:-}/state
  sandbox_setup tests/engine/run
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
