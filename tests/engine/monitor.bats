#!/usr/bin/env bats
# monitor.bats: husk-monitor by itself: a bundle, a monitor.json, and what it makes of them with
# $RUNTIME, any OCI runtime. The engine is not asked.

# shellcheck disable=SC2016,SC2154,SC2034 # what is in single quotes is for jq or a shell inside
bats_require_minimum_version 1.5.0
load ../runtime/lib

setup_file() {
  CLIENT=$BATS_FILE_TMPDIR/attach-client
  cc -O1 -o "$CLIENT" "$BATS_TEST_DIRNAME/attach-client.c"
  export CLIENT
}

setup() {
  tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  RUNTIME=${RUNTIME:-$tree/final/husk-runtime}
  MONITOR=${MONITOR:-$tree/final/husk-monitor}
  runtime_setup
  DIR=$WORK/box/one
  LOG=$WORK/log/log.json
  mkdir -p "$WORK/box" "$WORK/log"
  mkdir -m 700 "$DIR"
}

teardown() {
  local pid
  if [ -f "$WORK/monitor.pid" ]; then
    pid=$(cat "$WORK/monitor.pid")
    husk delete --force one >&2 2>/dev/null || true
    : >"$DIR/stopped"
    wait_for gone "$pid" || kill -9 "$pid"
  fi
  runtime_teardown
}

is_sanitized() { grep -q libasan "/proc/$1/maps"; } # it has memory of its own

