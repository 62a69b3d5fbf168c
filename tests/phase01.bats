#!/usr/bin/env bats
# phase01.bats: own names: hostname, processes, mounts, IPC

# shellcheck disable=SC2034,SC2154 # lib/phase.bash has them
load lib/phase

setup_file() { phase_setup 01; }

@test "01 guarantee: hostname(1) prints the container's own name" { check hostname; }
@test "01 guarantee: the command is process 1" { check pid1; }
@test "01 guarantee: ps(1) lists no process from outside" { check ps-own; }
@test "01 guarantee: a mount made inside does not show outside" { check mount-private; }
@test "01 guarantee: a message queue of the host cannot be found" { check sysv-ipc; }
@test "01 attack: set the hostname of the host" { check set-hostname; }
@test "01 attack: kill a process of the host" { check signal-host; }

@test "01 the hole it leaves: host files can be read, host mounts listed" { still_open read-host-file list-host-mounts; }

@test "01 nothing is left on this machine" { nothing_left; }
