# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # out, OPTIONS and others: lib/cell.bash
# What phase 06 promises: nothing outlives husk, and process 1 does its duty.

# --- what these checks share ---

# Records and logs of whom husk runs as.
state=$HUSK_STATE data=$HUSK_DATA
[ -z "${AS_USER:-}" ] || state=$SITE/users/$user/state data=$SITE/users/$user/data

# A verb of husk, as the user that the containers run as.
husk() { timeout -k 2 "$CELL_TIMEOUT" "${user_prefix[@]}" env --default-signal=PIPE "$HUSK" "$@"; }

# A folder for files of this check alone.
make_scratch() {
  scratch=$SITE/tmp/scratch
  mkdir -m 777 "$scratch"
  trap 'rm -rf "$scratch"' EXIT
}

wait_until() { # CMD...: 10 s at most
  local tries
  for tries in {1..200}; do
    ! "$@" || return 0
    sleep 0.05
  done
  return 1
}

# Starts CMD, which prints STARTED first, in a container in the background; $pid is its husk. A
# shell starts what it puts there with SIGINT and SIGQUIT ignored: that is taken back.
start() { # NAME CMD...
  local -a options=("${OPTIONS[@]}")
  case $PHASE in 0[1-4]) ;; *) OPTIONS+=("--name=$1") ;; esac
  build_call "${@:2}"
  OPTIONS=("${options[@]}")
  : >"$SITE/tmp/out"
  env --default-signal=INT,QUIT,HUP "${call[@]}" </dev/null >"$SITE/tmp/out" 2>"$SITE/tmp/err" &
  pid=$!
  wait_until grep -q '^STARTED' "$SITE/tmp/out" || { status=running err=$(<"$SITE/tmp/err"); never_started; }
}

# Kills husk as the kernel would when memory runs out. What it had started is not its child here.
kill_husk() {
  kill -9 "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null || true
}

# Pids of processes in the sandbox with this exact command line.
pids_of() {
  local proc words
  for proc in /proc/[0-9]*; do
    mapfile -d '' -t words 2>/dev/null <"$proc/cmdline" || continue
    [ "${words[*]}" != "$1" ] || echo "${proc#/proc/}"
  done
}

no_pids_of() { [ -z "$(pids_of "$1")" ]; }

records() { ls "$state/records" 2>/dev/null; }

# What there is of containers, whoever made them.
left() {
  cgroup_directories
  records
}

pid_in_ps() { husk ps --json | jq --arg name "$1" '.[] | select(.name == $name).pid'; }
status_in_ps() { husk ps --json | jq -r --arg name "$1" '.[] | select(.name == $name).status'; }

# Puts what phases without `husk gc` leave away, so that the next check finds nothing of it.
tidy_up() { # COMMAND-LINE
  local orphans
  orphans=$(pids_of "$1")
  # shellcheck disable=SC2086 # a list of numbers
  [ -z "$orphans" ] || kill -9 $orphans 2>/dev/null
  wait_until no_pids_of "$1" || true
  sleep 0.2
  cgroup_directories | sort -r | xargs -r rmdir
}

# --- SIGKILL, and gc ---

# Kills husk under CMD. Sets $orphans: who of CMD lives on; and lets gc do its work, if there is one.
kill_husk_under() { # CMD...
  local command=$* tries
  build_call "$@"
  "${call[@]}" </dev/null >"$SITE/tmp/out" 2>"$SITE/tmp/err" &
  pid=$!
  wait_until eval '! no_pids_of "$command"' || { status=running err=$(<"$SITE/tmp/err"); never_started; }
  sleep 0.1
  kill_husk
  for tries in {1..10}; do
    orphans=$(pids_of "$command")
    [ -n "$orphans" ] || break
    sleep 0.05
  done
  case $PHASE in 0[1-5]) collected='no gc yet' ;; *) collected=$(husk gc 2>&1) || collected="gc failed: $collected" ;; esac
}

check_sigkill_orphan() {
  local command="$SITE/kit/sleep $((RANDOM + 100000))" orphans collected after
  # shellcheck disable=SC2086 # two words
  kill_husk_under $command
  after=$(left)
  explain "after kill -9 of husk: process ${orphans:-none}; gc: $collected; then: $after"
  case $PHASE in 0[1-5]) tidy_up "$command" ;; esac
  [ -z "$orphans" ] && [ -z "$after" ] && [[ $collected == removed* ]]
}

