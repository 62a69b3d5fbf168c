#!/usr/bin/env bats
# life.bats: a box from run to rm: streams, exit statuses, signals, restarts, and that nothing is left.
# shellcheck disable=SC2154,SC2314,SC2016,SC2030,SC2031

bats_require_minimum_version 1.5.0
load lib

setup() { engine_setup; }
teardown() { engine_teardown; }

no_monitors_but() { [ "$(pgrep -x 'husk-monitor|husk')" = "$1" ]; } # PID
has_said() { husk logs "$1" | grep -q "$2"; } # BOX TEXT

# --- run in the foreground ---

@test "run: output and error output are two streams, and come whole" {
  box --rm sh -c 'echo out; echo err >&2' >"$WORK/out" 2>"$WORK/err"
  [ "$(cat "$WORK/out")" = out ]
  [ "$(cat "$WORK/err")" = err ]
  box --rm sh -c 'head -c 3000000 /dev/zero' >"$WORK/big"
  [ "$(stat -c %s "$WORK/big")" = 3000000 ]
}

@test "run -i: standard input goes in, whole, and ends; without -i it is at its end" {
  [ "$(head -c 500000 /dev/zero | box --rm -i wc -c)" = 500000 ]
  [ "$(echo hello | box --rm wc -c)" = 0 ]
  [ "$(echo one | box --rm -i cat)" = one ]
}

@test "run: the exit status is the command's own, 128 + n for a signal" {
  run box --rm sh -c 'exit 7'
  [ "$status" = 7 ]
  run box --rm sh -c 'kill -9 $$'
  [ "$status" = 0 ] # the init of a PID namespace is not killed from inside
  run box --rm sh -c 'sh -c "kill -9 \$\$"; exit $?'
  [ "$status" = 137 ]
}

