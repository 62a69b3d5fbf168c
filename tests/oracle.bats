#!/usr/bin/env bats
# oracle.bats: the oracle that looks for leaks sees each kind of them, and a check that leaks is
# no check that holds.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # lib/phase.bash and bats have them
load lib/phase

setup_file() { phase_setup 01; }

# In the sandbox: what the oracle has to say about TEXT.
leak() { # TEXT
  run "$tests/lib/sandbox" bash -c '"$0/lib/oracle" >"$SITE/tmp/oracle-1" || exit
    eval "$1"
    "$0/lib/oracle" >"$SITE/tmp/oracle-2" || exit
    diff "$SITE/tmp/oracle-1" "$SITE/tmp/oracle-2"' "$tests" "$1"
  echo "$output"
}

@test "oracle: sees nothing where nothing is left" {
  leak '"$SITE/husk/phase01-unshare/husk" true'
  [ "$status" = 0 ] && [[ $output != *[\<\>]* ]]
}

@test "oracle: sees a process" {
  leak '"$SITE/kit/sleep" 300 >/dev/null 2>&1 & until grep -qs sleep "/proc/$!/comm"; do sleep 0.05; done'
  [[ $output == *"> process "*"sleep 300"* ]]
}

@test "oracle: sees a process that hides in a PID namespace, whatever its program" {
  leak 'unshare --pid --fork --kill-child sleep 300 >/dev/null 2>&1 & until grep -qsx sleep /proc/[0-9]*/comm; do command sleep 0.05; done'
  [[ $output == *"> process sleep 300"* ]]
}

@test "oracle: a process that has ended is none, though nobody has asked for its status" {
  leak 'unshare --pid sh -c "sh -c exit & exec sleep 300" >/dev/null 2>&1 &
    until grep -qs "^State:.Z" /proc/[0-9]*/status; do command sleep 0.05; done
    grep -s "^NSpid:" $(grep -ls "^State:.Z" /proc/[0-9]*/status)'
  [ "$status" = 0 ] && [[ $output == *NSpid:*$'\t1' ]]
}

