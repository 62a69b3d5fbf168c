#!/usr/bin/env bats
# namespaces.bats: linux.namespaces: new, absent, joined; time offsets, user namespaces and ID
# mappings, ID-mapped mounts; looked at by /proc/PID/ns and by who owns what.

# shellcheck disable=SC2013,SC2016,SC2030,SC2031 # single quotes are for the shell inside, or for jq
load lib
setup_file() {
  cc -static -O1 -o "$BATS_FILE_TMPDIR/helper" "${BATS_TEST_FILENAME%/*}/helper.c"
}
setup() {
  runtime_setup
  HELPER=$BATS_FILE_TMPDIR/helper
}
teardown() {
  local target
  for target in $(awk -v site="$SITE/tmp/" 'index($2, site) == 1 {print $2}' /proc/mounts | sort -r); do
    umount "$target"
  done
  runtime_teardown
}

# config.json's name and that of the file in /proc/PID/ns.
KINDS="pid:pid network:net ipc:ipc uts:uts mount:mnt cgroup:cgroup user:user time:time"

ns_of() { readlink "/proc/$1/ns/$2"; } # PID FILE

no_ns() { echo "del(.linux.namespaces[] | select(.type == \"$1\"))"; }
set_ns() { # KIND [PATH]
  echo "$(no_ns "$1") | .linux.namespaces += [{type: \"$1\"${2:+, path: \"$2\"}}]"
}

# Without an own network namespace sysfs cannot be mounted in a user namespace.
MAPPED='.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
user_ns() { echo "$(set_ns user) | $MAPPED"; }

# A root file system that belongs to root of the user namespace.
mapped_rootfs() { # NAME
  chown -hR 100000:200000 "$WORK/$1/rootfs"
}

