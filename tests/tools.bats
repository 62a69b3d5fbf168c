#!/usr/bin/env bats
# tools.bats: doctor, explain, demo, diff, reset. As root the demos are played twice: as root, and
# as an ordinary user. Whatever makes a container or removes one does so in a sandbox.
# shellcheck disable=SC2154 # lines and stderr_lines are set by run
# shellcheck disable=SC2016 # code for another shell is quoted on purpose
# shellcheck disable=SC2030,SC2031 # each test is a subshell: its changes are meant to be lost

bats_require_minimum_version 1.5.0

setup_file() {
  local folder
  cd "$BATS_TEST_DIRNAME/.." || return
  for folder in phase0[1-9]-*/; do
    make -s -C "$folder" husk
  done
  # Who may not write here takes what is there.
  if [ "$(id -u)" = 0 ] || [ ! -d build/kit ] || [ ! -d build/rootfs ]; then
    tests/lib/kit
  fi
}

setup() {
  tree=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  tools=$tree/tools
  export HUSK_ROOTFS=$tree/build/rootfs
  unset AUTO SPEED BEFORE NOTES HUSK_TREE HUSK_DOCTOR_HOST
  user=()
  [ "$(id -u)" != 0 ] || user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  cd "$tree" || return
}

# The command ends with one line on stderr that holds all of WORDS, and says nothing else.
refuses() { # WORDS COMMAND...
  local word words=$1
  shift
  run --separate-stderr "$@"
  echo "$status: $output / $stderr"
  [ "$status" -ne 0 ]
  [ -z "$output" ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  for word in $words; do
    [[ $stderr == *"$word"* ]]
  done
}

need_limits() {
  [ "$(id -u)" = 0 ] || skip "limits need root"
  "$tools/doctor" --check memory cpu pids >/dev/null || skip "limits need cgroups: tools/doctor says more"
}

sandboxed() { # TEXT for bash in the sandbox; $tree and $tools are set there
  run timeout 120 tests/lib/sandbox bash -euc "tree='$tree' tools='$tools'; $1" </dev/null
  echo "$output"
}

# The same, and it must leave nothing in the sandbox. The oracle may stop early: its status says no more.
sandboxed_traceless() {
  local oracle=$tree/tests/lib/oracle
  sandboxed "$oracle >\$SITE/tmp/oracle-before || true; $1; $oracle >\$SITE/tmp/oracle-after || true
    grep -q ^mount \$SITE/tmp/oracle-before; diff \$SITE/tmp/oracle-before \$SITE/tmp/oracle-after"
}

# Bash's -e does not mind a command that is negated.
lacks() { # PATTERN: $output does not match it
  if grep -E "$1" <<<"$output"; then return 1; fi
}

# Programs put in front of the real ones.
shim() { # NAME BODY
  mkdir -p "$BATS_TEST_TMPDIR/shim"
  printf '#!/bin/bash\n%s\n' "$2" >"$BATS_TEST_TMPDIR/shim/$1"
  chmod +x "$BATS_TEST_TMPDIR/shim/$1"
}

shimmed() { PATH="$BATS_TEST_TMPDIR/shim:$PATH" "$@"; }

# A copy of the tree, to be changed.
copy_tree() {
  copy=$BATS_TEST_TMPDIR/tree
  mkdir "$copy"
  cp -R phase0?-* tools rootfs-builder "$copy/"
}

@test "tools: a wrong argument is answered with one line that names it" {
  refuses '99 01' tools/explain --phase 99
  refuses '99 01' tools/diff --phase 99
  refuses '99 01' tools/demo --phase 99
  refuses '--phase 03' tools/explain --phase
  refuses '--phase 03' tools/diff --phase
  refuses '--phase 03' tools/demo --phase
  refuses 'is missing' tools/explain
  refuses 'is missing' tools/diff
  refuses 'is missing' tools/demo
  refuses '--frob --phase' tools/explain --frob
  refuses '--frob --phase' tools/diff --frob
  refuses '--frob --tour' tools/demo --frob
  refuses '--frob --json' tools/doctor --frob
  refuses '--frob --dry-run' tools/reset --frob
  refuses 'such need' tools/doctor --check nonsense
  refuses 'no-such-program' tools/explain -- no-such-program
  refuses 'x one too many' tools/explain --phase 03 x
  refuses 'SPEED fast' env SPEED=fast tools/demo --phase 03
  refuses 'a?b' tools/diff --phase $'a\nb'
}

@test "tools: 3, 03, phase03 and phase03-pivot-root name the same phase" {
  local expected name
  expected=$(tools/diff --phase 03)
  for name in 3 phase03 phase03-pivot-root; do
    [ "$(tools/diff --phase $name)" = "$expected" ]
  done
}

# --- doctor ---

@test "doctor: the list and its JSON say the same, and it is valid" {
  tools/doctor >"$BATS_TEST_TMPDIR/text"
  tools/doctor --json >"$BATS_TEST_TMPDIR/json"
  jq -e '.runs == true and (.root | type) == "boolean" and (.needs | length) > 20' "$BATS_TEST_TMPDIR/json"
  jq -e 'all(.needs[]; (.status | IN("ok", "MISSING", "note")) and .name != "" and .value != "" and .reason != "")' "$BATS_TEST_TMPDIR/json"
  jq -e 'all(.needs[]; .status == "ok" or .fix != "")' "$BATS_TEST_TMPDIR/json"
  diff <(jq -r '.needs[] | .status + " " + .name' "$BATS_TEST_TMPDIR/json") \
    <(awk '/^(ok|MISSING|note) / { print $1, $2 }' "$BATS_TEST_TMPDIR/text")
}

@test "doctor: as an ordinary user the phases run, the limits are noted as not his" {
  run --separate-stderr "${user[@]}" tools/doctor --json
  [ "$status" = 0 ]
  [ -z "$stderr" ]
  [ "$(jq .root <<<"$output")" = false ]
  [ "$(jq .runs <<<"$output")" = true ]
  [ "$(jq -r '.needs[] | select(.name == "root") | .status' <<<"$output")" = note ]
  run "${user[@]}" tools/doctor --check memory
  [ "$status" = 1 ]
  [[ $output == *memory*fix:*"make lab"* ]]
}

@test "doctor: changes nothing: mounts, cgroups, modules, files" {
  snapshot() {
    cat /proc/self/mountinfo
    find /sys/fs/cgroup -type d ! -path '*husk-sandbox*'
    cut -d' ' -f1 /proc/modules 2>/dev/null || true
    find "$SITE/tmp" /dev/shm -maxdepth 1 ! -name before ! -name after ! -name out
  }
  sandboxed "$(declare -f snapshot); snapshot >/dev/shm/before; \$tools/doctor >/dev/shm/out; snapshot >/dev/shm/after
    diff /dev/shm/before /dev/shm/after; tail -n 1 /dev/shm/out"
  [ "$status" = 0 ]
  [ "${#lines[@]}" = 1 ]
  [[ ${lines[0]} == "doctor: phases 01-09 can run here"* ]]
}

@test "doctor: without namespaces nothing can run: exit status 1, and the fix" {
  shim unshare 'exit 1'
  run shimmed tools/doctor
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"MISSING namespaces"* && $output == *"cannot run here"* ]]
  run shimmed tools/doctor --json
  [ "$status" = 1 ]
  [ "$(jq .runs <<<"$output")" = false ]
}

