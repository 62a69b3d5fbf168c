#!/usr/bin/env bats
# hostile.bats: root file systems and configurations made to reach the machine. Each runs beside a
# directory of the machine's that is compared before and after: names, kinds, owners, modes, times,
# contents and mounts.
# shellcheck disable=SC2016 # the shell inside expands them
load lib
setup() {
  runtime_setup
  export OWN_ROOTFS=1
  HOST=$WORK/host
  mkdir -p "$HOST/sub"
  echo "the machine's" | tee "$HOST/file" >"$HOST/sub/file"
  chmod 600 "$HOST/file"
  chmod 711 "$HOST/sub"
  mknod "$HOST/null" c 1 3
  chown 7:8 "$HOST/null"
  snapshot >"$BATS_TEST_TMPDIR/host"
}
teardown() { runtime_teardown; }

snapshot() {
  (
    cd "$HOST" || exit
    find . -printf '%p %y %m %U:%G %s %T@ %C@ %l\n' | sort
    cat file sub/file
    awk -v host="$HOST" 'index($5, host) == 1' /proc/self/mountinfo
  )
}

untouched() { diff "$BATS_TEST_TMPDIR/host" <(snapshot); }

no_dev='(.mounts |= map(select(.destination | startswith("/dev") | not)))'
no_dev_itself='(.mounts |= map(select(.destination != "/dev")))'
# Writes wherever a name of the rootfs could have led.
program='.process.args = ["sh", "-c", "for d in /dev /etc /lnk /proc /sys /cwd; do echo x >$d/file; echo x >$d/sub/file; rm -rf $d/sub; mkdir $d/new; done 2>/dev/null >/dev/null; echo ran"]'

# hostile MODIFY-ROOTFS [JQ-FILTER]: with the rootfs as working directory; runs $program.
hostile() {
  rm -rf "${WORK:?}/bad"
  bundle bad "$program | ${2:-.}"
  (
    cd "$WORK/bad/rootfs" || exit
    eval "$1"
  )
  run husk run --bundle "$WORK/bad" bad
  echo "$1: $status: $output"
}

runs() {
  hostile "$@"
  [ "$status" = 0 ] && [ "$(tail -1 <<<"$output")" = ran ] && untouched
}

# It fails with one line that names what is wrong, and the machine is as it was.
fails_naming() { # WORD MODIFY-ROOTFS [JQ-FILTER]
  local word=$1
  shift
  hostile "$@"
  [ "$status" != 0 ] && [[ $output == *"$word"* ]] && untouched
}

# A link out in three ways: absolute, relative from the rootfs, with more ".." than there are.
ways_out() {
  echo "$HOST"
  echo ../../host
  echo "../../../../../../../../../..$HOST"
}

@test "/dev is a link out, with a mount there, without, and with none below" {
  local way
  for way in $(ways_out); do
    runs "rm -rf dev; ln -s $way dev"
    runs "rm -rf dev; ln -s $way dev" "$no_dev_itself"
    runs "rm -rf dev; ln -s $way dev" "$no_dev"
    runs "rm -rf dev; ln -s $way dev" '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
  done
}

@test "/proc or /sys is a link out, or a file: refused" {
  local way name
  for name in proc sys; do
    for way in $(ways_out) etc; do
      fails_naming "/$name of the rootfs" "rm -rf $name; ln -s $way $name"
    done
    fails_naming "/$name of the rootfs" "rm -rf $name; touch $name"
  done
}

@test "/etc is a link out, and something is mounted in it" {
  local way
  echo new >"$WORK/hosts"
  for way in $(ways_out); do
    runs "rm -rf etc; ln -s $way etc"
    runs "rm -rf etc; ln -s $way etc" ".mounts += [{destination: \"/etc/file\", type: \"bind\", source: \"$WORK/hosts\", options: [\"bind\"]}]"
    runs "rm -rf etc; ln -s $way etc" ".mounts += [{destination: \"/etc/new/hosts\", type: \"bind\", source: \"$WORK/hosts\", options: [\"bind\"]}]"
  done
}

