#!/usr/bin/env bats
# exec.bats: into a box that runs: exec, shell, attach, top; streams, terminals, rights.
# shellcheck disable=SC2154,SC2314,SC2016,SC2094

bats_require_minimum_version 1.5.0
load lib

setup() {
  engine_setup
  box -d --name web -m 64M -e FROM_RUN=1 sleep 1000 >/dev/null
}
teardown() {
  husk rm -f web >/dev/null || true
  engine_teardown
}

@test "exec: in all namespaces of the box, and in its cgroup" {
  local pid inside ns
  pid=$(pid_of web)
  husk exec -d web sleep 500
  wait_for pgrep -x -f 'sleep 500'
  inside=$(pgrep -x -f 'sleep 500')
  for ns in mnt pid uts ipc net cgroup; do
    [ "$(readlink "/proc/$inside/ns/$ns")" = "$(readlink "/proc/$pid/ns/$ns")" ]
  done
  [ "$(cat "/proc/$inside/cgroup")" = "$(cat "/proc/$pid/cgroup")" ]
}

@test "exec: two streams, standard input with -i alone, exit status" {
  husk exec web sh -c 'echo out; echo err >&2' >"$WORK/out" 2>"$WORK/err"
  [ "$(cat "$WORK/out") $(cat "$WORK/err")" = "out err" ]
  [ "$(echo hello | husk exec -i web cat)" = hello ]
  [ "$(echo hello | husk exec web wc -c)" = 0 ]
  run husk exec web sh -c 'exit 7'
  [ "$status" = 7 ]
  run husk exec web sh -c 'kill -9 $$'
  [ "$status" = 137 ]
}

@test "exec: 127 not there, 126 not to be executed, 125 husk's own; one line each" {
  run -127 husk exec web nosuch
  [ ${#lines[@]} = 1 ]
  [[ $output == *"executable file not found"* ]]
  run -126 husk exec web /etc/passwd
  [ ${#lines[@]} = 1 ]
  [[ $output == *"permission denied"* ]]
  refused "no such container" -- husk exec nosuch true
  husk create --name idle --net none --rootfs "$SITE/rootfs" true >/dev/null
  refused "not running" "husk start idle" -- husk exec idle true
  husk rm idle
}

@test "exec -e -w -u: seen inside; the rest is as the box has it" {
  run env OURS=2 "$HUSK" exec -e A=b -e OURS -w /tmp -u 1000:50 web sh -c 'echo $FROM_RUN $A $OURS; pwd; id -u; id -g'
  [ "$output" = $'1 b 2\n/tmp\n1000\n50' ]
  run husk exec web sh -c 'grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status | tr -d "\t" | tr "\n" " "'
  [ "$output" = "CapEff:00000000800405fb NoNewPrivs:1 Seccomp:2 " ]
  run husk exec --privileged web sh -c 'grep -c CapEff:00000000800405fb /proc/self/status'
  [ "$output" = 0 ]
}

@test "exec: its memory counts, and its end by the limit is 137" {
  run husk exec web sh -c 'tail /dev/zero'
  [ "$status" = 137 ]
  [ "$(status_of web)" = running ]
}

@test "exec -it: a terminal, with the size of ours" {
  command -v script >/dev/null || skip "script(1) is not there"
  script -qec "stty rows 33 cols 77; $HUSK exec -it web sh -c 'tty; stty size'" /dev/null </dev/null >"$WORK/out"
  grep -q '/dev/pts/' "$WORK/out"
  grep -q '33 77' "$WORK/out"
  refused "not a TTY" -- husk exec -it web true </dev/null
}

@test "exec: a signal to husk reaches the process" {
  "$HUSK" exec web sh -c 'trap "exit 44" TERM; echo ready; while :; do sleep 0.1; done' >"$WORK/out" &
  local pid=$! status=0
  wait_for grep ready "$WORK/out"
  kill -TERM $pid
  wait $pid || status=$?
  [ "$status" = 44 ]
}

@test "exec -d: with -t and -i too, which nobody sees" {
  husk exec -dit web sh -c 'echo made >/tmp/made'
  wait_for husk exec web grep -q made /tmp/made
}

@test "exec leaves no file" {
  local before
  before=$(find "$HUSK_STATE/box" | sort)
  husk exec web true
  run -127 husk exec web nosuch
  [ "$(find "$HUSK_STATE/box" | sort)" = "$before" ]
}

@test "shell: the login shell of the container's own passwd; alias enter" {
  cp -a "$SITE/rootfs" "$WORK/root"
  printf 'root:x:0:0::/root:/bin/sh\nbob:x:7:7::/tmp:/sbin/nologin\n' >"$WORK/root/etc/passwd"
  husk run -d --name other --net none --rootfs "$WORK/root" sleep 1000 >/dev/null
  [ "$(echo 'echo $0' | husk shell other)" = /bin/sh ]
  [ "$(echo 'echo $0; id -u' | husk enter -u bob other)" = $'/bin/ash\n7' ]
  husk rm -f other
  rm -rf "$WORK/root"
}

@test "attach: the output from now on, the exit status, detach keys" {
  command -v script >/dev/null || skip "script(1) is not there"
  box -d --name talk sh -c 'while [ ! -e /stop ]; do echo tick; sleep 0.05; done; exit 6' >/dev/null
  "$HUSK" attach talk >"$WORK/out" &
  local pid=$! status=0
  wait_for grep tick "$WORK/out"
  husk exec talk touch /stop
  wait $pid || status=$?
  [ "$status" = 6 ]
  husk rm talk
  box -dit --name term sh >/dev/null
  (wait_for are_attached 1; printf 'echo $((40 + 2))\r'; wait_for grep '^42' "$WORK/out"; printf '\020\021'; wait_for grep over "$WORK/out") |
    script -qfec "$HUSK attach term; echo over" /dev/null >"$WORK/out"
  [ "$(status_of term)" = running ]
  husk rm -f term
}

@test "run -it: a terminal; what is typed arrives, its size is ours" {
  command -v script >/dev/null || skip "script(1) is not there"
  (wait_for are_attached 1; printf 'stty size; exit 5\r'; wait_for grep status= "$WORK/out") |
    script -qfec "stty rows 40 cols 90; $HUSK run --rm -it --net none --rootfs $SITE/rootfs sh; echo status=\$?" /dev/null >"$WORK/out"
  cat "$WORK/out"
  grep -q '^40 90' "$WORK/out"
  grep -q '^status=5' "$WORK/out"
}

@test "top: the processes, with the PIDs of the host" {
  husk exec -d web sleep 600
  wait_for pgrep -x -f 'sleep 600'
  husk top web >"$WORK/out"
  cat "$WORK/out"
  grep -q "^UID.*PID.*CMD" "$WORK/out"
  grep -qE "^0 +$(pid_of web) .*sleep 1000" "$WORK/out"
  grep -qE "^0 +$(pgrep -x -f 'sleep 600') .*sleep 600" "$WORK/out"
}
