#!/usr/bin/env bats
# attach.bats: streams and terminals that a caller shares with a box.

# shellcheck disable=SC2016,SC2094,SC2154 # what is in single quotes is for a shell inside
load lib
setup() { engine_setup; }
teardown() { engine_teardown; }

# Runs a shell line on a terminal of script(1), 40 x 100, typing what standard input has; what is
# seen there is in $WORK/terminal as it comes. The end of the input would be typed, too: who types
# goes on until the line has ended.
on_terminal() { # LINE
  run script -qfec "stty rows 40 cols 100; $1" "$WORK/terminal"
  output=${output//$'\r'/}
  echo "$output"
}

box_line() { printf '%q ' "$HUSK" run --net none --rootfs "$SITE/rootfs" "$@"; }

# Types TEXT, again and again, until CMD succeeds.
type_until() { # TEXT CMD...
  while printf %b "$1" && ! wait_a_moment_for "${@:2}"; do :; done
}
wait_a_moment_for() { # CMD...
  for _ in {1..20}; do
    "$@" >/dev/null 2>&1 && return
    sleep 0.05
  done
  return 1
}
seen() { grep -q -- "$1" "$WORK/terminal"; } # PATTERN

@test "run: streams apart, status, every byte" {
  local status=0
  box --rm sh -c 'echo out; echo err >&2; exit 3' >"$WORK/out" 2>"$WORK/err" || status=$?
  [ $status = 3 ]
  [ "$(cat "$WORK/out")" = out ]
  [ "$(cat "$WORK/err")" = err ]
  [ "$(box --rm --log-driver none head -c 10000000 /dev/zero | wc -c)" = 10000000 ]
}

@test "run -i: input goes in and ends; without -i there is none" {
  head -c 5000000 /dev/urandom >"$WORK/data"
  [ "$(box --rm -i md5sum <"$WORK/data" | cut -c1-32)" = "$(md5sum <"$WORK/data" | cut -c1-32)" ]
  [ "$(echo word | box --rm cat)" = "" ]
  [ "$(box --rm -i cat </dev/null)" = "" ]
}

@test "run: in a pipeline whose reader ends" {
  [ "$(timeout 20 "$HUSK" run --rm --net none --rootfs "$SITE/rootfs" yes 2>/dev/null | head -n 1)" = y ]
}

@test "run, start -a, attach: output that cannot be written is said once; the box runs on" {
  status_with() { # FILE CMD...
    status=0
    "${@:2}" 2>"$WORK/err" >"$1" || status=$?
    cat "$WORK/err"
  }
  status_with /dev/full box --rm echo x
  [ $status = 125 ]
  [ "$(cat "$WORK/err")" = "husk: write to standard output: No space left on device" ]
  status_with /dev/full box --name one sh -c 'head -c 3000000 /dev/zero; echo end >&2; exit 3'
  [ $status = 3 ]
  [ "$(grep -c 'No space left' "$WORK/err")" = 1 ]
  grep -qx end "$WORK/err"
  status_with /dev/full husk start -a one
  [ $status = 3 ]
  [ "$(grep -c 'No space left' "$WORK/err")" = 1 ]
  husk rm one
  box -d --name one sh -c 'while [ ! -e /go ]; do sleep 0.05; done; echo late'
  { wait_for are_attached 1; husk exec one touch /go; } &
  status_with /dev/full husk attach one
  [ $status = 125 ]
  grep -q 'standard output: No space left' "$WORK/err"
  wait $!
  husk rm one
}

@test "run: a slow reader throttles the box" {
  box --rm --name one --log-driver none sh -c 'head -c 3000000 /dev/zero; echo done >&2' 2>"$WORK/err" | { sleep 1; [ ! -s "$WORK/err" ] && cat; } | wc -c >"$WORK/count"
  [ "$(cat "$WORK/count")" = 3000000 ]
}

@test "run: signals go on to the box" {
  "$HUSK" run --rm --net none --rootfs "$SITE/rootfs" sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done' >"$WORK/out" &
  local pid=$! status=0
  wait_for test -s "$WORK/out"
  kill -TERM $pid
  wait $pid || status=$?
  [ $status = 9 ]
}

@test "run -t: size, and its change; the caller's terminal is as it was" {
  on_terminal "stty -g >$WORK/before; $(box_line --rm -it sh -c 'stty size; exit 4'); echo status \$?; stty -g >$WORK/after" </dev/null
  [[ $output == *"40 100"*"status 4"* ]]
  cmp "$WORK/before" "$WORK/after"
}

@test "run -t: what is typed, and the interrupt character" {
  local line
  line=$(box_line --rm -it sh -c 'trap "echo INT; exit 9" INT; echo ready; read line; echo got $line; sleep 5')
  on_terminal "$line; echo status \$?" < <(wait_for seen ready; echo word; wait_for seen 'got word'; printf '\003'; wait_for seen status)
  [[ $output == *ready*"got word"*INT*"status 9"* ]]
}

@test "attach: to a box that runs; two at once; the status is the box's" {
  box -d --name one sh -c 'while [ ! -e /go ]; do sleep 0.05; done; echo late; exit 5'
  local pids=() pid status
  husk attach one >"$WORK/one" &
  pids+=($!)
  husk attach one >"$WORK/two" &
  pids+=($!)
  wait_for are_attached 2
  husk exec one touch /go
  for pid in "${pids[@]}"; do
    status=0
    wait "$pid" || status=$?
    [ $status = 5 ]
  done
  [ "$(cat "$WORK/one")" = late ]
  [ "$(cat "$WORK/two")" = late ]
  husk rm one
}

@test "attach: the detach keys leave the box running; the terminal is as it was" {
  box -dit --name one sh -c 'while read line; do echo got $line; done'
  on_terminal "stty -g >$WORK/before; $HUSK attach one; echo status \$?; stty -g >$WORK/after; echo over" \
    < <(type_until 'word\n' seen 'got word'; printf '\020'; sleep 0.1; printf '\021'; wait_for seen over)
  [[ $output == *"got word"* ]]
  cmp "$WORK/before" "$WORK/after"
  [ "$(status_of one)" = running ]
  on_terminal "$HUSK attach --detach-keys ctrl-x one; echo over" \
    < <(type_until '\020\021again\n' seen 'got.*again'; printf '\030'; wait_for seen over)
  [ "$(status_of one)" = running ]
  [[ $(husk logs one) == *again* ]]
  husk rm -f one
}

@test "run, attach --sig-proxy=false: the signal ends husk, and the box lives on" {
  ended_by() { # SIGNAL PID
    wait_for are_attached 1
    kill -"$1" "$2"
    status=0
    wait "$2" || status=$?
    [ $status = $((128 + $(kill -l "$1"))) ] && [ "$(status_of one)" = running ]
  }
  "$HUSK" run --net none --rootfs "$SITE/rootfs" --name one --sig-proxy=false sleep 1000 &
  ended_by TERM $!
  for signal in TERM INT HUP; do
    "$HUSK" attach --sig-proxy=false one &
    ended_by $signal $!
  done
  husk rm -f one
}

@test "run -t --sig-proxy=false: the terminal is as it was behind the signal" {
  on_terminal "stty -g >$WORK/before; $(box_line --name one -it --sig-proxy=false sh -c 'echo ready; sleep 1000'); echo status \$?; stty -g >$WORK/after" \
    < <(wait_for seen ready; pkill -TERM -x husk; wait_for seen status)
  [[ $output == *"status 143"* ]]
  cmp "$WORK/before" "$WORK/after"
  husk rm -f one
}

@test "attach: a box without a monitor" {
  box --name one true
  refused one -- husk attach one
  husk rm one
}
