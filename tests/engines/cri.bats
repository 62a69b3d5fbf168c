#!/usr/bin/env bats
# cri.bats: containerd drives the runtime as Kubernetes asks for it: pods by the CRI. There is no
# kubelet and no crictl here: requests are written in protobuf's text form, protoc(1) translates
# them, and curl(1) speaks gRPC, which is HTTP/2 with a length before the message.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # texts are the container's; expect and start set what a test reads
load lib

setup_file() {
  is_root || return 0
  host_start || return
  make_root_tar "$BATS_FILE_TMPDIR/root.tar"
  make_oci_archive "$BATS_FILE_TMPDIR/root.tar" localhost/bb:1 "$BATS_FILE_TMPDIR/bb.tar" /bin/sh
  make_oci_archive "$BATS_FILE_TMPDIR/root.tar" localhost/pause:1 "$BATS_FILE_TMPDIR/pause.tar" /bin/sleep 100000
  in_host mkdir -p "$SITE/cni" "$SITE/logs"
  in_host tee "$SITE/cni/10.conflist" >/dev/null <<JSON
{"cniVersion": "0.4.0", "name": "n", "plugins": [{"type": "ptp",
 "ipam": {"type": "host-local", "dataDir": "$SITE/ipam", "ranges": [[{"subnet": "10.88.5.0/24"}]]}}]}
JSON
  # Without CAP_SYS_RESOURCE no oom_score_adj can be lowered.
  in_host tee "$SITE/containerd.toml" >/dev/null <<TOML
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$(find /usr/lib/cni /usr/libexec/cni /opt/cni/bin -name ptp -printf %h -quit 2>/dev/null)"
    conf_dir = "$SITE/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "tested"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.tested]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.tested.options]
        BinaryName = "$RUNTIME"
TOML
  daemon_start "$SITE/tmp/containerd.log" containerd --config "$SITE/containerd.toml" --log-level warn >"$BATS_FILE_TMPDIR/containerd.pid"
  PATIENCE=60 eventually in_host ctr version >/dev/null || { in_host cat containerd.log; return 1; }
  in_host ctr -n k8s.io image import "$BATS_FILE_TMPDIR/bb.tar" || return
  in_host ctr -n k8s.io image import "$BATS_FILE_TMPDIR/pause.tar" || return
  PATIENCE=60 eventually cri Version "" >/dev/null
  if pod_start; then pod_remove; fi # what it leaves to all others is not a trace
}

teardown_file() {
  [ ! -s "$BATS_FILE_TMPDIR/containerd.pid" ] || daemon_stop "$(<"$BATS_FILE_TMPDIR/containerd.pid")"
  host_stop
}

teardown() {
  is_root || return 0
  local pod
  for pod in $(cri ListPodSandbox "" | sed -n 's/^ *id: "\(.*\)"/\1/p'); do
    pod_remove
  done
}

# --- the CRI ---

# Sends a request; prints the response as text, or what gRPC says is wrong, and fails.
cri() { # METHOD TEXT
  local file length
  file=$(mktemp "$BATS_FILE_TMPDIR/cri.XXXXXX")
  protoc --encode="runtime.v1.$1Request" --proto_path="$engines" cri.proto <<<"$2" >"$file.message" || return
  length=$(printf %08x "$(stat -c %s "$file.message")")
  { printf %b "\\0\\x${length:0:2}\\x${length:2:2}\\x${length:4:2}\\x${length:6:2}" && cat "$file.message"; } >"$file.request"
  in_host curl -sS --http2-prior-knowledge --unix-socket /run/containerd/containerd.sock \
    -H 'content-type: application/grpc' -H 'te: trailers' --data-binary "@$file.request" \
    -D "$file.header" -o "$file" "http://localhost/runtime.v1.RuntimeService/$1" || return
  if ! grep -qi '^grpc-status: 0' "$file.header"; then
    sed -n 's/^grpc-message: //Ip' "$file.header"
    return 1
  fi
  tail -c +6 "$file" | protoc --decode="runtime.v1.$1Response" --proto_path="$engines" cri.proto
}

