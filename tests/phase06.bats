#!/usr/bin/env bats
# phase06.bats: nothing is left

# shellcheck disable=SC2016,SC2034,SC2154 # lib/phase.bash has them
load lib/phase

setup_file() { phase_setup 06; }

@test "06 attack: kill -9 of husk leaves the container running" { check sigkill-orphan; }
@test "06 attack: outlive husk and its gc, without a PR_SET_PDEATHSIG" { check sigkill-clinging; }
@test "06 attack: orphans pile up as zombies below process 1" { check zombie-pile; }
@test "06 guarantee: a caller without 0, 1, 2 gets /dev/null there, not a file of husk" { check closed-streams; }
@test "06 guarantee: killed anywhere, then gc: no process, cgroup or record is left" { check gc-collects; }
@test "06 guarantee: gc spares a process that got the pid of a dead container" { check gc-reused-pid; }
@test "06 guarantee: gc leaves running containers alone" { check gc-running; }
@test "06 guarantee: four gc at once remove everything, each thing once" { check gc-at-once; }
@test "06 guarantee: gc kills nobody else's process in the cgroup, and tries again" { needs_root; check gc-foreign-process; }
@test "06 guarantee: records that are cut off or garbage harm neither ps nor gc" { check torn-records; }
@test "06 guarantee: records and logs are 0600 in 0700, whatever the umask" { check record-modes; }
@test "06 guarantee: a state directory of somebody else's is refused" { check record-owner; }
@test "06 guarantee: of 20 containers of one name at once, one starts" { check name-in-use; }
@test "06 guarantee: ps and ps --json show the pid, and no command can forge a line" { check ps; }
@test "06 guarantee: --init: the command is 2, its status counts, orphans die with it" { check init-duties; }
@test "06 guarantee: seven signals sent to husk reach a command that traps them" { check forwards-signals; }
@test "06 guarantee: a stop signal without a handler: 128 + n, and nothing left" { check stop-status; }
@test "06 guarantee: husk logs prints the bytes that were printed, on their stream" { check log-exact; }
@test "06 guarantee: time, stream, F or P, text; no output can forge a line" { check log-format; }
@test "06 guarantee: 20 containers at once, 20 files" { check log-apart; }
@test "06 guarantee: a terminal stays one, but for --log; --no-log keeps nothing" { check log-terminal; }
@test "06 guarantee: a reader that leaves ends the container, a slow one gets all" { check log-reader; }
@test "06 guarantee: a full disk costs the log, not the output, and one line says so" { check log-full; }
@test "06 guarantee: a link in the place of the log directory is not followed" { check log-symlink; }
@test "06 guarantee: whichever step fails, with 125 and a line, nothing is left" { check unwind; }
@test "06 guarantee: RLIMIT_NOFILE of 4 to 24: a line or success, no hang, nothing left" { check few-descriptors; }
@test "06 guarantee: ps, logs and gc refuse what they do not know" { check strict-verbs; }

@test "06 what earlier phases promised still holds" {
  needs_root
  local -a checks
  mapfile -t checks < <(earlier_checks cgroup)
  check "${checks[@]}"
}

@test "06 the hole it leaves: root inside is root" {
  needs_root
  still_open leaked-fd mknod-open proc-sys-write
}

# In the sandbox: what HELD is holding up in its set-up, and what it says when another husk has
# removed the empty directories of state meanwhile.
@test "06 a husk that ends takes the directories away that another one is about to use" {
  run timeout 60 "$tests/lib/sandbox" bash -c 'husk=$SITE/husk/$0/husk
    "$husk" run --name=first --no-log -- "$SITE/kit/sleep" 0.5 &
    sleep 0.2
    # Its third and fourth newfstatat(2) look at these directories; there it waits for a second.
    strace -qq -o /dev/null -e trace=newfstatat -e inject=newfstatat:delay_enter=1000000:when=3 \
      "$husk" run --name=second --no-log -- "$SITE/kit/echo" fine' "$FOLDER" </dev/null
  echo "$output"
  [ "$status" = 0 ]
  [ "$(grep -v 'not root' <<<"$output")" = fine ]
}

@test "06 a container that is stopped while its set-up goes on leaves nothing" {
  run timeout 60 "$tests/lib/sandbox" bash -c 'husk=$SITE/husk/$0/husk before=$("$1/lib/oracle")
    for call in mkdir pipe2 clone clone3 mount pivot_root unlink; do
      strace -f -qq -o /dev/null -e trace=$call -e inject=$call:signal=TERM:when=1 \
        "$husk" run --name=stopped -- "$SITE/kit/sleep" 3 2>/dev/null
      echo "$call $?"
    done
    diff <(echo "$before") <("$1/lib/oracle")' "$FOLDER" "$tests" </dev/null
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *"mkdir 143"*"clone3 143"* ]]
}

# Process 1 waits for two seconds before its first system call, with the signal mask of husk's that it
# was born with: what has no handler there would be dropped by the kernel.
@test "06 a stop signal that is there before process 1 has run ends the container, too" {
  run timeout 60 "$tests/lib/sandbox" bash -c 'husk=$SITE/husk/$0/husk before=$("$1/lib/oracle") log=$SITE/tmp/trace
    strace -f -qq -o "$log" -e trace=clone3,rt_sigprocmask -e inject=rt_sigprocmask:delay_enter=2000000:when=1 \
      "$husk" run --name=early -- "$SITE/kit/sleep" 20 2>/dev/null &
    until grep -qs "clone3.*= [1-9]" "$log"; do sleep 0.05; done
    sleep 0.5
    kill -TERM "$(pgrep -o -x husk)"
    wait $!
    echo "status $?"
    rm -f "$log"
    diff <(echo "$before") <("$1/lib/oracle")' "$FOLDER" "$tests" </dev/null
  echo "$output"
  [ "$output" = "status 143" ]
}

@test "06 nothing is left on this machine" { nothing_left; }