@test "run: 127 for a program that is not there, 126 for one that may not be executed, 125 for husk's own" {
  run -127 box --rm nosuchprogram
  [ "$status" = 127 ]
  [ ${#lines[@]} = 1 ]
  [[ $output == *"executable file not found"* ]]
  run -127 box --rm /no/such
  [ "$status" = 127 ]
  [[ $output == *"no such file or directory"* ]]
  run box --rm /etc/passwd
  [ "$status" = 126 ]
  [[ $output == *"permission denied"* ]]
  refused "unknown option --nosuch" -- box --nosuch true
  refused "--memory" -- box -m lots true
  [ -z "$(husk ps -aq)" ]
}

@test "run --rm leaves nothing: no box, no name, no mount, no cgroup, no record" {
  box --rm --name once true
  [ -z "$(ls "$HUSK_DATA/boxes")$(ls "$HUSK_DATA/names")" ]
  ! grep "$HUSK_DATA" /proc/self/mountinfo || return 1
}

@test "run without --rm: the box stays, with its status and its files" {
  run box --name kept sh -c 'echo data >/file; exit 3'
  [ "$status" = 3 ]
  [ "$(status_of kept)" = exited ]
  [ "$(husk inspect --format '{{.State.ExitCode}}' kept)" = 3 ]
  [ "$(cat "$HUSK_DATA"/boxes/*/upper/file)" = data ]
  [ ! -e "$SITE/rootfs/file" ]
  ! grep "$HUSK_DATA" /proc/self/mountinfo || return 1
  husk rm kept
}

@test "run: a reader that goes away is a SIGPIPE for the command, as in a pipeline" {
  box --rm yes | head -1 >"$WORK/out"
  [ "$(cat "$WORK/out")" = y ]
}

@test "run: SIGTERM and SIGINT to husk go to the command" {
  "$HUSK" run --rm --net none --rootfs "$SITE/rootfs" --name sig sh -c 'trap "exit 42" TERM; trap "exit 43" INT; echo ready; while :; do sleep 0.1; done' >"$WORK/out" &
  local pid=$!
  wait_for grep ready "$WORK/out"
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  [ "$status" = 42 ]
}

@test "run: husk is killed: the box goes on, and ends as any other" {
  "$HUSK" run --rm --net none --rootfs "$SITE/rootfs" --name orphan sleep 1000 &
  local pid=$!
  wait_for is_status orphan running
  local inside
  inside=$(pid_of orphan)
  kill -9 $pid
  wait $pid || true
  is_alive "$inside"
  husk stop -t 0 orphan
  wait_for is_gone "$inside"
  wait_for no_monitors
  [ -z "$(husk ps -aq)" ] # --rm holds
}

# Its monitor's last command removes it, before or after stop has seen the end.
@test "stop: of boxes with --rm, while others are: it succeeds, whoever removes them" {
  local w pids=()
  for w in 1 2 3 4 5 6; do
    (for _ in {1..8}; do
      box -d --rm --name "gone$w" sleep 1000 && husk stop -t 0 "gone$w" || exit
    done) >"$WORK/stop.$w" 2>&1 &
    pids+=($!)
  done
  for w in 1 2 3 4 5 6; do
    wait "${pids[w - 1]}" || { cat "$WORK/stop.$w"; return 1; }
  done
  wait_for no_monitors
  [ -z "$(husk ps -aq)" ]
}

# --- detached ---

@test "run -d prints the ID; the process is in namespaces and a cgroup of its own" {
  local id pid
  id=$(box -d --name web sleep 1000)
  [ ${#id} = 64 ]
  pid=$(pid_of web)
  wait_for is_command "$pid" "sleep 1000"
  for ns in mnt pid uts ipc net cgroup; do
    [ "$(readlink "/proc/$pid/ns/$ns")" != "$(readlink "/proc/self/ns/$ns")" ]
  done
  grep -q "husk-$id" "/proc/$pid/cgroup"
  husk rm -f web
  is_gone "$pid"
}

@test "run -d: its start fails: the error is husk's, nothing runs" {
  run -127 box -d --name broken nosuchprogram
  [ "$status" = 127 ]
  [ ${#lines[@]} = 1 ]
  [ "$(status_of broken)" = created ]
  [ "$(husk inspect --format '{{.State.ExitCode}}' broken)" = 127 ]
  [[ $(husk inspect --format '{{.State.Error}}' broken) == *nosuchprogram* ]]
  husk rm broken
}

@test "a detached box ends by itself: released without anybody's help" {
  box -d --name short sh -c 'exit 5' >/dev/null
  [ "$(husk wait short)" = 5 ]
  wait_for no_monitors
  ! grep "$HUSK_DATA" /proc/self/mountinfo || return 1
  [ -z "$(ls "$HUSK_STATE/box")" ]
  [ "$(status_of short)" = exited ]
  [[ $(husk ps -a --format '{{.Status}}') == "Exited (5)"* ]]
  husk rm short
}

@test "run -d --rm: removed at its end" {
  box -d --rm --name brief sleep 0.2 >/dev/null
  wait_for no_monitors
  [ -z "$(ls "$HUSK_DATA/boxes")$(ls "$HUSK_DATA/names")" ]
}

# --- create, start, restart ---

@test "create, start, restart: the upper layer stays, the process is another one" {
  husk create --net none --rootfs "$SITE/rootfs" --name web sh -c 'echo x >>/count; exec sleep 1000' >/dev/null
  [ "$(status_of web)" = created ]
  husk start web
  local first second
  first=$(pid_of web)
  wait_for grep -q x "/proc/$first/root/count"
  has_run_twice() { [ "$(wc -l <"/proc/$second/root/count")" = 2 ]; }
  husk restart -t 0 web
  second=$(pid_of web)
  [ "$first" != "$second" ]
  is_gone "$first"
  wait_for has_run_twice
  husk start web # running: nothing to do
  [ "$(pid_of web)" = "$second" ]
  husk rm -f web
}

@test "start -a: its output here, its status ours" {
  husk create --net none --rootfs "$SITE/rootfs" --name job sh -c 'echo done; exit 9' >/dev/null
  run husk start -a job
  [ "$status" = 9 ]
  [ "$output" = "done" ]
  run husk start -a job
  [ "$status" = 9 ]
  [ "$output" = "done" ]
  husk rm job
}

@test "start -ai: standard input, too" {
  husk create -i --net none --rootfs "$SITE/rootfs" --name job cat >/dev/null
  [ "$(echo hello | husk start -ai job)" = hello ]
  husk rm job
}

# --- stop, kill ---

@test "stop: the stop signal first; the process may end by itself" {
  box -d --name web sh -c 'trap "exit 21" TERM; echo ready; while :; do sleep 0.05; done' >/dev/null
  wait_for has_said web ready
  husk stop -t 30 web
  [ "$(husk inspect --format '{{.State.ExitCode}}' web)" = 21 ]
  husk rm web
}

@test "stop --stop-signal: another one" {
  box -d --name web --stop-signal USR1 sh -c 'trap "exit 22" USR1; echo ready; while :; do sleep 0.05; done' >/dev/null
  wait_for has_said web ready
  husk stop -t 30 web
  [ "$(husk inspect --format '{{.State.ExitCode}}' web)" = 22 ]
  husk rm web
}

@test "stop: KILL after the time, 137" {
  # An init without a handler does not get TERM, and by itself the box would have ten minutes.
  box -d --name web --stop-timeout 600 sleep 1000 >/dev/null
  timeout 100 "$HUSK" stop -t 1 web
  [ "$(husk inspect --format '{{.State.ExitCode}}' web)" = 137 ]
  husk rm web
}

# The first one ends when the second one has had its signal, which it has not had yet.
@test "stop: of several at once: none waits for the time of another" {
  mkdir "$WORK/shared"
  box -d --name first -v "$WORK/shared:/shared" sh -c 'trap "until [ -e /shared/second ]; do sleep 0.05; done; exit 7" TERM; echo ready; while :; do sleep 0.05; done' >/dev/null
  box -d --name second -v "$WORK/shared:/shared" sh -c 'trap ": >/shared/second; exit 8" TERM; echo ready; while :; do sleep 0.05; done' >/dev/null
  wait_for has_said first ready
  wait_for has_said second ready
  run husk stop -t 30 first nosuch second
  [ "$status" = 125 ]
  [ "$(printf '%s\n' "${lines[@]}" | grep -v 'no such container: nosuch')" = first$'\n'second ]
  [ ${#lines[@]} = 3 ]
  [ "$(husk inspect --format '{{.State.ExitCode}}' first second)" = 7$'\n'8 ]
  husk rm second first
}

@test "a caller that ignores SIGCHLD: statuses are what they are" {
  local ignoring=(env --ignore-signal=CHLD "$HUSK")
  run "${ignoring[@]}" run --rm --net none --rootfs "$SITE/rootfs" sh -c 'exit 7'
  [ "$status" = 7 ]
  box -d --name one sleep 1000 >/dev/null
  box -d --name two sleep 1000 >/dev/null
  run "${ignoring[@]}" stop -t 0 one two
  [ "$status" = 0 ]
  [ "$output" = one$'\n'two ]
  run "${ignoring[@]}" rm one two
  [ "$status" = 0 ]
}

@test "stop: a paused box, a box that does not run, several at once" {
  box -d --name one sleep 1000 >/dev/null
  box -d --name two sleep 1000 >/dev/null
  husk pause one
  run husk stop -t 0 one two
  [ "$status" = 0 ]
  [ "$output" = $'one\ntwo' ]
  husk stop one
  husk rm one two
}

@test "kill: a signal by name and number; what does not run is an error" {
  box -d --name web sh -c 'trap "exit 31" HUP; echo ready; while :; do sleep 0.05; done' >/dev/null
  wait_for has_said web ready
  husk kill -s HUP web
  [ "$(husk wait web)" = 31 ]
  refused "not running" -- husk kill web
  refused "no such signal" -- husk kill -s NOSUCH web
  husk start web
  husk kill web
  [ "$(husk wait web)" = 137 ]
  husk rm web
}

# --- pause ---

@test "pause freezes: no CPU is used; unpause lets it go on" {
  box -d --name busy sh -c 'while :; do :; done' >/dev/null
  local pid before after
  pid=$(pid_of busy)
  husk pause busy
  [ "$(status_of busy)" = paused ]
  [[ $(husk ps --format '{{.Status}}') == *"(Paused)" ]]
  before=$(cut -d' ' -f14 "/proc/$pid/stat")
  sleep 0.5
  after=$(cut -d' ' -f14 "/proc/$pid/stat")
  [ "$before" = "$after" ]
  goes_on() { [ "$(cut -d' ' -f14 "/proc/$pid/stat")" != "$after" ]; }
  refused "paused" -- husk pause busy
  refused "paused" -- husk exec busy true
  husk unpause busy
  wait_for goes_on
  [ "$(status_of busy)" = running ]
  refused "not paused" -- husk unpause busy
  husk rm -f busy
}

# --- restart policies ---

@test "--restart on-failure:2: started again twice, then it stays" {
  box -d --name flaky --restart on-failure:2 sh -c 'echo run; exit 1' >/dev/null
  wait_for no_monitors
  [ "$(husk logs flaky | grep -c run)" = 3 ]
  [ "$(husk inspect --format '{{.RestartCount}}' flaky)" = 2 ]
  [ "$(husk inspect --format '{{.State.ExitCode}}' flaky)" = 1 ]
  husk rm flaky
}

@test "--restart always: again after success and after a kill from outside; not after stop" {
  box -d --name phoenix --restart always sleep 1000 >/dev/null
  local first
  first=$(pid_of phoenix)
  is_another() { is_status phoenix running && [ "$(pid_of phoenix)" != "$first" ]; }
  kill -9 "$first"
  wait_for is_another
  husk stop -t 0 phoenix
  wait_for no_monitors
  [ "$(status_of phoenix)" = exited ]
  husk rm phoenix
}

@test "start --all --filter restart-policy: what a starting machine begins with" {
  local name policy pids
  for policy in no on-failure always unless-stopped; do
    box -d --name "p-$policy" --restart $policy sleep 1000 >/dev/null
  done
  box -d --name by-hand --restart unless-stopped sleep 1000 >/dev/null
  husk stop -t 0 by-hand
  # As if the machine had been switched off: all processes gone, no mounts, the state directory empty.
  pids=$(for name in $(husk ps --format '{{.Names}}'); do pid_of "$name"; done)
  # shellcheck disable=SC2046,SC2086 # numbers
  kill -9 $(pgrep -x husk-monitor) $pids
  wait_for no_monitors
  awk -v data="$HUSK_DATA/" 'index($5, data) == 1 { print $5 }' /proc/self/mountinfo | xargs umount
  rm -rf "$HUSK_STATE"
  refused "--filter" -- husk start --filter restart-policy=always p-no
  husk start --all --filter restart-policy=always --filter restart-policy=unless-stopped
  [ "$(husk ps --format '{{.Names}}' | sort | tr '\n' ' ')" = "p-always p-unless-stopped " ]
  husk exec p-always true
  husk start --all
  [ "$(husk ps -q | wc -l)" = 4 ]
  husk rm -f p-no p-on-failure p-always p-unless-stopped by-hand
}

@test "--rm and --restart contradict each other" {
  refused "--rm" "--restart" -- box --rm --restart always true
  refused "--restart" "unless-stopped" -- box --restart sometimes true
}

# --- rm ---

@test "rm: a running box is refused, -f kills it; several, some of them wrong" {
  box -d --name web sleep 1000 >/dev/null
  refused "running" "rm -f" -- husk rm web
  box --name ended true
  run husk rm ended nosuch
  [ "$status" = 125 ]
  [ ${#lines[@]} = 2 ]
  [[ $'\n'$output$'\n' == *$'\nended\n'* && $output == *"no such container: nosuch"* ]]
  run husk rm -f web nosuch # as of docker and podman: it is not there, and that is what is wanted
  [ "$status" = 0 ]
  [ "$output" = web ]
  [ -z "$(husk ps -aq)" ]
}

# Stopped after each of its flock(2) in turn; another one has removed the box before it goes on.
@test "rm -f, stop: the box is removed by others meanwhile: they succeed" {
  command -v strace >/dev/null || skip "strace(1) is not there"
  local command k tracer pid id overtaken=0
  for command in "rm -f" "stop -t 0"; do
    for k in {1..14}; do
      id=$(box -d --rm --name web sleep 1000)
      : >"$WORK/trace"
      # shellcheck disable=SC2086
      strace -qq -o "$WORK/trace" -e trace=flock -e "inject=flock:signal=STOP:when=$k" "$HUSK" $command web >"$WORK/said" 2>&1 &
      tracer=$!
      wait_for stopped_or_ended "$tracer"
      pid=$(pgrep -P "$tracer") || true
      # What it holds itself nobody takes from it.
      if [ -n "$pid" ] && [ -d "$HUSK_DATA/boxes/$id" ] && flock -n "$HUSK_DATA/boxes/$id" true 2>/dev/null; then
        husk rm -f web >/dev/null
        overtaken=$((overtaken + 1))
      fi
      [ -z "$pid" ] || kill -CONT "$pid"
      wait "$tracer" || { echo "husk $command, stopped after flock $k: $?: $(cat "$WORK/said")"; return 1; }
      [ "$(cat "$WORK/said")" = web ]
    done
  done
  [ "$overtaken" -ge 4 ]
}

stopped_or_ended() { grep -q 'stopped by SIGSTOP' "$WORK/trace" || ! is_alive "$1"; } # PID of strace

@test "rm -f: a box whose runtime is gone: a line, and it is still there" {
  printf '#!/bin/sh\nexec %s "$@"\n' "$(dirname "$HUSK")/husk-runtime" >"$WORK/runtime"
  chmod 755 "$WORK/runtime"
  box -d --name web --runtime "$WORK/runtime" sleep 1000 >/dev/null
  mv "$WORK/runtime" "$WORK/away"
  refused "$WORK/runtime" "No such file" -- husk rm -f web
  [ "$(husk ps -a --format '{{.Names}}')" = web ]
  mv "$WORK/away" "$WORK/runtime"
  husk rm -f web
}

@test "rm -f: a box whose record cannot be read" {
  box -d --name web sleep 1000 >/dev/null
  local id pid
  id=$(husk ps -q --no-trunc)
  pid=$(pid_of web)
  husk stop -t 0 web
  echo '{' >"$HUSK_DATA/boxes/$id/box.json"
  run husk ps -a
  [ "$status" = 0 ]
  [[ $output == *"rm --force"* ]]
  husk rm -f "${id:0:12}"
  husk gc
  [ -z "$(ls "$HUSK_DATA/boxes")$(ls "$HUSK_DATA/names")" ]
}

@test "container prune: what does not run" {
  box -d --name up sleep 1000 >/dev/null
  box --name down true
  refused "--force" -- husk container prune </dev/null
  husk container prune -f
  [ "$(husk ps -a --format '{{.Names}}')" = up ]
  husk rm -f up
}

# --- wait ---

@test "wait: until the end, for one that has ended, for several" {
  box -d --name one sh -c 'sleep 0.3; exit 4' >/dev/null
  box -d --name two sh -c 'exit 6' >/dev/null
  run husk wait one two
  [ "$output" = $'4\n6' ]
  [ "$(husk wait one)" = 4 ]
  wait_for no_monitors
  husk rm one two
}

@test "wait: one that comes late has the status all the same; of one that was removed it says so" {
  local waiter
  for option in '' --rm; do
    # shellcheck disable=SC2086
    box -d $option --name late sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 4' >/dev/null
    "$HUSK" wait late >"$WORK/code" 2>"$WORK/err" &
    waiter=$!
    wait_for grep -q poll "/proc/$waiter/wchan" || wait_for grep -q S "/proc/$waiter/stat"
    kill -STOP $waiter
    husk exec late touch /tmp/go
    wait_for no_monitors_but $waiter
    kill -CONT $waiter
    status=0
    wait $waiter || status=$?
    if [ -z "$option" ]; then
      [ "$status $(cat "$WORK/code")" = "0 4" ]
      husk rm late
    else
      [ "$status" = 125 ]
      grep 'container late was removed before its exit status' "$WORK/err"
    fi
  done
}

@test "run: its monitor is killed: said, and the box goes on" {
  "$HUSK" run --net none --rootfs "$SITE/rootfs" --name web sleep 1000 >"$WORK/out" 2>&1 &
  local runner=$!
  wait_for is_status web running
  kill -9 "$(husk inspect --format '{{.State.MonitorPid}}' web)"
  status=0
  wait $runner || status=$?
  [ "$status" = 125 ]
  grep 'web: its monitor was killed' "$WORK/out"
  husk exec web true
  husk rm -f web
}

# --- what it is given ---

# Where nothing more can be written, what ends and removes must work: it makes room.
@test "a full disk: its boxes are stopped, killed, removed, its images, too" {
  mkdir "$WORK/small" && mount -t tmpfs -o size=16m tmpfs "$WORK/small"
  export HUSK_DATA=$WORK/small/data
  local name
  for name in one two three; do husk run -d --name $name --net none busybox sleep 1000 >/dev/null; done
  husk run --name four --net none busybox true
  husk run --name five --net none busybox true
  ! cat /dev/zero >"$WORK/small/fill"
  ! echo more 2>/dev/null >"$WORK/small/more"
  husk stop -t 0 one
  husk kill two
  husk wait two
  husk inspect --format '{{.State.ExitCode}}' one two
  husk rm four one
  cat /dev/zero >>"$WORK/small/fill" || true
  husk rm -f three two
  cat /dev/zero >>"$WORK/small/fill" || true
  husk container prune -f
  cat /dev/zero >>"$WORK/small/fill" || true
  husk rmi busybox
  [ -z "$(ls -A "$HUSK_DATA/boxes")$(ls -A "$HUSK_DATA/layers")" ]
  [ "$(husk gc)" = "0 leftovers removed" ]
  export HUSK_DATA=$SITE/data
  umount "$WORK/small"
}

@test "a byte that is no UTF-8: one line, and nothing is made of it" {
  local byte=$'caf\xe9'
  refused '"caf", and then byte 0xe9' UTF-8 -- box --rm echo "$byte"
  refused '"caf", and then byte 0xe9' UTF-8 -- box --name web -l "x=$byte" true
  refused 'UTF-8' -- husk network create --label "x=$byte" bad
  refused 'UTF-8' -- husk volume create --label "x=$byte" bad
  [ -z "$(husk ps -aq)$(husk network ls -q | grep bad)$(husk volume ls -q)" ]
  [ "$(box --rm echo 'café €')" = 'café €' ]
  box -d --name web sleep 1000 >/dev/null
  refused '"caf", and then byte 0xe9' UTF-8 -- husk exec web echo "$byte"
  husk rm -f web
}

@test "-e, --env-file, -w, -u, --hostname: seen inside" {
  printf '# comment\nFROM_FILE=1\nOURS\n' >"$WORK/env"
  run env OURS=ours "$HUSK" run --rm --net none --rootfs "$SITE/rootfs" --env-file "$WORK/env" -e A=b -e FROM_FILE=2 -w /new/dir -u 1000:50 --hostname there sh -c 'echo $A $FROM_FILE $OURS; pwd; id -u; id -g; hostname; cat /etc/hostname'
  echo "$output"
  [ "$output" = $'b 2 ours\n/new/dir\n1000\n50\nthere\nthere' ]
}

@test "-u by name: from the container's own passwd and group, never from the machine's" {
  mkdir -p "$WORK/etc"
  printf 'root:x:0:0::/root:/bin/sh\nalice:x:4000:4001::/home/alice:/bin/sh\n1000:x:77:78::/:/bin/sh\n' >"$WORK/etc/passwd"
  printf 'wheel:x:10:bob,alice\nstaff:x:50:\n' >"$WORK/etc/group"
  # Mounts are made later than the user is looked up: so by a root file system of its own.
  cp -a "$SITE/rootfs" "$WORK/root"
  cp "$WORK/etc/passwd" "$WORK/etc/group" "$WORK/root/etc/"
  run husk run --rm --net none --rootfs "$WORK/root" -u alice sh -c 'id -u; id -g; id -G; echo $HOME'
  [ "$output" = $'4000\n4001\n4001 10\n/home/alice' ]
  run husk run --rm --net none --rootfs "$WORK/root" -u alice:staff --group-add wheel sh -c 'id -g; id -G'
  [ "$output" = $'50\n50 10' ]
  run husk run --rm --net none --rootfs "$WORK/root" -u 1000 id -u
  [ "$output" = 77 ]
  refused "daemon-of-nobody" "passwd" -- husk run --rm --net none --rootfs "$WORK/root" -u daemon-of-nobody true
  refused "4294967295" -- husk run --rm --net none --rootfs "$WORK/root" -u 4294967295 true
  rm -rf "$WORK/root"
}

@test "the short ID is the host name" {
  local id
  id=$(box -d --name web sleep 1000)
  [ "$(husk exec web hostname)" = "${id:0:12}" ]
  husk rm -f web
}

@test "-v: a directory, a file, read-only; --mount and --tmpfs" {
  mkdir "$WORK/dir"
  echo inside >"$WORK/dir/file"
  run box --rm -v "$WORK/dir:/data" -v "$WORK/dir/file:/one:ro" --tmpfs /scratch:size=1m,mode=700 \
    --mount "type=bind,src=$WORK/dir,dst=/again,ro" --mount type=tmpfs,dst=/t2,tmpfs-size=65536 \
    sh -c 'cat /data/file /one; echo new >/data/new; echo x >/one; echo x >/again/x; df -k /scratch | tail -1 | tr -s " " | cut -d" " -f2; stat -c %a /scratch; df -k /t2 | tail -1 | tr -s " " | cut -d" " -f2'
  echo "$output"
  [ "$(cat "$WORK/dir/new")" = new ]
  [ "$(grep -c 'Read-only file system' <<<"$output")" = 2 ]
  [[ $output == *$'\n1024\n700\n64' ]]
  refused "/no/such/place" "make it first" -- box --rm -v /no/such/place:/x true
  refused "absolute" -- box --rm -v "$WORK/dir:relative" true
  refused "unknown key 'sauce'" -- box --rm --mount type=bind,sauce=/,dst=/x true
}

@test "--read-only: the root file system cannot be written, /dev/shm and tmpfs can" {
  run box --rm --read-only --tmpfs /run sh -c 'echo x >/file; echo x >/run/file && echo x >/dev/shm/file && echo fine'
  [[ $output == *"Read-only file system"* ]]
  [[ $output == *fine* ]]
}

@test "--read-only: the files that husk makes cannot be written either" {
  local file
  for file in hosts resolv.conf hostname; do
    run box --rm --read-only sh -c "echo x >/etc/$file"
    [ "$status" = 1 ]
    [[ $output == *"Read-only file system"* ]]
    box --rm sh -c "echo x >/etc/$file"
  done
}

@test "two mounts on one directory: refused, whatever they are" {
  mkdir "$WORK/a" "$WORK/b"
  refused "/x: there is a mount already" -- box --rm -v "$WORK/a:/x" -v "$WORK/b:/x" true
  refused "/x: there is a mount already" -- box --rm -v "$WORK/a:/x" --tmpfs /x true
  refused "/x: there is a mount already" -- box --rm --mount "type=bind,src=$WORK/a,dst=/x/" -v "$WORK/b:/x" true
  [ "$(box --rm --shm-size 1m --tmpfs /dev/shm:size=2m df -k /dev/shm | awk 'NR == 2 { print $2 }')" = 2048 ]
}

@test "limits: in the cgroup, as the kernel has them" {
  box -d --name small -m 64M --cpu 25% --pids-limit 50 --cpu-shares 512 sleep 1000 >/dev/null
  if is_v2; then
    [ "$(cat "$(cgroup_of small memory)/memory.max")" = 67108864 ]
    [ "$(cat "$(cgroup_of small cpu)/cpu.max")" = "25000 100000" ]
    [ "$(cat "$(cgroup_of small pids)/pids.max")" = 50 ]
  else
    [ "$(cat "$(cgroup_of small memory)/memory.limit_in_bytes")" = 67108864 ]
    [ "$(cat "$(cgroup_of small cpu)/cpu.cfs_quota_us")" = 25000 ]
    [ "$(cat "$(cgroup_of small cpu)/cpu.shares")" = 512 ]
    [ "$(cat "$(cgroup_of small pids)/pids.max")" = 50 ]
  fi
  husk rm -f small
  box -d --name plain --cpus 0.5 sleep 1000 >/dev/null
  [ "$(cat "$(cgroup_of plain pids)/pids.max")" = 512 ]
  husk rm -f plain
}

@test "--ulimit: soft and hard" {
  [ "$(box --rm --ulimit nofile=100:200 sh -c 'ulimit -Sn; ulimit -Hn' | tr '\n' ' ')" = "100 200 " ]
  refused "--ulimit" "unknown" -- box --rm --ulimit nosuch=1 true
  refused "soft limit is above" -- box --rm --ulimit nofile=200:100 true
}

@test "out of memory: 137, OOMKilled, an event" {
  run box --name hungry -m 16M sh -c 'tail /dev/zero'
  [ "$status" != 0 ]
  [ "$(husk inspect --format '{{.State.OOMKilled}}' hungry)" = true ]
  [ "$(husk events --no-follow --filter event=oom --filter container=hungry | wc -l)" = 1 ]
  husk rm hungry
}

@test "security: 11 capabilities, no_new_privs, seccomp; --cap-add, --cap-drop, --privileged, --security-opt" {
  local caps='grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status | tr -d "\t" | tr "\n" " "'
  run box --rm sh -c "$caps"
  [ "$output" = "CapEff:00000000800405fb NoNewPrivs:1 Seccomp:2 " ]
  run box --rm --cap-drop ALL --cap-add chown sh -c "$caps"
  [[ $output == "CapEff:0000000000000001 "* ]]
  run box --rm --security-opt seccomp=unconfined --security-opt no-new-privileges=false sh -c "$caps"
  [[ $output == *"NoNewPrivs:0 Seccomp:0 " ]]
  run box --rm --privileged sh -c "$caps; touch /sys/fs/cgroup/x 2>&1 | grep -c Read-only"
  [[ $output == *"NoNewPrivs:0 Seccomp:0 "* ]]
  refused "unknown capability nosuch" -- box --rm --cap-add nosuch true
  refused "--security-opt" -- box --rm --security-opt nosuch=1 true
}

@test "--security-opt seccomp=FILE: docker's conditions are read" {
  cat >"$WORK/profile.json" <<'END'
{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
  {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99, "excludes": {"caps": ["CAP_NET_RAW"]}}]}
END
  run box --rm --security-opt "seccomp=$WORK/profile.json" mkdir /new
  [ "$status" != 0 ]
  run box --rm --cap-add NET_RAW --security-opt "seccomp=$WORK/profile.json" mkdir /new
  [ "$status" = 0 ]
}

@test "--device: the node is there, and may be used" {
  mknod "$WORK/zero" c 1 5 2>/dev/null || skip "devices cannot be made here"
  run box --rm --device "$WORK/zero:/dev/mine:r" sh -c 'head -c 4 /dev/mine | wc -c; stat -c %t:%T /dev/mine'
  [ "$output" = $'4\n1:5' ]
  refused "it is no device" -- box --rm --device /etc/passwd true
  refused "--gpus" "--device" -- box --rm --gpus all true
}

@test "--sysctl, --label, --annotation, --cidfile, --entrypoint" {
  run box --rm --sysctl kernel.domainname=there cat /proc/sys/kernel/domainname
  [ "$output" = there ]
  box -d --name web --label a=1 --label b --annotation org.x=y --cidfile "$WORK/cid" --entrypoint sleep 1000 >/dev/null
  [ "$(husk inspect --format '{{.Config.Labels.a}}' web)" = 1 ]
  [ "$(cat "$WORK/cid")" = "$(husk ps -q --no-trunc)" ]
  wait_for is_command "$(pid_of web)" "sleep 1000"
  refused "$WORK/cid" "remove it first" -- box --cidfile "$WORK/cid" true
  husk rm -f web
}

@test "/etc/hosts, /etc/hostname, /etc/resolv.conf are the box's own" {
  box --rm --name web --hostname me --add-host db:10.1.2.3 sh -c 'cat /etc/hosts; test -f /etc/resolv.conf' >"$WORK/out"
  grep -qE '^127.0.0.1[[:space:]]+localhost' "$WORK/out"
  grep -qE '^10.1.2.3[[:space:]]+db' "$WORK/out"
}

# --- another runtime ---

@test "--runtime crun: the same life; --runtime nosuch is refused" {
  command -v crun >/dev/null || skip "crun is not there"
  refused "nosuch" -- husk --runtime nosuch run --rm --net none --rootfs "$SITE/rootfs" true
  # crun refuses machines whose version 2 of cgroups has a controller beside version 1.
  cat >"$WORK/script" <<'END'
[ ! -d /sys/fs/cgroup/unified ] || umount /sys/fs/cgroup/unified
set -e
[ "$("$HUSK" run --rm --runtime crun --net none --rootfs "$SITE/rootfs" sh -c 'echo hello; exit 7' || echo $?)" = $'hello\n7' ]
"$HUSK" --runtime crun run -d --name web --net none --rootfs "$SITE/rootfs" sleep 1000
[ "$("$HUSK" exec -u 1000 -e A=b web sh -c 'id -u; echo $A')" = $'1000\nb' ]
"$HUSK" pause web
"$HUSK" unpause web
"$HUSK" stop -t 0 web
[ "$("$HUSK" inspect --format '{{.State.ExitCode}}' web)" = 137 ]
"$HUSK" rm web
status=0
"$HUSK" run --rm --runtime crun --net none --rootfs "$SITE/rootfs" nosuch 2>/dev/null || status=$?
[ $status = 127 ]
END
  HUSK=$HUSK SITE=$SITE unshare --mount bash "$WORK/script"
}

# --- crashes ---

@test "the monitor is killed: the box goes on; its end is seen by the next command" {
  box -d --name web sleep 1000 >/dev/null
  local pid monitor
  pid=$(pid_of web)
  monitor=$(husk inspect --format '{{.State.MonitorPid}}' web)
  kill -9 "$monitor"
  wait_for is_gone "$monitor"
  is_alive "$pid"
  [ "$(status_of web)" = running ]
  kill -9 "$pid"
  wait_for is_gone "$pid"
  wait_for is_status web exited
  ! grep "$HUSK_DATA" /proc/self/mountinfo || return 1
  husk rm web
}

@test "everything of husk's is killed at once: gc brings it all to nothing" {
  box -d --name one sleep 1000 >/dev/null
  box -d --rm --name two sleep 1000 >/dev/null
  local name pids=()
  for name in one two; do
    pids+=("$(husk inspect --format '{{.State.MonitorPid}}' $name)" "$(pid_of $name)")
  done
  kill -9 "${pids[@]}"
  for name in "${pids[@]}"; do wait_for is_gone "$name"; done
  [ "$(husk gc --dry-run)" = "2 leftovers found" ]
  husk gc
  ! grep "$HUSK_DATA" /proc/self/mountinfo || return 1
  [ "$(husk ps -a --format '{{.Names}}')" = one ]
  [ "$(husk gc)" = "0 leftovers removed" ]
  husk rm one
}

@test "many at once: all alive at one instant, none is left" {
  local i pids=()
  for i in {1..12}; do box -d --name "n$i" sleep 1000 >/dev/null & pids+=($!); done
  wait "${pids[@]}"
  [ "$(husk ps -q | wc -l)" = 12 ]
  for i in {1..12}; do is_alive "$(pid_of "n$i")"; done
  husk rm -f n{1..12}
  for i in {1..12}; do box --rm true & done
  wait
}

# A line that somebody may get whose box is another one's, too. Anything else is a defect.
known='no such container|in use by container|is (not )?running|is paused|is exited|is created|was removed meanwhile|was started meanwhile|ended, and was removed|ended meanwhile|was run with --rm|it has no record|cannot (pause|resume|exec in) container|does not exist|exec-[0-9]*.log: open: No such file'

any_commands() { # SEED: 60 of them; what they say is in $WORK/said.SEED
  local i name words
  RANDOM=$1
  for i in {1..60}; do
    name="box$((RANDOM % 3))"
    case $((RANDOM % 17)) in
      0 | 1 | 2 | 3) words=(run -d --name "$name" --net none --rootfs "$SITE/rootfs" sleep 1000) ;;
      4) words=(run --rm --name "$name" --net none --rootfs "$SITE/rootfs" true) ;;
      5 | 6) words=(exec "$name" true) ;;
      7) words=(stop -t 0 "$name") ;;
      8 | 9) words=(start "$name") ;;
      10) words=(restart -t 0 "$name") ;;
      11) words=(kill "$name") ;;
      12) words=(rm -f "$name") ;;
      13) words=(pause "$name") ;;
      14) words=(unpause "$name") ;;
      15) words=(gc) ;;
      16) words=(ps -a) ;;
    esac
    timeout -k 5 60 "$HUSK" "${words[@]}" </dev/null 2>&1 >/dev/null | sed "s/^/${words[*]:0:2}: /"
    [ "${PIPESTATUS[0]}" != 124 ] || echo "${words[*]}: it hangs"
  done >"$WORK/said.$1"
}

@test "six at once do anything to three boxes: they hear what others did, nothing hangs, nothing is left" {
  local seed pids=() unknown
  for seed in {1..6}; do any_commands "$seed" & pids+=($!); done
  wait "${pids[@]}"
  unknown=$(cat "$WORK"/said.* | grep -Ev "$known") || true
  husk rm -f box0 box1 box2 2>/dev/null || true
  [ "$(husk ps -aq)" = "" ]
  [ "$(husk gc)" = "0 leftovers removed" ]
  echo "$unknown"
  [ -z "$unknown" ]
}
