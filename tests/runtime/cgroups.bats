#!/usr/bin/env bats
# cgroups.bats: linux.resources and cgroupsPath, seen in the kernel's files; limits that are really
# hit; update, pause, events; and that nothing is left. On version 2, version 1 and both together.
load lib
setup() { runtime_setup; }
teardown() { runtime_teardown; }

# What a file of the container's cgroup says: the first name is version 2's, the second version 1's.
file_of() { # ID CONTROLLER FILE-V2 FILE-V1
  local dir
  dir=$(cgroup_of "$1" "$2")
  if [ -e "$dir/$3" ]; then cat "$dir/$3"; else cat "$dir/$4"; fi
}

is() { # WANTED GOT
  [ "$1" = "$2" ] || { echo "wanted: $1"; echo "got:    $2"; return 1; }
}

is_bound() { # CONTROLLER: to any version
  grep -qw "$1" /sys/fs/cgroup/cgroup.controllers /sys/fs/cgroup/unified/cgroup.controllers 2>/dev/null ||
    grep -q "^cgroup /sys/fs/cgroup/[^ ]* cgroup [^ ]*\b$1\b" /proc/mounts
}

memory() { file_of "$1" memory memory.max memory.limit_in_bytes; }
swap() { file_of "$1" memory memory.swap.max memory.memsw.limit_in_bytes; }

# Where the directories of a path are, all hierarchies.
places() { # PATH
  find /sys/fs/cgroup -path "*$1" -type d
}

mib() { echo $(($1 * 1048576)); }

# --- limits, as the kernel has them

@test "memory, cpu and pids limits are in the kernel's files" {
  start one '.linux.resources.memory = {limit: 67108864, reservation: 33554432} |
    .linux.resources.cpu = {shares: 512, quota: 50000, period: 20000} | .linux.resources.pids = {limit: 50}'
  is 67108864 "$(memory one)"
  is 33554432 "$(file_of one memory memory.low memory.soft_limit_in_bytes)"
  is 50 "$(file_of one pids pids.max pids.max)"
  if is_v2; then
    is "50000 20000" "$(file_of one cpu cpu.max -)"
    is 59 "$(file_of one cpu cpu.weight -)"
  else
    is 50000 "$(file_of one cpu - cpu.cfs_quota_us)"
    is 20000 "$(file_of one cpu - cpu.cfs_period_us)"
    is 512 "$(file_of one cpu - cpu.shares)"
  fi
  husk delete --force one
}

@test "1024 shares, the default of version 1, are the default weight of version 2" {
  start one '.linux.resources.cpu.shares = 1024'
  if is_v2; then is 100 "$(file_of one cpu cpu.weight -)"; else is 1024 "$(file_of one cpu - cpu.shares)"; fi
  husk delete --force one
}

@test "swap counts memory and swap together" {
  start one '.linux.resources.memory = {limit: 33554432, swap: 50331648}'
  if is_v2; then is 16777216 "$(swap one)"; else is 50331648 "$(swap one)"; fi
  husk delete --force one
}

@test "cpuset: the container runs where it may" {
  start one '.linux.resources.cpu = {cpus: "0", mems: "0"}'
  is 0 "$(file_of one cpuset cpuset.cpus cpuset.cpus)"
  is 0 "$(file_of one cpuset cpuset.mems cpuset.mems)"
  is 0 "$(sed -n 's/^Cpus_allowed_list:\s*//p' "/proc/$(pid_of one)/status")"
  husk delete --force one
}

@test "cpu: burst, and idle" {
  start one '.linux.resources.cpu = {quota: 50000, burst: 20000}'
  is 20000 "$(file_of one cpu cpu.max.burst cpu.cfs_burst_us)"
  husk update --cpu-idle 1 one
  is 1 "$(file_of one cpu cpu.idle cpu.idle)"
  husk delete --force one
}

@test "cpu: a real-time period and runtime of 0 are not asked for" {
  start one '.linux.resources.cpu = {realtimePeriod: 0, realtimeRuntime: 0}'
  husk update -r - one <<<'{"cpu": {"realtimePeriod": 0, "realtimeRuntime": 0}}'
  husk delete --force one
}

