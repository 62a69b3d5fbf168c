#!/usr/bin/env bats
# final-docs.bats: the documents of final/ fit its code, and the tools that say so can fail.
# shellcheck disable=SC2016,SC2154 # backquotes are those of the documents; bats has the rest

setup() {
  tree=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  copy=$BATS_TEST_TMPDIR/tree
  mkdir -p "$copy/final" "$copy/tests/unit"
  mkdir "$copy/docs"
  cp -R "$tree"/docs/{*.md,adr} "$copy/docs/" # examples make files there for a while
  cp -R "$tree/SECURITY.md" "$tree/tools" "$copy/"
  cp -R "$tree"/final/{README.md,docs,src} "$copy/final/"
  cp -R "$tree/tests/runtime" "$tree/tests/engines" "$copy/tests/"
  cp -R "$tree/tests/unit/final" "$copy/tests/unit/"
  export HUSK_TREE=$copy
}

judge() { run "$tree/tools/$1"; echo "$output"; }

complains() { # TOOL TEXT...
  local text
  judge "$1"
  [ "$status" = 1 ]
  for text in "${@:2}"; do
    [[ $output == *"$1: $text"* ]] || { echo "not found: $text"; return 1; }
  done
}

@test "final-docs: files, functions, messages, members, tests: all that is named is there" {
  unset HUSK_TREE
  judge final-docs
  [ "$status" = 0 ] && [ -z "$output" ]
}

@test "final-docs: a file, a link or a function that is gone is found" {
  rm "$copy/final/src/kernel/seal.c" "$copy/final/docs/errors.md"
  sed -i 's/^int gate_open(/int gate_unlock(/' "$copy/final/src/runtime/gate.c"
  sed -i 's/^int gate_open(/int gate_unlock(/' "$copy/final/src/runtime/gate.h"
  complains final-docs "final/docs/walk-of-run.md: src/kernel/seal.c: no such file" \
    "final/README.md: a link to docs/errors.md, which is not there" "final/docs/walk-of-run.md: gate_open(): no such function"
}

@test "final-docs: a stage or step that the walk leaves out, or has in another order, is found" {
  sed -i '/^	{NULL, make_gate/i\	{NULL, make_coffee, NULL},' "$copy/final/src/runtime/create.c"
  sed -i '/^	{NULL, mount_all}/d; /^	{"rootfs", open_rootfs}/i\	{NULL, mount_all},' "$copy/final/src/runtime/init.c"
  sed -i 's/remove_cgroup},/NULL},/; s/{NULL, tell_pid, NULL}/{NULL, tell_pid, remove_cgroup}/' "$copy/final/src/runtime/create.c"
  complains final-docs "final/docs/walk-of-run.md: does not go through make_coffee(), a row of stages in runtime/create.c" \
    "final/docs/walk-of-run.md: open_rootfs() comes too early: see before_gate in runtime/init.c" \
    "final/docs/walk-of-run.md: kill_processes() comes too early: see stages in runtime/create.c"
}

@test "final-docs: a message or a member of state.json without a word is found" {
  sed -i 's/^	SYNC_READY,/&\n	SYNC_PAUSE,/' "$copy/final/src/runtime/sync.h"
  sed -i 's/^	{"cgroup", BIND_STRING.*/&\n	{"colour", BIND_STRING, AT(colour)},/' "$copy/final/src/spec/state.c"
  complains final-docs "final/docs/sync-protocol.md: says nothing of PAUSE" "final/docs/state-layout.md: says nothing of colour"
}

@test "final-docs: a member of box.json, a key of the configuration, a stage of a life without a word" {
  sed -i 's/^	{"imageId", BIND_STRING.*/&\n	{"imageColour", BIND_STRING, AT(box, colour)},/; s/^	{"oomKilled", .*/&\n	{"wasTired", BIND_BOOL, AT(box_state, tired)},/' \
    "$copy/final/src/store/box_table.c"
  sed -i 's/^	{"memory", .*/	{"patience", "", OPT_TEXT},\n&/' "$copy/final/src/cli/config.c"
  sed -i 's/mount_rootfs(/hang_rootfs(/' "$copy/final/src/engine/life.c"
  complains final-docs "docs/engine-state-layout.md: says nothing of imageColour" "docs/engine-state-layout.md: says nothing of wasTired" \
    "docs/configuration.md: says nothing of \`patience\`" "docs/architecture.md: mount_rootfs(): no such function"
}

@test "final-docs: the security record: attacks, files and tests that are not there, rows twice, left out or empty" {
  sed -i 's/^| A01 .*/&\n&/; s/^| A03 /| A93 /; s|`kernel/dev.c`|`kernel/devices.c`|; s/`test_json.c:test_depth`/`test_json.c:test_width`/; s/^\(| A04 .*|\) `.* |$/\1 |/; /^| A16 /d' \
    "$copy/docs/security-record.md"
  complains final-docs "docs/security-record.md: A01 stands twice" "docs/security-record.md: A93: no such attack" \
    "docs/security-record.md: A13: kernel/devices.c: no such file" "docs/security-record.md: A46: test_json.c:test_width: no such test" \
    'docs/security-record.md: A04: neither a test nor "not yet"' "docs/security-record.md: A16: has no row"
}

@test "spec-conformance: every property has one row, every row a file, and tests that exist" {
  unset HUSK_TREE
  judge spec-conformance
  [ "$status" = 0 ] && [ -z "$output" ]
}

@test "spec-conformance: rows that are missing, invented or doubled, files and tests that are not there" {
  sed -i -E '/^\| `hostname` /d; s/^\| `domainname` .*/&\n&/; s/^\| `linux.sysctl\{\}`/| `linux.sysctls{}`/
    s|`kernel/idmap.c`|`kernel/mapid.c`|; s/`test_cap.c:test_five_sets`/`test_cap.c:test_six_sets`/
    s/^(\| `process.cwd` .*)`process.bats:cwd: /\1`process.bats:the cwd: /
    s/^(\| `linux.maskedPaths\[\]` \| [^|]*\|) [^|]*\|/\1 |/' "$copy/final/docs/spec-conformance.md"
  complains spec-conformance "hostname: has no row" "domainname: has two rows" "linux.sysctls{}: no such property" \
    "linux.sysctl{}: has no row" "linux.uidMappings[]*: kernel/mapid.c: no such file" \
    "process.capabilities*: test_cap.c:test_six_sets: no such test" "linux.maskedPaths[]: names no file" \
    "process.cwd: process.bats:the cwd: where it says, and made if it is missing: no such test"
}
