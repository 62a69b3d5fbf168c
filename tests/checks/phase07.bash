# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # out, OPTIONS and others: lib/cell.bash
# What phase 07 promises: root inside has few of root's rights, few of the kernel's calls, and
# nothing that husk's caller had open.

# SECURITY_OFF=1 judges the same program without its guard: then every attack must get through.
[ -z "${SECURITY_OFF:-}" ] || OPTIONS=(--security=off)

# OPTION...: of `husk run` from this phase on; the phases before have no such options.
options_of_07() {
  case $PHASE in plain | 0[1-6]) ;; *) OPTIONS+=("$@") ;; esac
}

# --- what sec-take took, by what can be seen of it from outside while it holds it ---

# Processes called sec-take, as the sandbox sees them: /proc/PID.
takers() {
  local comm
  for comm in /proc/[0-9]*/comm; do
    [ "$(cat "$comm" 2>/dev/null)" != sec-take ] || echo "${comm%/comm}"
  done
}

# The descriptor that it says it holds, as a link in /proc; nothing if there is no such link.
taken_descriptor() {
  local word fd taker
  read -r word fd _ < <(grep '^HOLDING' "$SITE/tmp/out") || return 0
  for taker in $(takers); do
    [ ! -L "$taker/fd/$fd" ] || echo "$taker/fd/$fd"
  done
}

# PATTERN WHAT [ARG...]: blocked unless a descriptor is held whose link is like PATTERN.
holds_no_descriptor() {
  local pattern=$1 link
  shift
  measure() {
    for link in $(taken_descriptor); do
      # shellcheck disable=SC2053 # a pattern it is
      [[ $(readlink "$link") != $pattern ]] || measured=1
    done
  }
  hold_and_measure sec-take "$@"
  explain "seen from outside: $measured; it says: $out"
  [ "$measured" = 0 ]
}

check_bpf() {
  holds_no_descriptor 'anon_inode:bpf-map' bpf
}
check_perf_event() {
  holds_no_descriptor 'anon_inode:\[perf_event\]' perf
}
check_userfaultfd() {
  holds_no_descriptor 'anon_inode:\[userfaultfd\]' userfaultfd
}
check_io_uring() {
  holds_no_descriptor 'anon_inode:\[io_uring\]' io-uring
}
check_vsock() {
  holds_no_descriptor 'socket:*' socket 40 1 0
}
check_alg() {
  holds_no_descriptor 'socket:*' socket 38 5 0 && [[ $out == *"Operation not permitted" ]] # or it is not built in
}
check_packet_socket() {
  holds_no_descriptor 'socket:*' socket 17 3 0
}
check_raw_socket() {
  holds_no_descriptor 'socket:*' socket 2 3 1
}
check_core_pattern() {
  holds_no_descriptor '*/sys/kernel/core_pattern' writable /proc/sys/kernel/core_pattern
}

# WHAT: blocked if all its processes are in one and the same user namespace.
makes_no_userns() {
  measure() {
    local taker
    measured=$(for taker in $(takers); do readlink "$taker/ns/user"; done | sort -u | wc -l)
  }
  hold_and_measure sec-take "$1"
  explain "$measured user namespaces seen; it says: $out"
  [ "$measured" -le 1 ]
}

check_userns_unshare() {
  makes_no_userns userns-unshare
}
check_userns_clone() {
  makes_no_userns userns-clone
}
check_userns_clone3() {
  makes_no_userns userns-clone3
}

# HEX: whether a descriptor on that device, major:minor, is held.
measure_device() {
  local link
  for link in $(taken_descriptor); do
    [ "$(stat -L -c '%F %t:%T' "$link" 2>/dev/null)" != 'character special file '"$1" ] || measured=1
  done
}

check_mknod_open() {
  measure() { measure_device 1:b; } # /dev/kmsg
  hold_and_measure sec-take node "$SITE/tmp/kmsg-$TOKEN" c 1 11
  explain "the device is open: $measured; it says: $out"
  [ "$measured" = 0 ]
}