@test "blockIO: a rate limit for a device" {
  local device
  device=$(cat /sys/block/*/dev 2>/dev/null | head -n 1)
  [ -n "$device" ] || skip "no block device"
  start one ".linux.resources.blockIO = {throttleReadBpsDevice: [{major: ${device%:*}, minor: ${device#*:}, rate: 1048576}]}"
  if is_v2; then
    is "$device rbps=1048576 wbps=max riops=max wiops=max" "$(file_of one io io.max -)"
  else
    is "$device 1048576" "$(file_of one blkio - blkio.throttle.read_bps_device)"
  fi
  husk delete --force one
}

@test "hugepageLimits" {
  is_bound hugetlb && [ -d /sys/kernel/mm/hugepages/hugepages-2048kB ] || skip "no huge pages here"
  start one '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
  is 4194304 "$(file_of one hugetlb hugetlb.2MB.max hugetlb.2MB.limit_in_bytes)"
  husk delete --force one
}

@test "unified: files of version 2 by name" {
  if ! is_v2; then
    bundle one '.linux.resources.unified = {"memory.high": "1048576"}'
    refused linux.resources.unified memory.high -- husk create -b "$WORK/one" one
    return
  fi
  start one '.linux.resources.unified = {"memory.high": "16777216", "cgroup.max.depth": "3"}'
  is 16777216 "$(file_of one memory memory.high -)"
  is 3 "$(file_of one memory cgroup.max.depth -)"
  husk delete --force one
}

@test "unified: only a controller's file" {
  is_v2 || skip "version 2 only"
  local name
  for name in cgroup.procs cgroup.kill ../memory.high a/b memory; do
    bundle bad ".linux.resources.unified = {\"$name\": \"1\"}"
    refused linux.resources.unified "$name" -- husk create -b "$WORK/bad" bad
  done
}

# --- limits that are hit

@test "memory: what takes more is killed, and events says so" {
  bundle hog '.process.args = ["tail", "/dev/zero"] | .linux.resources.memory = {limit: 33554432, swap: 33554432}'
  husk create -b "$WORK/hog" hog </dev/null >/dev/null 2>&1
  husk events --interval 1h hog >"$WORK/events" 3>&- &
  # Version 2 tells by inotify(7), version 1 by an eventfd(2).
  listens() { find /proc/[0-9]*/fd -lname 'anon_inode:*inotify*' -o -lname 'anon_inode:*eventfd*' | grep -q .; }
  wait_for listens
  husk start hog
  wait_for is_status hog stopped
  wait $!
  cat "$WORK/events"
  is '{"type":"oom","id":"hog"}' "$(jq -c '{type, id}' <"$WORK/events" | head -n 1)"
  husk delete hog
}

@test "memory: a run that is killed for it ends with 137" {
  sh_in '.linux.resources.memory = {limit: 33554432, swap: 33554432}' 'exec tail /dev/zero'
  is 137 "$status"
}

@test "pids: no more than that many at once" {
  sh_in '.linux.resources.pids = {limit: 8}' \
    'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 5 & done'
  [[ $output == *fork* ]]
}

@test "cpu: a quota throttles" {
  bundle busy '.process.args = ["sh", "-c", "while :; do :; done"] | .linux.resources.cpu = {quota: 2000, period: 20000}'
  husk create -b "$WORK/busy" busy </dev/null >/dev/null 2>&1
  husk start busy
  throttled() { [ "$(file_of busy cpu cpu.stat cpu.stat | sed -n 's/^nr_throttled //p')" -gt 3 ]; }
  wait_for throttled
  [ "$(husk events --stats busy | jq .data.cpu.throttling.throttledPeriods)" -gt 3 ]
  husk delete --force busy
}

# --- update

