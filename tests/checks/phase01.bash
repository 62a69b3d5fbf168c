# shellcheck shell=bash disable=SC2034,SC2154 # out, OPTIONS and others: lib/cell.bash
# What phase 01 promises: own names for the host, processes, mounts and IPC objects.

check_hostname() {
  inside 'hostname'
  explain "hostname is '$out', expected 'husk'"
  [ "$out" = husk ]
}

check_pid1() {
  # shellcheck disable=SC2016 # for the shell inside
  inside 'echo $$'
  explain "the command has pid $out"
  [ "$out" = 1 ]
}

check_ps_own() {
  "$SITE/kit/sleep" 777 &
  local victim=$!
  inside 'ps'
  kill "$victim"
  wait "$victim" 2>/dev/null || true
  explain "ps shows: $out"
  [[ $out == *PID* ]] && [[ $out != *"sleep 777"* ]]
}

check_mount_private() {
  local spot=$SITE/tmp/spot place seen=0
  local -a places=("$spot" "$SITE/rootfs$spot")
  options_of_07 --security=off # else there is no mount inside: mount-inside
  mkdir -p "${places[@]}"
  # In an overlay there is nothing of what is mounted below its layers: a volume brings it in.
  case $PHASE in 09 | final) OPTIONS+=(-v "$spot:$spot") places=("$spot") ;; esac
  # Shared mounts, as systemd makes them all: in the sandbox everything else is private already.
  for place in "${places[@]}"; do
    mount -t tmpfs spot "$place"
    mount --make-shared "$place"
    mkdir "$place/deep"
  done
  inside "mount -t tmpfs leaked-mount $spot/deep && echo mounted; grep -c leaked-mount /proc/self/mountinfo"
  ! grep -q leaked-mount /proc/self/mountinfo || seen=1
  umount -R "${places[@]}"
  rmdir "$spot" "$SITE/rootfs$spot"
  explain "mount inside: $out; seen outside: $seen"
  [ $seen = 0 ] && [ "$out" = $'mounted\n1' ]
}

check_sysv_ipc() {
  local key=$((RANDOM + 1))
  "$SITE/kit/sysv-queue" make $key >/dev/null
  attack sysv-queue find $key
  "$SITE/kit/sysv-queue" drop $key >/dev/null
  explain "$out"
  [[ $out != *"ESCAPED $key"* ]]
}

check_set_hostname() {
  local after expected=$TOKEN
  case $PHASE in plain | 0[1-6]) ;; *) expected=husk ;; esac # then not even the own one can be set
  inside "hostname $TOKEN; hostname"
  after=$(</proc/sys/kernel/hostname)
  "$SITE/kit/hostname" sandbox
  explain "inside it became '$out', outside '$after'"
  [ "$after" = sandbox ] && [ "$out" = "$expected" ]
}

# Not a zombie, which has no command line, and not about to die of SIGKILL, bit 8: on a busy machine
# that takes a moment.
is_alive() { # PID WORDS
  [ "$( (tr '\0' ' ' <"/proc/$1/cmdline") 2>/dev/null)" = "$2 " ] &&
    ! grep -q '^S[a-z]*Pnd:.*[13579bdf]..$' "/proc/$1/status" 2>/dev/null
}

check_signal_host() {
  local victim _
  "${user_prefix[@]}" "$SITE/kit/sleep" 888 &
  victim=$!
  inside "kill -9 $victim; killall -9 sleep; true"
  local alive=1
  for _ in 1 2; do # it may have taken the signal, and not be gone
    is_alive "$victim" "$SITE/kit/sleep 888" || alive=0
    sleep 0.05
  done
  kill -9 "$victim" 2>/dev/null || true
  wait "$victim" 2>/dev/null || true
  explain "the victim's survival: $alive; inside: $err"
  [ $alive = 1 ]
}
