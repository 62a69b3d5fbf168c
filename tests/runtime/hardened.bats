#!/usr/bin/env bats
# hardened.bats: a container of `spec --hardened` has the defaults that are promised for it, by what
# can be measured inside: tests/runtime/hardened. docs/hardened.md shows the same beside others.
load lib

setup_file() {
  "$BATS_TEST_DIRNAME/hardened" --measure hardened >"$BATS_FILE_TMPDIR/measured"
}
setup() { runtime_setup; }
teardown() { runtime_teardown; }

# Each KEY was measured to be VALUE.
is() { # VALUE KEY...
  local key found
  for key in "${@:2}"; do
    found=$(awk -F'\t' -v key="$key" '$1 == key { print $2 }' "$BATS_FILE_TMPDIR/measured")
    # shellcheck disable=SC2053 # a pattern
    [[ $found == $1 ]] || { echo "$key is '$found', expected '$1'"; return 1; }
  done
}

@test "hardened: 11 capabilities, none to pass on, and none to gain" {
  is '11: CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP' CapEff CapBnd CapPrm
  is 0 CapInh CapAmb
  is 1 NoNewPrivs
}

@test "hardened: a filter that lets through what programs need, and answers ENOSYS for what is newer" {
  is 2 Seccomp
  is ENOSYS newest clone3
  is allowed ioctl-tcgets socket-inet ptrace
  local calls
  calls=$(awk '$1 == "calls" { print $2 }' "$BATS_FILE_TMPDIR/measured")
  echo "$calls calls are let through"
  [ "$calls" -gt 200 ] && [ "$calls" -le 312 ]
}

@test "hardened: no user namespaces, mounts, or other namespaces" {
  is EPERM clone-newuser unshare-newuser clone-newns setns mount umount2 pivot_root fsopen fsmount move_mount open_tree
}

@test "hardened: no bpf, perf, userfaultfd, keys, io_uring, modules, handles" {
  is EPERM bpf perf_event_open userfaultfd keyctl add_key request_key init_module finit_module kexec_load reboot open_by_handle_at
  is 'E@(PERM|NOSYS)' io_uring_setup io_uring_enter io_uring_register
}

@test "hardened: no AF_ALG, AF_VSOCK, TIOCSTI, TIOCLINUX, also above bit 31" {
  is EPERM socket-alg socket-vsock ioctl-tiocsti ioctl-tiocsti-high ioctl-tioclinux ioctl-tioclinux-high
}

@test "hardened: calls of i386 and x32 are not made" {
  is '[!a]*' i386 x32
}

@test "hardened: at least 12 paths are masked and 6 read-only, in config.json and in truth" {
  local count
  for list in maskedPaths:12 readonlyPaths:6; do
    is '[0-9]*, of which this machine has *[0-9]' ${list%:*}
    count=$(awk -F'[\t,]' -v key=${list%:*} '$1 == key { print $2 }' "$BATS_FILE_TMPDIR/measured")
    [ "$count" -ge ${list#*:} ]
  done
}

@test "hardened: pids.max 512, an own cgroup namespace, a cgroup file system that cannot be written" {
  is 512 pids.max
  is own cgroup-namespace
  is read-only cgroupfs
}

@test "hardened: a session keyring of its own, and three descriptors" {
  is own keyring
  is '0 1 2' descriptors
}

@test "hardened: what measures can tell: the plain configuration has none of it" {
  "$BATS_TEST_DIRNAME/hardened" --measure plain >"$BATS_FILE_TMPDIR/measured.plain"
  local key
  for key in Seccomp clone3 clone-newuser mount bpf keyctl io_uring_setup socket-alg ioctl-tiocsti maskedPaths readonlyPaths pids.max cgroup-namespace; do
    ! diff -q <(grep "^$key" "$BATS_FILE_TMPDIR/measured") <(grep "^$key" "$BATS_FILE_TMPDIR/measured.plain") || { echo "$key is alike"; return 1; }
  done
}
