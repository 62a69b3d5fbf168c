#!/usr/bin/env bats
# containerd.bats: containerd drives the runtime through its shim, and ctr drives containerd.

# shellcheck disable=SC2016,SC2154 # texts are the container's; expect sets output
load lib

setup_file() {
  is_root || return 0
  host_start || return
  make_root_tar "$BATS_FILE_TMPDIR/root.tar"
  make_oci_archive "$BATS_FILE_TMPDIR/root.tar" localhost/bb:1 "$BATS_FILE_TMPDIR/image.tar" /bin/sh
  in_host tee "$SITE/containerd.toml" >/dev/null <<'TOML'
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri"]
TOML
  containerd_start || return
  ctr image import --no-unpack "$BATS_FILE_TMPDIR/image.tar" || return
  ctr run --rm --runc-binary "$RUNTIME" localhost/bb:1 first true || true # what it leaves to all others is not a trace
}

teardown_file() {
  containerd_stop
  host_stop
}

teardown() {
  is_root || return 0
  local id
  for id in $(ctr container ls -q); do
    ctr task rm --force "$id" || true
    ctr container rm "$id" || true
  done >/dev/null 2>&1
}

containerd_start() {
  daemon_start "$SITE/tmp/containerd.log" containerd --config "$SITE/containerd.toml" --log-level warn >"$BATS_FILE_TMPDIR/containerd.pid"
  PATIENCE=60 eventually ctr version >/dev/null || { in_host cat containerd.log; return 1; }
}

containerd_stop() {
  [ ! -s "$BATS_FILE_TMPDIR/containerd.pid" ] || daemon_stop "$(<"$BATS_FILE_TMPDIR/containerd.pid")"
}

ctr() { in_host ctr "$@"; }

bb=localhost/bb:1

ctr_run() { ctr run --runc-binary "$RUNTIME" "$@"; } # OPTION... IMAGE ID CMD...

pid_of() { ctr task ls | awk -v id="$1" '$1 == id { print $2 }'; }

start() { # OPTION... -- CMD...: a container c in the background, with its output in out; sets $pid
  local -a options=()
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  expect 0 ctr_run --detach --log-uri "file://$SITE/tmp/out" "${options[@]}" $bb c "$@"
  pid=$(pid_of c)
  [ -n "$pid" ]
}

is_printed() { in_host grep -qx "$1" out; } # LINE

has_status() { ctr task ls | grep -qE "^$1 .* $2\$"; } # ID STATUS

# --- run ---

@test "ctr run: output, error, input, exit status" {
  expect 0 ctr_run --rm $bb c echo hello
  [ "$output" = hello ]
  expect 37 ctr_run --rm $bb c sh -c 'exit 37'
  [ "$(ctr_run --rm $bb c sh -c 'echo out; echo err >&2' 2>/dev/null)" = out ]
  [ "$(ctr_run --rm $bb c sh -c 'echo out; echo err >&2' 2>&1 >/dev/null)" = err ]
  # ctr does not pass the end of its input on.
  [ "$(head -c 300000 /dev/zero | ctr_run --rm $bb c sh -c 'head -c 300000 | wc -c')" = 300000 ]
}

@test "ctr run: a command that is not there, or cannot be executed, is named" {
  expect 0 ctr_run --rm $bb c true
  expect 1 ctr_run $bb absent no-such-command
  [[ $output == *no-such-command*"not found"* ]]
  [ -z "$(pid_of absent)" ]
  expect 1 ctr_run $bb plain /etc/passwd
  [[ $output == *[Pp]"ermission denied"* ]]
}

