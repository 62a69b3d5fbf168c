#!/usr/bin/env bats
# podman.bats: podman drives the runtime: what people type, and what they expect to see.

# shellcheck disable=SC2016,SC2154 # texts are the container's; expect sets output
load lib

setup_file() {
  is_root || return 0
  host_start || return
  make_root_tar "$BATS_FILE_TMPDIR/image.tar"
  # Without CAP_SYS_RESOURCE podman's own limits are too high to be set.
  in_host tee "$SITE/containers.conf" >/dev/null <<CONF
[containers]
netns = "none"
log_driver = "k8s-file"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
events_logger = "file"
conmon_env_vars = ["PATH=$PATH", "TMPDIR=$SITE/tmp"]
network_config_dir = "/run/cni"
CONF
  podman import --quiet "$BATS_FILE_TMPDIR/image.tar" bb || return
  podman run --rm bb true || true # what the first container leaves to all others is not a trace
}

teardown_file() { host_stop; }

# Twice: podman does not begin with those that depend on others.
teardown() {
  is_root || return 0
  podman rm --force --time 0 --all --volumes >/dev/null 2>&1 || podman rm --force --time 0 --all >/dev/null 2>&1 || true
}

podman=(podman --storage-driver overlay --cgroup-manager cgroupfs --runtime "$RUNTIME")

podman() { in_host "${podman[@]}" "$@"; }

start() { # OPTION... IMAGE CMD...: a container named c in the background
  expect 0 podman run --detach --name c "$@"
}

inspect() { podman inspect --format "$1" "${2:-c}"; } # FORMAT [CONTAINER]

is_logged() { podman logs c 2>&1 | grep -qx "$1"; } # LINE

# --- run and its exit status ---

@test "podman run: output, error, input, exit status" {
  expect 0 podman run --rm bb echo hello
  [ "$output" = hello ]
  expect 37 podman run --rm bb sh -c 'exit 37'
  [ "$(podman run --rm bb sh -c 'echo out; echo err >&2' 2>/dev/null)" = out ]
  [ "$(podman run --rm bb sh -c 'echo out; echo err >&2' 2>&1 >/dev/null)" = err ]
  [ "$(head -c 300000 /dev/zero | podman run --rm -i bb wc -c)" = 300000 ]
}

@test "podman run: 127 for a command that is not there, 126 for one that cannot be executed" {
  expect 0 podman run --rm bb true
  expect 127 podman run --rm bb no-such-command
  [[ $output == *no-such-command* ]]
  expect 127 podman run --rm bb /no/such/command
  [[ $output == */no/such/command* ]]
  expect 126 podman run --rm bb /etc/passwd
  [[ $output == *[Pp]"ermission denied"* ]]
  expect 126 podman run --rm bb /etc
  expect 126 podman run --rm --sysctl kernel.msgmax=many bb true
  [[ $output == *msgmax* ]]
  expect 125 podman run --rm --no-such-option bb true
}

@test "podman run: environment, working directory, hostname, entrypoint" {
  expect 0 podman run --rm -e A=1 -e 'B=two words' -w /usr -h box --entrypoint /bin/sh bb \
    -c 'echo "$A,$B,$PWD,$(hostname),$0" "$@"' zero one
  [ "$output" = "1,two words,/usr,box,zero one" ]
}

@test "podman run: user, groups, capabilities" {
  expect 0 podman run --rm -u 1000:1001 --group-add 2000 bb sh -c 'id -u; id -g; id -G; grep CapEff /proc/self/status'
  [[ $output == $'1000\n1001\n1001 2000\nCapEff:\t0000000000000000' ]]
  expect 0 podman run --rm --cap-drop all --cap-add chown,net_raw bb grep -E 'Cap(Eff|Prm|Bnd|Amb)' /proc/self/status
  [ "$(grep -c 0000000000002001 <<<"$output")" = 3 ]
  [[ $output == *$'CapAmb:\t0000000000000000'* ]]
  expect 0 podman run --rm --privileged bb grep CapEff /proc/self/status
  [ "${output#*$'\t'}" = "$(in_host grep CapBnd /proc/self/status | cut -f2)" ]
}

