#!/usr/bin/env bats
# reliability.bats: many at once, races on one ID, damaged records, and machines that have nothing
# left to give. Whatever happens, one line says so, and `delete --force` removes everything.
# shellcheck disable=SC2016,SC2154 # text for jq and inner shells; status is bats'
load lib
setup() {
  runtime_setup
  bundle long '.process.args = ["sleep", "1000"]'
}
teardown() { runtime_teardown; }

# A container from the bundle `long`.
create() { husk create --bundle "$WORK/long" "$1" </dev/null >"$WORK/out.$1" 2>&1; }
long() { create "$1" && husk start "$1"; }

# Like bats' run, with a limit of time, and without waiting for who keeps the output open.
said() { # CMD...
  status=0
  timeout 60 "$@" </dev/null >"$WORK/said" 2>&1 || status=$?
  mapfile -t lines <"$WORK/said"
  output=$(<"$WORK/said")
}

# Runs N copies of a command at once; sets $won to how many ended with 0. What each printed is in
# $WORK/copy.*: nothing, or one line.
at_once() { # N CMD...
  local i pids=()
  rm -f "$WORK"/copy.*
  for ((i = 0; i < $1; i++)); do
    "${@:2}" </dev/null >"$WORK/copy.$i" 2>&1 &
    pids+=($!)
  done
  won=0
  for i in "${pids[@]}"; do ! wait "$i" || won=$((won + 1)); done
  for ((i = 0; i < $1; i++)); do
    [ "$(wc -l <"$WORK/copy.$i")" -le 1 ] || { cat "$WORK/copy.$i"; return 1; }
  done
}

cgroups_of() { find /sys/fs/cgroup -type d -path "*husk*$1*" 2>/dev/null; }

# Nothing of a container, whose ID is free.
is_gone() { # ID
  [ ! -e "$ROOT/$1" ] && [ -z "$(cgroups_of "$1")" ] && long "$1" && husk delete --force "$1"
}

alive() { [ -d "/proc/$1" ] && ! grep -q '^State:.[ZX]' "/proc/$1/status"; }
dead() { ! alive "$1"; }

# strace(1) stops the runtime right behind the K-th call of a kind, or kills it right before. It
# goes on in the background until all that it follows have ended.
at_call() { # STOP|KILL CALL K CMD...
  command -v strace >/dev/null || skip "needs strace"
  rm -f "$WORK/trace"
  # Leaks cannot be looked for in a process that is traced already.
  ASAN_OPTIONS=detect_leaks=0 strace -f -o "$WORK/trace" -e "trace=$2" -e "inject=$2:signal=$1:when=$3" "$RUNTIME" --root "$ROOT" "${@:4}" </dev/null >"$WORK/out" 2>&1 &
  wait_for grep -qs "\(stopped\|killed\) by SIG$1" "$WORK/trace"
}

# --- many at once ---

@test "200 containers by 32 workers: 200 run at one instant, none is left" {
  export RUNTIME ROOT WORK
  seq 200 | xargs -P 32 -I {} sh -c \
    '"$RUNTIME" --root "$ROOT" create --bundle "$WORK/long" c{} </dev/null >"$WORK/out.{}" 2>&1 && "$RUNTIME" --root "$ROOT" start c{}'
  husk list --format json >"$WORK/list"
  [ "$(jq '[.[] | select(.status == "running")] | length' "$WORK/list")" = 200 ]
  # By the kernel's word: 200 namespaces, each with its own program.
  local pid
  for pid in $(jq '.[].pid' "$WORK/list"); do
    grep -qx sleep "/proc/$pid/comm" && readlink "/proc/$pid/ns/pid"
  done | sort -u >"$WORK/namespaces"
  [ "$(wc -l <"$WORK/namespaces")" = 200 ]
  seq 200 | xargs -P 32 -I {} "$RUNTIME" --root "$ROOT" delete --force c{}
  [ -z "$(ls "$ROOT")" ] && [ -z "$(cgroups_of c)" ]
}

