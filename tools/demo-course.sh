# shellcheck shell=bash disable=SC2016,SC2154 # the shell inside expands; the rest comes from tools/demo
# demo-course.sh: the course in a minute: a container of phase 05 and its limits, then the same by
# `husk` of final/. Played by `make demo`; tools/demo has say, note, run and attack.

name=demo-$$ # of the container whose cgroup is looked into from outside

# Microseconds of CPU time that the container has had, by its cgroup's own account; nothing if
# there is no such cgroup. cpuacct is version 1, cpu.stat version 2.
cpu_usage() {
  local file
  for file in /sys/fs/cgroup{,/unified}/husk-course/"$name"/cpu.stat; do
    ! grep -qs usage_usec "$file" || { awk '$1 == "usage_usec" { print $2 }' "$file"; return; }
  done
  file=/sys/fs/cgroup/cpuacct/husk-course/$name/cpuacct.usage
  [ ! -r "$file" ] || awk '{ printf "%d\n", $1 / 1000 }' "$file"
}

now() { echo "${EPOCHREALTIME/[.,]/}"; }

bar() { # PERCENT
  local filled
  filled=$(printf '%*s' $(($1 * 40 / 100)) '')
  printf '%3d %% of one CPU  [%-40s]\n' "$1" "${filled// /#}"
}

# Three seconds of the container's CPU use, read from outside.
watch_cpu() {
  local i first='' used='' began since last
  for ((i = 0; i < 100; i++)); do
    first=$(cpu_usage)
    [ "${first:-0}" -eq 0 ] || break
    sleep 0.05
  done
  [ -n "$first" ] || { echo "its cgroup is nowhere to be seen"; return; }
  began=$(now) last=$first since=$began
  for i in 1 2 3; do
    sleep 1
    used=$(cpu_usage)
    [ -n "$used" ] || break # a slow machine: its time is over before ours
    bar $((100 * (used - last) / ($(now) - since)))
    last=$used since=$(now)
  done
  [ "$since" != "$began" ] || { echo "it ended within a second"; return; }
  echo "together: $((100 * (last - first) / (since - began))) % of one CPU, by the cgroup's own account"
}

# `husk` as who has installed it types it. What it stores is on the stage, and goes with it: the
# machine's own store is for who runs it on purpose.
set_engine() {
  PATH=$tree/final:$PATH
  export HUSK_DATA=$stage/data HUSK_STATE=$stage/state
  trap 'clear_engine; rm -rf "$scratch"' EXIT
}

# After a demo that was interrupted containers end, and their mounts go, before the stage does.
clear_engine() {
  local left
  [ -d "$HUSK_DATA" ] || return 0
  left=$(husk ps -aq) || true
  # shellcheck disable=SC2086 # IDs have no blanks
  [ -z "$left" ] || husk rm -f $left >/dev/null || true
  husk gc >/dev/null || true
}

say "A container: a process that sees a machine of its own. A hostname:"
run --expect husk './husk run -- hostname'

say "Processes: the shell is number 1, and there is nobody else:"
run --expect '*PID*1 root *sh*' './husk run -- sh -c "ps; echo I am process \$\$"'

say "Files: a root file system of its own. What lies on the host has no name in there:"
run --expect '*bin*etc*usr*' './husk run -- ls -C / | head -n 4'
run --expect "$marker_text" "cat $marker"
run --expect '*No such file*' "./husk run -- cat $marker"
note "All of this was namespaces, and pivot_root. From here on it is cgroups."

say "Limits. A program that wants all the memory there is, under 64 MiB:"
attack --guarded --needs limits --expect '*OOM-killed*64 MiB*exit status 137*' \
  './husk run --mem=64M -- tail /dev/zero; echo "exit status $?"'
note "Swap is no way out: memory.swap.max is 0."

say "A loop without end, under a quarter of a CPU, seen from outside:"
attack --guarded --needs limits --beside watch_cpu --expect '*together: @(1[0-9]|2[0-9]|30) %*' \
  "timeout 5 ./husk run --name=$name --cpu=25% -- sh -c 'while :; do :; done'"
note "25 ms in each 100 ms, then it waits: cpu.stat counts how often."

say "A hundred processes, where 50 are allowed:"
attack --guarded --needs limits --expect '*50 processes*' \
  './husk run --pids=50 -- sh -c '\''trap "set -- /proc/[0-9]*; echo \$# processes, and no more" EXIT; for i in $(seq 100); do sleep 5 & done'\'

say "And nothing is left of it all, no process, no cgroup, no mount:"
run --expect '*nothing was left*' '../tools/reset --dry-run'

set_engine
say "That was phase 05. The course ends in final/, with an engine without a daemon: images, networks, logs." \
  "Two seconds in a loop under a quarter of a CPU, then more memory than it may have:"
attack --guarded --needs limits --expect '*demo*PID*USER*1 root *' --expect '*real*user*sys*' --expect '*exit status 137*' \
  "husk run --rm -m 64M --cpu 25% --hostname demo busybox sh -c 'hostname; ps; time timeout 2 sh -c \"while :; do :; done\"; tail /dev/zero'; echo \"exit status \$?\""
note "real is 2 seconds, user a quarter of them. 137 is 128 + 9: the kernel killed it at 64 MiB."

say "What to do next:" \
  "  read    phase01-unshare/README.md: a container in a few pages of C, and on from there" \
  "  look    make explain PHASE=03: what the kernel was asked for, call by call" \
  "  try     cd phase05-cli && make shell: a shell in a container" \
  "  use     sudo make install; sudo husk run --rm -it busybox sh. README.md goes on with a web server"
