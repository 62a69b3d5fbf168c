#!/usr/bin/env bats
# malformed.bats: configurations that are wrong, each with the answer it has to get, from the table
# malformed/table; very long ones; and IDs that are none, for every command.
# shellcheck disable=SC2015,SC2016,SC2154 # A && B || C with C for either; text for jq and inner shells; status is bats'
load lib
setup() {
  runtime_setup
  bundle bad '.process.args = ["true"]'
  CONFIG=$WORK/bad/config.json
  cp "$CONFIG" "$CONFIG.default"
  export CONFIG RUNTIME ROOT WORK
}
teardown() { runtime_teardown; }

# Sets $status, $output and $lines, with a limit of time.
said() { # CMD...
  status=0
  timeout 60 "$RUNTIME" --root "$ROOT" "$@" </dev/null >"$WORK/said" 2>&1 || status=$?
  mapfile -t lines <"$WORK/said"
  output=$(<"$WORK/said")
}

nothing_made() {
  [ ! -e "$ROOT/bad" ] && [ -z "$(find /sys/fs/cgroup -path '*husk-bad*' -print -quit 2>/dev/null)" ]
}

# Its words, separated by "|", are all there.
says() { # WORDS
  local words word
  IFS='|' read -r -a words <<<"$1"
  for word in "${words[@]}"; do
    [ "$word" = - ] || [[ $output == *"$word"* ]] || { echo "  not in it: $word"; return 1; }
  done
}

