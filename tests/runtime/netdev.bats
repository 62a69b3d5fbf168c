#!/usr/bin/env bats
# netdev.bats: the loopback, and linux.netDevices: interfaces that move into the container.

# shellcheck disable=SC2016 # what is in single quotes is for the shell inside
load lib
setup() {
  runtime_setup
  ip link add husk0a type veth peer name husk0b 2>/dev/null || skip "no veth(4) here"
}
teardown() {
  ip link del husk0a 2>/dev/null || ip link del husk0b 2>/dev/null || true
  runtime_teardown
}

@test "a new network namespace has its loopback up, and nothing else" {
  sh_in . 'ip -o link | cut -d: -f2; ping -c 1 -w 2 127.0.0.1 >/dev/null || nc -z 127.0.0.1 1 || cat /sys/class/net/lo/flags /proc/net/dev | head -1'
  echo "$output"
  [ "${lines[0]// /}" = lo ]
  sh_in . 'ip -o addr show lo'
  [[ $output == *127.0.0.1/8* ]]
  sh_in . 'ip -o link show lo'
  [[ $output == *UP* ]]
}

@test "an interface moves, renamed, up, with its permanent global addresses" {
  ip addr add 192.168.77.1/30 brd + dev husk0a
  ip addr add 10.77.0.8/24 dev husk0a
  ip addr add fd00:77::1/64 dev husk0a nodad
  ip addr add 169.254.77.1/16 scope link dev husk0a
  ip link set husk0b up
  sh_in '.linux.netDevices = {"husk0a": {"name": "eth7"}}' 'ip -o link show eth7; ip -o addr show eth7'
  echo "$output"
  [ "$status" = 0 ]
  [[ ${lines[0]} == *UP* ]]
  [[ $output == *192.168.77.1/30*brd*192.168.77.3* ]]
  [[ $output == *10.77.0.8/24* ]]
  [[ $output == *fd00:77::1/64* ]]
  [[ $output != *169.254.77.1* ]]
  run ip link show husk0a
  [ "$status" != 0 ]
}

@test "two interfaces, one of them with its own name" {
  sh_in '.linux.netDevices = {"husk0a": {}, "husk0b": {"name": "eth1"}}' 'ls /sys/class/net 2>/dev/null; ip -o link | cut -d: -f2 | cut -d@ -f1'
  echo "$output"
  [[ $output == *husk0a* ]] && [[ $output == *eth1* ]]
}

@test "what cannot be moved is named, and the container is not made" {
  bundle one '.linux.netDevices = {"husk9z": {}}'
  refused husk9z -- husk run -b "$WORK/one" one
  bundle one '.linux.netDevices = {"lo": {"name": "eth1"}}'
  refused lo -- husk run -b "$WORK/one" one
  bundle one '.linux.netDevices = {"husk0a": {"name": "lo"}}'
  refused husk0a lo already -- husk run -b "$WORK/one" one
  ip link show husk0a >/dev/null
  bundle one '.linux.netDevices = {"husk0a": {"name": "a-name-of-more-than-15"}}'
  refused husk0a -- husk run -b "$WORK/one" one
}

@test "without an own network namespace: refused" {
  bundle one '.linux.netDevices = {"husk0a": {}} | .linux.namespaces |= map(select(.type != "network"))'
  refused netDevices network -- husk run -b "$WORK/one" one
  bundle one '.linux.netDevices = {"husk0a": {}} | .linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/net" else . end)'
  refused netDevices network -- husk run -b "$WORK/one" one
  ip link show husk0a >/dev/null
}
