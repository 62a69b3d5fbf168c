#!/usr/bin/env bats
# hooks.bats: the six lists of hooks: when, where, with what, and what their failure means.

# shellcheck disable=SC2016,SC2154 # what is in single quotes is for jq or a shell inside
load lib
setup() { runtime_setup; }
teardown() { runtime_teardown; }

kinds="prestart createRuntime createContainer startContainer poststart poststop"

# Defines hook(KIND; SCRIPT) for the filters below. The directory $WORK is /mnt inside.
with_hooks() { # FILTER
  echo 'def hook($script): {path: "/bin/sh", args: ["sh", "-c", $script], env: ["PATH=/usr/bin:/bin"]};
    .mounts += [{destination: "/mnt", type: "bind", source: "'"$WORK"'", options: ["bind"]}] | '"$1"
}

# The same script in every list; LOG in it is the log directory as that hook sees it, KIND its list.
in_every_list() { # SCRIPT
  local script
  script=$(jq -n --arg script "$1" '$script')
  with_hooks "reduce (\"$kinds\" | split(\" \")[]) as \$kind (.;
    .hooks[\$kind] = [hook($script | gsub(\"KIND\"; \$kind) |
      gsub(\"LOG\"; if \$kind == \"startContainer\" then \"/log\" else \"$WORK\" end))])"
}

@test "all six, in their order, around the program" {
  bundle one "$(in_every_list 'echo KIND >>LOG/order')"' | .process.args = ["sh", "-c", "echo program >>/mnt/order"]'
  run husk run -b "$WORK/one" one
  echo "$output"
  cat "$WORK/order"
  [ "$status" = 0 ]
  # poststart may come while the program runs already.
  [ "$(grep -v poststart "$WORK/order" | paste -sd ' ')" = "prestart createRuntime createContainer startContainer program poststop" ]
  [ "$(grep -c poststart "$WORK/order")" = 1 ]
}

@test "hooks of one list, in their order, each with its own arguments and nothing but its environment" {
  bundle one "$(with_hooks '.hooks.createRuntime = [hook("echo 1 >>'"$WORK"'/order"), hook("echo 2 >>'"$WORK"'/order"),
      {path: "/usr/bin/env", args: ["env", "-0"], env: ["A=1", "B=x y"]}, {path: "/usr/bin/env"}]')"' | .process.args = ["true"]'
  SECRET=1 husk run -b "$WORK/one" one >"$WORK/out"
  [ "$(paste -sd ' ' "$WORK/order")" = "1 2" ]
  [ "$(tr '\0' '|' <"$WORK/out")" = "A=1|B=x y|" ]
}

@test "the state on standard input: who, where, and how far it is" {
  bundle one "$(in_every_list 'cat >LOG/state.KIND')"' | .process.args = ["sleep", "100"] | .annotations = {"a.b": "c"}'
  husk create -b "$WORK/one" one </dev/null >/dev/null
  local pid kind
  pid=$(pid_of one)
  husk start one
  husk delete --force one
  for kind in $kinds; do
    echo "$kind: $(cat "$WORK/state.$kind")"
    [ "$(jq -r '.id + " " + .annotations["a.b"] + " " + .bundle' "$WORK/state.$kind")" = "one c $WORK/one" ]
    [[ $(jq -r .ociVersion "$WORK/state.$kind") == 1.* ]]
  done
  [ "$(jq -r .status "$WORK"/state.{prestart,createRuntime,createContainer,startContainer,poststart,poststop} | paste -sd ' ')" = \
    "creating creating creating created running stopped" ]
  [ "$(jq -r .pid "$WORK"/state.{prestart,createRuntime,poststart} | paste -sd ' ')" = "$pid $pid $pid" ]
  # Inside it is process 1 of its own PID namespace.
  [ "$(jq -r .pid "$WORK/state.startContainer")" = 1 ]
}

@test "in which namespaces, and with which root" {
  touch "$WORK/mark"
  bundle one "$(in_every_list 'echo "$(readlink /proc/self/ns/mnt) $([ -e /mnt/mark ] && echo inside || echo outside)" >LOG/place.KIND')"' |
    .process.args = ["sh", "-c", "readlink /proc/self/ns/mnt"]'
  run husk run -b "$WORK/one" one
  local kind own
  own=$(readlink /proc/self/ns/mnt)
  for kind in prestart createRuntime poststart poststop; do
    [ "$(cat "$WORK/place.$kind")" = "$own outside" ] || { echo "$kind: $(cat "$WORK/place.$kind")"; return 1; }
  done
  [ "$output" != "$own" ]
  [ "$(cat "$WORK/place.createContainer")" = "$output outside" ]
  [ "$(cat "$WORK/place.startContainer")" = "$output inside" ]
}

@test "a hook that fails before the program: create or start fails, names it, and nothing is left" {
  local kind
  for kind in prestart createRuntime createContainer; do
    bundle one "$(with_hooks '.hooks.'"$kind"' = [hook("exit 3"), hook("echo no >>'"$WORK"'/second")]')"
    refused "$kind hook /bin/sh" "ended with status 3" -- husk create -b "$WORK/one" one
    [ ! -e "$ROOT/one" ]
  done
  bundle one "$(with_hooks '.hooks.startContainer = [hook("kill -9 $$"), hook("echo no >>/mnt/second")] | .process.args = ["touch", "/mnt/ran"]')"
  husk create -b "$WORK/one" one </dev/null >/dev/null
  refused "startContainer hook /bin/sh" "ended by signal 9" -- husk start one
  wait_for is_status one stopped
  [ ! -e "$WORK/second" ] && [ ! -e "$WORK/ran" ]
  husk delete one
}

@test "a hook that is not there, or may not be executed, fails with its name" {
  bundle one "$(with_hooks '.hooks.createRuntime = [{path: "/no/such/hook"}]')"
  run husk create -b "$WORK/one" one
  echo "$output"
  [ "$status" = 1 ]
  [[ ${lines[-1]} == *"createRuntime hook /no/such/hook"* ]]
  bundle one "$(with_hooks '.hooks.createRuntime = [{path: "relative"}]')"
  refused "hooks.createRuntime[0].path" relative -- husk create -b "$WORK/one" one
}

@test "a hook that fails after the start: a warning, and all the others are run" {
  bundle one "$(with_hooks '.hooks.poststart = [hook("exit 4"), hook("touch '"$WORK"'/started")] |
    .hooks.poststop = [hook("exit 5"), hook("touch '"$WORK"'/stopped")] | .process.args = ["sh", "-c", "exit 7"]')"
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 7 ]
  [[ $output == *warning*poststart*"status 4"*warning*poststop*"status 5"* ]]
  [ -e "$WORK/started" ] && [ -e "$WORK/stopped" ]
}

@test "a time-out ends the hook and all its children" {
  bundle one "$(with_hooks '.hooks.createRuntime = [hook("sleep 1000 & sleep 1000") + {timeout: 1}]')"
  SECONDS=0
  refused "createRuntime hook /bin/sh" "was not done within 1 s" -- husk create -b "$WORK/one" one
  [ "$SECONDS" -lt 10 ]
  # That no sleep is left, the teardown sees.
}

@test "a hook within its time-out is not harmed by it" {
  bundle one "$(in_every_list 'echo KIND >>LOG/order')"' | .hooks |= map_values(map(.timeout = 60)) | .process.args = ["true"]'
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ] && [ -z "$output" ]
  [ "$(wc -l <"$WORK/order")" = 6 ]
}

@test "hooks may call the runtime about the container they are called for" {
  bundle one "$(with_hooks '.hooks.createRuntime = [hook("'"$RUNTIME --root $ROOT"' state one >'"$WORK"'/state")] |
    .hooks.poststart = [hook("'"$RUNTIME --root $ROOT"' kill one KILL")] | .process.args = ["sleep", "100"]')"
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 137 ]
  [ "$(jq -r .status "$WORK/state")" = creating ]
}
