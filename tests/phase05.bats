#!/usr/bin/env bats
# phase05.bats: a command line that can be trusted

# shellcheck disable=SC2034,SC2154 # lib/phase.bash has them
load lib/phase

setup_file() { phase_setup 05; }

@test "05 guarantee: 127 and one line for a command that is not there" { check command-not-found; }
@test "05 guarantee: 126 and one line for a directory, or a file without x" { check not-executable; }
@test "05 guarantee: a secret in the caller's environment is not seen" { check clean-environment; }
@test "05 guarantee: a bad value gets 125, one line that names it, and no trace" { check strict-values; }
@test "05 guarantee: what follows the command belongs to the command" { check options-end; }
@test "05 guarantee: --hostname is what hostname(1) prints" { check set-name-apart; }
@test "05 attack: make a cgroup outside husk-course by --name=../.." { check traversal-name; }
@test "05 guarantee: --workdir and --env reach the command" { check workdir-env; }
@test "05 guarantee: --read-only forbids writing to /" { check read-only-root; }
@test "05 guarantee: -v shows a host directory, :ro only to read" { check volumes; }
@test "05 guarantee: 256 MiB under --mem=64M: OOM-killed, 137, reported" { needs_root; check memory-option; }
@test "05 guarantee: a fork bomb stops at --pids=50" { needs_root; check pids-option; }
@test "05 guarantee: --cpu=25% is 25 +- 3 % of one CPU over 5 s, by the cgroup" { needs_root; check cpu-option; }
@test "05 guarantee: --pids=1: the first fork(2) of the command fails" { needs_root; check first-instruction; }

@test "05 what earlier phases promised still holds" {
  local -a checks
  mapfile -t checks < <(earlier_checks cgroup)
  check "${checks[@]}"
}

@test "05 the hole it leaves: a killed husk leaves an orphan, and nobody reaps" { still_open sigkill-orphan zombie-pile; }

@test "05 an OOM kill by a limit above the container's is not said to be the container's" {
  needs_root
  [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ] ||
    skip "v2: without a limit the container has no counter to read; the lab on v1 runs this"
  # shellcheck disable=SC2016 # $SITE is the sandbox's
  run "$tests/lib/sandbox" bash -c 'echo 64M >/sys/fs/cgroup/memory/memory.limit_in_bytes
    exec "$SITE/husk/$0/husk" run --mem=max --pids=20 -- "$SITE/kit/memory-hog" 128' "$FOLDER" </dev/null
  echo "$output"
  [ "$status" = 137 ]
  [[ $output != *"memory limit of"* ]]
}

@test "05 a script whose interpreter is missing, or ends in a carriage return, says so" {
  # shellcheck disable=SC2016 # $SITE is the sandbox's
  run "$tests/lib/sandbox" bash -c 'mkdir "$SITE/tmp/scripts" && cd "$SITE/tmp/scripts" || exit
    printf "#!/opt/perl\n" >missing
    printf "#!/bin/sh\r\necho\r\n" >dos
    printf "#!/bin/\033[2Jsh\n" >forged
    chmod +x missing dos forged
    for name in missing dos forged; do
      "$SITE/husk/$0/husk" run -v "$PWD:/mnt" -- "/mnt/$name"
      echo "status $?"
    done' "$FOLDER" </dev/null
  echo "$output"
  [ "${lines[0]}" = "husk: /opt/perl: no such interpreter, named by the first line of /mnt/missing" ]
  [ "${lines[2]}" = "husk: /bin/sh?: ends in a carriage return in the first line of /mnt/dos" ]
  [ "${lines[4]}" = "husk: /bin/?[2Jsh: no such interpreter, named by the first line of /mnt/forged" ]
  [ "${lines[1]} ${lines[3]} ${lines[5]}" = "status 127 status 127 status 127" ]
}

@test "05 nothing is left on this machine" { nothing_left; }
