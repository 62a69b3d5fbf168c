#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2153 # text for jq and inner shells; ROOT is lib.bash's
# cli.bats: every command in the spellings that engines use, what is said of wrong ones, and what is
# printed for programs to read.
load lib
setup() { runtime_setup; }
teardown() { runtime_teardown; }

commands=(create start run exec kill pause resume state delete list ps events update spec features
  check gc help)

@test "--version: the lines that engines read" {
  run husk --version
  [ "$status" = 0 ]
  [[ ${lines[0]} =~ ^husk-runtime\ version\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
  [ "${lines[1]}" = "spec: 1.2.1" ]
  [[ ${lines[2]} =~ ^libseccomp:\ [0-9.]+$ ]]
  [ "$(husk -v)" = "$output" ]
}

@test "--help: the list, and each command's own page" {
  local command
  run husk --help
  [ "$status" = 0 ]
  for command in "${commands[@]}"; do
    grep -q "^  $command  *[A-Z]" <<<"$output"
    [[ $(husk "$command" --help) == "Usage: husk-runtime $command"*"Example: husk-runtime $command"* ]]
    [ "$(husk help "$command")" = "$(husk "$command" -h)" ]
  done
}

@test "no command at all shows the list and fails" {
  run husk
  [ "$status" = 1 ]
  [[ $output == *Usage:* ]]
}

@test "a wrong command or option: one line, with the nearest one" {
  refused "'dellete'" "did you mean delete" -- husk dellete x
  refused "'xyzzy'" "--help" -- husk xyzzy
  refused "--rootles" "did you mean --rootless" -- husk --rootles true list
  refused delete "--forc" "did you mean --force" -- husk delete --forc x
  refused create "--pidfile" "did you mean --pid-file" -- husk create --pidfile p x
  refused create "--bundle" DIR -- husk create x --bundle
  refused list "'xml'" "table|json" -- husk list --format xml
  refused create --preserve-fds "'-1'" -- husk create --preserve-fds -1 x
  refused update --memory "'1x'" 64M -- husk update --memory 1x x
  refused kill "'FOO'" RTMIN -- husk kill x FOO
  refused kill "'65'" -- husk kill x 65
  refused events "'1x'" -- husk events --interval 1x x
  refused "'ru'" "did you mean run" -- husk help ru
}

@test "too few and too many operands: one line, with the usage" {
  local command
  for command in create start run exec kill pause resume state delete ps events update check; do
    refused "$command" "too few" "usage: husk-runtime $command" -- husk "$command"
  done
  for command in create start run pause resume state delete events update check; do
    refused "$command" "too many" "usage: husk-runtime $command" -- husk "$command" a b
  done
  refused "too many" -- husk kill a TERM b
  refused "too many" -- husk list a
  refused "which program" -- husk exec a
  refused "--process" -- husk exec --process /x a sh
}

@test "an ID that is a path, or not printable, is refused by every command" {
  local id command before
  mkdir -p "$ROOT/inside" "$SITE/state/precious"
  echo safe >"$SITE/state/precious/file"
  rmdir "$ROOT/inside"
  bundle one
  before=$(cd "$SITE/state" && find . | sort)
  for id in '' . .. ../precious a/b /x $'a\nb' $'\033[31m' 'a b' ü "$(printf '%0256d' 0)"; do
    for command in create start run exec kill pause resume state delete "delete --force" ps events update; do
      # shellcheck disable=SC2086 # "delete --force" is two words
      case $command in
        create | run) refused ID -- husk $command --bundle "$WORK/one" "$id" ;;
        exec) refused ID -- husk exec "$id" sh ;;
        *) refused ID -- husk $command "$id" ;;
      esac
    done
  done
  [ "$(cd "$SITE/state" && find . | sort)" = "$before" ]
  rm -r "$SITE/state/precious"
}