@test "ctr run: environment, working directory, read-only root, mounts" {
  in_host mkdir -p "$SITE/shared"
  in_host tee "$SITE/shared/file" >/dev/null <<<from-host
  expect 0 ctr_run --rm --env A=1 --cwd /usr --read-only --mount "type=bind,src=$SITE/shared,dst=/mnt,options=rbind:ro" \
    --mount type=tmpfs,dst=/tmp,options=size=64k $bb c sh -c \
    'exec 2>&1; echo $A,$PWD; cat /mnt/file; touch /mnt/new || touch /etc/new || dd if=/dev/zero of=/tmp/f bs=1k count=100 2>&1 | grep "No space"'
  [[ $output == $'1,/usr\nfrom-host\n'*"/mnt/new: Read-only"*"/etc/new: Read-only"*"No space left"* ]]
}

@test "ctr run: capabilities, seccomp, no_new_privs, privileged" {
  local words='^(CapEff|NoNewPrivs|Seccomp):'
  expect 0 ctr_run --rm $bb c grep -E "$words" /proc/self/status
  [ "$output" = $'CapEff:\t00000000a80425fb\nNoNewPrivs:\t1\nSeccomp:\t0' ]
  expect 0 ctr_run --rm --seccomp --allow-new-privs --cap-drop CAP_CHOWN $bb c grep -E "$words" /proc/self/status
  [ "$output" = $'CapEff:\t00000000a80425fa\nNoNewPrivs:\t0\nSeccomp:\t2' ]
  expect 0 ctr_run --rm --privileged $bb c grep CapEff /proc/self/status
  [ "${output#*$'\t'}" = "$(in_host grep CapEff /proc/self/status | cut -f2)" ]
}

@test "ctr run: a whole spec of one's own by --config" {
  ctr oci spec | jq --arg root "$SITE/rootfs" --arg kit "$SITE/kit" '.root = {path: $root, readonly: true} | .hostname = "spec" |
    .process.env = ["PATH=/bin:/usr/bin:\($kit)"] | .process.args = ["sh", "-c", "hostname; id -u; ulimit -n; umask; exec fork-bomb 60 </dev/null"] |
    .process.user = {uid: 1000, gid: 1000, umask: 63} | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 99, hard: 99}] |
    .linux.cgroupsPath = "/of/ones/own" | .linux.resources.pids = {limit: 20}' | in_host tee spec.json >/dev/null
  expect 0 ctr_run --rm --config "$SITE/tmp/spec.json" c
  [ "$output" = $'spec\n1000\n99\n0077\nSTARTED\nHOLDING 19 children' ]
}