@test "update: memory and swap up, and down again" {
  local step
  start one '.linux.resources.memory = {limit: 33554432, swap: 33554432}'
  for step in "64 128" "16 24" "256 256" "32 64"; do
    husk update --memory "$(mib "${step% *}")" --memory-swap "$(mib "${step#* }")" one
    is "$(mib "${step% *}")" "$(memory one)"
    if is_v2; then is "$(mib $((${step#* } - ${step% *})))" "$(swap one)"; else is "$(mib "${step#* }")" "$(swap one)"; fi
  done
  husk update --memory -1 one
  if is_v2; then is max "$(memory one)"; else [ "$(memory one)" -gt "$(mib 1000000000)" ]; fi
  husk delete --force one
}

@test "update: swap alone" {
  start one '.linux.resources.memory = {limit: 33554432, swap: 33554432}'
  husk update --memory-swap "$(mib 48)" one
  if is_v2; then is "$(mib 16)" "$(swap one)"; else is "$(mib 48)" "$(swap one)"; fi
  husk delete --force one
}

@test "update: quota, burst and period in any direction" {
  local step quota burst
  start one '.linux.resources.cpu = {quota: 50000, period: 100000}'
  for step in "80000 60000" "20000 10000" "90000 0"; do
    read -r quota burst <<<"$step"
    husk update --cpu-quota "$quota" --cpu-burst "$burst" one
    if is_v2; then is "$quota 100000" "$(file_of one cpu cpu.max -)"; else is "$quota" "$(file_of one cpu - cpu.cfs_quota_us)"; fi
  done
  husk update --cpu-period 50000 one
  if is_v2; then is "90000 50000" "$(file_of one cpu cpu.max -)"; else is 50000 "$(file_of one cpu - cpu.cfs_period_us)"; fi
  husk delete --force one
}

@test "update: a controller that had no limit before; who is inside is moved along" {
  start one
  husk update --cpuset-cpus 0 --pids-limit 77 one
  is 0 "$(file_of one cpuset cpuset.cpus cpuset.cpus)"
  is 77 "$(file_of one pids pids.max pids.max)"
  is 0 "$(sed -n 's/^Cpus_allowed_list:\s*//p' "/proc/$(pid_of one)/status")"
  husk delete --force one
}

@test "update: resources by a file and by standard input" {
  start one
  echo '{"pids": {"limit": 33}}' >"$WORK/resources.json"
  husk update -r "$WORK/resources.json" one
  is 33 "$(file_of one pids pids.max pids.max)"
  echo '{"pids": {"limit": 44}}' | husk update -r - one
  is 44 "$(file_of one pids pids.max pids.max)"
  husk delete --force one
}

@test "update: while it waits for what it reads, nobody waits for it" {
  start one
  local writer updater
  mkfifo "$WORK/pipe"
  sleep 1000 3>&- >"$WORK/pipe" &
  writer=$!
  husk update -r - one <"$WORK/pipe" 2>"$WORK/updated" 3>&- &
  updater=$!
  sleep 0.3
  kill -0 $updater
  timeout 10 "$RUNTIME" --root "$ROOT" delete --force one
  kill $writer
  ! wait $updater || return 1
  cat "$WORK/updated"
}

@test "update: checkBeforeUpdate refuses less than is in use" {
  start one '.linux.resources.memory.limit = 67108864'
  echo '{"memory": {"limit": 4096, "checkBeforeUpdate": true}}' >"$WORK/resources.json"
  refused 4096 "in use" -- husk update -r "$WORK/resources.json" one
  is 67108864 "$(memory one)"
  is_status one running
  husk delete --force one
}

@test "update: what the kernel refuses is named, with its range" {
  start one
  refused linux.resources.cpu.quota 500 1000 -- husk update --cpu-quota 500 one
  refused linux.resources.cpu.cpus 999 cpuset.cpus -- husk update --cpuset-cpus 999 one
  husk delete --force one
}

# --- what cannot be had

@test "a controller that is bound nowhere is named, and nothing is left" {
  if ! is_bound rdma; then
    bundle bad '.linux.resources.rdma = {"mlx5_1": {"hcaHandles": 3}}'
    refused linux.resources.rdma "controller rdma" "bound nowhere" -- husk create -b "$WORK/bad" bad
  fi
  if ! is_bound net_cls; then
    bundle bad '.linux.resources.network.classID = 1048577'
    refused linux.resources.network.classID "version 1" -- husk create -b "$WORK/bad" bad
  fi
}

@test "a file that the controller lacks is named" {
  bundle bad '.linux.resources.hugepageLimits = [{pageSize: "3MB", limit: 4194304}]'
  refused linux.resources.hugepageLimits hugetlb -- husk create -b "$WORK/bad" bad
  [[ $output != *"o such file"* ]]
  if is_v2; then
    bundle bad '.linux.resources.memory.disableOOMKiller = true'
    refused memory.disableOOMKiller "version 1" -- husk create -b "$WORK/bad" bad
  fi
}

# --- devices

# A container with a node for /dev/kmsg that opens it.
with_kmsg() { # RULES SHELL-TEXT
  sh_in ".linux.devices += [{path: \"/dev/log-of-kernel\", type: \"c\", major: 1, minor: 11, fileMode: 438}] |
    .linux.resources.devices = $1" "$2"
}

@test "devices: what no rule allows is not opened; the default devices are" {
  # shellcheck disable=SC2016 # it is the container's $i
  with_kmsg '[{allow: false, access: "rwm"}]' \
    'for i in log-of-kernel null zero full random urandom tty ptmx; do (: </dev/$i) 2>&1; done'
  is 1 "$(grep -c permitted <<<"$output")"
  [[ $output == *"log-of-kernel: Operation not permitted"* ]]
}

@test "devices: what a rule allows is opened, with the rights it names" {
  with_kmsg '[{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 11, access: "w"}]' \
    '(: >/dev/log-of-kernel) && echo written; (: </dev/log-of-kernel) && echo read'
  [[ $output == *written* ]]
  [[ $output == *"not permitted"* ]]
  [[ $output != *read* ]]
}

@test "devices: the last rule that matches counts" {
  with_kmsg '[{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 11, access: "rwm"},
    {allow: false, type: "c", major: 1, access: "w"}]' '(: >/dev/log-of-kernel) && echo written'
  [[ $output != *written* ]]
  [[ $output == *"not permitted"* ]]
}

@test "devices: no rules, or no resources at all: the default devices; a rule for everything: all" {
  with_kmsg '[]' '(: >/dev/log-of-kernel) || : >/dev/null && echo null'
  [[ $output == *"not permitted"* && $output == *null ]]
  with_kmsg 'null | del(.linux.resources)' '(: >/dev/log-of-kernel) || : >/dev/null && echo null'
  [[ $output == *"not permitted"* && $output == *null ]]
  with_kmsg '[{allow: true, access: "rwm"}]' '(: >/dev/log-of-kernel) && echo written'
  is written "$output"
}

# --- pause

@test "pause: nothing runs; resume: it goes on" {
  # shellcheck disable=SC2016 # the container's variables
  bundle count '.process.args = ["sh", "-c", "i=0; while :; do i=$((i+1)); echo $i >/tmp/i; sleep 0.01; done"] |
    .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'
  husk create -b "$WORK/count" count </dev/null >/dev/null 2>&1
  husk start count
  local i before pid
  pid=$(pid_of count)
  i=/proc/$pid/root/tmp/i
  wait_for test -s "$i"
  husk pause count
  is_status count paused
  before=$(cat "$i")
  sleep 0.3
  is "$before" "$(cat "$i")"
  refused count paused -- husk pause count
  husk resume count
  is_status count running
  goes_on() { [ "$(cat "$i")" != "$before" ]; }
  wait_for goes_on
  husk delete --force count
}

@test "pause of a created container: paused, not started, and resumed to created" {
  bundle one '.process.args = ["sleep", "1000"]'
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  husk pause one
  is paused "$(state_of one)"
  refused one paused resume -- timeout 10 "$RUNTIME" --root "$ROOT" start one
  refused one paused -- timeout 10 "$RUNTIME" --root "$ROOT" exec one true
  husk resume one
  is created "$(state_of one)"
  husk start one
  is_status one running
  husk delete --force one
}

@test "a paused container can be killed and deleted" {
  start one
  husk pause one
  husk delete --force one
  start two
  husk pause two
  husk kill two KILL
  husk resume two || true
  wait_for is_status two stopped
  husk delete two
}

# --- events

@test "events --stats: what the kernel's files say" {
  start one '.linux.resources.memory.limit = 67108864 | .linux.resources.pids.limit = 50'
  husk events --stats one >"$WORK/stats"
  is stats "$(jq -r .type "$WORK/stats")"
  is 67108864 "$(jq .data.memory.usage.limit "$WORK/stats")"
  is 1 "$(jq .data.pids.current "$WORK/stats")"
  is 50 "$(jq .data.pids.limit "$WORK/stats")"
  [ "$(jq .data.cpu.usage.total "$WORK/stats")" -gt 0 ]
  [ "$(jq .data.memory.usage.usage "$WORK/stats")" -gt 0 ]
  husk delete --force one
}

# --- where it is

@test "without cgroupsPath: a cgroup of its own, that exec enters too" {
  start one
  [[ $(cgroup_of one memory) == *husk-one ]]
  husk exec one sleep 500 3>&- &
  two() { [ "$(sort -u "$(cgroup_of one memory)/cgroup.procs" | wc -l)" = 2 ]; }
  wait_for two
  husk delete --force one
  wait
  is "" "$(places "*/husk-one")"
}

@test "cgroupsPath: directories above are made, and stay the engine's" {
  start one '.linux.cgroupsPath = "/engine/pods//pod1/./one"'
  [[ $(cgroup_of one memory) == */engine/pods/pod1/one ]]
  husk delete --force one
  is "" "$(places /engine/pods/pod1/one)"
  [ -n "$(places /engine/pods/pod1)" ]
  find /sys/fs/cgroup -depth -path '*/engine*' -type d -exec rmdir {} +
}

@test "cgroupsPath: '..' and '/' are refused" {
  local path
  for path in /a/../b .. /.. / /./; do
    bundle bad ".linux.cgroupsPath = \"$path\""
    refused cgroupsPath -- husk create -b "$WORK/bad" bad
  done
}

@test "cgroupsPath: one with processes in it is another's" {
  start one '.linux.cgroupsPath = "/shared"'
  bundle two '.linux.cgroupsPath = "/shared"'
  refused /shared "$(pid_of one)" -- husk create -b "$WORK/two" two
  is_status one running
  husk delete --force one
}

@test "the first instruction is inside of the limits already" {
  sh_in '.linux.resources.pids = {limit: 1}' 'ls; echo after'
  [[ $output == *fork* ]]
}

@test "a user namespace: the container is in its cgroups all the same" {
  bundle user '.process.args = ["sleep", "1000"] | .linux.resources.pids = {limit: 9} |
    .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
    .linux.gidMappings = .linux.uidMappings'
  husk create -b "$WORK/user" user </dev/null
  husk start user
  is 9 "$(file_of user pids pids.max pids.max)"
  grep -q . "$(cgroup_of user pids)/cgroup.procs"
  husk delete --force user
}

# The container's root may make cgroups below its own, and cannot change its limits.
@test "a user namespace and cgroup mounted read-write: the container divides its cgroup" {
  is_v2 || skip "version 2 only"
  sh_in '.linux.resources.pids = {limit: 9} | .linux.namespaces += [{type: "user"}, {type: "cgroup"}] |
    .linux.namespaces |= unique | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
    .linux.gidMappings = .linux.uidMappings |
    .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)' \
    'cd /sys/fs/cgroup && mkdir below && echo 1 >below/cgroup.procs && cat below/cgroup.procs; (echo 99 >pids.max) 2>&1'
  [ "${lines[0]}" = 1 ]
  [[ $output == *"pids.max: Permission denied"* ]]
}

