#!/usr/bin/env bats
# dockerd.bats: dockerd drives the runtime through containerd; docker is what people type.

# shellcheck disable=SC2016,SC2154 # texts are the container's; expect sets output
load lib

docker_folder=$tree/build/engines/docker

setup_file() {
  is_root || return 0
  docker_fetch || return 0
  host_start || return
  make_root_tar "$BATS_FILE_TMPDIR/root.tar"
  # 0: without CAP_SYS_RESOURCE dockerd cannot protect itself from the OOM killer.
  jq -n --arg path "$RUNTIME" '{runtimes: {tested: {path: $path}}, "default-runtime": "tested", "storage-driver": "overlay2",
    "exec-opts": ["native.cgroupdriver=cgroupfs"], "oom-score-adjust": 0}' | in_host tee "$SITE/daemon.json" >/dev/null
  daemon_start "$SITE/tmp/dockerd.log" "$(command -v dockerd)" --config-file "$SITE/daemon.json" --log-level warn >"$BATS_FILE_TMPDIR/dockerd.pid"
  PATIENCE=60 eventually docker version >/dev/null || { in_host cat dockerd.log; return 1; }
  docker import "$BATS_FILE_TMPDIR/root.tar" bb || return
  docker run --rm --network none bb true || true # what it leaves to all others is not a trace
}

teardown_file() {
  [ ! -s "$BATS_FILE_TMPDIR/dockerd.pid" ] || daemon_stop "$(<"$BATS_FILE_TMPDIR/dockerd.pid")"
  host_stop
}

setup() {
  is_root || skip "engines are driven as root"
  docker_find || skip "no dockerd here, and apt-get cannot download it"
}

teardown() {
  local -a all
  mapfile -t all < <(docker ps -aq)
  [ ${#all[@]} = 0 ] || docker rm --force --volumes "${all[@]}" >/dev/null 2>&1 || true
}

docker_find() {
  PATH=$docker_folder/usr/bin:$docker_folder/usr/sbin:$PATH:/usr/sbin
  command -v dockerd >/dev/null && command -v docker >/dev/null && command -v docker-init >/dev/null
}

# Unpacked, not installed: the package wants to mount cgroups at boot, and to start a service.
docker_fetch() {
  docker_find && return
  mkdir -p "$docker_folder"
  (cd "$docker_folder" && apt-get -q download docker.io tini &&
    for package in *.deb; do dpkg -x "$package" . && rm "$package"; done) && docker_find
}

docker() { in_host docker "$@"; }

start() { # OPTION... IMAGE CMD...: a container named box in the background; sets $pid
  expect 0 docker run --detach --name box --network none "$@"
  pid=$(inspect '{{.State.Pid}}')
}

inspect() { docker inspect --format "$1" "${2:-box}"; } # FORMAT [CONTAINER]

is_logged() { docker logs box 2>&1 | grep -qx "$1"; } # LINE

is_status() { [ "$(inspect '{{.State.Status}}')" = "$1" ]; }

# docker tells 126 and 127 from 125 by runc's words, which crun's are not.
refused() { case $RUNTIME in */crun) echo 125 ;; *) echo "$1" ;; esac; }

# --- run and its exit status ---

@test "docker run: output, error, input, exit status; 126 and 127" {
  expect 0 docker run --rm --network none bb echo hello
  [ "$output" = hello ]
  expect 37 docker run --rm --network none bb sh -c 'exit 37'
  [ "$(docker run --rm --network none bb sh -c 'echo out; echo err >&2' 2>/dev/null)" = out ]
  [ "$(head -c 300000 /dev/zero | docker run --rm -i --network none bb wc -c)" = 300000 ]
  expect "$(refused 127)" docker run --rm --network none bb no-such-command
  [[ $output == *no-such-command* ]]
  expect "$(refused 126)" docker run --rm --network none bb /etc/passwd
  [[ $output == *[Pp]"ermission denied"* ]]
}