gone() { [ ! -d "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }

# The bundle `one`, its root file system not through a link: runc refuses that.
make_bundle() { bundle one "(${1:-.}) | .root.path = \"$SITE/rootfs\""; }

# monitor.json: the container of the bundle `one`, changed by a jq filter.
describe() { # [JQ-FILTER]
  jq -n --arg runtime "$RUNTIME" --arg root "$ROOT" --arg bundle "$WORK/one" --arg log "$LOG" \
    '{id: "one", runtime: $runtime, runtimeArgs: ["--root", $root], bundle: $bundle,
      log: {driver: "json-file", path: $log}}'" | ${1:-.}" >"$DIR/monitor.json"
}

# Starts the monitor in the background; its report goes to $WORK/report.
monitor() {
  "$MONITOR" "$DIR" 3>"$WORK/report" 4>"$DIR/lock" </dev/null >"$WORK/monitor.out" 2>&1 &
  echo $! >"$WORK/monitor.pid"
}

reported() { [ -s "$WORK/report" ]; }
ended() { [ -f "$DIR/exit" ] && [ "$(jq .restarting "$DIR/exit")" = false ]; }

# The bundle, monitor.json, the monitor, and what it reports.
begin() { # BUNDLE-FILTER [MONITOR-FILTER]
  make_bundle "$1"
  describe "${2:-.}"
  monitor
  wait_for reported
  cat "$WORK/report"
}

# The same with `sh -c TEXT`.
begin_sh() { # TEXT [MONITOR-FILTER [BUNDLE-FILTER]]
  begin ".process.args = [\"sh\", \"-c\", $(jq -n --arg text "$1" '$text')] | ${3:-.}" "${2:-.}"
}

finish() {
  wait_for ended
  cat "$DIR/exit"
  wait_for gone "$(cat "$WORK/monitor.pid")"
  husk delete --force one
}

text_of() { jq -j "select(.stream == \"$1\").log" "$LOG"; }
code() { jq .code "$DIR/exit"; }

@test "a container from start to end: report, log of both streams, exit status" {
  begin_sh 'echo out; echo err >&2; printf "no end"; exit 7'
  [ "$(jq .pid "$WORK/report")" -gt 1 ]
  finish
  [ "$(code)" = 7 ]
  [ "$(text_of stdout)" = $'out\nno end' ]
  [ "$(text_of stderr)" = err ]
  jq -e 'keys == ["log", "stream", "time"] and (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{9}Z$"))' "$LOG"
  [ "$(stat -c %a "$LOG")" = 600 ]
  jq -e '.oomKilled == false and .restarts == 0 and .started < .finished' "$DIR/exit"
  [ ! -e "$DIR/attach" ] && [ ! -e "$DIR/pid" ]
}

@test "killed by a signal: 128 + n" {
  begin_sh 'sleep 100'
  kill -9 "$(cat "$DIR/pid")"
  finish
  [ "$(code)" = 137 ]
}

@test "what the monitor is: session, directory, descriptors, subreaper's child, memory" {
  begin_sh 'sleep 100'
  local pid
  pid=$(cat "$WORK/monitor.pid")
  [ "$(awk '{ print $6 }' "/proc/$pid/stat")" = "$pid" ]
  [ "$(readlink "/proc/$pid/cwd")" = / ]
  [ "$(awk '{ print $4 }' "/proc/$(cat "$DIR/pid")/stat")" = "$pid" ]
  ls -l "/proc/$pid/fd"
  [ "$(find "/proc/$pid/fd" -lname '/dev/pts/*' -o -lname "$BATS_TEST_TMPDIR*" | wc -l)" = 0 ]
  grep VmRSS "/proc/$pid/status"
  is_sanitized "$pid" || [ "$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")" -le 1536 ]
  kill -TERM "$pid" && kill -HUP "$pid" && kill -INT "$pid"
  sleep 0.2
  kill -0 "$pid" && [ -f "$DIR/pid" ]
  kill -9 "$(cat "$DIR/pid")"
  finish
}

@test "a second monitor of the same directory is refused" {
  begin_sh 'sleep 100'
  run bash -c '"$0" "$1" 3>&1 4>"$1/lock"' "$MONITOR" "$DIR"
  echo "$status $output"
  [ "$status" = 1 ] && [[ $output == *"has a monitor already"* ]]
  kill -9 "$(cat "$DIR/pid")"
  finish
}

@test "a monitor that is killed leaves the container running" {
  begin_sh 'echo before; sleep 100'
  wait_for test -s "$LOG"
  kill -9 "$(cat "$WORK/monitor.pid")"
  wait_for gone "$(cat "$WORK/monitor.pid")"
  kill -0 "$(cat "$DIR/pid")"
  [ ! -e "$DIR/exit" ]
  flock -n "$DIR/lock" true
}

@test "a program that is not there: the runtime's own line, and 127" {
  begin '.process.args = ["/no/such/program"]'
  jq -e '.error | test("no such file or directory|executable file not found")' "$WORK/report"
  wait_for ended
  [ "$(code)" = 127 ]
  jq -e '.error != null' "$DIR/exit"
  wait_for gone "$(cat "$WORK/monitor.pid")"
  [ -z "$(ls "$ROOT" 2>/dev/null)" ]
}

@test "a runtime that is not there, a bundle that is not there: said in the report" {
  make_bundle
  describe '.runtime = "/no/such/runtime"'
  monitor && wait_for reported
  [[ $(jq -r .error "$WORK/report") == *"/no/such/runtime"*"No such file"* ]]
  wait_for gone "$(cat "$WORK/monitor.pid")"
  rm "$WORK/report"
  describe '.bundle = "/no/such/bundle"'
  monitor && wait_for reported
  [[ $(jq -r .error "$WORK/report") == *"/no/such/bundle"* ]]
}

@test "monitor.json that is wrong: said in the report" {
  local filter
  for filter in 'del(.id)' '.log.driver = "paper"' '.restart.policy = "sometimes"' '.log.path = "relative"'; do
    rm -f "$WORK/report"
    describe "$filter"
    monitor && wait_for reported
    echo "$filter: $(cat "$WORK/report")"
    jq -e '.error != null' "$WORK/report"
    wait_for gone "$(cat "$WORK/monitor.pid")"
  done
  echo '{' >"$DIR/monitor.json"
  rm -f "$WORK/report"
  monitor && wait_for reported
  [[ $(jq -r .error "$WORK/report") == *monitor.json* ]]
}

@test "without a report or a lock, or with other arguments: one line and 2" {
  run bash -c '"$0" "$1" 3>&- 4>"$1/lock"' "$MONITOR" "$DIR"
  [ "$status" = 2 ] && [[ $output == *"husk starts it"* ]]
  run bash -c '"$0" "$1" 3>&1 4>&-' "$MONITOR" "$DIR"
  [ "$status" = 2 ] && [[ $output == *"husk starts it"* ]]
  run "$MONITOR" --help 3>&1
  [ "$status" = 2 ]
  run "$MONITOR" 3>&1
  [ "$status" = 2 ]
}

@test "the client that is waited for gets every byte and the exit; it cleans" {
  make_bundle '.process.args = ["sh", "-c", "echo first; echo err >&2; i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i + 1)); done; exit 3"]'
  describe '.waitForClient = true | .clientCleans = true | .exitCommand = ["/bin/sh", "-c", "touch '"$WORK"'/executed"]'
  monitor
  sleep 0.5
  run ! reported
  "$CLIENT" "$DIR/attach" wait >"$WORK/out" 2>"$WORK/err" 3>"$WORK/exit"
  jq -e '.code == 3 and .restarting == false' "$WORK/exit"
  [ "$(head -1 "$WORK/out")" = first ]
  [ "$(wc -l <"$WORK/out")" = 5001 ]
  [ "$(cat "$WORK/err")" = err ]
  finish
  sleep 0.2
  [ ! -e "$WORK/executed" ]
  [ "$(text_of stdout | wc -l)" = 5001 ]
}

@test "nobody attaches, and the engine ends: nothing is left" {
  make_bundle
  describe '.waitForClient = true'
  mkfifo "$WORK/pipe"
  "$MONITOR" "$DIR" 3>"$WORK/pipe" &
  echo $! >"$WORK/monitor.pid"
  exec 9<"$WORK/pipe"
  wait_for test -s "$DIR/pid"
  exec 9<&-
  wait_for gone "$(cat "$WORK/monitor.pid")"
  [ -z "$(ls "$ROOT")" ]
}

@test "a client that is waited for throttles the container; others are dropped" {
  make_bundle '.process.args = ["sh", "-c", "i=0; while [ $i -lt 300 ]; do head -c 8192 /dev/zero; i=$((i + 1)); done; echo all >/dev/console 2>/dev/null"]'
  describe '.waitForClient = true | .log.driver = "none"'
  monitor
  "$CLIENT" "$DIR/attach" await "$WORK/go" wait >"$WORK/out" 3>/dev/null &
  local first=$! late status=0
  wait_for reported
  "$CLIENT" "$DIR/attach" await "$WORK/late-go" wait >"$WORK/late" 3>/dev/null &
  late=$!
  sleep 0.7
  [ ! -e "$DIR/exit" ]
  : >"$WORK/go"
  wait_for ended
  wait $first
  [ "$(stat -c %s "$WORK/out")" = $((300 * 8192)) ]
  : >"$WORK/late-go"
  wait $late || status=$?
  [ $status = 3 ]
  finish
}

@test "nobody reads: the container is not held up, the log has it all" {
  begin_sh 'read go; i=0; while [ $i -lt 300 ]; do head -c 8191 /dev/zero | tr "\0" x; echo; i=$((i + 1)); done' '.stdinOpen = true'
  "$CLIENT" "$DIR/attach" stdin $'go\n' await "$WORK/go" wait >"$WORK/late" 3>/dev/null &
  local client=$! status=0
  finish
  [ "$(text_of stdout | wc -l)" = 300 ]
  : >"$WORK/go"
  wait $client || status=$?
  [ $status = 3 ]
}

@test "input: to the container, its end too" {
  begin_sh 'cat; echo over' '.stdinOpen = true | .stdinOnce = true'
  "$CLIENT" "$DIR/attach" stdin $'one\n' stdin $'two\n' end wait >"$WORK/out" 3>/dev/null
  [ "$(cat "$WORK/out")" = $'one\ntwo\nover' ]
  finish
}

@test "input of one client after the other; without stdinOnce it does not end" {
  begin_sh 'for i in 1 2; do read line; echo $line; done; echo over' '.stdinOpen = true'
  "$CLIENT" "$DIR/attach" stdin $'one\n' end
  wait_for grep -q one "$LOG"
  "$CLIENT" "$DIR/attach" stdin $'two\n'
  finish
  [ "$(text_of stdout)" = $'one\ntwo\nover' ]
}

@test "input ends with its client, if stdinOnce" {
  begin_sh 'cat; echo over' '.stdinOpen = true | .stdinOnce = true'
  "$CLIENT" "$DIR/attach" resize 10 10
  sleep 0.2
  [ ! -e "$DIR/exit" ]
  "$CLIENT" "$DIR/attach" stdin $'one\n'
  finish
  [ "$(text_of stdout)" = $'one\nover' ]
}

@test "without stdinOpen the container's input is at its end" {
  begin_sh 'cat; echo over'
  finish
  [ "$(text_of stdout)" = over ]
}

@test "input that nobody reads blocks its client alone: another one stops it" {
  begin_sh 'trap "exit 5" TERM; echo ready; sleep 100 & wait' '.stdinOpen = true | .restart.policy = "always"'
  head -c 10000000 /dev/zero | "$CLIENT" "$DIR/attach" pour &
  wait_for grep -q ready "$LOG"
  sleep 0.5 # the pipe fills
  "$CLIENT" "$DIR/attach" stop
  husk kill one TERM
  finish
  [ "$(code)" = 5 ]
}

@test "much input arrives whole" {
  begin_sh 'md5sum' '.stdinOpen = true | .stdinOnce = true'
  head -c 20000000 /dev/urandom >"$WORK/data"
  "$CLIENT" "$DIR/attach" pour end wait <"$WORK/data" >"$WORK/out" 3>/dev/null
  [ "$(cut -d' ' -f1 "$WORK/out")" = "$(md5sum <"$WORK/data" | cut -d' ' -f1)" ]
  finish
}

@test "a terminal: size, input, output in one stream" {
  make_bundle '.process.terminal = true | .process.args = ["sh", "-c", "stty size; read line; echo got $line; stty size; exit 4"]'
  describe '.terminal = true | .stdinOpen = true | .waitForClient = true'
  monitor
  "$CLIENT" "$DIR/attach" resize 33 77 see '33 77' resize 40 100 stdin $'word\n' wait >"$WORK/out" 3>/dev/null
  cat "$WORK/out"
  [ "$(tr -d '\r' <"$WORK/out")" = $'33 77\nword\ngot word\n40 100' ]
  finish
  [ "$(code)" = 4 ]
  [ "$(text_of stdout | tr -d '\r')" = $'33 77\nword\ngot word\n40 100' ]
  [ ! -e "$DIR/console" ]
}

@test "a terminal's last output is not lost" {
  local i
  make_bundle '.process.terminal = true | .process.args = ["sh", "-c", "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i + 1)); done"]'
  describe '.terminal = true'
  for i in 1 2 3; do
    rm -f "$LOG" "$DIR/exit"
    monitor
    wait_for reported
    finish
    [ "$(text_of stdout | tail -1 | tr -d '\r')" = "line 1999" ]
    [ "$(text_of stdout | wc -l)" = 2000 ]
  done
}

@test "a terminal that is closed and opened again" {
  make_bundle '.process.terminal = true | .process.args = ["sh", "-c", "echo one; exec <&- >&- 2>&-; sleep 0.5; exec >/dev/pts/0; echo two; sleep 0.3; exit 4"]'
  describe '.terminal = true'
  monitor
  wait_for reported
  finish
  [ "$(code)" = 4 ]
  [ "$(text_of stdout | tr -d '\r')" = $'one\ntwo' ]
}

@test "who reads standard output has gone: the container gets EPIPE" {
  make_bundle '.process.args = ["sh", "-c", "while echo y; do :; done 2>/dev/null; exit 9"]'
  describe '.waitForClient = true | .log.driver = "none"'
  monitor
  "$CLIENT" "$DIR/attach" see y closed wait >/dev/null 3>"$WORK/exit"
  wait_for ended
  [ "$(code)" != 0 ]
  finish
}

@test "restart always, with back-off; stopped by a client" {
  begin_sh 'echo run; exit 1' '.restart.policy = "always"'
  wait_for grep -q '"restarts":3' "$DIR/exit"
  jq -e '.restarting == true and .code == 1' "$DIR/exit"
  "$CLIENT" "$DIR/attach" stop
  finish
  jq -e '.restarting == false and .restarts >= 3' "$DIR/exit"
  [ "$(text_of stdout | sort -u)" = run ]
  [ "$(text_of stdout | wc -l)" -ge 3 ]
}

@test "restart on-failure:2 gives up; status 0 is no failure" {
  begin_sh 'echo run; exit 1' '.restart = {policy: "on-failure", maximum: 2}'
  finish
  jq -e '.restarts == 2 and .code == 1' "$DIR/exit"
  [ "$(text_of stdout | wc -l)" = 3 ]
  rm "$LOG" "$WORK/report"
  begin_sh 'echo run' '.restart = {policy: "on-failure", maximum: 2}'
  finish
  [ "$(text_of stdout | wc -l)" = 1 ]
}

@test "the file stopped prevents a restart; a new start removes it" {
  begin_sh 'sleep 100' '.restart.policy = "unless-stopped"'
  : >"$DIR/stopped"
  kill -9 "$(cat "$DIR/pid")"
  finish
  [ "$(code)" = 137 ]
  rm "$WORK/report"
  begin_sh 'echo run; exit 1' '.restart.policy = "on-failure" | .restart.maximum = 1'
  finish
  [ "$(text_of stdout | wc -l)" = 2 ]
}

@test "a restart with a terminal keeps its size and its client" {
  make_bundle '.process.terminal = true | .process.args = ["sh", "-c", "stty size; exit 1"]'
  describe '.terminal = true | .waitForClient = true | .restart = {policy: "on-failure", maximum: 1}'
  monitor
  "$CLIENT" "$DIR/attach" resize 33 77 wait >"$WORK/out" 3>"$WORK/exit"
  [ "$(tr -d '\r' <"$WORK/out")" = $'33 77\n33 77' ]
  jq -e '.restarts == 1' "$WORK/exit"
  finish
}

@test "the exit command begins when the monitor has ended, and has no descriptor of it" {
  begin_sh 'exit 0' '.exitCommand = ["/bin/sh", "-c", "flock -n '"$DIR"'/lock echo free >'"$WORK"'/executed; ls /proc/self/fd >>'"$WORK"'/executed; echo over >>'"$WORK"'/executed"]'
  finish
  wait_for grep -q over "$WORK/executed"
  cat "$WORK/executed"
  [ "$(head -1 "$WORK/executed")" = free ]
  [ "$(wc -l <"$WORK/executed")" -le 6 ]
}

@test "killed for its memory limit: oomKilled" {
  begin_sh 'i=0; head -c 100000000 /dev/zero | tail -c 100000000 >/dev/null; echo $?' . '.linux.resources.memory.limit = 8388608 | .linux.cgroupsPath = "/husk-monitor-test/one"'
  finish
  jq -e '.oomKilled == true' "$DIR/exit"
  rmdir /sys/fs/cgroup/*/husk-monitor-test /sys/fs/cgroup/husk-monitor-test 2>/dev/null || true
}

@test "a process outside of its PID namespace that holds the pipes does not hold up the end" {
  make_bundle '.process.args = ["sh", "-c", "(trap \"\" TERM; while sleep 0.01; do echo y; done) & sleep 0.2; exit 6"] | .linux.namespaces |= map(select(.type != "pid"))'
  describe
  monitor
  wait_for reported
  wait_for ended
  [ "$(code)" = 6 ]
  wait_for gone "$(cat "$WORK/monitor.pid")"
  husk delete --force one
  # `delete` has killed what was in the cgroup; a runtime that does not leaves it to us.
  pids=$(pgrep -o -f 'while sleep 0.0[1]') || true
  [ -z "$pids" ] || kill -9 "$pids"
}

@test "long lines are cut at 16 KiB, between characters; bytes that are no UTF-8 are marked" {
  begin_sh 'head -c 40000 /dev/zero | tr "\0" x; echo; printf "a\303\251\377\0\033\"\\\\\n"; printf x; i=0; while [ $i -lt 9000 ]; do printf "\303\251"; i=$((i + 1)); done; echo'
  finish
  jq -c '.log | length' "$LOG"
  [ "$(jq -c '.log | length' "$LOG" | head -3 | tr '\n' ' ')" = "16384 16384 7233 " ]
  [ "$(sed -n 4p "$LOG" | jq -r .log | od -An -tx1 | tr -d ' \n')" = "61c3a9efbfbd001b225c0a0a" ]
  [ "$(jq -j 'select(.log | startswith("xé")).log' "$LOG" | wc -m)" -gt 8000 ]
  [[ $(jq -j .log "$LOG" | tail -c 18002 | tr -d '\n') == "x$(printf 'é%.0s' {1..9000})" ]]
}

@test "rotation: files keep to their number and size, and no line is lost from the end" {
  begin_sh 'i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i + 1)); done' '.log.maxSize = 20000 | .log.maxFiles = 3'
  finish
  ls -l "$WORK/log"
  [ "$(ls "$WORK/log")" = $'log.json\nlog.json.1\nlog.json.2' ]
  [ "$(find "$WORK/log" -size +20000c | wc -l)" = 0 ]
  cat "$LOG.2" "$LOG.1" "$LOG" | jq -j .log >"$WORK/kept"
  seq -f 'line %g' 0 2999 | tail -n "$(wc -l <"$WORK/kept")" | diff - "$WORK/kept"
  [ "$(wc -l <"$WORK/kept")" -gt 400 ]
}

@test "rotation with one file" {
  begin_sh 'i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i + 1)); done' '.log.maxSize = 10000'
  finish
  [ "$(ls "$WORK/log")" = log.json ]
  [ "$(tail -1 "$LOG" | jq -j .log)" = "line 999" ]
  [ "$(stat -c %s "$LOG")" -le 10000 ]
}

@test "a full disk: the container goes on, lines are dropped and counted" {
  mkdir "$WORK/small"
  mount -t tmpfs -o size=64k tmpfs "$WORK/small"
  local full=$WORK/small/log.json
  begin_sh 'i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i + 1)); done; echo done >&2; read go; echo after' \
    ".log.path = \"$full\" | .stdinOpen = true"
  is_full() { [ "$(df --output=avail "$WORK/small" | tail -1 | tr -d ' ')" = 0 ]; }
  wait_for is_full
  mount -o remount,size=1m "$WORK/small"
  "$CLIENT" "$DIR/attach" stdin $'go\n'
  finish
  tail -3 "$full"
  [ "$(code)" = 0 ]
  jq -e . "$full" >/dev/null
  local kept dropped
  kept=$(jq -r .log "$full" | grep -cE '^(line|done|after)')
  dropped=$(jq -r .log "$full" | sed -n 's/husk-monitor: \([0-9]*\) lines were not written: No space left on device/\1/p')
  echo "$kept kept, $dropped dropped"
  [ $((kept + dropped)) = 3002 ]
  [ "$(tail -1 "$full" | jq -r .log)" = after ]
  umount "$WORK/small"
}

@test "a link in the place of the log is not followed" {
  ln -s "$WORK/elsewhere" "$LOG"
  begin_sh 'echo out'
  [[ $(jq -r .error "$WORK/report") == *log.json* ]]
  [ ! -e "$WORK/elsewhere" ]
}

@test "driver none keeps nothing; syslog sends datagrams to /dev/log" {
  begin_sh 'echo out' '.log = {driver: "none"}'
  finish
  [ -z "$(ls "$WORK/log")" ]
  rm -f "$WORK/report"
  begin_sh 'echo out' '.log = {driver: "syslog", tag: "web"}'
  [[ $(jq -r .error "$WORK/report") == *"/dev/log"* ]]
}

@test "200 MB of output in bounded memory and disk" {
  begin_sh 'yes "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456" | head -c 200000000' \
    '.log.maxSize = 1000000 | .log.maxFiles = 3'
  local pid most=0 rss i limit=2048
  pid=$(cat "$WORK/monitor.pid")
  ! is_sanitized "$pid" || limit=20000
  for ((i = 0; i < 600; i++)); do
    rss=$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null) || break
    [ -n "$rss" ] || break
    most=$rss
    [ "$(cat "$WORK"/log/* 2>/dev/null | wc -c)" -le 4100000 ]
    sleep 0.1
  done
  echo "most memory: $most KiB"
  [ "$most" -le $limit ]
  finish
  [ "$(cat "$WORK"/log/* | wc -c)" -le 3000000 ]
}