@test "--cgroup-manager disabled: the caller's cgroup, and no limits" {
  bundle one '.process.args = ["sleep", "1000"] | del(.linux.resources)'
  husk --cgroup-manager disabled create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  is "$(grep -c husk-one "/proc/$(pid_of one)/cgroup")" 0
  husk delete --force one
}

# --- the end

# Whatever is killed of it is there again at once.
bomb() { # JQ-FILTER
  bundle bomb '.process.args = ["awk", "BEGIN { while (1) system(\"sleep 100 &\") }"] |
    .linux.resources.pids = {limit: 100} | '"$1"
  husk create -b "$WORK/bomb" bomb </dev/null >/dev/null 2>&1
  husk start bomb
  full() { [ "$(file_of bomb pids pids.current pids.current)" -gt 50 ]; }
  wait_for full
  husk delete --force bomb
  is "" "$(places "*/husk-bomb")"
}

@test "delete --force: a fork bomb under a pids limit" {
  bomb .
}

@test "delete --force: a fork bomb without a PID namespace of its own" {
  bomb '.linux.namespaces |= map(select(.type != "pid"))'
}

@test "delete: cgroups that were made below it go along" {
  start one
  local dir
  dir=$(cgroup_of one memory)
  mkdir -p "$dir/a/b" "$dir/c" "$dir/.d/..e"
  husk delete --force one
  [ ! -d "$dir" ]
}