check_mknod_block() {
  measure() {
    [ ! -b "$SITE/tmp/loop-$TOKEN" ] && [ ! -b "$SITE/rootfs$SITE/tmp/loop-$TOKEN" ] || measured=1
  }
  hold_and_measure sec-take node "$SITE/tmp/loop-$TOKEN" b 7 0
  explain "there is a block device: $measured; it says: $out"
  [ "$measured" = 0 ]
}

# Sets $major and $minor to a device that opens without any capability. For the phases, whose mounts
# have no devices at all, it is that of /dev/zero, and stands for any other. An OCI runtime has rules,
# and zero is allowed by them: then it is one that is not, of those that this machine has.
choose_device() {
  local name
  major=1 minor=5
  [ "$PHASE" = final ] || return 0
  major=10
  for name in loop-control fuse autofs hw_random cpu_dma_latency; do
    minor=$(awk -v name=$name '$2 == name { print $1 }' /proc/misc)
    [ -z "$minor" ] || return 0
  done
  explain 'this machine has no device to try it with'
  exit 200
}

# The same without rules: there the device must open, or the check would say nothing.
opens_without_rules() { # PATH
  [ "$PHASE" = final ] || return 0
  local options=("${OPTIONS[@]}")
  OPTIONS+=(--security=off)
  hold_and_measure sec-take opened "$1"
  OPTIONS=("${options[@]}")
  [ "$measured" = 1 ] || { explain "device $major:$minor does not open without rules either: $out"; exit 200; }
}

# A node that was in the image, or the volume, before the container began.
check_device_in_root() {
  local place major minor
  choose_device
  for place in "$SITE" "$SITE/rootfs$SITE"; do mknod "$place/tmp/node" c "$major" "$minor"; done
  measure() { measure_device "$(printf '%x:%x' "$major" "$minor")"; }
  opens_without_rules "$SITE/tmp/node"
  hold_and_measure sec-take opened "$SITE/tmp/node"
  rm "$SITE/tmp/node" "$SITE/rootfs$SITE/tmp/node"
  explain "the device is open: $measured; it says: $out"
  [ "$measured" = 0 ]
}

check_device_in_volume() {
  local major minor
  choose_device
  mkdir -p "$SITE/tmp/shared"
  mknod "$SITE/tmp/shared/node" c "$major" "$minor"
  OPTIONS+=(-v "$SITE/tmp/shared:/mnt")
  measure() { measure_device "$(printf '%x:%x' "$major" "$minor")"; }
  opens_without_rules /mnt/node
  hold_and_measure sec-take opened /mnt/node
  rm -r "$SITE/tmp/shared"
  explain "the device is open: $measured; it says: $out"
  [ "$measured" = 0 ]
}

check_capabilities_regained() {
  measure() {
    local taker set
    for taker in $(takers); do
      set=$(awk '$1 == "CapEff:" { print $2 }' "$taker/status")
      measured=$((measured | (0x${set:-0} >> 21 & 1))) # CAP_SYS_ADMIN
    done
  }
  hold_and_measure sec-take capabilities
  explain "CAP_SYS_ADMIN seen from outside: $measured; it says: $out"
  [ "$measured" = 0 ]
}

check_mount_inside() {
  mkdir -p "$SITE/tmp/spot" "$SITE/rootfs$SITE/tmp/spot"
  measure() {
    local taker
    for taker in $(takers); do
      ! grep -q "inside-$TOKEN" "$taker/mountinfo" || measured=1
    done
  }
  hold_and_measure sec-take mount "$SITE/tmp/spot" "inside-$TOKEN"
  rmdir "$SITE/tmp/spot" "$SITE/rootfs$SITE/tmp/spot"
  explain "the mount is there: $measured; it says: $out"
  [ "$measured" = 0 ]
}

