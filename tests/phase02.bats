#!/usr/bin/env bats
# phase02.bats: own files: chroot and a minimal /dev

# shellcheck disable=SC2034,SC2154 # lib/phase.bash has them
load lib/phase

setup_file() { phase_setup 02; }

@test "02 attack: read a file that lies outside the root file system" { check read-host-file; }
@test "02 attack: learn from mountinfo what the host has mounted" { check list-host-mounts; }
@test "02 attack: find a device of the host, /dev/kmsg, by its name" { check open-host-device; }
@test "02 guarantee: /dev has null zero full random urandom tty, and no host device" { check dev-minimal; }

@test "02 what earlier phases promised still holds" {
  local -a checks
  mapfile -t checks < <(earlier_checks root)
  check "${checks[@]}"
}

@test "02 the hole it leaves: two ways out of a chroot" { still_open chroot-breakout setns-breakout; }

@test "02 nothing is left on this machine" { nothing_left; }