# crun gives its standard input to the container's user, and what is copied to /dev/null replaces it.
@test "sandbox: the nodes in /dev are its own, also the one that is its standard input" {
  needs_root
  local machine
  machine=$(stat -c %d /dev/null)
  run "$tests/lib/sandbox" stat -Lc %d /dev/null /dev/full /dev/loop-control /proc/self/fd/0 </dev/null
  [ "$status" = 0 ] && [ ${#lines[@]} = 4 ]
  ! printf '%s\n' "${lines[@]}" | grep -x "$machine" || return 1
}

@test "oracle: sees a mount" {
  leak 'mount -t tmpfs left "$SITE/secret"'
  [[ $output == *"> mount "*left* ]]
}

@test "oracle: sees a cgroup, also an empty one" {
  needs_root
  leak 'mkdir -p "$(find /sys/fs/cgroup -maxdepth 1 -type d | tail -1)/husk-course/left"'
  [[ $output == *"> cgroup "*husk-course/left* ]]
}

@test "oracle: sees a file in the root file system, a changed one, and one beside it" {
  leak 'touch "$SITE/rootfs/etc/left" "$SITE/tmp/left"; chmod 600 "$SITE/rootfs/etc/hosts"; echo >/dev/shm/left'
  [[ $output == *"> file "*"/rootfs/etc/left"* ]]
  [[ $output == *"> file "*"/rootfs/etc/hosts 100600 "* ]]
  [[ $output == *"> file /dev/shm/left"* ]]
  [[ $output == *"> file "*"/tmp/left"* ]]
}

@test "oracle: sees that one byte of a file was exchanged" {
  leak 'printf X | dd of="$SITE/rootfs/etc/passwd" conv=notrunc status=none'
  [[ $output == *"> file "*"/rootfs/etc/passwd"* ]]
}

@test "oracle: sees a message queue, a hostname, and a domain name" {
  leak '"$SITE/kit/sysv-queue" make 77 >/dev/null; "$SITE/kit/hostname" other; echo other >/proc/sys/kernel/domainname'
  [[ $output == *"> ipc msg 77"*"> hostname domainname other"*"> hostname hostname other"* ]]
}

@test "oracle: sees a record and a lease, of root and of a user, but not an empty shelf" {
  leak 'mkdir -p "$HUSK_STATE/leases" "$SITE/users/1000/state/leases"
    touch "$HUSK_STATE/left" "$HUSK_STATE/leases/10.0.0.2" "$SITE/users/1000/state/.left"'
  [[ $output == *"> state "*"/state/left"* ]]
  [[ $output == *"> state "*"/state/leases/10.0.0.2"* ]]
  [[ $output == *"> state "*"/users/1000/state/.left"* ]]
  [ "$(grep -c '^>' <<<"$output")" = 3 ]
}

@test "oracle: sees that the place for state has become somebody else's" {
  needs_root
  leak 'mkdir -p "$HUSK_STATE"; chown 65534 "$HUSK_STATE"'
  [[ $output == *"> state "*"/state 040755 65534:"* ]]
}

@test "oracle: after a leak tidy brings back what was, so that it is reported once" {
  needs_root
  leak 'ip link add huskc0 type bridge; nft add table ip husk_course; mkdir -p "$HUSK_STATE/records"; touch "$HUSK_STATE/records/a"
    unshare --pid --fork --kill-child sleep 300 >/dev/null 2>&1 & until grep -qsx sleep /proc/[0-9]*/comm; do command sleep 0.05; done
    mkdir -p "$(find /sys/fs/cgroup -maxdepth 1 -type d | tail -1)/husk-course/left"; "$0/lib/tidy"'
  [ "$status" = 0 ]
  [[ $output != *[\<\>]* ]]
}

@test "oracle: sees the upper layer of a container, but not a finished log, or an image" {
  leak 'mkdir -p "$HUSK_DATA/overlay/left" "$HUSK_DATA/logs" "$HUSK_DATA/images/small/bin" "$SITE/users/1000/data/overlay/mine"
    touch "$HUSK_DATA/logs/container_1.log"'
  [[ $output == *"> data "*"/data/overlay/left"* ]]
  [[ $output == *"> data "*"/users/1000/data/overlay/mine"* ]]
  [ "$(grep -c '^>' <<<"$output")" = 2 ]
}

@test "oracle: sees a network device, a route, and an address range that is forwarded" {
  leak 'ip link add husk-left type bridge && ip address add 10.9.9.1/24 dev husk-left && ip link set husk-left up
    echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet'
  [[ $output == *"> link husk-left"* ]]
  [[ $output == *"> route husk-left"* ]]
  [[ $output == *"> sysctl ipv4/ip_forward 1"* ]]
  [[ $output == *"> sysctl ipv4/conf/all/route_localnet 1"* ]]
}

@test "oracle: sees a network namespace that a process is in" {
  leak 'unshare --net sleep 300 >/dev/null 2>&1 & until grep -qs sleep "/proc/$!/comm"; do sleep 0.05; done'
  [[ $output == *"> netns net:["* ]]
}

@test "oracle: sees a table of nftables, a rule more in it, and one that was exchanged" {
  leak 'nft add table ip husk_left'
  [[ $output == *"> nft table ip husk_left {"* ]]
  leak 'nft add table ip husk_left; nft add chain ip husk_left c; nft add rule ip husk_left c tcp dport 80 accept'
  [[ $output == *"> nft "*"tcp dport 80 accept"* ]]
  run "$tests/lib/sandbox" bash -c 'nft add table ip t; nft add chain ip t c; nft add rule ip t c tcp dport 80 accept
    "$ORACLE" >"$SITE/tmp/oracle-1"; nft flush chain ip t c; nft add rule ip t c tcp dport 81 accept
    "$ORACLE" >"$SITE/tmp/oracle-2"; nft delete table ip t; "$ORACLE" >"$SITE/tmp/oracle-3"
    diff "$SITE/tmp/oracle-1" "$SITE/tmp/oracle-2"; grep -c ^nft "$SITE/tmp/oracle-3"'
  echo "$output"
  [[ $output == *"< nft "*"dport 80"*"> nft "*"dport 81"*$'\n0' ]]
}

@test "oracle: sees a key that was given the token" {
  # keyctl(1) is not everywhere. 9: KEYCTL_UNLINK; -4: the keyring of the user.
  cc -include stdlib.h -include unistd.h -include sys/syscall.h -o "$BATS_TEST_TMPDIR/key" -x c - <<'CODE'
int main(int count, char **name)
{
	if (count == 3)
		return syscall(SYS_keyctl, 9L, atol(name[1]), -4L) < 0;
	return syscall(SYS_add_key, "user", name[1], "x", 1L, -4L) < 0;
}
CODE
  leak "'$BATS_TEST_TMPDIR/key' \"left-\$TOKEN\""
  [[ $output =~ "> key "([0-9a-f]+)" left-" ]]
  "$BATS_TEST_TMPDIR/key" $((16#${BASH_REMATCH[1]})) unlink
}

@test "oracle: sees a loop device with a file of the sandbox" {
  needs_root
  run "$tests/lib/sandbox" bash -c 'truncate -s 1M "$SITE/tmp/oracle-disk"
    device=$(losetup --find --show "$SITE/tmp/oracle-disk") && "$ORACLE" && losetup --detach "$device"'
  [ "$status" = 0 ] || skip "no loop device to be had: $output"
  [[ $output == *"loop loop"*"/backing_file "*"/tmp/oracle-disk"* ]]
}

@test "oracle: one that cannot look is an error, not an empty list" {
  run "$tests/lib/sandbox" bash -c 'rm -rf "$SITE/rootfs" "$SITE/tmp"; "$ORACLE"'
  echo "$output"
  [ "$status" != 0 ]
}

@test "oracle: a check that holds, and leaves a file, does not hold" {
  run "$tests/lib/sandbox" bash -c 'mkdir "$SITE/tmp/checks" && cp -R "$0" "$SITE/tmp/tests" &&
    printf "check_hostname() { touch \"\$SITE/rootfs/left\"; }\n" >"$SITE/tmp/tests/checks/zz.bash" &&
    "$SITE/tmp/tests/lib/cells" 01 "$SITE/husk/phase01-unshare/husk" hostname' "$tests"
  echo "$output"
  [[ $output == hostname$'\t'LEAKS* ]]
}
