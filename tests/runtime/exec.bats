#!/usr/bin/env bats
# exec.bats: one more process in a container: every option, every status of the container, what it
# inherits, and the lines it fails with.

# shellcheck disable=SC2016,SC2030,SC2031 # single quotes are for the shell inside, or for jq
load lib
setup_file() {
  cc -static -O1 -o "$BATS_FILE_TMPDIR/helper" "${BATS_TEST_FILENAME%/*}/helper.c"
}
setup() {
  runtime_setup
  HELPER=$BATS_FILE_TMPDIR/helper
}
teardown() {
  rm -rf "$SITE/rootfs/tmp/odd" "$SITE/rootfs/tmp/helper"
  runtime_teardown
}

status_line() { # NAME EXEC-OPTION...
  local name=$1
  shift
  husk exec "$@" one sed -n "s/^$name:\t*//p" /proc/self/status
}

process_file() { # JQ-FILTER: the default one, changed
  default_config | jq ".process | .terminal = false | $1" >"$WORK/process.json"
}

# --- options

@test "--cwd, --env, --user, --additional-gids" {
  start one '.process.env += ["KEEP=kept", "CHANGE=old"]'
  run husk exec --cwd /etc one pwd
  [ "$output" = /etc ]
  run husk exec -e CHANGE=new --env ADD=a=b -e EMPTY= one sh -c 'echo "$KEEP $CHANGE $ADD <$EMPTY>"; env | grep -c ^CHANGE='
  [ "$output" = $'kept new a=b <>\n1' ]
  run husk exec --user 1000:1001 one sh -c 'id -u; id -g'
  [ "$output" = $'1000\n1001' ]
  run husk exec --user 1000 one sh -c 'id -u; id -g'
  [ "$output" = $'1000\n0' ]
  run status_line Groups --user 1000:1001 -g 5 --additional-gids 7
  [ "${output% }" = "5 7" ]
  refused "--user" abc -- husk exec --user abc one true
  refused "--user" -- husk exec --user 1: one true
  refused "--additional-gids" x -- husk exec -g x one true
  refused process.cwd relative -- husk exec --cwd relative one true
  husk delete --force one
}

@test "--cap adds to what the container has, and only for this process" {
  start one '.process.capabilities = {bounding: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"], effective: ["CAP_CHOWN"]}'
  [ "$(status_line CapEff)" = 0000000000000001 ]
  [ "$(status_line CapEff --cap CAP_KILL -c CAP_NET_RAW)" = 0000000000002021 ]
  [ "$(status_line CapEff)" = 0000000000000001 ]
  husk delete --force one
}

@test "--no-new-privs; without it as the container has it" {
  start one '.process.noNewPrivileges = false'
  [ "$(status_line NoNewPrivs)" = 0 ]
  [ "$(status_line NoNewPrivs --no-new-privs)" = 1 ]
  husk delete --force one
  start one '.process.noNewPrivileges = true'
  [ "$(status_line NoNewPrivs)" = 1 ]
  husk delete --force one
}

@test "--apparmor and --process-label: without such a module in the kernel, refused by name" {
  start one
  [ -e /sys/kernel/security/apparmor ] || refused AppArmor some-profile -- husk exec --apparmor some-profile one true
  [ -e /sys/fs/selinux/enforce ] || refused SELinux some_label -- husk exec --process-label some_label one true
  husk delete --force one
}

@test "--cgroup: a path below the container's; none above or beside" {
  local dir part
  start one
  dir=$(cgroup_of one pids)
  refused "${dir##*/}/below" -- husk exec --cgroup below one true
  # In every hierarchy; on version 2 the container's own one has a process, but passes nothing on.
  find /sys/fs/cgroup -type d -name "${dir##*/}" | while read -r part; do mkdir "$part/below"; done
  husk exec --cgroup below one sleep 500 </dev/null >/dev/null 2>&1 3>&- &
  wait_for grep -q . "$dir/below/cgroup.procs"
  refused --cgroup ../x -- husk exec --cgroup ../x one true
  refused --cgroup /../x -- husk exec --cgroup /../x one true
  husk exec --cgroup / one true
  husk delete --force one
  wait $! || true
  [ ! -d "$dir" ]
}

