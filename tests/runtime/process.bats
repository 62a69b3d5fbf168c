#!/usr/bin/env bats
# process.bats: process of config.json: who the program is, what it may, and how it is scheduled.

# shellcheck disable=SC2016 # what is in single quotes is for the shell inside, or for jq
load lib
setup() { runtime_setup; }
teardown() { runtime_teardown; }

# One line of /proc/self/status inside.
status_line() { # FILTER NAME
  sh_in "$1" "sed -n 's/^$2:\t*//p' /proc/self/status"
  echo "$output"
  [ "$status" = 0 ]
}

caps() { # FIVE-SETS-AS-JSON: "bounding": [...]
  echo ".process.capabilities = {$1}"
}

@test "args: passed as they are, empty ones and odd ones too" {
  bundle one '.process.args = ["sh", "-c", "printf \"<%s>\" \"$@\"", "name", "", "a b", "*", "x\ny", "é"]'
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$output" = $'<><a b><*><x\ny><é>' ]
}

@test "env: this and nothing else; the last of a name counts" {
  bundle one '.process.args = ["env"] | .process.env = ["A=1", "PATH=/bin:/usr/bin", "EMPTY=", "EQ=a=b", "A=2"]'
  FROM_THE_CALLER=1 run husk run -b "$WORK/one" one
  echo "$output"
  [ "$(grep -c FROM_THE_CALLER <<<"$output")" = 0 ]
  [ "$(grep '^EQ=' <<<"$output")" = 'EQ=a=b' ]
  [ "$(grep '^EMPTY=' <<<"$output")" = 'EMPTY=' ]
  [ "$(sed -n 's/^A=//p' <<<"$output" | tail -1)" = 2 ]
}

@test "env: HOME comes from /etc/passwd of the rootfs if it is not set" {
  sh_in '.process.env = ["PATH=/bin"]' 'echo "$HOME"'
  [ "$output" = "$(sed -n 's/^root:[^:]*:0:0:[^:]*:\([^:]*\):.*/\1/p' "$SITE/rootfs/etc/passwd")" ]
  sh_in '.process.env = ["PATH=/bin", "HOME=", "A=b"]' 'echo "$HOME $A"; env | grep -c ^HOME='
  [ "$output" = $'/root b\n1' ]
  sh_in '.process.env = ["PATH=/bin", "HOME=/else"]' 'echo "$HOME"'
  [ "$output" = /else ]
}

@test "cwd: where it says, and made if it is missing" {
  sh_in '.process.cwd = "/etc"' pwd
  [ "$output" = /etc ]
  sh_in '.process.cwd = "/tmp/not/there"' 'pwd; ls -ld .'
  [ "${lines[0]}" = /tmp/not/there ] && [[ ${lines[1]} == drwxr-xr-x* ]]
  rm -r "$SITE/rootfs/tmp/not"
  bundle one '.process.cwd = "relative"'
  refused cwd -- husk run -b "$WORK/one" one
  bundle one '.process.cwd = "/etc/passwd"'
  refused /etc/passwd -- husk run -b "$WORK/one" one
}

@test "user: IDs, additional groups and nothing of the caller's groups" {
  sh_in '.process.user = {uid: 1234, gid: 2345, additionalGids: [7, 2000]}' \
    'id -u; id -g; grep -E "^(Uid|Gid|Groups):" /proc/self/status'
  echo "$output"
  [ "${lines[0]}" = 1234 ] && [ "${lines[1]}" = 2345 ]
  [ "${lines[2]}" = $'Uid:\t1234\t1234\t1234\t1234' ]
  [ "${lines[3]}" = $'Gid:\t2345\t2345\t2345\t2345' ]
  [ "${lines[4]% }" = $'Groups:\t7 2000' ]
  bundle one '.process.user = {uid: 0, gid: 0} | .process.args = ["grep", "^Groups", "/proc/self/status"]'
  run setpriv --groups 4,24 "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one
  echo "$output"
  [[ $output =~ ^Groups:[[:space:]]*$ ]]
}

@test "user: one that the user namespace does not map is named" {
  bundle one '.linux.namespaces += [{type: "user"}] | .process.user = {uid: 70000, gid: 0} |
    .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings'
  refused 70000 -- husk run -b "$WORK/one" one
}

@test "umask: as given; 0022 if not, whatever the caller has" {
  sh_in '.process.user.umask = 63' umask # 077
  [ "$output" = 0077 ]
  bundle one '.process.args = ["sh", "-c", "umask"]'
  run sh -c "umask 0; exec '$RUNTIME' --root '$ROOT' run -b '$WORK/one' one"
  [ "$output" = 0022 ]
}