@test "an ID that is not there: one line that names it, by every command" {
  local command
  for command in start kill pause resume state delete ps events update; do
    refused "'none'" "does not exist" -- husk "$command" none
  done
  refused "'none'" "does not exist" -- husk exec none sh
  husk delete --force none
  husk delete none --force
}

@test "as containerd calls it: create, start, exec, ps, events, update, kill, delete" {
  local log=$WORK/log.json
  bundle one '.process.args = ["sleep", "1000"]'
  runc() { "$RUNTIME" --root "$ROOT" --log "$log" --log-format json "$@"; }
  runc create --bundle "$WORK/one" --pid-file "$WORK/pid" one </dev/null >/dev/null 2>&1
  [ "$(cat "$WORK/pid")" = "$(pid_of one)" ]
  runc start one
  [ "$(runc list --format=json | jq -r '.[0].status')" = running ]
  jq '.process | .args = ["sleep", "999"]' "$WORK/one/config.json" >"$WORK/process.json"
  runc exec --process "$WORK/process.json" --detach --pid-file "$WORK/exec-pid" one </dev/null >/dev/null 2>&1
  kill -0 "$(cat "$WORK/exec-pid")"
  runc ps --format json one | jq -e --argjson a "$(cat "$WORK/pid")" --argjson b "$(cat "$WORK/exec-pid")" \
    'sort == ([$a, $b] | sort)'
  runc events --stats one | jq -e '.type == "stats" and .data.pids.current == 2'
  echo '{"pids": {"limit": 33}}' | runc update --resources - one
  runc events --stats one | jq -e '.data.pids.limit == 33'
  echo '{"pids": {"limit": 34}}' | runc update --resources=- one
  runc pause one
  is_status one paused
  runc resume one
  runc kill --all one 9
  wait_for is_status one stopped
  runc delete --force one
  [ ! -s "$log" ]
}

@test "as conmon calls it: exec with its options in front" {
  start one
  jq '.process | .args = ["sleep", "999"]' "$WORK/one/config.json" >"$WORK/process.json"
  husk exec --pid-file "$WORK/exec-pid" --process "$WORK/process.json" --detach one </dev/null >/dev/null 2>&1
  [ "$(tr '\0' ' ' <"/proc/$(cat "$WORK/exec-pid")/cmdline")" = "sleep 999 " ]
  husk delete --force one
}

@test "as runc takes it: options behind the ID, long ones with one dash" {
  bundle one '.process.args = ["sleep", "1000"]'
  husk create one -bundle "$WORK/one" -pid-file="$WORK/pid" --no-pivot=false </dev/null >/dev/null 2>&1
  husk start one
  [ "$(cat "$WORK/pid")" = "$(pid_of one)" ]
  husk kill one SIGKILL -a
  wait_for is_status one stopped
  husk delete one -f
  husk run one -b"$WORK/one" -d </dev/null >/dev/null 2>&1
  husk delete -force one
}

@test "exec: what follows the ID belongs to the program" {
  start one
  [ "$(husk exec -e A=1 one sh -c 'echo $A $1' sh --force)" = "1 --force" ]
  run husk exec one sh -c 'exit 9'
  [ "$status" = 9 ]
  husk delete --force one
}

@test "kill: names and numbers of signals" {
  local signal
  start one '.process.args = ["sh", "-c", "for s in HUP USR1 34 37 64; do trap \"echo $s\" $s; done; echo ready; while :; do sleep 0.1; done"]'
  wait_for grep -q ready "$WORK/one.out"
  for signal in HUP:HUP SIGUSR1:USR1 usr1:USR1 1:HUP RTMIN:34 SIGRTMIN+3:37 rtmax:64 64:64; do
    : >"$WORK/one.out"
    husk kill one "${signal%:*}"
    wait_for grep -qx "${signal#*:}" "$WORK/one.out"
  done
  husk kill one 0
  husk kill one KILL
  wait_for is_status one stopped
  husk delete one
}

