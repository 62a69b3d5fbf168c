#!/usr/bin/env bats
# shellcheck disable=SC2016 # most of the shell in here is for the guest
# Tests of the lab itself. Each run gets a TMPDIR of its own, so that "nothing is left" can be told
# from what other labs on this machine do.

setup_file() {
    export LAB=$BATS_TEST_DIRNAME/lab
    for layout in v2 v1 hybrid; do
        "$LAB" --prepare --cgroup "$layout" 2>&1 | sed 's/^/# /' >&3
    done
}

setup() {
    export TMPDIR=$BATS_TEST_TMPDIR/tmp
    mkdir "$TMPDIR"
}

# Waits for a condition; the limit is for what never comes.
wait_for() { # CMD...
    local end=$((SECONDS + 120))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || { echo "waited in vain for: $*"; return 1; }
        sleep 0.1
    done
}

has_folder() { [ -n "$(ls -A "$TMPDIR")" ]; }
has_process() { pgrep -f "$TMPDIR"; }
is_alone() { ! has_process; }

nothing_is_left() {
    ! has_folder || return 1
    is_alone
}

@test "the status of the command is passed on" {
    run "$LAB" 'exit 7'
    [ "$status" -eq 7 ]
    run "$LAB" -- sh -c 'kill -TERM $$'
    [ "$status" -eq 143 ]
    nothing_is_left
}

@test "output is exact: no newline added, no carriage return, every byte" {
    "$LAB" 'printf "a\0b\r\nc\377"; printf "\nd" >&2' >"$BATS_TEST_TMPDIR/out"
    printf 'a\0b\r\nc\377\nd' | cmp - "$BATS_TEST_TMPDIR/out"
}

@test "a megabyte of output arrives whole" {
    "$LAB" 'seq 200000 | head -c 1048576' >"$BATS_TEST_TMPDIR/out"
    seq 200000 | head -c 1048576 | cmp - "$BATS_TEST_TMPDIR/out"
}

@test "arguments arrive as they were given" {
    run "$LAB" -- printf '<%s>' 'a  b' '$HOME' "it's" '' $'two\nlines' 'é'
    [ "$output" = "<a  b><\$HOME><it's><>"$'<two\nlines><é>' ]
}

@test "without a command, standard input is a script" {
    run "$LAB" < <(printf 'read -r x\ndata\necho "got $x in $PWD"\nexit 3\n')
    [ "$status" -eq 3 ]
    [ "$output" = 'got data in /husk' ]
}

