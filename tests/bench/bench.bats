#!/usr/bin/env bats
# bench.bats: the bench works, its output can be read, its floor is the same container as crun's,
# and it leaves nothing. No test looks at a time.

setup() {
  tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  bench=$BATS_TEST_DIRNAME/bench
  export VARIANTS=cgroup+seccomp
  [ "$(id -u)" = 0 ] || skip "needs root"
  "$tree/tools/deps" --check bench 2>/dev/null || skip "$("$tree/tools/deps" --check bench 2>&1)"
  left_before=$(leftovers)
}

teardown() {
  [ -z "${left_before+set}" ] || [ "$left_before" = "$(leftovers)" ]
}

# Other benches may run at the same time: theirs are told apart by the number of their process.
leftovers() {
  local directory
  cut -d' ' -f 2 /proc/self/mounts | grep -x -e /srv -e /media || true
  for directory in /sys/fs/cgroup/husk-bench-* /sys/fs/cgroup/*/husk-bench-*; do
    [ ! -d "$directory" ] || [ -d "/proc/${directory##*-}" ] || echo "$directory"
  done
}

@test "bench: every case of every contender is in the table and in the JSON" {
  run "$bench" --quick --json "$BATS_TEST_TMPDIR/figures.json"
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *"run, cgroup+seccomp"*"create+start+delete, cgroup+seccomp"*"exec, cgroup+seccomp"*"system calls"* ]]
  jq -e '
    [.programs[].contender] as $all | ($all | contains(["crun", "runc", "bwrap", "floor"])) and
    ([.figures[] | .measure + " " + .contender] | sort) ==
      ([("run", "create+start+delete", "exec") as $m | $all[] | select(. != "bwrap") | $m + " " + .] | sort) and
    all(.figures[]; .rounds == 2 and .median > 0 and .p10 <= .median and .median <= .p90 and .to_crun > 0 and .to_floor > 0) and
    all(.figures[] | select(.measure == "create+start+delete"); .steps | keys == ["create", "delete", "end", "start"]) and
    all(.create[]; .calls > 100 and .clones >= 1)
  ' "$BATS_TEST_TMPDIR/figures.json"
}

@test "bench: bubblewrap is compared where it has no cgroup to make" {
  VARIANTS='plain seccomp' CONTENDERS='bwrap floor' run "$bench" --quick
  echo "$output"
  [ "$status" = 0 ]
  [ "$(grep -c '^  bwrap  *[0-9]' <<<"$output")" = 2 ]
}

# What makes the floor a floor for the runtimes: it leaves out nothing that costs.
@test "bench: the floor's container has the same rights, namespaces, mounts and limits as crun's" {
  CONTENDERS=crun run "$bench" --compare
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *"cgroup+seccomp: crun"* ]]
  # Known: crun makes /dev/core, binds what it masks read-only, allows the console, and leaves the
  # tmpfs of /sys/fs/cgroup writable.
  differences=$(grep '^[<>]' <<<"$output" | grep -v -e /dev/core -e '/proc/[a-z_]* devtmpfs r[ow]$' -e 'c 5:1 ' -e 'mount /sys/fs/cgroup tmpfs') || true
  [ -z "$differences" ]
}

@test "bench: a comparison can fail: bubblewrap's bounding set is not the floor's" {
  VARIANTS=plain CONTENDERS=bwrap run "$bench" --compare
  echo "$output"
  [[ $output == *"< CapBnd"*"> CapBnd"* ]]
}

@test "bench: a runtime that fails is told and left out, and the others are measured" {
  CRUN=/bin/false CONTENDERS='crun floor' run "$bench" --quick
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"crun, cgroup+seccomp, run: \`run\` failed, left out"* ]]
  [[ $output == *"  floor "*"1.00x"* ]]
}

@test "bench: a runtime that is not there is named and left out" {
  HUSK=/nonexistent/husk-runtime CONTENDERS='husk floor' run "$bench" --quick
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *"husk is left out: /nonexistent/husk-runtime is not there"* ]]
}

@test "bench: the engines: every case is in the table and in the JSON, beside what was there; nothing is lost or left" {
  "$tree/tools/deps" --check engines 2>/dev/null || skip "$("$tree/tools/deps" --check engines 2>&1)"
  echo '{"format": 1, "figures": []}' >"$BATS_TEST_TMPDIR/figures.json"
  run "$BATS_TEST_DIRNAME/engine" --quick --json "$BATS_TEST_TMPDIR/figures.json"
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *"run --rm, network none"*"run -d, rm -f, network bridge"*"exec, network none"*"KiB"*"detached, network bridge"*"in parallel, network bridge"* ]]
  jq -e '
    def all_of($names): [.[].contender] | unique | . == $names;
    .format == 1 and .figures == [] and (.engine |
    (.programs | all_of(["husk", "podman", "podman+husk"])) and
    ([.figures[] | .measure + " " + .variant + " " + .contender] | sort) ==
      ([(("run --rm", "run -d, rm -f") + " " + ("none", "bridge", "host"), "exec none") + " " + ("husk", "podman", "podman+husk")] | sort) and
    all(.figures[]; .rounds == 2 and .median > 0 and .p10 <= .median and .median <= .p90 and .to_podman > 0) and
    all(.figures[] | select(.measure == "run -d, rm -f"); .steps | keys == ["rm", "run"]) and
    (.memory | all_of(["husk", "podman"])) and all(.memory[]; .containers >= 1 and .rss > 0 and .pss > 0) and
    ([.detached[] | .network + " " + .contender] | sort) == ["bridge husk", "bridge podman", "none husk", "none podman"] and
    all(.detached[]; .asked == 6 and .alive == 6 and .rss > 0) and all(.detached[] | select(.contender == "husk"); .left == 0) and
    ([.throughput[] | "\(.network) \(.contender) \(.parallel)"] | length) == 10 and
    [.throughput[] | select(.contender == "floor") | "\(.network) \(.parallel)"] == ["none 1", "none 2"] and all(.throughput[]; .lost == 0 and .runs == 4 and .to_one > 0))
  ' "$BATS_TEST_TMPDIR/figures.json"
}

@test "bench: an engine that fails is told and left out, one that is not there is named" {
  "$tree/tools/deps" --check engines 2>/dev/null || skip "$("$tree/tools/deps" --check engines 2>&1)"
  HUSK=/bin/false CONTENDERS=husk NETWORKS=none run "$BATS_TEST_DIRNAME/engine" --quick
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"husk is left out: /bin/false import"* ]]
  HUSK=/nonexistent/husk CONTENDERS=husk NETWORKS=none run "$BATS_TEST_DIRNAME/engine" --quick
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *"husk is left out: /nonexistent/husk is not there"* ]]
}

@test "bench: where shows the phases of each command, and they are the whole" {
  local command
  for command in run create start delete exec; do
    RUNS=1 VARIANT=cgroup run "$BATS_TEST_DIRNAME/where" floor $command
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"  phase "*"about ms"*"  all "* ]]
  done
  RUNS=1 run "$BATS_TEST_DIRNAME/where" crun
  echo "$output"
  [[ $output == *"cgroup: made"*"mounts"*"pivot_root"*"seccomp"* ]]
}

@test "bench: a bad argument gets one line" {
  local line
  for line in "bench --frobnicate" "bench --json" "where no-such-runtime" "where floor fly" "where bwrap exec" "engine --frobnicate" "engine --json"; do
    # shellcheck disable=SC2086 # words
    run "$BATS_TEST_DIRNAME"/$line
    echo "$line: $output"
    [ "$status" = 2 ]
    # shellcheck disable=SC2154 # bats sets it
    [ "${#lines[@]}" = 1 ]
  done
  for line in ROUNDS=0 ROUNDS=many PAUSE=1s VARIANTS=round; do
    run env "$line" "$bench"
    echo "$line: $output"
    [ "$status" = 2 ]
  done
  for line in NETWORKS=wide AT_ONCE=0 SAMPLES=some; do
    run env "$line" "$BATS_TEST_DIRNAME/engine"
    echo "$line: $output"
    [ "$status" = 2 ]
  done
}
