#!/usr/bin/env bats
# complete.bats: completion files and the man page fit the program, and offer what exists now.
# shellcheck disable=SC2154,SC2314,SC2016

load lib

setup() {
  engine_setup
  TREE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  DOCS=$TREE/final/docs
  mkdir -p "$WORK/bin"
  ln -s "$HUSK" "$WORK/bin/husk"
}
teardown() { engine_teardown; }

# Two boxes, one that runs, a network, a volume.
populate() {
  box -d --name web sleep 1000
  box --name ended true
  husk network create app >/dev/null
  husk volume create data >/dev/null
}
depopulate() {
  husk rm -f web ended >/dev/null
  husk network rm app >/dev/null
  husk volume rm data >/dev/null
}

# What bash offers for a line, its words sorted, in one line.
offers() { # LINE
  PATH=$WORK/bin:$PATH bash -c '
    . "$0"
    COMP_LINE=$1 COMP_POINT=${#1}
    read -ra COMP_WORDS <<<"$1"
    [[ $1 != *" " ]] || COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _husk 2>&1
    printf "%s\n" "${COMPREPLY[@]}" | sort | paste -sd " "' "$DOCS/completions/husk.bash" "$1"
}

@test "man page and completions are those of this program" {
  HUSK=$HUSK "$TREE/tools/command-docs" --to "$WORK/docs"
  diff "$WORK/docs/man/husk.1" "$DOCS/man/husk.1"
  for file in husk.bash _husk husk.fish; do diff "$WORK/docs/completions/$file" "$DOCS/completions/$file"; done
}

@test "bash: commands, families, options, words, files" {
  [ "$(offers "husk st")" = "start stats stop" ]
  [ "$(offers "husk network c")" = "connect create" ]
  [[ " $(offers "husk run --") " == *" --rm "*" --volume "* ]]
  [ "$(offers "husk run --log-driver ")" = "json-file none syslog" ]
  [ "$(offers "husk run --log-driver=n")" = none ]
  [ "$(offers "husk ps --format ")" = "json table" ]
  [ "$(offers "husk config show memory-s")" = memory-swap ]
  [ "$(offers "husk help sta")" = "start stats" ]
  [ "$(cd "$WORK" && offers "husk load -i b")" = bin ]
  [ "$(offers "husk run busybox --r")" = "" ]
}

@test "bash: names of boxes, networks and volumes that exist now" {
  populate
  [ "$(offers "husk rm ")" = "ended web" ]
  [ "$(offers "husk rm -f w")" = web ]
  [ "$(offers "husk exec ")" = web ]
  [ "$(offers "husk exec web ")" = "" ]
  [ "$(offers "husk container inspect e")" = ended ]
  [ "$(offers "husk shell ")" = web ]
  [ "$(offers "husk network rm a")" = app ]
  [ "$(offers "husk network connect app ")" = "ended web" ]
  [ "$(offers "husk run --net ap")" = app ]
  [ "$(offers "husk run --net=ap")" = app ]
  [ "$(offers "husk volume rm ")" = data ]
  depopulate
  [ "$(offers "husk rm ")" = "" ]
}

@test "bash: names of images, with their tags" {
  husk import "$SITE/rootfs" me/tools:1 >/dev/null
  husk tag me/tools:1 me/tools:2
  husk tag me/tools:1 plain
  [ "$(offers "husk run pl")" = plain ]
  [ "$(offers "husk rmi me/tools:")" = "1 2" ]
  [ "$(offers "husk image inspect me/")" = "me/tools:1 me/tools:2" ]
  [ "$(offers "husk run --net none me/")" = "me/tools:1 me/tools:2" ]
  husk rmi me/tools:1 me/tools:2 plain
}

@test "bash: --data and --state of the line are asked, and errors are not shown" {
  populate
  [ "$(offers "husk --state $WORK/s --data $WORK/d rm ")" = "" ]
  depopulate
  [ "$(offers "husk --data relative rm ")" = "" ]
}

@test "fish: commands, options, names" {
  command -v fish >/dev/null || skip "no fish"
  populate
  fish_offers() { PATH=$WORK/bin:$PATH HOME=$WORK fish --no-config -c "source $DOCS/completions/husk.fish; complete -C '$1'" | cut -f1 | sort | paste -sd ' '; }
  [ "$(fish_offers "husk sta")" = "start stats" ]
  [ "$(fish_offers "husk rm ")" = "ended web" ]
  [ "$(fish_offers "husk network c")" = "connect create" ]
  [ "$(fish_offers "husk run --log-driver ")" = "json-file none syslog" ]
  [ "$(fish_offers "husk volume rm ")" = data ]
  depopulate
}

@test "zsh: the file is a completion that compiles, and offers names" {
  command -v zsh >/dev/null || skip "no zsh"
  zsh -n "$DOCS/completions/_husk"
  populate
  # A terminal of its own, for the line editor.
  run zsh -f -c '
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1=; PATH=$2:\$PATH; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; stty -echo; echo REA\"\"DY"
    zpty -r -m shell ignored "*READY*"
    zpty -w -n shell "husk rm w"$'"'\\t'"'
    for i in {1..400}; do sleep 0.1; while zpty -rt shell more; do out+=$more; done; [[ $out != *"husk rm web"* ]] || break; done
    print -r -- "$out"
    zpty -d shell' - "$DOCS/completions" "$WORK/bin"
  [[ $output == *"husk rm web"* ]]
  depopulate
}