one_line() { # WORDS
  [ "$status" = 1 ] && [ ${#lines[@]} = 1 ] && [[ $output == husk-runtime:* ]] && says "$1"
}

check_refused() {
  said create --bundle "$WORK/bad" bad
  one_line "$1" && nothing_made || { echo "  create: $status: ${output:0:600}"; husk delete --force bad; return 1; }
  # What only this machine, or its file systems, can say is not asked by `check`.
  [[ $1 == *config.json* && $1 != *root.path\|* ]] || return 0
  said check "$CONFIG"
  one_line "$1" || { echo "  check: $status: ${output:0:600}"; return 1; }
}

check_contained() {
  said run --bundle "$WORK/bad" bad
  [ "$status" = 0 ] && [ ! -e /escape ] && [ ! -e "$WORK/escape" ] && [ ! -e "$SITE/escape" ] && nothing_made || { echo "  run: $status: $output"; return 1; }
  rmdir "$SITE/rootfs/escape"
}

check_warned() {
  said create --bundle "$WORK/bad" bad
  [ "$status" = 0 ] && [[ $output == *warning* ]] && says "$1" || { echo "  create: $status: $output"; return 1; }
  husk delete --force bad
}

check_mentioned() {
  said --debug create --bundle "$WORK/bad" bad
  [ "$status" = 0 ] && says "$1" || { echo "  create: $status: $output"; return 1; }
  husk delete --force bad
}

check_unstartable() {
  said create --bundle "$WORK/bad" bad
  [ "$status" = 0 ] || { echo "  create: $status: $output"; return 1; }
  said start bad
  one_line "$1" || { echo "  start: $status: $output"; return 1; }
  husk delete --force bad
}

check_accepted() {
  said create --bundle "$WORK/bad" bad
  [ "$status" = 0 ] && [ -z "$output" ] || { echo "  create: $status: $output"; return 1; }
  husk delete --force bad
}

# Rows of one verdict, from the table. All of them are tried before it fails.
rows() { # VERDICT HOW-MANY-AT-LEAST
  local verdict words how change rows=0 wrong=0
  while IFS=$'\t' read -r -u 4 verdict words how change; do
    [ "$verdict" = "$1" ] || continue
    rows=$((rows + 1))
    rm -rf "$CONFIG"
    cp "$CONFIG.default" "$CONFIG"
    if [ "$how" = jq ]; then
      jq "$change" "$CONFIG.default" >"$CONFIG"
    else
      bash -c "$change"
    fi || { echo "the row is wrong: $change"; return 1; }
    # Places for mounts are made before the mount fails, and stay in the rootfs.
    rmdir "$SITE/rootfs/x" 2>/dev/null || true
    "check_$verdict" "$words" || { echo "$verdict: $change"; wrong=$((wrong + 1)); }
  done 4<"$BATS_TEST_DIRNAME/malformed/table"
  rmdir "$SITE/rootfs/x" 2>/dev/null || true
  echo "$rows rows, $wrong wrong"
  [ $wrong = 0 ] && [ $rows -ge "$2" ]
}

@test "what is wrong is refused with one line that says where, and nothing is made" { rows refused 110; }
@test "mounts that lead out are contained" { rows contained 2; }
@test "names that the kernel does not know are warned of" { rows warned 1 && rows mentioned 1; }
@test "without a program it can be created, but not started" { rows unstartable 3; }
@test "what the specification says to ignore is ignored" { rows accepted 2; }

@test "--bundle: a FIFO, a file, a link without an end, nothing" {
  local bundle
  mkfifo "$WORK/fifo"
  ln -s loop "$WORK/loop"
  for bundle in "$WORK/fifo" "$WORK/bad/config.json" "$WORK/loop" "$WORK/nosuch" ""; do
    said create --bundle "$bundle" bad
    echo "$bundle: $status: $output"
    one_line "$bundle"
    nothing_made
  done
}

@test "the rootfs: a file, a link without an end, nothing" {
  local way
  for way in "touch" "ln -s rootfs" "ln -s /nosuch" true; do
    rm "$WORK/bad/rootfs"
    (cd "$WORK/bad" && $way rootfs)
    said create --bundle "$WORK/bad" bad
    echo "$way: $status: $output"
    one_line "config.json|root.path"
    nothing_made
    rm -f "$WORK/bad/rootfs"
    touch "$WORK/bad/rootfs"
  done
}

@test "2,000 mounts and 50,000 variables are no reason to refuse" {
  jq '.mounts += [range(2000) | {destination: "/mnt/\(.)", type: "tmpfs", source: "tmpfs"}] |
    .process.env += [range(50000) | "NAME_\(.)=value of variable \(.)"]' "$CONFIG.default" >"$CONFIG"
  husk check "$CONFIG"
}

@test "an ID that is none: every command refuses, and touches nothing" {
  local id command precious=$WORK/precious before
  mkdir "$precious"
  mount -t tmpfs tmpfs "$precious"
  mkdir -p "$precious/above/root/inside" "$precious/above/other"
  echo precious | tee "$precious/file" "$precious/above/file" "$precious/above/root/inside/file" >"$precious/above/other/state.json"
  before=$(cd "$precious" && find . -printf '%p %y %m %s %T@\n' | sort)
  for id in .. . "" a/b ../other ../../file "$precious/file" "$precious/above/other" $'a\nb' $'a\tb' "a b" 'a*' .hidden "$(printf 'x%.0s' {1..256})" 'ä' '~' '%s' $'\e[2J'; do
    for command in "create --bundle $WORK/bad" "run --bundle $WORK/bad" start state kill "kill --all" \
      delete "delete --force" ps pause resume "events --stats" "update --memory 10M" exec; do
      # shellcheck disable=SC2086 # words
      if [ "$command" = exec ]; then
        run timeout 60 "$RUNTIME" --root "$precious/above/root" exec -- "$id" true
      else
        run timeout 60 "$RUNTIME" --root "$precious/above/root" $command -- "$id" </dev/null
      fi
      [ "$status" != 0 ] && [ "$status" != 124 ] && [ ${#lines[@]} = 1 ] || { echo "$command '$id': $status: $output"; umount "$precious"; return 1; }
      [[ $output != *$'\e'* ]]
    done
  done
  [ "$(cd "$precious" && find . -printf '%p %y %m %s %T@\n' | sort)" = "$before" ]
  umount "$precious"
}
