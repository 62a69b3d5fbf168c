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
  leak '"$SITE/kit/sleep" 3 >/dev/null 2>&1 &'
  [[ $output == *"> process "*"sleep 3"* ]]
}

@test "oracle: sees a process that hides in a PID namespace, whatever its program" {
  leak 'unshare --pid --fork --kill-child sleep 3 >/dev/null 2>&1 & sleep 0.5'
  [[ $output == *"> process sleep 3"* ]]
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
  [[ $output == *"> file "*"/rootfs/etc/hosts -rw-------"* ]]
  [[ $output == *"> file /dev/shm/left"* ]]
  [[ $output == *"> file "*"/tmp/left"* ]]
}

@test "oracle: sees a message queue, and a hostname" {
  leak '"$SITE/kit/sysv-queue" make 77 >/dev/null; "$SITE/kit/hostname" other'
  [[ $output == *"> ipc msg 77"*"> hostname other"* ]]
}

@test "oracle: a check that holds, and leaves a file, does not hold" {
  run "$tests/lib/sandbox" bash -c 'mkdir "$SITE/tmp/checks" && cp -R "$0" "$SITE/tmp/tests" &&
    printf "check_hostname() { touch \"\$SITE/rootfs/left\"; }\n" >"$SITE/tmp/tests/checks/zz.bash" &&
    "$SITE/tmp/tests/lib/cells" 01 "$SITE/husk/phase01-unshare/husk" hostname' "$tests"
  echo "$output"
  [[ $output == hostname$'\t'LEAKS* ]]
}