@test "delete --regex removes those that match, and no others" {
  start web1
  start web2
  start db
  refused regex -- husk delete --regex '('
  husk delete --force --regex '^web[0-9]$'
  [ "$(husk list -q)" = db ]
  husk delete --force db
}

@test "list: table, IDs alone, JSON" {
  [ "$(husk list -f json)" = "[]" ]
  [ -z "$(husk list -q)" ]
  start one '.annotations = {"a.b": "c"}'
  bundle two
  husk create -b "$WORK/two" two </dev/null >/dev/null 2>&1
  [ "$(husk list -q)" = $'one\ntwo' ]
  run husk list
  [[ ${lines[0]} =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER$ ]]
  [[ ${lines[1]} =~ ^one\ +$(pid_of one)\ +running\ +$WORK/one\ +20.*Z\ +root$ ]]
  [[ ${lines[2]} =~ ^two\ +$(pid_of two)\ +created\  ]]
  husk list --format json | jq -e --argjson pid "$(pid_of one)" --arg bundle "$WORK/one" '
    length == 2 and (.[0] | .id == "one" and .pid == $pid and .status == "running" and
    .bundle == $bundle and .annotations == {"a.b": "c"} and .owner == "root" and
    (.created | fromdateiso8601? // (sub("\\.[0-9]+"; "") | fromdateiso8601)) > 1700000000 and
    (.rootfs | startswith("/")) and .ociVersion == "1.2.1")'
  husk kill one KILL
  wait_for is_status one stopped
  husk list -f json | jq -e '.[0].pid == 0 and .[0].status == "stopped"'
  husk delete one
  husk delete --force two
}

@test "list: a record that cannot be read is shown, and the rest too" {
  start one
  mkdir -m 700 "$ROOT/aaa"
  echo '{' >"$ROOT/aaa/state.json"
  run husk list -q
  [ "$status" = 0 ]
  [[ $output == *"'aaa'"*"delete --force aaa"* ]]
  [ "$(husk list -q 2>/dev/null)" = $'aaa\none' ]
  [ "$(husk list -f json 2>/dev/null | jq -r '.[0].status')" = broken ]
  refused "'aaa'" "delete --force" -- husk state aaa
  husk delete --force aaa
  husk delete --force one
}

@test "ps: the container's processes and no others, with ps's own options" {
  start one
  husk exec -d one sleep 998 </dev/null >/dev/null 2>&1
  run husk ps one
  [[ ${lines[0]} == *PID* ]]
  [ ${#lines[@]} = 3 ]
  [ "$(husk ps one -o pid,args | grep -c 'sleep 998$')" = 1 ]
  [ "$(husk ps one aux | tail -n +2 | wc -l)" = 2 ]
  refused PID -- husk ps one -o comm
  run husk ps one --bad-option
  [ "$status" = 1 ]
  husk ps -f json one | jq -e 'length == 2'
  husk delete --force one
}

@test "events --stats: every group that engines read, as numbers" {
  start one '.linux.resources.memory.limit = 67108864 | .linux.resources.pids.limit = 20'
  husk events --stats one >"$WORK/stats"
  [ "$(wc -l <"$WORK/stats")" = 1 ]
  jq -e '.type == "stats" and .id == "one" and (.data |
    (.cpu.usage | .total > 0 and (.kernel | type) == "number" and (.user | type) == "number") and
    (.cpu.throttling | has("periods") and has("throttledPeriods") and has("throttledTime")) and
    .memory.usage.limit == 67108864 and .memory.usage.usage > 0 and .memory.usage.failcnt == 0 and
    (.memory.swap | has("limit")) and (.memory.raw | length > 5) and
    .pids == {"current": 1, "limit": 20} and
    (.blkio.ioServiceBytesRecursive | type) == "array" and (.hugetlb | type) == "object")' "$WORK/stats"
  husk kill one KILL
  wait_for is_status one stopped
  refused "'one'" stopped -- husk events --stats one
  husk delete one
}

@test "events: accounts at an interval, and an OOM kill is an event" {
  bundle one '.linux.resources.memory = {"limit": 16777216, "swap": 16777216} |
    .process.args = ["sh", "-c", "read x </fifo; tail /dev/zero; exec sleep 1000"]'
  OWN_ROOTFS=1 bundle own
  mkfifo "$WORK/own/rootfs/fifo"
  jq --arg root "$WORK/own/rootfs" '.root.path = $root' "$WORK/one/config.json" >"$WORK/own/config.json"
  husk run -d -b "$WORK/own" one </dev/null >/dev/null 2>&1
  husk events --interval 100ms one >"$WORK/events" 3>&- &
  wait_for grep -q '"stats"' "$WORK/events"
  echo go >"$WORK/own/rootfs/fifo"
  wait_for grep -q '"oom"' "$WORK/events"
  jq -se 'any(.type == "oom" and .id == "one" and (has("data") | not))' "$WORK/events"
  husk kill one KILL
  wait # events ends with the container
  husk delete --force one
}

@test "update: single options reach the cgroup" {
  local memory pids cpu
  start one
  memory=$(cgroup_of one memory) pids=$(cgroup_of one pids) cpu=$(cgroup_of one cpu)
  husk update --memory 64m --pids-limit 30 --cpu-quota 50000 --cpu-period 100000 one
  [ "$(cat "$memory/memory.limit_in_bytes" 2>/dev/null || cat "$memory/memory.max")" = 67108864 ]
  [ "$(cat "$pids/pids.max")" = 30 ]
  [ "$(cat "$cpu/cpu.cfs_quota_us" 2>/dev/null || cut -d ' ' -f 1 "$cpu/cpu.max")" = 50000 ]
  husk update one --memory=32M --kernel-memory 1 2>"$WORK/warning"
  grep -q kernel-memory "$WORK/warning"
  [ "$(cat "$memory/memory.limit_in_bytes" 2>/dev/null || cat "$memory/memory.max")" = 33554432 ]
  husk update --memory -1 --pids-limit -1 --cpu-quota -1 one
  [ "$(cat "$pids/pids.max")" = max ]
  echo '{"pids": {"limit": 7}, "cpu": {"shares": 512}}' >"$WORK/resources.json"
  husk update -r "$WORK/resources.json" --pids-limit 8 one
  [ "$(cat "$pids/pids.max")" = 7 ]
  refused "Intel RDT" -- husk update --l3-cache-schema x one
  refused "$WORK/none" -- husk update -r "$WORK/none" one
  refused "standard input" -- husk update -r - one <<<'{"pids": '
  husk delete --force one
}

@test "features: a document with every list filled" {
  husk features | jq -e '.ociVersionMin == "1.0.0" and .ociVersionMax == "1.2.1" and
    (.hooks | length) == 6 and (.mountOptions | index("rro") and index("ridmap")) and
    (.linux | (.namespaces | length) == 8 and (.capabilities | index("CAP_CHECKPOINT_RESTORE")) and
      .cgroup.v1 and .cgroup.v2 and (.cgroup.systemd | not) and
      (.seccomp | .enabled and (.actions | index("SCMP_ACT_NOTIFY")) and (.operators | length) == 7 and
        (.archs | length) > 10 and (.knownFlags | length) == 4) and
      .apparmor.enabled and .selinux.enabled and (.intelRdt.enabled | not) and
      .mountExtensions.idmap.enabled)'
  # What it lists is what it takes.
  bundle one '.mounts += [{"destination": "/x", "type": "tmpfs", "source": "x", "options": ["rro"]}]'
  husk check "$WORK/one/config.json"
}

@test "spec: the conventional default; an old one is not overwritten" {
  mkdir "$WORK/new"
  husk spec --bundle "$WORK/new"
  if command -v runc >/dev/null; then
    mkdir "$WORK/runc"
    (cd "$WORK/runc" && runc spec)
    diff <(jq -S 'del(.ociVersion, .hostname)' "$WORK/new/config.json") \
      <(jq -S 'del(.ociVersion, .hostname)' "$WORK/runc/config.json")
  fi
  husk check "$WORK/new/config.json"
  refused "$WORK/new/config.json" exists -- husk spec -b "$WORK/new"
  refused "$WORK/none" -- husk spec -b "$WORK/none"
}

@test "spec --rootless: a user namespace, and no device rules" {
  mkdir "$WORK/new"
  husk spec --rootless -b "$WORK/new"
  husk check "$WORK/new/config.json"
  jq -e '([.linux.namespaces[].type] | index("user") and (index("network") | not)) and
    .linux.uidMappings == [{"containerID": 0, "hostID": 0, "size": 1}] and (.linux | has("resources") | not)' \
    "$WORK/new/config.json"
}

@test "spec --hardened: the defaults of husk, seen from inside" {
  mkdir "$WORK/new"
  husk spec --hardened -b "$WORK/new"
  husk check "$WORK/new/config.json"
  jq --arg root "$SITE/rootfs" '.root.path = $root | .process.terminal = false | .process.args =
    ["sh", "-c", "grep -E \"^(Cap|Seccomp:|NoNewPrivs)\" /proc/self/status; cat /proc/keys /proc/interrupts 2>/dev/null | wc -c; unshare -U true 2>&1; echo x >/proc/sys/kernel/domainname"]' \
    "$WORK/new/config.json" >"$WORK/new/c"
  mv "$WORK/new/c" "$WORK/new/config.json"
  jq -e '.linux.resources.pids.limit == 512 and (.linux.maskedPaths | length) >= 12 and
    (.linux.readonlyPaths | length) >= 6 and ([.linux.namespaces[].type] | index("cgroup"))' "$WORK/new/config.json"
  run husk run -b "$WORK/new" one
  echo "$output"
  grep -q $'^CapInh:\t0000000000000000$' <<<"$output"
  grep -q $'^CapBnd:\t00000000800405fb$' <<<"$output"
  grep -q $'^CapAmb:\t0000000000000000$' <<<"$output"
  grep -q $'^NoNewPrivs:\t1$' <<<"$output"
  grep -q $'^Seccomp:\t2$' <<<"$output"
  grep -qx 0 <<<"$output"
  grep -q 'unshare.*not permitted' <<<"$output"
  grep -q 'domainname.*Read-only' <<<"$output"
}

@test "spec --hardened: calls that are refused by EPERM, newer ones by ENOSYS" {
  local which
  mkdir "$WORK/new"
  husk spec --hardened -b "$WORK/new"
  mv "$WORK/new/config.json" "$WORK/new/hardened"
  for which in refused newer; do
    jq --arg root "$SITE/rootfs" --arg kit "$SITE/kit" --arg which "$which" '.root.path = $root |
      .process.terminal = false | .process.args = ["/mnt/sec-calls", $which] |
      .mounts += [{"destination": "/mnt", "source": $kit, "options": ["rbind", "ro"]}]' \
      "$WORK/new/hardened" >"$WORK/new/config.json"
    run husk run -b "$WORK/new" one
    echo "$output"
    [[ ${lines[-1]} == *"calls made" ]]
    [ "$(grep -vc -e 'calls made' -e '^STARTED' <<<"$output")" = 0 ]
  done
}

@test "check: ok, or the line that create would say; nothing is made" {
  bundle one
  [ "$(husk check "$WORK/one/config.json")" = ok ]
  bundle two '.process.cwd = "relative"'
  refused "$WORK/two/config.json" cwd relative -- husk check "$WORK/two/config.json"
  bundle two '.linux.sysctl = {"kernel.core_pattern": "x"}'
  refused kernel.core_pattern -- husk check "$WORK/two/config.json"
  refused "$WORK/none" -- husk check "$WORK/none"
  [ ! -e "$ROOT" ] || [ -z "$(ls "$ROOT")" ]
}

@test "--log: JSON lines for the engine, and the line on standard error for people" {
  run husk --log "$WORK/log" --log-format json state none
  [ "$status" = 1 ]
  [ "$output" = "husk-runtime: container 'none' does not exist" ]
  tail -n 1 "$WORK/log" | jq -e '.level == "error" and .msg == "container '"'none'"' does not exist" and (.time | fromdateiso8601) > 0'
  run husk --log "$WORK/log" --log-format json delete --forc none
  tail -n 1 "$WORK/log" | jq -e '.msg | contains("--force")'
  refused "$WORK/no/log" -- husk --log "$WORK/no/log" list
}

@test "--systemd-cgroup is refused where it counts, with the way out" {
  bundle one
  refused systemd cgroupfs -- husk --systemd-cgroup create -b "$WORK/one" one
  refused systemd cgroupfs -- husk --cgroup-manager systemd run -b "$WORK/one" one
  husk --systemd-cgroup delete --force one
}

@test "options of others that mean nothing here are taken" {
  husk --criu /usr/sbin/criu --rootless=auto --rootless false --debug=false --systemd-cgroup=false list
  bundle one
  husk run --no-subreaper --no-new-keyring -b "$WORK/one" one </dev/null
}

@test "--root may be relative, and follows nobody" {
  bundle one '.process.args = ["sleep", "1000"]'
  mkdir -p "$WORK/here"
  (cd "$WORK/here" && "$RUNTIME" --root state run -d -b "$WORK/one" one </dev/null >/dev/null 2>&1)
  [ -e "$WORK/here/state/one/state.json" ]
  [ ! -e "$WORK/one/state" ]
  "$RUNTIME" --root "$WORK/here/state" delete --force one
}

@test "standard descriptors that are closed do no harm; a reader that has gone is an error" {
  start one
  run bash -c '"$1" --root "$2" state one 0<&- 2<&-' bash "$RUNTIME" "$ROOT"
  [ "$status" = 0 ]
  jq -e . <<<"$output"
  run bash -c '"$1" --root "$2" state one >&-' bash "$RUNTIME" "$ROOT"
  [ ! -s "$ROOT/one/state.json" ] || jq -e . "$ROOT/one/state.json"
  run bash -c 'exec 3> >(exit 0); wait $!; "$1" --root "$2" state one >&3' bash "$RUNTIME" "$ROOT"
  [[ $output == *"standard output"* ]]
  run bash -c '"$1" --root "$2" state one >/dev/full' bash "$RUNTIME" "$ROOT"
  [ "$status" = 1 ]
  husk delete --force one
}

@test "man page and completions are those of this program" {
  local tree
  tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  HUSK_RUNTIME=$RUNTIME "$tree/tools/command-docs" --to "$WORK/docs"
  diff -r "$WORK/docs/man" "$tree/final/docs/man"
  diff -r "$WORK/docs/completions" "$tree/final/docs/completions"
}

@test "completion in bash: commands, options, values, and the IDs there are" {
  local tree
  tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  # shellcheck disable=SC1091 # generated
  source "$tree/final/docs/completions/husk-runtime.bash"
  husk-runtime() { "$RUNTIME" "$@"; }
  complete_words() {
    COMP_WORDS=(husk-runtime "$@") COMP_CWORD=$# COMPREPLY=()
    _husk_runtime
    echo "${COMPREPLY[*]}"
  }
  [ "$(complete_words del)" = delete ]
  [ "$(complete_words --root x delete --f)" = --force ]
  [ "$(complete_words list --format '')" = "table json" ]
  start one
  [ "$(complete_words --root "$ROOT" state '')" = one ]
  [ "$(complete_words --root "$ROOT" create '')" = "" ]
  husk delete --force one
}
