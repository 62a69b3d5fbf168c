#!/usr/bin/env bats
# config.bats: defaults from files, variables and options before the command; who said what.
# shellcheck disable=SC2154,SC2314,SC2016

load lib

setup() {
  engine_setup
  export XDG_CONFIG_HOME=$WORK/xdg
  FILE=$XDG_CONFIG_HOME/husk/config.json
  mkdir -p "$XDG_CONFIG_HOME/husk"
}
teardown() { unset XDG_CONFIG_HOME; engine_teardown; }

configure() { printf '%s\n' "$1" >"$FILE"; }
shown() { husk config show --format '{{.Value}} {{.Source}}' "$1"; }

# COMMAND with another /etc: the machine's file, seen by it alone.
with_etc() { # JSON CMD...
  local json=$1
  shift
  JSON=$json unshare --mount bash -c 'mount -t tmpfs tmpfs /etc && mkdir /etc/husk && printf %s "$JSON" >/etc/husk/config.json && "$@"' - "$@"
}

@test "config show: every key with its default, and where it comes from" {
  [ "$(shown pids-limit)" = "512 default" ]
  [ "$(shown runtime)" = "husk-runtime default" ] || [ -n "${HUSK_RUNTIME:-}" ]
  [ "$(shown data)" = "$SITE/data HUSK_DATA" ]
  run husk config show
  [[ ${lines[0]} == KEY*VALUE*SOURCE* ]]
  [ ${#lines[@]} -gt 20 ]
  husk config show --format json | jq -e 'map(.Key) | index("memory") and index("log-opt")'
  husk config show --format json dns memory | jq -e 'length == 2 and .[0].Value == []'
}

@test "config: the machine's file, the user's, a variable, an option: the later one wins" {
  etc='{"memory": "64M", "pids-limit": 100, "net": "none", "stop-timeout": 5}'
  configure '{"pids-limit": 200, "net": "host"}'
  export HUSK_NET=none
  run with_etc "$etc" "$HUSK" --state "$SITE/state" config show --format '{{.Key}}={{.Value}} {{.Source}}'
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *"memory=64M /etc/husk/config.json"* ]]
  [[ $output == *"pids-limit=200 $FILE"* ]]
  [[ $output == *"net=none HUSK_NET"* ]]
  [[ $output == *"stop-timeout=5 /etc/husk/config.json"* ]]
  [[ $output == *"state=$SITE/state --state"* ]]
}

@test "config: run obeys it, flags win, lists are added to" {
  configure '{"memory": "64M", "pids-limit": 100, "env": ["A=1"], "label": ["who=file"], "init": true}'
  box --name one -e B=2 --pids-limit 50 sh -c 'echo $A$B'
  [ "$(husk logs one)" = 12 ]
  [ "$(husk inspect one --format '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{index .Config.Labels "who"}}')" = "67108864 50 file" ]
  husk rm one
}

@test "config: other commands do not take what is meant for run" {
  box -d --name one -m 32M sleep 1000
  configure '{"memory": "64M"}'
  husk update --pids-limit 100 one
  [ "$(husk inspect one --format '{{.HostConfig.Memory}}')" = 33554432 ]
  husk rm -f one
}

@test "config: ps-format is the format of ps" {
  configure '{"ps-format": "{{.Names}}"}'
  box --name one true
  [ "$(husk ps -a)" = one ]
  husk rm one
}

@test "config: a wrong key, a wrong value, a damaged file: one line that names the file and the way out" {
  configure '{"memroy": "1G"}'
  refused "$FILE" "unknown key 'memroy'" "did you mean memory?" -- husk ps
  configure '{"memory": "lots"}'
  refused "$FILE" "--memory" "'lots'" -- husk ps
  configure '{"dns": "10.0.0.1"}'
  refused "$FILE" "dns: expected a list" -- husk ps
  configure '{"memory": "1G"'
  refused "$FILE" -- husk ps
  configure '{}'
  HUSK_PIDS_LIMIT=many refused HUSK_PIDS_LIMIT "'many'" -- husk ps
  refused "unknown key 'memroy'" "did you mean memory?" -- husk config show memroy
}

@test "config: help, and the end of a container, do not need a file that can be read" {
  box -d --name one sleep 1000
  configure '{'
  husk help run >/dev/null
  kill -9 "$(pid_of_init)"
  wait_for no_mounts
  configure '{}'
  [ "$(status_of one)" = exited ]
  husk rm one
}
pid_of_init() { XDG_CONFIG_HOME=/nowhere husk inspect --format '{{.State.Pid}}' one; }
no_mounts() { ! grep -q "$HUSK_DATA/boxes" /proc/self/mountinfo; }

@test "config: a file that others may write to, or own, is refused: it names programs" {
  configure '{}'
  chmod 666 "$FILE"
  refused "$FILE" "chmod go-w" -- husk ps
  chmod 644 "$FILE"
  chown 1000 "$FILE"
  refused "$FILE" "belongs to user 1000" "chown" -- husk ps
  chown 0 "$FILE"
}

@test "config: data and state of a file are where everything is" {
  configure "{\"data\": \"$WORK/d\", \"state\": \"$WORK/s\"}"
  (
    unset HUSK_DATA HUSK_STATE
    box --name one true
    [ -d "$WORK/d/boxes" ] && [ -d "$WORK/s/box" ]
    [ "$(shown data)" = "$WORK/d $FILE" ]
    husk rm one
  )
  configure '{"data": "d"}'
  (unset HUSK_DATA && refused "$FILE" "data 'd'" "absolute" -- husk ps)
}