@test "capabilities: each of the five sets is what it says" {
  sh_in "$(caps '"bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"], "permitted": ["CAP_CHOWN", "CAP_NET_RAW"],
    "effective": ["CAP_CHOWN"], "inheritable": ["CAP_NET_RAW"], "ambient": ["CAP_NET_RAW"]') |
    .process.user = {uid: 1000, gid: 1000}" 'grep ^Cap /proc/self/status'
  echo "$output"
  # After execve(2), by a user who is not root: permitted and effective are the ambient set.
  [ "${lines[0]}" = $'CapInh:\t0000000000002000' ]
  [ "${lines[1]}" = $'CapPrm:\t0000000000002000' ]
  [ "${lines[2]}" = $'CapEff:\t0000000000002000' ]
  [ "${lines[3]}" = $'CapBnd:\t0000000000002021' ]
  [ "${lines[4]}" = $'CapAmb:\t0000000000002000' ]
}

@test "capabilities: root has the bounding set; none given is none" {
  sh_in "$(caps '"bounding": ["CAP_CHOWN", "CAP_KILL"], "permitted": ["CAP_CHOWN", "CAP_KILL"], "effective": ["CAP_CHOWN", "CAP_KILL"]')" \
    'grep -E "^Cap(Inh|Prm|Eff|Bnd|Amb)" /proc/self/status | cut -f2 | tr "\n" " "'
  echo "$output"
  [ "$output" = '0000000000000000 0000000000000021 0000000000000021 0000000000000021 0000000000000000 ' ]
  sh_in 'del(.process.capabilities)' 'grep -c "^Cap.*0000000000000000$" /proc/self/status'
  [ "$output" = 5 ]
}

@test "capabilities: unknown ones are a warning, not an error" {
  bundle one "$(caps '"bounding": ["CAP_CHOWN", "CAP_BOGUS"], "permitted": ["CAP_CHOWN", "CAP_BOGUS"], "effective": ["CAP_CHOWN"]') |
    .process.args = [\"grep\", \"^CapPrm\", \"/proc/self/status\"]"
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ]
  [[ ${lines[0]} == *warning*CAP_BOGUS* ]]
  [ "${lines[1]}" = $'CapPrm:\t0000000000000001' ]
}

@test "capabilities: all of them, on a machine whose root has not all, are those it has" {
  local all own
  all=$(husk features | jq -c '.linux.capabilities')
  own=$(sed -n 's/^CapPrm:\t//p' /proc/self/status)
  status_line "$(caps "\"bounding\": $all, \"permitted\": $all, \"effective\": $all")" CapPrm
  [ "${lines[-1]}" = "$own" ]
  # The same with one taken away first.
  bundle one "$(caps "\"bounding\": $all, \"permitted\": $all, \"effective\": $all") |
    .process.args = [\"grep\", \"^CapPrm\", \"/proc/self/status\"]"
  run setpriv --bounding-set -net_raw "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *warning*CAP_NET_RAW* ]]
  [ "${lines[-1]}" = "$(printf 'CapPrm:\t%016x' $((0x$own & ~(1 << 13))))" ]
}

@test "capabilities: exec has the container's, or what --cap adds, and inherits none" {
  start one "$(caps '"bounding": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"]')"
  run husk exec one grep -E '^Cap(Inh|Prm|Bnd)' /proc/self/status
  echo "$output"
  [ "${lines[0]}" = $'CapInh:\t0000000000000000' ]
  [ "${lines[1]}" = $'CapPrm:\t0000000000000001' ]
  [ "${lines[2]}" = $'CapBnd:\t0000000000000001' ]
  run husk exec --cap CAP_NET_RAW one grep -E '^Cap(Inh|Prm|Bnd)' /proc/self/status
  echo "$output"
  [ "${lines[0]}" = $'CapInh:\t0000000000000000' ]
  [ "${lines[1]}" = $'CapPrm:\t0000000000002001' ]
  [ "${lines[2]}" = $'CapBnd:\t0000000000002001' ]
  husk delete --force one
}

@test "noNewPrivileges: set and not set" {
  status_line '.process.noNewPrivileges = true' NoNewPrivs
  [ "$output" = 1 ]
  status_line '.process.noNewPrivileges = false' NoNewPrivs
  [ "$output" = 0 ]
}

@test "rlimits: soft and hard, for exec as well" {
  local filter='.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]'
  sh_in "$filter" 'ulimit -Sn; ulimit -Hn; ulimit -Hc'
  [ "$output" = $'100\n200\n0' ]
  start one "$filter"
  run husk exec one sh -c 'ulimit -Sn; ulimit -Hn'
  [ "$output" = $'100\n200' ]
  husk delete --force one
}

@test "rlimits: one that may not be raised is named, with the limit there is" {
  bundle one '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 20000}]'
  refused RLIMIT_NOFILE 20000 1024 CAP_SYS_RESOURCE -- setpriv --bounding-set -sys_resource --inh-caps -sys_resource \
    prlimit --nofile=512:1024 "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one
}