@test "ctr run -t, ctr task exec -t: a terminal with the size of ctr's own" {
  local until='until [ "$(stty size)" = "33 91" ]; do sleep 0.1; done; echo fits; tty'
  # ctr may end before it has copied what came last.
  runs_on_terminal() { expect 6 on_terminal ctr run --runc-binary "$RUNTIME" --rm -t $bb c sh -c "$until; exit 6" && [[ $output == *fits*/dev/pts/0* ]]; }
  eventually runs_on_terminal
  start -- sleep 1000
  has_terminal() { expect 7 on_terminal ctr task exec --exec-id e -t c sh -c "$until; exit 7" && [[ $output == *fits*/dev/pts/* ]]; }
  eventually has_terminal
}

# --- tasks ---

@test "ctr task ls, ps, exec: status, user, directory; a command that is not there" {
  local pid
  start -- sh -c 'sleep 1000 & wait'
  has_status c RUNNING
  has_two() { expect 0 ctr task ps c && [ "$(grep -c '^[0-9]' <<<"$output")" = 2 ]; }
  eventually has_two
  expect 0 ctr task ps c
  [[ $output =~ (^|$'\n')"$pid"\  ]]
  expect 5 ctr task exec --exec-id e1 --user 1000:1001 --cwd /usr c sh -c 'echo "$PWD $(id -u) $(id -g)"; exit 5'
  [ "$output" = "/usr 1000 1001" ]
  expect 0 ctr task exec --exec-id e2 c sh -c 'cmp /proc/1/cgroup /proc/self/cgroup; for i in ipc mnt net pid uts; do
    [ "$(readlink /proc/self/ns/$i)" = "$(readlink /proc/1/ns/$i)" ] || echo "$i"; done'
  [ -z "$output" ]
  expect 1 ctr task exec --exec-id e3 c no-such-command
  [[ $output == *no-such-command*"not found"* ]]
  expect 0 ctr task exec --exec-id e4 --detach c sh -c 'echo later >/later; sleep 1000'
  expect 0 eventually ctr task exec --exec-id e5 c cat /later
}

@test "ctr task kill: a signal by name and by number, to all; the exit status is kept" {
  local pid
  start -- sh -c 'trap "echo usr1" USR1; trap "echo term; exit 7" TERM; echo ready; while :; do sleep 0.1; done'
  eventually is_printed ready
  expect 0 ctr task kill --signal SIGUSR1 c
  eventually is_printed usr1
  expect 0 ctr task kill --signal 15 c
  eventually has_status c STOPPED
  eventually is_printed term
  expect 0 ctr task rm c
  [[ $output == *"non-zero exit code 7"* ]]
  expect 0 ctr task start --detach c
  expect 0 ctr task exec --exec-id e --detach c sleep 1000
  expect 0 ctr task kill --all --signal SIGKILL c
  eventually has_status c STOPPED
  expect 0 ctr task rm c
  [[ $output == *"non-zero exit code 137"* ]]
}

@test "ctr task pause: no CPU is used until resume" {
  local pid used
  start -- sh -c 'while :; do :; done'
  eventually has_used_more "$pid" "$(account "$pid" cpu-used)"
  expect 0 ctr task pause c
  has_status c PAUSED
  used=$(account "$pid" cpu-used)
  sleep 0.5
  [ "$(account "$pid" cpu-used)" = "$used" ]
  expect 0 ctr task resume c
  has_status c RUNNING
  eventually has_used_more "$pid" "$used"
}

@test "ctr task metrics: what the cgroup has used" {
  local pid metrics
  start --memory-limit 67108864 -- sh -c 'sleep 1000 & sleep 1000 & wait'
  expect 0 eventually ctr task exec --exec-id e c sh -c '[ "$(ls -d /proc/[0-9]* | wc -l)" -ge 4 ]'
  metrics=$(ctr task metrics --format json c)
  echo "$metrics"
  jq -e '(.pids.current >= 3) and ((.memory.usage.limit // .memory.usage_limit) == 67108864) and
    ((.memory.usage.usage? // .memory.usage) > 100000) and ((.cpu.usage.total? // .cpu.usage_usec) > 0)' <<<"$metrics"
}

# --- limits: each one is reached ---

is_oom_told() { in_host grep -q /tasks/oom events; }

@test "ctr run --memory-limit: a hog is killed, 137, and containerd tells of it; a modest one lives" {
  local events
  events=$(daemon_start "$SITE/tmp/events" ctr events)
  expect 0 ctr_run --rm --memory-limit 67108864 $bb c sh -c '/kit/memory-hog 20 </dev/null'
  [[ $output == *"HOLDING 20 MiB"* ]]
  expect 1 is_oom_told
  # Its first process lives on, so that there is time to hear.
  expect 5 ctr_run --rm --memory-limit 67108864 $bb c sh -c '/kit/memory-hog 200; [ $? = 137 ] && sleep 1; exit 5'
  [[ $output == *STARTED* && $output != *HOLDING* ]]
  eventually is_oom_told
  daemon_stop "$events"
  expect 137 ctr_run --rm --memory-limit 67108864 $bb c /kit/memory-hog 200
}

@test "ctr run --cpus: two hogs get a quarter of a CPU by the cgroup's own account" {
  local pid
  start --cpus 0.25 -- /kit/cpu-hog 30 2
  [ "$(account "$pid" cpu-quota)" = "25000 100000" ]
  has_a_quarter "$pid"
}

# --- namespaces, devices ---

@test "ctr run: a namespace by path, those of the host, a user namespace" {
  local pid
  start -- sleep 1000
  expect 0 ctr_run --rm --with-ns "network:/proc/$pid/ns/net" --with-ns "ipc:/proc/$pid/ns/ipc" $bb d sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/ipc; readlink /proc/self/ns/uts'
  [ "$(head -2 <<<"$output")" = "$(in_host readlink "/proc/$pid/ns/net" "/proc/$pid/ns/ipc")" ]
  [ "$(tail -1 <<<"$output")" != "$(in_host readlink "/proc/$pid/ns/uts")" ]
  expect 0 ctr_run --rm --net-host $bb d readlink /proc/self/ns/net
  [ "$output" = "$(in_host readlink /proc/self/ns/net)" ]
  expect 0 ctr_run --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 $bb d sh -c 'tr -s " " </proc/self/uid_map; id -u'
  [ "$output" = $' 0 100000 65536\n0' ]
}

@test "ctr run --device: is there, and what was not given cannot be opened even by its number" {
  local open='mknod /x c 10 237 && : 3<>/x && echo opened' # loop-control
  expect 1 ctr_run --rm $bb c sh -c "$open"
  [[ $output == *"not permitted"* ]]
  expect 0 ctr_run --rm --device /dev/loop-control $bb c sh -c 'test -c /dev/loop-control; '"$open"
  [ "$output" = opened ]
}

# --- the daemon goes, nothing is left ---

@test "containerd is stopped and started again: the container lives on, and can be used" {
  local pid
  start -- sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done'
  containerd_stop
  in_host kill -0 "$pid"
  containerd_start
  has_status c RUNNING
  expect 0 ctr task exec --exec-id e c echo alive
  [ "$output" = alive ]
  expect 0 ctr task kill c
  eventually has_status c STOPPED
}

# containerd makes directories when it needs them, and ctr leaves the pipes of what it detaches from.
containerds_own='/run/containerd/(fifo|s$)|/run/containerd/runc(/default)?$|/tmp/(out|events)$'

is_swept() { same_traces "$BATS_TEST_TMPDIR/before" "$containerds_own"; }

@test "containerd: no process, mount, cgroup or file is left of containers in whatever state they ended" {
  local id
  traces "$containerds_own" >"$BATS_TEST_TMPDIR/before"
  expect 0 ctr_run --rm $bb c true
  expect 137 ctr_run --rm --memory-limit 33554432 $bb c /kit/memory-hog 200
  expect 1 ctr_run --rm $bb absent no-such-command
  expect 0 ctr_run --detach --null-io $bb forking sh -c 'sleep 1000 & setsid sleep 1000 & wait'
  expect 0 ctr task exec --exec-id e --detach forking sleep 1000
  expect 0 ctr_run --detach --null-io $bb frozen sh -c 'while :; do :; done'
  expect 0 ctr task pause frozen
  expect 0 ctr_run --detach --null-io $bb ended true
  eventually has_status ended STOPPED
  for id in forking frozen ended; do
    expect 0 ctr task rm --force "$id"
    expect 0 ctr container rm "$id"
  done
  ctr container rm absent 2>/dev/null || true
  eventually is_swept
}

@test "containerd: eight containers at once; nothing is left of them" {
  local i
  local -a started
  traces "$containerds_own" >"$BATS_TEST_TMPDIR/before"
  for i in 1 2 3 4 5 6 7 8; do
    ctr_run --rm --memory-limit 67108864 $bb "c$i" sh -c "echo $i" >"$BATS_TEST_TMPDIR/out.$i" 2>&1 3>&- &
    started+=($!)
  done
  wait "${started[@]}"
  [ "$(cat "$BATS_TEST_TMPDIR"/out.* | tr '\n' ' ')" = "1 2 3 4 5 6 7 8 " ]
  eventually is_swept
}
