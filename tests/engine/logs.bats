#!/usr/bin/env bats
# logs.bats: what a box wrote: from the beginning, from the end, by time, and as it comes.

# shellcheck disable=SC2016,SC2154 # what is in single quotes is for a shell inside
load lib
setup() { engine_setup; }
teardown() { engine_teardown; }

# For a shell inside: the rest waits until somebody has made the file /go.
held='while [ ! -e /go ]; do sleep 0.05; done'

@test "logs: both streams, each to its own; --stdout and --stderr alone" {
  box --name one sh -c 'echo out; echo err >&2; printf "no end"'
  husk logs one >"$WORK/out" 2>"$WORK/err"
  [ "$(cat "$WORK/out")" = $'out\nno end' ]
  [ "$(cat "$WORK/err")" = err ]
  [ "$(husk logs --stdout one 2>&1)" = $'out\nno end' ]
  [ "$(husk logs --stderr one 2>&1)" = err ]
  husk rm one
}

@test "logs: bytes of all kinds come out as they went in, if they are UTF-8" {
  box --name one printf 'a\033[1m"\\\t\303\251\360\237\230\200\001\n'
  [ "$(husk logs one | od -An -tx1)" = "$(printf 'a\033[1m"\\\t\303\251\360\237\230\200\001\n' | od -An -tx1)" ]
  husk rm one
}

@test "logs: a line longer than an entry comes out as one line, with one time" {
  box --name one sh -c 'head -c 50000 /dev/zero | tr "\0" x; echo; echo end'
  [ "$(husk logs one | wc -lc | tr -s ' ')" = " 2 50005" ]
  [ "$(husk logs -t one | grep -co '[0-9]Z ')" = 2 ]
  husk rm one
}

@test "logs --tail: all numbers of lines, across files" {
  box --name one --log-opt max-size=2k --log-opt max-file=4 seq 1 60
  local kept tail
  kept=$(husk logs one | wc -l)
  [ "$kept" -gt 40 ]
  [ "$(husk logs one)" = "$(seq 1 60 | tail -n "$kept")" ]
  for tail in 0 1 5 20 25 26 27 "$kept" 1000; do
    [ "$(husk logs --tail "$tail" one)" = "$(seq 1 60 | tail -n "$kept" | tail -n "$tail")" ]
  done
  [ "$(husk logs --tail all one | wc -l)" = "$kept" ]
  [ "$(husk logs --tail -1 one | wc -l)" = "$kept" ]
  husk rm one
}

@test "logs --tail: a line longer than an entry is one line, across files, whatever its pieces end in" {
  local long='head -c 300000 /dev/zero | tr "\0" x; echo'
  box --name one sh -c "echo first; $long; echo last" >"$WORK/out"
  [ "$(husk logs --tail 1 one)" = last ]
  [ "$(husk logs --tail 2 one | wc -c)" = 300006 ]
  husk logs --tail 3 one | cmp - "$WORK/out"
  [ -z "$(husk logs --tail 0 one)" ]
  husk rm one
  box --name one --log-opt max-size=100k --log-opt max-file=5 sh -c "echo first; $long; echo err >&2; echo last" >"$WORK/out"
  [ "$(husk logs --tail 3 one 2>&1 | wc -c)" = 300010 ]
  husk logs --tail 4 one 2>/dev/null | cmp - "$WORK/out"
  husk rm one
  # A backslash and an n where an entry ends are no newline; a backslash before a newline is one.
  box --name one sh -c 'head -c 16382 /dev/zero | tr "\0" x; echo "\\nend"; echo "a\\"; echo last' >"$WORK/out"
  [ "$(husk logs --tail 2 one)" = $'a\\\nlast' ]
  husk logs --tail 3 one | cmp - "$WORK/out"
  husk rm one
}

@test "logs --since and --until: points of time, and how long ago" {
  box --name one sh -c 'echo first; sleep 0.1; echo second'
  local middle last
  middle=$(husk logs -t one | sed -n '1s/Z .*/Z/p')
  last=$(husk logs -t one | sed -n '2s/Z .*/Z/p')
  [ "$(husk logs --since "$middle" one)" = $'first\nsecond' ]
  [ "$(husk logs --until "$middle" one)" = first ]
  [ "$(husk logs --since "${middle%Z}1Z" one)" = $'first\nsecond' ] || [ "$(husk logs --since "${middle%Z}1Z" one)" = second ]
  [ "$(husk logs --since 1h one)" = $'first\nsecond' ]
  [ -z "$(husk logs --until 1h one)" ]
  [ "$(husk logs --since 3600s one)" = $'first\nsecond' ]
  [ "$(husk logs --since "$last" one)" = second ]
  refused --since -- husk logs --since yesterday one
  husk rm one
}

@test "logs: of a box that never ran: nothing; of a driver that keeps nothing: a refusal" {
  husk create --net none --rootfs "$SITE/rootfs" --name one true
  [ -z "$(husk logs one)" ]
  [ -z "$(husk logs -f one)" ]
  husk rm one
  box --name one --log-driver none true
  refused "log driver is 'none'" -- husk logs one
  husk rm one
  refused none -- husk logs none
}

@test "logs: what cannot be written is an error" {
  box --name one echo out
  to_full() { "$@" >/dev/full; }
  refused "write to standard output: No space left on device" -- to_full husk logs one
  refused "write to standard output: No space left on device" -- to_full husk logs -f one
  husk rm one
  box --name one sh -c 'echo err >&2'
  status=0
  husk logs one 2>/dev/full || status=$?
  [ $status = 125 ]
  husk rm one
}

@test "logs -f: as it comes, to the end" {
  box -d --name one sh -c 'i=0; while [ $i -lt 5 ]; do echo line $i; i=$((i + 1)); sleep 0.1; done; exit 1'
  [ "$(husk logs -f one)" = "$(seq -f 'line %g' 0 4)" ]
  [ "$(husk logs -f one)" = "$(seq -f 'line %g' 0 4)" ]
  husk rm one
}

@test "logs -f: ends with its reader, and with --until" {
  box -d --name one sh -c 'while :; do echo y; sleep 0.05; done'
  [ "$(husk logs -f one | head -n 2)" = $'y\ny' ]
  timeout 100 "$HUSK" logs -f --until "$(date -u -d '+1 seconds' +%FT%TZ)" one >/dev/null
  husk rm -f one
}

@test "logs -f: across restarts" {
  box -d --name one --restart on-failure:3 sh -c 'echo run; exit 1'
  [ "$(husk logs -f one)" = $'run\nrun\nrun\nrun' ]
  husk rm one
}

@test "logs -f: a monitor that is killed ends it" {
  box -d --name one sh -c 'echo before; sleep 1000'
  husk logs -f one >"$WORK/out" &
  local reader=$!
  wait_for test -s "$WORK/out"
  kill -9 "$(pgrep -x husk-monitor)"
  wait_for is_gone $reader
  husk rm -f one
}

@test "logs -f: under 200 MB of output and rotation no line is lost or doubled; disk and memory are bounded" {
  local line reader most=0 size
  line=$(printf '%097d' 0)
  # shellcheck disable=SC2086
  box -d --name one --log-opt max-size=1m --log-opt max-file=3 sh -c "echo 0; $held; yes $line | head -c 200000000 | awk '{ print NR, \$0 }'"
  husk logs -f one >"$WORK/pipe.out" &
  reader=$!
  wait_for test -s "$WORK/pipe.out"
  husk exec one touch /go
  while is_alive $reader; do
    size=$(cat "$HUSK_DATA"/boxes/*/log/* 2>/dev/null | wc -c)
    [ "$size" -le "$most" ] || most=$size
    sleep 0.2
  done
  wait $reader
  echo "most on disk: $most"
  [ "$most" -le 4200000 ]
  awk '$1 != NR - 1 { print "line " NR - 1 " is " $1; exit 1 } END { print NR }' "$WORK/pipe.out"
  [ "$(wc -l <"$WORK/pipe.out")" = 2040818 ]
  rm "$WORK/pipe.out"
  husk rm one
}

@test "logs -f: a reader that stands still does not hold the container up for long" {
  box -d --name one --log-opt max-size=10k --log-opt max-file=2 sh -c "echo begin; $held;"' i=0; while [ $i -lt 5000 ]; do echo line $i of many; i=$((i + 1)); done; exit 4'
  mkfifo "$WORK/fifo"
  husk logs -f one >"$WORK/fifo" 2>"$WORK/err" &
  local reader=$!
  exec 9<"$WORK/fifo"
  head -c 1 <&9 >"$WORK/out" # it has begun to read
  kill -STOP $reader
  husk exec one touch /go
  [ "$(husk wait one)" = 4 ]
  kill -CONT $reader
  cat <&9 >"$WORK/out"
  exec 9<&-
  wait $reader
  [ "$(tail -1 "$WORK/out")" = "line 4999 of many" ]
  husk rm one
}
