# QEMU: one function builds the arguments of every machine, the rest starts, saves and resumes it.
#
#   accel_find             sets ACCEL (kvm or tcg) and ACCEL_WHY, from the cache or after a probe
#   state_find             sets STATE, the folder of the saved machine for this layout
#   state_build            boots a machine until the guest says "ready" and saves it
#   machine_resume         starts a saved machine in RUN; then ctl_in and ctl_out are the talk with
#                          guest/stage2
#   machine_kill           ends it
#
# The guest's memory is a file. While the state is made QEMU writes it through a shared mapping; a
# resume maps it privately, so nothing is read that is not touched, nothing is ever written back,
# and parallel runs share what is in the page cache. Only the devices' state goes through QEMU's
# migration.
# shellcheck shell=bash

QEMU_PID=
qmp_in='' qmp_out='' ctl_in='' ctl_out='' tty_in='' tty_out='' out_out='' # filled by qemu_start
TREE_ROOM=$((1 << 30)) # the disk that the tree travels on: sparse, its size is in the saved state

# qemu_arguments MEMORY-FILE SHARE: sets QEMU_ARGUMENTS. What a saved state depends on is here and
# only here.
qemu_arguments() {
    local cpu=$CPU_TCG accel=tcg,thread=multi,tb-size=512
    local share=local,id=git,security_model=none,readonly=on,multidevs=remap
    [ "$ACCEL" = tcg ] || { cpu=host accel=kvm; }
    QEMU_ARGUMENTS=(
        -nodefaults -no-user-config -display none -nic none -no-reboot
        -machine "$MACHINE,memory-backend=ram" -accel "$accel" -cpu "$cpu" -smp "$CPUS" -m "$MEM"
        -object "memory-backend-file,id=ram,size=${MEM}M,mem-path=${1//,/,,},share=$2"
        -kernel "$KERNEL" -initrd "$INITRD" -append "$(kernel_arguments)"
        -chardev "file,id=serial,path=${RUN//,/,,}/serial" -serial chardev:serial
        -chardev "pipe,id=qmp,path=${RUN//,/,,}/qmp" -mon chardev=qmp,mode=control
        -device virtio-serial-pci
        -chardev "pipe,id=tty,path=${RUN//,/,,}/tty" -device virtconsole,chardev=tty
        -chardev "pipe,id=ctl,path=${RUN//,/,,}/ctl" -device virtserialport,chardev=ctl,name=ctl
        -chardev "pipe,id=out,path=${RUN//,/,,}/out" -device virtserialport,chardev=out,name=out
        -device virtio-rng-pci
        -drive "file=${IMAGE//,/,,},if=none,id=root,format=raw,snapshot=on,cache=unsafe"
        -device virtio-blk-pci,drive=root
        -drive "file=${RUN//,/,,}/tree,if=none,id=tree,format=raw,readonly=on,cache=unsafe"
        -device virtio-blk-pci,drive=tree
        -fsdev "$share,path=${GIT_SHARE//,/,,}"
        -device virtio-9p-pci,fsdev=git,mount_tag=git
    )
}

# norandmaps: emulated code is translated by address, and ASLR moves it with every exec; half of the
# time that starting a process takes. The other switches spare the guest work that protects nobody
# here.
kernel_arguments() {
    local words="console=$CONSOLE quiet loglevel=3 panic=-1 lab.cgroup=$LAYOUT"
    words+=" norandmaps nokaslr mitigations=off init_on_alloc=0 nowatchdog random.trust_cpu=on"
    words+=" audit=0 selinux=0 apparmor=0 swapaccount=1 $ARCH_ARGS"
    [ "$LAYOUT" != v2 ] || words+=' cgroup_no_v1=all'
    printf '%s\n' "$words"
}

# qemu_start DIR ARGUMENT...: in the background, in DIR, dying with this process even if that is
# killed with -9. QEMU's end is seen as the end of its pipes: it inherits a writer of each, and this
# process keeps only readers.
qemu_start() {
    local name writer
    truncate -s "$TREE_ROOM" "$RUN/tree"
    local -A writers=()
    for name in qmp ctl tty out; do
        mkfifo "$RUN/$name.in" "$RUN/$name.out"
        exec {writer}<>"$RUN/$name.out"
        writers[$name]=$writer
    done
    exec {qmp_out}<"$RUN/qmp.out" {qmp_in}<>"$RUN/qmp.in"
    exec {ctl_out}<"$RUN/ctl.out" {ctl_in}<>"$RUN/ctl.in"
    exec {tty_out}<"$RUN/tty.out" {tty_in}<>"$RUN/tty.in"
    exec {out_out}<"$RUN/out.out"
    # snapshot=on keeps the guest's writes in a file that QEMU unlinks at once, in TMPDIR
    (
        cd "$1"
        export TMPDIR=$RUN
        exec setpriv --pdeathsig KILL "$QEMU" "${QEMU_ARGUMENTS[@]}" "${@:2}" {LOCK}>&-
    ) </dev/null >"$RUN/qemu.log" 2>&1 &
    QEMU_PID=$!
    for name in "${!writers[@]}"; do
        writer=${writers[$name]}
        exec {writer}>&-
    done
    printf '%s\n' '{"execute":"qmp_capabilities"}' >&"$qmp_in"
}

machine_kill() {
    [ -n "$QEMU_PID" ] || return 0
    kill -KILL "$QEMU_PID" 2>/dev/null || true
    wait "$QEMU_PID" 2>/dev/null || true
    QEMU_PID=
}

qmp() { # qmp JSON
    printf '%s\n' "$1" >&"$qmp_in"
}

