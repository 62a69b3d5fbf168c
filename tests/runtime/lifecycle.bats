#!/usr/bin/env bats
# lifecycle.bats: create, start, state, kill, delete, run: what the OCI specification says of them.
# shellcheck disable=SC2016 # what the container runs is in single quotes
load lib
setup() { runtime_setup; }
teardown() { runtime_teardown; }

@test "run: the program's output and status are the caller's" {
  sh_in . 'echo hello; exit 7'
  [ "$status" = 7 ] && [ "$output" = hello ]
}

@test "run: a signal that ends the program is 128 + n" {
  sh_in . 'sh -c "kill -9 \$\$"; exit $?'
  [ "$status" = 137 ]
}

@test "create, state, start, state, kill, state, delete" {
  bundle one '.process.args = ["sleep", "1000"]'
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  is_status one created
  husk start one
  is_status one running
  wait_for is_command "$(pid_of one)" "sleep 1000"
  husk kill one KILL
  wait_for is_status one stopped
  husk delete one
  run husk state one
  [ "$status" != 0 ]
  [[ $output == *"'one' does not exist"* ]]
}

@test "a created container has not run its program" {
  bundle one '.process.args = ["touch", "/tmp/mark"]'
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  [ ! -e "$SITE/rootfs/tmp/mark" ]
  husk start one
  wait_for is_status one stopped
  [ -e "$SITE/rootfs/tmp/mark" ]
  rm "$SITE/rootfs/tmp/mark"
  husk delete one
}

@test "the same ID twice is refused, and the first one lives" {
  start one
  refused one "in use" -- husk create -b "$WORK/one" one
  is_status one running
  husk delete --force one
}

@test "start: once only" {
  start one
  refused one running -- husk start one
  husk delete --force one
}

@test "delete without force refuses what runs, with force removes it" {
  start one
  refused one running force -- husk delete one
  husk delete --force one
}

@test "delete --force of what is not there is success; delete is not" {
  husk delete --force nothing
  refused nothing "does not exist" -- husk delete nothing
}

@test "a failing create leaves nothing, and the ID is free" {
  bundle one '.mounts += [{"destination": "/tmp", "type": "nosuchfs", "source": "x"}]'
  refused /tmp nosuchfs -- husk create -b "$WORK/one" one
  [ ! -e "$ROOT/one" ]
  start one
  husk delete --force one
}

@test "create names a program that is not there" {
  bundle one '.process.args = ["nosuch"]'
  refused nosuch "executable file" -- husk create -b "$WORK/one" one
}

@test "exec: its own status, environment, directory and user" {
  start one
  run husk exec -e A=b --cwd /tmp --user 5:6 one sh -c 'echo $A $(pwd) $(id -u) $(id -g); exit 3'
  [ "$status" = 3 ] && [ "$output" = "b /tmp 5 6" ]
  husk delete --force one
}

@test "exec is in the container's namespaces and cgroup" {
  start one
  run husk exec one sh -c 'hostname; cat /proc/self/cgroup; readlink /proc/self/ns/net; readlink /proc/1/ns/net'
  [ "$status" = 0 ]
  husk exec one sleep 100 </dev/null >"$WORK/said" 2>&1 &
  has_two() { [ "$(wc -l <"$1/cgroup.procs")" = 2 ]; }
  wait_for has_two "$(cgroup_of one pids)" || { cat "$WORK/said"; ps -ef; husk state one; return 1; }
  husk delete --force one
}

@test "20 creates of one ID at once: one wins" {
  bundle one '.process.args = ["sleep", "1000"]'
  local i won=0 pids=()
  for i in {1..20}; do
    husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1 &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" && won=$((won + 1)) || true; done
  [ $won = 1 ]
  is_status one created
  husk delete --force one
}

@test "run deletes its own container, not another that has its name by then" {
  bundle one '.process.args = ["sleep", "1000"]'
  local first
  "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one </dev/null >/dev/null 2>&1 3>&- &
  first=$!
  wait_for is_status one running
  kill -STOP $first
  husk delete --force one
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  husk start one
  kill -CONT $first
  wait $first || true
  [ "$(state_of one)" = running ]
  husk delete --force one
}

@test "a stray entry among the records is named, and hides nobody" {
  start one
  ln -s /nonexistent "$ROOT/dang"
  mkfifo "$ROOT/pipe"
  husk list -q >"$WORK/out" 2>"$WORK/err"
  cat "$WORK/out" "$WORK/err"
  [ "$(cat "$WORK/out")" = one ]
  grep -q "dang is no container" "$WORK/err"
  grep -q "pipe is no container" "$WORK/err"
  husk gc
  husk delete --force --regex '^one$'
  [ ! -e "$ROOT/one" ]
  rm "$ROOT/dang" "$ROOT/pipe"
}

@test "run: memory, pids and CPU limits are hit, and an OOM kill is reported" {
  sh_in '.linux.resources.memory = {"limit": 33554432, "swap": 33554432}' 'tail /dev/zero'
  [ "$status" = 137 ]
  [[ $output == *"container 'shell': OOM-killed: its memory limit was reached"* ]]
  sh_in '.linux.resources.pids = {"limit": 5}' 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait'
  [[ $output == *"can't fork"* ]]
  start one '.process.args = ["sh", "-c", "while :; do :; done"] | .linux.resources.cpu = {"quota": 25000, "period": 100000}'
  wait_for eval '[ "$(husk events --stats one | jq .data.cpu.throttling.throttledPeriods)" -gt 3 ]'
  husk delete --force one
}
