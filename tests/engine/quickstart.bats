#!/usr/bin/env bats
# quickstart.bats: what README's section on husk does, step by step, and looked at from outside: a
# web server with a published port and a directory of the host, from run to rm.
# shellcheck disable=SC2154,SC2314

load lib

setup() { engine_setup; }
teardown() {
  [ -z "${follower:-}" ] || kill "$follower" 2>/dev/null || true
  engine_teardown
}

WEB=http://127.0.0.1:8080

# What the server says, as soon as it is there.
get() { curl -s --retry 9 --retry-connrefused --retry-delay 1 "$WEB$1"; } # PATH

# On a terminal of script(1), on which nobody types: an end of the input would be typed, too.
on_terminal() { # LINE
  mkfifo "$WORK/keys"
  script -qec "$1" /dev/null <>"$WORK/keys"
}

@test "quick start: run --rm with limits and a host name: killed at 64 MiB; the image needs no registry" {
  [ -z "$(husk images -q)" ]
  # shellcheck disable=SC2016
  run husk run --rm -m 64M --cpu 25% --hostname demo busybox sh -c 'hostname; echo $$; tail /dev/zero'
  echo "$output"
  [ "$status" = 137 ]
  [ "${lines[0]}" = demo ] && [ "${lines[1]}" = 1 ]
  [ "$(husk images --format '{{.Repository}}:{{.Tag}}')" = busybox:latest ]
  [ "$(husk events --since 10m --no-follow --filter event=oom | wc -l)" = 1 ]
  [ -z "$(husk ps -aq)" ]
}

@test "quick start: a web server answers, is listed, followed, entered, measured, stopped, removed" {
  local id
  mkdir -p "$WORK/www"
  echo 'hello from a container' >"$WORK/www/index.html"
  id=$(husk run -d -p 8080:80 --name web -v "$WORK/www:/www:ro" busybox httpd -f -v -h /www)
  [[ $id =~ ^[0-9a-f]{64}$ ]]
  [ "$(get /)" = 'hello from a container' ]

  run husk ps
  echo "$output"
  [ ${#lines[@]} = 2 ]
  [[ ${lines[0]} =~ ^CONTAINER\ ID\ +IMAGE\ +COMMAND\ +CREATED\ +STATUS\ +PORTS\ +NAMES$ ]]
  [[ ${lines[1]} =~ ^${id:0:12}\ +busybox\ +\"httpd\ .*\ Up\ .*\ 0\.0\.0\.0:8080-\>80/tcp\ +web$ ]]

  # What is asked for now is in the log that is followed since before.
  "$HUSK" logs -f web >"$WORK/log" 2>&1 3>&- &
  follower=$!
  wait_for grep -q 'response:200' "$WORK/log"
  [[ $(get /nosuch) == *404* ]]
  wait_for grep -q 'response:404' "$WORK/log"
  is_alive "$follower"

  # The directory is the host's: what changes there is served, what changes it is refused.
  echo changed >"$WORK/www/index.html"
  [ "$(get /)" = changed ]
  run husk exec web sh -c 'echo mine >/www/index.html'
  [ "$status" != 0 ]
  [[ $output == *"Read-only file system"* ]]

  run on_terminal "'$HUSK' exec -it web sh -c 'tty; stty size; hostname; exit 3'"
  echo "$output"
  [ "$status" = 3 ]
  [[ $output == *"/dev/pts/"*"${id:0:12}"* ]]

  run husk stats --no-stream
  echo "$output"
  [ ${#lines[@]} = 2 ]
  [[ ${lines[0]} == "CONTAINER ID "*"NAME "*"CPU %"*"MEM USAGE / LIMIT"*"PIDS"* ]]
  [[ ${lines[1]} =~ ^${id:0:12}\ +web\ +[0-9.]+%\  ]]
  [ "$(husk stats --no-stream --format '{{.PIDs}}' web)" = 1 ]

  [ "$(husk stop --time 1 web)" = web ]
  wait "$follower"
  [[ $(husk ps -a --format '{{.Status}}') == "Exited (137)"* ]]
  run curl -s -m 5 "$WEB/"
  [ "$status" != 0 ]
  [ "$(husk logs web 2>&1 | grep -c response:)" = 3 ]
  [ "$(husk rm web)" = web ]
  [ -z "$(husk ps -aq)" ]
  [ "$(husk gc)" = "0 leftovers removed" ]
  [ "$(cat "$WORK/www/index.html")" = changed ]
}
