#!/usr/bin/env bats
# readmes.bats: what the READMEs say is so, and the two tools that check it can fail.

setup_file() {
  export TREE
  TREE=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  "$TREE/tests/lib/kit"
}

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

# README.md in the test's folder: its text is on standard input.
readme() { cat >README.md; }

# A copy of what readme-parts reads, to be changed.
copy_lessons() {
  mkdir -p tree/tests
  cp -R "$TREE/phases.manifest" tree/
  cp -R "$TREE/tests/mutations" tree/tests/
  local folder
  for folder in "$TREE"/phase*/; do
    mkdir "tree/$(basename "$folder")"
    cp "$folder"/*.[ch] "$folder/README.md" "tree/$(basename "$folder")/"
  done
  export HUSK_TREE=$PWD/tree
}

@test "readmes: parts are fresh, lessons have their ten sections and stay short" {
  run "$TREE/tools/readme-parts" --check
  echo "$output"
  [ "$status" = 0 ]
}

@test "transcripts: a changed line is caught, and named with its place and command" {
  readme <<'END'
```console
$ echo one; echo two >&2
one
two
$ echo three
four
```
END
  run "$TREE/tools/transcripts" README.md
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == "README.md:5: \$ echo three"*"-four"*"+three"*"1 transcripts, 1 differ" ]]
}

@test "transcripts: a wildcard stands for lines, or for a part of one line, and for nothing else" {
  readme <<'END'
```console
$ seq 1 9
1
...
9
```

```console
$ echo pid $$ is mine
pid ... is mine
```

```console
$ printf 'a\nb is mine\n'
... is mine
$ true || echo 'a firm line'
```

```console
$ seq 1 8
1
...
9
```
END
  run "$TREE/tools/transcripts" --tap README.md
  echo "$output"
  [ "$status" = 1 ]
  [ "$(grep -c '^ok [12] ' <<<"$output")" = 2 ]
  [ "$(grep -c '^not ok [34] ' <<<"$output")" = 2 ]
  [ "${lines[-1]}" = 1..4 ]
}

@test "transcripts: blocks that could not fail are refused" {
  readme <<'END'
```console
$ echo anything
...
```

```console
$ seq 3
...
2
...
```

```console
no command
```
END
  run "$TREE/tools/transcripts" README.md
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"expects nothing"*"has 2 wildcards"*"begins with"*"3 transcripts, 3 differ" ]]
}

@test "transcripts: a block that hangs is ended, and the next one runs" {
  readme <<'END'
```console
$ echo before
before
$ sleep 60
$ echo after
after
```

```console
$ echo next
next
```
END
  BLOCK_SECONDS=1 run "$TREE/tools/transcripts" --tap README.md
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == "not ok 1 "*"(not run"*"ok 2 "* ]]
}

@test "transcripts: a block has a shell of its own, and what it prints ends up in it by --update" {
  readme <<'END'
```console
$ x=1; for i in 1 2; do
> echo $i $x; done
stale
```

```console
$ echo "x is [$x]"
x is []
$ printf 'of a terminal\r\n'
of a terminal
```
END
  run "$TREE/tools/transcripts" --update README.md
  [ "$status" = 0 ]
  run "$TREE/tools/transcripts" README.md
  echo "$output"
  [ "$output" = '2 transcripts, 0 differ' ]
  [ "$(sed -n 4,5p README.md)" = $'1 1\n2 1' ]
}

@test "readme-parts: a change of the code, or of a mutation, makes its README stale" {
  copy_lessons
  run "$TREE/tools/readme-parts" --check
  [ "$status" = 0 ]
  sed -i 's/if (argc < 3)/if (argc < 4)/' tree/phase02-chroot/main.c
  sed -i 's/^Breaks: .*/Breaks: something else/' tree/tests/mutations/phase05-1-*.patch
  run "$TREE/tools/readme-parts" --check
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"phase02-chroot/README.md: stale"*"phase05-cli/README.md: stale"* ]]
  [[ $output != *phase01* && $output != *phase04* ]]
  "$TREE/tools/readme-parts" --write
  "$TREE/tools/readme-parts" --check
}

@test "readme-parts: a lesson without a section, a question or an end is named" {
  copy_lessons
  sed -i 's/^## 8 .*/## 8 Holes/' tree/phase01-unshare/README.md
  sed -i 's/^\*\*What will it print?\*\*/**Guess.**/' tree/phase02-chroot/README.md
  yes 'One more line.' | head -n 60 >>tree/phase03-pivot-root/README.md
  sed -i '/^minutes:/d' tree/phase04-cgroups/README.md
  run "$TREE/tools/readme-parts" --check
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *phase01*"ten of the other"*phase02*"0 questions"*phase03*"lines by hand"*phase04*"does not say minutes"* ]]
  [[ $output != *phase05* ]]
}

@test "mutations: three a phase, one line each, that applies to the code as it is" {
  local patch phase folder
  for phase in 01 02 03 04 05 06 07 08 09; do
    [ "$(find "$TREE/tests/mutations" -name "phase$phase-[123]-*.patch" | wc -l)" = 3 ]
    folder=$(basename "$TREE/phase$phase-"*)
    for patch in "$TREE/tests/mutations/phase$phase"-*.patch; do
      echo "$patch"
      grep -q "^Phase: $phase$" "$patch"
      grep -q '^Breaks: .' "$patch"
      grep -q '^Red: .' "$patch"
      [ "$(sed -n '/^@@/,$p' "$patch" | grep -c '^+')" -le 1 ]
      [ "$(sed -n '/^@@/,$p' "$patch" | grep -c '^-')" = 1 ]
      rm -rf copy
      mkdir copy
      cp -R "$TREE/$folder" copy/
      patch --quiet -d copy -p1 <"$patch"
    done
  done
}