@test "doctor: an attempt that hangs is given up" {
  shim unshare 'exec sleep 60'
  run shimmed timeout 20 tools/doctor
  [ "$status" = 1 ]
}

# The files of another machine, for HUSK_DOCTOR_HOST.
fake_host() {
  host=$BATS_TEST_TMPDIR/host
  rm -rf "$host"
  mkdir -p "$host"/{proc/self,proc/sys/kernel/seccomp,proc/sys/user,proc/sys/net/ipv4,sys/fs/cgroup,sys/class/net,etc/ufw,dev}
  echo '22 1 8:1 / / rw - ext4 /dev/sda rw' >"$host/proc/self/mountinfo"
  echo '0::/user.slice' >"$host/proc/self/cgroup"
  printf 'CapEff:\t000001ffffffffff\nSeccomp:\t0\n' >"$host/proc/self/status"
  echo 6.1.0 >"$host/proc/sys/kernel/osrelease"
  echo 1 >"$host/proc/sys/net/ipv4/ip_forward"
  : >"$host/proc/sys/kernel/seccomp/actions_avail"
  echo 'Filename Type' >"$host/proc/swaps"
}

mount_fake() { # TYPE OPTIONS POINT
  echo "30 22 0:30 / $3 rw - $1 none $2" >>"$host/proc/self/mountinfo"
  mkdir -p "$host$3"
}

unified_fake() {
  mount_fake cgroup2 rw "${1:-/sys/fs/cgroup}"
  echo 'cpuset cpu io memory pids' >"$host${1:-/sys/fs/cgroup}/cgroup.controllers"
  echo 'memory pids' >"$host${1:-/sys/fs/cgroup}/cgroup.subtree_control"
  echo 1 >"$host${1:-/sys/fs/cgroup}/cgroup.procs"
}

# Of a fake host NEED is STATUS, and the line, or its fix, holds TEXT.
finds() { # NEED STATUS TEXT
  local found
  found=$(HUSK_DOCTOR_HOST=$host tools/doctor --json | jq -r --arg name "$1" '.needs[] | select(.name == $name) | .status + " " + .value + " " + .reason + " " + .fix')
  echo "$1: $found"
  [[ $found == "$2 "*"$3"* ]]
}