check_sigkill_clinging() {
  local command="$SITE/kit/cleanup-cling $((RANDOM + 100000))" orphans collected after
  # shellcheck disable=SC2086 # two words
  kill_husk_under $command
  after=$(pids_of "$command" && left)
  explain "after kill -9 of husk: process ${orphans:-none}; gc: $collected; then: $after; it says: $(<"$SITE/tmp/out")"
  tidy_up "$command"
  [ -n "$orphans" ] && [ -z "$after" ] && [[ $collected == removed* ]]
}

# husk alone is traced, and killed as it enters the system call for the WHENth time.
kill_husk_at() { # SYSCALL:WHEN
  status=0
  { # the shell, too, would say that it was killed
    timeout -k 2 "$CELL_TIMEOUT" "${user_prefix[@]}" strace -qq -o "$scratch/trace" \
      -e "trace=${1%:*}" -e "inject=${1%:*}:signal=KILL:when=${1#*:}" \
      "$HUSK" run "--rootfs=$SITE/rootfs" --name=killed -- "$SITE/kit/cleanup-cling" </dev/null \
      >"$SITE/tmp/out" 2>"$SITE/tmp/err" || status=$?
  } 2>/dev/null
}

check_gc_collects() {
  local point killed=0
  inside true
  make_scratch
  for point in mkdir:1 mkdir:5 openat:5 write:1 write:2 write:3 write:4 pipe2:1 pipe2:3 clone:1 clone3:1 wait4:1 rt_sigtimedwait:1; do
    kill_husk_at "$point"
    [ "$status" != 137 ] || killed=$((killed + 1))
    explain "killed at $point: status $status; $(<"$SITE/tmp/err")"
    husk gc >"$scratch/gc" 2>&1 || { explain "killed at $point: gc: $(<"$scratch/gc")"; return 1; }
    if [ -n "$(left)" ] || ! wait_until no_pids_of "$SITE/kit/cleanup-cling"; then
      explain "killed at $point: left: $(left)"
      return 1
    fi
  done
  explain "$killed times killed"
  [ $killed -ge 10 ]
}

# As many processes come and go as have to, until one has this pid: $reused. It runs as who husk
# runs as, so that husk could kill it.
take_pid() { # PID
  local tries
  for tries in {1..50}; do
    reused=$(echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
      "${user_prefix[@]}" "$SITE/kit/sleep" 4245 >/dev/null 2>&1 & echo $!)
    [ "$reused" != "$1" ] || return 0
    kill "$reused" 2>/dev/null
  done
  explain "pid $1 could not be had again"
  exit 200
}

check_gc_reused_pid() {
  local reused first before after alive=0 second
  start reused "$SITE/kit/cleanup-cling"
  first=$(pid_in_ps reused)
  kill_husk
  kill -9 "$first" 2>/dev/null
  wait_until eval '! [ -d "/proc/$first" ]' || true
  take_pid "$first"
  before=$(status_in_ps reused)
  husk gc >"$SITE/tmp/out" 2>&1
  after=$?
  sleep 0.1
  ! kill -0 "$reused" 2>/dev/null || alive=1
  explain "pid $first: ps said $before, gc $after: $(<"$SITE/tmp/out"); the new owner of the pid: alive $alive"
  tidy_up "$SITE/kit/sleep 4245" 2>/dev/null
  [ "$before" = killed ] && [ "$after" = 0 ] && [ $alive = 1 ] && [ -z "$(left)" ]
}

check_gc_running() {
  local first second said shown
  start first "$SITE/kit/cleanup-cling"
  first=$pid
  start second "$SITE/kit/cleanup-cling"
  second=$pid
  start third "$SITE/kit/cleanup-cling"
  kill_husk
  said=$(husk gc 2>&1)
  shown=$(husk ps --json | jq -c 'map([.name, .status])')
  kill "$first" "$second" 2>/dev/null # both have no handler: husk kills what it started
  wait "$first" "$second" 2>/dev/null
  explain "gc: $said; ps: $shown; left: $(left)"
  [ "$said" = 'removed third' ] && [ "$shown" = '[["first","running"],["second","running"]]' ] && [ -z "$(left)" ]
}

