#!/usr/bin/env bats
# security.bats: attacks of docs/security-ladder.md that no phase can be asked, and no other file
# here shows. Names begin with the row.
# shellcheck disable=SC2030,SC2031 # run sets them, in each test anew
load lib
setup() { runtime_setup; }
teardown() { runtime_teardown; }

@test "A02 exec: who enters cannot be traced, nor can its descriptors be reached" {
  bundle one ".process.args = [\"$SITE/kit/exec-spy\", \"4\"]"
  husk run -b "$WORK/one" one <"$SITE/secret/token" >"$WORK/seen" 2>&1 &
  local runner=$! count=0
  wait_for grep -q STARTED "$WORK/seen"
  while husk exec one /bin/true 6<"$SITE/secret" </dev/null >/dev/null 2>&1; do
    count=$((count + 1))
  done
  wait $runner
  cat "$WORK/seen"
  echo "$count times"
  # However few that were on a slow machine: it has met some of them at the moment that counts.
  [ $count -ge 1 ]
  [[ $(tail -1 "$WORK/seen") == 'MET '*' SHUT '[1-9]* ]]
  ! grep -q -e TRACED -e OPENED "$WORK/seen" || return 1
}

# What is in the place outside, with everything that can be seen of it.
place_sum() { find "$WORK/outside" -printf '%p %y %m %U %i %n %s %T@\n' | sort; }

@test "A16 a terminal is made where no link leads" {
  mkdir -p "$WORK/outside/pts"
  echo precious >"$WORK/outside/console"
  local before name
  before=$(place_sum)
  OWN_ROOTFS=1 bundle one '.process.terminal = true | .process.args = ["sh", "-c", "tty; ls -l /dev/console; echo >/dev/console"]
    | .mounts |= map(select(.destination != "/dev"))'
  for name in none console pts; do
    case $name in
      console) ln -sfn "$WORK/outside/console" "$WORK/one/rootfs/dev/console" ;;
      pts)
        rm -rf "$WORK/one/rootfs/dev/pts"
        ln -sfn "$WORK/outside/pts" "$WORK/one/rootfs/dev/pts"
        ;;
    esac
    run timeout 20 "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one </dev/null
    echo "$name: $status: $output"
    [ "$(place_sum)" = "$before" ]
    [ "$(<"$WORK/outside/console")" = precious ]
    # A console that is there is a terminal.
    [ "$status" != 0 ] || [[ $output == *"crw"*/dev/console* ]]
    [ "$name$status" != none1 ]
  done
}

# A config.json that must be refused: one line with WORD, within seconds and 64 MiB. The address
# space of a sanitized build is vast: its own limit is of what is resident, shadow included.
is_bomb() { # WORD FILE
  local limit='ulimit -v 65536'
  # shellcheck disable=SC2016 # expanded by the shell that it is for
  ! ldd "$RUNTIME" | grep -q libasan || limit='export ASAN_OPTIONS=$ASAN_OPTIONS:hard_rss_limit_mb=192'
  run bash -c "$limit"' && exec timeout 60 "$@"' _ "$RUNTIME" check "$2"
  echo "${output:0:300}"
  [ "$status" = 1 ] && [ ${#lines[@]} = 1 ] && [[ $output == *"$1"* ]]
}

@test "A46 bombs in config.json are one line, soon, and little memory" {
  mkdir -p "$WORK/bomb"
  { printf '%0100000d' 0 | tr 0 '['; } >"$WORK/bomb/nested"
  { printf '{"a":%.0s' {1..100000}; } >"$WORK/bomb/objects"
  { printf '{"hostname": "'; head -c 50000000 /dev/zero | tr '\0' a; printf '"}'; } >"$WORK/bomb/string"
  truncate -s 10G "$WORK/bomb/zeros"
  is_bomb 128 "$WORK/bomb/nested"
  is_bomb 128 "$WORK/bomb/objects"
  is_bomb 16 "$WORK/bomb/string"
  is_bomb 16 "$WORK/bomb/zeros"
}

@test "A49 a NUL, or half a character, in a string is refused" {
  local filter
  for filter in '.process.args = ["sh", "a\u0000b"]' '.process.env += ["A=\u0000"]' '.process.cwd = "/\u0000"' '.hostname = "a\u0000"' \
    '.root.path += "\u0000/x"' '.mounts[0].destination = "/proc\u0000"' '.annotations = {"a\u0000": "b"}' '.linux.maskedPaths = ["/proc/\u0000"]'; do
    bundle one "$filter"
    refused NUL -- husk create -b "$WORK/one" one
  done
  bundle one '.hostname = "HALF"'
  sed -i 's/HALF/\xc3/' "$WORK/one/config.json"
  refused UTF-8 -- husk create -b "$WORK/one" one
}

@test "A51 nobody else looks into the directories of state" {
  umask 0
  start one
  [ "$(stat -c %a "$ROOT/one")" = 700 ]
  [ -z "$(find "$ROOT/one" -type f -perm /077)" ]
  run setpriv --reuid 12345 --regid 12345 --clear-groups ls "$ROOT/one"
  [ "$status" != 0 ]
  husk delete --force one
}

@test "A54 hooks: an absolute path, their environment alone, an end in time" {
  export HUSK_SECRET=$TOKEN
  bundle one '.hooks.createRuntime = [{"path": "true"}]'
  refused hooks absolute -- husk create -b "$WORK/one" one
  printf '#!/bin/sh\nenv >"%s"\n' "$WORK/seen" >"$WORK/hook"
  chmod 755 "$WORK/hook"
  bundle one ".process.args = [\"env\"] | .hooks.createRuntime = [{\"path\": \"$WORK/hook\", \"env\": [\"OWN=1\"]}]"
  run husk run -b "$WORK/one" one
  echo "$output"
  [ "$status" = 0 ] && [[ $output != *"$TOKEN"* ]]
  grep -q OWN=1 "$WORK/seen"
  ! grep "$TOKEN" "$WORK/seen" || return 1
  bundle one '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "sleep 4711 & sleep 4711"], "timeout": 1}]'
  refused hook -- timeout 20 "$RUNTIME" --root "$ROOT" run -b "$WORK/one" one
  wait_for eval '! pgrep -fx "sleep 4711"'
}
