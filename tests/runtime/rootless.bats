#!/usr/bin/env bats
# rootless.bats: the runtime in the hands of an ordinary user: without and with a cgroup of his own.

# shellcheck disable=SC2016,SC2030,SC2031 # single quotes are for the shell inside, or for jq
load lib
USER_ID=1234
setup() {
  runtime_setup
  PLACE=$SITE/users/$USER_ID
  mkdir -p "$PLACE/run" "$PLACE/one"
  cp -a "$SITE/rootfs" "$PLACE/one/rootfs"
  cp "$RUNTIME" "$SITE/tmp/husk-runtime"
  chmod 755 "$SITE/tmp/husk-runtime"
  chown -R $USER_ID:$USER_ID "$PLACE"
}
teardown() {
  [ ! -d "$PLACE/run/husk/runtime/one" ] || user delete --force one >&2 || true
  remove_delegated
  rm -rf "$PLACE" "$SITE/tmp/husk-runtime"
  runtime_teardown
}

# As that user: no rights, no groups, no environment but his own.
as_user() { # CMD...
  (
    [ -z "${delegated:-}" ] || enter_delegated
    cd "$PLACE" && exec setpriv --reuid $USER_ID --regid $USER_ID --clear-groups env -i "PATH=$PATH" "HOME=$PLACE" "XDG_RUNTIME_DIR=$PLACE/run" \
      ${ASAN_OPTIONS:+"ASAN_OPTIONS=$ASAN_OPTIONS"} "$@"
  )
}
user() { as_user "$SITE/tmp/husk-runtime" "$@"; }

user_bundle() { # JQ-FILTER over what `spec --rootless` prints
  rm -f "$PLACE/one/config.json"
  user spec --rootless --bundle "$PLACE/one"
  jq ".process.terminal = false | .root.readonly = false | .process.args = [\"sleep\", \"1000\"] | $1" "$PLACE/one/config.json" >"$WORK/config.json"
  cp "$WORK/config.json" "$PLACE/one/config.json"
}
program() { jq -nc --arg text "$1" '["sh", "-c", $text]'; }
user_state() { user state one | jq -r .status; }
is_user_status() { [ "$(user_state)" = "$1" ]; }

# --- cgroups that are his own: one in each hierarchy, with a place for himself