check_gc_at_once() {
  local i names=(a b c d e f) said
  make_scratch
  for i in "${names[@]}"; do
    start "$i" "$SITE/kit/cleanup-cling"
    kill_husk
  done
  for i in 1 2 3 4; do
    (husk gc >"$scratch/said-$i" 2>"$scratch/complaint-$i"; echo $? >"$scratch/status-$i") &
  done
  wait
  said=$(sort "$scratch"/said-*)
  explain "four gc at once: $said $(cat "$scratch"/complaint-*); left: $(left)"
  [ "$said" = "$(printf 'removed %s\n' "${names[@]}")" ] && [ "$(cat "$scratch"/status-* | sort -u)" = 0 ] &&
    [ -z "$(cat "$scratch"/complaint-*)$(left)" ]
}

move_into_cgroup() { # PID NAME
  local directory
  for directory in $(cgroup_directories | grep "/$2\$"); do
    echo "$1" >"$directory/cgroup.procs"
  done
}

move_out_of_cgroup() { # PID: to where this shell is
  local line controllers path
  while IFS=: read -r _ controllers path; do
    case $controllers in
      '') for line in /sys/fs/cgroup /sys/fs/cgroup/unified; do [ ! -e "$line/cgroup.controllers" ] || echo "$1" >"$line$path/cgroup.procs"; done ;;
      name=*) ;;
      *) [ ! -e "/sys/fs/cgroup/${controllers%%,*}" ] || echo "$1" >"/sys/fs/cgroup/${controllers%%,*}$path/cgroup.procs" ;;
    esac
  done </proc/self/cgroup 2>/dev/null
}

check_gc_foreign_process() {
  local foreign before=0 unseen=0 alive=0 after shown
  start foreign "$SITE/kit/cleanup-cling"
  foreign=$("$SITE/kit/sleep" 4246 >/dev/null 2>&1 & echo $!) # no child of ours: bash would report its end
  move_into_cgroup "$foreign" foreign
  kill_husk
  husk gc >"$SITE/tmp/out" 2>"$SITE/tmp/err" || before=$?
  shown=$(status_in_ps foreign)
  # A gc that has another PID namespace cannot see it: cgroup.procs says 0 there, and for kill(2)
  # 0 is everybody. So that this is not us: a session of its own.
  setsid -w unshare --pid --fork --mount-proc "$HUSK" gc >/dev/null 2>&1 || unseen=$?
  ! kill -0 "$foreign" 2>/dev/null || alive=1
  explain "gc with a foreign process: $before, $(<"$SITE/tmp/err"); it is alive: $alive; ps: $shown; from another PID namespace: $unseen"
  move_out_of_cgroup "$foreign" 2>/dev/null
  after=$(husk gc 2>&1)
  kill -9 "$foreign" 2>/dev/null
  wait_until no_pids_of "$SITE/kit/sleep 4246"
  explain "$(<"$SITE/tmp/explanation"); then: $after; left: $(left)"
  [ $before = 125 ] && [ $alive = 1 ] && [ "$shown" = killed ] && [ $unseen = 125 ] && [ "$after" = 'removed foreign' ] && [ -z "$(left)" ]
}

# --- records ---

check_torn_records() {
  local size running torn json
  make_scratch
  start running "$SITE/kit/cleanup-cling"
  running=$pid
  start torn "$SITE/kit/cleanup-cling"
  cp "$state/records/torn" "$scratch/whole"
  kill_husk
  husk gc >"$SITE/tmp/out" 2>&1
  for size in $(seq 0 3 "$(stat -c %s "$scratch/whole")"); do
    head -c "$size" "$scratch/whole" >"$state/records/cut$size"
  done
  printf 'created 9223372036854775807\ninit -1 1\n' >"$state/records/year"
  printf 'created 1\ncommand \033[31m"\\ \001\377\ninit 99999999999 1\n' >"$state/records/escape"
  head -c 5000 /dev/urandom >"$state/records/random"
  printf 'null' >"$state/records/null"
  : >"$state/records/"$'two\nlines' # a name that no husk gives
  mkfifo "$state/records/fifo"
  ln -s "$SITE/secret/token" "$state/records/link"
  chmod a+rw "$state/records"/{cut*,year,escape,random,null,fifo}
  husk ps >"$scratch/ps" 2>&1 || { explain "ps: $?"; return 1; }
  json=$(husk ps --json | jq -c '[length, map(select(.status != "killed").name)]')
  torn=$(husk gc 2>&1)
  status=$?
  rm -f "$state/records/"$'two\nlines' "$state/records/link"
  explain "ps: $json, $(wc -l <"$scratch/ps") lines; gc: $status; left: $(records)"
  [ "$status" = 0 ] && [ "$(records)" = running ] && [ "$(wc -l <"$scratch/ps")" -gt 10 ] &&
    ! LC_ALL=C grep -q '[^[:print:]]' "$scratch/ps" && [[ $json == *',["running"]]' ]] && [[ $torn != *token* ]] &&
    [ "$(wc -l <"$scratch/ps")" = "$(($(jq '.[0]' <<<"$json") + 1))" ]
  status=$?
  kill "$running" 2>/dev/null
  wait "$running" 2>/dev/null
  [ -z "$(left)" ] && [ $status = 0 ]
}

