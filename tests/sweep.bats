#!/usr/bin/env bats
# sweep.bats: the SIGKILL sweep can fail: it sees what a husk without `husk gc` leaves, and what
# one whose gc does nothing leaves. The sweeps themselves are parts of tests/run.

# shellcheck disable=SC2016,SC2154 # lib/phase.bash and bats have them
load lib/phase

setup_file() {
  phase_setup 05
  make -s -C "$tree/$(phase_folder 06)" husk
}

@test "sweep: phase 05, which has no gc, leaves a cgroup and a process, and is red" {
  needs_root
  run "$tests/sweep" --phase 05 --points 12 --moments 4
  echo "$output"
  [ "$status" = 1 ]
  [[ $output =~ "not ok  pipe2 1 "[^$'\n']*" left "[^$'\n']*cgroup[^$'\n']*" after gc "[^$'\n']*cgroup ]]
  [[ $output =~ "not ok  wait4 1 "[^$'\n']*" after gc "[^$'\n']*process ]]
  [[ $output =~ "not ok  "[0-9]+" ms "[^$'\n']*" after gc " ]]
}

@test "sweep: a gc that says that it has removed everything, and did nothing, is red" {
  needs_root
  printf '#!/bin/sh\n[ "$1" != gc ] || exit 0\nexec "%s" "$@"\n' "$tree/$(phase_folder 06)/husk" >"$BATS_TEST_TMPDIR/husk"
  chmod +x "$BATS_TEST_TMPDIR/husk"
  run "$tests/sweep" --phase 06 --points 30 --moments 4 --husk "$BATS_TEST_TMPDIR/husk"
  echo "$output"
  [ "$status" = 1 ]
  [[ $output =~ "not ok  "[^$'\n']*" hit husk, "[^$'\n']*" after gc "[^$'\n']*state ]]
  # What the container, or a helper, alone was killed of husk itself has cleaned up.
  [[ $output =~ $'\n'"ok      "[^$'\n']*" hit container, left nothing" ]]
}

@test "sweep: more points than a run has are not delivered, and that is said" {
  needs_root
  run "$tests/sweep" --phase 06 --points 999 --moments 0
  echo "$output" | tail -5
  [ "$status" = 1 ]
  [[ $output =~ "not ok  points "[^$'\n']*[1-9][0-9]+" delivered, 999 wanted" ]]
}

@test "sweep: sixty points, no two of them the same, of husk, its helper and the container" {
  needs_root
  run "$tests/sweep" --phase 06 --list
  echo "$output"
  [ "$status" = 0 ]
  [ "$(cut -d' ' -f 1,2 <<<"$output" | sort -u | wc -l)" = 60 ]
  [[ $output == *mkdir*clone3*husk*pivot_root*container*rmdir*unlink* ]]
  [[ $output == *helper* ]]
}

@test "sweep: a bad argument gets one line" {
  local arguments
  for arguments in "--frobnicate" "--phase 99" "--points many" "--phase"; do
    # shellcheck disable=SC2086 # words
    run "$tests/sweep" $arguments
    echo "$arguments: $output"
    [ "$status" = 2 ]
    [ "${#lines[@]}" = 1 ]
  done
}

@test "sweep: nothing is left on this machine" { nothing_left; }