@test "/dev/null is a link, a file, a directory or another device: refused; if it is right, it is taken" {
  fails_naming "/dev/null is in the rootfs already" "ln -s $HOST/null dev/null" "$no_dev"
  fails_naming "/dev/null is in the rootfs already" "ln -s ../../../host/null dev/null" "$no_dev"
  fails_naming "/dev/null is in the rootfs already" "rm -f dev/null; touch dev/null" "$no_dev"
  fails_naming "/dev/null is in the rootfs already" "rm -f dev/null; mkdir dev/null" "$no_dev"
  fails_naming "/dev/null is in the rootfs already" "rm -f dev/null; mknod dev/null c 1 5" "$no_dev"
  fails_naming "/dev/null is in the rootfs already" "ln -s /proc/sys/kernel/domainname dev/null" "$no_dev"
  runs "rm -f dev/null; mknod dev/null c 1 3; chown 7:8 dev/null" "$no_dev"
  [ "$(stat -c %u:%g "$WORK/bad/rootfs/dev/null")" = 7:8 ]
}

@test "a /dev bound from the machine with a /dev/null that is none: nothing is masked with it" {
  mkdir "$WORK/dev"
  ln -s /proc/sys/kernel/domainname "$WORK/dev/null"
  fails_naming "null" : "$no_dev | .mounts += [{destination: \"/dev\", type: \"bind\", source: \"$WORK/dev\", options: [\"bind\"]}]"
}

@test "other names of /dev are links out" {
  local name
  for name in ptmx fd stdin core console pts shm; do
    runs "ln -s $HOST/file dev/$name" "$no_dev"
  done
  fails_naming ptmx "mkdir -p dev/ptmx/full" "$no_dev"
}

@test "mount targets lead out by links and by .., existing or not" {
  local way target
  for way in $(ways_out); do
    for target in /lnk /lnk/sub /lnk/new /lnk/new/deep; do
      runs "ln -s $way lnk" ".mounts += [{destination: \"$target\", type: \"tmpfs\", source: \"tmpfs\"}]"
    done
    for target in /lnk/file /lnk/new /lnk/new/deep; do
      runs "ln -s $way lnk" ".mounts += [{destination: \"$target\", type: \"bind\", source: \"$WORK/bad/config.json\", options: [\"bind\"]}]"
    done
    runs "ln -s $way/file lnk" ".mounts += [{destination: \"/lnk\", type: \"bind\", source: \"$WORK/bad/config.json\", options: [\"bind\"]}]"
    runs "ln -s $way/new/file lnk" ".mounts += [{destination: \"/lnk\", type: \"bind\", source: \"$WORK/bad/config.json\", options: [\"bind\"]}]"
  done
  runs : '.mounts += [{destination: "/../../../host/new", type: "tmpfs", source: "tmpfs"}]'
  runs : '.mounts += [{destination: "/etc/../../host/sub", type: "tmpfs", source: "tmpfs"}]'
}

@test "mount targets through links without an end: refused" {
  fails_naming "symbolic links" "ln -s lnk lnk" '.mounts += [{destination: "/lnk/a", type: "tmpfs", source: "tmpfs"}]'
  fails_naming "symbolic links" "ln -s b/x a; ln -s a/y b" '.mounts += [{destination: "/a/z", type: "tmpfs", source: "tmpfs"}]'
}