check_record_modes() {
  local modes listed='' refused
  rm -rf "${data:?}/logs" # of checks before this one
  umask 0
  start modes "$SITE/kit/cleanup-cling"
  modes=$(stat -c %a "$state" "$state/records" "$state/records/modes" "$data/logs" "$data/logs"/* | paste -sd ' ')
  if [ "$(awk '{ print $3; exit }' /proc/self/uid_map)" -gt 1 ]; then # there is another user
    listed=$(setpriv --reuid 12345 --regid 12345 --clear-groups sh -c 'ls "$1" "$1/records" "$2/logs"' _ "$state" "$data" 2>/dev/null)
  fi
  kill "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  explain "$modes; another user sees: $listed"
  [ "$modes" = '700 700 600 700 600' ] && [ -z "$listed" ]
}

check_record_owner() {
  local other=12345
  inside true
  [ "$(awk '{ print $3; exit }' /proc/self/uid_map)" -gt 1 ] || return 0 # nobody else there could be
  mkdir -p "$(dirname "$state")"
  mkdir -m 777 "$state"
  chown $other "$state"
  is_refused 125 "$state" launch true
  refused=$?
  rmdir "$state"
  return $refused
}

check_name_in_use() {
  local i winners losers refused=125
  [ "$PHASE" != final ] || refused=1
  make_scratch
  mkfifo "$scratch/hold"
  exec 9<>"$scratch/hold"
  OPTIONS=(--name=wanted)
  for i in {1..20}; do
    (launch "$SITE/kit/sh" -c 'echo STARTED; read line' <"$scratch/hold" >"$scratch/out-$i" 2>"$scratch/err-$i"; echo $? >"$scratch/status-$i") 9>&- &
  done
  ended() { [ "$(cat "$scratch"/status-* 2>/dev/null | wc -l)" -ge 19 ] && grep -qs STARTED "$scratch"/out-*; }
  wait_until ended
  winners=$(cat "$scratch"/out-* | wc -l) losers=$(grep -lx $refused "$scratch"/status-* | wc -l)
  echo >&9
  exec 9>&-
  wait
  explain "$winners started, $losers ended with $refused: $(sort "$scratch"/err-* | uniq -c); left: $(left)"
  [ "$winners" = 1 ] && [ "$losers" = 19 ] && [ "$(cat "$scratch"/err-* | grep -cE '^husk(-runtime)?:.*wanted')" = 19 ] && [ -z "$(left)" ]
}

check_ps() {
  local none table json row
  none=$(husk ps --json)
  OPTIONS=(--init)
  start shown "$SITE/kit/sh" -c 'echo STARTED; sleep 60' $'x\nforged  running  1\033[31m "\\'
  table=$(husk ps)
  json=$(husk ps --json)
  row=$(jq -r '.[] | "\(.name) \(.status) \(.pid)"' <<<"$json")
  local namespaces
  namespaces=$(awk '$1 == "NSpid:" { print $NF }' "/proc/${row##* }/status")
  explain "$table; $json; pid inside: $namespaces"
  kill_husk
  local killed
  killed=$(status_in_ps shown)
  husk gc >"$SITE/tmp/out"
  [ "$none" = '[]' ] && [ "$(wc -l <<<"$table")" = 2 ] && [[ $table == NAME*STATUS*PID*$'\n'shown*running*"sh -c echo STARTED; sleep 60"* ]] &&
    ! LC_ALL=C grep -q '[^[:print:]]' <<<"$table" && [ "$(jq length <<<"$json")" = 1 ] &&
    [[ $row == 'shown running '[1-9]* ]] && [ "$namespaces" = 1 ] && [ "$killed" = killed ] && [ "$(husk ps --json)" = '[]' ]
}

# --- process 1, and signals ---

check_zombie_pile() {
  measure() {
    sleep 0.2
    measured=$(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | xargs -r grep -l '^Name:.zombie-pile' 2>/dev/null | wc -l)
  }
  case $PHASE in 0[1-5]) ;; *) OPTIONS+=(--init) ;; esac
  hold_and_measure zombie-pile 20
  explain "$measured zombies seen from outside"
  [ "$measured" = 0 ]
}

check_init_duties() {
  OPTIONS=(--init)
  inside 'echo $$ $PPID; for i in /proc/1/fd/*; do readlink $i; done | grep / | sort -u; sleep 4247 & exit 3'
  explain "with --init: $out, status $status; left: $(pids_of 'sleep 4247')"
  [ "$out" = $'2 1\n/dev/null' ] && [ "$status" = 3 ] && no_pids_of 'sleep 4247' || return 1
  inside 'kill -9 $$'
  explain "$(<"$SITE/tmp/explanation"); a command that kills itself: $status"
  [ "$status" = 137 ] && is_refused 127 no-such-command launch no-such-command && is_refused 126 /etc launch /etc || return 1
  OPTIONS=()
  inside 'echo $$'
  explain "without --init: pid $out"
  [ "$out" = 1 ]
}

# A command that says which signals reach it; the second SIGTERM ends it with 7.
says_signals='for s in INT HUP QUIT USR1 USR2 WINCH; do trap "echo got $s" $s; done; n=0
  trap "echo got TERM; n=\$((n + 1)); [ \$n -lt 2 ] || exit 7" TERM; echo STARTED; while :; do sleep 0.1; done'

check_forwards_signals() {
  local option signal options=(--init --no-log)
  [ "$PHASE" != final ] || options=(--no-log)
  for option in "${options[@]}"; do
    OPTIONS=("$option")
    start "signals" "$SITE/kit/sh" -c "PATH=$SITE/kit; $says_signals"
    for signal in INT HUP QUIT USR1 USR2 WINCH TERM; do
      kill -"$signal" "$pid" 2>/dev/null
      wait_until grep -qx "got $signal" "$SITE/tmp/out" || { explain "$option: SIG$signal is not passed on"; kill_husk; husk gc >"$SITE/tmp/out"; return 1; }
    done
    kill -TERM "$pid" 2>/dev/null
    status=0
    wait "$pid" || status=$?
    explain "$option: $(tr '\n' ' ' <"$SITE/tmp/out"), status $status"
    [ "$status" = 7 ] && [ "$(grep -c got "$SITE/tmp/out")" = 8 ] || return 1
  done
  OPTIONS=()
  start waits "$SITE/kit/cleanup-sigwait"
  sleep 0.2
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  explain "$(<"$SITE/tmp/explanation"); one that waits for the signal: $status"
  [ "$status" = 7 ]
}

# Starts a command without handlers and sends signals; sets $status.
stop_by() { # SIGNAL...
  local signal
  start stopped "$SITE/kit/sh" -c 'echo STARTED; exec sleep 60'
  for signal in "$@"; do
    kill -"$signal" "$pid" 2>/dev/null
    sleep 0.1
  done
  status=0
  wait "$pid" || status=$?
}

check_stop_status() {
  local seen=''
  OPTIONS=()
  for signal in TERM INT HUP QUIT 'USR1 WINCH TERM'; do # for process 1 the kernel drops USR1
    # shellcheck disable=SC2086 # one or more
    stop_by $signal
    seen+="$signal $status "
  done
  OPTIONS=(--init)
  for signal in TERM INT USR1 'WINCH USR2'; do
    # shellcheck disable=SC2086 # one or more
    stop_by $signal
    seen+="init $signal $status "
  done
  explain "$seen; left: $(left)"
  [ "$seen" = 'TERM 143 INT 130 HUP 129 QUIT 131 USR1 WINCH TERM 143 init TERM 143 init INT 130 init USR1 138 init WINCH USR2 140 ' ] && [ -z "$(left)" ]
}

# --- logs ---

# Runs CMD as --name=NAME with its streams in files: $scratch/stdout and stderr. Sets $status.
run_logged() { # NAME CMD...
  status=0
  husk run "--rootfs=$SITE/rootfs" "--name=$1" "${OPTIONS[@]}" -- "${@:2}" >"$scratch/stdout" 2>"$scratch/stderr" || status=$?
  err=$(<"$scratch/stderr")
  no_sanitizer_report
}

log_files() { find "$data/logs" -type f 2>/dev/null | sort; }

check_log_exact() {
  local name
  make_scratch
  head -c 300000 /dev/urandom >"$scratch/binary"
  printf 'no end' >"$scratch/unfinished"
  printf '\n\n\0\n\r\n 2026-01-01T00:00:00.000000000Z stdout F x\n\n' >"$scratch/empty-lines"
  head -c 10000000 /dev/zero | tr '\0' a >"$scratch/long"
  : >"$scratch/nothing"
  for name in binary unfinished empty-lines long nothing; do
    run_logged exact "$SITE/kit/cat" <"$scratch/$name"
    husk logs exact >"$scratch/logged" || { explain "$name: logs: $?"; return 1; }
    if ! cmp "$scratch/$name" "$scratch/stdout" || ! cmp "$scratch/$name" "$scratch/logged"; then
      explain "$name: not the same bytes on standard output"
      return 1
    fi
    run_logged exact "$SITE/kit/sh" -c 'cat >&2; exit 9' <"$scratch/$name"
    husk logs exact 2>"$scratch/logged" >"$scratch/stdout"
    if ! cmp "$scratch/$name" "$scratch/logged" || [ -s "$scratch/stdout" ] || [ "$status" != 9 ]; then
      explain "$name: not the same bytes on standard error, or status $status"
      return 1
    fi
  done >"$SITE/tmp/out" 2>&1
}

check_log_format() {
  local file before stamp='^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z'
  make_scratch
  before=$(log_files | wc -l)
  run_logged format "$SITE/kit/sh" -c 'echo out; echo err >&2; sleep 0.1; echo "husk F container other"; printf tail'
  file=$(log_files | tail -1)
  explain "${file##*/}: $(cat "$file")"
  [ "$(log_files | wc -l)" = $((before + 1)) ] &&
    [[ ${file##*/} =~ ^container_[0-9]{8}T[0-9]{6}\.[0-9]{9}Z\.log$ ]] &&
    ! grep -qvE "$stamp (husk|stdout|stderr) [FP] " "$file" &&
    head -1 "$file" | grep -qE "$stamp husk F container format$" &&
    grep -qE "$stamp stdout F out$" "$file" && grep -qE "$stamp stderr F err$" "$file" &&
    grep -qE "$stamp stdout P tail$" "$file" && [ "$(wc -l <"$file")" = 5 ] &&
    husk logs --timestamps format | cmp - <(tail -n +2 "$file") >"$SITE/tmp/out" && is_refused 125 other husk logs other
}

check_log_apart() {
  local i before wrong=0
  make_scratch
  before=$(log_files | wc -l)
  OPTIONS=(--mem=max --cpu=max --pids=max)
  for i in {1..20}; do
    husk run "--rootfs=$SITE/rootfs" "--name=apart$i" "${OPTIONS[@]}" -- "$SITE/kit/sh" -c "for n in 1 2 3; do echo $i \$n; sleep 0.05; done" >"$scratch/out-$i" 2>"$scratch/err-$i" &
  done
  wait
  for i in {1..20}; do
    [ "$(husk logs "apart$i")" = "$(printf "$i %s\n" 1 2 3)" ] && [ "$(cat "$scratch/out-$i")" = "$(printf "$i %s\n" 1 2 3)" ] || wrong=$((wrong + 1))
  done
  run_logged apart1 "$SITE/kit/echo" again
  explain "$(($(log_files | wc -l) - before)) files of 21, $wrong wrong, of two runs of one name: $(husk logs apart1)"
  [ $(($(log_files | wc -l) - before)) = 21 ] && [ $wrong = 0 ] && [ "$(husk logs apart1)" = again ]
}

# How many log files a run makes, and what it says of its terminal.
on_terminal() { # OPTION...
  local before
  before=$(log_files | wc -l)
  said=$("$SITE/kit/cleanup-pty" "${user_prefix[@]}" "$HUSK" run "--rootfs=$SITE/rootfs" "$@" -- \
    "$SITE/kit/sh" -c 'for i in 0 1 2; do test -t $i; echo $?; done' </dev/null | tr -d '\r' | grep -v '^husk: not root' | paste -sd ' ')
  said+=", $(($(log_files | wc -l) - before)) logs"
}

check_log_terminal() {
  local plain logged none said
  on_terminal
  plain=$said
  on_terminal --log
  logged=$said
  make_scratch
  none=$(log_files | wc -l)
  OPTIONS=(--no-log)
  run_logged silent "$SITE/kit/echo" not kept
  none=$(($(log_files | wc -l) - none))
  explain "on a terminal: $plain; with --log: $logged; with --no-log: $none logs"
  [ "$plain" = '0 0 0, 0 logs' ] && [ "$logged" = '0 1 1, 1 logs' ] && [ $none = 0 ] && [ "$(<"$scratch/stdout")" = 'not kept' ] &&
    is_refused 125 silent husk logs silent
}

check_log_reader() {
  local first init size
  make_scratch
  # A reader that leaves: the container must hear of it, as it would without a log. For process 1
  # the kernel drops SIGPIPE, too: yes(1) sees an error and says 1.
  first=$(husk run "--rootfs=$SITE/rootfs" -- "$SITE/kit/yes" 2>"$SITE/tmp/err" | head -1; echo "${PIPESTATUS[0]}")
  init=$(husk run "--rootfs=$SITE/rootfs" --init -- "$SITE/kit/yes" 2>"$SITE/tmp/err" | head -1; echo "${PIPESTATUS[0]}")
  # One that is slow, on a pipe that does not wait for it.
  size=$("$SITE/kit/cleanup-nonblock" "${user_prefix[@]}" "$HUSK" run "--rootfs=$SITE/rootfs" -- \
    "$SITE/kit/head" -c 1000000 /dev/zero 2>"$SITE/tmp/err" | (sleep 0.5; wc -c))
  explain "reader leaves: $first, with --init $init; slow reader got $size; left: $(left)"
  [ "$first" = $'y\n1' ] && [ "$init" = $'y\n141' ] && [ "$size" = 1000000 ] && [ -z "$(left)" ]
}

check_log_full() {
  local lines complaints
  inside true # DATA is there from now on
  make_scratch
  mount -t tmpfs -o size=64k,mode=1777 full "$data"
  run_logged full "$SITE/kit/sh" -c 'i=0; while [ $i -lt 3000 ]; do echo "line $i, to fill the disk with"; i=$((i + 1)); done; echo end >&2; exit 4'
  umount "$data"
  lines=$(wc -l <"$scratch/stdout") complaints=$(grep -c 'No space left' "$scratch/stderr")
  explain "$lines lines, $complaints complaints, status $status: $err"
  [ "$lines" = 3000 ] && [ "$complaints" = 1 ] && [ "$status" = 4 ] && grep -qx end "$scratch/stderr"
}

check_log_symlink() {
  inside true # DATA is there from now on
  make_scratch
  mkdir -m 777 "$scratch/elsewhere"
  mv "$data/logs" "$scratch/logs"
  ln -s "$scratch/elsewhere" "$data/logs"
  run_refused launch "$SITE/kit/echo" hello
  explain "status $status, $err; written elsewhere: $(ls "$scratch/elsewhere")"
  rm "$data/logs"
  mv "$scratch/logs" "$data/logs"
  [ "$status" = 125 ] && [ -z "$(ls "$scratch/elsewhere")" ] && [ -z "$(left)" ]
}

# --- failures, and odd callers ---

# Every system call that sets something up fails, in husk and in what it starts, the first time it
# is called, then the second and so on, or every STEPth. A loader that cannot load is no husk. Adds
# to $points; or explains and fails.
unwinds() { # SYSCALL ERROR MOST [STEP]
  local when hit
  for ((when = 1; when <= $3; when += ${4:-1})); do
    status=0
    { # the shell, too, would say that something was killed
      timeout -k 2 20 "${user_prefix[@]}" strace -f -qq -o "$scratch/trace" -e "trace=$1" -e "inject=$1:error=$2:when=$when" \
      "$HUSK" run "--rootfs=$SITE/rootfs" --name=unwound --init -- "$SITE/kit/true" </dev/null >"$SITE/tmp/out" 2>"$SITE/tmp/err" || status=$?
    } 2>/dev/null
    hit=$(grep -m1 INJECTED "$scratch/trace") || return 0 # not called so often
    ! grep -q 'while loading shared' "$SITE/tmp/err" || continue
    points=$((points + 1))
    explain "$1 $2 $when: status $status, $(<"$SITE/tmp/err"); left: $(left); $hit"
    case $status in
      0) ;;
      125 | 126) grep -q '^husk: ' "$SITE/tmp/err" || [ "$2" = EINTR ] || return 1 ;; # 126: execve(2) failed
      *) return 1 ;;
    esac
    # Removing can fail, too: then it says so, and the record stays for gc.
    if grep -q '^husk: remove' "$SITE/tmp/err"; then
      [ "$(records)" = unwound ] && husk gc >"$SITE/tmp/out" 2>&1 || return 1
    fi
    [ -z "$(left)" ] || return 1
  done
}

