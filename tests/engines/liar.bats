#!/usr/bin/env bats
# liar.bats: the tests with engines see what was done, not what a runtime says: with one that leaves
# a part of its duty out, those of that part fail.

# shellcheck disable=SC2016,SC2154 # texts are the liar's; lib sets engines and RUNTIME_FILE
load lib

# Makes a runtime that does TEXT before, or in the place of, what the one under test does; TEXT
# finds the command's name in $command, and for create the bundle's directory in $bundle.
make_liar() { # TEXT
  cp "$RUNTIME_FILE" "$BATS_TEST_TMPDIR/honest" # somebody may be building a new one
  cat >"$BATS_TEST_TMPDIR/liar" <<BASH
#!/bin/bash
for ((i = 1; i <= \$#; i++)); do
  case \${!i} in
    create | start | kill | pause | resume | delete | exec | update) command=\${command:-\${!i}} ;;
    --bundle) j=\$((i + 1)) bundle=\${!j} ;;
  esac
done
$1
exec "$BATS_TEST_TMPDIR/honest" "\$@"
BASH
  chmod +x "$BATS_TEST_TMPDIR/liar"
}

# Runs the tests of FILE whose names match; prints how many succeeded and how many failed. What hangs
# without a limit, a hog that has got its memory, is not waited for for long.
outcome() { # FILE PATTERN SECONDS
  local log=$BATS_TEST_TMPDIR/tap
  PATIENCE=5 HOST_TIMEOUT=$3 RUNTIME=$BATS_TEST_TMPDIR/liar bats --tap --filter "$2" "$engines/$1" >"$log" 2>&1 3>&- || true
  ! grep -A 20 setup_file "$log" || return
  echo "$(grep -c '^ok' "$log") good, $(grep -c '^not ok' "$log") bad"
}

is_outcome() { # WANTED FILE PATTERN
  local found seconds=100
  [[ $1 != "0 good"* ]] || seconds=8
  found=$(outcome "$2" "$3" $seconds) || { echo "$found"; return 1; }
  echo "$2, $3: $found, expected $1"
  [ "$found" = "$1" ]
}

@test "engines: a runtime that forgets the limits is found out by each test of limits" {
  make_liar '[ "$command" != create ] || jq "del(.linux.resources)" "$bundle/config.json" >"$bundle/less" && mv "$bundle/less" "$bundle/config.json" 2>/dev/null'
  is_outcome "0 good, 4 bad" podman.bats 'run --(memory|pids-limit|cpus)|cpu shares'
  is_outcome "0 good, 2 bad" containerd.bats 'run --(memory-limit|cpus)'
  is_outcome "1 good, 0 bad" podman.bats 'run: output'
}

@test "engines: a runtime that does not pause, or update, is found out" {
  make_liar 'case $command in pause | resume) exit 0 ;; update) exit 0 ;; esac'
  is_outcome "0 good, 2 bad" podman.bats '(pause:|podman update)'
  is_outcome "0 good, 1 bad" containerd.bats 'task pause'
}

@test "engines: a runtime that leaves its cgroups behind is found out" {
  make_liar '[ "$command" != delete ] || for i in /sys/fs/cgroup{,/memory,/pids}; do mkdir -p "$i/left/$$" 2>/dev/null; done'
  is_outcome "0 good, 1 bad" podman.bats 'at once'
  is_outcome "0 good, 1 bad" containerd.bats 'at once'
}