@test "doctor: knows cgroup v2, hybrid, v1 and none" {
  fake_host
  finds cgroups note 'not mounted'
  finds memory MISSING 'nowhere'
  unified_fake
  finds cgroups ok 'version 2'
  finds memory ok 'v2'
  fake_host
  mount_fake tmpfs rw /sys/fs/cgroup
  mount_fake cgroup rw,memory /sys/fs/cgroup/memory
  mount_fake cgroup rw,cpu,cpuacct /sys/fs/cgroup/cpu,cpuacct
  ln -s cpu,cpuacct "$host/sys/fs/cgroup/cpu"
  finds cgroups note 'version 1'
  finds memory ok 'v1'
  finds cpu ok 'cpu,cpuacct'
  finds pids MISSING 'nowhere'
  unified_fake /sys/fs/cgroup/unified
  finds cgroups note hybrid
  fake_host
  printf '#subsys_name\nmemory 0 1 0\n' >"$host/proc/cgroups"
  finds memory MISSING 'cgroup_enable=memory'
}

@test "doctor: knows when processes at the top are in the way, as in docker" {
  fake_host
  unified_fake
  touch "$host/sys/fs/cgroup/cgroup.type"
  finds memory ok 'passed on'
  finds cpu MISSING 'cgroup.procs'
}

@test "doctor: knows what else stands in the way" {
  fake_host
  unified_fake
  finds root-mount ok ext4
  finds ip-forward ok on
  finds firewall ok ''
  finds seccomp ok ''
  mkdir "$host/sys/class/net/docker0"
  finds firewall note DOCKER-USER
  rmdir "$host/sys/class/net/docker0"
  echo ENABLED=yes >"$host/etc/ufw/ufw.conf"
  finds firewall note 'ufw route'
  echo 0 >"$host/proc/sys/net/ipv4/ip_forward"
  finds ip-forward note sysctl
  printf 'CapEff:\t0000000000000000\nSeccomp:\t2\n' >"$host/proc/self/status"
  finds cap-sys-resource note 'make lab'
  finds seccomp note seccomp=unconfined
  printf 'Filename Type\n/swap file\n' >"$host/proc/swaps"
  finds swap note swapaccount=1
  mkdir "$host/sys/fs/cgroup/system.slice"
  touch "$host/sys/fs/cgroup/system.slice/memory.swap.max"
  finds swap ok 'accounted'
  echo 5.15.1-microsoft-standard-WSL2 >"$host/proc/sys/kernel/osrelease"
  finds wsl ok 'v2'
  echo '22 1 0:2 / / rw - rootfs rootfs rw' >"$host/proc/self/mountinfo"
  finds root-mount MISSING 'make lab'
  finds wsl note wslconfig
  HUSK_DOCTOR_HOST=$host run tools/doctor
  [ "$status" = 1 ]
}

@test "doctor: names the libraries that are missing, and one command for all of them" {
  fake_host
  mkdir -p "$host/usr/include/sys" "$host/usr/include/libmnl" "$host/usr/include/nftables"
  touch "$host"/usr/include/{sys/capability.h,seccomp.h,archive.h,libmnl/libmnl.h,nftables/libnftables.h}
  finds libraries ok ''
  rm "$host"/usr/include/{seccomp.h,archive.h}
  finds libraries note 'libseccomp libarchive'
  ! type -P apt-get >/dev/null || finds libraries note 'sudo apt install libseccomp-dev libarchive-dev'
}

@test "doctor: a table of somebody else that drops what is forwarded is named, with the way through" {
  [ "$(id -u)" = 0 ] || skip "needs root"
  sandboxed 'nft add table inet theirs; nft "add chain inet theirs gate { type filter hook forward priority 0; policy drop; }"
    $tools/doctor --check firewall bridge || true
    nft insert rule inet theirs gate iifname huskc0 accept'
  [ "$status" = 0 ]
  [[ $output == *"note    firewall"*"nftables chain inet theirs gate"*"sudo nft insert rule inet theirs gate iifname huskc0 accept"* ]]
  [[ $output != *" bridge "* ]]
}

@test "doctor: knows why user namespaces are refused" {
  fake_host
  shim unshare '[[ $* == *-Ur* ]] && exit 1; exit 0'
  echo 1 >"$host/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
  PATH=$BATS_TEST_TMPDIR/shim:$PATH finds user-namespaces note 'kernel.apparmor_restrict_unprivileged_userns=0'
  echo 0 >"$host/proc/sys/user/max_user_namespaces"
  PATH=$BATS_TEST_TMPDIR/shim:$PATH finds user-namespaces note 'user.max_user_namespaces=15000'
  echo 0 >"$host/proc/sys/kernel/unprivileged_userns_clone"
  PATH=$BATS_TEST_TMPDIR/shim:$PATH finds user-namespaces note 'kernel.unprivileged_userns_clone=1'
}

@test "doctor: knows a masked /proc, and an old kernel" {
  fake_host
  shim unshare '[[ $* == *--mount-proc* ]] && exit 1; exit 0'
  PATH=$BATS_TEST_TMPDIR/shim:$PATH finds procfs MISSING systempaths=unconfined
  shim uname 'echo 5.10.0-1-amd64'
  PATH=$BATS_TEST_TMPDIR/shim:$PATH finds kernel note 5.15
  shim uname 'echo 4.19.0-1-amd64'
  PATH=$BATS_TEST_TMPDIR/shim:$PATH finds kernel MISSING 'make lab'
}