@test "--detach and --pid-file: it goes on without us; its end is nobody's business" {
  start one
  husk exec -d --pid-file "$WORK/pid" one sleep 500 </dev/null >/dev/null 2>&1
  [ "$(tr '\0' ' ' <"/proc/$(cat "$WORK/pid")/cmdline")" = "sleep 500 " ]
  [ "$(sed -n 's/^NSpid:.*\t//p' "/proc/$(cat "$WORK/pid")/status")" != "$(cat "$WORK/pid")" ]
  kill -KILL "$(cat "$WORK/pid")"
  is_status one running
  husk delete --force one
}

@test "--process: everything is said by the file" {
  start one '.process.env += ["OF=container"]'
  process_file '.args = ["sh", "-c", "pwd; id -u; id -g; echo $A <$OF>; umask; ulimit -n; sed -n s/^NoNewPrivs:.//p /proc/self/status"] | .cwd = "/tmp" | .user = {uid: 7, gid: 8, umask: 63} |
    .env = ["PATH=/bin:/usr/bin", "A=b"] | .rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}] | .noNewPrivileges = true'
  sed -i 's/<\$OF>/[$OF]/' "$WORK/process.json"
  run husk exec --process "$WORK/process.json" one
  echo "$output"
  [ "$output" = $'/tmp\n7\n8\nb []\n0077\n100\n1' ]
  run husk exec -p "$WORK/process.json" one
  [ "${lines[0]}" = /tmp ]
  husk delete --force one
}

@test "--process: what is wrong with the file is said with its name" {
  start one
  refused "$WORK/none" -- husk exec --process "$WORK/none" one
  echo '{' >"$WORK/process.json"
  refused "$WORK/process.json" -- husk exec --process "$WORK/process.json" one
  process_file 'del(.cwd)'
  refused "$WORK/process.json" cwd -- husk exec --process "$WORK/process.json" one
  process_file '.args = []'
  refused program -- husk exec --process "$WORK/process.json" one
  process_file '.user.uid = -1'
  refused uid -- husk exec --process "$WORK/process.json" one
  process_file .
  refused --process -- husk exec --process "$WORK/process.json" one true
  refused program -- husk exec one
  mkfifo "$WORK/fifo"
  run timeout 60 "$RUNTIME" --root "$ROOT" exec --process "$WORK/fifo" one
  [ "$status" != 0 ] && [ "$status" != 124 ]
  husk delete --force one
}

# --- the container's status

@test "into a created container, before its program" {
  bundle one '.process.args = ["sleep", "1000"]'
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  run husk exec one sh -c 'echo inside; ls -d /srv/secret 2>/dev/null'
  [ "$output" = inside ]
  is_status one created
  husk start one
  is_status one running
  husk delete --force one
}

@test "into a stopped one, one that is not there, one whose ID is none: refused" {
  bundle one '.process.args = ["true"]'
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  husk start one
  wait_for is_status one stopped
  refused one stopped -- husk exec one true
  husk delete one
  refused "does not exist" one -- husk exec one true
  refused ID -- husk exec ../one true
}

@test "into a paused one: refused; with --ignore-paused it runs when the container does" {
  start one
  husk pause one
  refused one paused -- husk exec one true
  husk exec --ignore-paused one echo hello >"$WORK/out" 2>&1 3>&- &
  sleep 0.3
  [ ! -s "$WORK/out" ]
  is_status one paused
  husk resume one
  wait $!
  [ "$(cat "$WORK/out")" = hello ]
  husk delete --force one
}