@test "docker run: environment, directory, hostname, user, capabilities, rlimits, sysctl" {
  expect 0 docker run --rm --network none -e A=1 -w /new/directory -h box -u 1000:1001 --group-add 2000 --ulimit nofile=100:200 \
    --sysctl kernel.msgmax=9000 bb sh -c 'echo $A,$PWD,$(hostname); id -u; id -G; ulimit -Hn; cat /proc/sys/kernel/msgmax'
  [ "$output" = $'1,/new/directory,box\n1000\n1001 2000\n200\n9000' ]
  expect 0 docker run --rm --network none --cap-drop all --cap-add chown --security-opt no-new-privileges bb grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status
  [ "$output" = $'CapEff:\t0000000000000001\nNoNewPrivs:\t1\nSeccomp:\t2' ]
}

@test "docker run: volumes, --read-only, --tmpfs, --init" {
  in_host mkdir -p "$SITE/shared"
  in_host tee "$SITE/shared/file" >/dev/null <<<from-host
  expect 0 docker run --rm --network none --read-only --init -v "$SITE/shared:/w" -v "$SITE/shared:/r:ro" -v kept:/v --tmpfs /t:size=64k bb sh -c \
    'exec 2>&1; cat /r/file; echo from-container >/w/new; echo kept >/v/file; touch /r/no || touch /no || dd if=/dev/zero of=/t/f bs=1k count=100 2>&1 | grep "No space"; cat /proc/1/comm'
  [[ $output == from-host*"/r/no: Read-only"*"/no: Read-only"*"No space"*$'\ndocker-init' ]]
  [ "$(in_host cat "$SITE/shared/new")" = from-container ]
  expect 0 docker run --rm --network none -v kept:/v bb cat /v/file
  [ "$output" = kept ]
  expect 0 docker volume rm kept
}