# --- explain ---

# The lines of the story, without what the command prints.
story() { sed '1,/^outside: the program/d' <<<"$output"; }

# Each WORD is in the story, in this order.
tells() { # WORD...
  local word rest
  rest=$(story)
  for word; do
    echo "looking for $word"
    [[ $rest == *"$word"* ]]
    rest=${rest#*"$word"}
  done
}

@test "explain: phase 03 in the order of the kernel, in lines of 120 columns" {
  run tools/explain --phase 03
  echo "$output"
  [ "$status" = 0 ]
  tells 'execve(./husk' 'pipe2(' 'clone3(CLONE_NEW{NS,UTS,IPC' 'pid 1    mount(NULL, /' 'sethostname(husk' 'mount(' 'chdir(' \
    'mount(proc' 'mount(tmpfs, dev' 'mount(/dev/null' 'pivot_root(., .)' 'umount2(., DETACH)' 'chdir(/)' 'pid 1    execve(/bin/sh' \
    'pid 1    exit_group(0)' 'outside  wait4(exit 0)' 'outside  exit_group(0)'
  [ "$(awk 'length > 120' <<<"$output")" = '' ]
  [ "$(story | grep -cE '^(outside|pid 1|helper|inside) .* [a-z_0-9]+\([0-9]\)$')" = "$(story | wc -l)" ]
  # What the command prints is told apart: before the story, and not in it.
  [[ ${output%%--- what the kernel*} == *$'\nhusk\n'*PID* ]]
  [ "$(story | grep -c '^husk$')" = 0 ]
}

@test "explain: every phase" {
  local phase
  for phase in 01 02 03; do
    run tools/explain --phase $phase
    [ "$status" = 0 ]
    tells 'clone3(CLONE_NEW' 'sethostname(husk' 'execve(' 'exit_group('
  done
  run tools/explain --phase 02
  tells 'chroot('
  lacks pivot_root
}

@test "explain: cgroups of phases 04 and 05, from the first directory to the last" {
  local phase
  need_limits
  for phase in 04 05; do
    sandboxed "\$tools/explain --phase $phase"
    [ "$status" = 0 ]
    tells 'mkdir(cgroup:' '104857600' 'clone3(' 'unshare(CLONE_NEWCGROUP)' 'pivot_root(' 'wait4(exit 0)' 'rmdir(cgroup:'
    [ "$(awk 'length > 120' <<<"$output")" = '' ]
  done
}

@test "explain: an ordinary user's container, with its user map before the go" {
  run "${user[@]}" tools/explain --phase 03
  echo "$output"
  [ "$status" = 0 ]
  tells 'clone3(CLONE_NEW{NS,UTS,IPC,USER,PID})' 'setgroups, deny' 'gid_map, 0' 'uid_map, 0' 'pid 1    read(' 'pivot_root('
}

@test "explain: another runtime, with its status and its first process" {
  run tools/explain -- unshare --user --map-root-user --pid --fork --mount-proc sh -c 'echo from inside; exit 7'
  echo "$output"
  [ "$status" = 7 ]
  [[ $output == *$'\nfrom inside\n'*"ended with status 7"* ]]
  tells 'unshare(CLONE_NEW{' 'pid 1' 'mount(proc' 'pid 1    execve(' 'wait4(exit 7)'
  run tools/explain -- true
  [ "$status" = 0 ]
  [[ $output == *"No call that makes a container"* ]]
}

# What the story says of a trace, given by hand.
narrate() {
  awk -v width=120 -f tools/explain.awk tools/explain.tsv - | sed 's/  *[a-z_]*([0-9])$//'
}

@test "explain: a call that was interrupted is told once; one that waits, when it has waited" {
  run narrate <<'TRACE'
10  clone3({flags=CLONE_NEWPID, exit_signal=SIGCHLD}, 88 <unfinished ...>
11  sethostname("x", 1 <unfinished ...>
10  <... clone3 resumed>) = 11
10  wait4(11,  <unfinished ...>
11  <... sethostname resumed>) = -1 EPERM (Operation not permitted)
11  execve("/nowhere/sh", ["sh"], 0x7f /* 3 vars */) = -1 ENOENT (No such file or directory)
11  execve("/bin/sh", ["sh"], 0x7f /* 3 vars */) = 0
11  sethostname("told no more", 12) = 0
12  mount("proc", "/proc", "proc", 0, NULL) = 0
11  +++ killed by SIGKILL +++
10  <... wait4 resumed>[{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0, NULL) = 11
10  exit_group(137) = ?
TRACE
  echo "$output"
  [ "${#lines[@]}" = 6 ]
  [[ ${lines[0]} == outside*'clone3(CLONE_NEWPID)'* ]]
  [[ ${lines[1]} == 'pid 1'*'sethostname(x, 1) = EPERM'* ]]
  [[ ${lines[2]} == 'pid 1'*'execve(/bin/sh)'* ]]
  [[ ${lines[3]} == 'pid 1'*'killed by SIGKILL'* ]]
  [[ ${lines[4]} == outside*'wait4(SIGKILL)'* ]]
  [[ ${lines[5]} == outside*'exit_group(137)'* ]]
}

@test "explain: cgroup v2, security and network calls each find their sentence" {
  run narrate <<'TRACE'
10  openat(AT_FDCWD</>, "/sys/fs/cgroup/husk-course/a", O_RDONLY|O_CLOEXEC|O_DIRECTORY) = 3</sys/fs/cgroup/husk-course/a>
10  write(4</sys/fs/cgroup/husk-course/a/memory.swap.max>, "0", 1) = 1
10  clone3({flags=CLONE_NEWPID|CLONE_INTO_CGROUP, cgroup=3}, 88) = 11
11  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0
11  seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=9, filter=0x55}) = 0
11  capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=0, permitted=0, inheritable=0}) = 0
11  setresuid(1000, 1000, 1000) = 0
11  keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL) = 5
10  sendto(5<NETLINK:[ROUTE:10]>, [{nlmsg_type=RTM_NEWLINK}], 40, 0, NULL, 0) = 40
10  read(6</etc/passwd>, "root", 4) = 4
TRACE
  echo "$output"
  [ "${#lines[@]}" = 9 ]
  [[ ${lines[0]} == *'handle of the cgroup'* && ${lines[1]} == *swapping* && ${lines[2]} == *'INTO_CGROUP'*'inside its cgroup'* ]]
  [[ ${lines[3]} == *'gain rights'* && ${lines[4]} == *'listed system calls'* && ${lines[5]} == *privileges* ]]
  [[ ${lines[6]} == *user* && ${lines[7]} == *keyring* && ${lines[8]} == *'network device'* ]]
}

