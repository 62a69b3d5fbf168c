# shellcheck shell=bash disable=SC2034,SC2154 # out, OPTIONS and others: lib/cell.bash
# What phase 04 promises: 100 MiB, half a CPU and 50 processes, from the first instruction on.
# shellcheck source=../lib/cpu.bash
. "$tests/lib/cpu.bash"

check_fork_bomb() {
  measure() { measured=$(processes_named fork-bomb); }
  hold_and_measure fork-bomb 120
  explain "$measured processes seen from outside; it says: $out"
  [ "$measured" -gt 5 ] && [ "$measured" -le 60 ]
}

# KiB of memory that memory-hog has, as the sandbox sees it.
measure_memory() {
  local status_file size
  for status_file in /proc/[0-9]*/status; do
    size=$(awk '$1 == "Name:" { hog = $2 == "memory-hog" } $1 == "VmRSS:" && hog { print $2 }' "$status_file" 2>/dev/null) || continue
    [ "${size:-0}" -le "$measured" ] || measured=$size
  done
}

check_memory_hog() {
  measure() { measure_memory; }
  hold_and_measure memory-hog 256
  explain "$measured KiB seen from outside; status $status"
  [ "$measured" -lt 200000 ]
}

check_oom_report() {
  attack memory-hog 256
  explain "status $status, stderr: $err"
  [ "$status" = 137 ] && [ "$(grep -c OOM-killed <<<"$err")" = 1 ]
}

# Percent of one CPU that CMD and what it starts take, from its start to its end.
cpu_percent() {
  local TIMEFORMAT='%R %U %S'
  { time "$@" >"$SITE/tmp/out" 2>"$SITE/tmp/err" </dev/null; } 2>&1 |
    awk '{ printf "%d\n", 100 * ($2 + $3) / $1 }'
}

check_cpu_hog() {
  local percent
  percent=$(first_in_line cpu_percent launch "$SITE/kit/cpu-hog" 2 4)
  [ "$(cat "$SITE/tmp/out")" = STARTED ] || never_started
  explain "$percent % of one CPU"
  [ "$percent" -le 75 ]
}

check_cgroup_root() {
  local outside
  outside=$(readlink /proc/self/ns/cgroup)
  inside 'readlink /proc/self/ns/cgroup; grep -v ":/$" /proc/self/cgroup'
  explain "$out; outside $outside"
  [[ $out == cgroup* && $out != *$'\n'* && $out != "$outside" ]]
}
