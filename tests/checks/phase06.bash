# shellcheck shell=bash disable=SC2034,SC2154 # out, OPTIONS and others: lib/cell.bash
# What phase 06 will promise: nothing outlives husk, and process 1 does its duty.

# Pids of processes in the sandbox with this exact command line.
pids_of() {
  local proc
  for proc in /proc/[0-9]*; do
    [ "$( (tr '\0' ' ' <"$proc/cmdline") 2>/dev/null)" != "$1 " ] || echo "${proc#/proc/}"
  done
}

check_sigkill_orphan() {
  local marker=$((RANDOM + 100000)) husk orphans='' after
  build_call "$SITE/kit/sleep" "$marker"
  "${call[@]}" </dev/null >"$SITE/tmp/out" 2>"$SITE/tmp/err" &
  husk=$!
  for _ in {1..100}; do
    orphans=$(pids_of "$SITE/kit/sleep $marker")
    [ -z "$orphans" ] || break
    sleep 0.05
  done
  [ -n "$orphans" ] || { status=running err=$(<"$SITE/tmp/err"); never_started; }
  kill -9 "$husk"
  wait "$husk" 2>/dev/null || true
  sleep 0.3
  after=$(pids_of "$SITE/kit/sleep $marker")
  explain "after kill -9 of husk: process ${after:-none}, cgroups: $(cgroup_directories)"
  # shellcheck disable=SC2086 # a list of numbers
  [ -z "$after" ] || kill -9 $after
  sleep 0.2
  cgroup_directories | sort -r | xargs -r rmdir
  [ -z "$after" ]
}

check_zombie_pile() {
  measure() {
    sleep 0.2
    measured=$(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | xargs -r grep -l '^Name:.zombie-pile' 2>/dev/null | wc -l)
  }
  hold_and_measure zombie-pile 20
  explain "$measured zombies seen from outside"
  [ "$measured" = 0 ]
}
