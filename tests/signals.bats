#!/usr/bin/env bats
# signals.bats: a stop signal sent to husk ends the container, and leaves nothing behind.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # lib/phase.bash and bats have them
load lib/phase

setup_file() { phase_setup 01; }

# In the sandbox: NN FOLDER SIGNAL... prints "SIGNAL status" for each, then what is left.
stop='
  . "$0/lib/cell.bash"
  PHASE=$1 HUSK=$SITE/husk/$2/husk
  shift 2
  before=$("$0/lib/oracle")
  for signal in "$@"; do
    build_call "$SITE/kit/sleep" 4242
    # A shell starts what it puts in the background with SIGINT and SIGQUIT ignored.
    env --default-signal=INT,QUIT,HUP "${call[@]}" 2>/dev/null &
    pid=$!
    for tries in {1..200}; do
      grep -qs "^sleep$" /proc/[0-9]*/comm && break
      sleep 0.05
    done
    kill -"$signal" $pid
    status=0
    wait $pid || status=$?
    echo "$signal $status"
  done 2>/dev/null
  diff <(echo "$before") <("$0/lib/oracle")'

stops() { # NN
  make -s -C "$tree/$(phase_folder "$1")" husk
  run "$tests/lib/sandbox" bash -c "$stop" "$tests" "$1" "$(phase_folder "$1")" TERM INT HUP QUIT
  echo "$output"
  [ "$output" = $'TERM 143\nINT 130\nHUP 129\nQUIT 131' ]
}

@test "signals: phase 01 stops its container, and leaves nothing" { stops 01; }
@test "signals: phase 02 stops its container, and leaves nothing" { stops 02; }
@test "signals: phase 03 stops its container, and leaves nothing" { stops 03; }
@test "signals: phase 04 stops its container, and leaves nothing" { needs_root; stops 04; }
@test "signals: phase 05 stops its container, and leaves nothing" { needs_root; stops 05; }

# The phases from 06 on, one word each, of the folders there are.
later_phases() {
  local folder
  for folder in "$tree"/phase0[6-9]-*/Makefile; do
    folder=${folder#"$tree"/phase}
    echo "${folder%%-*}"
  done
}

@test "signals: each phase from 06 on stops its container, and leaves nothing" {
  needs_root
  local phase
  for phase in $(later_phases); do
    echo "phase $phase"
    stops "$phase"
  done
}

starts_at_once() { # NN
  make -s -C "$tree/$(phase_folder "$1")" husk
  run "$tests/lib/sandbox" bash -c 'before=$("$0/lib/oracle")
    for i in {1..200}; do "$SITE/husk/$1/husk" run --pids=5 -- sh -c "exit $((i % 100))" & pids[i]=$!; done
    for i in {1..200}; do status=0; wait "${pids[i]}" || status=$?; [ $status = $((i % 100)) ] || echo "$i: $status"; done
    diff <(echo "$before") <("$0/lib/oracle")' "$tests" "$(phase_folder "$1")"
  echo "phase $1: $output"
  [ "$status" = 0 ] && [ -z "$output" ]
}

@test "signals: two hundred starts and ends at the same time leave nothing in phase 05" { needs_root; starts_at_once 05; }
@test "signals: nor in phase 06, nor in the newest" {
  needs_root
  starts_at_once 06
  starts_at_once "$(later_phases | tail -1)"
}

@test "signals: a child that dies before it is released leaves nothing: no SIGPIPE ends husk halfway" {
  needs_root
  # strace holds husk up between clone3(2) and what it does next, for long enough to be quicker.
  run "$tests/lib/sandbox" bash -c 'before=$("$0/lib/oracle")
    strace -f -o /dev/null -e trace=clone3 -e inject=clone3:delay_exit=3000000 "$SITE/husk/$1/husk" run true &
    tracer=$!
    for tries in {1..100}; do
      child=$(pgrep -P "$(pgrep -P $tracer)" 2>/dev/null) && break
      sleep 0.02
    done
    kill -9 "$child"
    status=0
    wait $tracer || status=$?
    echo "status $status"
    diff <(echo "$before") <("$0/lib/oracle")' "$tests" "$(phase_folder 05)"
  echo "$output"
  [ "$status" = 0 ]
  [ "$output" = $'husk: release container: Broken pipe\nstatus 137' ]
}

@test "signals: a caller that ignores SIGCHLD gets the status all the same" {
  run "$tests/lib/sandbox" bash -c 'env --ignore-signal=CHLD "$SITE/husk/$1/husk" "$SITE/kit/sh" -c "exit 3"' \
    _ "$(phase_folder 01)"
  echo "$output"
  [ "$status" = 3 ]
}
