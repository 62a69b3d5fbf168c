#!/usr/bin/env bats
# cli.bats: command lines as people who know docker and podman type them: spellings, families of
# commands, what is not there, every listing.
# shellcheck disable=SC2154,SC2314,SC2016

bats_require_minimum_version 1.5.0
load lib

setup() { engine_setup; }
teardown() { engine_teardown; }

@test "options: together, with a value either way, false, twice, behind --" {
  [ "$(printf x | box --rm -i --env=A=1 -e A=2 sh -c 'cat; echo $A')" = x2 ]
  [ "$(box --rm=true -- echo -d)" = -d ]
  [ "$(box --rm echo --rm -- -t)" = "--rm -- -t" ]
  box --rm --rm=false --name kept true
  husk rm kept
  [ "$(box --name kept -dit sh)" = "$(husk inspect -f '{{.Id}}' kept)" ]
  [ "$(husk inspect -f '{{.Config.Tty}} {{.Config.OpenStdin}}' kept)" = "true true" ]
  husk rm -f kept
  refused "--rm" "true or false" -- husk run --rm=maybe busybox
  refused "--name needs a value" -- husk run --name
  refused "unknown option --cidfiel: did you mean --cidfile?" -- husk run --cidfiel x busybox
  refused "not a TTY" -- husk run -it --rootfs "$SITE/rootfs" sh </dev/null
}

@test "variables: of our own, of a file, of both; the last word counts" {
  printf 'A=1\n# not this\n\n  B=two words\nOURS\nNOT_OURS\nQ="quoted"\n' >"$WORK/env"
  export OURS=here
  run box --rm --env-file "$WORK/env" -e A=3 --env OURS -e NONE -e EMPTY= env
  for want in A=3 'B=two words' OURS=here 'Q="quoted"' EMPTY=; do [[ $'\n'$output$'\n' == *$'\n'"$want"$'\n'* ]] || { echo "$want"; false; }; done
  [[ $output != *NONE* && $output != *NOT_OURS* ]]
  refused "=x" "NAME=VALUE" -- box -e =x true
  printf '=x\n' >"$WORK/env"
  refused "$WORK/env" "=x" -- box --env-file "$WORK/env" true
}

@test "what is of others and not here: a line that says what to do instead" {
  local option
  for option in --health-cmd --health-interval --pod --storage-opt --gpus --pid --ipc --ip --link -a; do
    refused "option --" ": " -- husk run "$option" x busybox
    [[ $output != *"unknown option"* ]]
  done
  for option in pull push login build cp pod; do
    refused "$option: " -- husk "$option" x
    [[ $output != *"did you mean"* ]]
  done
}

@test "wrong values: the option, the value, what it may be; nothing is made" {
  refused "--volume /tmp:/x:ro,foo" "'foo'" -- box -v /tmp:/x:ro,foo true
  refused "'a/b'" "./" -- box -v a/b:/x true
  refused "--device /dev/null:x" "absolute" -- box --device /dev/null:x true
  refused "--label" "'=x'" -- box --label =x true
  refused "--log-opt max-size=1x" "64M" -- box --log-opt max-size=1x true
  refused "--restart often" "on-failure" -- box --restart often true
  refused "-p 99999:80" "65535" -- husk run -p 99999:80 --rootfs "$SITE/rootfs" true
  refused "--shm-size" -- box --shm-size 0 true
  refused "no terminal" -- box -it true </dev/null
  [ -z "$(husk ps -aq)" ]
  [ -z "$(husk volume ls -q)" ]
}

@test "--shm-size; -P: every port that the image names" {
  [ "$(box --rm --shm-size 1m df -P /dev/shm | awk 'NR == 2 { print $2 }')" = 1024 ]
  husk import --change 'EXPOSE 80/tcp 53/udp' "$SITE/rootfs" me/ports:1 >/dev/null
  husk create -P --name one me/ports:1 true >/dev/null
  [ "$(husk inspect -f '{{range $p, $b := .HostConfig.PortBindings}}{{$p}} {{end}}' one)" = "80/tcp 53/udp " ]
  husk rm one
  husk rmi me/ports:1
}

@test "families: container, image, network, volume, system: their own help, their own commands" {
  local family
  for family in container image network volume system; do
    husk $family --help | grep -qE "^  $family [a-z]+ +[A-Z]"
    run husk $family
    [ "$status" = 125 ]
    refused "'$family nosuchthing'" "husk $family --help" -- husk $family nosuchthing
  done
  refused "did you mean container start?" -- husk container strat
  refused "'container images'" -- husk container images
  box -d --name one sleep 1000
  [ "$(husk container ls -q)" = "$(husk container list -q)" ]
  [ "$(husk container ps -q)" = "$(husk ps -q)" ]
  husk container exec one true
  husk container rm -f one
  husk import "$SITE/rootfs" me/one:1 >/dev/null
  husk image tag me/one:1 me/two:1
  [ "$(husk image ls -q)" = "$(husk images -q)" ]
  husk image rm me/one:1
  husk image history me/two:1 | grep -q Imported
  husk rmi me/two:1
  husk system info --format '{{.CgroupDriver}}' | grep -qx cgroupfs
}