value_of() { sed -n "s/^ *$1: \"\\{0,1\\}\\([^\"]*\\)\"\\{0,1\\}\$/\\1/p"; } # FIELD <TEXT

# What every request of this pod's has to repeat.
sandbox_config() { # [LINUX-TEXT]
  local hostname=podhost
  [[ ${1:-} != *"network: NODE"* ]] || hostname= # it is the node's
  echo "metadata { name: 'pod' uid: 'u1' namespace: 'default' } hostname: '$hostname' log_directory: '$SITE/logs'
    linux { cgroup_parent: '/pods/one' ${1:-} }"
}

pod_start() { # [LINUX-TEXT]: sets $pod
  pod=$(cri RunPodSandbox "config { $(sandbox_config "${1:-}") }") || { echo "RunPodSandbox: $pod"; return 1; }
  pod=$(value_of pod_sandbox_id <<<"$pod")
}

pod_remove() {
  cri StopPodSandbox "pod_sandbox_id: '$pod'" && cri RemovePodSandbox "pod_sandbox_id: '$pod'"
}

quoted() { # WORD...: as protobuf's text form wants them
  local word
  for word in "$@"; do
    word=${word//\\/\\\\}
    word=${word//\'/\\\'}
    printf "'%s' " "${word//$'\n'/\\n}"
  done
}

# Creates a container of shell TEXT, and sets $container.
create() { # TEXT [CONFIG-TEXT [LINUX-TEXT]]
  made=$((${made:-0} + 1))
  container=$(cri CreateContainer "pod_sandbox_id: '$pod' sandbox_config { $(sandbox_config) } config {
    metadata { name: 'c$made' } image { image: 'localhost/bb:1' } log_path: 'c.log'
    command: '/bin/sh' command: '-c' command: $(quoted "$1") ${2:-} linux { ${3:-} } }") || { echo "CreateContainer: $container"; return 1; }
  container=$(value_of container_id <<<"$container")
  in_host rm -f "$SITE/logs/c.log"
}

start() { # TEXT [CONFIG-TEXT [LINUX-TEXT]]
  create "$@" && expect 0 cri StartContainer "container_id: '$container'"
}

is_state() { cri ContainerStatus "container_id: '$container'" | grep -q "state: CONTAINER_$1"; }

# Runs a container to its end; its output is then in $output, and its status in $exit_code.
run_to_end() { # TEXT [CONFIG-TEXT [LINUX-TEXT]]
  start "$@" || return
  eventually is_state EXITED || return
  exit_code=$(cri ContainerStatus "container_id: '$container'" | value_of exit_code)
  output=$(in_host sed 's/^[^ ]* std[a-z]* F //' "$SITE/logs/c.log")
  echo "$1 -> ${exit_code:=0}: $output"
}

exec_sync() { # WORD...
  local word words=
  for word in "$@"; do
    words+="cmd: $(quoted "$word") "
  done
  cri ExecSync "container_id: '$container' timeout: 10 $words"
}

# The first "pid" of what containerd says more; further ones are namespace options.
pid_of() { cri ContainerStatus "container_id: '$container' verbose: true" | grep -o '"pid\\*":[0-9]*' | head -1 | grep -o '[0-9]*'; }

# --- containers in pods ---

@test "CRI: a container's output is in its log, its status is kept; environment, directory, mounts" {
  local pod container exit_code
  in_host mkdir -p "$SITE/shared"
  in_host tee "$SITE/shared/file" >/dev/null <<<from-host
  pod_start
  run_to_end 'echo $A,$PWD,$(hostname); cat /mnt/file; touch /mnt/new 2>/dev/null || echo refused; exit 7' \
    "envs { key: 'A' value: '1' } working_dir: '/usr' mounts { container_path: '/mnt' host_path: '$SITE/shared' readonly: true }"
  [ "$output" = $'1,/usr,podhost\nfrom-host\nrefused' ]
  [ "$exit_code" = 7 ]
  run_to_end 'echo out; echo err >&2'
  [ "$(in_host grep -c ' stderr F err' "$SITE/logs/c.log")" = 1 ]
}

@test "CRI: a command that is not there is named" {
  local pod container
  pod_start
  create 'true' "command: 'more'" && cri StartContainer "container_id: '$container'"
  container=$(cri CreateContainer "pod_sandbox_id: '$pod' sandbox_config { $(sandbox_config) }
    config { metadata { name: 'absent' } image { image: 'localhost/bb:1' } command: 'no-such-command' linux {} }" | value_of container_id)
  expect 1 cri StartContainer "container_id: '$container'"
  [[ $output == *no-such-command*"not found"* ]]
}

namespaces_of() { in_host bash -c 'for i in net ipc uts pid; do echo "$i $(readlink "/proc/$0/ns/$i")"; done' "$1"; }

@test "CRI: containers share their pod's network, IPC and UTS namespace, and the PID namespace if asked" {
  local pod container first
  pod_start "security_context { namespace_options { pid: CONTAINER } }"
  start 'sleep 1000' "" "security_context { namespace_options { pid: CONTAINER } }"
  first=$(namespaces_of "$(pid_of)")
  start 'sleep 1000' "" "security_context { namespace_options { pid: CONTAINER } }"
  [ "$(comm -12 <(sort <<<"$first") <(namespaces_of "$(pid_of)" | sort) | cut -d' ' -f1 | tr '\n' ' ')" = "ipc net uts " ]
  [ "$(sed -n 's/^net //p' <<<"$first")" != "$(in_host readlink /proc/self/ns/net)" ]
  expect 0 exec_sync ip -4 addr show eth0
  [[ $output == *"inet 10.88.5."* ]]
  pod_remove
  pod_start
  start 'sleep 1000'
  expect 0 exec_sync cat /proc/1/comm
  [ "$(value_of stdout <<<"$output")" = 'sleep\n' ]
  [[ $(in_host cat "/proc/$(pid_of)/status") =~ NSpid:$'\t'[0-9]+$'\t'[2-9] ]]
}

@test "CRI: the node's namespaces, and sysctls of a pod" {
  local pod container exit_code
  pod_start "security_context { namespace_options { network: NODE pid: NODE ipc: NODE } }"
  run_to_end 'for i in net ipc pid; do readlink /proc/self/ns/$i; done' "" "security_context { namespace_options { network: NODE pid: NODE ipc: NODE } }"
  [ "$output" = "$(in_host readlink /proc/self/ns/{net,ipc,pid})" ]
  pod_remove
  pod_start "sysctls { key: 'kernel.msgmax' value: '9000' }"
  run_to_end 'cat /proc/sys/kernel/msgmax'
  [ "$output" = 9000 ]
}

@test "CRI: ExecSync: output, error, exit status; a command that is not there" {
  local pod container
  pod_start
  start 'sleep 1000'
  expect 0 exec_sync sh -c 'echo out; echo err >&2; exit 5'
  [ "$(value_of stdout <<<"$output")$(value_of stderr <<<"$output")$(value_of exit_code <<<"$output")" = 'out\nerr\n5' ]
  expect 1 exec_sync no-such-command
  [[ $output == *no-such-command*"not found"* ]]
}

@test "CRI: user, groups, capabilities, seccomp, no_new_privs, read-only root" {
  local pod container exit_code
  pod_start
  run_to_end 'id -u; id -g; id -G; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status | cut -f2; touch /new 2>/dev/null || echo refused' "" "security_context {
    run_as_user { value: 1000 } run_as_group { value: 1001 } supplemental_groups: 2000 readonly_rootfs: true no_new_privs: true
    seccomp { profile_type: RuntimeDefault } }"
  [ "$output" = $'1000\n1001\n1001 2000\n0000000000000000\n1\n2\nrefused' ]
  run_to_end 'grep -E "^(CapEff|Seccomp):" /proc/self/status | cut -f2' "" "security_context {
    capabilities { drop_capabilities: 'ALL' add_capabilities: 'CHOWN' } seccomp { profile_type: Unconfined } }"
  [ "$output" = $'0000000000000001\n0' ]
}

# --- limits ---

@test "CRI: a memory limit kills a hog: 137, OOMKilled; an update lets it live" {
  local pod container exit_code
  pod_start
  # The shell lives on, so that there is time to hear of it.
  run_to_end '/kit/memory-hog 200 </dev/null; [ $? = 137 ] && sleep 1; exit 137' "" "resources { memory_limit_in_bytes: $((64 << 20)) }"
  [[ $output == *STARTED* && $output != *HOLDING* ]]
  expect 0 cri ContainerStatus "container_id: '$container'"
  [ "$(value_of exit_code <<<"$output") $(value_of reason <<<"$output")" = "137 OOMKilled" ]
  start 'sleep 1000' "" "resources { memory_limit_in_bytes: $((64 << 20)) }"
  expect 0 exec_sync sh -c '/kit/memory-hog 100 </dev/null'
  [ "$(value_of exit_code <<<"$output")" = 137 ]
  expect 0 cri UpdateContainerResources "container_id: '$container' linux { memory_limit_in_bytes: $((256 << 20)) }"
  expect 0 exec_sync sh -c '/kit/memory-hog 100 </dev/null'
  [[ $output == *"HOLDING 100 MiB"* ]]
}

@test "CRI: a CPU quota holds two hogs to a quarter; shares, cpuset, statistics; an update" {
  local pod container pid
  pod_start
  start 'exec /kit/cpu-hog 30 2' "" "resources { cpu_period: 100000 cpu_quota: 25000 cpu_shares: 512 cpuset_cpus: '0' }"
  pid=$(pid_of)
  [[ $(account "$pid" path) == */pods/one/* ]]
  [ "$(account "$pid" cpu-quota)" = "25000 100000" ]
  [ "$(account "$pid" cpuset)" = 0 ]
  has_a_quarter "$pid"
  expect 0 cri ContainerStats "container_id: '$container'"
  [ "$(grep -A1 usage_core_nano <<<"$output" | value_of value)" -gt 100000000 ]
  [ "$(grep -A1 working_set <<<"$output" | value_of value)" -gt 10000 ]
  expect 0 cri UpdateContainerResources "container_id: '$container' linux { cpu_period: 100000 cpu_quota: 50000 }"
  [ "$(account "$pid" cpu-quota)" = "50000 100000" ]
}

# --- the end ---

@test "CRI: StopContainer: the container's own end, or KILL when it does not listen" {
  local pod container
  pod_start
  start 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'
  eventually in_host grep -q ready "$SITE/logs/c.log"
  expect 0 cri StopContainer "container_id: '$container' timeout: 10"
  [ "$(cri ContainerStatus "container_id: '$container'" | value_of exit_code)" = 7 ]
  start 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
  eventually in_host grep -q ready "$SITE/logs/c.log"
  expect 0 cri StopContainer "container_id: '$container' timeout: 1"
  [ "$(cri ContainerStatus "container_id: '$container'" | value_of exit_code)" = 137 ]
  expect 0 cri RemoveContainer "container_id: '$container'"
  expect 1 cri ContainerStatus "container_id: '$container'"
}

# Made when needed for the first time, or emptied late.
containerds_own='/run/containerd/(fifo|s)(/|$)|/logs/|/tmp/'

is_swept() { same_traces "$BATS_TEST_TMPDIR/before" "$containerds_own"; }

@test "CRI: no process, mount, cgroup or file is left of a pod with containers in several states" {
  local pod container
  traces "$containerds_own" >"$BATS_TEST_TMPDIR/before"
  pod_start
  start 'sleep 1000 & setsid sleep 1000 & wait'
  exec_sync sh -c 'sleep 1000 >/dev/null 2>&1 & true' >/dev/null
  start 'true'
  create 'true'
  pod_remove
  eventually is_swept
}