@test "a directory and a link out are exchanged all the time while targets in it are made" {
  local i flipper done=0
  bundle bad "$program | .mounts += [range(10) | {destination: \"/vol/d/new\\(.)/deep\", type: \"tmpfs\", source: \"tmpfs\"},
      {destination: \"/vol/d/sub/file\\(.)\", type: \"bind\", source: \"$WORK/bad/config.json\", options: [\"bind\"]}]
    | .linux.devices = [range(5) | {path: \"/vol/d/node\\(.)\", type: \"c\", major: 1, minor: 3, uid: 5, gid: 5}]"
  for ((i = 0; i < 60; i++)); do
    rm -rf "$WORK/bad/rootfs/vol" "${WORK:?}/bad/rootfs/$HOST"
    mkdir -p "$WORK/bad/rootfs/vol/d" "$WORK/bad/rootfs/$HOST"
    ln -s "../../../../../../../../../..$HOST" "$WORK/bad/rootfs/vol/l"
    "$SITE/kit/path-flip" "$WORK/bad/rootfs/vol/d" "$WORK/bad/rootfs/vol/l" 3>&- &
    flipper=$!
    husk run --bundle "$WORK/bad" bad >/dev/null 2>"$WORK/error" && done=$((done + 1))
    kill "$flipper"
    wait "$flipper" || true
  done
  echo "$done of 60 ran; the last error: $(cat "$WORK/error")"
  [ "$done" -gt 0 ]
  untouched
}

@test "mount targets through the magic links of /proc: refused" {
  fails_naming "/proc" : '.mounts += [{destination: "/proc/self/fd/3/new", type: "tmpfs", source: "tmpfs"}]'
  fails_naming "symbolic links" "ln -s proc/self/cwd lnk" '.mounts += [{destination: "/lnk/new", type: "tmpfs", source: "tmpfs"}]'
  fails_naming "symbolic links" "ln -s proc/1/root lnk" '.mounts += [{destination: "/lnk/new", type: "tmpfs", source: "tmpfs"}]'
}

@test "devices through links" {
  runs "ln -s $HOST lnk" '.linux.devices = [{path: "/lnk/new", type: "c", major: 1, minor: 3, uid: 5, gid: 5}]'
  fails_naming "/lnk is in the rootfs already" "ln -s $HOST/null lnk" '.linux.devices = [{path: "/lnk", type: "c", major: 1, minor: 3, uid: 5, gid: 5}]'
  runs "ln -s ../../host lnk" '.linux.devices = [{path: "/lnk/null", type: "c", major: 1, minor: 3, uid: 5, gid: 5}]'
}

@test "masked and read-only paths through links" {
  runs "ln -s $HOST/file m; ln -s $HOST lnk; ln -s proc/1/root r" '.linux.maskedPaths += ["/m", "/lnk", "/lnk/sub", "/r/tmp"] | .linux.readonlyPaths += ["/m", "/lnk", "/r/etc"]'
}

@test "tmpcopyup takes links along as links" {
  runs "mkdir cu; ln -s $HOST cu/host; ln -s $HOST/file cu/file" '.mounts += [{destination: "/cu", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]'
}

@test "the working directory leads out: by a link, by descriptors of the caller" {
  local n
  runs "ln -s $HOST cwd" '.process.cwd = "/cwd"'
  runs "ln -s $HOST cwd" '.process.cwd = "/cwd/new/deep"'
  exec {leak}<"$HOST"
  for n in 3 4 5 6 7 8 9 10 "$leak"; do
    hostile : ".process.cwd = \"/proc/self/fd/$n\" | .process.args = [\"cat\", \"file\"]"
    [ "$status" != 0 ] && [[ $output != *"the machine's"* ]]
    hostile "ln -s /proc/self/fd/$n cwd" '.process.cwd = "/cwd/sub" | .process.args = ["cat", "file"]'
    [ "$status" != 0 ] && [[ $output != *"the machine's"* ]]
  done
  untouched
  exec {leak}<&-
}

@test "descriptors the caller forgot to close are not in the container" {
  exec {leak}<"$HOST"
  hostile : '.process.args = ["sh", "-c", "ls -l /proc/self/fd; ls /proc/self/fd/* 2>/dev/null; ls -l /proc/1/fd"]'
  [ "$status" = 0 ] && [[ $output != *"$HOST"* && $output != *anon_inode* ]]
  start one
  run husk exec one sh -c 'ls -l /proc/self/fd; ls -l /proc/1/fd'
  [ "$status" = 0 ] && [[ $output != *"$HOST"* && $output != *anon_inode* ]]
  husk delete --force one
  untouched
  exec {leak}<&-
}

# A frozen container stops whoever is born in it at its first instruction: what could be seen of it by
# a neighbour with CAP_SYS_PTRACE is then looked at in peace, CVE-2016-9962.
@test "exec: no process in the container ever has the machine's root, or a directory of it open" {
  local pid entering init_pidns
  start one
  init_pidns=$(readlink "/proc/$(pid_of one)/ns/pid")
  husk pause one
  husk exec --ignore-paused one true </dev/null >"$WORK/exec.out" 2>&1 &
  entering=$!
  has_entered() { [ "$(sort -u "$(cgroup_of one pids)/cgroup.procs" "$(frozen_cgroup)/cgroup.procs" | wc -l)" -ge 2 ]; }
  wait_for has_entered
  while read -r pid; do
    [ "$(readlink "/proc/$pid/ns/pid")" = "$init_pidns" ] || continue
    echo "$pid: $(readlink "/proc/$pid/root")"
    [ "$(stat -L -c %i "/proc/$pid/root/")" = "$(stat -L -c %i "/proc/$(pid_of one)/root/")" ]
    no_directories "$pid"
  done < <(sort -u "$(cgroup_of one pids)/cgroup.procs" "$(frozen_cgroup)/cgroup.procs")
  husk resume one
  wait "$entering"
  husk delete --force one
}

# Where version 2 is, whoever enters is born there, and goes to the rest later.
frozen_cgroup() {
  local path
  path=$(grep ^0:: "/proc/$(pid_of one)/cgroup") || { cgroup_of one freezer; return; }
  if is_v2; then echo "/sys/fs/cgroup${path#0::}"; else echo "/sys/fs/cgroup/unified${path#0::}"; fi
}

# No descriptor of a process is a directory of the machine.
no_directories() { # PID
  local fd
  for fd in "/proc/$1/fd"/*; do
    ls -l "$fd"
    [ ! -d "$fd" ] || { echo "a directory"; return 1; }
  done
}

@test "init holds no directory, and nothing of the caller's, while it waits for start" {
  bundle one '.process.args = ["true"]'
  husk create --bundle "$WORK/one" one 7</etc 8</etc/passwd </dev/null >"$WORK/one.out" 2>&1
  no_directories "$(pid_of one)"
  run ls -l "/proc/$(pid_of one)/fd"
  [[ $output != *passwd* ]]
  husk delete --force one
}

@test "init does not hold the file of --log while it waits, and what it says is in it all the same" {
  bundle one '.process.args = ["true"]'
  husk --log "$WORK/log" --log-format json create --bundle "$WORK/one" one </dev/null >"$WORK/one.out" 2>&1
  run ls -l "/proc/$(pid_of one)/fd"
  echo "$output"
  [[ $output != *"$WORK/log"* ]]
  husk delete --force one
  bundle one '.process.args = ["/no/such"]'
  ! husk --log "$WORK/log" --log-format json create --bundle "$WORK/one" one </dev/null >"$WORK/one.out" 2>&1 || return 1
  jq -e 'select(.level == "error") | .msg | contains("/no/such")' "$WORK/log"
}

@test "/proc/self/exe as program, as link and as interpreter: the runtime's file is as it was" {
  local before name
  before=$(sha256sum <"$RUNTIME")
  hostile : '.process.args = ["/proc/self/exe", "--version"]'
  hostile "ln -s /proc/self/exe evil" '.process.args = ["/evil", "--version"]'
  hostile "printf '#!/proc/self/exe\n' >evil; chmod 755 evil" '.process.args = ["/evil"]'
  [ "$(sha256sum <"$RUNTIME")" = "$before" ]
  start one
  # While an `exec` waits in there, its own executable must not be writable.
  for name in /proc/self/exe /evil; do
    run timeout 60 "$RUNTIME" --root "$ROOT" exec one "$name" --version
  done
  [ "$(sha256sum <"$RUNTIME")" = "$before" ]
  husk delete --force one
}

@test "a root that is itself a link is the directory it leads to, and no more" {
  bundle bad "$program"
  ln -s "$WORK/bad/rootfs" "$WORK/bad/link"
  jq --arg path "$WORK/bad/link" '.root.path = $path' "$WORK/bad/config.json" >"$WORK/bad/new"
  mv "$WORK/bad/new" "$WORK/bad/config.json"
  run husk run --bundle "$WORK/bad" bad
  echo "$output"
  [ "$status" = 0 ] && [ "$(tail -1 <<<"$output")" = ran ]
  untouched
}

@test "IDs that are paths, or nothing, or two lines: refused by every command" {
  local id command
  bundle one
  for id in .. . "" a/b ../one /one $'a\nb' "a b" "$(printf 'x%.0s' {1..300})"; do
    for command in "create -b $WORK/one" "run -b $WORK/one" start state "kill" "delete" "delete --force" ps pause resume "events --stats" "update --memory 10M"; do
      # shellcheck disable=SC2086 # words
      run husk $command -- "$id"
      [ "$status" != 0 ] || { echo "$command '$id': taken"; return 1; }
    done
    run husk exec -- "$id" true
    [ "$status" != 0 ]
  done
  [ -z "$(ls -A "$ROOT" 2>/dev/null)" ]
  untouched
}