@test "on a terminal there is a shell with its size, and the terminal is as before" {
    local seen=$BATS_TEST_TMPDIR/terminal
    run script -qfec "stty rows 31 cols 97; before=\$(stty -g); '$LAB'; echo status=\$?
        [ \"\$before\" = \"\$(stty -g)\" ] && echo restored" "$seen" < <(
        # Typed again and again: at first nobody may be there who reads it.
        until grep -q '31 97' "$seen"; do printf 'stty size\r' && sleep 1; done
        printf 'exit 9\r'
        wait_for grep -q status= "$seen"
    )
    [[ $output == *'31 97'* ]]
    [[ $output == *status=9* ]]
    [[ $output == *restored* ]]
    nothing_is_left
}

@test "a time-out gives 124 and leaves no process and no folder" {
    run "$LAB" --timeout 6 'echo before; sleep 600; echo after'
    [ "$status" -eq 124 ]
    [[ $output == before* ]]
    [[ $output != *after* ]]
    nothing_is_left
}

@test "SIGTERM ends the run and leaves nothing" {
    local status=0
    "$LAB" 'echo up; sleep 60' >"$BATS_TEST_TMPDIR/out" &
    wait_for grep -q up "$BATS_TEST_TMPDIR/out"
    kill -TERM "$!"
    wait "$!" || status=$?
    [ "$status" -eq 143 ]
    nothing_is_left
}

@test "what kill -9 leaves is removed by the next run" {
    "$LAB" 'echo up; sleep 600' >"$BATS_TEST_TMPDIR/out" &
    wait_for grep -q up "$BATS_TEST_TMPDIR/out"
    kill -KILL "$!"
    wait "$!" || true
    has_folder
    # QEMU dies of its parent's death, and what hangs on its pipes with it; then the lock is free.
    wait_for is_alone
    wait_for flock -n "$TMPDIR"/husk-lab.*/alive true
    "$LAB" true
    nothing_is_left
}

@test "a reader that goes away ends the run" {
    [ "$(timeout 120 "$LAB" yes | head -n 2)" = $'y\ny' ]
    nothing_is_left
}

@test "what the command leaves running does not hold it up" {
    run timeout 120 "$LAB" 'sleep 1000 & echo done'
    [ "$status" -eq 0 ]
    [ "$output" = 'done' ]
}

@test "a file made by one run is absent in the next, and in the tree" {
    local name=lab-test-$$
    for _ in 1 2 3; do
        "$LAB" "[ ! -e $name ] && [ ! -e /root/$name ] && touch $name /root/$name"
    done
    [ ! -e "$BATS_TEST_DIRNAME/../../$name" ]
}

@test "the tree in the guest is the tree on the host" {
    run "$LAB" 'sha256sum < tests/vm/lab; [ -w . ] && git status --short >/dev/null; echo $?'
    [ "${lines[0]}" = "$(sha256sum <"$LAB")" ]
    [ "${lines[1]}" -eq 0 ] || [ ! -d "$BATS_TEST_DIRNAME/../../.git" ]
}

@test "two runs at once do not meet" {
    "$LAB" 'echo one >/tmp/x; sleep 2; cat /tmp/x' >"$BATS_TEST_TMPDIR/1" &
    "$LAB" 'echo two >/tmp/x; sleep 2; cat /tmp/x' >"$BATS_TEST_TMPDIR/2"
    wait "$!"
    [ "$(cat "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/2")" = $'one\ntwo' ]
}

@test "--user is uid 1000, may write /husk and make user namespaces, and has a cgroup of its own" {
    run "$LAB" --user '
        id -u
        touch x && unshare -r id -u
        mkdir /sys/fs/cgroup/lab/mine && echo made'
    [ "$output" = $'1000\n0\nmade' ]
}

@test "v2: every controller is there, and on for children" {
    run "$LAB" '
        cat /proc/self/cgroup /sys/fs/cgroup/lab/cgroup.controllers
        stat -f -c %T /sys/fs/cgroup'
    [ "${lines[0]}" = 0::/lab ]
    for controller in cpuset cpu io memory pids; do
        [[ " ${lines[1]} " == *" $controller "* ]]
    done
    [ "${lines[2]}" = cgroup2fs ]
}

@test "v1: every controller has a hierarchy, and there is no v2" {
    run "$LAB" --cgroup v1 'cat /proc/self/cgroup; grep -c cgroup2 /proc/mounts'
    for controller in memory cpu cpuacct cpuset pids freezer devices blkio; do
        [[ $output == *":$controller:/lab"* ]]
    done
    [ "${lines[-1]}" = 0 ]
}

@test "hybrid: v1 holds the controllers, v2 is mounted beside it without them" {
    run "$LAB" --cgroup hybrid '
        cat /proc/self/cgroup /sys/fs/cgroup/unified/cgroup.controllers'
    for controller in memory cpu cpuacct cpuset pids freezer devices blkio; do
        [[ $output == *":$controller:/lab"* ]]
        [[ " ${lines[-1]} " != *" $controller "* ]]
    done
    [[ $output == *0::/lab* ]]
}

@test "v2: a memory limit kills a hog" {
    run "$LAB" '
        mkdir /sys/fs/cgroup/hog
        echo 32M >/sys/fs/cgroup/hog/memory.max
        (echo $BASHPID >/sys/fs/cgroup/hog/cgroup.procs; exec tail /dev/zero)
        echo "status $?"
        grep oom_kill\  /sys/fs/cgroup/hog/memory.events'
    [[ $output == *'status 137'*'oom_kill 1'* ]]
}

@test "the lab's own errors are one line and 125" {
    run "$LAB" --cgroup v3 true
    [ "$status" -eq 125 ]
    [ "${#lines[@]}" -eq 1 ]
    HUSK_LAB_CACHE=/proc/no run "$LAB" true
    [ "$status" -eq 125 ]
    [ "${#lines[@]}" -eq 1 ]
    run "$LAB" 'echo c >/proc/sysrq-trigger'
    [ "$status" -eq 125 ]
    [[ $output == *'Kernel panic'* ]]
    nothing_is_left
}

@test "--status names every part, as text and as JSON" {
    run "$LAB" --status
    [[ $output == *image*ready*state-v2*ready* ]]
    "$LAB" --status --json | jq -e '.parts[] | select(.name == "state-v1") | .state == "ready"'
}