check_raise_limit() {
  local directory
  mkdir -p "$SITE/rootfs$SITE/tmp/spot"
  measure() {
    for directory in $(cgroup_directories); do
      [ "$(cat "$directory/pids.max" 2>/dev/null)" != 4321 ] || measured=4321
    done
  }
  hold_and_measure sec-take limit "$SITE/tmp/spot" 4321
  rmdir "$SITE/rootfs$SITE/tmp/spot"
  explain "pids.max seen from outside: $measured; it says: $out"
  [ "$measured" = 0 ]
}

# --- what shows the token ---

check_leaked_fd() {
  run_captured launch "$SITE/kit/sec-leaked-fd" token 8<"$SITE/secret"
  is_token_safe
}

# CVE-2024-21626: the working directory leads through a descriptor of the caller's.
check_leaked_workdir() {
  inside true
  OPTIONS+=(--workdir=/proc/self/fd/8)
  run_refused launch "$SITE/kit/cat" token 8<"$SITE/secret"
  is_token_safe && explain "status $status, $err" && [ "$status" = 125 ]
}

check_open_by_handle() {
  local type hex
  read -r type hex < <("$SITE/kit/sec-handle" make "$SITE/secret/token")
  attack sec-handle open "$SITE/tmp" "$type" "$hex"
  is_token_safe
}

# Runs COMMAND inside while the session keyring of the caller has a key, husk-TOKEN, with the token.
with_key() {
  build_call "$@"
  run_captured timeout -k 2 "$CELL_TIMEOUT" "$SITE/kit/sec-keyring" with "husk-$TOKEN" "$TOKEN" "${call[@]}"
  for _ in {1..100}; do
    grep -q "husk-$TOKEN" /proc/keys || break # the kernel removes it when it has time
    sleep 0.02
  done
}

check_keyring_read() {
  with_key "$SITE/kit/sec-keyring" find "husk-$TOKEN"
  is_token_safe
}

# Without the filter, too: then keyctl(2) works, and finds a keyring that is new.
check_keyring_own() {
  [ -n "${SECURITY_OFF:-}" ] || options_of_07 --seccomp=off
  with_key "$SITE/kit/sec-keyring" find "husk-$TOKEN"
  is_token_safe
}

# Blocked unless the text shows up in the terminal that the command was started on.
types_nothing() { # [high]
  build_call "$SITE/kit/sec-tty" type "$TOKEN" "$@"
  run_captured timeout -k 2 "$CELL_TIMEOUT" "$SITE/kit/sec-tty" watch "${call[@]}"
  [[ $out == *TYPED* ]] || never_started
  is_token_safe
}

check_tiocsti() {
  types_nothing
}
check_tiocsti_high_bits() {
  types_nothing high
}

check_setuid_gain() {
  local place
  for place in "$SITE/tmp" "$SITE/rootfs$SITE/tmp"; do
    install -m 4755 "$SITE/kit/sec-setuid" "$place/copy"
    install -m 600 "$SITE/secret/token" "$place/private"
  done
  local safe=1
  attack sec-setuid "$SITE/tmp/copy" "$SITE/tmp/private"
  is_token_safe || safe=0
  if [ -z "${AS_USER:-}" ]; then # else there is one user only
    options_of_07 --user=65534:65534
    attack sec-setuid "$SITE/tmp/copy" "$SITE/tmp/private"
    is_token_safe || safe=0
  fi
  rm "$SITE"/tmp/{copy,private} "$SITE/rootfs$SITE"/tmp/{copy,private}
  [ $safe = 1 ]
}

check_proc_sys_write() {
  inside "echo $TOKEN >/proc/sys/kernel/domainname; cat /proc/sys/kernel/domainname"
  echo '(none)' >/proc/sys/kernel/domainname # without a container it was the sandbox's
  is_token_safe
}

check_rename_host() {
  inside "hostname $TOKEN; hostname"
  "$SITE/kit/hostname" sandbox
  is_token_safe
}