hierarchies() {
  local mount
  if is_v2; then
    echo /sys/fs/cgroup
  else
    for mount in /sys/fs/cgroup/*; do [ ! -f "$mount/cgroup.procs" ] || echo "$mount"; done
  fi
}

delegate() {
  local mount
  delegated=1
  for mount in $(hierarchies); do
    mkdir "$mount/delegated" "$mount/delegated/shell"
    if [ -e "$mount/cpuset.cpus" ]; then
      local file part
      for part in delegated delegated/shell; do
        for file in cpuset.cpus cpuset.mems; do cat "$mount/$file" >"$mount/$part/$file"; done
      done
    fi
    chown -R $USER_ID:$USER_ID "$mount/delegated" 2>/dev/null
  done
}
enter_delegated() {
  local mount
  for mount in $(hierarchies); do echo $BASHPID >"$mount/delegated/shell/cgroup.procs"; done
}
remove_delegated() {
  local mount
  for mount in $(hierarchies); do
    [ ! -d "$mount/delegated" ] || find "$mount/delegated" -depth -type d -exec rmdir {} +
  done
}

# ---

@test "spec --rootless and run: root inside, himself outside, output and status" {
  user_bundle ".process.args = $(program 'id -u; id -g; cat /proc/self/uid_map; touch /tmp/made; hostname; exit 7')"
  run user run --bundle "$PLACE/one" one
  echo "$output"
  [ "$status" = 7 ]
  [ "${lines[0]}" = 0 ] && [ "${lines[1]}" = 0 ]
  [[ ${lines[2]} =~ ^\ +0\ +$USER_ID\ +1$ ]]
  [ "$(stat -c %u:%g "$PLACE/one/rootfs/tmp/made")" = $USER_ID:$USER_ID ]
  [ -z "$(ls "$PLACE/run/husk/runtime")" ]
}

@test "the state is below XDG_RUNTIME_DIR/husk; without that variable a line says what is missing, or a place of his own is taken" {
  user_bundle .
  user create --bundle "$PLACE/one" one </dev/null >/dev/null 2>&1
  [ -d "$PLACE/run/husk/runtime/one" ]
  [ "$(stat -c %u:%a "$PLACE/run/husk/runtime/one")" = $USER_ID:700 ]
  user delete --force one
  [ ! -e /run/husk/runtime/one ]
}

@test "create, state, start, exec, ps, kill, delete" {
  user_bundle .
  user create --bundle "$PLACE/one" one </dev/null >/dev/null 2>&1
  is_user_status created
  user start one
  is_user_status running
  [ "$(stat -c %u "/proc/$(user state one | jq .pid)")" = $USER_ID ]
  run user exec one sh -c 'id -u; echo $$ >/dev/null; exit 5'
  [ "$status" = 5 ] && [ "$output" = 0 ]
  run user exec --tty one tty </dev/null
  [[ $output == /dev/pts/0* ]]
  run user ps -f json one
  echo "$output"
  [[ $output == *"$(user state one | jq .pid)"* ]]
  [ "$(user list -q)" = one ]
  refused one running -- user start one
  user kill one KILL
  wait_for is_user_status stopped
  user delete one
  [ -z "$(ls "$PLACE/run/husk/runtime")" ]
}

@test "run on standard streams and in the foreground, signals too" {
  user_bundle ".process.args = $(program 'trap "exit 9" TERM; read x; echo "got $x"; while :; do sleep 0.05; done')"
  mkfifo "$WORK/in"
  as_user "$SITE/tmp/husk-runtime" run --bundle "$PLACE/one" one <"$WORK/in" >"$WORK/out" 2>&1 3>&- &
  echo hello >"$WORK/in"
  wait_for grep -q "got hello" "$WORK/out"
  user kill one TERM
  wait $! && status=0 || status=$?
  cat "$WORK/out"
  [ "$status" = 9 ]
}

@test "terminal: process.terminal in the foreground" {
  user_bundle ".process.terminal = true | .process.args = $(program 'tty; test -c /dev/console && echo console')"
  run user run --bundle "$PLACE/one" one </dev/null
  output=${output//$'\r'/}
  echo "$output"
  [ "$status" = 0 ] && [ "$output" = $'/dev/pts/0\nconsole' ]
}

@test "what he may not, he may not inside: the machine's files, its host name, its clock, devices" {
  user_bundle ".process.args = $(program 'cat /proc/1/root/etc/shadow 2>&1; mknod /tmp/sda b 8 0 2>&1; hostname x 2>&1; cat /dev/sda 2>&1; date -s 2020-01-01 2>&1; true')"
  run user run --bundle "$PLACE/one" one
  echo "$output"
  [[ $output == *"mknod"*"not permitted"* ]]
  [ "$(hostname)" = sandbox ]
  [ "$(date +%Y)" != 2020 ]
}

@test "no cgroup of his own: it runs without limits, and none is recorded" {
  user_bundle 'del(.linux.resources)'
  user create --bundle "$PLACE/one" one </dev/null >/dev/null 2>&1
  user start one
  [ "$(find /sys/fs/cgroup -name husk-one | wc -l)" = 0 ]
  refused one "no cgroup" -- user pause one
  user kill --all one KILL || user kill one KILL
  wait_for is_user_status stopped
  user delete one
}

@test "no cgroup of his own: a limit that is asked for is refused in one line, and nothing is left" {
  user_bundle '.linux.resources = {memory: {limit: 67108864}}'
  refused linux.resources.memory.limit -- user create --bundle "$PLACE/one" one
  user_bundle '.linux.resources = {pids: {limit: 10}}'
  refused linux.resources.pids.limit permission -- user create --bundle "$PLACE/one" one
  user_bundle '.linux.resources = {cpu: {quota: 10000, period: 100000}}'
  refused linux.resources.cpu -- user create --bundle "$PLACE/one" one
  [ -z "$(ls "$PLACE/run/husk/runtime")" ]
}

@test "a delegated cgroup: limits are set and hit, exec enters, pause and kill work, nothing is left" {
  delegate
  user_bundle ".linux.cgroupsPath = \"/delegated/one\" | .linux.resources = {pids: {limit: 20}, memory: {limit: 67108864}}"
  user create --bundle "$PLACE/one" one </dev/null >"$WORK/out" 2>&1 || { cat "$WORK/out"; return 1; }
  user start one
  local pid dir
  pid=$(user state one | jq .pid)
  dir=$(if is_v2; then echo /sys/fs/cgroup; else echo /sys/fs/cgroup/pids; fi)/delegated/one
  [ "$(cat "$dir/pids.max")" = 20 ]
  grep -qx "$pid" "$dir/cgroup.procs"
  run user exec one cat /proc/self/cgroup
  echo "$output"
  [ "$status" = 0 ]
  run user exec one sh -c 'for i in $(seq 50); do sleep 2 & done; wait' </dev/null
  [ "$status" != 0 ] || [[ $output == *fork* ]]
  [[ $output == *fork* ]]
  user pause one
  is_user_status paused
  user resume one
  is_user_status running
  user delete --force one
  [ ! -d "$dir" ]
}

@test "without a user namespace: one line, with the way out" {
  user_bundle 'del(.linux.namespaces[] | select(.type == "user")) | del(.linux.uidMappings, .linux.gidMappings)'
  refused "user namespace" -- user create --bundle "$PLACE/one" one
  [ -z "$(ls "$PLACE/run/husk/runtime")" ]
}

@test "more IDs than his own: newuidmap writes them, or a line names it" {
  user_bundle '.linux.uidMappings = [{containerID: 0, hostID: 1234, size: 1}, {containerID: 1, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings'
  if [ ! -e /usr/bin/newuidmap ]; then
    refused newgidmap uidmap -- user create --bundle "$PLACE/one" one
    skip "no newuidmap on this machine: only its absence was tested"
  fi
  [ ! -e "$SITE/tmp/subuid" ]
  echo "$USER_ID:100000:1000" >"$WORK/subid"
  for file in subuid subgid; do mount --bind "$WORK/subid" /etc/$file; done
  jq ".process.args = $(program 'cat /proc/self/uid_map /proc/self/gid_map')" "$PLACE/one/config.json" >"$WORK/config.json"
  cp "$WORK/config.json" "$PLACE/one/config.json"
  run user run --bundle "$PLACE/one" one
  for file in subuid subgid; do umount /etc/$file; done
  echo "$output"
  [ "$status" = 0 ] && [ "$(grep -cE '^ +1 +100000 +1000$' <<<"$output")" = 2 ]
}

@test "somebody else's IDs, or another user's container: refused" {
  user_bundle '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] | .linux.gidMappings = .linux.uidMappings'
  run user create --bundle "$PLACE/one" one
  echo "$output"
  [ "$status" != 0 ] && [ ${#lines[@]} -le 2 ]
  start one
  run user --root "$ROOT" exec one true
  echo "$output"
  [ "$status" != 0 ]
  run user --root "$ROOT" kill one KILL
  [ "$status" != 0 ]
  is_status one running
  husk delete --force one
}