@test "20 at once, all alive in one instant, each with its own status" {
  local i pids=()
  start one
  for i in {1..20}; do
    husk exec one sh -c "echo >/tmp/alive.$i; while [ ! -e /tmp/go ]; do sleep 0.05; done; exit $i" </dev/null >/dev/null 2>&1 &
    pids+=($!)
  done
  wait_for eval '[ "$(ls "$SITE"/rootfs/tmp/alive.* 2>/dev/null | wc -l)" = 20 ]'
  [ "$(husk ps -f json one | jq length)" -ge 21 ]
  touch "$SITE/rootfs/tmp/go"
  for i in {1..20}; do
    wait "${pids[i - 1]}" && status=0 || status=$?
    [ "$status" = "$i" ]
  done
  rm "$SITE"/rootfs/tmp/{alive.*,go}
  husk delete --force one
}

@test "the init ends while a process of exec runs: its end is 137, nothing is left" {
  start one
  husk exec one sh -c 'echo ready; sleep 500' </dev/null >"$WORK/out" 2>&1 3>&- &
  wait_for grep -q ready "$WORK/out"
  husk kill one KILL
  wait $! && status=0 || status=$?
  [ "$status" = 137 ]
  wait_for is_status one stopped
  husk delete one
}

# --- what it inherits

@test "the seccomp filter and the limits of the container are its own too" {
  start one '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]} |
    .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 123, hard: 456}] | .process.oomScoreAdj = 300'
  run husk exec one mkdir /tmp/odd
  [ "$status" != 0 ] && [[ $output == *"No space left"* ]]
  [ "$(status_line Seccomp)" = 2 ]
  run husk exec one sh -c 'ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj'
  [ "$output" = $'123\n456\n300' ]
  husk delete --force one
}

@test "the environment of the caller stays outside, the container's is inside, HOME is the user's" {
  start one
  SECRET=of-the-host run husk exec one env
  echo "$output"
  [[ $output != *SECRET* ]]
  [[ $output == *"PATH=/usr/local/sbin"* ]]
  run husk exec --user 12345:0 one sh -c 'echo "$HOME"'
  [ "$output" = / ]
  husk delete --force one
}

@test "masked and read-only paths are so for it, the machine's mounts are not there" {
  start one
  run husk exec one sh -c 'cat /proc/keys | wc -c; echo x 2>/dev/null >/proc/sys/kernel/panic || echo readonly; grep -c /srv/secret /proc/self/mountinfo'
  echo "$output"
  [ "$output" = $'0\nreadonly\n0' ]
  husk delete --force one
}

# --- the lines it fails with; engines read them