# A cgroup of version 2 that the container may write to, and cgroups below it by COUNT times NAME.
deep() { # COUNT NAME
  bundle one '.process.args = ["sleep", "1000"] | .mounts += [{destination: "/cg", type: "cgroup2", source: "cgroup2", options: ["rw"]}] |
    .linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  husk start one
  # shellcheck disable=SC2016 # the container's variables
  husk exec one sh -c 'cd /cg; i=0; while [ $i -lt "$1" ]; do mkdir "$2" && cd -P "$2" || exit; i=$((i + 1)); done' sh "$1" "$2"
  local well=0 top
  top=$(is_v2 && cgroup_of one memory || echo "/sys/fs/cgroup/unified$(sed -n s/^0:://p "/proc/$(pid_of one)/cgroup")")
  # With less stack fewer levels will do: making them takes its time.
  (ulimit -s 512; husk ps one) >"$WORK/ps" || well=1
  (ulimit -s 512; timeout 60 "$RUNTIME" --root "$ROOT" delete --force one) || well=1
  [ ! -d "$top" ] || well=1
  # What the sandbox itself could not remove, either.
  [ ! -d "$top" ] || (cd "$top" && while cd -P "$2" 2>/dev/null; do :; done; while [ "$PWD" != "$top" ] && cd -P .. && rmdir "$2"; do :; done)
  rmdir "$SITE/rootfs/cg"
  cat "$WORK/ps"
  return $well
}

