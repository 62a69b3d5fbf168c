#!/usr/bin/env bats
# phase03.bats: own mounts: pivot_root

# shellcheck disable=SC2034,SC2154 # lib/phase.bash has them
load lib/phase

setup_file() { phase_setup 03; }

@test "03 attack: climb out of a chroot through a second chroot" { check chroot-breakout; }
@test "03 attack: get the host's root back from the own mount namespace" { check setns-breakout; }
@test "03 guarantee: /sys is a sysfs that cannot be written to" { check sys-read-only; }
@test "03 guarantee: /dev/pts is an instance of its own" { check own-terminals; }
@test "03 guarantee: /dev/shm is there, and is not the host's" { check own-shm; }

@test "03 what earlier phases promised still holds" {
  local -a checks
  mapfile -t checks < <(earlier_checks root)
  check "${checks[@]}"
}

@test "03 the hole it leaves: bombs and hogs" { still_open fork-bomb memory-hog cpu-hog; }

@test "03 nothing is left on this machine" { nothing_left; }
