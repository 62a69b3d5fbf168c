#!/usr/bin/env bats
# init.bats: run --init: a process 1 that reaps and passes signals on. Each promise is also looked at
# without --init, where it does not hold: else the test could not fail.
# shellcheck disable=SC2154,SC2314,SC2016,SC2009

bats_require_minimum_version 1.5.0
load lib

setup() { engine_setup; }
teardown() { engine_teardown; }

has_zombies() { [ "$(ps -o stat= --ppid "$(pid_of "$2")" | grep -c '^Z')" = "$1" ]; } # COUNT NAME
has_child() { [ -n "$(pgrep -P "$(pid_of "$2")" -x "$1")" ]; } # PROGRAM NAME

@test "--init is found beside husk; the command is its child, and all else is as without" {
  [ "$(box --rm --init sh -c 'echo $$; cat /proc/1/comm')" = $'2\nhusk-init' ]
  [ "$(box --rm --init --read-only -u 1000 -w /tmp -e A=b sh -c 'id -u; pwd; echo $A')" = $'1000\n/tmp\nb' ]
  [ "$(echo word | box --rm --init -i cat)" = word ]
  [ "$(PATH=/usr/bin:/bin husk run --rm --init --net none busybox echo hello)" = hello ]
  # What every container is given, none can change.
  run box --rm --init --privileged sh -c 'echo x >>/dev/husk-init'
  [ "$status" != 0 ]
}

@test "--init: the exit status is the command's, also by signal; 127 and 126" {
  run box --rm --init sh -c 'exit 7'
  [ "$status" = 7 ]
  run box --rm --init sh -c 'kill -9 $$' # as process 1 it would live
  [ "$status" = 137 ]
  run -127 box --rm --init nosuchprogram
  [ "$output" = 'husk-init: exec "nosuchprogram": No such file or directory' ]
  run box --rm --init /etc/passwd
  [ "$status" = 126 ]
  [ "$output" = 'husk-init: exec "/etc/passwd": Permission denied' ]
}

@test "--init: orphans are reaped" {
  box -d --name with --init sh -c 'for i in 1 2 3; do sh -c "sleep 0.1 &"; done; exec sleep 1000' >/dev/null
  box -d --name without sh -c 'for i in 1 2 3; do sh -c "sleep 0.1 &"; done; exec sleep 1000' >/dev/null
  wait_for has_zombies 3 without
  wait_for has_zombies 0 with
  [ "$(pgrep -P "$(pid_of with)" | wc -l)" = 1 ]
  husk rm -f with without
}

@test "--init: signals go on to the command, which need not catch them" {
  box -d --name one --init sleep 1000 >/dev/null
  wait_for has_child sleep one
  husk stop -t 60 one
  [ "$(husk wait one)" = 143 ]
  husk start one
  wait_for has_child sleep one
  husk kill -s USR1 one
  [ "$(husk wait one)" = 138 ]
  husk rm one
  box -d --name two --init sh -c 'trap "exit 21" HUP; echo ready; while :; do sleep 0.05; done' >/dev/null
  wait_for logs_have ready two
  husk kill -s HUP two
  [ "$(husk wait two)" = 21 ]
  husk rm two
}

logs_have() { husk logs "$2" 2>&1 | grep -q "$1"; } # WORD NAME

@test "--init: who is left when the command ends goes with it" {
  box -d --name one --init sh -c 'sleep 1000 & exit 5' >/dev/null
  [ "$(husk wait one)" = 5 ]
  husk rm one
  wait_for no_monitors
  ! pgrep -x sleep
}

@test "--init on a terminal: ctrl-c is one interrupt, not two" {
  mkfifo "$WORK/keys"
  script -qefc "$(printf '%q ' "$HUSK" run --rm -it --init --net none --rootfs "$SITE/rootfs" \
    sh -c 'trap "echo; echo got-it" INT; echo; echo ready; read x; read x; echo; echo end')" "$WORK/screen" <>"$WORK/keys" >/dev/null 2>&1 3>&- &
  local pid=$!
  exec 8<>"$WORK/keys"
  wait_for grep -q "^ready" "$WORK/screen"
  printf '\003' >&8
  wait_for grep -q "^got-it" "$WORK/screen"
  printf '\n\n' >&8
  wait_for grep -q '^end' "$WORK/screen"
  wait $pid || true
  exec 8>&-
  [ "$(grep -c "^got-it" "$WORK/screen")" = 1 ]
}