@test "explain.tsv: every row has a sentence that fits and a man page, and can be matched" {
  run awk -F '\t' '/^#/ { next }
    NF != 3 || $1 == "" || $2 == "" { print "columns: " $0 }
    $2 != "-" && $3 !~ /^[a-z0-9_.-]+\([1-8]\)$/ { print "man page: " $0 }
    $2 == "-" && $3 != "" { print "man page for nothing: " $0 }
    length($2) > 54 { print "long: " $0 }
    seen[$1]++ { print "twice: " $1 }
    { matched += "probe" ~ $1 }' tools/explain.tsv
  echo "$output"
  [ "$status" = 0 ]
  [ -z "$output" ]
  [ "$(grep -vc '^#' tools/explain.tsv)" -gt 80 ]
}

@test "explain: every call the table knows is traced" {
  local call calls
  calls=$(grep -v '^#' tools/explain.tsv | cut -f 1 | grep -oE '[a-z_0-9]+[?]?\\\(|\(([a-z0-9_?]+\|)+[a-z0-9_?]+\)[?]?\\\(' |
    grep -oE '[a-z][a-z0-9_]+' | sort -u)
  for call in $calls; do
    case $call in at) continue ;; esac # of execve(at)? and such
    echo "$call"
    grep -qwE "$call(2|3|at)?" <(sed -n '/^traced=/,/)$/p' tools/explain)
  done
}

@test "explain: without strace, and without the right to use it: one line" {
  local bin=$BATS_TEST_TMPDIR/bin program
  mkdir "$bin"
  for program in bash readlink dirname basename apt-get sed make grep; do
    ! type -P $program >/dev/null || ln -s "$(type -P $program)" "$bin/"
  done
  refuses 'strace install' env PATH="$bin" "$BASH" tools/explain --phase 01
  shim strace 'echo "strace: test_ptrace_get_syscall_info: PTRACE_TRACEME: Operation not permitted" >&2; exit 1'
  refuses 'PTRACE_TRACEME SYS_PTRACE root' env PATH="$BATS_TEST_TMPDIR/shim:$PATH" tools/explain --phase 01
}

# --- diff ---

@test "diff: what phase 03 adds to 02: diffstat first, then code, nothing but code" {
  run tools/diff --phase 03
  [ "$status" = 0 ]
  [[ ${lines[0]} == *main.c*'|'* ]]
  [[ $output == *"3 files changed"* ]]
  [[ $output == *$'\n+\tif (syscall(SYS_pivot_root'* ]]
  lacks 'README|demo.sh|^Binary'
}

@test "diff: phase 01 is compared with nothing; the v1 dialect is left out, and named" {
  run tools/diff --phase 01
  [ "$status" = 0 ]
  lacks '^-[^-]'
  [[ $output == *'+int main('* ]]
  run tools/diff --phase 04
  [[ $output == *'+int cgroup_create('* ]]
  lacks '^diff.*cgroup_v1'
  [[ ${lines[-1]} == *cgroup_v1.c*--all* ]]
  run tools/diff --phase 04 --all
  grep -q '^diff.*cgroup_v1.c' <<<"$output"
  run tools/diff --phase 05
  [[ $output != *"left out"* ]]
}

# --- demo ---

