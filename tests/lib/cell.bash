# shellcheck shell=bash disable=SC2034 # what is set here is for the checks
# cell.bash: one cell of the matrix: a check against a phase. Runs in the sandbox.
#
#	PHASE      plain, 01 ... 09, final: decides how the program is called
#	HUSK       the program of that phase; unused for plain
#	AS_USER    not empty: everything starts as an ordinary user
#
# A check is a function check_NAME. It calls `inside TEXT` or `launch CMD...`, and returns 0 when
# the guarantee holds or the attack is blocked, 1 when not; `explain` says what it saw. What was
# never started is an error, not a failure: a check that sees no STARTED calls never_started.

CELL_TIMEOUT=${CELL_TIMEOUT:-30}
OPTIONS=() # of `husk run`, from phase05 on

user_prefix=()
if [ -n "${AS_USER:-}" ]; then
  if [ "$(awk '{ print $3; exit }' /proc/self/uid_map)" -gt 1 ]; then
    user=65534
    user_prefix=(setpriv --reuid "$user" --regid "$user" --clear-groups)
  else # one uid is all we have: hide that it is root's
    user=1000
    user_prefix=(unshare --user "--map-user=$user" "--map-group=$user")
  fi
  # Root's are not for others to use.
  user_prefix+=(env "HUSK_STATE=$SITE/users/$user/state" "HUSK_DATA=$SITE/users/$user/data")
fi

# Sets $call to what has to be executed so that CMD runs the way this phase is called.
build_call() { # CMD...
  call=("${user_prefix[@]}" env "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$SITE/kit")
  case $PHASE in
    plain) ;;
    01) call+=("$HUSK") ;;
    02 | 03 | 04) call+=("$HUSK" "$SITE/rootfs") ;;
    *) call+=("$HUSK" run "--rootfs=$SITE/rootfs" "${OPTIONS[@]}" --) ;;
  esac
  call+=("$@")
}

# Runs CMD so. stdout, stderr and stdin are the caller's.
launch() {
  build_call "$@"
  timeout -k 2 "$CELL_TIMEOUT" "${call[@]}"
}

# Runs shell TEXT inside. Sets $out (after STARTED), $err and $status.
inside() {
  run_captured launch "$SITE/kit/busybox" sh -c "PATH=$SITE/kit; echo STARTED; $1"
}

# Runs an attack program, or any command that prints STARTED, inside.
attack() { # PROGRAM ARG...
  local program=$1
  shift
  run_captured launch "$SITE/kit/$program" "$@"
}

run_captured() {
  status=0
  "$@" >"$SITE/tmp/out" 2>"$SITE/tmp/err" </dev/null || status=$?
  err=$(<"$SITE/tmp/err")
  out=$(<"$SITE/tmp/out")
  no_sanitizer_report
  [ "${out%%$'\n'*}" = STARTED ] || never_started
  out=${out#STARTED}
  out=${out#$'\n'}
}

# 200 is the status of a cell that could not be judged.
never_started() {
  explain "never started: status ${status:-unknown}, ${err:-nothing on stderr}"
  exit 200
}

# A phase ends with 125, 126 or 127 when it cannot start the command, husk-runtime with 1 and a line:
# engines tell the three by its words. So do we here, with podman's words, and set $status and $err.
read_refusal() {
  [ "$PHASE" = final ] && [ "$status" = 1 ] && [[ $err == husk-runtime:* ]] || return 0
  case ${err,,} in
    *'permission denied'*) status=126 ;;
    *'executable file not found in'* | *'no such file or directory'*) status=127 ;;
    *) status=125 ;;
  esac
  err=husk:${err#husk-runtime:}
}

# In a build with ASan and UBSan: what they report is an error whatever else went well.
no_sanitizer_report() {
  [[ $err == *Sanitizer* || $err == *"runtime error:"* ]] || return 0
  explain "sanitizer: $err"
  exit 200
}

explain() { printf '%s\n' "$*" | head -c 300 | tr '\n' ' ' >"$SITE/tmp/explanation"; }

# Blocked unless the output shows the token. An attack's own word counts for nothing.
is_token_safe() {
  explain "$out"
  [[ $out != *"$TOKEN"* ]]
}

# Starts an attack that holds what it got, and waits until it says so or ends. While it holds,
# `measure` is called and sets $measured from outside; then it is let go. Sets $out, $err, $status.
hold_and_measure() { # PROGRAM ARG...
  local program=$1 pid tries=0
  shift
  rm -f "$SITE/tmp/hold"
  mkfifo "$SITE/tmp/hold"
  : >"$SITE/tmp/out" # the last cell's HOLDING must not be taken for this one's
  launch "$SITE/kit/$program" "$@" <"$SITE/tmp/hold" >"$SITE/tmp/out" 2>"$SITE/tmp/err" &
  pid=$!
  exec 9>"$SITE/tmp/hold"
  until grep -q '^HOLDING' "$SITE/tmp/out" || ! kill -0 "$pid" 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt $((CELL_TIMEOUT * 20)) ] || break
    sleep 0.05
  done
  measured=0
  measure
  exec 9>&-
  status=0
  wait "$pid" || status=$?
  rm -f "$SITE/tmp/hold"
  out=$(<"$SITE/tmp/out")
  err=$(<"$SITE/tmp/err")
  no_sanitizer_report
  [ "${out%%$'\n'*}" = STARTED ] || never_started
}

# Processes whose program has this name, as the sandbox sees them.
processes_named() {
  local comm count=0
  for comm in /proc/[0-9]*/comm; do
    [ "$(cat "$comm" 2>/dev/null)" != "$1" ] || count=$((count + 1))
  done
  echo $count
}

# Directories of the containers' cgroups, in every hierarchy.
cgroup_directories() {
  local name='*/husk-course*'
  [ "$PHASE" != final ] || name='*/husk-*'
  find /sys/fs/cgroup -maxdepth 4 -type d -path "$name" ! -path '*husk-sandbox*' 2>/dev/null | sort
}