check_unwind() {
  local points=0 opens=60
  inside true
  make_scratch
  chmod a+rwx "$scratch"
  # A sanitizer's runtime opens, and reads, files of its own before it begins.
  ! grep -qa __asan_init "$HUSK" || opens=0
  unwinds mkdir ENOSPC 40 2 && unwinds openat EMFILE $opens 3 && unwinds write ENOSPC 20 && unwinds pipe2 EMFILE 9 &&
    unwinds fcntl EMFILE 9 && unwinds flock ENOLCK 9 && unwinds clone EAGAIN 9 && unwinds clone3 EAGAIN 9 &&
    unwinds prctl EINVAL 9 && unwinds unshare ENOSPC 9 && unwinds mount ENOMEM 30 2 && unwinds pivot_root EINVAL 9 &&
    unwinds umount2 EBUSY 9 && unwinds sethostname EPERM 9 && unwinds execve E2BIG 9 && unwinds unlink EIO 9 &&
    unwinds read EINTR $((opens / 3)) 2 && unwinds poll EINTR 9 && unwinds rt_sigtimedwait EINTR 9 || return 1
  explain "$points failures"
  [ $points -ge 30 ]
}

check_few_descriptors() {
  local most started=0
  inside true
  for most in {4..24}; do
    status=0
    (ulimit -n "$most" && exec "${user_prefix[@]}" timeout -k 2 20 "$HUSK" run "--rootfs=$SITE/rootfs" -- "$SITE/kit/true") \
      </dev/null >"$SITE/tmp/out" 2>"$SITE/tmp/err" || status=$?
    explain "with $most descriptors: $status, $(<"$SITE/tmp/err"); left: $(left)"
    case $status in
      0) started=1 ;;
      125) grep -q '^husk: .*Too many open files' "$SITE/tmp/err" || return 1 ;;
      127) grep -q 'while loading shared' "$SITE/tmp/err" || return 1 ;; # that was not husk yet
      *) return 1 ;;
    esac
    [ -z "$(left)" ] || return 1
  done
  [ $started = 1 ]
}