@test "podman run: seccomp and no_new_privs as asked" {
  expect 0 podman run --rm bb grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
  [[ $output == *$'NoNewPrivs:\t0\n'*$'Seccomp:\t2' ]]
  expect 0 podman run --rm --security-opt seccomp=unconfined --security-opt no-new-privileges bb \
    grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
  [[ $output == *$'NoNewPrivs:\t1\n'*$'Seccomp:\t0' ]]
  # With the capability the default profile allows it.
  expect 1 podman run --rm bb unshare -m true
  expect 0 podman run --rm --cap-add sys_admin bb unshare -m true
}

@test "podman run: rlimits, sysctl, oom_score_adj, shm size" {
  expect 0 podman run --rm --ulimit nofile=100:200 --ulimit nproc=1024:1024 --sysctl kernel.msgmax=9000 --sysctl net.ipv4.ip_forward=1 \
    --oom-score-adj 500 --shm-size 1m bb sh -c \
    'ulimit -Sn; ulimit -Hn; cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward /proc/self/oom_score_adj; df -k /dev/shm | tail -1'
  [[ $output == $'100\n200\n9000\n1\n500\nshm '*" 1024 "* ]]
}

# --- files ---

@test "podman run: volumes, read-write and read-only, named, tmpfs" {
  in_host mkdir -p "$SITE/shared/sub"
  in_host tee "$SITE/shared/file" >/dev/null <<<from-host
  expect 0 podman run --rm -v "$SITE/shared:/w" -v "$SITE/shared:/r:ro" -v "$SITE/shared/file:/etc/one" --tmpfs /t:size=64k,mode=1711 bb sh -c \
    'cat /r/file /etc/one; echo from-container >/w/new; touch /r/no 2>&1; stat -c %a /t; dd if=/dev/zero of=/t/f bs=1k count=100 2>&1 | grep -o "No space.*"'
  [[ $output == $'from-host\nfrom-host\n'*"Read-only file system"*$'\n1711\nNo space left on device' ]]
  [ "$(in_host cat "$SITE/shared/new")" = from-container ]
  expect 0 podman volume create kept
  expect 0 podman run --rm -v kept:/v bb sh -c 'echo kept >/v/file'
  expect 0 podman run --rm -v kept:/v:ro bb cat /v/file
  [ "$output" = kept ]
  expect 0 podman volume rm kept
}

@test "podman run: --read-only; the next container does not see what this one wrote" {
  expect 0 podman run --rm --read-only bb sh -c 'touch /etc/new 2>&1; touch /tmp/new && echo tmp'
  [[ $output == *"Read-only file system"*$'\ntmp' ]]
  expect 0 podman run --rm bb touch /etc/new
  expect 1 podman run --rm bb ls /etc/new
}

@test "podman run: /proc is masked, /proc/sys and /sys are read-only, /dev has what it must" {
  expect 0 podman run --rm bb sh -c 'cat /proc/timer_list /proc/kcore /sys/firmware/* 2>/dev/null | wc -c
    { cat /proc/sys/kernel/msgmax >/proc/sys/kernel/msgmax || true >/proc/sysrq-trigger || mkdir /sys/fs/cgroup/memory/x || echo refused; } 2>/dev/null
    cd /dev; for i in null zero full random urandom tty; do [ -c $i ] || echo no $i; done
    for i in fd stdin stdout stderr; do readlink $i; done; mount | grep -c " on /dev/\(pts\|shm\|mqueue\) "'
  [ "$output" = $'0\nrefused\n/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\n3' ]
}