@test "demo: every phase as root, nothing skipped, nothing left" {
  need_limits
  local phase
  for phase in 01 02 03 04 05 06 07 08 09; do
    sandboxed_traceless "\$tools/demo --phase $phase"
    [ "$status" = 0 ]
    [[ $output != *skipped* ]]
  done
}

@test "demo: every phase as an ordinary user; what needs root is skipped by name" {
  local phase
  for phase in 01 02 03 04 05 06 07 08 09; do
    run "${user[@]}" tools/demo --phase $phase </dev/null
    echo "$output"
    [ "$status" = 0 ]
    case $phase in
      04 | 05) [[ $output == *"skipped (needs limits: root and cgroups"*"): ./husk"* ]] ;;
      07 | 08) [[ $output == *"skipped (needs root)"* ]] ;;
      06) ;;
      *) [[ $output != *skipped* ]] ;;
    esac
  done
}

@test "demo: the course as root: killed at 64 MiB, a quarter of a CPU, 50 processes, then husk; nothing left" {
  need_limits
  sandboxed_traceless "\$tools/demo --course"
  [ "$status" = 0 ]
  [[ $output != *skipped* ]]
  [[ $output == *OOM-killed*'64 MiB'*'exit status 137'*'% of one CPU  [#'*'together: '*'50 processes'*'nothing was left'* ]]
  local end=${output#*'nothing was left'}
  [[ $end == *'$ husk run --rm -m 64M --cpu 25% --hostname demo busybox sh -c '*$'\ndemo\nPID '*$'\nuser\t'*'exit status 137'*'What to do next'* ]]
}

@test "demo: the course ends red without the engine, or with one that keeps no limit" {
  need_limits
  local fake
  for fake in 'exit 125' 'printf "demo\nPID USER\n 1 root sh\nreal 1\nuser 1\nsys 1\n"'; do
    copy_tree
    mkdir "$copy/final"
    printf '#!/bin/sh\n%s\n' "$fake" >"$copy/final/husk"
    chmod +x "$copy/final/husk"
    run --separate-stderr timeout 120 tests/lib/sandbox env HUSK_TREE="$copy" tools/demo --course </dev/null
    echo "$stderr"
    [ "$status" = 1 ]
    [[ $stderr == *"a container, and its limits, step 10: husk run --rm -m 64M "* ]]
    rm -rf "$copy"
  done
}

@test "demo: the course as an ordinary user: limits are skipped by name, the rest is shown" {
  run "${user[@]}" tools/demo --course </dev/null
  echo "$output"
  [ "$status" = 0 ]
  [ "$(grep -c '^skipped (needs limits' <<<"$output")" = 4 ]
  [[ $output == *"skipped (needs limits: root and cgroups"*"): husk run --rm"* ]]
  [[ $output == *'$ ./husk run -- hostname'*husk*'nothing was left'*'What to do next'* ]]
}

@test "demo: BEFORE=1 shows for every phase what the one before lacks, and harms nothing" {
  need_limits
  local phase
  for phase in 01 02 03 04 05 06 07 08 09; do
    sandboxed_traceless "BEFORE=1 \$tools/demo --phase $phase"
    [ "$status" = 0 ]
    [[ $output =~ (--- before phase$phase-[a-z-]+: ([0-9]+) of ([0-9]+) steps) ]]
    [ "${BASH_REMATCH[2]}" -ge 2 ]
    # What is only harmless under limits is not played without them.
    [ $phase != 05 ] || [[ $output == *"skipped (only phase05-cli makes it harmless): "* ]]
  done
}

@test "demo: BEFORE=1 as an ordinary user" {
  local phase
  for phase in 01 02 03 05; do
    BEFORE=1 run "${user[@]}" tools/demo --phase $phase </dev/null
    [ "$status" = 0 ]
    [[ $output =~ before\ phase$phase-[a-z-]+:\ [1-9] ]]
  done
}

@test "demo: an expectation that is not met ends it red, and names the step" {
  copy_tree
  sed -i 's/--expect husk /--expect somebody-else /' "$copy/phase01-unshare/demo.sh"
  run --separate-stderr timeout 60 tests/lib/sandbox env HUSK_TREE="$copy" tools/demo --phase 01 </dev/null
  [ "$status" = 1 ]
  [[ $stderr == *"phase01-unshare, step 1: ./husk hostname"*somebody-else* ]]
  [[ $output != *'echo $$'* ]]
  run timeout 60 tests/lib/sandbox env BEFORE=1 HUSK_TREE="$copy" tools/demo --phase 01 </dev/null
  [ "$status" = 0 ]
}

@test "demo: each phase's demo is red with the program of the phase before" {
  local folder before="" phase
  copy_tree
  for folder in "$copy"/phase0[1-5]-*/; do
    phase=$(basename "$folder")
    # Newer than its sources: make leaves it.
    [ -z "$before" ] || cp "$tree/$before/husk" "$folder/husk"
    before=$phase
    # Limits cannot be told apart where there are none; 05 is another command line.
    case $phase in phase02* | phase03*) ;; phase04*) "$tools/doctor" --check memory cpu pids >/dev/null || continue ;; *) continue ;; esac
    run timeout 60 tests/lib/sandbox env HUSK_TREE="$copy" tools/demo --phase "$phase" </dev/null
    echo "$phase: $output"
    [ "$status" = 1 ]
    [[ $output == *"demo: $phase, step "*": printed nothing that is like "* ]]
  done
}

