# shellcheck shell=bash disable=SC2034,SC2154 # out, OPTIONS and others: lib/cell.bash
# What phase 03 promises: the host's mounts are gone, so there is nothing to climb back to.

check_chroot_breakout() {
  attack chroot-breakout "$SITE/secret/token" "$SITE/tmp"
  is_token_safe
}

check_setns_breakout() {
  attack setns-breakout "$SITE/secret/token"
  is_token_safe
}

check_sys_read_only() {
  inside 'grep " /sys " /proc/self/mountinfo | cut -d" " -f5,6,9-; [ -d /sys/kernel ] || echo empty
    ( echo >/sys/kernel/uevent_seqnum ) 2>&1
    cut -d" " -f5,6 /proc/self/mountinfo | grep "^/sys/.* rw" | sed "s/^/writable below: /"'
  explain "$out"
  [[ $out == *"/sys ro"* && $out != *empty* && $out == *"Read-only file system"* && $out != *writable* ]]
}

check_own_terminals() {
  local outside
  outside=$(stat -c %d /dev/pts)
  inside 'stat -c %d /dev/pts; [ -c /dev/pts/ptmx ] && echo ptmx'
  explain "device of /dev/pts: $outside outside, $out inside"
  [[ $out == *ptmx* && ${out%%$'\n'*} != "$outside" ]]
}

check_own_shm() {
  echo "$TOKEN" >"/dev/shm/husk-$TOKEN"
  chmod 644 "/dev/shm/husk-$TOKEN"
  inside "cat /dev/shm/*; touch /dev/shm/mine && grep -c ' /dev/shm ' /proc/self/mountinfo"
  rm -f "/dev/shm/husk-$TOKEN" /dev/shm/mine "$SITE/rootfs/dev/shm/mine"
  explain "$out $err"
  [[ $out == 1 ]]
}