@test "podman run: a device given is there, one not given cannot be opened even by its number" {
  local open='mknod /x c 10 237 && : 3<>/x && echo opened' # loop-control
  expect 0 podman run --rm --device /dev/zero:/dev/nought:r bb head -c 3 /dev/nought
  expect 1 podman run --rm --cap-add mknod bb sh -c "$open"
  [[ $output == *"not permitted"* ]]
  expect 0 podman run --rm --cap-add mknod --device-cgroup-rule 'c 10:237 rwm' bb sh -c "$open"
  [ "$output" = opened ]
}

@test "podman run: --rootfs, with the file system as it is" {
  in_host cp -R "$SITE/rootfs" "$SITE/own"
  expect 0 podman run --rm --rootfs "$SITE/own" sh -c 'echo mine >/mine'
  [ "$(in_host cat "$SITE/own/mine")" = mine ]
}

# --- terminals, init ---

@test "podman run -t: a terminal, its size, its line discipline" {
  expect 0 podman run --rm -t bb sh -c 'tty; test -t 0 && test -t 1 && test -t 2 && echo terminal'
  [ "$output" = $'/dev/pts/0\r\nterminal\r' ]
  # What is the container's console is its terminal 0, and /dev/console.
  expect 0 podman run --rm -t bb sh -c 'echo through >/dev/console'
  [ "$output" = $'through\r' ]
}

