# shellcheck shell=bash disable=SC2034,SC2154 # out, OPTIONS and others: lib/cell.bash
# What phase 05 promises: the user decides, and every mistake is named before anything happens.

# Runs CMD without expecting that it starts; sets $out, $err, $status.
run_refused() {
  status=0
  "$@" >"$SITE/tmp/out" 2>"$SITE/tmp/err" </dev/null || status=$?
  out=$(<"$SITE/tmp/out")
  err=$(grep -v '^husk: not root' "$SITE/tmp/err" || true)
  no_sanitizer_report
  read_refusal
}

# STATUS WORD CMD...: CMD ends with STATUS after one line on stderr that contains WORD.
is_refused() {
  local expected=$1 word=$2
  shift 2
  run_refused "$@"
  explain "status $status, expected $expected; stdout '$out'; stderr '$err', expected '$word' in one line"
  [ "$status" = "$expected" ] && [ -z "$out" ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == husk:*"$word"* ]]
}

check_command_not_found() {
  inside true
  is_refused 127 no-such-command launch no-such-command &&
    is_refused 127 /no/such/command launch /no/such/command
}

check_not_executable() {
  inside true
  is_refused 126 /etc launch /etc &&
    is_refused 126 /etc/passwd launch /etc/passwd
}

check_clean_environment() {
  export HUSK_SECRET=$TOKEN
  inside 'env'
  unset HUSK_SECRET
  is_token_safe && [[ $out == *PATH=* ]]
}

# A value that `husk run` must not take: the whole argument has to be named, and nothing be left.
refuses_value() { # ARGUMENT [WORD THAT MUST BE NAMED]
  is_refused 125 "${2:-$1}" timeout 10 "${user_prefix[@]}" "$HUSK" run "--rootfs=$SITE/rootfs" "$1" -- true
}

check_strict_values() {
  local value
  inside true
  for value in --mem=lots --mem= --mem=-1 --mem=0 --mem=1K --mem=64MM --mem=1.5G --mem=' 64M' --mem=0x40000000 \
    --mem=99999999999999999999 --mem=9999999T --memory=64Mfoo \
    --cpu=0% --cpu=-5 --cpu=25 --cpu=25%% --cpu=% --cpu=0.5% --cpu=25.1234% --cpu=1e2% --cpu=nan% --cpu=999999999% \
    --cpus=0 --cpus=-1 --cpus=1.5x --cpus=.5 --cpus=1. --cpus=0.001 \
    --pids=1e3 --pids=0 --pids=-1 --pids=50.0 --pids=+5 --pids=99999999 \
    --hostname= --hostname=a/b --hostname=-a --hostname="$(printf 'h%.0s' {1..65})" \
    --name= --name=../x --name=. --name=a/b --name=.hidden --name=-x \
    --env=NOEQUALS --env==x --workdir=relative --workdir= \
    --rootfs=/nonexistent --rootfs= --volume=x --volume=/nonexistent:/tmp --volume=/etc:relative \
    --volume=/etc:/tmp:rwx --volume=/etc:/../tmp --volume=:/tmp --read-only=1; do
    refuses_value "$value" || return 1
  done
  refuses_value $'--mem=1\n2' '--mem=1?2' && refuses_value $'--name=a\nb' '--name=a?b' &&
    refuses_value --memm=1M 'try --mem' && refuses_value --readonly 'try --read-only' &&
    refuses_value --nonsense 'husk help' && refuses_value -x 'husk help' &&
    is_refused 125 'no command' "$HUSK" && is_refused 125 'no command' "$HUSK" run &&
    is_refused 125 'no command' "$HUSK" run --pids=50 && is_refused 125 'no command' "$HUSK" run -- &&
    is_refused 125 'frobnicate' "$HUSK" frobnicate && is_refused 125 'SIZE' "$HUSK" run --mem
}

check_options_end() {
  # shellcheck disable=SC2016 # for the shell inside
  inside 'true'
  run_captured timeout 10 "${user_prefix[@]}" "$HUSK" run "--rootfs=$SITE/rootfs" "$SITE/kit/busybox" \
    printf 'STARTED\n%s,%s,%s' --hostname=x -- --mem=lots
  explain "$out $err"
  [ "$out" = '--hostname=x,--,--mem=lots' ] || return 1
  run_captured timeout 10 "${user_prefix[@]}" "$HUSK" run "--rootfs=$SITE/rootfs" -- "$SITE/kit/busybox" printf \
    'STARTED\n%s,%s,%s' --hostname=x -- --mem=lots
  explain "$out $err"
  [ "$out" = '--hostname=x,--,--mem=lots' ]
}

check_set_name_apart() {
  local name
  name=$(printf 'h%.0s' {1..64})
  OPTIONS=("--hostname=$name")
  inside 'hostname'
  explain "$out"
  [ "$out" = "$name" ]
}

check_traversal_name() {
  local before after
  inside true
  before=$(find /sys/fs/cgroup -maxdepth 3 -type d | sort)
  run_refused timeout 10 "${user_prefix[@]}" "$HUSK" run "--rootfs=$SITE/rootfs" --name=../../escaped -- \
    "$SITE/kit/sh" -c "find /sys/fs/cgroup -name escaped"
  after=$(find /sys/fs/cgroup -maxdepth 3 -type d | sort)
  explain "status $status, $err"
  [ "$before" = "$after" ] && [ "$status" = 125 ]
}