# qmp_await SECONDS PATTERN [BAD-PATTERN]: reads answers and events until one matches.
qmp_await() {
    local line end=$((SECONDS + $1))
    while IFS= read -r -t "$((end > SECONDS ? end - SECONDS : 1))" line <&"$qmp_out"; do
        [[ ! $line =~ $2 ]] || return 0
        [ -z "${3:-}" ] || [[ ! $line =~ $3 ]] || return 1
    done
    return 1
}

# ctl_await SECONDS WORD: the guest's next line, split into CTL_WORD and CTL_REST. Status 1: QEMU
# ended or something else was said; above 128: time is up.
ctl_await() {
    CTL_WORD=''
    read -r -t "$1" CTL_WORD CTL_REST <&"$ctl_out" || return
    [ "$CTL_WORD" = "$2" ]
}

# The guest's last words, for an error message: a panic, else the last line that is not blank.
machine_last_words() {
    local words
    words=$(cat "$RUN/qemu.log" "$RUN/serial" 2>/dev/null | tr -d '\r' |
        awk '/[^ ]/ && !panic { last = $0 } /Kernel panic/ { panic = 1 } END { print last }')
    printf '%s\n' "${words:-no message}"
}

# Saved states

state_find() {
    RUN=RUN GIT_SHARE=GIT qemu_arguments MEMORY SHARE
    STATE=$CACHE/state-$LAYOUT-$({
        printf '%s\n' "${QEMU_ARGUMENTS[@]//"$CACHE/"/}"
        stat -Lc '%s %Y' "$(command -v "$QEMU")"
        cat "$VM/qemu.sh"
    } | key)
}

state_build() {
    local work=$STATE.new.$$ run=${RUN:-}
    rm -rf "$CACHE/state-$LAYOUT"-*.new.*
    mkdir "$work"
    say "state    booting a guest ($LAYOUT, $ACCEL)"
    run_dir_make
    qemu_arguments "$work/memory" on
    qemu_start "$work"
    ctl_await 300 ready ||
        fail "the guest did not start ($(machine_last_words))" \
            "try tests/vm/lab --clean, or HUSK_LAB_ACCEL=tcg"
    ! grep 'lab: guest:' "$RUN/serial" >&2 || true
    state_save
    machine_kill
    run_dir_remove
    RUN=$run
    mv -T "$work" "$STATE"
}

# The machine must run when migration begins: a machine that was stopped first resumes stopped.
state_save() {
    qmp '{"execute":"migrate-set-capabilities","arguments":{"capabilities":[
        {"capability":"x-ignore-shared","state":true},{"capability":"events","state":true}]}}'
    qmp '{"execute":"migrate","arguments":{"uri":"exec:cat >devices"}}'
    qmp_await 120 '"status": "completed"' '"status": "failed"|"error"' ||
        fail "QEMU could not save the machine" "check the space in $CACHE"
}

machine_resume() {
    qemu_arguments "$STATE/memory" off
    qemu_start "$STATE" -incoming defer
    qmp '{"execute":"migrate-set-capabilities","arguments":{"capabilities":[
        {"capability":"x-ignore-shared","state":true}]}}'
    qmp '{"execute":"migrate-incoming","arguments":{"uri":"exec:cat devices"}}'
}

# The accelerator

ACCEL_MAY_PROBE=1

accel_find() {
    local answer
    if [ -n "${HUSK_LAB_ACCEL:-}" ]; then
        ACCEL=$HUSK_LAB_ACCEL ACCEL_WHY='HUSK_LAB_ACCEL says so'
        [[ $ACCEL =~ ^(tcg|kvm)$ ]] || fail "HUSK_LAB_ACCEL=$ACCEL" "use tcg or kvm"
    elif [ ! -e /dev/kvm ]; then
        ACCEL=tcg ACCEL_WHY='there is no /dev/kvm'
    elif ! [ -r /dev/kvm ] || ! [ -w /dev/kvm ]; then
        ACCEL=tcg ACCEL_WHY='/dev/kvm is not accessible to this user'
    else
        answer=$CACHE/accel-$({
            uname -a
            stat -Lc '%s %Y' "$(command -v "$QEMU")"
            printf '%s\n' "$INITRD"
        } | key)
        if [ ! -s "$answer" ]; then
            [ -n "$ACCEL_MAY_PROBE" ] || return 0
            say "accel    trying KVM with a small guest, for 5 s at most"
            accel_probe >"$answer.new.$$" 2>/dev/null
            mv "$answer.new.$$" "$answer"
        fi
        read -r ACCEL ACCEL_WHY <"$answer"
    fi
}

# /dev/kvm may be there and hang for ever, so only a guest that gets as far as our own init within
# five seconds proves it. A process stuck in the kernel does not die of SIGKILL: nobody waits for
# it.
accel_probe() {
    local log probe waited=0
    log=$(mktemp)
    setpriv --pdeathsig KILL "$QEMU" -nodefaults -no-user-config -display none -nic none \
        -no-reboot -machine "$MACHINE" -accel kvm -cpu host -m 256 -serial "file:$log" \
        -kernel "$KERNEL" -initrd "$INITRD" -append "console=$CONSOLE panic=-1 lab.probe" \
        </dev/null >/dev/null 2>&1 {LOCK}>&- &
    probe=$!
    while [ "$((waited += 1))" -le 50 ] && kill -0 "$probe" 2>/dev/null; do
        ! grep -q 'probe passed' "$log" || break
        sleep 0.1
    done
    if grep -q 'probe passed' "$log"; then
        echo "kvm a guest started under KVM within 5 s"
    else
        echo "tcg /dev/kvm exists, but no guest starts under it within 5 s"
    fi
    kill -KILL "$probe" 2>/dev/null || true
    disown "$probe" 2>/dev/null || true
    rm -f "$log"
}