@test "--all: stop, restart, kill, pause, unpause, start, rm" {
  states() { husk ps -a --sort name --format '{{.Names}}={{.State}}' | paste -sd ' '; }
  box -d --name a sleep 1000
  box -d --name b sleep 1000
  husk create --net none --rootfs "$SITE/rootfs" --name c sleep 1000
  husk pause -a
  [ "$(states)" = "a=paused b=paused c=created" ]
  husk unpause --all
  husk stop -a -t 0
  [ "$(states)" = "a=exited b=exited c=created" ]
  husk start --all
  [ "$(states)" = "a=running b=running c=running" ]
  first=$(pid_of a)
  husk restart -a -t 0
  [ "$(pid_of a)" != "$first" ]
  husk kill -a
  wait_for is_status a exited
  refused "--all" -- husk stop
  refused "give one of them" -- husk stop -a a
  [ "$(husk rm -fa | sort | paste -sd ' ')" = "a b c" ]
}

@test "logs of several; inspect of anything, or of one kind" {
  box --name a echo from a
  box --name b echo from b
  [ "$(husk logs a b)" = $'from a\nfrom b' ]
  refused "--follow takes one" -- husk logs -f a b
  refused "--tail 'x'" "all" -- husk logs --tail x a
  husk volume create v
  [ "$(husk inspect -f '{{.Name}}' a v bridge)" = $'/a\nv\nbridge' ]
  [ "$(husk inspect --type volume -f '{{.Scope}}' v)" = local ]
  run husk inspect --type image a
  [ "$status" = 125 ]
  [[ $output == *"no image 'a'"* && $output == *"[]"* ]]
  run husk volume inspect -f '{{.Name}}' v nosuch
  [ "$status" = 125 ]
  [ "${lines[0]}" = v ] || [ "${lines[1]}" = v ]
  refused "--type" "container|image" -- husk inspect --type foo a
  husk rm a b
  husk volume rm v
}

@test "update: nothing to change is said; one of several that fails does not stop the others" {
  box -d --name a sleep 1000
  refused "nothing to change" -- husk update a
  run husk update -m 64M nosuch a
  [ "$status" = 125 ]
  [ "$(husk inspect -f '{{.HostConfig.Memory}}' a)" = 67108864 ]
  husk update --restart on-failure:3 a
  [ "$(husk inspect -f '{{.HostConfig.RestartPolicy.MaximumRetryCount}}' a)" = 3 ]
  refused "--restart often" -- husk update --restart often a
  husk rm -f a
}

@test "filters: every listing names the keys it has; labels must all be there" {
  local listing
  for listing in ps "volume ls" "network ls" "events --no-follow"; do
    # shellcheck disable=SC2086 # two words
    refused "--filter color=red" "label=" -- husk $listing --filter color=red
    # shellcheck disable=SC2086
    refused "--filter label" "label=" -- husk $listing --filter label
  done
  refused "--filter dangling=perhaps" "true|false" -- husk volume ls --filter dangling=perhaps
  husk volume create -l a=1 -l b=2 v
  husk volume create -l a=1 w
  [ "$(husk volume ls -q --filter label=a | paste -sd ' ')" = "v w" ]
  [ "$(husk volume ls -q --filter label=a=1 --filter label=b)" = v ]
  [ "$(husk volume ls -q --filter dangling=false)" = "" ]
  husk volume rm v w
}

@test "every listing has json that is one array, a template, and its IDs alone" {
  local listing
  box -d --name a sleep 1000
  husk volume create v
  husk import "$SITE/rootfs" me/one:1 >/dev/null
  for listing in "ps -a" images "network ls" "volume ls" "history me/one:1" "top a" "config show" "system df"; do
    # shellcheck disable=SC2086
    husk $listing --format json | jq -es 'length == 1 and (.[0] | type == "array" and length > 0 and all(type == "object"))' || { echo "$listing"; false; }
    # shellcheck disable=SC2086
    husk $listing --format '{{json .}}' | jq -es 'length > 0'
    # shellcheck disable=SC2086
    refused "--format" "Nosuch" -- husk $listing --format '{{.Nosuch}}'
  done
  for listing in ps images "network ls" "volume ls"; do
    # shellcheck disable=SC2086
    [ "$(husk $listing -q | wc -l)" -ge 1 ]
  done
  husk stats --no-stream --format json | jq -e .Name
  husk info --format json | jq -e .NCPU
  [ "$(husk version --format '{{.Client.Version}}')" = "$(husk version --format json | jq -r .Client.Version)" ]
  husk rm -f a
  husk volume rm v
  husk rmi me/one:1
}

@test "system df counts; system prune removes what nothing needs, and no named volume" {
  husk import "$SITE/rootfs" me/one:1 >/dev/null
  box -d --name up sleep 1000
  husk run --net none --name over me/one:1 sh -c 'head -c 1000000 /dev/zero >/f'
  husk volume create v
  husk network create app
  [ "$(husk system df --format '{{.Type}} {{.TotalCount}} {{.Active}}' | paste -sd ,)" = "Images 1 1,Containers 2 1,Local Volumes 1 0" ]
  husk system df --format '{{.Type}} {{.Reclaimable}}' | grep -q 'Containers 1.*MB (100%)'
  refused "--force" -- husk system prune </dev/null
  husk system prune -f
  [ "$(husk ps -a --format '{{.Names}}')" = up ]
  [ "$(husk network ls -q)" = bridge ]
  [ "$(husk images -q | wc -l)" = 1 ]
  husk system prune -af
  [ -z "$(husk images -q)" ]
  [ "$(husk volume ls -q)" = v ]
  husk volume rm v
  husk rm -f up
}
