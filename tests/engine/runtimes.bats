#!/usr/bin/env bats
# runtimes.bats: the same smoke tests with each OCI runtime that this machine has: husk-runtime,
# crun, runc. With one that only fails, each of them fails. RUNTIMES='PATH...' names others.
#
# What foreign runtimes want otherwise is said by name here, and in docs/troubleshooting.md:
#	crun   refuses a hybrid machine whose v2 side has a controller: it is called in a mount
#	       namespace without that side
#	runc   wants version 1's hierarchy that is named systemd where the machine has one
# shellcheck disable=SC2154,SC2314,SC2016,SC2030,SC2031 # the shell inside expands; run sets the rest

bats_require_minimum_version 1.5.0
load lib

named=/sys/fs/cgroup/systemd

setup() {
  mount_named
  engine_setup
  mkdir "$WORK/bin"
  runtimes=${RUNTIMES:-$(present)}
}

teardown() {
  local status=0
  unset HUSK_RUNTIME
  engine_teardown || status=$?
  unmount_named
  return $status
}

# The sandbox has no hierarchy of that name: it gets it here, with a cgroup of its own for root.
mount_named() {
  [ ! -d "$named" ] && grep -q ':name=systemd:' /proc/self/cgroup || return 0
  mounted=1
  mkdir "$named"
  mount -t cgroup -o none,name=systemd cgroup "$named"
  mkdir "$named/$SANDBOX_CGROUP"
  mount --bind "$named/$SANDBOX_CGROUP" "$named"
}

unmount_named() {
  [ -n "${mounted:-}" ] || return 0 # else the test around this one has done it
  umount "$named"
  rmdir "$named/$SANDBOX_CGROUP"
  umount "$named"
  rmdir "$named"
}

present() {
  local name
  echo "$BATS_TEST_DIRNAME/../../final/husk-runtime"
  for name in crun runc; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$name" || true
  done
}

# What husk is told to call.
command_of() { # RUNTIME
  if [ "${1##*/}" != crun ] || [ ! -d /sys/fs/cgroup/unified ]; then
    echo "$1"
    return
  fi
  printf '%s\n' '#!/bin/sh' \
    "exec unshare --mount sh -c 'mount -t tmpfs tmpfs /sys/fs/cgroup/unified && exec $1 \"\$@\"' crun \"\$@\"" >"$WORK/bin/crun"
  chmod 755 "$WORK/bin/crun"
  echo "$WORK/bin/crun"
}

# One row of the table: CHECK with each runtime, one after the other; the first that fails it is the
# last one named.
each() { # CHECK
  local runtime
  for runtime in $runtimes; do
    echo "with $runtime"
    HUSK_RUNTIME=$(command_of "$runtime")
    export HUSK_RUNTIME
    "$1"
  done
}