@test "all eight kinds, each new" {
  local kind pid
  start one "$(user_ns) | $(set_ns cgroup) | $(set_ns time)"
  pid=$(pid_of one)
  for kind in $KINDS; do
    echo "$kind: $(ns_of "$pid" "${kind#*:}") $(ns_of self "${kind#*:}")"
    [ "$(ns_of "$pid" "${kind#*:}")" != "$(ns_of self "${kind#*:}")" ]
  done
  husk delete --force one
}

@test "a kind that is absent is the caller's" {
  local kind pid
  for kind in network:net ipc:ipc uts:uts cgroup:cgroup user:user time:time pid:pid; do
    start one "$(no_ns "${kind%:*}") | del(.hostname)"
    pid=$(pid_of one)
    echo "$kind"
    [ "$(ns_of "$pid" "${kind#*:}")" = "$(ns_of self "${kind#*:}")" ]
    [ "$(ns_of "$pid" mnt)" != "$(ns_of self mnt)" ]
    husk delete --force one
  done
}

@test "without a mount namespace, or with the caller's by path: refused, and the machine's mounts are the same" {
  bundle one "$(no_ns mount)"
  refused "mount namespace" -- unshare --mount "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one
  bundle one "$(set_ns mount /proc/self/ns/mnt)"
  refused "mount namespace" -- unshare --mount "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one
}

@test "joined by path: of another container, each kind alone" {
  local kind first pid
  start first "$(set_ns cgroup) | $(set_ns time)"
  first=$(pid_of first)
  for kind in network:net ipc:ipc uts:uts cgroup:cgroup time:time pid:pid; do
    start one "$(set_ns "${kind%:*}" "/proc/$first/ns/${kind#*:}") | del(.hostname)"
    pid=$(pid_of one)
    echo "$kind: $(ns_of "$pid" "${kind#*:}") $(ns_of "$first" "${kind#*:}")"
    [ "$(ns_of "$pid" "${kind#*:}")" = "$(ns_of "$first" "${kind#*:}")" ]
    [ "$(ns_of "$pid" mnt)" != "$(ns_of "$first" mnt)" ]
    # exec joins the same.
    run husk exec one readlink "/proc/self/ns/${kind#*:}"
    [ "$output" = "$(ns_of "$first" "${kind#*:}")" ]
    husk delete --force one
    is_status first running
  done
  husk delete --force first
}

@test "joined by path: a pod, all but the mount namespace at once; one container ends, the other lives" {
  local first pid kind
  start first
  first=$(pid_of first)
  start one "$(set_ns network "/proc/$first/ns/net") | $(set_ns ipc "/proc/$first/ns/ipc") | $(set_ns uts "/proc/$first/ns/uts") | $(set_ns pid "/proc/$first/ns/pid") | del(.hostname)"
  pid=$(pid_of one)
  for kind in net ipc uts pid; do [ "$(ns_of "$pid" $kind)" = "$(ns_of "$first" $kind)" ]; done
  husk exec first ps | grep -c 'sleep 1000' | grep -x 2
  husk kill one KILL
  wait_for is_status one stopped
  is_status first running
  husk delete one
  husk delete --force first
}

@test "joined by path: a pod with a user namespace, all of it" {
  local first pid kind filter=
  OWN_ROOTFS=1 bundle first "$(user_ns) | .process.args = [\"sleep\", \"1000\"]"
  mapped_rootfs first
  husk create -b "$WORK/first" first </dev/null >/dev/null 2>&1
  husk start first
  first=$(pid_of first)
  for kind in user:user network:net ipc:ipc uts:uts pid:pid; do
    filter+="$(set_ns "${kind%:*}" "/proc/$first/ns/${kind#*:}") | "
  done
  bundle one "$filter del(.hostname) | .process.args = [\"sh\", \"-c\", \"id -u; cat /proc/self/uid_map; touch /tmp/made; mount -t tmpfs none /mnt 2>/dev/null; exec sleep 1000\"] | .root.path = \"$WORK/first/rootfs\""
  husk create -b "$WORK/one" one </dev/null >"$WORK/one.out" 2>&1
  husk start one
  pid=$(pid_of one)
  for kind in user net ipc uts pid; do [ "$(ns_of "$pid" $kind)" = "$(ns_of "$first" $kind)" ]; done
  wait_for test -e "$WORK/first/rootfs/tmp/made"
  cat "$WORK/one.out"
  [ "$(stat -c %u:%g "$WORK/first/rootfs/tmp/made")" = 100000:200000 ]
  run husk exec one sh -c 'id -u; readlink /proc/self/ns/user'
  [ "$output" = "0"$'\n'"$(ns_of "$first" user)" ]
  husk delete --force one
  is_status first running
  husk delete --force first
}

@test "joined by path: only the user namespace, the others new" {
  local first
  OWN_ROOTFS=1 bundle first "$(user_ns) | .process.args = [\"sleep\", \"1000\"]"
  mapped_rootfs first
  husk create -b "$WORK/first" first </dev/null >/dev/null 2>&1
  husk start first
  first=$(pid_of first)
  bundle one "$(set_ns user "/proc/$first/ns/user") | .hostname = \"second\" | .process.args = [\"sh\", \"-c\", \"hostname; id -u; id -g; grep -c . /proc/mounts; stat -c %u /dev/shm /dev/pts\"] | .root.path = \"$WORK/first/rootfs\""
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ]
  [ "${lines[0]}" = second ] && [ "${lines[1]}" = 0 ] && [ "${lines[2]}" = 0 ] && [ "${lines[4]}" = 0 ] && [ "${lines[5]}" = 0 ]
  husk delete --force first
}

@test "joined by path: a new user namespace with a network namespace of the machine" {
  local ns=$SITE/tmp/netns
  touch "$ns"
  unshare --net="$ns" true
  OWN_ROOTFS=1 bundle one "$(user_ns) | $(set_ns network "$ns") | del(.mounts[] | select(.type == \"sysfs\")) |
    .process.args = [\"sleep\", \"1000\"]"
  mapped_rootfs one
  husk create -b "$WORK/one" one </dev/null >"$WORK/out" 2>&1 || cat "$WORK/out"
  [ "$(readlink "/proc/$(pid_of one)/ns/net")" = "$(nsenter --net="$ns" readlink /proc/self/ns/net)" ]
  husk delete --force one
  umount "$ns"
  rm "$ns"
}

@test "joined by path: a mount namespace that was made for it" {
  local ns=$SITE/tmp/pinned inside cpu
  mkdir "$SITE/tmp/ns"
  mount --bind "$SITE/tmp/ns" "$SITE/tmp/ns"
  mount --make-private "$SITE/tmp/ns"
  ns=$SITE/tmp/ns/mnt
  touch "$ns"
  # A mount namespace can be bound only in an older one, and from Linux 6.18 on each CPU counts for
  # itself: on the one that counted ours, a new one is younger.
  for ((cpu = 0; cpu < $(nproc); cpu++)); do
    taskset -c "$cpu" unshare --mount="$ns" true 2>/dev/null && break
  done
  inside=$(nsenter --mount="$ns" readlink /proc/self/ns/mnt)
  start one "$(set_ns mount "$ns")"
  [ "$(ns_of "$(pid_of one)" mnt)" = "$inside" ]
  husk exec one true
  husk delete --force one
  umount "$ns"
  rm "$ns"
  umount "$SITE/tmp/ns"
  rmdir "$SITE/tmp/ns"
}

@test "the caller's own namespace by path is the caller's" {
  local kind
  for kind in network:net ipc:ipc uts:uts cgroup:cgroup user:user time:time pid:pid; do
    start one "$(set_ns "${kind%:*}" "/proc/self/ns/${kind#*:}") | del(.hostname)"
    echo "$kind"
    [ "$(ns_of "$(pid_of one)" "${kind#*:}")" = "$(ns_of self "${kind#*:}")" ]
    husk delete --force one
  done
}

@test "paths that are no namespace of the kind are refused in one line" {
  bundle one "$(set_ns network /proc/self/ns/ipc)"
  refused /proc/self/ns/ipc network -- husk create -b "$WORK/one" one
  bundle one "$(set_ns network /etc/passwd)"
  refused /etc/passwd network -- husk create -b "$WORK/one" one
  bundle one "$(set_ns ipc /dev/null)"
  refused /dev/null ipc -- husk create -b "$WORK/one" one
  bundle one "$(set_ns uts /no/such/file)"
  refused /no/such/file uts -- husk create -b "$WORK/one" one
  mkfifo "$WORK/fifo"
  bundle one "$(set_ns ipc "$WORK/fifo")"
  refused "$WORK/fifo" ipc -- timeout 5 "$RUNTIME" --root "$ROOT" create -b "$WORK/one" one
  bundle one "$(set_ns ipc relative)"
  refused linux.namespaces relative -- husk create -b "$WORK/one" one
  bundle one '.linux.namespaces += [{type: "pid"}]'
  refused linux.namespaces pid twice -- husk create -b "$WORK/one" one
  bundle one '.linux.namespaces += [{type: "nosuch"}]'
  refused linux.namespaces nosuch -- husk create -b "$WORK/one" one
}

@test "init is process 1, and the parent of orphans" {
  sh_in . 'echo $$; orphan=$(sh -c "sleep 1000 >/dev/null & echo \$!"); sed -n "s/^PPid:\t//p" "/proc/$orphan/status"'
  echo "$output"
  [ "${lines[0]}" = 1 ] && [ "${lines[1]}" = 1 ]
}

@test "hostname and domainname: inside, and only inside" {
  sh_in '.hostname = "inside" | .domainname = "example.org"' 'hostname; cat /proc/sys/kernel/domainname'
  echo "$output"
  [ "$output" = $'inside\nexample.org' ]
  [ "$(hostname)" = sandbox ]
  bundle one "$(no_ns uts) | .hostname = \"inside\""
  refused hostname uts -- husk create -b "$WORK/one" one
  bundle one "$(no_ns uts) | del(.hostname) | .domainname = \"d\""
  refused domainname uts -- husk create -b "$WORK/one" one
  bundle one ".hostname = \"$(printf 'x%.0s' {1..65})\""
  refused hostname 64 -- husk create -b "$WORK/one" one
}

# --- time

@test "time offsets: both clocks inside, for exec too, and not outside" {
  local monotonic boottime
  cp "$HELPER" "$SITE/rootfs/tmp/helper"
  start one "$(set_ns time) | .linux.timeOffsets = {monotonic: {secs: 100000, nanosecs: 5}, boottime: {secs: 2000000}}"
  read -r monotonic boottime < <(husk exec one /tmp/helper clocks)
  read -r own_monotonic own_boottime < <("$HELPER" clocks)
  echo "$monotonic $boottime $own_monotonic $own_boottime"
  (((d = monotonic - own_monotonic), d >= 99998 && d <= 100002))
  (((d = boottime - own_boottime), d >= 1999998 && d <= 2000002))
  run husk exec one cut -d. -f1 /proc/uptime
  (((d = output - own_boottime), d >= 1999998 && d <= 2000003))
  [ "$(ns_of "$(pid_of one)" time)" != "$(ns_of self time)" ]
  husk delete --force one
  # Back in time.
  bundle one "$(set_ns time) | .linux.timeOffsets = {boottime: {secs: -10}} | .process.args = [\"/tmp/helper\", \"clocks\"]"
  read -r monotonic boottime < <(husk run -b "$WORK/one" one)
  read -r own_monotonic own_boottime < <("$HELPER" clocks)
  rm "$SITE/rootfs/tmp/helper"
  (((d = own_boottime - boottime), d >= 8 && d <= 12))
}

@test "time offsets: without a new time namespace, or before the machine was up: refused" {
  bundle one '.linux.timeOffsets = {monotonic: {secs: 1}}'
  refused linux.timeOffsets -- husk create -b "$WORK/one" one
  bundle one "$(set_ns time /proc/self/ns/time) | .linux.timeOffsets = {monotonic: {secs: 1}}"
  refused linux.timeOffsets -- husk create -b "$WORK/one" one
  bundle one "$(set_ns time) | .linux.timeOffsets = {boottime: {secs: -100000000}}"
  refused boottime -- husk create -b "$WORK/one" one
}

# --- user namespaces

@test "user namespace: one range; files that are made belong to it; proc, sysfs, mqueue, devpts, tmpfs are mounted" {
  OWN_ROOTFS=1 bundle one "$(user_ns) | (.process.capabilities | .bounding, .effective, .permitted) += [\"CAP_CHOWN\"] |
    .process.args = [\"sh\", \"-c\", \"id -u; cat /proc/self/uid_map /proc/self/gid_map; touch /tmp/made; chown 7:8 /tmp/made; ls -n /tmp/made; cut -d' ' -f2,3 /proc/mounts; stat -c %u:%g /dev/pts /dev/shm /dev/null\"]"
  mapped_rootfs one
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ]
  [ "${lines[0]}" = 0 ]
  [[ ${lines[1]} =~ ^\ +0\ +100000\ +65536$ ]]
  [[ ${lines[2]} =~ ^\ +0\ +200000\ +65536$ ]]
  [ "$(stat -c %u:%g "$WORK/one/rootfs/tmp/made")" = 100007:200008 ]
  local type
  for type in "/proc proc" "/sys sysfs" "/dev/mqueue mqueue" "/dev/pts devpts" "/dev/shm tmpfs"; do grep -qx "$type" <<<"$output"; done
}

@test "user namespace: several ranges, with holes" {
  OWN_ROOTFS=1 bundle one "$(set_ns user) | .process.args = [\"cat\", \"/proc/self/uid_map\"] |
    .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 10, hostID: 5000, size: 1}, {containerID: 1000, hostID: 300000, size: 5}] |
    .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 10}]"
  mapped_rootfs one
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$(tr -s ' ' <<<"$output" | sed 's/^ //')" = $'0 100000 10\n10 5000 1\n1000 300000 5' ]
}

@test "user namespace: mappings that are missing, overlap or have no root are refused in one line" {
  bundle one "$(set_ns user)"
  refused ID -- husk create -b "$WORK/one" one
  bundle one "$(set_ns user) | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 10}, {containerID: 5, hostID: 3000, size: 10}] | .linux.gidMappings = [{containerID: 0, hostID: 1000, size: 10}]"
  refused "map IDs" -- husk create -b "$WORK/one" one
  bundle one "$(set_ns user) | .linux.uidMappings = [{containerID: 5, hostID: 1000, size: 10}] | .linux.gidMappings = [{containerID: 0, hostID: 1000, size: 10}]"
  refused "user 0" -- husk create -b "$WORK/one" one
  bundle one '.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 10}]'
  refused linux.uidMappings "user namespace" -- husk create -b "$WORK/one" one
  bundle one "$(set_ns user) | .linux.uidMappings = [{containerID: 0, hostID: 4294967295, size: 10}]"
  refused linux.uidMappings -- husk create -b "$WORK/one" one
}

@test "user namespace: exec is in it, as its root or another of its users" {
  OWN_ROOTFS=1 bundle one "$(user_ns) | .process.args = [\"sleep\", \"1000\"]"
  mapped_rootfs one
  husk create -b "$WORK/one" one </dev/null >/dev/null 2>&1
  husk start one
  run husk exec one sh -c 'readlink /proc/self/ns/user; id -u; touch /tmp/root'
  [ "$output" = "$(ns_of "$(pid_of one)" user)"$'\n0' ]
  husk exec --user 5:6 one touch /tmp/five
  [ "$(stat -c %u:%g "$WORK/one/rootfs/tmp/root")" = 100000:200000 ]
  [ "$(stat -c %u:%g "$WORK/one/rootfs/tmp/five")" = 100005:200006 ]
  husk delete --force one
}

@test "user namespace: a rootfs that its root cannot reach is named, with the way out" {
  OWN_ROOTFS=1 bundle one "$(user_ns)"
  chmod 700 "$WORK/one"
  refused "$WORK/one/rootfs" "ermission" -- husk create -b "$WORK/one" one
}

@test "user namespace and terminal: the terminal is its root's, group as devpts says" {
  OWN_ROOTFS=1 bundle one "$(user_ns) | .process.terminal = true | .process.args = [\"sh\", \"-c\", \"stat -c %u:%g:%a \$(tty); echo x >/dev/tty\"]"
  mapped_rootfs one
  run husk run -b "$WORK/one" one </dev/null
  echo "$output"
  [ "$status" = 0 ] && [[ ${lines[0]} == 0:5:620* ]]
}

# --- ID-mapped mounts

@test "idmap: a tmpfs with other owners inside, the machine's outside" {
  local dir=$SITE/tmp/data
  mkdir "$dir"
  mount -t tmpfs tmpfs "$dir"
  touch "$dir/file"
  chown 1000:1000 "$dir/file"
  chmod 777 "$dir"
  bundle one ".mounts += [{destination: \"/mnt\", type: \"bind\", source: \"$dir\", options: [\"bind\", \"idmap\"],
    uidMappings: [{containerID: 1000, hostID: 0, size: 1}, {containerID: 0, hostID: 7, size: 1}], gidMappings: [{containerID: 1000, hostID: 0, size: 1}, {containerID: 0, hostID: 7, size: 1}]}] |
    .process.args = [\"sh\", \"-c\", \"stat -c %u:%g /mnt/file; touch /mnt/new\"]"
  run husk run -b "$WORK/one" one
  echo "$output"
  if [[ $output == *"may not have it"* ]]; then
    umount "$dir"
    rmdir "$dir"
    skip "this kernel has no ID-mapped tmpfs"
  fi
  [ "$status" = 0 ] && [ "$output" = 0:0 ]
  [ "$(stat -c %u:%g "$dir/file")" = 1000:1000 ]
  [ "$(stat -c %u:%g "$dir/new")" = 1000:1000 ]
  umount "$dir"
  rmdir "$dir"
}

@test "idmap: with the container's user namespace for mapping" {
  local dir=$SITE/tmp/data
  mkdir "$dir"
  mount -t tmpfs tmpfs "$dir"
  touch "$dir/file"
  chown 3:4 "$dir/file"
  chmod 777 "$dir"
  OWN_ROOTFS=1 bundle one "$(user_ns) | .mounts += [{destination: \"/mnt\", type: \"bind\", source: \"$dir\", options: [\"bind\", \"idmap\"]}] |
    .process.args = [\"sh\", \"-c\", \"stat -c %u:%g /mnt/file; touch /mnt/new\"]"
  mapped_rootfs one
  run husk run -b "$WORK/one" one
  echo "$output"
  if [[ $output == *"may not have it"* ]]; then
    umount "$dir"
    rmdir "$dir"
    skip "this kernel has no ID-mapped tmpfs"
  fi
  [ "$status" = 0 ] && [ "$output" = 3:4 ]
  [ "$(stat -c %u:%g "$dir/new")" = 0:0 ]
  umount "$dir"
  rmdir "$dir"
}

@test "idmap: without mappings, or of a file system that cannot: refused" {
  bundle one ".mounts += [{destination: \"/mnt\", type: \"bind\", source: \"/proc\", options: [\"bind\", \"idmap\"], uidMappings: [{containerID: 0, hostID: 1, size: 1}], gidMappings: [{containerID: 0, hostID: 1, size: 1}]}]"
  refused /mnt idmap -- husk create -b "$WORK/one" one
  bundle one ".mounts += [{destination: \"/mnt\", type: \"bind\", source: \"/etc\", options: [\"bind\", \"idmap\"]}]"
  refused /mnt idmap -- husk create -b "$WORK/one" one
}
