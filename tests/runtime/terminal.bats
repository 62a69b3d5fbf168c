#!/usr/bin/env bats
# terminal.bats: terminals, standard streams, descriptors, signals and files that the caller hands
# over or is handed: what an engine relies on.

# shellcheck disable=SC2016,SC2030,SC2031,SC2094 # single quotes are for the shell inside, or for jq
load lib
setup_file() {
  cc -static -O1 -o "$BATS_FILE_TMPDIR/helper" "${BATS_TEST_FILENAME%/*}/helper.c"
}
setup() {
  runtime_setup
  HELPER=$BATS_FILE_TMPDIR/helper
}
teardown() {
  local pid
  for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
  runtime_teardown
}

# A line of shell as the program, with a terminal.
terminal() { # SHELL-LINE [JQ-FILTER]
  bundle one ".process.terminal = true | .process.args = [\"sh\", \"-c\", $(jq -n --arg line "$1" '$line')] | ${2:-.}"
}

# `run` of the bundle on a terminal of 30 lines and 100 columns, driven by lines of standard input.
on_terminal() {
  run "$HELPER" pty 30x100 "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one
  output=${output//$'\r'/}
  mapfile -t lines <<<"$output"
  echo "$output"
}

receive() { # [INPUT]: in the background, its output in $WORK/received
  "$HELPER" receive "$WORK/socket" "$@" >"$WORK/received" 2>&1 3>&- &
  receiver=$!
  wait_for test -S "$WORK/socket"
}

# --- in the foreground

@test "run on a terminal: the program has one, of the same size, and it is its controlling terminal" {
  terminal 'tty; stty size; ls -l /proc/self/fd/0 | grep -o "/dev/pts/.*"; echo here >/dev/tty; exit 7'
  on_terminal </dev/null
  [ "$status" = 7 ]
  [ "$(tail -n +2 <<<"$output")" = $'/dev/pts/0\n30 100\n/dev/pts/0\nhere' ]
}

@test "the caller's terminal is raw meanwhile and as before afterwards" {
  terminal 'echo ready; read x; echo "got $x"'
  on_terminal <<<$'expect ready\nsettings\nsend hello\nexpect got hello'
  [ "$status" = 0 ]
  [ "${lines[0]}" = "echo off, lines off" ] && [ "${lines[1]}" = "echo on, lines on" ]
  # Also when it fails to start.
  terminal 'true' '.process.args = ["nosuch"]'
  on_terminal </dev/null
  [ "$status" != 0 ] && [ "${lines[0]}" = "echo on, lines on" ]
}

@test "a changed window size is passed on, with SIGWINCH" {
  terminal 'trap "stty size; exit" WINCH; echo ready; while :; do sleep 0.05; done'
  on_terminal <<<$'expect ready\nsize 41x77\nexpect 41 77'
  [ "$status" = 0 ]
}

@test "Ctrl-C is the container's" {
  terminal 'trap "echo interrupted; exit 9" INT; echo ready; while :; do sleep 0.05; done'
  on_terminal <<<$'expect ready\nbyte 3\nexpect interrupted'
  [ "$status" = 9 ]
}

@test "consoleSize: of a terminal that nobody else has given a size" {
  terminal 'stty size' '.process.consoleSize = {height: 12, width: 34}'
  receive
  husk create -b "$WORK/one" --console-socket "$WORK/socket" one </dev/null
  husk start one
  wait "$receiver"
  tr -d '\r' <"$WORK/received"
  grep -q '^terminal /dev/pts/0 12x34' "$WORK/received"
  grep -q '^12 34' "$WORK/received"
  husk delete --force one
}

@test "all output arrives, 1 MB of it, also if the program ends at once" {
  terminal "/tmp/helper flood 1048576"
  cp "$HELPER" "$SITE/rootfs/tmp/helper"
  "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one </dev/null >"$WORK/out"
  rm "$SITE/rootfs/tmp/helper"
  [ "$(tr -d '\r' <"$WORK/out" | wc -c)" = 1048576 ]
}

@test "much input that is not read does not stop output, signals or the end" {
  terminal "stty raw -echo; echo ready; sleep 0.5; /tmp/helper flood 300000; exit 3"
  cp "$HELPER" "$SITE/rootfs/tmp/helper"
  head -c 500000 /dev/zero | timeout 60 "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one >"$WORK/out" && status=0 || status=$?
  rm "$SITE/rootfs/tmp/helper"
  echo "$status $(wc -c <"$WORK/out")"
  [ "$status" = 3 ]
  [ "$(tr -d '\r' <"$WORK/out" | wc -c)" -ge 300000 ]
}

@test "input arrives whole" {
  terminal 'stty raw -echo; echo ready; head -c 100000 | md5sum'
  # The end of the input comes last: on a terminal it would be typed, too.
  (wait_for grep -q ready "$WORK/out"; yes abcdefg | head -c 100000; wait_for grep -q ' -' "$WORK/out") | timeout 100 "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one >"$WORK/out"
  cat "$WORK/out"
  [[ $(cat "$WORK/out") == *"$(yes abcdefg | head -c 100000 | md5sum | cut -d' ' -f1)"* ]]
}

@test "a reader that goes away does not end the program" {
  terminal 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.05; done; exit 4'
  run bash -c '"$0" --root "$1" run -b "$2" one </dev/null | head -1; echo "${PIPESTATUS[0]}"' "$RUNTIME" "$ROOT" "$WORK/one"
  echo "$output"
  [ "${lines[-1]}" = 4 ]
}

@test "exec --tty: its own terminal, size, status; exec without is none" {
  start one
  run "$HELPER" pty 20x60 "$RUNTIME" --root "$ROOT" exec --tty one sh -c 'tty; stty size; exit 6' </dev/null
  output=${output//$'\r'/}
  echo "$output"
  [ "$status" = 6 ] && [[ $output == *$'/dev/pts/0\n20 60'* ]]
  if command -v strace >/dev/null; then # also when the caller is late to look at it
    run "$HELPER" pty 20x60 env ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e inject=recvmsg:delay_enter=300000 \
      "$RUNTIME" --root "$ROOT" exec --tty one stty size </dev/null
    echo "$output"
    [[ $output == *"20 60"* ]]
  fi
  run husk exec one tty </dev/null
  [ "$output" = "not a tty" ]
  husk delete --force one
}

# --- console socket

@test "create with --console-socket: the terminal's master arrives, and works" {
  terminal 'read x; echo "typed $x"'
  receive $'hello\n'
  husk create -b "$WORK/one" --console-socket "$WORK/socket" one </dev/null
  husk start one
  wait "$receiver"
  tr -d '\r' <"$WORK/received"
  grep -q '^terminal /dev/pts/0' "$WORK/received"
  tr -d '\r' <"$WORK/received" | grep -qx 'typed hello'
  husk delete --force one
}

@test "console socket: missing, unneeded, not there, no socket: one line each" {
  terminal true
  refused process.terminal --console-socket -- husk create -b "$WORK/one" one
  refused process.terminal --console-socket -- husk run --detach -b "$WORK/one" one
  refused "$WORK/none" -- husk create -b "$WORK/one" --console-socket "$WORK/none" one
  touch "$WORK/file"
  refused "$WORK/file" -- husk create -b "$WORK/one" --console-socket "$WORK/file" one
  bundle one
  refused process.terminal --console-socket -- husk create -b "$WORK/one" --console-socket "$WORK/none" one
  start two
  refused --console-socket -- husk exec --tty --detach two true
  refused --console-socket -- husk exec --console-socket "$WORK/none" two true
  husk delete --force two
}

@test "console socket: a path longer than an address" {
  local deep
  deep=$WORK/$(printf 'd%.0s' {1..100})
  mkdir -p "$deep"
  terminal 'echo here'
  (cd "$deep" && exec "$HELPER" receive socket >"$WORK/received" 2>&1 3>&-) &
  wait_for test -S "$deep/socket"
  husk create -b "$WORK/one" --console-socket "$deep/socket" one </dev/null
  husk start one
  wait_for grep -q here "$WORK/received"
  husk delete --force one
}

@test "a terminal needs a devpts: without one a line says so" {
  terminal true 'del(.mounts[] | select(.type == "devpts"))'
  receive
  refused devpts /dev/pts -- husk create -b "$WORK/one" --console-socket "$WORK/socket" one
}

# --- the caller's side: detach, keep, signals, statuses

@test "run --detach returns at once and the program goes on; --keep keeps the container" {
  bundle one '.process.args = ["sleep", "1000"]'
  husk run --detach -b "$WORK/one" one </dev/null >/dev/null 2>&1
  is_status one running
  husk delete --force one
  bundle one '.process.args = ["sh", "-c", "exit 3"]'
  run husk run --keep -b "$WORK/one" one
  [ "$status" = 3 ]
  is_status one stopped
  husk delete one
}

@test "signals of the caller are the program's: TERM, HUP, USR1, WINCH, a real-time one" {
  local signal
  for signal in TERM HUP USR1 WINCH 40; do
    bundle one ".process.args = [\"sh\", \"-c\", \"trap 'exit 33' $signal; echo ready; while :; do sleep 0.02; done\"]"
    rm -f "$WORK/out" # `ready` of the one before
    "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one >"$WORK/out" 2>&1 3>&- &
    wait_for grep -q ready "$WORK/out"
    kill -"$signal" $!
    wait $! && status=0 || status=$?
    echo "$signal $status"
    [ "$status" = 33 ]
  done
}

@test "exit statuses: 0, 1, 255, by a signal, of exec too" {
  local n
  for n in 0 1 255; do
    sh_in . "exit $n"
    [ "$status" = "$n" ]
  done
  # A first process of a PID namespace gets no signal it has no handler for but from outside.
  bundle one '.process.args = ["sleep", "1000"]'
  husk run -b "$WORK/one" one </dev/null >/dev/null 2>&1 3>&- &
  wait_for is_status one running
  husk kill one KILL
  wait $! && status=0 || status=$?
  [ "$status" = 137 ]
  start one
  run husk exec one sh -c 'kill -TERM $$'
  [ "$status" = 143 ]
  run husk exec one sh -c 'exit 255'
  [ "$status" = 255 ]
  husk delete --force one
}

@test "a caller that ignores SIGCHLD, or has every signal blocked" {
  bundle one '.process.args = ["sh", "-c", "exit 5"]'
  run bash -c 'trap "" CHLD; "$0" --root "$1" run -b "$2" one' "$RUNTIME" "$ROOT" "$WORK/one"
  echo "$output"
  [ "$status" = 5 ]
}

@test "--pid-file and --pidfd-socket: of create, run and exec" {
  bundle one '.process.args = ["sleep", "1000"]'
  receive
  husk create -b "$WORK/one" --pid-file "$WORK/pid" --pidfd-socket "$WORK/socket" one </dev/null >/dev/null 2>&1
  [ "$(cat "$WORK/pid")" = "$(pid_of one)" ]
  husk start one
  wait_for grep -qx "pidfd $(cat "$WORK/pid")" "$WORK/received"
  grep -qx alive "$WORK/received"
  husk kill one KILL
  wait "$receiver"
  [ "$(tail -1 "$WORK/received")" = ended ]
  husk delete one
  (cd "$WORK" && husk run --detach -b one --pid-file pid one </dev/null >/dev/null 2>&1)
  [ "$(cat "$WORK/pid")" = "$(pid_of one)" ]
  rm "$WORK/socket"
  receive
  husk exec --detach --pid-file "$WORK/pid2" --pidfd-socket "$WORK/socket" one sleep 500 </dev/null >/dev/null 2>&1
  [ "$(tr '\0' ' ' <"/proc/$(cat "$WORK/pid2")/cmdline")" = "sleep 500 " ]
  wait_for grep -qx "pidfd $(cat "$WORK/pid2")" "$WORK/received"
  husk delete --force one
  wait "$receiver"
}

@test "--pid-file in a directory that is not there, --pidfd-socket without a listener: refused, nothing left" {
  bundle one '.process.args = ["sleep", "1000"]'
  refused "$WORK/no/pid" -- husk create -b "$WORK/one" --pid-file "$WORK/no/pid" one
  refused "$WORK/nobody" -- husk create -b "$WORK/one" --pidfd-socket "$WORK/nobody" one
  [ ! -e "$ROOT/one" ]
  start one
  refused "$WORK/no/pid" -- husk exec --pid-file "$WORK/no/pid" one sleep 1000
  [ "$(husk ps -f json one | jq length)" = 1 ]
  husk delete --force one
}

# --- descriptors

@test "descriptors of the caller are not the program's; --preserve-fds N passes 3 to 2 + N" {
  bundle one '.process.args = ["ls", "/proc/self/fd"]'
  echo three >"$WORK/three"
  run bash -c '"$0" --root "$1" run -b "$2" one 3<"$2/config.json" 4<"$2/config.json" 9</' "$RUNTIME" "$ROOT" "$WORK/one"
  [ "$output" = $'0\n1\n2\n3' ] # the last one is the directory that ls(1) reads
  bundle one '.process.args = ["ls", "-l", "/proc/self/fd"]'
  run bash -c '"$0" --root "$1" run --preserve-fds 2 -b "$2" one 3<"$3" 4<"$3" 5<"$2/config.json" 9</' "$RUNTIME" "$ROOT" "$WORK/one" "$WORK/three"
  echo "$output"
  [ "$(grep -cE ' [34] -> .*three' <<<"$output")" = 2 ]
  [[ $output != *config.json* ]]
}

@test "--preserve-fds: one that is not open is refused, so is a number beyond all" {
  bundle one '.process.args = ["true"]'
  refused "--preserve-fds 2" "4" -- bash -c '"$0" --root "$1" run --preserve-fds 2 -b "$2" one 3</ 4>&-' "$RUNTIME" "$ROOT" "$WORK/one"
  refused "--preserve-fds 4294967295" -- husk run --preserve-fds 4294967295 -b "$WORK/one" one
  start one
  refused "--preserve-fds 2" "4" -- bash -c '"$0" --root "$1" exec --preserve-fds 2 one true 3</ 4>&-' "$RUNTIME" "$ROOT"
  refused "--preserve-fds 4294967295" -- husk exec --preserve-fds 4294967295 one true
  husk delete --force one
}

@test "exec: descriptors as with run" {
  start one
  echo three >"$WORK/three"
  run bash -c '"$0" --root "$1" exec --preserve-fds 1 one sh -c "cat <&3; ls /proc/self/fd" 3<"$2" 4</ 9</' "$RUNTIME" "$ROOT" "$WORK/three"
  [ "$output" = $'three\n0\n1\n2\n3\n4' ]
  run bash -c '"$0" --root "$1" exec one ls /proc/self/fd 3<"$2" 4</ 9</' "$RUNTIME" "$ROOT" "$WORK/three"
  [ "$output" = $'0\n1\n2\n3' ]
  husk delete --force one
}

@test "LISTEN_FDS: sockets of a unit are passed on, with LISTEN_PID=1" {
  bundle one '.process.args = ["sh", "-c", "echo $LISTEN_FDS $LISTEN_PID; cat <&3"]'
  echo three >"$WORK/three"
  run bash -c 'exec 3<"$3"; LISTEN_FDS=1 "$0" --root "$1" run -b "$2" one' "$RUNTIME" "$ROOT" "$WORK/one" "$WORK/three"
  echo "$output"
  [ "${lines[0]}" = "1 1" ] && [ "${lines[1]}" = three ]
  # Meant for another process: only the variables were inherited.
  bundle one '.process.args = ["sh", "-c", "echo <$LISTEN_FDS>; ls -l /proc/self/fd"]'
  sed -i 's/<\$LISTEN_FDS>/\[$LISTEN_FDS]/' "$WORK/one/config.json"
  run bash -c 'exec 3<"$3"; LISTEN_PID=1 LISTEN_FDS=1 "$0" --root "$1" run -b "$2" one' "$RUNTIME" "$ROOT" "$WORK/one" "$WORK/three"
  echo "$output"
  [ "${lines[0]}" = "[]" ] && [[ $output != *three* ]]
}

@test "NOTIFY_SOCKET: the service manager's socket is at a fixed place inside" {
  bundle one '.process.args = ["sh", "-c", "echo $NOTIFY_SOCKET; test -S $NOTIFY_SOCKET && echo socket"] | .mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs"}]'
  receive
  NOTIFY_SOCKET=$WORK/socket run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ] && [ "${lines[1]}" = socket ]
  NOTIFY_SOCKET=@abstract run husk run -b "$WORK/one" one
  [ "$status" = 1 ] || [ "$status" = 0 ]
  [[ ${lines[0]} == *warning*abstract* ]]
}

@test "standard streams: /dev/null is never chowned, a pipe is the user's own, a file stays as it is" {
  local owner
  owner=$(stat -c %u:%g:%a /dev/null)
  bundle one '.process.user = {uid: 1234, gid: 1234} | .process.args = ["sh", "-c", "echo again >/dev/stdout; echo more >/proc/self/fd/2"]'
  husk run -b "$WORK/one" one </dev/null >/dev/null 2>&1 || true
  [ "$(stat -c %u:%g:%a /dev/null)" = "$owner" ]
  run bash -c '"$0" --root "$1" run -b "$2" one </dev/null 2>&1 | cat' "$RUNTIME" "$ROOT" "$WORK/one"
  echo "$output"
  [ "$output" = $'again\nmore' ]
  : >"$WORK/out"
  husk run -b "$WORK/one" one </dev/null >>"$WORK/out" 2>/dev/null || true
  [ "$(stat -c %u "$WORK/out")" = 0 ]
  run bash -c '"$0" --root "$1" run -b "$2" one <&- >&- 2>&-' "$RUNTIME" "$ROOT" "$WORK/one"
  echo "closed: $status $output"
  [ "$status" -lt 126 ]
}

# --- the rest of the options

@test "--no-pivot: the root is the container's, and /proc is its own" {
  sh_in . 'ls -d /etc/passwd /srv/secret; ls /proc | grep -c "^[0-9]*$"; ls /sys/kernel >/dev/null && echo sys' --no-pivot
  echo "$output"
  [[ $output == */etc/passwd* && $output == *"/srv/secret: No such file"* ]]
}

@test "session keyring: a new one inside, for exec as well; the caller's with --no-new-keyring" {
  local own
  own=$("$HELPER" keyring)
  cp "$HELPER" "$SITE/rootfs/tmp/helper"
  bundle one '.process.args = ["/tmp/helper", "keyring"]'
  run husk run -b "$WORK/one" one
  [[ $output =~ ^[0-9]+$ ]] && [ "$output" != "$own" ]
  run husk run --no-new-keyring -b "$WORK/one" one
  [ "$output" = "$own" ]
  start one
  run husk exec one /tmp/helper keyring
  rm "$SITE/rootfs/tmp/helper"
  echo "$output"
  [[ $output =~ ^[0-9]+$ ]] && [ "$output" != "$own" ]
  husk delete --force one
}