@test "20 creates of one ID at once, 20 times: one wins, the others say why" {
  local round
  for round in {1..20}; do
    at_once 20 husk create --bundle "$WORK/long" one
    [ "$won" = 1 ] || { echo "round $round: $won won"; cat "$WORK"/copy.*; return 1; }
    [ "$(cat "$WORK"/copy.* | grep -c "in use")" = 19 ]
    is_status one created
    husk delete --force one
    [ ! -e "$ROOT/one" ] && [ -z "$(cgroups_of one)" ]
  done
}

@test "create and delete --force of one ID against each other: none is left" {
  local i pair pids=()
  for ((pair = 0; pair < 4; pair++)); do
    (for i in {1..25}; do husk create --bundle "$WORK/long" one </dev/null >/dev/null 2>&1; done; true) &
    pids+=($!)
    (for i in {1..25}; do husk delete --force one || echo "$?" >>"$WORK/failed"; done; true) >>"$WORK/said" 2>&1 &
    pids+=($!)
  done
  wait "${pids[@]}"
  cat "$WORK/said"
  [ ! -e "$WORK/failed" ]
  husk delete --force one
  is_gone one
}

@test "10 starts of one container at once: one wins, ten times" {
  local round
  for round in {1..10}; do
    create one
    at_once 10 husk start one
    [ "$won" = 1 ] || { echo "round $round: $won won"; cat "$WORK"/copy.*; return 1; }
    is_status one running
    husk delete --force one
  done
}

@test "10 deletes of one container at once: with force all are content, without one wins" {
  long one
  at_once 10 husk delete --force one
  [ "$won" = 10 ] || { cat "$WORK"/copy.*; return 1; }
  long one
  husk kill one KILL
  wait_for is_status one stopped
  at_once 10 husk delete one
  [ "$won" = 1 ] || { cat "$WORK"/copy.*; return 1; }
  is_gone one
}

# exec begins as a process of the runtime's own in the container's cgroup; here it stops there.
exec_that_stops() { # NAME: sets $entering
  at_call STOP setns 1 exec "$1" true
  entering=$(sed -n 's/^\([0-9]*\) .*stopped by SIGSTOP.*/\1/p' "$WORK/trace")
  grep -qx "$entering" "$(cgroup_of "$1" memory)/cgroup.procs"
}

@test "delete --force: an exec on its way in is waited for; it says that the container has ended" {
  local pid stat
  long one
  pid=$(pid_of one)
  exec_that_stops one
  husk delete --force one 2>"$WORK/said" 3>&- &
  while read -r stat <"/proc/$pid/stat" && [[ $stat != *') Z '* ]]; do :; done 2>/dev/null
  kill -CONT "$entering"
  wait $! || { cat "$WORK/said"; return 1; }
  is_gone one
  wait_for grep "container 'one' ended meanwhile: " "$WORK/out"
}

@test "delete --force of a paused container: an exec that was frozen on its way in is thawed" {
  long one
  exec_that_stops one
  husk pause one
  kill -CONT "$entering"
  husk delete --force one || { kill -9 "$entering"; return 1; } # else it stays, and bats waits for it
  is_gone one
  wait_for grep "container 'one' ended meanwhile: " "$WORK/out"
}

@test "200 times create and delete: nothing grows" {
  local i before
  long one && husk delete --force one
  before=$(find "$SITE/state" | wc -l)
  for i in {1..200}; do
    create one
    husk delete --force one
  done
  [ "$(find "$SITE/state" | wc -l)" = "$before" ]
}

# --- nothing left to give ---

