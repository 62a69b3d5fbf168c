#!/usr/bin/env bats
# sysctl.bats: linux.sysctl: the container's own parameters are set, the machine's cannot be.

# shellcheck disable=SC2016 # what is in single quotes is for the shell inside
load lib
setup() { runtime_setup; }
teardown() { runtime_teardown; }

@test "parameters of the ipc, network and uts namespace, in both spellings" {
  local before
  before=$(cat /proc/sys/kernel/shmmni /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/domainname)
  sh_in '.linux.sysctl = {"kernel.shmmni": "1234", "net.ipv4.ip_forward": "1", "net/ipv4/conf/lo/forwarding": "0",
    "fs.mqueue.msg_max": "20", "kernel.domainname": "example.org", "kernel.sem": "32000 1024000000 500 32001"}' \
    'cd /proc/sys; cat kernel/shmmni net/ipv4/ip_forward net/ipv4/conf/lo/forwarding fs/mqueue/msg_max kernel/domainname kernel/sem'
  echo "$output"
  [ "${lines[0]} ${lines[1]} ${lines[2]} ${lines[3]} ${lines[4]}" = '1234 1 0 20 example.org' ]
  [[ ${lines[5]} =~ ^32000[[:space:]]1024000000[[:space:]]500[[:space:]]32001$ ]]
  [ "$before" = "$(cat /proc/sys/kernel/shmmni /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/domainname)" ]
}

@test "with a user namespace, and with /proc/sys read-only inside" {
  bundle shell
  sh_in '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.readonlyPaths = ["/proc/sys"]' \
    'cat /proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/ip_forward'
  echo "$output"
  [ "${lines[0]}" = 1 ] && [[ ${lines[1]} == *"Read-only"* ]]
}

@test "what belongs to the machine is refused, however it is written: CVE-2022-0811" {
  local name before
  before=$(cat /proc/sys/kernel/core_pattern)
  for name in kernel.core_pattern kernel/core_pattern kernel.shm/../core_pattern net/../kernel/core_pattern \
    net...kernel.core_pattern /proc/sys/kernel/core_pattern vm.overcommit_memory fs.file-max kernel.hostname '' . ..; do
    bundle one ".linux.sysctl = {\"$name\": \"|/bin/sh\"}"
    refused linux.sysctl -- husk run -b "$WORK/one" one
  done
  bundle one '.linux.sysctl = {"net.ipv4.ip_forward\nkernel.core_pattern": "1"}'
  refused sysctl -- husk run -b "$WORK/one" one
  [ "$before" = "$(cat /proc/sys/kernel/core_pattern)" ]
}

@test "without the namespace it would be the machine's: refused, and not set" {
  bundle one '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.namespaces |= map(select(.type != "network"))'
  refused net.ipv4.ip_forward network -- husk run -b "$WORK/one" one
  bundle one '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/net" else . end)'
  refused net.ipv4.ip_forward network -- husk run -b "$WORK/one" one
  bundle one '.linux.sysctl = {"kernel.shmmni": "99"} | .linux.namespaces |= map(select(.type != "ipc"))'
  refused kernel.shmmni ipc -- husk run -b "$WORK/one" one
  bundle one '.linux.sysctl = {"kernel.domainname": "x"} | .linux.namespaces |= map(select(.type != "uts")) | del(.hostname)'
  refused kernel.domainname uts -- husk run -b "$WORK/one" one
}

@test "a parameter that is not there, and a value the kernel refuses, are named" {
  bundle one '.linux.sysctl = {"net.ipv4.no_such_thing": "1"}'
  refused net.ipv4.no_such_thing -- husk run -b "$WORK/one" one
  bundle one '.linux.sysctl = {"kernel.shm_rmid_forced": "many"}'
  refused kernel.shm_rmid_forced many -- husk run -b "$WORK/one" one
}