@test "rlimits: unknown, twice, or soft above hard is refused" {
  bundle one '.process.rlimits = [{type: "RLIMIT_BOGUS", soft: 1, hard: 1}]'
  refused RLIMIT_BOGUS -- husk run -b "$WORK/one" one
  bundle one '.process.rlimits = [{type: "RLIMIT_CORE", soft: 1, hard: 1}, {type: "RLIMIT_CORE", soft: 2, hard: 2}]'
  refused RLIMIT_CORE -- husk run -b "$WORK/one" one
  bundle one '.process.rlimits = [{type: "RLIMIT_CORE", soft: 2, hard: 1}]'
  refused RLIMIT_CORE -- husk run -b "$WORK/one" one
}

@test "oomScoreAdj: set, kept if absent, and lowering without the right is explained" {
  sh_in '.process.oomScoreAdj = 500' 'cat /proc/self/oom_score_adj'
  [ "$output" = 500 ]
  sh_in 'del(.process.oomScoreAdj)' 'cat /proc/self/oom_score_adj'
  [ "$output" = "$(cat /proc/self/oom_score_adj)" ]
  bundle one '.process.oomScoreAdj = -900'
  refused oomScoreAdj -900 CAP_SYS_RESOURCE -- \
    setpriv --bounding-set -sys_resource "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one
  bundle one '.process.oomScoreAdj = 1001'
  refused oomScoreAdj 1001 -- husk run -b "$WORK/one" one
}

# Field N of /proc/self/stat, proc_pid_stat(5): 19 nice, 41 policy.
@test "scheduler: policy and nice; an unknown policy is refused" {
  sh_in '.process.scheduler = {policy: "SCHED_BATCH", nice: 7}' 'cut -d" " -f19,41 /proc/self/stat'
  [ "$output" = '7 3' ]
  sh_in '.process.scheduler = {policy: "SCHED_IDLE"}' 'cut -d" " -f41 /proc/self/stat'
  [ "$output" = 5 ]
  bundle one '.process.scheduler = {policy: "SCHED_BOGUS"}'
  refused SCHED_BOGUS -- husk run -b "$WORK/one" one
}

@test "ioPriority: class and priority" {
  sh_in '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}' ionice
  [[ $output == *"best-effort: prio 6"* ]]
  sh_in '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}' ionice
  [[ $output == *idle* ]]
  bundle one '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}'
  refused ioPriority 8 -- husk run -b "$WORK/one" one
}

@test "personality: LINUX32 changes what uname(2) says" {
  [ "$(uname -m)" = x86_64 ] || skip "the machine is no x86_64"
  sh_in '.linux.personality = {domain: "LINUX32"}' 'uname -m'
  [[ $output == i?86 ]]
  sh_in '.linux.personality = {domain: "LINUX"}' 'uname -m'
  [ "$output" = x86_64 ]
  bundle one '.linux.personality = {domain: "BOGUS"}'
  refused BOGUS -- husk run -b "$WORK/one" one
}

@test "memoryPolicy: bound to a node, as numa_maps shows" {
  [ -e /proc/self/numa_maps ] || skip "a kernel without NUMA"
  sh_in '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}' 'grep -c bind:0 /proc/self/numa_maps'
  [ "$output" -gt 0 ]
  bundle one '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0,,1"}'
  refused memoryPolicy -- husk run -b "$WORK/one" one
}

@test "apparmorProfile and selinuxLabel without the module are refused, unconfined is not" {
  [ ! -e /sys/module/apparmor ] || skip "AppArmor is here"
  [ ! -e /sys/fs/selinux ] || skip "SELinux is here"
  bundle one '.process.apparmorProfile = "docker-default"'
  refused docker-default AppArmor -- husk run -b "$WORK/one" one
  bundle one '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
  refused container_t SELinux -- husk run -b "$WORK/one" one
  bundle one '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
  refused container_file_t SELinux -- husk run -b "$WORK/one" one
  sh_in '.process.apparmorProfile = "unconfined"' 'echo here'
  [ "$output" = here ]
}

@test "execCPUAffinity: exec runs where it says" {
  start one '.process.execCPUAffinity = {final: "0"}'
  run husk exec one grep Cpus_allowed_list /proc/self/status
  [ "$output" = $'Cpus_allowed_list:\t0' ]
  husk delete --force one
}

@test "the program file is not the runtime: /proc/self/exe cannot be written, CVE-2019-5736" {
  cp "$RUNTIME" "$WORK/runtime"
  bundle one '.process.args = ["/proc/self/exe", "--version"]'
  run "$WORK/runtime" --root "$ROOT" run -b "$WORK/one" one
  cmp "$RUNTIME" "$WORK/runtime"
  # What init is until `start` is a file on a mount that nobody can write to.
  husk_created=$WORK/one.out
  bundle one '.process.args = ["sleep", "1"]'
  "$WORK/runtime" --root "$ROOT" create -b "$WORK/one" one </dev/null >"$husk_created" 2>&1
  exec 9<"/proc/$(pid_of one)/exe"
  husk delete --force one
  run sh -c 'echo broken >/proc/self/fd/9'
  exec 9<&-
  echo "$output"
  [[ $output == *"Read-only file system"* || $output == *"Permission denied"* || $output == *"Operation not permitted"* ]]
  cmp "$RUNTIME" "$WORK/runtime"
}
