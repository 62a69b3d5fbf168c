#!/usr/bin/env bats
# drift.bats: the drift check and carry can fail, and say why. Both work on a copy of the tree.

setup() {
  tree=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  copy=$BATS_TEST_TMPDIR/tree
  mkdir -p "$copy"
  cp -R "$tree"/phase* "$tree/tools" "$copy/" # phases.manifest, too
  export HUSK_TREE=$copy
}

drift() { run "$tree/tools/drift"; echo "$output"; }

@test "drift: the phases as they are pass" {
  drift
  [ "$status" = 0 ] && [ -z "$output" ]
}

@test "drift: one byte changed in an organ of one phase is found" {
  sed -i 's/MS_REC | MS_PRIVATE/MS_REC | MS_SLAVE  /' "$copy/phase03-pivot-root/ns.c"
  drift
  [ "$status" = 1 ]
  [[ $output == *"phase03-pivot-root/ns.c: differs from phase02-chroot's"* ]]
  [[ $output == *"phase04-cgroups/ns.c: differs from phase03-pivot-root's"* ]]
}

@test "drift: a comment's white space counts, too" {
  sed -i '1s/$/ /' "$copy/phase05-cli/cgroup.h"
  drift
  [ "$status" = 1 ]
  [[ $output == *"phase05-cli/cgroup.h: differs"* ]]
}

@test "drift: a budget that is exceeded is found" {
  local i
  for i in {1..80}; do echo "int padding_$i(void);"; done >>"$copy/phase03-pivot-root/rootfs.h"
  cp "$copy/phase03-pivot-root/rootfs.h" "$copy/phase04-cgroups/"
  drift
  [ "$status" = 1 ]
  [[ $output =~ "phase03-pivot-root: adds "[0-9]+" code lines, its budget is 110" ]]
}

@test "drift: comments and blank lines are no code" {
  local i
  for i in {1..80}; do printf '/* padding %d */\n\n' "$i"; done >>"$copy/phase03-pivot-root/rootfs.h"
  cp "$copy/phase03-pivot-root/rootfs.h" "$copy/phase04-cgroups/"
  drift
  [ "$status" = 0 ]
}

@test "drift: a declared change that is none is found" {
  cp "$copy/phase03-pivot-root/main.c" "$copy/phase04-cgroups/main.c"
  drift
  [ "$status" = 1 ]
  [[ $output == *"phase04-cgroups/main.c: declared changed, but it is identical"* ]]
}

@test "drift: a new or missing file that is not declared is found" {
  echo 'int stray(void);' >"$copy/phase02-chroot/stray.h"
  rm "$copy/phase05-cli/cgroup_v1.h"
  drift
  [ "$status" = 1 ]
  [[ $output == *"phase02-chroot/stray.h: new, but phases.manifest does not say +stray.h"* ]]
  [[ $output == *"phase05-cli/cgroup_v1.h: gone, but phases.manifest does not say -cgroup_v1.h"* ]]
}

@test "drift: a function of more than 60 lines is found" {
  { printf 'int long_one(void)\n{\n'; yes '	;' | head -60; printf '}\n'; } >>"$copy/phase05-cli/cli.c"
  drift
  [ "$status" = 1 ]
  [[ $output == *"phase05-cli/cli.c: long_one has 62 lines, at most 60"* ]]
}

@test "a phase copied elsewhere builds and runs alone" {
  cp -r "$tree/phase03-pivot-root" "$BATS_TEST_TMPDIR/elsewhere"
  rm -f "$BATS_TEST_TMPDIR/elsewhere/husk"
  make -s -C "$BATS_TEST_TMPDIR/elsewhere"
  [ -x "$BATS_TEST_TMPDIR/elsewhere/husk" ]
  run make -s -C "$BATS_TEST_TMPDIR/elsewhere" test
  echo "$output"
  [ "$status" != 0 ]
  [[ $output == *"needs the repository of this folder"* ]]
}

repository() { # turns the copy into one, with what is in it as HEAD
  git -C "$copy" init -q
  git -C "$copy" -c user.name=t -c user.email=t@localhost add -A
  git -C "$copy" -c user.name=t -c user.email=t@localhost commit -qm state
}

@test "carry: copies where files are identical, merges where they are not" {
  repository
  sed -i 's/size=64k/size=65k/' "$copy/phase03-pivot-root/rootfs.c"
  run "$copy/tools/carry" "$copy/phase03-pivot-root/rootfs.c"
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *"phase04-cgroups/rootfs.c: copied"*"phase05-cli/rootfs.c: merged"* ]]
  grep -q size=65k "$copy/phase05-cli/rootfs.c"
  drift
  [ "$status" = 0 ]
}

@test "carry: stops at a conflict, and leaves that file as it was" {
  sed -i 's/size=64k/size=66k/' "$copy/phase05-cli/rootfs.c"
  repository
  sed -i 's/size=64k/size=65k/' "$copy/phase03-pivot-root/rootfs.c"
  run "$copy/tools/carry" "$copy/phase03-pivot-root/rootfs.c"
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"phase05-cli/rootfs.c: conflict"* ]]
  grep -q size=66k "$copy/phase05-cli/rootfs.c"
  [ "$(grep -c '<<<<' "$copy/phase05-cli/rootfs.c")" = 0 ]
}
