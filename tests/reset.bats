#!/usr/bin/env bats
# reset.bats: tools/reset removes what phases from 06 on leave when they are killed, with `husk gc`
# and without, and touches nothing that a running container needs. What it does about phases before
# that is in tools.bats.

# shellcheck disable=SC2016,SC2154 # lib/phase.bash and bats have them
load lib/phase

setup_file() {
  phase_setup 06
  local folder
  for folder in "$tree"/phase0[6-9]-*/Makefile; do
    make -s -C "$(dirname "$folder")" husk
  done
}

# TEXT for bash in the sandbox, which has $tree, and $husk: the newest phase's.
sandboxed() {
  needs_root
  run timeout 120 "$tests/lib/sandbox" bash -uc "tree='$tree'; cd \$tree
    for husk in phase0[6-9]-*/husk; do :; done
    $1" </dev/null
  echo "$output"
}

@test "reset: what a killed husk left goes by husk gc: container, devices, rules, records" {
  sandboxed '
    "$ORACLE" >"$SITE/tmp/oracle-1"
    "$husk" run --name=victim -- sleep 300 & pid=$!
    until grep -qx sleep /proc/[0-9]*/comm 2>/dev/null; do sleep 0.05; done
    kill -9 $pid; wait $pid
    echo "= dry"; tools/reset --dry-run; "$husk" ps
    echo "= wet"; tools/reset; echo "status $?"
    "$ORACLE" >"$SITE/tmp/oracle-2"; diff "$SITE/tmp/oracle-1" "$SITE/tmp/oracle-2" && echo clean
    echo "= again"; tools/reset'
  [[ $output == *"= dry"*"would remove  container victim: its husk was killed"*victim*killed*"= wet"* ]]
  [[ $output == *"= wet"*"removed       container victim: its husk was killed"*"status 0"*clean*"= again"*"nothing was left"* ]]
  [[ $output != *"NOT REMOVED"* ]]
}

@test "reset: a container that runs keeps its record, its devices and its rules; --all ends it" {
  sandboxed '
    "$ORACLE" >"$SITE/tmp/oracle-1"
    "$husk" run --name=runs -- sleep 300 & pid=$!
    until grep -qx sleep /proc/[0-9]*/comm 2>/dev/null; do sleep 0.05; done
    sleep 0.2
    "$ORACLE" >"$SITE/tmp/oracle-2"
    tools/reset; "$ORACLE" >"$SITE/tmp/oracle-3"; diff "$SITE/tmp/oracle-2" "$SITE/tmp/oracle-3" && echo untouched
    tools/reset --all; wait $pid
    "$ORACLE" >"$SITE/tmp/oracle-4"; diff "$SITE/tmp/oracle-1" "$SITE/tmp/oracle-4" && echo clean'
  [[ $output == *"left alone    container runs: its husk runs"*untouched*"removed       process "*clean* ]]
}

@test "reset: without a record the devices, the table, ip_forward, leases and layers go all the same" {
  sandboxed '
    "$ORACLE" >"$SITE/tmp/oracle-1"
    ip link add huskc0 type bridge; ip link add huskc0a570002 type veth peer name other
    nft add table ip husk_course; nft add table ip somebody_elses
    echo 1 >/proc/sys/net/ipv4/ip_forward
    mkdir -p "$HUSK_STATE/net" "$HUSK_DATA/overlay/lost/upper" "$HUSK_DATA/kept/mine" "$HUSK_STATE/precious"
    ln -s 0 "$HUSK_STATE/net/ip_forward"; ln -s lost "$HUSK_STATE/net/10.87.0.2"
    tools/reset; echo "status $?"
    "$ORACLE" >"$SITE/tmp/oracle-2"; diff "$SITE/tmp/oracle-1" "$SITE/tmp/oracle-2"; ls "$HUSK_STATE"'
  [[ $output == *"nftables table ip husk_course"*"network device huskc0"*"network device huskc0a570002"*"change of ip_forward: it is 0 again"* ]]
  [[ $output == *"folder "*"/overlay/lost"*"folder "*"/net"*"status 0"*"> data "*/kept/mine*"> nft table ip somebody_elses"*precious* ]]
  [ "$(grep -c '^>' <<<"$output")" -le 3 ]
}

@test "reset: links in the place of the folders are not followed" {
  sandboxed '
    mkdir -p "$SITE/tmp/bats-precious" "$HUSK_STATE" "$HUSK_DATA/overlay"; touch "$SITE/tmp/bats-precious/file"
    ln -s "$SITE/tmp/bats-precious" "$HUSK_STATE/records"; ln -s "$SITE/tmp/bats-precious" "$HUSK_DATA/overlay/link"
    tools/reset; ls "$SITE/tmp/bats-precious"'
  [[ $output == *file* ]]
}

@test "reset: nothing is left on this machine" { nothing_left; }
