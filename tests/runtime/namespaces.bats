#!/usr/bin/env bats
# namespaces.bats: new ones, joined ones, none; names, clocks, and who is who in a user namespace.

# shellcheck disable=SC2016,SC2154 # what is in single quotes is for jq or a shell inside
load lib
setup() { runtime_setup; }
teardown() { runtime_teardown; }

own() { readlink "/proc/self/ns/$1"; }
of() { readlink "/proc/$(pid_of "$1")/ns/$2"; }

only() { # TYPE...: these are new, the rest is the machine's
  echo ".linux.namespaces = [$(printf '{"type": "%s"},' "$@" | sed 's/,$//')]"
}

@test "each kind is new if it is named, and the machine's if not" {
  start all "$(only pid network ipc uts mount cgroup time user) |
    .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings"
  start few "$(only mount) | .hostname = null"
  local file
  for file in pid net ipc uts mnt cgroup time user; do
    [ "$(of all $file)" != "$(own $file)" ] || { echo "$file of all is the machine's"; return 1; }
    [ "$file" = mnt ] || [ "$(of few $file)" = "$(own $file)" ] || { echo "$file of few is new"; return 1; }
  done
  [ "$(of few mnt)" != "$(own mnt)" ]
  husk delete --force all
  husk delete --force few
}

@test "without a mount namespace: refused, since the mounts would be the machine's" {
  bundle one "$(only pid network ipc uts)"
  refused mount namespace -- husk create -b "$WORK/one" one
}

@test "the same kind twice, and a kind there is not, are refused by name" {
  bundle one '.linux.namespaces += [{"type": "ipc"}]'
  refused ipc -- husk create -b "$WORK/one" one
  bundle one '.linux.namespaces += [{"type": "colour"}]'
  refused colour -- husk create -b "$WORK/one" one
}

@test "joined by path: those of another container" {
  local pid
  start first '.hostname = "first"'
  pid=$(pid_of first)
  start second "del(.hostname) | .linux.namespaces |= map(if .type == \"mount\" or .type == \"cgroup\" then . else
    .path = \"/proc/$pid/ns/\" + ({network: \"net\"}[.type] // .type) end)"
  local file
  for file in pid net ipc uts; do
    [ "$(of second $file)" = "$(of first $file)" ] || { echo "$file was not joined"; return 1; }
  done
  [ "$(of second mnt)" != "$(of first mnt)" ]
  [ "$(husk exec second hostname)" = first ]
  # A second process of that PID namespace, not its first.
  [ "$(awk '/^NSpid/ { print $NF }' "/proc/$(pid_of second)/status")" -gt 1 ]
  husk delete --force second
  [ "$(state_of first)" = running ]
  husk delete --force first
}

@test "joined: a user namespace, with new ones that belong to it" {
  local pid
  start first '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
    .linux.gidMappings = .linux.uidMappings'
  pid=$(pid_of first)
  start second ".linux.namespaces += [{type: \"user\", path: \"/proc/$pid/ns/user\"}] | .hostname = \"second\""
  [ "$(of second user)" = "$(of first user)" ]
  [ "$(of second uts)" != "$(of first uts)" ]
  [ "$(husk exec second hostname)" = second ]
  [ "$(awk '/^Uid/ { print $2 }' "/proc/$(pid_of second)/status")" = 100000 ]
  husk delete --force second
  husk delete --force first
}

@test "a path that is no namespace, another kind of one, or not there: named" {
  local path
  for path in /no/such /etc/passwd /proc/self/ns/uts; do
    bundle one "(.linux.namespaces[] | select(.type == \"ipc\")).path = \"$path\""
    refused "$path" -- husk create -b "$WORK/one" one
    [ ! -e "$ROOT/one" ]
  done
}

@test "hostname and domainname" {
  sh_in '.hostname = "red-panda" | .domainname = "example.org"' 'hostname; cat /proc/sys/kernel/domainname'
  [ "$output" = $'red-panda\nexample.org' ]
  [ "$(hostname)" != red-panda ]
  bundle one "$(only mount pid network ipc) | .hostname = \"x\""
  refused hostname uts -- husk create -b "$WORK/one" one
  bundle one ".hostname = \"$(printf 'x%.0s' {1..65})\""
  refused hostname 64 -- husk create -b "$WORK/one" one
}

@test "time offsets: the clocks inside are ahead, and not those of the machine" {
  local outside inside
  start one '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 864000}, monotonic: {secs: 86400}}'
  inside=$(husk exec one cut -d. -f1 /proc/uptime) outside=$(cut -d. -f1 /proc/uptime)
  husk delete --force one
  echo "inside $inside, outside $outside"
  [ $((inside - outside)) -ge 863990 ] && [ $((inside - outside)) -le 864010 ]
  bundle one '.linux.timeOffsets = {boottime: {secs: 1}}'
  refused timeOffsets time -- husk create -b "$WORK/one" one
}

@test "user namespace: IDs are mapped, root inside is nobody outside" {
  start one '.linux.namespaces += [{type: "user"}] |
    .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 1000, hostID: 200000, size: 1}] |
    .linux.gidMappings = [{containerID: 0, hostID: 300000, size: 1000}] | .process.user = {uid: 0, gid: 0}'
  local pid
  pid=$(pid_of one)
  [ "$(tr -s ' ' <"/proc/$pid/uid_map" | sed 's/^ //' | paste -sd '|')" = "0 100000 1000|1000 200000 1" ]
  [ "$(tr -s ' ' <"/proc/$pid/gid_map" | sed 's/^ //')" = "0 300000 1000" ]
  [ "$(awk '/^[UG]id/ { print $2 }' "/proc/$pid/status" | paste -sd ' ')" = "100000 300000" ]
  [ "$(husk exec --user 1000:5 one id -u)" = 1000 ]
  husk delete --force one
}

@test "user namespace without mappings, mappings without one, and too many: refused" {
  bundle one '.linux.namespaces += [{type: "user"}]'
  refused user -- husk create -b "$WORK/one" one
  bundle one '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] | .linux.gidMappings = .linux.uidMappings'
  refused uidMappings user -- husk create -b "$WORK/one" one
}

@test "a pid namespace: the program is process 1, and sees no others" {
  sh_in '' 'echo $$; ls -d /proc/[0-9]* | wc -l'
  [ "${lines[0]}" = 1 ]
  [ "${lines[1]}" -le 3 ]
}