check_workdir_env() {
  OPTIONS=(--workdir=/tmp "--env=GREETING=hello world" --env=EMPTY= "--env=LINES=a
b")
  # shellcheck disable=SC2016 # for the shell inside
  inside 'pwd; echo "$GREETING"; echo "[$EMPTY]"; echo "$LINES"'
  explain "$out"
  [ "$out" = $'/tmp\nhello world\n[]\na\nb' ] || return 1
  [ "$PHASE" != final ] || return 0 # OCI runtimes make the place
  OPTIONS=(--workdir=/no/such/place)
  is_refused 125 /no/such/place launch true
}

check_read_only_root() {
  OPTIONS=(--read-only)
  inside 'touch /written 2>&1; echo x >/dev/null && echo devices; touch /dev/shm/x && echo shm'
  explain "$out"
  [[ $out == *"Read-only file system"*devices*shm ]] && [ ! -e "$SITE/rootfs/written" ]
}

check_volumes() {
  mkdir -p "$SITE/tmp/shared/deep"
  mount -t tmpfs deep "$SITE/tmp/shared/deep" # read-only has to mean what is mounted below, too
  echo "$TOKEN" >"$SITE/tmp/shared/file"
  chmod -R a+rwX "$SITE/tmp/shared"
  OPTIONS=(-v "$SITE/tmp/shared:/mnt:ro")
  inside 'cat /mnt/file; touch /mnt/x 2>&1; touch /mnt/deep/x 2>&1'
  local read_only=$out
  OPTIONS=("--volume=$SITE/tmp/shared:/mnt")
  inside 'touch /mnt/deep/made && echo made'
  explain "ro: $read_only; rw: $out"
  local made=0
  [ ! -e "$SITE/tmp/shared/deep/made" ] || made=1
  umount "$SITE/tmp/shared/deep"
  rm -rf "$SITE/tmp/shared"
  [ "$(grep -c 'Read-only file system' <<<"$read_only")" = 2 ] && [[ $read_only == "$TOKEN"* ]] && [ $made = 1 ] || return 1
  [ "$PHASE" != final ] || return 0 # OCI runtimes make the place
  OPTIONS=(-v /etc:/no-such-place)
  is_refused 125 no-such-place launch true
}

check_memory_option() {
  OPTIONS=(--mem=64M)
  attack memory-hog 256
  explain "status $status, $err"
  [ "$status" = 137 ] && [ "$(grep -c 'OOM-killed.*64 MiB' <<<"$err")" = 1 ] || return 1
  OPTIONS=(--mem=400M)
  attack memory-hog 256
  explain "with 400M: status $status, $err"
  [ "$status" = 0 ] && [ -z "$err" ]
}

check_pids_option() {
  measure() { measured=$(processes_named fork-bomb); }
  OPTIONS=(--pids=20)
  hold_and_measure fork-bomb 120
  explain "$measured processes under --pids=20"
  [ "$measured" = 20 ] || return 1
  OPTIONS=(--pids=50)
  hold_and_measure fork-bomb 120
  explain "$measured processes under --pids=50"
  [ "$measured" = 50 ]
}

# Microseconds of CPU time the container's cgroup has used, by its own account: usage_usec on v2,
# cpuacct on v1; and those of wall time.
cgroup_usage() {
  local directory
  for directory in $(cgroup_directories); do
    if [ -e "$directory/cpuacct.usage" ]; then
      awk '{ printf "%d\n", $1 / 1000 }' "$directory/cpuacct.usage"
    elif grep -qs usage_usec "$directory/cpu.stat"; then
      awk '$1 == "usage_usec" { print $2 }' "$directory/cpu.stat"
    fi
  done | sort -n | tail -1
}

now_us() { echo "${EPOCHREALTIME/[.,]/}"; }

# Sets $percent: of one CPU, over five seconds.
measure_cpu_option() {
  OPTIONS=(--cpu=25%)
  launch "$SITE/kit/cpu-hog" 7 2 >"$SITE/tmp/out" 2>"$SITE/tmp/err" </dev/null &
  local pid=$! begin_us begin_usage
  wait_until grep -q '^STARTED' "$SITE/tmp/out" || never_started
  sleep 0.5
  begin_usage=$(cgroup_usage) begin_us=$(now_us)
  sleep 5
  percent=$(((1000 * ($(cgroup_usage) - begin_usage) / ($(now_us) - begin_us) + 5) / 10))
  wait "$pid"
}

check_cpu_option() {
  local percent
  first_in_line measure_cpu_option
  explain "$percent % of one CPU over 5 s under --cpu=25%"
  [ "$percent" -ge 22 ] && [ "$percent" -le 28 ]
}

check_first_instruction() {
  OPTIONS=(--pids=1)
  local i
  for i in 1 2 3 4 5; do
    attack fork-once
    explain "run $i: $out"
    [[ $out == BLOCKED* ]] || return 1
  done
  OPTIONS=(--pids=2)
  attack fork-once
  explain "with --pids=2: $out"
  [[ $out == ESCAPED* ]]
}
