#!/usr/bin/env bats
# stats.bats: what boxes use, measured against what they are known to use; update of limits.
# shellcheck disable=SC2154,SC2314,SC2016

load lib

setup() { engine_setup; }
teardown() { engine_teardown; }

once() { husk stats --no-stream --format json "$@"; }

# A number with two places is between two others.
between() { awk -v value="$1" -v low="$2" -v high="$3" 'BEGIN { exit !(value >= low && value <= high) }'; }

@test "stats: 25 % of a CPU under two busy loops is 25 % over ten seconds, and 0 when paused" {
  box -d --name busy --cpu 25% sh -c 'while :; do :; done & while :; do :; done'
  cpu=$(first_in_line husk stats --no-stream --interval 10 --format '{{.CPUPerc}}' busy)
  echo "$cpu"
  between "${cpu%\%}" 23 27
  once busy | jq -e '.ThrottledPeriods > 20 and .ThrottledTime > 0'
  husk pause busy
  between "$(husk stats --no-stream --format '{{.CPUPerc}}' busy | tr -d %)" 0 0.2
  husk unpause busy
  husk update --cpu 50% busy
  cpu=$(first_in_line husk stats --no-stream --interval 6 --format '{{.CPUPerc}}' busy)
  echo "$cpu"
  between "${cpu%\%}" 46 54
  husk rm -f busy
}

@test "stats: memory, its limit, processes, disk; a process of exec is counted" {
  box -d --name one -m 64M --pids-limit 77 sh -c 'sleep 1000 & sleep 1000'
  has_two() { [ "$(pgrep -cx sleep)" -ge 2 ]; }
  wait_for has_two
  once one | tee "$WORK/before"
  jq -e '.MemoryLimit == 67108864 and .PIDsLimit == 77 and .PIDs >= 2 and .Name == "one" and .OOMKills == 0' "$WORK/before"
  jq -e '.MemUsage | endswith(" / 64MiB")' "$WORK/before"
  husk exec -d one sh -c 'head -c 20000000 /dev/zero >/dev/shm/x; sleep 1000'
  has_written() { [ "$(stat -c %s "/proc/$(pid_of one)/root/dev/shm/x")" = 20000000 ]; }
  wait_for has_written
  once one | tee "$WORK/after"
  before=$(jq .MemoryUsage "$WORK/before") after=$(jq .MemoryUsage "$WORK/after")
  [ $((after - before)) -gt 15000000 ] && [ $((after - before)) -lt 40000000 ]
  [ "$(jq .PIDs "$WORK/after")" -gt "$(jq .PIDs "$WORK/before")" ]
  husk rm -f one
}

@test "stats: the network of a box of its own, of one on the host's" {
  husk run -d --name net --rootfs "$SITE/rootfs" sleep 1000
  husk run -d --name host --net host --rootfs "$SITE/rootfs" sleep 1000
  gateway=$(husk exec net ip route | awk '/^default/ { print $3 }')
  before=$(once net | jq .NetOutput)
  husk exec net sh -c "head -c 20000 /dev/zero | nc -u -w 1 $gateway 9 || true"
  after=$(once net | jq .NetOutput)
  [ $((after - before)) -ge 20000 ] && [ $((after - before)) -lt 100000 ]
  [ "$(husk stats --no-stream --format '{{.NetIO}}' host)" = -- ]
  husk rm -f net host
}

@test "stats: OOM kills are counted, and the box lives on" {
  box -d --name oom -m 16M sleep 1000
  run husk exec oom sh -c 'head -c 60000000 /dev/zero | tail >/dev/null'
  [ "$(once oom | jq .OOMKills)" -ge 1 ]
  husk rm -f oom
}