@test "4 to 24 descriptors: it runs, or one line says that there are too few; nothing is left" {
  local n command
  bundle short '.process.args = ["true"] | del(.process.rlimits)'
  for ((n = 4; n <= 24; n++)); do
    for command in run create; do
      said bash -c 'ulimit -n "$1"; shift; exec "$@"' - "$n" "$RUNTIME" --root "$ROOT" $command --bundle "$WORK/short" few
      echo "$n $command: $status: $output"
      [ "$status" = 0 ] || { [ "$status" = 1 ] && [ ${#lines[@]} = 1 ] && [[ $output == *"Too many open files"* ]]; }
      [ "$status" != 0 ] || [ $command = run ] || husk delete --force few
      [ ! -e "$ROOT/few" ] && [ -z "$(cgroups_of few)" ]
    done
  done
  [ "$status" = 0 ] # 24 are enough
}

@test "delete --force with 4 to 24 descriptors: 0 only if nothing is left" {
  local n
  long few
  for ((n = 4; n <= 24; n++)); do
    said bash -c 'ulimit -n "$1"; shift; exec "$@"' - "$n" "$RUNTIME" --root "$ROOT" delete --force few
    echo "$n: $status: $output"
    if [ "$status" = 0 ]; then
      is_gone few
      long few
    else
      [ "$status" = 1 ] && [ ${#lines[@]} = 1 ] && [[ $output == *"Too many open files"* ]] && [ -e "$ROOT/few" ]
    fi
  done
  husk delete --force few
}

@test "the state root is full, of bytes or of files: one line, nothing is left" {
  local options ok=0
  mkdir "$WORK/full"
  for options in size=4k size=8k size=12k size=16k nr_inodes={2..10}; do
    mount -t tmpfs -o "$options,mode=700" tmpfs "$WORK/full"
    said "$RUNTIME" --root "$WORK/full" create --bundle "$WORK/long" full
    echo "$options: $status: $output"
    if [ "$status" = 0 ]; then
      ok=1
      "$RUNTIME" --root "$WORK/full" delete --force full
    else
      [ "$status" = 1 ] && [ ${#lines[@]} = 1 ] && [[ $output == *"$WORK/full/full: "*"No space left on device"* ]]
    fi
    [ -z "$(ls "$WORK/full")" ] && [ -z "$(cgroups_of full)" ]
    umount "$WORK/full"
  done
  [ $ok = 1 ] # some of them were large enough
}

# --- records ---

damage_empty() { : >"$1"; }
damage_cut() { truncate -s "$(($(wc -c <"$1") / 2))" "$1"; }
damage_null() { echo null >"$1"; }
damage_list() { echo '[]' >"$1"; }
damage_deep() { { head -c 100000 /dev/zero | tr '\0' '['; } >"$1"; }
damage_random() { head -c 4096 /dev/urandom >"$1"; }
damage_pid() { jq -c '.pid = "1"' "$1" >"$1.new" && mv "$1.new" "$1"; }
damage_missing() { rm "$1"; }
damage_directory() { rm "$1" && mkdir "$1"; }
damage_fifo() { rm "$1" && mkfifo "$1"; }
damage_link() { rm "$1" && ln -s /dev/zero "$1"; }
damage_other() { jq -c '.id = "other"' "$1" >"$1.new" && mv "$1.new" "$1"; }
damages=(empty cut null list deep random pid missing directory fifo link other)

@test "a damaged record: list shows the rest and flags it, delete --force leaves no process" {
  local damage pid filter
  long whole
  for damage in "${damages[@]}"; do
    # With the cgroup that its name leads to, and with one of its caller's choice.
    for filter in . '.linux.cgroupsPath = "/husk/chosen-torn"'; do
      start torn "$filter"
      pid=$(pid_of torn)
      "damage_$damage" "$ROOT/torn/state.json"
      run timeout 60 "$RUNTIME" --root "$ROOT" list
      echo "$damage: $output"
      [ "$status" = 0 ]
      [[ $output == *whole*running* && $output == *torn*broken* ]]
      refused torn "delete --force" -- timeout 60 "$RUNTIME" --root "$ROOT" state torn
      refused torn "delete --force" -- timeout 60 "$RUNTIME" --root "$ROOT" delete torn
      for command in start pause "kill torn" exec; do
        [ "$command" != exec ] || command="exec torn true"
        # shellcheck disable=SC2086 # words
        run timeout 60 "$RUNTIME" --root "$ROOT" ${command/#start/start torn}
        [ "$status" != 0 ] && [ "$status" != 124 ]
      done
      alive "$pid"
      timeout 60 "$RUNTIME" --root "$ROOT" delete --force torn
      dead "$pid" && [ ! -e "$ROOT/torn" ] && [ -z "$(cgroups_of torn)" ]
    done
    is_status whole running
  done
  rmdir /sys/fs/cgroup/{,*/}husk 2>/dev/null || true
  husk delete --force whole
}

@test "the pid of the record is another process by now: that one lives on" {
  local victim
  long one
  husk kill one KILL
  wait_for is_status one stopped
  sleep 0.05 # two processes of one tick would be the same one by pid and start time
  sleep 1000 &
  victim=$!
  jq -c --argjson pid $victim '.pid = $pid' "$ROOT/one/state.json" >"$WORK/new" && cp "$WORK/new" "$ROOT/one/state.json"
  is_status one stopped
  refused stopped -- husk exec one true
  refused "not running" -- husk kill one KILL
  alive $victim
  husk delete --force one
  alive $victim
  kill $victim
  is_gone one
}

@test "the creator's pid of a half-made one is another process by now: that one lives on" {
  local victim
  sleep 1000 &
  victim=$!
  sleep 0.05 # as above
  at_call KILL socketpair 1 create --bundle "$WORK/long" half
  jq -c --argjson pid $victim '.creatorPid = $pid' "$ROOT/half/state.json" >"$WORK/new" && cp "$WORK/new" "$ROOT/half/state.json"
  is_status half stopped
  husk delete --force half
  alive $victim
  kill $victim
  is_gone half
}

@test "a record from before a restart of the machine: stopped, can be deleted, the ID is free" {
  local directory
  long one
  cp -a "$ROOT/one" "$WORK/kept"
  husk delete --force one
  cp -a "$WORK/kept" "$ROOT/one"
  is_status one stopped
  husk list | grep -q 'one .*stopped'
  husk delete one
  is_gone one
}

# --- other processes ---

@test "a process of somebody else in the cgroup: delete names it and can be tried again" {
  local own foreign directory torn
  sleep 1000 &
  foreign=$!
  for torn in "" 1; do
    long one
    directory=$(cgroup_of one pids)
    own=/sys/fs/cgroup/pids/$(awk -F: '$2 == "pids" { print $3 }' /proc/$foreign/cgroup)
    ! is_v2 || own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$foreign/cgroup)
    echo $foreign >"$directory/cgroup.procs"
    [ -z "$torn" ] || : >"$ROOT/one/state.json"
    refused one "process $foreign" -- husk delete --force one
    alive $foreign && [ -e "$ROOT/one/config.json" ]
    refused one "process $foreign" -- husk delete --force one
    echo $foreign >"$own/cgroup.procs"
    husk delete --force one
    alive $foreign
    [ ! -e "$ROOT/one" ] && [ -z "$(cgroups_of one)" ]
  done
  kill $foreign
}

@test "a fork bomb below pids.max: delete --force leaves nothing" {
  bundle bomb '.process.args = ["sh", "-c", "sleep 1000 | /srv/kit/fork-bomb 1000"] | .linux.resources.pids.limit = 40'
  husk run --detach --bundle "$WORK/bomb" bomb </dev/null >/dev/null 2>&1
  wait_for eval '[ "$(wc -l <"$(cgroup_of bomb pids)/cgroup.procs")" -ge 30 ]'
  husk delete --force bomb
  is_gone bomb
}

@test "the init is killed from outside: stopped, 137 by run, nothing is left" {
  long one
  kill -9 "$(pid_of one)"
  wait_for is_status one stopped
  [ "$(pid_of one)" = 0 ]
  husk delete one
  husk run --bundle "$WORK/long" one </dev/null >/dev/null 2>&1 &
  wait_for is_status one running
  kill -9 "$(pid_of one)"
  wait $! || status=$?
  [ "$status" = 137 ]
  is_gone one
}

@test "run is killed: its container runs on, and delete --force removes it" {
  local run
  husk run --bundle "$WORK/long" one </dev/null >/dev/null 2>&1 &
  run=$!
  wait_for is_status one running
  kill -9 $(pgrep -P $run) $run 2>/dev/null || true
  is_status one running
  husk delete --force one
  is_gone one
}

# --- commands that stop half way ---

@test "a create that is stopped by SIGSTOP: delete --force ends it, and nothing is left" {
  local creator
  bundle stops '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "kill -STOP $PPID"]}]'
  husk create --bundle "$WORK/stops" one </dev/null >/dev/null 2>&1 &
  wait_for is_status one creating
  creator=$(jq .creatorPid "$ROOT/one/state.json")
  wait_for grep -q '^State:.T' "/proc/$creator/status"
  refused one creating -- husk delete one
  refused one creating -- husk start one
  [ -z "$(husk gc)" ] && alive "$creator"
  timeout 60 "$RUNTIME" --root "$ROOT" delete --force one
  dead "$creator"
  [ ! -e "$ROOT/one" ] && [ -z "$(cgroups_of one)" ]
  is_gone one
  wait
}

@test "a create that is stopped before its record: what has its ID meanwhile is not touched" {
  local creator
  at_call STOP mkdirat 1 create --bundle "$WORK/long" one
  [ -d "$ROOT/one" ]
  creator=$(awk '{ print $1; exit }' "$WORK/trace")
  [ ! -e "$ROOT/one/state.json" ]
  [ -z "$(husk gc)" ] && [ -d "$ROOT/one" ] # it may be at it right now
  timeout 60 "$RUNTIME" --root "$ROOT" delete --force one
  long one
  kill -CONT "$creator"
  wait_for dead "$creator"
  wait
  [ "$(wc -l <"$WORK/out")" = 1 ]
  is_status one running
  husk exec one true
  husk delete --force one
  is_gone one
}

@test "gc: what was half made goes, whatever lives, waits or has ended in order stays" {
  local pid
  long running
  create waiting
  long ended
  husk kill ended KILL
  wait_for is_status ended stopped
  long torn-but-alive
  pid=$(pid_of torn-but-alive)
  : >"$ROOT/torn-but-alive/state.json"
  mkdir "$ROOT/torn" "$ROOT/fresh"
  touch -d '1 hour ago' "$ROOT/torn" "$ROOT/torn-but-alive"
  at_call KILL socketpair 1 create --bundle "$WORK/long" half
  at_call KILL pivot_root 1 create --bundle "$WORK/long" half-inside # cleans up after itself
  bundle kills '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "kill -KILL $PPID"]}]'
  husk create --bundle "$WORK/kills" half-done </dev/null >/dev/null 2>&1 || true
  [ "$(husk gc --dry-run | grep -v removed | sort | tr '\n' ' ')" = "half half-done torn " ]
  [ "$(husk gc | grep -v removed | sort | tr '\n' ' ')" = "half half-done torn " ]
  [ "$(husk list -q | sort | tr '\n' ' ')" = "ended fresh running torn-but-alive waiting " ]
  is_status running running
  is_status waiting created
  is_status ended stopped
  alive "$pid"
  [ -z "$(cgroups_of half)" ]
  husk start waiting
  for pid in running waiting ended fresh torn-but-alive; do husk delete --force "$pid"; done
}

# --- commands at the wrong time: one clear line ---

@test "start twice; start, exec, kill and pause after the init was killed" {
  create one
  husk start one
  refused one running -- husk start one
  husk kill one KILL
  wait_for is_status one stopped
  refused one stopped -- husk start one
  refused one stopped -- husk exec one true
  refused one stopped -- husk pause one
  refused one stopped -- husk resume one
  refused one "not running" -- husk kill one
  husk delete one
  create one
  kill -9 "$(pid_of one)"
  wait_for is_status one stopped
  refused one stopped -- husk start one
  refused one stopped -- husk exec one true
  husk delete one
}

@test "the init is killed while it waits in a startContainer hook: start says that it died" {
  bundle hook '.process.args = ["sleep", "1000"] | .hooks.startContainer = [{path: "/bin/sleep", args: ["sleep", "1000"]}]'
  husk create --bundle "$WORK/hook" one </dev/null >/dev/null 2>&1
  husk start one >"$WORK/said" 2>&1 &
  wait_for eval 'grep -qs "sleep" /proc/$(pgrep -P "$(pid_of one)")/comm'
  refused one -- timeout 60 "$RUNTIME" --root "$ROOT" start one
  kill -9 "$(pid_of one)"
  wait $! || status=$?
  cat "$WORK/said"
  [ "$status" = 1 ] && [ "$(wc -l <"$WORK/said")" = 1 ]
  grep -q "died" "$WORK/said"
  husk delete --force one
}
