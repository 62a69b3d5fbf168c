#!/usr/bin/env bats
# seccomp.bats: linux.seccomp: what the filter does to a program, and the agent that is asked.

# shellcheck disable=SC2016,SC2030,SC2031 # single quotes are for the shell inside; bats' subshells
load lib
setup_file() {
  cc -O1 -o "$BATS_FILE_TMPDIR/agent" "${BATS_TEST_FILENAME%/*}/seccomp-agent.c"
}
setup() { runtime_setup; }
teardown() {
  [ -z "${agent:-}" ] || kill "$agent" 2>/dev/null || true
  runtime_teardown
}

# mkdir(2) has two system calls: which of them a C library uses is its own business.
mkdir_rule() { # ACTION [MORE-OF-THE-RULE]
  echo ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"mkdir\", \"mkdirat\"], action: \"$1\"${2:+, $2}}]}"
}
at_index() { jq -c --argjson index "$1" 'map({index: $index} + .)' <<<"$2"; }
chmod_rules() { # ARGS-OF-THE-MODE, without index
  echo ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [
    {names: [\"chmod\"], action: \"SCMP_ACT_ERRNO\", args: $(at_index 1 "$1")},
    {names: [\"fchmodat\"], action: \"SCMP_ACT_ERRNO\", args: $(at_index 2 "$1")}]}"
}

start_agent() { # ERRNO
  socket=$WORK/agent.sock
  "$BATS_FILE_TMPDIR/agent" "$socket" "$1" >"$WORK/agent.out" 2>&1 3>&- &
  agent=$!
  wait_for test -S "$socket"
}
notify_rule() {
  mkdir_rule SCMP_ACT_NOTIFY
  echo "| .linux.seccomp.listenerPath = \"$socket\" | .linux.seccomp.listenerMetadata = \"some \\\"text\\\"\""
}

@test "ERRNO: EPERM, or what errnoRet says" {
  sh_in "$(mkdir_rule SCMP_ACT_ERRNO)" 'mkdir /tmp/x'
  [ "$status" != 0 ] && [[ $output == *"Operation not permitted"* ]]
  sh_in "$(mkdir_rule SCMP_ACT_ERRNO 'errnoRet: 28')" 'mkdir /tmp/x'
  [ "$status" != 0 ] && [[ $output == *"No space left on device"* ]]
  [ ! -e "$SITE/rootfs/tmp/x" ]
}

@test "KILL, KILL_PROCESS, KILL_THREAD and TRAP end the program by SIGSYS" {
  local action
  for action in KILL KILL_PROCESS KILL_THREAD TRAP; do
    sh_in "$(mkdir_rule SCMP_ACT_$action)" 'mkdir /tmp/x; echo "status $?"'
    echo "$action: $output"
    [ "${lines[-1]}" = 'status 159' ]
  done
  [ ! -e "$SITE/rootfs/tmp/x" ]
}

@test "LOG and ALLOW let it happen; TRACE without a tracer is ENOSYS" {
  local action
  for action in LOG ALLOW; do
    sh_in "$(mkdir_rule SCMP_ACT_$action)" 'mkdir /tmp/x && rmdir /tmp/x && echo made'
    [ "$output" = made ]
  done
  sh_in "$(mkdir_rule SCMP_ACT_TRACE)" 'mkdir /tmp/x'
  [[ $output == *"not implemented"* ]]
}

@test "arguments: equal, masked, and several of one argument are alternatives" {
  local try='touch /tmp/x; for m in 600 640 700; do chmod $m /tmp/x 2>/dev/null && echo $m; done; rm -f /tmp/x'
  sh_in "$(chmod_rules '[{"value": 384, "op": "SCMP_CMP_EQ"}]')" "$try" # 0600
  [ "$output" = $'640\n700' ]
  sh_in "$(chmod_rules '[{"value": 384, "op": "SCMP_CMP_EQ"}, {"value": 448, "op": "SCMP_CMP_EQ"}]')" "$try"
  [ "$output" = 640 ]
  sh_in "$(chmod_rules '[{"value": 32, "valueTwo": 32, "op": "SCMP_CMP_MASKED_EQ"}]')" "$try" # 0040
  [ "$output" = $'600\n700' ]
  sh_in "$(chmod_rules '[{"value": 416, "op": "SCMP_CMP_GT"}]')" "$try" # 0640
  [ "$output" = $'600\n640' ]
}

@test "with and without no_new_privs, as root and as a user, for exec too" {
  local nnp uid
  for nnp in true false; do
    for uid in 0 1000; do
      start one "$(mkdir_rule SCMP_ACT_ERRNO) | .process.noNewPrivileges = $nnp | .process.user = {uid: $uid, gid: $uid}"
      run husk exec one sh -c 'mkdir /tmp/x 2>/dev/null; echo $?; sed -n "s/^\(NoNewPrivs\|Seccomp\|CapEff\):\t//p" /proc/self/status'
      echo "no_new_privs $nnp, user $uid: $output"
      [ "${lines[0]}" = 1 ]
      [ "${lines[2]}" = "$([ $nnp = true ] && echo 1 || echo 0)" ] && [ "${lines[3]}" = 2 ]
      # Loading it takes CAP_SYS_ADMIN for a moment: none of that is left.
      [ $((0x${lines[1]} & 1 << 21)) = 0 ]
      grep -q '^Seccomp:.2$' "/proc/$(pid_of one)/status"
      [ $((0x$(sed -n 's/^CapPrm:\t//p' "/proc/$(pid_of one)/status") & 1 << 21)) = 0 ]
      husk delete --force one
    done
  done
}

@test "calls newer than the profile are ENOSYS, so that C libraries fall back" {
  husk spec --hardened -b "$WORK" 2>/dev/null || (cd "$WORK" && husk spec --hardened)
  sh_in ".linux.seccomp = $(jq -c .linux.seccomp "$WORK/config.json")" "$SITE/kit/sec-calls newer"
  echo "$output"
  [ "${lines[*]}" = 'STARTED all calls made' ]
  sh_in ".linux.seccomp = $(jq -c '.linux.seccomp | .syscalls[0].names += ["no_such_call"]' "$WORK/config.json")" "mkdir /tmp/y; rmdir /tmp/y; echo here"
  [ "$output" = here ]
}

@test "unknown calls are left out, unknown words are refused by name" {
  sh_in '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["no_such_call"], action: "SCMP_ACT_KILL"}]}' 'echo here'
  [ "$output" = here ]
  bundle one '.linux.seccomp = {defaultAction: "SCMP_ACT_BOGUS"}'
  refused SCMP_ACT_BOGUS -- husk run -b "$WORK/one" one
  bundle one '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_Z80"]}'
  refused SCMP_ARCH_Z80 -- husk run -b "$WORK/one" one
  bundle one '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_BOGUS"]}'
  refused SECCOMP_FILTER_FLAG_BOGUS -- husk run -b "$WORK/one" one
  bundle one '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"], action: "SCMP_ACT_ERRNO", args: [{index: 6, value: 1, op: "SCMP_CMP_EQ"}]}]}'
  refused index 6 -- husk run -b "$WORK/one" one
}

@test "flags, as engines set them" {
  sh_in "$(mkdir_rule SCMP_ACT_ERRNO) | .linux.seccomp.flags = [\"SECCOMP_FILTER_FLAG_LOG\", \"SECCOMP_FILTER_FLAG_TSYNC\", \"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]" \
    'mkdir /tmp/x 2>/dev/null; echo $?'
  [ "$output" = 1 ]
}

@test "NOTIFY: the agent gets the descriptor and the state, and its answer counts" {
  local state
  start_agent 28
  start one "$(notify_rule)"
  wait_for test -s "$WORK/agent.out"
  state=$(cat "$WORK/agent.out")
  echo "$state"
  jq -e '.fds == ["seccompFd"] and .metadata == "some \"text\"" and (.ociVersion | startswith("1."))' <<<"$state"
  [ "$(jq .pid <<<"$state")" = "$(pid_of one)" ]
  [ "$(jq -r '.state.id, .state.status, .state.bundle' <<<"$state" | tr '\n' ' ')" = "one creating $WORK/one " ]
  # exec would need an agent of its own; what runs already is asked about.
  husk delete --force one
  wait "$agent"
}

@test "NOTIFY: a program's own call is answered, with and without no_new_privs" {
  local nnp
  for nnp in true false; do
    rm -f "$WORK/agent.sock" "$WORK/agent.out"
    start_agent 28
    sh_in "$(notify_rule) | .process.noNewPrivileges = $nnp" 'mkdir /tmp/x'
    echo "$output"
    [[ $output == *"No space left on device"* ]]
    wait "$agent"
  done
}

@test "NOTIFY without somebody to ask is refused, and nothing is left" {
  socket=$WORK/nobody.sock
  bundle one "$(mkdir_rule SCMP_ACT_NOTIFY)"
  refused listenerPath -- husk run -b "$WORK/one" one
  bundle one "$(notify_rule)"
  refused "$socket" -- husk create -b "$WORK/one" one
  bundle one "$(notify_rule) | .linux.seccomp.defaultAction = \"SCMP_ACT_NOTIFY\""
  refused default -- husk run -b "$WORK/one" one
  bundle one "$(notify_rule) | .linux.seccomp.syscalls[0].names += [\"write\"]"
  refused write -- husk run -b "$WORK/one" one
}

@test "a filter is compiled once, and a changed profile is another one" {
  local file first
  sh_in "$(mkdir_rule SCMP_ACT_ERRNO)" 'mkdir /tmp/x 2>/dev/null; echo $?'
  [ "$output" = 1 ]
  file=$(echo "$ROOT"/.seccomp/*)
  [ -f "$file" ]
  first=$(stat -c %i "$file")
  sh_in "$(mkdir_rule SCMP_ACT_ERRNO)" 'mkdir /tmp/x 2>/dev/null; echo $?'
  [ "$output" = 1 ] && [ "$(stat -c %i "$ROOT"/.seccomp/*)" = "$first" ]
  sh_in "$(mkdir_rule SCMP_ACT_ERRNO 'errnoRet: 28')" 'mkdir /tmp/x'
  [[ $output == *"No space left"* ]]
  # A file that is torn, or somebody else's, is not believed.
  for file in "$ROOT"/.seccomp/*; do truncate -s -3 "$file"; done
  sh_in "$(mkdir_rule SCMP_ACT_ERRNO)" 'mkdir /tmp/x 2>/dev/null; echo $?'
  [ "$output" = 1 ]
  run husk list -q
  [ -z "$output" ]
}
