#!/usr/bin/env bats
# hooks.bats: the six kinds of hooks: when, where, with what, and what comes of one that fails.

# shellcheck disable=SC2016,SC2030,SC2031 # single quotes are for the hook's shell, or for jq
load lib
setup() {
  runtime_setup
  LOG=$SITE/tmp/hooks.log
  : >"$LOG"
  mkdir -p "$SITE/rootfs/host"
}
teardown() {
  rm -f "$LOG" "$SITE/rootfs$LOG"
  rmdir "$SITE/rootfs/host" 2>/dev/null || true
  runtime_teardown
}

# A hook that runs a line of shell: BusyBox is at the same place outside and inside.
hook() { # SHELL-LINE [MORE-OF-THE-OBJECT]
  jq -nc --arg line "$1" --arg sh "$SITE/kit/sh" \
    "{path: \$sh, args: [\"sh\", \"-c\", \$line], env: [\"PATH=$SITE/kit\"]} + {${2:-}}"
}

# What each kind prints goes to the log; inside it is the same file by a bind mount.
with_log() {
  echo ".mounts += [{destination: \"$LOG\", type: \"bind\", source: \"$LOG\", options: [\"bind\"]}] |"
}

all_kinds() { # SHELL-LINE, in which KIND is replaced
  local kind
  for kind in prestart createRuntime createContainer startContainer poststart poststop; do
    echo ".hooks.$kind = [$(hook "${1//KIND/$kind}")] |"
  done
}

@test "order: each kind in its time, each list in its order" {
  bundle one "$(with_log) $(all_kinds "echo KIND >>$LOG") .hooks.createRuntime += [$(hook "echo second >>$LOG")] |
    .process.args = [\"sh\", \"-c\", \"echo program >>$LOG; exec sleep 1000\"]"
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  [ "$(tr '\n' ' ' <"$LOG")" = "prestart createRuntime second createContainer " ]
  : >"$LOG"
  husk start one
  wait_for eval '[ "$(wc -l <"$LOG")" = 3 ]'
  # The program and poststart hooks go at the same time.
  [ "$(head -1 "$LOG")" = startContainer ]
  grep -qx program "$LOG" && grep -qx poststart "$LOG"
  : >"$LOG"
  husk kill one KILL
  wait_for is_status one stopped
  [ ! -s "$LOG" ]
  husk delete one
  [ "$(cat "$LOG")" = poststop ]
}

@test "the state on standard input: valid, with the status and the pid as seen there" {
  local kind pid
  bundle one "$(with_log) $(all_kinds "(sed 's/^/KIND /'; echo) >>$LOG") .annotations = {\"org.example\": \"a \\\"b\\\"\"} |
    .process.args = [\"sleep\", \"1000\"]"
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  pid=$(pid_of one)
  husk start one
  husk delete --force one
  cat "$LOG"
  state() { sed -n "s/^$1 //p" "$LOG" | jq -e "$2"; }
  for kind in prestart createRuntime createContainer startContainer poststart poststop; do
    state $kind ".ociVersion == \"1.2.1\" and .id == \"one\" and .bundle == \"$WORK/one\" and .annotations == {\"org.example\": \"a \\\"b\\\"\"}"
  done
  for kind in prestart createRuntime; do state $kind ".status == \"creating\" and .pid == $pid"; done
  state createContainer '.status == "creating" and .pid == 1'
  state startContainer '.status == "created" and .pid == 1'
  state poststart ".status == \"running\" and .pid == $pid"
  state poststop '.status == "stopped" and (.pid // 0) == 0'
}

@test "namespaces: prestart, createRuntime, poststart, poststop in the runtime's, the others in the container's" {
  local kind
  bundle one "$(with_log) $(all_kinds "echo KIND \$(hostname) \$(ls -d $SITE/secret /host 2>/dev/null) >>$LOG") .hostname = \"inside\" |
    .process.args = [\"sleep\", \"1000\"]"
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  husk start one
  husk delete --force one
  cat "$LOG"
  for kind in prestart createRuntime poststart poststop; do grep -qx "$kind sandbox $SITE/secret" "$LOG"; done
  grep -qx "createContainer inside $SITE/secret" "$LOG" # before pivot_root: the machine's tree
  grep -qx "startContainer inside /host" "$LOG"
}

@test "createContainer: the mount namespace is the container's, with its mounts; the machine's is not touched" {
  bundle one "$(with_log) .hooks.createContainer = [$(hook "mount -t tmpfs -o size=4k marked $SITE/rootfs/host; grep -c ' $SITE/rootfs/proc ' /proc/mounts >>$LOG")] |
    .process.args = [\"sh\", \"-c\", \"grep ^marked /proc/mounts\"]"
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == "marked /host "* ]]
  run grep marked /proc/mounts
  [ "$status" != 0 ]
}

@test "environment: what the hook says and nothing else" {
  bundle one "$(with_log) $(all_kinds "env | sed 's/^/KIND /' >>$LOG") .process.args = [\"true\"]"
  SECRET=of-the-host husk run -b "$WORK/one" one
  run grep -vE "^[a-zA-Z]+ (PATH=$SITE/kit|PWD=.*|SHLVL=.*|OLDPWD=.*)$" "$LOG"
  echo "$output"
  [ -z "$output" ]
  [ "$(grep -c PATH= "$LOG")" = 6 ]
  bundle one ".hooks.prestart = [{path: \"$SITE/kit/busybox\", args: [\"env\"]}] | .process.args = [\"true\"]"
  SECRET=of-the-host run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ] && [ -z "$output" ]
}

@test "args: args[0] is args[0]; without args it is the path" {
  bundle one ".hooks.prestart = [$(hook "cat /proc/\$\$/cmdline >>$LOG; true" | jq -c '.args[0] = "ash"')] | .process.args = [\"true\"]"
  husk run -b "$WORK/one" one
  [[ $(tr '\0' ' ' <"$LOG") == "ash -c cat "* ]]
  printf '#!%s/sh\necho "$0 $#" >>%s\n' "$SITE/kit" "$LOG" >"$WORK/alone"
  chmod +x "$WORK/alone"
  : >"$LOG"
  bundle one ".hooks.createRuntime = [{path: \"$WORK/alone\"}] | .process.args = [\"true\"]"
  husk run -b "$WORK/one" one
  [ "$(cat "$LOG")" = "$WORK/alone 0" ]
}

@test "descriptors: standard input, output and error, and no other" {
  bundle one "$(with_log) $(all_kinds "echo KIND >>$LOG; exec ls /proc/self/fd >>$LOG") .process.args = [\"true\"]"
  husk run -b "$WORK/one" one 9</dev/null 3>&-
  cat "$LOG"
  # The directory itself is ls(1)'s.
  [ "$(tr '\n' ' ' <"$LOG")" = "$(printf '%s 0 1 2 3 ' prestart createRuntime createContainer startContainer poststart poststop)" ]
}

@test "signals: none blocked, and ignored only what the caller ignores" {
  local kind
  bundle one "$(for kind in prestart createRuntime createContainer startContainer poststart poststop; do
    echo ".hooks.$kind = [{path: \"$SITE/kit/busybox\", args: [\"grep\", \"^Sig[BI]\", \"/proc/self/status\"]}] |"
  done) .process.args = [\"true\"]"
  run husk run -b "$WORK/one" one
  echo "$output"
  [ ${#lines[@]} = 12 ]
  [ "$(grep SigBlk <<<"$output" | sort -u)" = "$(grep SigBlk /proc/self/status)" ]
  # A shell starts what it puts in the background with SIGINT and SIGQUIT ignored; less is as good.
  local ignored theirs
  ignored=$(awk '/^SigIgn/ { print $2 }' /proc/self/status)
  while read -r theirs; do
    [ $((0x$theirs & ~0x$ignored)) = 0 ]
  done < <(awk '/^SigIgn/ { print $2 }' <<<"$output")
}

@test "a failing prestart, createRuntime or createContainer hook fails create, names itself, and leaves nothing" {
  local kind
  for kind in prestart createRuntime createContainer; do
    bundle one ".hooks.$kind = [$(hook 'exit 3'), $(hook "echo not-this-one >>$LOG")] | .hooks.poststop = [$(hook "echo undone >>$LOG")]"
    refused "$kind hook" "$SITE/kit/sh" "status 3" -- husk create -b "$WORK/one" one
    [ ! -e "$ROOT/one" ]
    [ "$(cat "$LOG")" = undone ] # what earlier hooks made is for poststop hooks to free
    : >"$LOG"
  done
}

@test "a hook ended by a signal, missing, or not executable" {
  bundle one ".hooks.prestart = [$(hook 'kill -9 $$')]"
  refused "prestart hook" "signal 9" -- husk create -b "$WORK/one" one
  bundle one '.hooks.prestart = [{path: "/no/such/hook"}]'
  run husk create -b "$WORK/one" one
  echo "$output"
  [ "$status" != 0 ]
  [[ $output == *"prestart hook /no/such/hook"* ]]
  [[ $output == *"No such file"* ]]
  touch "$WORK/plain"
  bundle one ".hooks.prestart = [{path: \"$WORK/plain\"}]"
  run husk create -b "$WORK/one" one
  echo "$output"
  [ "$status" != 0 ]
  [[ $output == *"Permission denied"* ]]
}

@test "a failing startContainer hook fails start: the program is not run, the container is stopped" {
  bundle one "$(with_log) .hooks.startContainer = [$(hook 'exit 4')] | .hooks.poststart = [$(hook "echo poststart >>$LOG")] |
    .process.args = [\"sh\", \"-c\", \"echo program >>$LOG\"]"
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  refused "startContainer hook" "status 4" -- husk start one
  wait_for is_status one stopped
  husk delete one
  [ ! -s "$LOG" ]
  refused "startContainer hook" "status 4" -- husk run -b "$WORK/one" one
  [ ! -e "$ROOT/one" ]
}

@test "startContainer: the path is one of the container, with its rights" {
  bundle one "$(with_log) .hooks.startContainer = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"/bin/id -u >>$LOG; /bin/sed -n /CapEff/p /proc/self/status >>$LOG\"], env: [\"PATH=/bin:/usr/bin\"]}] |
    .process.user = {uid: 0, gid: 0} | .process.capabilities = {bounding: [\"CAP_KILL\"], permitted: [\"CAP_KILL\"], effective: [\"CAP_KILL\"]} | .process.args = [\"true\"]"
  sed -i 's|/bin/id|/usr/bin/id|' "$WORK/one/config.json"
  [ -e "$SITE/rootfs/usr/bin/id" ] || sed -i 's|/usr/bin/id|/bin/id|' "$WORK/one/config.json"
  run husk run -b "$WORK/one" one
  echo "$output"
  cat "$LOG"
  [ "$status" = 0 ]
  grep -q "CapEff:.*0000000000000020" "$LOG"
}

@test "startContainer: under a filter that answers clone3 with ENOSYS, as engines' profiles do" {
  bundle one "$(with_log) .hooks.startContainer = [$(hook "echo ran >>$LOG" "timeout: 5")] | .process.noNewPrivileges = false |
    .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"clone3\"], action: \"SCMP_ACT_ERRNO\", errnoRet: 38}]} | .process.args = [\"true\"]"
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ] && [ "$(cat "$LOG")" = ran ]
}

@test "a failing poststart or poststop hook is a warning, and the rest is run" {
  local kind
  for kind in poststart poststop; do
    bundle one ".hooks.$kind = [$(hook 'exit 5'), $(hook "echo $kind >>$LOG")] | .process.args = [\"sh\", \"-c\", \"exit 6\"]"
    run husk run -b "$WORK/one" one
    echo "$output"
    [ "$status" = 6 ]
    [ ${#lines[@]} = 1 ]
    [[ $output == *warning*"$kind hook $SITE/kit/sh"*"status 5"* ]]
    [ "$(cat "$LOG")" = $kind ]
    : >"$LOG"
  done
}

@test "timeout: the hook and its children are killed, and create fails in time" {
  bundle one ".hooks.createRuntime = [$(hook "sleep 77777 & echo \$! >>$LOG; sleep 77777" "timeout: 1")]"
  refused "createRuntime hook" "1 s" killed -- husk create -b "$WORK/one" one
  wait_for eval "! kill -0 \"\$(cat '$LOG')\""
  bundle one ".hooks.poststop = [$(hook "exec sleep 77777" "timeout: 1")] | .process.args = [\"true\"]"
  run husk run -b "$WORK/one" one
  [ "$status" = 0 ]
  [[ $output == *warning*"poststop hook"*"1 s"* ]]
}

@test "timeout: also where the container's filter refuses pidfd_open" {
  local filter='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["pidfd_open"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]} | .process.noNewPrivileges = false'
  bundle one "$filter | .process.args = [\"echo\", \"done\"] | .hooks.startContainer = [{path: \"/bin/true\", timeout: 3}]"
  SECONDS=0
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ] && [ "$output" = "done" ] && [ $SECONDS -lt 3 ]
  bundle one "$filter | .hooks.startContainer = [{path: \"/bin/sleep\", args: [\"sleep\", \"77777\"], timeout: 1}]"
  refused "startContainer hook" "1 s" killed -- husk run -b "$WORK/one" one
  bundle one "$filter | .hooks.startContainer = [{path: \"/bin/false\", timeout: 3}]"
  refused "startContainer hook" "status 1" -- husk run -b "$WORK/one" one
}

@test "timeout: a long one is no limit that has passed" {
  bundle one ".hooks.prestart = [$(hook "sleep 0.1; echo done >>$LOG" "timeout: 2147483647")] | .process.args = [\"true\"]"
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ] && [ "$(cat "$LOG")" = "done" ]
}

@test "refused before anything is made: a relative path, a timeout of 0 or less" {
  bundle one '.hooks.poststop = [{path: "bin/true"}]'
  refused "hooks.poststop[0].path" "bin/true" -- husk create -b "$WORK/one" one
  bundle one '.hooks.prestart = [{path: "/bin/true"}, {path: ""}]'
  refused "hooks.prestart[1].path" -- husk create -b "$WORK/one" one
  bundle one '.hooks.prestart = [{path: "/bin/true", timeout: 0}]'
  refused "hooks.prestart[0].timeout" -- husk create -b "$WORK/one" one
  bundle one '.hooks.prestart = [{path: "/bin/true", timeout: -1}]'
  refused timeout -- husk create -b "$WORK/one" one
  [ ! -e "$ROOT/one" ]
}

@test "a hook that does not read, one that closes, one that writes to standard input" {
  bundle one "(.annotations.big = (\"x\" * 200000)) | .hooks.prestart = [$(hook 'exit 0'), $(hook 'exec <&-'), $(hook 'echo overwritten 1>&0 || true'), $(hook "sed -n 1p >>$LOG")] | .process.args = [\"true\"]"
  run husk run -b "$WORK/one" one
  echo "$output" | cut -c 1-200
  [ "$status" = 0 ]
  [ "$(cat "$LOG")" = "{" ]
}

@test "a hook calls the runtime: state and exec of the container it belongs to" {
  bundle one ".hooks.poststart = [$(hook "$RUNTIME --root $ROOT state one | grep status >>$LOG; $RUNTIME --root $ROOT exec one true && echo entered >>$LOG")] | .process.args = [\"sleep\", \"1000\"]"
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  husk start one
  husk delete --force one
  cat "$LOG"
  grep -q running "$LOG" && grep -q entered "$LOG"
}

@test "start killed while a startContainer hook runs; delete --force leaves nothing" {
  bundle one ".hooks.startContainer = [$(hook 'sleep 54321')]"
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  husk start one </dev/null >/dev/null 2>&1 &
  wait_for pgrep -fx 'sleep 54321'
  refused one "being started" -- husk start one
  husk delete --force one
  wait $! || true
}
