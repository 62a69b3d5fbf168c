#!/usr/bin/env bats
# phase04.bats: own share of the machine: cgroups

# shellcheck disable=SC2034,SC2154 # lib/phase.bash has them
load lib/phase

setup_file() { phase_setup 04; }

@test "04 attack: have more than 60 processes at one time" { needs_root; check fork-bomb; }
@test "04 attack: hold 256 MiB of memory" { needs_root; check memory-hog; }
@test "04 attack: take more than three quarters of a CPU" { needs_root; check cpu-hog; }
@test "04 guarantee: a hog exits with 137, and one line says OOM-killed" { needs_root; check oom-report; }
@test "04 guarantee: the own cgroup looks like the root of all" { needs_root; check cgroup-root; }

@test "04 what earlier phases promised still holds" {
  needs_root
  local -a checks
  mapfile -t checks < <(earlier_checks cgroup)
  check "${checks[@]}"
}

@test "04 the hole it leaves: the caller's environment, and 125 for everything" { needs_root; still_open clean-environment command-not-found not-executable; }

@test "04 nothing is left on this machine" { nothing_left; }