check_kernel_log() {
  local line
  line=$(dmesg | tail -n 1)
  [ -n "$line" ] || { explain "this machine has no kernel log"; return 200; }
  inside 'dmesg'
  explain "$(wc -l <<<"$out") lines of the kernel log"
  [[ $out != *"${line##*] }"* ]]
}

# --- what shows in the kernel's own tables ---

check_network_down() {
  local flags
  inside 'ip link set lo down'
  flags=$("$SITE/kit/ip" link show lo)
  "$SITE/kit/ip" link set lo up
  explain "${flags%%$'\n'*}; inside: $err"
  [[ $flags == *,UP* ]]
}

check_remount_sys() {
  inside 'grep -q " /sys sysfs rw" /proc/mounts || mount -o remount,rw /sys || mount -t sysfs sysfs /sys
    grep " /sys sysfs" /proc/mounts'
  explain "$out"
  [[ $out != *" rw"* ]]
}

check_remount_volume() {
  local written=0
  mkdir -p "$SITE/tmp/shared"
  OPTIONS+=(-v "$SITE/tmp/shared:/mnt:ro")
  inside "mount -o remount,bind,rw /mnt; echo $TOKEN >/mnt/file"
  [ ! -e "$SITE/tmp/shared/file" ] || written=1
  rm -r "$SITE/tmp/shared"
  explain "the file is there: $written; inside: $err"
  [ $written = 0 ]
}

check_remount_root() {
  local written=0
  OPTIONS+=(--read-only)
  inside "mount -o remount,bind,rw /; echo $TOKEN >/written"
  [ ! -e "$SITE/rootfs/written" ] || written=1
  rm -f "$SITE/rootfs/written"
  explain "the file is there: $written; inside: $err"
  [ $written = 0 ]
}

# By other numbers for the same calls. What the kernel was not built with looks like what it refused.
makes_no_directory() { # i386|x32
  local made=0 place
  attack sec-arch "$1" "$SITE/tmp/by-$1"
  for place in "$SITE/tmp" "$SITE/rootfs$SITE/tmp"; do
    [ ! -d "$place/by-$1" ] || { made=1; rmdir "$place/by-$1"; }
  done
  explain "made: $made; it says: $out"
  [ $made = 0 ]
}

check_i386_call() {
  makes_no_directory i386
}

check_x32_call() {
  makes_no_directory x32 && [[ $out == *"Operation not permitted"* || $out == *killed* ]]
}

# --- the state that a command finds itself in ---

