#!/usr/bin/env bats
# security-ladder.bats: the table of attacks is complete and true, and what checks it can fail.

# shellcheck disable=SC2016,SC2154 # bats has them; backquotes are the table's

setup() {
  tree=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  copy=$BATS_TEST_TMPDIR/tree
  mkdir -p "$copy/tests/runtime"
  cp -R "$tree/docs" "$copy/"
  cp -R "$tree/tests/lib" "$tree/tests/ladder.tsv" "$tree"/tests/*.bats "$copy/tests/"
  cp "$tree"/tests/runtime/*.bats "$copy/tests/runtime/"
  export HUSK_TREE=$copy
}

judge() { run "$tree/tools/security-ladder" --check; echo "$output"; }

@test "security: all 58 attacks have a row, each with tests that exist or a reason" {
  judge
  [ "$status" = 0 ]
  [ -z "$output" ]
}

@test "security: a row that is missing, or stands twice, is found" {
  sed -i '/^| A27 /d; s/^| A30 .*/&\n&/' "$copy/docs/security-ladder.md"
  judge
  [ "$status" = 1 ]
  [[ $output == *"not A01 to A58"*"< A27"*"> A30"* ]]
}

@test "security: a test that does not exist, or exists no more, is found" {
  sed -i 's/`leaked-fd`/`leaked-df`/' "$copy/docs/security-ladder.md"
  sed -i '/^unmask\t/d' "$copy/tests/ladder.tsv"
  sed -i 's/strace(1) of an own process/something else/' "$copy/tests/debian-everyday.bats"
  judge
  [ "$status" = 1 ]
  [[ $output == *"A04: leaked-df: no such row"*"A27: unmask: no such row"*"A32: debian-everyday.bats:strace(1) of an own process: no such test"* ]]
}

@test "security: a row without a test must say engine or n/a, and why" {
  sed -i -E 's/^(\| A44 .*\|) engine: .*/\1 later |/; s/^(\| A18 .*\|) n\/a: .*/\1 n\/a: |/' "$copy/docs/security-ladder.md"
  judge
  [ "$status" = 1 ]
  [[ $output == *"A18: names no test, and no reason"*"A44: names no test, and no reason"* ]]
}

@test "security: a check of phase 07 that no row names is found, and phases that are not the ladder's" {
  sed -i 's/^\(| A28 .*\)`open-by-handle`\(.*\)/\1`bpf`\2/; s/^| A06 \(.*\)| 03 |/| A06 \1| 04 |/' "$copy/docs/security-ladder.md"
  judge
  [ "$status" = 1 ]
  [[ $output == *"open-by-handle: holds from 07 on, and no row names it"*"stale"*"1 lines"* ]]
}