@test "demo: on a terminal it types, waits for ENTER, and shows notes only if asked" {
  type -P script >/dev/null || skip "needs script(1), of util-linux"
  local screen=$BATS_TEST_TMPDIR/screen
  (for _ in {1..3}; do sleep 1; printf '\n'; done) |
    SPEED=0 NOTES=1 timeout 30 script -qec "${user[*]} tools/demo --phase 01" /dev/null >"$screen" || true
  cat "$screen"
  grep -q '\[note\]' "$screen"
  # Three times ENTER are three commands; the fourth is typed, and then there is no more input.
  grep -q 'ps ax' "$screen"
  grep -q 'inside-only' "$screen"
  [ "$(grep -c 'tmpfs rw' "$screen")" = 0 ]
  run "${user[@]}" tools/demo --phase 01 </dev/null
  [[ $output != *'[note]'* ]]
}

@test "demo: the tour is all of them, in order" {
  local phase order=''
  run "${user[@]}" tools/demo --tour </dev/null
  [ "$status" = 0 ]
  for phase in phase0*/; do
    [ ! -f "$phase/demo.sh" ] || order+="=== ${phase%/}"$'\n'
  done
  [ "$(grep '^===' <<<"$output")" = "${order%$'\n'}" ]
}

@test "demo: a demo that is killed leaves a folder, which reset finds" {
  local pid tmp=$BATS_TEST_TMPDIR/tmp
  mkdir "$tmp"
  printf 'run %s\n' "'sleep 20'" >"$BATS_TEST_TMPDIR/demo.sh"
  copy_tree
  cp "$BATS_TEST_TMPDIR/demo.sh" "$copy/phase01-unshare/demo.sh"
  TMPDIR=$tmp HUSK_TREE=$copy tools/demo --phase 01 </dev/null >/dev/null 3>&- &
  pid=$!
  for _ in {1..1000}; do ! compgen -G "$tmp/husk-demo.*/marker" >/dev/null || break; sleep 0.05; done
  TMPDIR=$tmp run tools/reset --dry-run
  [[ $output != *"$tmp"* ]]
  kill -9 $pid
  wait $pid || true
  TMPDIR=$tmp run tools/reset --dry-run
  [[ $output == *"would remove  folder $tmp/husk-demo."* ]]
}

# --- reset ---