@test "stats: columns, templates, names, those that do not run" {
  box -d --name one sleep 1000
  box --name two true
  run husk stats --no-stream
  echo "$output"
  [[ ${lines[0]} == "CONTAINER ID   NAME "*"CPU %"*"MEM USAGE / LIMIT"*"MEM %"*"NET I/O"*"BLOCK I/O"*"PIDS"*"THROTTLED"*"OOM KILLS" ]]
  [ ${#lines[@]} = 2 ] && [[ ${lines[1]} == *" one "* ]]
  [ "$(husk stats --no-stream --all --format '{{.Name}} {{.PIDs}}' | sort | tail -n 1)" = "two --" ]
  [ "$(husk stats --no-stream --format '{{.Name}}' one)" = one ]
  refused "did you mean .Name?" -- husk stats --no-stream --format '{{.Nmae}}'
  refused "no such container" -- husk stats --no-stream nosuch
  refused "--interval" -- husk stats --interval 9999
  husk rm -f one two
}

@test "stats: without --no-stream it goes on, a line of JSON each time, until its reader is gone" {
  box -d --name one sleep 1000
  husk stats --interval 1 --format json one | head -n 3 >"$WORK/lines"
  [ "$(jq -s length "$WORK/lines")" = 3 ]
  husk rm -f one
}

@test "update: limits of a running box change at once, and are there after a restart" {
  box -d --name one -m 64M --pids-limit 100 --cpus 0.5 sleep 1000
  husk update -m 32M --pids-limit 50 --cpus 0.25 --cpu-shares 512 one
  check() {
    once one | jq -e '.MemoryLimit == 33554432 and .PIDsLimit == 50'
    if is_v2; then
      [ "$(cat "$(cgroup_of one cpu)/cpu.max")" = "25000 100000" ]
    else
      [ "$(cat "$(cgroup_of one cpu)/cpu.cfs_quota_us")" = 25000 ]
      [ "$(cat "$(cgroup_of one cpu)/cpu.shares")" = 512 ]
    fi
  }
  check
  husk restart -t 0 one
  check
  husk update --memory -1 --cpus 0 one
  [ "$(once one | jq .PIDsLimit)" = 50 ]
  [ "$(once one | jq .MemoryLimit)" -gt 33554432 ]
  husk rm -f one
}

@test "update: each flag reaches the kernel" {
  box -d --name one -m 64M sleep 1000
  husk update --memory-reservation 16M --cpuset-cpus 0 --cpu-quota 20000 --cpu-period 50000 one
  if is_v2; then
    [ "$(cat "$(cgroup_of one memory)/memory.low")" = 16777216 ]
    [ "$(cat "$(cgroup_of one cpuset)/cpuset.cpus")" = 0 ]
  else
    [ "$(cat "$(cgroup_of one memory)/memory.soft_limit_in_bytes")" = 16777216 ]
    [ "$(cat "$(cgroup_of one cpuset)/cpuset.cpus")" = 0 ]
    [ "$(cat "$(cgroup_of one cpu)/cpu.cfs_quota_us")" = 40000 ]
  fi
  husk update --restart on-failure:3 one
  [ "$(husk inspect one --format '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}')" = "on-failure 3" ]
  husk rm -f one
}

@test "update: a box that does not run has the new limits when it starts; wrong ones change nothing" {
  box --name one -m 64M sh -c 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; true'
  husk update -m 32M one
  husk start -a one | grep -x 33554432
  refused "--memory 1000" "at least" -- husk update -m 1000b one
  refused "--cpus" "give one" -- husk update --cpus 1 --cpu 50% one
  refused "--restart" "on-failure" -- husk update --restart sometimes one
  refused "--pids-limit" -- husk update --pids-limit -5 one
  refused "no such container" -- husk update -m 1G nosuch
  [ "$(husk inspect one --format '{{.HostConfig.Memory}}')" = 33554432 ]
  husk rm one
}

@test "update: what the kernel refuses is not written down either" {
  box -d --name one -m 64M sleep 1000
  refused "999" -- husk update --cpuset-cpus 999 one
  [ -z "$(husk inspect one --format '{{.HostConfig.CpusetCpus}}')" ]
  husk rm -f one
}