# One program less to be started: husk-runtime finds that it runs so already (CVE-2019-5736).
@test "husk-runtime: the monitor executes it from a read-only mount of its file; a script of that name by its path" {
  command -v strace >/dev/null || skip "strace(1) is not there"
  local fd
  # -s: strace(1) cuts a string after 32 characters, and husk-runtime's path may be longer.
  strace -f -qq -s 4096 -o "$WORK/trace" -e trace=execve,execveat,open_tree,mount_setattr "$HUSK" run --rm --net none --rootfs "$SITE/rootfs" true
  grep -E 'husk-runtime|open_tree|setattr' "$WORK/trace" | cut -c1-120 | head -5
  fd=$(sed -nE 's/.* open_tree\(AT_FDCWD, "[^"]*\/husk-runtime", .*OPEN_TREE_CLONE.* = ([0-9]+)$/\1/p' "$WORK/trace")
  grep -q "mount_setattr($fd, \"\", AT_EMPTY_PATH, {attr_set=MOUNT_ATTR_RDONLY.* = 0" "$WORK/trace"
  [ "$(grep -c 'husk-runtime", .*"create"' "$WORK/trace")" = 1 ]
  grep -q "execve(\"/proc/self/fd/$fd\", \[\"[^\"]*/husk-runtime\", .*\"create\"" "$WORK/trace"
  printf '#!/bin/sh\nexec %s "$@"\n' "$(dirname "$HUSK")/husk-runtime" >"$WORK/bin/husk-runtime"
  chmod 755 "$WORK/bin/husk-runtime"
  [ "$(box --rm --runtime "$WORK/bin/husk-runtime" echo fine)" = fine ]
}

@test "smoke: run: streams, input, status" { each check_run; }
@test "smoke: run: 127 and 126, one line" { each check_not_run; }
@test "smoke: run -d: namespaces of its own; rm -f ends it" { each check_detached; }
@test "smoke: run -t: a terminal" { each check_terminal; }
@test "smoke: create, start, restart" { each check_start; }
@test "smoke: exec: environment, user, status, terminal" { each check_exec; }
@test "smoke: stop and kill: the signal arrives, KILL after the time" { each check_stop; }
@test "smoke: logs" { each check_logs; }
@test "smoke: limits are the kernel's; out of memory is 137, and told" { each check_limits; }
@test "smoke: update changes a limit while it runs" { each check_update; }
@test "smoke: stats and top" { each check_stats; }
@test "smoke: pause uses no CPU; unpause" { each check_pause; }
@test "smoke: -p: a web server answers" { each check_port; }
@test "smoke: gc after it was killed with its monitor" { each check_gc; }

check_run() {
  [ "$(box --rm --hostname there hostname)" = there ]
  [ "$(echo word | box --rm -i cat)" = word ]
  run box --rm sh -c 'echo out; echo err >&2; exit 7'
  [ "$status" = 7 ]
  [[ $output == *out* && $output == *err* ]]
  run husk run --rm --net none busybox sh -c 'echo $$; exit 3' # an image, on an overlay
  [ "$status" = 3 ]
  [ "$output" = 1 ]
}

check_not_run() {
  run -127 box --rm nosuchprogram
  [ ${#lines[@]} = 1 ]
  [[ $output == husk:*nosuchprogram* ]]
  run -126 box --rm /etc/passwd
  [ ${#lines[@]} = 1 ]
  [ -z "$(husk ps -aq)" ]
}

check_detached() {
  local pid namespace
  box -d --name web sleep 1000 >/dev/null
  pid=$(pid_of web)
  wait_for is_command "$pid" "sleep 1000"
  for namespace in mnt pid uts ipc net cgroup; do
    [ "$(readlink "/proc/$pid/ns/$namespace")" != "$(readlink "/proc/self/ns/$namespace")" ]
  done
  husk rm -f web
  is_gone "$pid"
}

check_terminal() {
  rm -f "$WORK/keys"
  mkfifo "$WORK/keys"
  run script -qec "stty rows 33 cols 91; $(printf '%q ' "$HUSK" run --rm -it --net none --rootfs "$SITE/rootfs" sh -c 'tty; stty size; exit 5')" /dev/null <>"$WORK/keys"
  echo "$output"
  [ "$status" = 5 ]
  [[ $output == *"/dev/"*"33 91"* ]]
}

check_start() {
  local first
  husk create --net none --rootfs "$SITE/rootfs" --name web sh -c 'echo x >>/count; exec sleep 1000' >/dev/null
  husk start web
  first=$(pid_of web)
  wait_for holds_lines 1 "/proc/$first/root/count"
  husk restart -t 0 web
  [ "$(pid_of web)" != "$first" ]
  wait_for holds_lines 2 "/proc/$(pid_of web)/root/count"
  husk rm -f web
}

holds_lines() { [ "$(wc -l <"$2")" = "$1" ]; } # COUNT FILE

check_exec() {
  box -d --name web -e A=1 sleep 1000 >/dev/null
  run husk exec -e B=2 -u 1000:50 -w /tmp web sh -c 'echo $A$B; id -u; id -g; pwd; exit 9'
  echo "$output"
  [ "$status" = 9 ]
  [ "$output" = $'12\n1000\n50\n/tmp' ]
  [ "$(echo word | husk exec -i web cat)" = word ]
  rm -f "$WORK/keys"
  mkfifo "$WORK/keys"
  run script -qec "'$HUSK' exec -it web sh -c 'tty; exit 6'" /dev/null <>"$WORK/keys"
  [ "$status" = 6 ]
  [[ $output == *"/dev/"* ]]
  husk rm -f web
}

check_stop() {
  box -d --name web sh -c 'trap "exit 21" TERM; echo ready; while :; do sleep 0.05; done' >/dev/null
  wait_for logs_have ready web
  husk stop -t 30 web
  [ "$(husk wait web)" = 21 ]
  husk rm web
  box -d --name web sh -c 'trap "exit 31" HUP; echo ready; while :; do sleep 0.05; done' >/dev/null
  wait_for logs_have ready web
  husk kill -s HUP web
  [ "$(husk wait web)" = 31 ]
  husk rm web
  box -d --name web sleep 1000 >/dev/null
  husk stop -t 0 web
  [ "$(husk wait web)" = 137 ]
  husk rm web
}

logs_have() { husk logs "$2" 2>&1 | grep -q "$1"; } # WORD NAME

check_logs() {
  box --name job sh -c 'echo out; echo err >&2' >/dev/null 2>&1
  [ "$(husk logs job 2>/dev/null)" = out ]
  [ "$(husk logs job 2>&1 >/dev/null)" = err ]
  husk rm job
}

check_limits() {
  box -d --name small -m 64M --cpu 25% --pids-limit 50 sleep 1000 >/dev/null
  if is_v2; then
    [ "$(cat "$(cgroup_of small memory)/memory.max")" = 67108864 ]
    [ "$(cat "$(cgroup_of small cpu)/cpu.max")" = "25000 100000" ]
  else
    [ "$(cat "$(cgroup_of small memory)/memory.limit_in_bytes")" = 67108864 ]
    [ "$(cat "$(cgroup_of small cpu)/cpu.cfs_quota_us")" = 25000 ]
  fi
  [ "$(cat "$(cgroup_of small pids)/pids.max")" = 50 ]
  husk rm -f small
  run box --name hungry -m 16M sh -c 'exec tail /dev/zero'
  [ "$status" = 137 ]
  [ "$(husk inspect --format '{{.State.OOMKilled}} {{.State.ExitCode}}' hungry)" = "true 137" ]
  [ "$(husk events --since 1h --no-follow --filter event=oom --filter "container=$(husk ps -aq --no-trunc)" | wc -l)" = 1 ]
  husk rm hungry
}

check_update() {
  box -d --name web -m 64M sleep 1000 >/dev/null
  husk update -m 32M --pids-limit 20 web
  [ "$(cat "$(cgroup_of web pids)/pids.max")" = 20 ]
  [ "$(cat "$(cgroup_of web memory)"/memory.{max,limit_in_bytes} 2>/dev/null)" = 33554432 ]
  husk rm -f web
}

check_stats() {
  box -d --name web -m 64M sh -c 'sleep 1000 & sleep 1000' >/dev/null
  wait_for has_processes 2 web
  husk stats --no-stream --format json web | jq -e '.MemoryLimit == 67108864 and .MemoryUsage > 0 and .PIDs == 2'
  [ "$(husk top web | grep -c 'sleep 1000')" -ge 2 ]
  husk rm -f web
}

has_processes() { [ "$(husk stats --no-stream --format '{{.PIDs}}' "$2")" = "$1" ]; } # COUNT NAME

check_pause() {
  local pid before
  box -d --name busy sh -c 'while :; do :; done' >/dev/null
  pid=$(pid_of busy)
  husk pause busy
  [ "$(status_of busy)" = paused ]
  before=$(ticks "$pid")
  sleep 0.3
  [ "$(ticks "$pid")" = "$before" ]
  husk unpause busy
  wait_for has_run_since "$before" "$pid"
  husk rm -f busy
}

ticks() { cut -d' ' -f14,15 "/proc/$1/stat"; } # PID
has_run_since() { [ "$(ticks "$2")" != "$1" ]; } # TICKS PID

check_port() {
  husk run -d --name web -p 8080:80 --rootfs "$SITE/rootfs" sh -c 'echo hello >/tmp/index.html; exec httpd -f -h /tmp' >/dev/null
  [ "$(curl -s --retry 9 --retry-connrefused --retry-delay 1 http://127.0.0.1:8080/)" = hello ]
  husk rm -f web
  ! curl -s -m 5 http://127.0.0.1:8080/
}

check_gc() {
  local pid
  husk run -d --name web --rootfs "$SITE/rootfs" sleep 1000 >/dev/null
  pid=$(pid_of web)
  kill -9 "$(husk inspect --format '{{.State.MonitorPid}}' web)" "$pid"
  wait_for no_monitors
  wait_for is_gone "$pid"
  [[ $(husk gc) == [1-9]*" leftover"*" removed" ]]
  [ "$(status_of web)" = exited ]
  [ -z "$(ls "$HUSK_STATE"/netns)" ]
  husk rm web
}

# --- and that they can fail ---

@test "with /bin/false as the runtime each of them fails" {
  [ -z "${RUNTIMES:-}" ] || skip "this is that run"
  local planned
  RUNTIMES=/bin/false bats --tap --filter '^smoke: ' "$BATS_TEST_FILENAME" >"$BATS_TEST_TMPDIR/tap" 2>&1 3>&- || true
  grep -vE '^#' "$BATS_TEST_TMPDIR/tap"
  planned=$(sed -n 's/^1\.\.//p' "$BATS_TEST_TMPDIR/tap")
  [ "$planned" -ge 14 ]
  [ "$(grep -c '^not ok [0-9]' "$BATS_TEST_TMPDIR/tap")" = "$planned" ]
}

@test "all three are here, or those that are not are named" {
  local name missing=''
  for name in crun runc; do
    [[ " $(present | tr '\n' ' ') " == *"/$name "* ]] || missing+=" $name"
  done
  [ -z "$missing" ] || skip "not installed:$missing"
}