@test "docker run -it, docker exec -it: from a terminal, with its size" {
  local until='until [ "$(stty size)" = "33 91" ]; do sleep 0.1; done; echo fits' pid
  expect 4 on_terminal docker run --rm --network none -it bb sh -c "$until; exit 4"
  [[ $output == *fits* ]]
  start bb sleep 1000
  expect 3 on_terminal docker exec -it box sh -c "$until; tty; exit 3"
  [[ $output == *fits*/dev/pts/* ]]
}

# --- limits: each one is reached ---

@test "docker run --memory: a hog is killed, 137, OOMKilled; a modest one lives" {
  expect 0 docker run --name modest --network none --memory 64m bb /kit/memory-hog 20
  [[ $output == *"HOLDING 20 MiB"* ]]
  [ "$(inspect '{{.State.OOMKilled}}' modest)" = false ]
  expect 5 docker run --name box --network none --memory 64m --memory-swap 64m bb sh -c '/kit/memory-hog 200; [ $? = 137 ] && sleep 1; exit 5'
  [[ $output == *STARTED* && $output != *HOLDING* ]]
  [ "$(inspect '{{.State.OOMKilled}}')" = true ]
  expect 137 docker run --rm --network none --memory 64m --memory-swap 64m bb /kit/memory-hog 200
}

@test "docker run --pids-limit, --cpus: a fork bomb stops there, two hogs get a quarter" {
  local pid
  expect 0 docker run --rm --network none --pids-limit 20 bb /kit/fork-bomb 60
  [[ $output == *"HOLDING 19 children"* ]]
  start --cpus 0.25 bb /kit/cpu-hog 30 2
  [ "$(account "$pid" cpu-quota)" = "25000 100000" ]
  has_a_quarter "$pid"
}

@test "docker update, stats, top" {
  local pid
  start --memory 64m bb sleep 1000
  expect 0 docker update --memory 96m --memory-swap 96m --cpus 0.75 --pids-limit 15 box
  [ "$(account "$pid" memory-limit)" = 100663296 ]
  [ "$(account "$pid" cpu-quota)" = "75000 100000" ]
  [ "$(account "$pid" pids-limit)" = 15 ]
  expect 0 docker stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' box
  [[ $output == *" / 96MiB 1" ]]
  expect 0 docker top box
  [[ $output == *"sleep 1000"* ]]
}

# --- the life of a container in the background ---

@test "docker run -d: logs, inspect, exec, kill, wait" {
  local pid
  start bb sh -c 'trap "echo usr1" USR1; echo one; echo two >&2; while :; do sleep 0.1; done'
  eventually is_logged two
  [ "$(docker logs box 2>/dev/null)" = one ]
  [ "$(inspect '{{.State.Status}} {{.HostConfig.Runtime}}')" = "running tested" ]
  expect 5 docker exec -e B=2 -w /usr -u 1000:1001 box sh -c 'echo "$B $PWD $(id -u) $(id -g)"; exit 5'
  [ "$output" = "2 /usr 1000 1001" ]
  [ "$(docker exec -i box cat <<<text)" = text ]
  # docker 20.10 says 126 for both.
  expect 126 docker exec box no-such-command
  [[ $output == *no-such-command* ]]
  expect 0 docker kill --signal USR1 box
  eventually is_logged usr1
  expect 0 docker kill box
  expect 0 docker wait box
  [ "$output" = 137 ]
}

@test "docker pause: no CPU is used until unpause" {
  local pid used
  start bb sh -c 'while :; do :; done'
  eventually has_used_more "$pid" "$(account "$pid" cpu-used)"
  expect 0 docker pause box
  is_status paused
  used=$(account "$pid" cpu-used)
  sleep 0.5
  [ "$(account "$pid" cpu-used)" = "$used" ]
  expect 0 docker unpause box
  is_status running
  eventually has_used_more "$pid" "$used"
}

@test "docker stop, start, restart: the container's own end, or KILL when it does not listen" {
  local pid
  start bb sh -c 'trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.1; done'
  eventually is_logged ready
  expect 0 docker stop --time 10 box
  [ "$(inspect '{{.State.ExitCode}}')" = 7 ]
  is_logged bye
  expect 0 docker start box
  is_status running
  expect 0 docker restart --time 0 box
  is_status running
  expect 0 docker rm --force box
  start bb sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
  eventually is_logged ready
  expect 0 docker stop --time 1 box
  [ "$(inspect '{{.State.ExitCode}}')" = 137 ]
}

# --- networks, services ---

@test "docker run with a network: an address, a published port, a second container that joins" {
  local pid
  expect 0 docker run -d --name box -p 127.0.0.1:8099:80 bb sh -c 'mkdir /w; echo served >/w/index.html; exec httpd -f -p 80 -h /w'
  expect 0 eventually in_host "$SITE/kit/wget" -q -O - http://127.0.0.1:8099/
  [ "$output" = served ]
  expect 0 docker run --rm --network container:box bb wget -q -O - http://127.0.0.1/
  [ "$output" = served ]
}

has_replicas() { [ "$(docker service ls --format '{{.Replicas}}')" = "$1" ]; }

@test "docker service: two replicas, then three" {
  expect 0 docker swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1:23771
  expect 0 docker service create --no-resolve-image --detach --name s --replicas 2 --network host bb sleep 1000
  eventually has_replicas 2/2
  expect 0 docker service scale --detach s=3
  eventually has_replicas 3/3
  expect 0 docker service rm s
  expect 0 docker swarm leave --force
}

# --- nothing is left ---

has_no_container() { [ -z "$(docker ps -aq)" ]; }

# dockerd removes the files that it mounted network namespaces on once a minute, and keeps others.
dockers_own='file /run/docker/(netns/|libnetwork|swarm|plugins)|/containerd/(fifo|s)(/|$)|/tmp/'

is_swept() { same_traces "$BATS_TEST_TMPDIR/before" "$dockers_own"; }

@test "docker: no process, mount, cgroup or file is left of containers in whatever state they ended" {
  eventually has_no_container
  traces "$dockers_own" >"$BATS_TEST_TMPDIR/before"
  expect 0 docker run --rm --network none bb true
  expect 137 docker run --rm --network none --memory 32m --memory-swap 32m bb /kit/memory-hog 200
  expect "$(refused 127)" docker run --rm --network none bb no-such-command
  expect 0 docker run -d --network none --name forking --init bb sh -c 'sleep 1000 & setsid sleep 1000 & wait'
  expect 0 docker exec --detach forking sleep 1000
  expect 0 docker run -d --network none --name frozen bb sh -c 'while :; do :; done'
  expect 0 docker pause frozen
  expect 0 docker run --network none --name ended bb true
  expect 0 docker rm --force forking frozen ended
  eventually is_swept
}