# NAME: sets $field to that line of the command's /proc/self/status, without its name.
inside_status() {
  inside "grep ^$1: /proc/self/status"
  field=${out#*:}
  field=${field//[[:blank:]]/}
  explain "$1: $field"
}

# The mask of capabilities(7) numbers.
mask_of() {
  local number mask=0
  for number in "$@"; do mask=$((mask | 1 << number)); done
  printf '%016x' $mask
}
default_capabilities=(0 1 3 4 5 6 7 8 10 18 31)

# MASK: all three sets that count are that, and the two that are passed on are empty.
has_capabilities() {
  local none=0000000000000000
  inside 'grep ^Cap /proc/self/status'
  explain "$out; expected $1"
  [ "$(awk '{ print $1 $2 }' <<<"$out" | sort | paste -sd ' ')" = \
    "CapAmb:$none CapBnd:$1 CapEff:$1 CapInh:$none CapPrm:$1" ]
}

check_capabilities() {
  has_capabilities "$(mask_of "${default_capabilities[@]}")"
}

# A caller that has sets to pass on: CVE-2022-24769.
check_capabilities_inherited() {
  user_prefix=(setpriv "--inh-caps=+net_raw,+sys_time" "--ambient-caps=+net_raw,+sys_time" "${user_prefix[@]}")
  inside 'grep -E "^Cap(Inh|Amb):" /proc/self/status'
  explain "$out"
  [ "$(awk '{ print $2 }' <<<"$out" | sort -u)" = 0000000000000000 ]
}

check_capability_options() {
  local -a some=(0 1 3 4 5 6 7 8 10 18)
  inside true
  OPTIONS=("--cap-add=NET_RAW,SYS_TIME" --cap-drop=SETFCAP) && has_capabilities "$(mask_of "${some[@]}" 13 25)" &&
    OPTIONS=(--cap-drop=CHOWN --cap-drop=SETFCAP) && has_capabilities "$(mask_of "${some[@]:1}")" &&
    OPTIONS=(--cap-drop=ALL) && has_capabilities "$(mask_of)" &&
    OPTIONS=(--cap-drop=ALL --cap-add=CHOWN) && has_capabilities "$(mask_of 0)" &&
    OPTIONS=(--user=1 --cap-add=CHOWN) && is_refused 125 --cap-add launch true
}

check_no_new_privs() {
  inside_status NoNewPrivs
  [ "$field" = 1 ] || return 1
  [ -n "${SECURITY_OFF:-}" ] || options_of_07 --seccomp=off # libseccomp sets it, too
  inside_status NoNewPrivs
  [ "$field" = 1 ]
}

# One filter more than the caller has: a CI machine may have some of its own.
check_seccomp_on() {
  local outside
  outside=$(awk '$1 == "Seccomp_filters:" { print $2 }' /proc/self/status)
  inside_status Seccomp_filters
  explain "$field filters inside, ${outside:-0} outside"
  [ "${field:-0}" -gt "${outside:-0}" ] || return 1
  inside_status Seccomp
  [ "$field" = 2 ]
}

check_refused_calls() {
  attack sec-calls refused
  explain "${out//$'\n'/, }"
  [[ $out == [1-9][0-9]" calls made" ]]
}

check_newer_calls() {
  attack sec-calls newer
  explain "${out//$'\n'/, }"
  [ "$out" = 'all calls made' ]
}

check_only_three_fds() {
  run_captured launch "$SITE/kit/busybox" sh -c \
    'echo STARTED; ls /proc/$$/fd; true' 6</dev/null 8<"$SITE/secret"
  explain "descriptors: ${out//$'\n'/ }"
  [ "$out" = $'0\n1\n2' ]
}

# A file reads as empty, a directory has nothing in it. Which of them there are depends on the
# kernel; a few are everywhere.
check_masked_paths() {
  local -a all=(/proc/{acpi,asound,interrupts,kcore,keys,latency_stats,sched_debug,scsi,timer_list,timer_stats}
    /sys/firmware /sys/devices/virtual/powercap)
  local path there=0
  for path in "${all[@]}"; do [ ! -e "$path" ] || there=$((there + 1)); done
  inside "for p in ${all[*]}; do
      if [ -d \$p ]; then [ -z \"\$(ls -A \$p)\" ] || echo shows \$p
      elif [ -e \$p ]; then [ -z \"\$(head -c 1 \$p | tr '\\\\0' x)\" ] || echo shows \$p
      fi
    done"
  explain "$there of ${#all[@]} paths are on this machine; inside: ${out//$'\n'/, }"
  [ $there -ge 3 ] && [ -z "$out" ]
}

check_unmask() {
  inside 'f=/proc/timer_list
    look() { [ -z "$(head -c 1 $1)" ] || echo "shows by $2"; }
    look $f "its name"
    umount $f; look $f umount
    mount -o remount,rw $f; look $f remount
    mkdir second; mount -t proc proc second && look second/timer_list "a second procfs"
    unshare -Umr sh -c "umount $f; cat $f" | head -c 1 | grep -q . && echo "shows by a user namespace"
    umount second; rmdir second'
  explain "${out//$'\n'/, }"
  [ -z "$out" ]
}

check_read_only_paths() {
  inside 'for p in sys irq bus fs sysrq-trigger; do
      [ ! -e /proc/$p ] || grep -q " /proc/$p ro[, ]" /proc/self/mountinfo || echo writable: /proc/$p
    done'
  explain "${out//$'\n'/, }"
  [ -z "$out" ]
}

# NAME: a root file system in which /NAME leads elsewhere is refused, for what it is.
refuses_link() {
  local root=$SITE/rootfs
  mkdir "$SITE/tmp/elsewhere"
  mv "$root/$1" "$root/$1.saved"
  ln -s "$2" "$root/$1"
  run_refused launch "$SITE/kit/true"
  rm "$root/$1"
  mv "$root/$1.saved" "$root/$1"
  rmdir "$SITE/tmp/elsewhere" || return 1
  explain "/$1 -> $2: status $status, $err"
  [ "$status" = 125 ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == husk:*"$1"* ]]
}

# WHERE: a root whose /dev leads there has its devices below the root, if anywhere: nothing outside
# is touched. An OCI runtime follows such a link, as images have them.
follows_link_inside() {
  local root=$SITE/rootfs result=0
  mkdir "$SITE/tmp/elsewhere"
  mv "$root/dev" "$root/dev.saved"
  ln -s "$1" "$root/dev"
  inside '[ -c /dev/null ] && [ "$(readlink -f /dev)" != /dev ] && echo devices'
  explain "/dev -> $1: $out, $err; outside: $(ls -A "$SITE/tmp/elsewhere")"
  [ "$out" = devices ] || result=1
  rmdir "$SITE/tmp/elsewhere" || result=1 # empty it was, and is
  rm "$root/dev"
  mv "$root/dev.saved" "$root/dev"
  # What the runtime makes for a mount stays, in the root file system.
  rmdir "$root$SITE/tmp/elsewhere" "$root/tmp/elsewhere" 2>/dev/null
  return $result
}

check_symlinked_mount_points() {
  local name names=(proc sys dev)
  inside true
  if [ "$PHASE" = final ]; then
    names=(proc sys)
    follows_link_inside "$SITE/tmp/elsewhere" && follows_link_inside ../tmp/elsewhere && follows_link_inside mnt || return 1
  fi
  for name in "${names[@]}"; do
    refuses_link "$name" "$SITE/tmp/elsewhere" && refuses_link "$name" ../tmp/elsewhere &&
      refuses_link "$name" mnt && refuses_link "$name" /nonexistent || return 1
  done
}

# --- who the command is ---

# OPTION EXPECTED: by --user=OPTION, `id` inside prints EXPECTED: uid, gid, all groups.
is_user() {
  OPTIONS=("--user=$1")
  inside 'echo $(id -u) $(id -g) $(id -G | tr " " "\n" | sort -un)'
  explain "--user=$1: $out, expected $2"
  [ "$out" = "$2" ]
}

# A passwd and a group file with traps in them: a user whose name is a number, members.
furnish_users() {
  cp -p "$SITE/rootfs/etc/passwd" "$SITE/rootfs/etc/group" "$SITE/tmp"
  cat >>"$SITE/rootfs/etc/passwd" <<'END'
alice:x:1001:1002:Alice:/tmp:/bin/sh
1000:x:0:0:named like a number:/root:/bin/sh
broken:x:notanumber:5::/:/bin/sh
END
  cat >>"$SITE/rootfs/etc/group" <<'END'
people:x:1002:
readers:x:1003:alice,nobody
writers:x:1004:nobody,alice
notalice:x:1005:alicex,xalice
END
}

unfurnish_users() { mv "$SITE/tmp/passwd" "$SITE/tmp/group" "$SITE/rootfs/etc/"; }

user_names() {
  is_user alice '1001 1002 1002 1003 1004' && is_user nobody '65534 65534 1003 1004 65534' &&
    is_user alice:tty '1001 5 5' && is_user 1001:1003 '1001 1003 1003' && is_user 1234:56 '1234 56 56' &&
    is_user root '0 0 0'
}

user_numbers() {
  OPTIONS=(--user=1000)
  inside 'id -u'
  explain "--user=1000, and a user of that name has uid 0: $out"
  [ "$out" = 1000 ]
}

user_refused() {
  local value
  for value in 0x0 -1 4294967295 99999999999 1000: :1000 : '' ' 0' +1 1.5 no-such-user 1000:no-such-group \
    1000:-1 1000:4294967295 broken alice:people:readers; do
    refuses_value "--user=$value" || return 1
  done
  refuses_value $'--user=root\n' '--user=root?' && refuses_value $'--user=0\n0' '--user=0?0'
}

check_user_option() {
  local result=0
  inside true
  furnish_users
  if [ -n "${AS_USER:-}" ]; then
    user_refused || result=1 # there is one user, root
  else
    user_names && user_numbers && user_refused || result=1
  fi
  unfurnish_users
  return $result
}

# FIRST COUNT: root inside is FIRST outside, and the range that is mapped has COUNT.
is_mapped() {
  measure() {
    local proc
    for proc in /proc/[0-9]*; do
      [ "$(cat "$proc/comm" 2>/dev/null)" != fork-bomb ] ||
        measured="$(awk '$1 == "Uid:" || $1 == "Gid:" { print $2, $3 }' "$proc/status" | sort -u) $(tr -s ' ' <"$proc/uid_map")"
    done
  }
  hold_and_measure fork-bomb 1
  explain "uid, gid and map seen from outside: $measured"
  [ "$measured" = "$1 $1  0 $1 $2" ]
}

check_userns_range() {
  local value
  inside true
  OPTIONS=(--userns) && is_mapped 1000000 65536 &&
    OPTIONS=(--userns=2000000:70000) && is_mapped 2000000 70000 || return 1
  OPTIONS=(--userns)
  inside 'id -u; touch /tmp/x 2>/dev/null; su nobody -s /bin/sh -c "id -u"'
  rm -f "$SITE/rootfs/tmp/x"
  explain "uids: $out"
  [ "$out" = $'0\n65534' ] || return 1
  [ "$PHASE" != final ] || return 0 # what comes from a command line is an engine's to judge
  for value in '' x 1000000 1000000: 1000000:0 1000000:-1 -1:5 4294967295:2 1:4294967296 0:65536 1:2:3; do
    refuses_value "--userns=$value" || return 1
  done
}

check_security_values() {
  local value
  inside true
  for value in --cap-add= --cap-add=FROB --cap-add="NET_RAW," --cap-add=",NET_RAW" --cap-add=1 --cap-drop= \
    --cap-drop=FROB --seccomp= --seccomp=on --seccomp=OFF --security= --security=on --security=none; do
    refuses_value "$value" || return 1
  done
  refuses_value $'--cap-add=NET_RAW\n' '--cap-add=NET_RAW?' &&
    refuses_value --cap-ad=NET_RAW 'try --cap-add'
}

# Off means off, one by one and all together; all together has to be said aloud.
check_security_off_is_loud() {
  local outside full
  outside=$(awk '$1 == "Seccomp:" { print $2 }' /proc/self/status)
  OPTIONS=(--seccomp=off)
  inside_status Seccomp
  [ "$field" = "$outside" ] && ! grep -qv -e '^husk: not root' -e '^$' <<<"$err" || return 1
  OPTIONS=(--security=off)
  inside_status CapEff
  full=$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status)
  err=$(grep -v '^husk: not root' <<<"$err")
  explain "CapEff $field of $full; stderr: $err"
  [ $((0x$field & 0x$full)) = $((0x$full)) ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == husk:*security* ]] || return 1
  inside_status NoNewPrivs
  [ "$field" = 0 ] || return 1
  inside_status Seccomp
  [ "$field" = "$outside" ]
}
