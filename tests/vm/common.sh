# Shared by every part of the lab: messages, the table of architectures, keys and run directories.
# shellcheck shell=bash
# shellcheck disable=SC2034 # the table's columns are read by the parts that source this file

# fail WHAT WAY-OUT: the lab itself failed, in one line; 125 is never a command's own status by
# chance alone, so callers can tell "the lab broke" from "my command broke".
fail() {
    printf 'lab: %s: %s\n' "$1" "$2" >&2
    exit 125
}

# For what nobody thought of: a command that fails here must not look like the user's command failing.
unexpected() { # unexpected LINE
    [ "$BASH_SUBSHELL" = 0 ] || exit 125
    fail "line $1 of ${BASH_SOURCE[1]##*/} failed" "this is an error in the lab; please report it"
}

say() {
    printf 'lab: %s\n' "$*" >&2
}

need() { # need PROGRAM...: every one is in PATH
    local program
    for program; do
        command -v "$program" >/dev/null ||
            fail "the program $program is missing" "run make deps at the top of the repository"
    done
}

# Everything that depends on the machine's architecture. To add one: a branch here, and its name for
# a kernel package in kernel.sh's tables if the distribution spells it another way.
arch_set() {
    ARCH=$(uname -m)
    case $ARCH in
        x86_64)
            QEMU=qemu-system-x86_64
            MACHINE=q35
            # An old CPU on purpose: fewer instructions to emulate, a third off the boot time under
            # TCG.
            CPU_TCG=Nehalem
            CONSOLE=ttyS0
            DEB_ARCH=amd64
            ARCH_ARGS='no_timer_check tsc=reliable'
            ;;
        *) fail "no table for the architecture $ARCH" "add it to arch_set in tests/vm/common.sh" ;;
    esac
}

# key: 16 hex digits of standard input; things in the cache are named after what they were made
# from.
key() {
    local sum
    sum=$(sha256sum)
    printf '%s\n' "${sum:0:16}"
}

RUN_DIRS=()
JOB=

# run_dir_make: a private directory for one QEMU: RUN. It holds the pipes to the guest. A lock held
# as long as this process lives tells a directory in use from one that a kill -9 left behind.
run_dir_make() {
    local base=${TMPDIR:-/tmp} dir
    run_dir_sweep "$base"
    dir=$(mktemp -d "$base/husk-lab-new.XXXXXX") ||
        fail "no temporary directory under $base" "set TMPDIR to a directory you can write to"
    RUN=${dir/-new./.}
    RUN_DIRS+=("$dir" "$RUN")
    exec {RUN_LOCK}>"$dir/alive"
    flock "$RUN_LOCK"
    mv -T "$dir" "$RUN" # only now do others see it
}

run_dir_sweep() { # run_dir_sweep BASE
    local dir
    for dir in "$1"/husk-lab.??????; do
        [ -O "$dir" ] && [ -f "$dir/alive" ] || continue
        if flock -n "$dir/alive" true 2>/dev/null; then rm -rf "$dir"; fi
    done
}

run_dir_remove() {
    rm -rf "$RUN"
    RUN=
}

# interruptible COMMAND...: bash runs traps only after its foreground child has ended, but at once
# in wait. For everything that may last; finish kills it.
interruptible() {
    local rc=0
    "$@" <&0 & # without the redirection bash would give it /dev/null
    JOB=$!
    wait "$JOB" || rc=$?
    JOB=
    return "$rc"
}