check_closed_streams() {
  local said
  # In phase 01 the command is in the host's file system, then in the root file system, which from 09
  # on it cannot change.
  case $PHASE in 0[1-4]) ;; *) OPTIONS=(-v "$SITE/tmp:$SITE/tmp") ;; esac
  build_call "$SITE/kit/sh" -c "PATH=$SITE/kit; (for i in 0 1 2; do readlink /proc/\$\$/fd/\$i || echo closed; done) >$SITE/tmp/closed; true"
  status=0
  timeout -k 2 "$CELL_TIMEOUT" "${call[@]}" <&- >&- 2>&- || status=$?
  said=$(cat "$SITE/tmp/closed" "$SITE/rootfs$SITE/tmp/closed" 2>/dev/null | paste -sd ' ')
  rm -f "$SITE/tmp/closed" "$SITE/rootfs$SITE/tmp/closed"
  err=
  explain "status $status; the command's streams: $said"
  [ -n "$said" ] || never_started
  [ $status = 0 ] && [[ $said != *closed* ]] && [[ $said == /dev/null* ]]
}

check_strict_verbs() {
  inside true
  is_refused 125 --frob husk ps --frob && is_refused 125 x husk gc x && is_refused 125 --all husk gc --all &&
    is_refused 125 'husk logs' husk logs && is_refused 125 'husk logs' husk logs --timestamps &&
    is_refused 125 'a/b' husk logs a/b && is_refused 125 '..' husk logs .. && is_refused 125 b husk logs a b &&
    is_refused 125 never-was husk logs never-was &&
    refuses_value --init=1 && refuses_value --log=x && refuses_value --no-log=1 && refuses_value --inti 'try --init'
}
