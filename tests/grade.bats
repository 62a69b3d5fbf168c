#!/usr/bin/env bats
# grade.bats: grading programs that are not ours, in whatever language, where they can do no harm.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # lib/phase.bash and bats have them
load lib/phase

setup() { cd "$tree" || exit; }

@test "grade: phase 01 written in shell passes" {
  run tests/grade 01 tests/fixtures/shell-phase01
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *"phase 01: 7 of 7 hold"* ]]
}

@test "grade: the same without its IPC namespace fails, by that check alone; JSON and JUnit say so" {
  run tests/grade 01 tests/fixtures/broken-phase01 --json "$BATS_TEST_TMPDIR/g.json" --junit "$BATS_TEST_TMPDIR/g.xml"
  echo "$output"
  [ "$status" = 1 ]
  [ "$(grep '^NOT OK' <<<"$output" | awk '{ print $3 }')" = sysv-ipc: ]
  [ "$(jq -r '[.checks[] | select(.holds | not) | .check] | join(" ")' "$BATS_TEST_TMPDIR/g.json")" = sysv-ipc ]
  [ "$(jq .held "$BATS_TEST_TMPDIR/g.json")" = 6 ]
  grep -q 'tests="7" failures="1"' "$BATS_TEST_TMPDIR/g.xml"
}

@test "grade: a program that does nothing holds nothing" {
  mkdir "$BATS_TEST_TMPDIR/nothing"
  printf '#!/bin/sh\n' >"$BATS_TEST_TMPDIR/nothing/husk"
  chmod +x "$BATS_TEST_TMPDIR/nothing/husk"
  run tests/grade 01 "$BATS_TEST_TMPDIR/nothing"
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"phase 01: 0 of 7 hold"*  && $output == *"never started"* ]]
}

@test "grade: a program that hangs is ended, and fails" {
  mkdir "$BATS_TEST_TMPDIR/hangs"
  printf '#!/bin/sh\nsleep 1000\n' >"$BATS_TEST_TMPDIR/hangs/husk"
  chmod +x "$BATS_TEST_TMPDIR/hangs/husk"
  CELL_TIMEOUT=1 run tests/grade 01 "$BATS_TEST_TMPDIR/hangs"
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"phase 01: 0 of 7 hold"* ]]
}

@test "grade: PHASE_DIR= grades by bats, too" {
  needs_root
  PHASE_DIR=$tests/fixtures/broken-phase01 run bats --tap "$tests/phase01.bats"
  echo "$output"
  [ "$status" = 1 ]
  [ "$(grep -c '^not ok' <<<"$output")" = 1 ]
  [[ $output == *"not ok"*"message queue"* ]]
}

@test "grade: bad input gets one line and status 2" {
  local arguments
  for arguments in "" "01" "99 tests" "01 /nonexistent" "01 tests/unit" "01 tests --frobnicate"; do
    # shellcheck disable=SC2086 # words
    run tests/grade $arguments
    echo "$arguments: $output"
    [ "$status" = 2 ]
    [ "${#lines[@]}" = 1 ]
  done
}
