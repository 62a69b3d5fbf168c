#!/usr/bin/env bats
# names.bats: names, IDs and their beginnings; listings, filters, formats; help.
# shellcheck disable=SC2154,SC2314,SC2016

bats_require_minimum_version 1.5.0
load lib

setup() { engine_setup; }
teardown() { engine_teardown; }

make() { # NAME [OPTION...]
  local name=$1
  shift
  husk create --net none --rootfs "$SITE/rootfs" --name "$name" "$@" sleep 1000
}

@test "a name, an ID, any beginning of an ID" {
  local id
  id=$(make web)
  for name in web "$id" "${id:0:12}" "${id:0:3}"; do
    [ "$(husk inspect --format '{{.Id}}' "$name")" = "$id" ]
  done
  refused "no such container" -- husk inspect --format '{{.Id}}' we
  for name in '' . .. ../x 'a b' "$(printf 'a\nb')"; do
    refused "no such container" -- husk inspect --format x "$name"
  done
  husk rm "${id:0:5}"
}

@test "a beginning that can mean two: the candidates, with their names" {
  local id i short force
  for i in {1..17}; do make "n$i" >/dev/null; done # 16 digits: two begin alike
  short=$(husk ps -aq | cut -c1 | sort | uniq -d | head -1)
  for force in "" -f; do
    # shellcheck disable=SC2086
    run husk rm $force "$short"
    [ "$status" = 125 ]
    [ ${#lines[@]} = 1 ]
    [[ $output == *"can mean"*"containers"*"(n"*"(n"* ]]
    for id in $(husk ps -aq | grep "^$short"); do [[ $output == *"$id"* ]]; done
  done
  # shellcheck disable=SC2046
  husk rm $(husk ps -aq) >/dev/null
}

@test "a name is taken before the beginning of an ID" {
  local id other
  id=$(make first)
  other=$(make "${id:0:4}")
  [ "$(husk inspect --format '{{.Id}}' "${id:0:4}")" = "$other" ]
  [ "$(husk inspect --format '{{.Id}}' "${id:0:5}")" = "$id" ]
  husk rm first "${id:0:4}"
}

@test "a name is one box's; wrong ones are refused" {
  make web >/dev/null
  refused "'web' is in use by container" -- make web
  refused "expected letters" -- make 'a/b'
  refused "expected letters" -- make '-x'
  refused "expected letters" -- make ''
  refused "expected letters" -- make "$(printf 'x%.0s' {1..130})"
  husk rm web
  make web >/dev/null
  husk rm web
}

@test "without a name: two words" {
  husk create --net none --rootfs "$SITE/rootfs" true >/dev/null
  [[ $(husk ps -a --format '{{.Names}}') =~ ^[a-z]+_[a-z]+[0-9]*$ ]]
  # shellcheck disable=SC2046
  husk rm $(husk ps -aq)
}

@test "one name for many at once: one has it" {
  local i wins=0 pids=()
  for i in {1..8}; do make same >"$WORK/$i" 2>&1 & pids+=($!); done
  for i in "${pids[@]}"; do wait "$i" && wins=$((wins + 1)); done
  [ "$wins" = 1 ]
  [ "$(husk ps -aq | wc -l)" = 1 ]
  husk rm same
}

@test "rename: the old name is free, the new one is its own" {
  make one >/dev/null
  make two >/dev/null
  refused "'two' is in use" -- husk rename one two
  husk rename one new
  refused "no such container: one" -- husk rm one
  make one >/dev/null
  [ "$(husk ps -a --format '{{.Names}}' | sort | tr '\n' ' ')" = "new one two " ]
  husk rm one two new
}

@test "ps: the columns of docker; -a, -q, --no-trunc, -n, -l" {
  local id
  id=$(make quiet)
  box -d --name loud sleep 1000 >/dev/null
  [ "$(husk ps | head -1 | tr -s ' ')" = "CONTAINER ID IMAGE COMMAND CREATED STATUS PORTS NAMES" ]
  [ "$(husk ps | wc -l)" = 2 ]
  [ "$(husk ps -a | wc -l)" = 3 ]
  husk ps -a | grep -qE "^${id:0:12} +$SITE/rootfs +\"sleep 1000\" .* Created +quiet"
  husk ps | grep -qE ' Up .* loud'
  [ "$(husk ps -aq | grep -c "^${id:0:12}\$")" = 1 ]
  [ "$(husk ps -aq --no-trunc | grep -c "^$id\$")" = 1 ]
  [ "$(husk ps -n 1 --format '{{.Names}}')" = loud ]
  [ "$(husk ps -l --format '{{.Names}}')" = loud ]
  [ "$(husk container ls -q)" = "$(husk ps -q)" ]
  husk rm -f loud quiet
}

@test "ps --filter: by name, ID, label, status, exited; wrong ones are refused" {
  local id
  id=$(make one --label tier=front --label x)
  make two --label tier=back >/dev/null
  box --name over sh -c 'exit 3' || true
  names() { husk ps -a --format '{{.Names}}' "$@" | sort | tr '\n' ' '; }
  [ "$(names --filter name=o)" = "one over two " ]
  [ "$(names --filter name=^on)" = "one " ]
  [ "$(names --filter id="${id:0:8}")" = "one " ]
  [ "$(names --filter label=tier)" = "one two " ]
  [ "$(names --filter label=tier=back)" = "two " ]
  [ "$(names --filter status=exited)" = "over " ]
  [ "$(names --filter exited=3)" = "over " ]
  [ "$(names --filter exited=4)" = "" ]
  [ "$(names --filter label=x --filter name=two)" = "" ]
  [ "$(names --filter name=^one --filter name=two)" = "one two " ]
  refused "--filter color=red" -- husk ps --filter color=red
  refused "--filter status=sleepy" "exited" -- husk ps --filter status=sleepy
  husk rm one two over
}

@test "ps --sort: each key" {
  make b >/dev/null
  make a >/dev/null
  box -d --name c sleep 1000 >/dev/null
  names() { husk ps -a --format '{{.Names}}' "$@" | tr '\n' ' '; }
  [ "$(names)" = "c a b " ]
  [ "$(names --sort created)" = "c a b " ]
  [ "$(names --sort name)" = "a b c " ]
  [ "$(names --sort status)" = "a b c " ]
  for key in id image command runningfor; do names --sort $key; done
  refused "--sort nam" "did you mean name" -- husk ps --sort nam
  husk rm -f a b c
}

@test "ps --format: json, table, template" {
  make web --label a=b >/dev/null
  [ "$(husk ps -a --format json | jq -r '.[0] | .Names + " " + .State')" = "web created" ]
  [ "$(husk ps -a --format 'table {{.Names}}\t{{.Status}}' | tr -s ' ' | tr '\n' '|')" = "NAMES STATUS|web Created|" ]
  [ "$(husk ps -a --format '{{.Labels}}')" = "a=b" ]
  husk rm web
}

@test "inspect: docker's structure; templates; several; what is not there" {
  local id
  id=$(make web -p 127.0.0.1:8080:80 -e A=b -m 64M --restart on-failure:3 -v "$WORK:/data:ro" --label l=1)
  husk inspect web >"$WORK/out"
  jq -e --arg id "$id" --arg work "$WORK" '.[0] | .Id == $id and .Name == "/web" and .State.Status == "created" and .Path == "sleep" and .Args == ["1000"]
    and .HostConfig.Memory == 67108864 and .HostConfig.RestartPolicy == {"Name": "on-failure", "MaximumRetryCount": 3}
    and .HostConfig.PortBindings["80/tcp"][0] == {"HostIp": "127.0.0.1", "HostPort": "8080"}
    and .Config.Env == ["A=b"] and .Config.Labels.l == "1" and .HostConfig.NetworkMode == "none"
    and (.Mounts[0] | .Type == "bind" and .Source == $work and .Destination == "/data" and .RW == false)' "$WORK/out"
  [ "$(husk inspect --format '{{json .State.Running}} {{.State.Pid}}' web)" = "false 0" ]
  run husk inspect --format '{{.Name}}' web nosuch
  [ "$status" = 125 ]
  [[ $output == *"/web"* && $output == *"no such container: nosuch"* ]]
  husk rm web
}

@test "inspect: what is never there before it has been" {
  box -d --name web sleep 1000 >/dev/null
  wait_for is_command "$(pid_of web)" "sleep 1000"
  [ "$(husk inspect --format '{{.State.FinishedAt}}' web)" = 0001-01-01T00:00:00Z ]
  husk stop -t 0 web
  [ "$(pid_of web)" = 0 ]
  [[ $(husk inspect --format '{{.State.FinishedAt}}' web) == 20* ]]
  husk rm web
}

@test "templates: a key that one of them does not have ends nothing" {
  mkdir -p "$WORK/data"
  box -d --name web -v "$WORK/data:/data" --label a=1 sleep 1000
  box --name db true
  [ "$(husk inspect --format '{{range .Mounts}}<{{.Name}}{{.Driver}}>{{end}}' web)" = '<>' ]
  [ "$(husk inspect --format '{{.Config.Labels.a}} {{.NetworkSettings.Networks.no.IPAddress}}' web db)" = $'1 <no value>\n<no value> <no value>' ]
  [ "$(husk ps -a --format '{{slice .ID 0 4 | len}} {{printf "%-5s|" .Names}} {{index (split .Names "e") 0}} {{gt .ExitCode 0}}' --filter name=web)" = '4 web  | w false' ]
  refused "did you mean .Labels?" -- husk inspect --format '{{.Config.Lables.a}}' web
  husk rm -f web db
  [ "$(husk events --no-follow --filter container=db --format '{{.Actor.Attributes.exitCode}}' | tr '\n' ' ')" = "<no value> <no value> 0 <no value> " ]
}

@test "events: what happened, in order; filters; since; json" {
  box --name web true
  husk rm web
  [ "$(husk events --no-follow --filter container=web --format '{{.Action}}' | tr '\n' ' ')" = "create start die destroy " ]
  [ "$(husk events --no-follow --filter event=die --format json | jq -r .Actor.Attributes.exitCode)" = 0 ]
  [ "$(husk events --no-follow --since 0s | wc -l)" = 0 ]
  husk events --no-follow --since 1h --until 0s | grep -q 'container start .*name=web'
  refused "--filter color=red" -- husk events --no-follow --filter color=red
  refused "--since" "10m" -- husk events --no-follow --since yesterday
}

@test "events: the fields of docker, in templates and in JSON" {
  local id
  box --name web true
  id=$(husk inspect --format '{{.ID}}' web)
  husk rm web
  husk volume create data
  husk volume rm data
  husk events --no-follow --filter event=start --format '{{.Status}} {{.ID}} {{.From}} {{.Scope}} {{.Time}} {{.TimeNano}}' >"$WORK/out"
  grep -Eqx "start $id $SITE/rootfs local [0-9]{10} [0-9]{19}" "$WORK/out"
  [ "$(husk events --no-follow --filter type=volume --format '<{{.Status}}{{.ID}}{{.From}}>' | sort -u)" = '<>' ]
  husk events --no-follow --filter event=start --format json | jq -e --arg id "$id" \
    'keys == ["Action", "Actor", "Type", "from", "id", "scope", "status", "time", "timeNano"] and .status == "start" and .id == $id and .Actor.ID == $id'
  husk events --no-follow --filter type=volume --format json | jq -e 'has("status") or has("id") or has("from") | not'
}

@test "events follow, and end with --until" {
  "$HUSK" events --filter event=start --format '{{.Actor.Attributes.name}}' >"$WORK/out" &
  local pid=$!
  is_followed() { box --rm --name seen true && grep seen "$WORK/out"; } # it may not listen yet
  wait_for is_followed
  kill $pid
  wait $pid || true
}

@test "info, version, help: did you mean; container COMMAND" {
  [ "$(husk info --format '{{.Containers}}')" = 0 ]
  husk info --format json | jq -e '.CgroupVersion and .DataRoot'
  husk --version | grep -qE '^husk [0-9]'
  husk help run | grep -q -- '--publish'
  husk run --help | grep -q -- '--publish'
  husk container run --help | grep -q 'Usage: husk run'
  husk network --help | grep -q 'network create' || husk help network | grep -q 'network create'
  refused "did you mean stop" -- husk stpo
  refused "did you mean ps" -- husk pss
  refused "unknown command" "husk --help" -- husk frobnicate
  refused "too few operands" "usage: husk wait" -- husk wait
  refused "did you mean --format" -- husk ps --fromat x
  run husk
  [ "$status" = 125 ]
  [[ $output == *"Usage: husk"* ]]
}

@test "every command has a help text with an example" {
  local name
  husk help --table | awk -F'\t' '$1 == "command" { print $2 }' | while read -r name; do
    # shellcheck disable=SC2086 # two words
    husk $name --help >"$WORK/help" || { echo "$name"; false; }
    grep -q '^Example: husk' "$WORK/help" || { echo "no example: $name"; false; }
  done
}