@test "a program that is not there, no file, not executable: the status is not the program's" {
  mkdir "$SITE/rootfs/tmp/odd"
  start one
  refused nosuch "executable file not found in" PATH -- husk exec one nosuch
  refused /no/such "no such file or directory" -- husk exec one /no/such
  refused /tmp/odd directory -- husk exec one /tmp/odd
  echo x >"$SITE/rootfs/tmp/odd/plain"
  refused /tmp/odd/plain "permission denied" -- husk exec one /tmp/odd/plain
  printf '#!/bin/sh\r\necho x\r\n' >"$SITE/rootfs/tmp/odd/dos"
  printf '#!/no/such/sh\necho x\n' >"$SITE/rootfs/tmp/odd/lost"
  printf 'plain text\n' >"$SITE/rootfs/tmp/odd/text"
  chmod +x "$SITE"/rootfs/tmp/odd/*
  refused /tmp/odd/dos "carriage return" -- husk exec one /tmp/odd/dos
  refused /tmp/odd/lost /no/such/sh -- husk exec one /tmp/odd/lost
  refused /tmp/odd/text -- husk exec one /tmp/odd/text
  refused '""' -- husk exec one ""
  # A user who may not: the machine's root could have.
  chmod 700 "$SITE/rootfs/tmp/odd"
  refused /tmp/odd/dos "permission denied" -- husk exec --user 1000:1000 one /tmp/odd/dos
  husk delete --force one
}

@test "a working directory that is not there is refused by name and not made; so is a file" {
  start one '.process.cwd = "/tmp/cwd/of/create"'
  [ "$(husk exec one pwd)" = /tmp/cwd/of/create ]
  refused process.cwd /tmp/nope/x "No such file" -- husk exec --cwd /tmp/nope/x one pwd
  [ ! -e "$SITE/rootfs/tmp/nope" ]
  rm -r "$SITE/rootfs/tmp/cwd"
  refused process.cwd /tmp/cwd/of/create -- husk exec one pwd
  [ ! -e "$SITE/rootfs/tmp/cwd" ]
  refused /etc/passwd -- husk exec --cwd /etc/passwd one pwd
  husk delete --force one
}

# --- who is inside already

@test "an init that looks into every new process sees nothing in 100 execs, and stops none of them" {
  local i
  cp "$HELPER" "$SITE/rootfs/tmp/helper"
  bundle one '.process.args = ["/tmp/helper", "trace"]'
  husk create -b "$WORK/one" one </dev/null >"$WORK/out" 2>&1
  husk start one
  wait_for grep -q tracing "$WORK/out"
  for i in {1..100}; do husk exec one true; done
  husk kill one TERM
  wait_for is_status one stopped
  cat "$WORK/out"
  grep -q '^caught 0 in many rounds' "$WORK/out"
  husk delete one
}

@test "the same in a user namespace, with CAP_SYS_PTRACE there" {
  local i
  cp "$HELPER" "$SITE/rootfs/tmp/helper"
  OWN_ROOTFS=1 bundle one '.process.args = ["/tmp/helper", "trace"] | .linux.namespaces += [{type: "user"}] |
    (.process.capabilities | .bounding, .effective, .permitted) += ["CAP_SYS_PTRACE"] |
    .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
  chown -hR 100000:100000 "$WORK/one/rootfs"
  husk create -b "$WORK/one" one </dev/null >"$WORK/out" 2>&1
  husk start one
  wait_for grep -q tracing "$WORK/out"
  for i in {1..50}; do husk exec one true; done
  husk kill one TERM
  wait_for is_status one stopped
  cat "$WORK/out"
  grep -q '^caught 0 in many rounds' "$WORK/out"
  husk delete one
}

# Whoever is in a user namespace that a process joins can trace it from then on.
never_traceable() { # RUNTIME-COMMAND...
  command -v strace >/dev/null || skip "needs strace"
  rm -rf "$WORK/traces" && mkdir "$WORK/traces"
  ASAN_OPTIONS=detect_leaks=0 strace -ff -qq -e trace=setns,prctl -o "$WORK/traces/of" "$RUNTIME" --root "$ROOT" "$@" </dev/null >"$WORK/traced" 2>&1
  local trace found=
  for trace in "$WORK"/traces/of.*; do
    grep -q 'setns(.*CLONE_NEWUSER) *= 0' "$trace" || continue
    found=yes
    cat "$trace"
    # Before the first setns(2), and again behind the one that can change it: fs.suid_dumpable.
    awk '/PR_SET_DUMPABLE, (0|SUID_DUMP_DISABLE)/ { shut = 1 } /^setns/ { if (!shut) bad = 1 } /^setns.*CLONE_NEWUSER/ { shut = 0 }
      END { exit bad || !shut }' "$trace" || return 1
  done
  [ "$found" = yes ]
}

@test "who joins a user namespace is not traceable from before the first step: exec, run" {
  OWN_ROOTFS=1 bundle one '.process.args = ["sleep", "1000"] | .linux.namespaces += [{type: "user"}] |
    .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
  chown -hR 100000:100000 "$WORK/one/rootfs"
  husk create -b "$WORK/one" one </dev/null >"$WORK/out" 2>&1
  husk start one
  never_traceable exec one true
  bundle two ".linux.namespaces += [{type: \"user\", path: \"/proc/$(pid_of one)/ns/user\"}] |
    .root.path = \"$WORK/one/rootfs\" | .process.args = [\"true\"]"
  never_traceable run -b "$WORK/two" two
  husk delete --force one
}