@test "delete, ps: cgroups nested as deep as the container likes" {
  deep 300 a
}

@test "delete, ps: cgroups with a path longer than any path can be" {
  deep 30 "$(printf 'n%.0s' {1..200})"
}

@test "delete: another container that got the cgroup meanwhile lives on, and so does one below it" {
  local force path
  for path in /shared /shared/below; do
    for force in "" --force; do
      start one '.linux.cgroupsPath = "/shared"'
      husk kill one KILL
      wait_for is_status one stopped
      start two ".linux.cgroupsPath = \"$path\""
      # shellcheck disable=SC2086 # none, or one
      husk delete $force one 2>"$WORK/warning"
      grep -q "/shared stays: container 'two' is in it" "$WORK/warning"
      [ "$(state_of two)" = running ]
      [ ! -e "$ROOT/one" ]
      husk delete --force two
      # On version 2 it passes on controllers to the one below, and takes no process itself.
      find /sys/fs/cgroup -depth -name shared -type d -exec rmdir {} +
    done
  done
}

@test "delete: a foreign process in the cgroup is spared, and delete can be repeated" {
  start one
  local dir foreign
  dir=$(cgroup_of one memory)
  sleep 1000 3>&- &
  foreign=$!
  echo $foreign >"$dir/cgroup.procs"
  run husk delete --force one
  echo "$output"
  [ "$status" -ne 0 ]
  [[ $output == *"$foreign"* ]]
  kill -0 $foreign
  [ -d "$dir" ]
  kill $foreign
  wait $foreign || true
  husk delete --force one
  [ ! -d "$dir" ]
}