@test "podman run -it, podman exec -it: from a terminal, with its size" {
  local until='until [ "$(stty size)" = "33 91" ]; do sleep 0.1; done; echo fits'
  expect 0 on_terminal "${podman[@]}" run --rm -it bb sh -c "$until"
  [[ $output == *fits* ]]
  start bb sleep 1000
  expect 3 on_terminal "${podman[@]}" exec -it c sh -c "$until; tty; exit 3"
  [[ $output == *fits*/dev/pts/* ]]
  expect 0 podman exec -t --user 1000 c sh -c 'test -t 1 && id -u'
  [ "$output" = $'1000\r' ]
}

@test "podman run --init: process 1 reaps, and passes signals on" {
  expect 0 podman run --rm --init bb sh -c 'cat /proc/1/comm; sh -c "sleep 0.1 & :"; sleep 0.3; ps | grep -c "[Z]ombie\|[d]efunct"; exit 0'
  [ "$output" = $'podman-init\n0' ]
  start --init bb sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done'
  eventually is_logged ready
  expect 0 podman stop --time 10 c
  [ "$(inspect '{{.State.ExitCode}}')" = 9 ]
}

# --- limits: each one is reached ---

# conmon 2.1.6 notes what the cgroup reports by a file in podman's working directory, where podman
# 4.3 never looks: its OOMKilled stays false.
is_oom_noted() { # CONTAINER
  [ "$(inspect '{{.State.OOMKilled}}' "$1")" = true ] || in_host test -e oom
}

@test "podman run --memory: a hog is killed, 137, and conmon hears of it; a modest one lives" {
  in_host rm -f oom
  expect 0 podman run --name modest --memory 64m bb /kit/memory-hog 20
  [[ $output == *"HOLDING 20 MiB"* ]]
  expect 1 is_oom_noted modest
  # Its first process lives on, so that there is time to hear.
  expect 5 podman run --name c --memory 64m bb sh -c '/kit/memory-hog 200; [ $? = 137 ] && sleep 1; exit 5'
  [[ $output == *STARTED* && $output != *HOLDING* ]]
  is_oom_noted c
  expect 137 podman run --rm --memory 64m bb /kit/memory-hog 200
  start --replace --memory 64m bb sleep 1000
  [ "$(account "$(inspect '{{.State.Pid}}')" memory-limit)" = 67108864 ]
}

@test "podman run --pids-limit: a fork bomb stops there" {
  expect 0 podman run --rm --pids-limit 20 bb /kit/fork-bomb 60
  [[ $output == *"HOLDING 19 children"* ]]
  expect 0 podman run --rm bb /kit/fork-bomb 60
  [[ $output == *"HOLDING 60 children"* ]]
}

@test "podman run --cpus: two hogs get a quarter of a CPU by the cgroup's own account" {
  local pid
  start --cpus 0.25 bb /kit/cpu-hog 30 2
  pid=$(inspect '{{.State.Pid}}')
  [ "$(account "$pid" cpu-quota)" = "25000 100000" ]
  has_a_quarter "$pid"
}

@test "podman run: cpu shares and cpuset arrive in the cgroup" {
  local pid
  start --cpu-shares 512 --cpuset-cpus 0 bb sleep 1000
  pid=$(inspect '{{.State.Pid}}')
  [[ $(account "$pid" cpu-shares) =~ ^(512|20|59)$ ]] # v1, or one of two formulas for v2
  [ "$(account "$pid" cpuset)" = 0 ]
  [ "$(podman exec c nproc)" = 1 ]
}

@test "podman update: limits of a running container" {
  local pid
  start --memory 64m --cpus 0.5 bb sleep 1000
  pid=$(inspect '{{.State.Pid}}')
  expect 0 podman update --memory 96m --memory-swap 96m --cpus 0.75 c
  [ "$(account "$pid" memory-limit)" = 100663296 ]
  [ "$(account "$pid" cpu-quota)" = "75000 100000" ]
  expect 137 podman exec c /kit/memory-hog 200
}

# --- the life of a container in the background ---

@test "podman run -d: logs, inspect, ps, top, wait" {
  start bb sh -c 'echo one; echo two >&2; sleep 1000 & wait'
  eventually is_logged two
  [ "$(podman logs c 2>/dev/null)" = one ]
  [ "$(inspect '{{.State.Status}} {{.OCIRuntime}}')" = "running $RUNTIME" ]
  [ "$(in_host readlink "/proc/$(inspect '{{.State.Pid}}')/root")" = / ]
  expect 0 podman ps --format '{{.Names}} {{.Status}}'
  [[ $output == "c Up "* ]]
  expect 0 podman top c pid args
  [[ $output =~ 1\ +"sh -c" ]]
  [[ $output == *"sleep 1000"* ]]
  expect 0 podman kill c
  expect 0 podman wait c
  [ "$output" = 137 ]
}

@test "podman exec: output, status, environment, directory, user; 126 and 127" {
  start -e A=1 bb sleep 1000
  expect 5 podman exec -e B=2 -w /usr --user 1000:1001 c sh -c 'echo "$A $B $PWD $(id -u) $(id -g)"; exit 5'
  [ "$output" = "1 2 /usr 1000 1001" ]
  [ "$(podman exec -i c cat <<<text)" = text ]
  expect 127 podman exec c no-such-command
  expect 126 podman exec c /etc/passwd
  expect 0 podman exec --detach c sh -c 'echo later >/later; sleep 1000'
  expect 0 eventually podman exec c cat /later
  [ "$output" = later ]
}

@test "podman exec: in the namespaces, the cgroup and the limits of the container" {
  local place
  start --pids-limit 20 --cap-drop all bb sleep 1000
  expect 0 podman exec c sh -c 'for i in cgroup ipc mnt net pid uts; do [ "$(readlink /proc/self/ns/$i)" = "$(readlink /proc/1/ns/$i)" ] || echo "$i"; done'
  [ -z "$output" ]
  place=$(podman exec c grep -E '[:,](memory|pids|devices|freezer)[:,]|^0::' /proc/1/cgroup)
  [ -n "$place" ]
  [ "$(podman exec c grep -E '[:,](memory|pids|devices|freezer)[:,]|^0::' /proc/self/cgroup)" = "$place" ]
  expect 0 podman exec c grep -E '^(CapEff|Seccomp):' /proc/self/status
  [ "$output" = $'CapEff:\t0000000000000000\nSeccomp:\t2' ]
  # The last process of an exec may still be counted.
  holds_the_rest() { expect 0 podman exec c /kit/fork-bomb 60 && [[ $output == *"HOLDING 18 children"* ]]; }
  eventually holds_the_rest
}

@test "podman pause: no CPU is used until unpause" {
  local pid used
  start bb sh -c 'while :; do :; done'
  pid=$(inspect '{{.State.Pid}}')
  used=$(account "$pid" cpu-used)
  eventually has_used_more "$pid" "$used"
  expect 0 podman pause c
  [ "$(inspect '{{.State.Status}}')" = paused ]
  used=$(account "$pid" cpu-used)
  sleep 0.5
  [ "$(account "$pid" cpu-used)" = "$used" ]
  expect 0 podman unpause c
  [ "$(inspect '{{.State.Status}}')" = running ]
  eventually has_used_more "$pid" "$used"
  expect 0 podman pause c
  expect 0 podman rm --force --time 0 c
}

@test "podman kill: a signal by name and by number" {
  start bb sh -c 'trap "echo usr1" USR1; trap "echo usr2" USR2; echo ready; while :; do sleep 0.1; done'
  eventually is_logged ready
  expect 0 podman kill --signal USR1 c
  eventually is_logged usr1
  expect 0 podman kill --signal 12 c
  eventually is_logged usr2
  expect 0 podman kill --signal KILL c
  expect 0 podman wait c
  [ "$output" = 137 ]
}

@test "podman stop: the container's own end, or KILL when it does not listen; start again" {
  start bb sh -c 'trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.1; done'
  eventually is_logged ready
  expect 0 podman stop --time 10 c
  [ "$(inspect '{{.State.ExitCode}}')" = 7 ]
  is_logged bye
  expect 0 podman start c
  [ "$(inspect '{{.State.Status}}')" = running ]
  start --replace bb sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
  eventually is_logged ready
  expect 0 podman stop --time 1 c
  [ "$(inspect '{{.State.ExitCode}}')" = 137 ]
}

@test "podman create, start --attach, restart" {
  expect 0 podman create --name c bb sh -c 'echo run >>/runs; wc -l </runs; exit 4'
  expect 4 podman start --attach c
  [ "$output" = 1 ]
  expect 4 podman start --attach c
  [ "$output" = 2 ]
  start --replace bb sleep 1000
  local pid
  pid=$(inspect '{{.State.Pid}}')
  expect 0 podman restart --time 0 c
  [ "$(inspect '{{.State.Status}}')" = running ]
  [ "$(inspect '{{.State.Pid}}')" != "$pid" ]
}

# --- namespaces of others ---

# Prints the namespaces that two containers share.
shared_namespaces() { # CONTAINER CONTAINER
  local name
  for name in ipc mnt net pid user uts; do
    [ "$(podman exec "$1" readlink "/proc/self/ns/$name")" != "$(podman exec "$2" readlink "/proc/self/ns/$name")" ] || echo -n "$name "
  done
}

@test "podman run: network, IPC and PID namespace of another container, of the host, by path" {
  start bb sleep 1000
  expect 0 podman run -d --name same --network container:c --ipc container:c --pid container:c bb sleep 1000
  expect 0 podman run -d --name other bb sleep 1000
  [ "$(shared_namespaces c same)" = "ipc net pid user " ]
  [ "$(shared_namespaces c other)" = "user " ]
  expect 0 podman run --rm --network host --uts host --ipc host --pid host --cgroupns host bb sh -c \
    'for i in net uts ipc pid cgroup; do readlink /proc/self/ns/$i; done'
  [ "$output" = "$(in_host readlink /proc/self/ns/{net,uts,ipc,pid,cgroup})" ]
  expect 0 podman run --rm --network "ns:/proc/$(inspect '{{.State.Pid}}')/ns/net" bb readlink /proc/self/ns/net
  [ "$output" = "$(podman exec c readlink /proc/self/ns/net)" ]
}

@test "podman pod: containers share the namespaces of its first one" {
  expect 0 podman pod create --name p --network none --infra-image localhost/bb --infra-command '/bin/sleep 1000'
  expect 0 podman run -d --pod p --name c bb sleep 1000
  expect 0 podman run -d --pod p --name d bb sleep 1000
  [ "$(shared_namespaces c d)" = "ipc net user uts " ]
  expect 0 podman pod pause p
  expect 0 podman pod unpause p
  expect 0 podman pod rm --force --time 0 p
}

@test "podman run --uidmap: root inside is another user outside" {
  start --uidmap 0:100000:65536 --gidmap 0:100000:65536 bb sleep 1000
  [ "$(podman exec c id -u)" = 0 ]
  [ "$(in_host stat -c %u "/proc/$(inspect '{{.State.Pid}}')")" = 100000 ]
  [ "$(podman exec c cat /proc/self/uid_map | tr -s ' ')" = " 0 100000 65536" ]
  expect 0 podman exec c sh -c 'touch /mine && stat -c %u /mine'
  [ "$output" = 0 ]
}

# --- hooks ---

@test "podman run --hooks-dir: hooks at every stage, with the container's state" {
  local stage
  in_host mkdir -p "$SITE/hooks"
  for stage in prestart createRuntime poststart poststop; do
    in_host tee "$SITE/hooks/$stage.json" >/dev/null <<JSON
{"version": "1.0.0", "when": {"always": true}, "stages": ["$stage"],
 "hook": {"path": "/bin/bash", "args": ["bash", "-c", "echo $stage \$(jq -r '.id, .status' | tr '\\\\n' ' ') >>$SITE/tmp/hooked"]}}
JSON
  done
  in_host tee "$SITE/hooks/inside.json" >/dev/null <<'JSON'
{"version": "1.0.0", "when": {"always": true}, "stages": ["startContainer"],
 "hook": {"path": "/bin/sh", "args": ["sh", "-c", "grep -o '\"status\": *\"[a-z]*\"' >/inside"]}}
JSON
  expect 0 podman --hooks-dir "$SITE/hooks" run --name c bb cat /inside
  [[ $output =~ (created|starting) ]]
  run in_host cat "$SITE/tmp/hooked"
  echo "$output"
  [ "$(cut -d' ' -f1 <<<"$output" | sort | tr '\n' ' ')" = "createRuntime poststart poststop prestart " ]
  [ "$(cut -d' ' -f2 <<<"$output" | sort -u)" = "$(inspect '{{.Id}}')" ]
  [ "$(sed -n 's/poststop [^ ]* //p' <<<"$output")" = stopped ]
}

# --- nothing is left ---

# podman's own: it mounts its storage when needed, and keeps some exit codes; conmon's note of above.
podmans_own='/containers/storage/overlay |/run/libpod/exits/|/tmp/oom$'

is_swept() { same_traces "$BATS_TEST_TMPDIR/before" "$podmans_own"; }

@test "podman: no process, mount, cgroup or file is left of containers in whatever state they ended" {
  traces "$podmans_own" >"$BATS_TEST_TMPDIR/before"
  expect 0 podman run --rm bb true
  expect 137 podman run --rm --memory 32m bb /kit/memory-hog 200
  expect 127 podman run --rm bb no-such-command
  expect 0 podman run -d --name forking --init bb sh -c 'sleep 1000 & sleep 1000 & setsid sleep 1000 & wait'
  expect 0 podman exec --detach forking sleep 1000
  expect 0 podman run -d --name frozen bb sh -c 'while :; do :; done'
  expect 0 podman pause frozen
  expect 0 podman create --name created bb true
  expect 0 podman init created
  expect 0 podman run --name ended bb true
  expect 0 podman rm --force --time 0 --all
  eventually is_swept
}

@test "podman: eight containers at once; nothing is left of them" {
  local i
  local -a started
  traces "$podmans_own" >"$BATS_TEST_TMPDIR/before"
  for i in 1 2 3 4 5 6 7 8; do
    podman run --rm --memory 64m bb sh -c "echo $i" >"$BATS_TEST_TMPDIR/out.$i" 2>&1 3>&- &
    started+=($!)
  done
  wait "${started[@]}"
  [ "$(cat "$BATS_TEST_TMPDIR"/out.* | tr '\n' ' ')" = "1 2 3 4 5 6 7 8 " ]
  eventually is_swept
}
