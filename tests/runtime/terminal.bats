#!/usr/bin/env bats
# terminal.bats: a pseudo-terminal of the container's own, relayed by `run` and `exec`.

# shellcheck disable=SC2016,SC2154 # what is in single quotes is for jq or a shell inside
load lib
setup() { runtime_setup; }
teardown() { runtime_teardown; }

# Runs husk below a terminal of script(1), whose size is 40 x 100; sets $status and $output.
on_terminal() { # HUSK-ARGUMENT...
  local line
  printf -v line '%q ' "$RUNTIME" --root "$ROOT" "$@"
  # A pipe that stays open: at the end of its input script(1) types control characters.
  [ -p "$WORK/silence" ] || mkfifo "$WORK/silence"
  run script -qec "stty rows 40 cols 100; $line" /dev/null 9<>"$WORK/silence" <&9
  output=${output//$'\r'/}
  echo "$output"
}

@test "the program has a terminal: standard streams, controlling terminal, /dev/console" {
  bundle one '.process.terminal = true | .process.args = ["sh", "-c",
    "tty; for fd in 0 1 2; do [ -t $fd ] && echo $fd; done; echo controlling >/dev/tty; echo console >/dev/console; ls -l /dev/console | cut -c1"]'
  on_terminal run -b "$WORK/one" one
  [ "$status" = 0 ]
  [ "$output" = $'/dev/pts/0\n0\n1\n2\ncontrolling\nconsole\nc' ]
}

@test "its size is that of the caller's; consoleSize where the caller has none" {
  bundle one '.process.terminal = true | .process.args = ["stty", "size"] | .process.consoleSize = {height: 33, width: 77}'
  on_terminal run -b "$WORK/one" one
  [ "$output" = "40 100" ]
  run husk run -b "$WORK/one" one </dev/null
  echo "$output"
  [ "${output//$'\r'/}" = "33 77" ]
}

@test "input, interrupt and status go through; the caller's terminal is as it was" {
  bundle one '.process.terminal = true | .process.args = ["sh", "-c", "trap \"echo INT; exit 9\" INT; echo ready; read line; echo got $line; sleep 5"]'
  local line before after
  printf -v line '%q ' "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one
  run script -qec "stty -g >$WORK/before; $line; echo status \$?; stty -g >$WORK/after" /dev/null < <(sleep 1; echo word; sleep 1; printf '\003'; sleep 2)
  output=${output//$'\r'/}
  echo "$output"
  [[ $output == *ready*"got word"*INT*"status 9"* ]]
  before=$(cat "$WORK/before") after=$(cat "$WORK/after")
  [ "$before" = "$after" ]
}

@test "output that is long arrives whole, and the end of input ends nothing" {
  bundle one '.process.terminal = true | .process.args = ["sh", "-c", "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i + 1)); done"]'
  husk run -b "$WORK/one" one </dev/null | tr -d '\r' >"$WORK/out"
  [ "$(wc -l <"$WORK/out")" = 5000 ]
  [ "$(tail -1 "$WORK/out")" = "line 4999" ]
}

@test "exec --tty: one of its own, in the same devpts" {
  start one
  on_terminal exec --tty one sh -c 'tty; stty size'
  [ "$status" = 0 ]
  [ "$output" = $'/dev/pts/0\n40 100' ]
  husk delete --force one
}

@test "the terminal belongs to the user, who can open it again" {
  bundle one '.process.terminal = true | .process.user = {uid: 1000, gid: 1000} | .process.args = ["sh", "-c", "echo again >$(tty) && stat -c %u $(tty)"]'
  on_terminal run -b "$WORK/one" one
  [ "$output" = $'again\n1000' ]
}

@test "create with a terminal needs a place to send it, and a place needs a terminal" {
  bundle one '.process.terminal = true'
  refused --console-socket -- husk create -b "$WORK/one" one
  bundle one
  refused --console-socket "process.terminal is false" -- husk create --console-socket "$WORK/none" -b "$WORK/one" one
}

# CVE-2025-52565: what lies in the image in the place of the console leads nowhere.
@test "links in the place of /dev/console, /dev/ptmx and /dev/pts lead nowhere" {
  local kind
  echo untouched >"$WORK/marker"
  for kind in console ptmx pts; do
    OWN_ROOTFS=1 bundle one '.process.terminal = true | .process.args = ["sh", "-c", "tty; echo written"] |
      .mounts |= map(select(.destination == "/proc" or (.destination == "/dev/pts" and "'$kind'" != "pts")))'
    rm -rf "$WORK/one/rootfs/dev"
    mkdir -p "$WORK/one/rootfs/dev/pts"
    case $kind in
      pts) rmdir "$WORK/one/rootfs/dev/pts" && ln -s ../../.. "$WORK/one/rootfs/dev/pts" ;;
      *) ln -s "../../../marker" "$WORK/one/rootfs/dev/$kind" ;;
    esac
    run husk run -b "$WORK/one" one </dev/null
    echo "$kind: $status $output"
    [ "$(cat "$WORK/marker")" = untouched ]
    [ "$status" != 0 ] || [[ $output == *written* ]]
    rm -rf "$WORK/one"
  done
}