@test "reset: finds what a killed husk left, removes it, and then there is nothing" {
  need_limits
  sandboxed '
    husk=phase05-cli/husk # reset cuts what is longer
    $husk run --name=victim -- sleep 300 & pid=$!
    for i in {1..100}; do [ -z "$(find /sys/fs/cgroup -path "*/husk-course/victim/cgroup.procs" -exec cat {} +)" ] || break; sleep 0.05; done
    sleep 0.3
    echo "= running"; $tools/reset
    kill -9 $pid; wait $pid || true
    echo "= dry"; $tools/reset --dry-run
    find /sys/fs/cgroup -name victim | grep -c . ; pgrep -x sleep | wc -l
    echo "= wet"; $tools/reset
    find /sys/fs/cgroup -name "husk-course*" | wc -l; pgrep -x sleep | wc -l
    echo "= again"; $tools/reset'
  [ "$status" = 0 ]
  local running=${output#*= running} dry=${output#*= dry} wet=${output#*= wet} again=${output#*= again}
  running=${running%= dry*} dry=${dry%= wet*} wet=${wet%= again*}
  [[ $running == *"left alone    container victim: husk "*" runs it"*"nothing was left"* ]]
  [[ $running != *removed* ]]
  [[ $dry == *"would remove  process "*": sleep 300 (in container victim)"*"would remove  cgroup "*/husk-course/victim* ]]
  [[ $dry != *$'\nremoved'* && $dry == *[1-9]$'\n1\n' ]]
  [[ $wet == *"removed       process "*"sleep 300"*"removed       cgroup "*/husk-course/victim*$'\n0\n0\n' ]]
  [[ $again == *"nothing was left"* ]]
}

@test "reset: --all ends a container that runs, a husk that nobody waits for is ended without" {
  need_limits
  sandboxed '
    husk=phase05-cli/husk # reset cuts what is longer
    $husk run --name=running -- sleep 300 & sleep 0.7
    setsid bash -c "$husk run --name=forgotten -- sleep 301 >/dev/null 2>&1 & sleep 0.7; kill -9 \$\$" || true
    sleep 0.3
    echo "= orphans"; $tools/reset
    pgrep -af "sleep 30[01]$" | grep -v husk | grep -o "sleep 30."
    echo "= all"; $tools/reset --all
    sleep 0.2; pgrep -x sleep | wc -l; find /sys/fs/cgroup -name "husk-course*" | wc -l'
  [ "$status" = 0 ]
  local orphans=${output#*= orphans} all=${output#*= all}
  orphans=${orphans%= all*}
  [[ $orphans == *"removed       process "*"--name=forgotten"* ]]
  [[ $orphans == *"left alone "*"--name=running"*$'\nsleep 300\n' ]]
  [[ $orphans != *"sleep 301"$'\n' ]]
  [[ $all == *"removed       process "*"--name=running"*$'\n0\n0' ]]
}

@test "reset: removes empty cgroups, and none that is not named husk-course" {
  need_limits
  sandboxed '
    top=$(awk "\$5 ~ \"^/sys/fs/cgroup\" && / - cgroup2? / { print \$5; exit }" /proc/self/mountinfo)
    mkdir -p $top/husk-course/empty/below $top/husk-courses/other
    $tools/reset; find $top -name "husk-course*" -printf "%P\n"; rmdir $top/husk-courses/other $top/husk-courses'
  [ "$status" = 0 ]
  [[ $output == *"removed       cgroup "*"/husk-course/empty"*$'\nhusk-courses' ]]
}

@test "reset: removes the cgroups of a killed test run, and none with somebody in it, or whose owner lives" {
  need_limits
  sandboxed '
    top=$(awk "\$5 ~ \"^/sys/fs/cgroup\" && / - cgroup2? / { print \$5; exit }" /proc/self/mountinfo)
    mkdir -p $top/husk-sandbox-killed/deep $top/husk-sandbox-running/deep
    sleep 300 & echo $! >$top/husk-sandbox-running/deep/cgroup.procs
    (exec -a tests/lib/sandbox sleep 300) & owner=$!
    mkdir $top/husk-sandbox-begins-$owner
    until grep -qs tests /proc/$owner/cmdline; do sleep 0.05; done
    $tools/reset; find $top -name "husk-sandbox*" -printf "%P\n" | sed "s/$owner/PID/" | sort
    kill %1 $owner; wait; rmdir $top/husk-sandbox-running/deep $top/husk-sandbox-running $top/husk-sandbox-begins-$owner'
  [ "$status" = 0 ]
  [[ $output == *"removed       cgroup "*"/husk-sandbox-killed"*$'\nhusk-sandbox-begins-PID\nhusk-sandbox-running' ]]
}

@test "reset: folders: of a script that has gone, and no other" {
  local tmp=$BATS_TEST_TMPDIR/tmp gone
  mkdir -p "$tmp"/husk-demo.{dead00,live00,reused,nobody} "$tmp/target" "$tmp/husk-demo.x"
  sleep 0 &
  gone=$!
  wait $gone
  echo "$gone 12345" >"$tmp/husk-demo.dead00/.owner"
  echo "$$ $(awk '{ print $22 }' "/proc/$$/stat")" >"$tmp/husk-demo.live00/.owner"
  echo "$$ 1" >"$tmp/husk-demo.reused/.owner"
  echo "$gone 12345" >"$tmp/target/.owner"
  ln -s target "$tmp/husk-demo.linked"
  # In a sandbox there are no processes but its own.
  run env TMPDIR="$tmp" tools/reset --dry-run
  [ -d "$tmp/husk-demo.dead00" ]
  run env TMPDIR="$tmp" tools/reset
  echo "$output"
  [ "$status" = 0 ]
  [ "$(find "$tmp" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | paste -sd ' ')" = 'husk-demo.linked husk-demo.live00 husk-demo.nobody husk-demo.x target' ]
  [ -f "$tmp/target/.owner" ]
}

@test "reset: records, but not what is mounted below them" {
  [ "$(id -u)" = 0 ] || skip "/run is root's"
  sandboxed '
    mount -t tmpfs t /run
    mkdir -p /run/husk-course/victim /dev/shm/precious && touch /dev/shm/precious/file
    mount --bind /dev/shm/precious /run/husk-course/victim
    $tools/reset; ls -d /run/husk-course || true; ls /dev/shm/precious'
  [[ $output == *"removed       mount /run/husk-course/victim"*"removed       folder /run/husk-course"*$'\nfile' ]]
  [[ $output != *$'\n/run/husk-course' ]]
}

@test "deps: what it takes to build is packed into the lab's image, too" {
  local package missing=''
  while read -r package; do
    awk -v p="$package" '$2 == p { found = 1 } END { exit !found }' tests/vm/packages || missing+=" $package"
  done < <(sed -n '/ demo) cat/,/^TABLE/p' tools/deps | awk 'NF == 4 && $1 != "demo)" { print $2 }')
  echo "not in tests/vm/packages:$missing"
  [ -z "$missing" ]
}

@test "tools: nothing is left on this machine" {
  # Of this file's own: others may be running beside it.
  [ -z "$(find /tmp -maxdepth 1 -name 'husk-*.??????' -newer "$BATS_RUN_TMPDIR" -user "$(id -u)" -exec sh -c 'read -r pid start <"$1/.owner" && [ ! -e "/proc/$pid" ] && echo "$1"' sh {} \; 2>/dev/null)" ]
}
