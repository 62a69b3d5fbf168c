#!/usr/bin/env bats
# network.bats: containers in networks: reached by address, by name, by published port, and not
# where they shall not be; and nothing is left of it. Runs in tests/lib/sandbox, which is the host.

# shellcheck disable=SC2016,SC2154,SC2314 # what is in single quotes is for a shell inside
bats_require_minimum_version 1.5.0
load lib

setup() {
  engine_setup
  [ "$(id -u)" = 0 ] || skip "needs root"
  KIT=$SITE/kit
  ours >"$WORK/before"
}

teardown() {
  local -a all
  mapfile -t all < <(husk ps -aq)
  [ ${#all[@]} = 0 ] || husk rm -f "${all[@]}" >/dev/null
  husk network prune -f >/dev/null
  [ ! -f "$WORK/outside" ] || remove_outside
  engine_teardown
}

# What the host has of ours: links, rules, leases, namespaces, mounts, switches.
ours() {
  ip -o link | cut -d: -f2 | grep -v '^ out' || true
  nft list ruleset
  find "$HUSK_STATE/leases" "$HUSK_STATE/netns" -mindepth 1 2>/dev/null || true
  grep -F "$HUSK_STATE/" /proc/self/mountinfo || true
  cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
}
as_before() { diff "$WORK/before" <(ours); }

detached() { # NAME OPTION... COMMAND...
  husk run -d --rootfs "$SITE/rootfs" --name "$@" >"$WORK/id"
}
sleeping() { # NAME [OPTION...]
  detached "$@" "$KIT/sleep" 1000
}
# A box whose port 80, and 53 of UDP, says its name and who asks.
serving() { # NAME [OPTION...]
  detached "$@" "$KIT/sh" -c "$KIT/net-serve tcp 0.0.0.0 80 $1; $KIT/net-serve udp 0.0.0.0 53 $1; exec $KIT/sleep 1000"
  wait_for fetch_from "$1" tcp 127.0.0.1 80
  wait_for fetch_from "$1" udp 127.0.0.1 53
}

# Who answers: "web from 10.89.0.1"; nothing, and failure, if nobody does.
fetch() { "$KIT/net-fetch" "$@" | sed -n 's/^ESCAPED //p' | grep .; }
fetch_from() { # BOX tcp|udp ADDRESS PORT
  husk exec "$1" "$KIT/net-fetch" "${@:2}" | sed -n 's/^ESCAPED //p' | grep .
}
answers() { # BOX COMMAND...
  run -0 "${@:2}"
  [[ $output == "$1 from "* ]] || { echo "$* said: $output"; false; }
}
silent() {
  run "$@"
  [ "$status" != 0 ] || { echo "$* said: $output"; false; }
}

address_of() { # BOX [NETWORK]
  husk inspect "$1" | jq -r --arg n "${2:-}" '.[0].NetworkSettings.Networks | to_entries[] | select($n == "" or .key == $n) | .value.IPAddress' | head -1
}

# Another machine on the host's network: 192.0.2.2 and 2001:db8::2; the host is .1.
outside() {
  unshare -n sleep 1000 &
  echo $! >"$WORK/outside"
  is_apart() { [ "$(readlink "/proc/$(cat "$WORK/outside")/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
  wait_for is_apart
  wait_for ip link add out0 type veth peer name eth0 netns "$(cat "$WORK/outside")"
  ip addr add 192.0.2.1/24 dev out0
  ip -6 addr add 2001:db8::1/64 dev out0 nodad
  ip link set out0 up
  out ip link set lo up
  out ip addr add 192.0.2.2/24 dev eth0
  out ip -6 addr add 2001:db8::2/64 dev eth0 nodad
  out ip link set eth0 up
}
remove_outside() {
  local process namespace
  namespace=$(readlink "/proc/$(cat "$WORK/outside")/ns/net")
  ip link delete out0
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/ns/net" || true)" != "$namespace" ] || kill "${process#/proc/}"
  done
}
out() { nsenter -t "$(cat "$WORK/outside")" -n "$@"; }
fetch_outside() { out "$KIT/net-fetch" "$@" | sed -n 's/^ESCAPED //p' | grep .; }

@test "network: the default one: an address, a default route, the host and neighbours are reached" {
  serving web
  sleeping other
  run -0 husk exec other "$KIT/ip" route
  [ "${lines[0]}" = "default via 10.89.0.1 dev eth0 " ]
  answers web fetch tcp "$(address_of web)" 80
  answers web fetch_from other tcp "$(address_of web)" 80
  run -0 husk exec other "$KIT/cat" /etc/hosts
  [[ $output == *"$(address_of other)"$'\t'*other* && $output != *web* ]]
}

@test "network: a named one: by name, alias and short ID; its hosts files change while boxes run" {
  husk network create app
  sleeping first --net app
  husk exec first "$KIT/sh" -c 'echo 192.0.2.9 mine >>/etc/hosts'
  serving web --net app --network-alias db
  for name in web db "$(head -c 12 "$WORK/id")"; do
    run -0 husk exec first "$KIT/nc" -w 3 "$name" 80 </dev/null
    [[ $output == "web from "* ]]
  done
  husk rm -f web
  silent husk exec first "$KIT/grep" web /etc/hosts
  husk exec first "$KIT/grep" mine /etc/hosts
}

@test "network: between two of them there is no way, but by published ports" {
  husk network create app
  husk network create other
  serving web --net app -p 8080:80
  sleeping far --net other
  sleeping near
  for from in far near; do
    silent fetch_from "$from" tcp "$(address_of web)" 80
    answers web fetch_from "$from" tcp "$(husk network inspect -f '{{.Gateway}}' app)" 8080
  done
}

@test "network: -p: 127.0.0.1, the host's addresses, another machine, a neighbour, itself; TCP and UDP" {
  outside
  serving web -p 8080:80 -p 5353:53/udp
  sleeping other
  for address in 127.0.0.1 192.0.2.1 10.89.0.1; do
    answers web fetch tcp $address 8080
    answers web fetch udp $address 5353
  done
  for box in other web; do
    for address in 192.0.2.1 10.89.0.1; do
      answers web fetch_from $box tcp $address 8080
      answers web fetch_from $box udp $address 5353
    done
  done
  run -0 fetch_outside tcp 192.0.2.1 8080
  [ "$output" = "web from 192.0.2.2" ] # who asks is seen as he is
  run -0 fetch_outside udp 192.0.2.1 5353
  [ "$output" = "web from 192.0.2.2" ]
}

@test "network: -p on one address, ranges, and a port that is chosen" {
  outside
  serving web -p 127.0.0.1:8080:80 -p 192.0.2.1:8081:80 -p 9000-9002:79-81 -p 80
  answers web fetch tcp 127.0.0.1 8080
  silent fetch tcp 192.0.2.1 8080
  silent fetch_outside tcp 192.0.2.1 8080
  answers web fetch_outside tcp 192.0.2.1 8081
  silent fetch tcp 127.0.0.1 8081
  answers web fetch tcp 127.0.0.1 9001
  run -0 husk port web 80
  answers web fetch tcp 127.0.0.1 "$(sed -n 's/^0\.0\.0\.0://p' <<<"$output" | grep -vxE '9001' | tail -1)"
}

@test "network: -P and --expose: ports that are chosen" {
  serving web -P --expose 80 --expose 53/udp
  run -0 husk port web
  [ ${#lines[@]} -ge 2 ]
  answers web fetch tcp 127.0.0.1 "$(husk port web 80/tcp | sed -n 's/^0\.0\.0\.0://p')"
  run -125 husk run --rm --rootfs "$SITE/rootfs" --expose 80:80 "$KIT/true"
  [[ $output == *"--expose 80:80"* ]]
  run -0 husk run --rm --rootfs "$SITE/rootfs" --expose 80 "$KIT/true"
}

@test "network: two at the start: refused, with the way to have both" {
  husk network create one >/dev/null
  run -125 husk run --rm --rootfs "$SITE/rootfs" --net one --network bridge "$KIT/true"
  [[ $output == *"husk network connect bridge"* ]]
  [ ${#lines[@]} = 1 ]
  husk network rm one
}

@test "network: a port that is taken: by whom, and nothing is left of the one that wanted it" {
  serving web -p 8080:80
  ours >"$WORK/before"
  run -125 husk run --rm --rootfs "$SITE/rootfs" -p 8000:80 -p 8080:80 "$KIT/true"
  [[ $output == *"container web has published tcp port 8080 already"* ]]
  run -125 husk run --rm --rootfs "$SITE/rootfs" -p 127.0.0.1:8080:80 "$KIT/true"
  [[ $output == *"container web has published tcp port 8080 already"* ]]
  "$KIT/net-serve" tcp 127.0.0.1 7777 host >"$WORK/server"
  run -125 husk run --rm --rootfs "$SITE/rootfs" -p 7777:80 "$KIT/true"
  kill "$(sed -n 's/^SERVING //p' "$WORK/server")"
  [[ $output == *"a program of this machine uses tcp port 7777"* ]]
  run -125 husk run --rm --rootfs "$SITE/rootfs" -p 192.0.2.77:80:80 "$KIT/true"
  [[ $output == *"this machine has no address 192.0.2.77"* ]]
  as_before
  husk run --rm --rootfs "$SITE/rootfs" -p 8080:80/udp "$KIT/true"
}

@test "network: what is not published is not reached through the host, nor the host's 127.0.0.1: CVE-2020-8558" {
  outside
  serving web -p 8080:80 --cap-add NET_ADMIN
  out ip route add 10.0.0.0/8 via 192.0.2.1
  silent fetch_outside tcp "$(address_of web)" 80
  answers web fetch_outside tcp 192.0.2.1 8080
  "$KIT/net-serve" tcp 127.0.0.1 7777 host >"$WORK/server"
  husk exec web "$KIT/sh" -c "$KIT/ip addr del 127.0.0.1/8 dev lo; $KIT/ip route add 127.0.0.0/8 via 10.89.0.1"
  silent fetch_from web tcp 127.0.0.1 7777
  kill "$(sed -n 's/^SERVING //p' "$WORK/server")"
}

@test "network: out by the host's address" {
  outside
  out "$KIT/net-serve" tcp 0.0.0.0 80 there >/dev/null
  sleeping web
  run -0 fetch_from web tcp 192.0.2.2 80
  [ "$output" = "there from 192.0.2.1" ]
}

@test "network: --internal: neighbours, but no way out, even with a route, and no ports" {
  outside
  out "$KIT/net-serve" tcp 0.0.0.0 80 there >/dev/null
  husk network create --internal inside
  serving web --net inside
  sleeping other --net inside --cap-add NET_ADMIN
  answers web fetch_from other tcp "$(address_of web)" 80
  silent husk exec other "$KIT/ip" route get 192.0.2.2
  husk exec other "$KIT/ip" route add default via "$(husk network inspect -f '{{.Gateway}}' inside)"
  silent fetch_from other tcp 192.0.2.2 80
  run -0 husk exec other "$KIT/cat" /etc/resolv.conf
  [[ $output != nameserver* ]]
  run -125 husk run --rm --net inside -p 80:80 --rootfs "$SITE/rootfs" "$KIT/true"
  [[ $output == *"network 'inside' is internal"* ]]
}

@test "network: --isolate: the host and what is outside, but no neighbours" {
  outside
  out "$KIT/net-serve" tcp 0.0.0.0 80 there >/dev/null
  husk network create --isolate iso
  serving web --net iso -p 8080:80
  sleeping other --net iso
  silent fetch_from other tcp "$(address_of web)" 80
  answers there fetch_from other tcp 192.0.2.2 80
  answers web fetch tcp "$(address_of web)" 80
}

# What http://[HOST]:PORT/ says.
page() { # HOST PORT [out]
  ${3:-} timeout 60 bash -c 'exec 3<>"/dev/tcp/$0/$1"; printf "GET / HTTP/1.0\r\n\r\n" >&3; tail -1 <&3' "$1" "$2"
}

@test "network: IPv6: addresses, names, out, ports, and no router advertisements: CVE-2020-13401" {
  outside
  mkdir "$WORK/www"
  echo "page" >"$WORK/www/index.html"
  husk network create --ipv6 six
  detached web --net six -p 8080:80 -p '[2001:db8::1]:8081:80' -v "$WORK/www:/www:ro" "$KIT/httpd" -f -p '[::]:80' -h /www
  sleeping other --net six
  six=$(husk exec other "$KIT/sed" -n 's/^\(fd.*\)\tweb.*/\1/p' /etc/hosts)
  wait_for page "$six" 80
  [ "$(page "$six" 80)" = page ]
  [ "$(husk exec other "$KIT/wget" -qO- "http://[$six]/")" = page ]
  [ "$(page 2001:db8::1 8080 out)" = page ]
  [ "$(page 2001:db8::1 8081 out)" = page ]
  [ "$(page 127.0.0.1 8080)" = page ]
  run page ::1 8080
  [ "$status" = 1 ] # refused at once, so that clients go on to 127.0.0.1
  out "$KIT/httpd" -p '[::]:80' -h "$WORK/www"
  [ "$(husk exec other "$KIT/wget" -qO- 'http://[2001:db8::2]/')" = page ]
  [ "$(cat /proc/sys/net/ipv6/conf/husk1/accept_ra)" = 0 ]
  [ "$(husk exec other "$KIT/cat" /proc/sys/net/ipv6/conf/eth0/accept_ra)" = 0 ]
  [ "$(cat /proc/sys/net/ipv6/conf/out0/accept_ra)" = 2 ] # the host goes on listening to its own router
  husk rm -f web other
  [ "$(cat /proc/sys/net/ipv6/conf/out0/accept_ra)" = 1 ]
  as_before
}

@test "network: without IPv6 there is no address of it" {
  sleeping web
  run -0 husk exec web "$KIT/ip" -6 addr show dev eth0
  [ -z "$output" ]
  run -0 ip -6 addr show dev husk0
  [ -z "$output" ]
}

@test "network: none, host, container:NAME" {
  run -0 husk run --rm --net none --rootfs "$SITE/rootfs" "$KIT/ip" -o link
  [[ ${#lines[@]} = 1 && $output == *" lo:"* ]]
  run -0 husk run --rm --net host --rootfs "$SITE/rootfs" "$KIT/readlink" /proc/self/ns/net
  [ "$output" = "$(readlink /proc/self/ns/net)" ]
  serving web
  run -0 husk run --rm --net container:web --rootfs "$SITE/rootfs" "$KIT/net-fetch" tcp 127.0.0.1 80
  [[ $output == *"ESCAPED web from 127.0.0.1"* ]]
  husk stop -t 0 web
  run -125 husk run --rm --net container:web --rootfs "$SITE/rootfs" "$KIT/true"
  [[ $output == *"container web does not run"* ]]
  run -0 husk run --name held --net host -p 80:80 --rootfs "$SITE/rootfs" "$KIT/true"
  [[ $output == *"-p: with --net host no port is published"* ]]
  [ -z "$(husk ps -a --filter name=held --format '{{.Ports}}')" ]
  run -125 husk run --rm --net nope --rootfs "$SITE/rootfs" "$KIT/true"
  [[ $output == *"no such network: nope"* ]]
}

@test "network connect, disconnect: of a box that runs" {
  husk network create app
  serving web
  sleeping other --net app
  silent husk exec other "$KIT/grep" web /etc/hosts
  husk network connect --alias db app web
  answers web fetch_from other tcp "$(husk exec other "$KIT/awk" '/ db / { print $1 }' /etc/hosts)" 80
  [ "$(husk network inspect app | jq -r '[.[0].Containers[].Name] | sort | join(" ")')" = "other web" ]
  run -125 husk network connect app web
  [[ $output == *"container web is in network 'app' already"* ]]
  husk network disconnect bridge web
  run -0 husk exec web "$KIT/ip" route
  [ "${lines[0]}" = "default via 10.90.0.1 dev eth1 " ]
  husk network disconnect app web
  silent husk exec other "$KIT/grep" web /etc/hosts
  silent husk exec web "$KIT/ip" link show eth1
  run -125 husk network disconnect app web
  [[ $output == *"container web is not in network 'app'"* ]]
  husk network connect app web # it is in none, and back again
  answers web fetch_from other tcp "$(husk exec other "$KIT/awk" '/\tweb / { print $1 }' /etc/hosts)" 80
  husk restart -t 0 web
  [ -n "$(address_of web app)" ]
}

@test "network: what was connected is so again after stop and start" {
  husk network create app
  serving web
  husk network connect app web
  husk stop -t 0 web
  [ "$(address_of web)" = "" ] || [ "$(address_of web)" = null ]
  husk start web
  [ "$(husk exec web "$KIT/ip" -o link | wc -l)" = 3 ]
  answers web fetch tcp "$(address_of web bridge)" 80
}

@test "network create, ls, inspect, rm, prune" {
  husk network create --label tier=front --subnet 10.77.3.0/24 --gateway 10.77.3.9 app
  husk network create second
  [ "$(husk network ls -q | tr '\n' ' ')" = "bridge app second " ]
  [ "$(husk network ls -q --filter label=tier=front)" = app ]
  [ "$(husk network inspect -f '{{.Subnet}} {{.Gateway}} {{.Bridge}}' app)" = "10.77.3.0/24 10.77.3.9 husk1" ]
  husk network ls --format json | jq -e '.[1].Name == "app" and .[1].Internal == false' >/dev/null
  sleeping web --net app
  [ "$(husk exec web "$KIT/ip" route | head -1)" = "default via 10.77.3.9 dev eth0 " ]
  run -125 husk network rm app
  [[ $output == *"network 'app' is used by web"* ]]
  [ "$(husk network prune -f)" = second ]
  husk rm -f web
  [ "$(husk network rm app)" = app ]
  run -125 husk network rm bridge
  [[ $output == *"stays"* ]]
  run -125 husk network rm app
  [[ $output == *"no such network: app"* ]]
  husk network rm -f app
}

@test "network create --opt mtu: of both ends of the cable, and of the bridge" {
  husk network create -o com.docker.network.driver.mtu=1400 small
  sleeping web --net small
  husk exec web "$KIT/ip" link show eth0 | grep "mtu 1400"
  ip link show husk1 | grep "mtu 1400"
  [ "$(husk network inspect --format '{{.Mtu}}' small)" = 1400 ]
  refused "mtu=N" -- husk network create --opt mtu=500 less
  refused "mtu=N" -- husk network create --opt vlan=5 other
}

@test "network create: what cannot be is refused with a line that names it" {
  husk network create --subnet 10.77.0.0/16 app
  refused() { # TEXT OPTION...
    run -125 husk network create "${@:2}"
    [[ ${#lines[@]} = 1 && $output == *"$1"* ]] || { echo "$* said: $output"; return 1; }
  }
  refused "network 'app' exists already" app
  refused "subnet 10.77.8.0/24 overlaps with network 'app'" --subnet 10.77.8.0/24 x
  refused "10.78.0.0/16, perhaps?" --subnet 10.78.0.1/16 x
  refused "127.0.0.0/8" --subnet 127.0.0.0/8 x
  refused "10.78.0.0/33" --subnet 10.78.0.0/33 x
  refused "gateway 10.79.0.1 is no host's address" --subnet 10.78.0.0/24 --gateway 10.79.0.1 x
  refused "gateway 10.78.0.255" --subnet 10.78.0.0/24 --gateway 10.78.0.255 x
  refused "one of each family" --subnet 10.78.0.0/24 --subnet 10.79.0.0/24 x
  refused "has a meaning for --net" host
  refused "a/b" a/b
  refused "there is only bridge" --driver macvlan x
  ip addr add 10.66.0.1/24 dev lo
  refused "an interface of this machine" --subnet 10.66.0.0/16 x
  ip addr del 10.66.0.1/24 dev lo
}

@test "network: resolv.conf: the host's nameservers but those of its loopback; --dns" {
  printf 'nameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver fd00::53\nsearch example.org\noptions ndots:2\n' >"$WORK/resolv"
  mount --bind "$WORK/resolv" /etc/resolv.conf
  run -0 husk run --rm --rootfs "$SITE/rootfs" "$KIT/cat" /etc/resolv.conf
  [ "$output" = $'search example.org\noptions ndots:2\nnameserver 192.0.2.53' ]
  run -0 husk run --rm --rootfs "$SITE/rootfs" --dns 198.51.100.1 "$KIT/cat" /etc/resolv.conf
  [[ $output == *"nameserver 198.51.100.1" && $output != *192.0.2.53* ]]
  run -0 husk run --rm --net host --rootfs "$SITE/rootfs" "$KIT/cat" /etc/resolv.conf
  [[ $output == *"nameserver 127.0.0.53"* ]]
  umount /etc/resolv.conf
}

@test "network: --add-host, --hostname" {
  run -0 husk run --rm --rootfs "$SITE/rootfs" --hostname me --add-host db:192.0.2.9 --add-host web=192.0.2.8 --add-host gate:host-gateway "$KIT/cat" /etc/hosts
  [[ $output == *$'192.0.2.9\tdb\n192.0.2.8\tweb\n'* && $output == *$'10.89.0.1\tgate\n'* && $output == *$'10.89.0.2\tme '* ]]
  run -125 husk run --rm --rootfs "$SITE/rootfs" --add-host db:nowhere "$KIT/true"
  [[ $output == *"--add-host"* && $output == *"db:nowhere"* ]]
  as_before
}

@test "network: fifty at once have fifty addresses, and answer; nothing is left of them" {
  for i in {1..50}; do
    husk run -d --rootfs "$SITE/rootfs" --name "c$i" -p $((20000 + i)):80 "$KIT/sh" -c \
      "$KIT/net-serve tcp 0.0.0.0 80 c$i; exec $KIT/sleep 1000" >/dev/null 2>>"$WORK/errors" &
  done
  wait
  [ ! -s "$WORK/errors" ] || cat "$WORK/errors"
  [ "$(husk network inspect bridge | jq -r '.[0].Containers[].IPv4Address' | sort -u | wc -l)" = 50 ]
  for i in {1..50}; do
    wait_for fetch tcp 127.0.0.1 $((20000 + i))
    answers "c$i" fetch tcp 127.0.0.1 $((20000 + i))
  done
  mapfile -t all < <(husk ps -q)
  printf '%s\n' "${all[@]}" | xargs -P 8 -n 5 "$HUSK" rm -f >/dev/null
  as_before
}

@test "network: the first comes while the last leaves: no start fails, nothing is left" {
  for lane in 1 2 3 4; do
    for _ in {1..6}; do
      husk run --rm --rootfs "$SITE/rootfs" -p $((9000 + lane)):80 "$KIT/ip" route 2>&1 | grep -v '^10.89.0.0/16'
    done &
  done >"$WORK/out"
  wait
  [ "$(sort "$WORK/out" | uniq -c | awk '{ $1 = $1 } 1')" = "24 default via 10.89.0.1 dev eth0" ]
  as_before
}

@test "network: rules that somebody has flushed are there again with the next box" {
  serving web -p 8080:80
  nft flush ruleset
  silent fetch tcp 127.0.0.1 8080
  sleeping other
  answers web fetch tcp 127.0.0.1 8080
}

@test "network: gc puts back what somebody has flushed, deleted in part, or switched off" {
  serving web -p 8080:80
  nft flush ruleset
  [ "$(husk gc)" = "0 leftovers removed" ]
  answers web fetch tcp 127.0.0.1 8080
  nft flush chain inet husk own
  echo 0 >/proc/sys/net/ipv4/ip_forward
  silent fetch tcp 127.0.0.1 8080
  husk gc --dry-run
  silent fetch tcp 127.0.0.1 8080
  husk gc
  answers web fetch tcp 127.0.0.1 8080
  [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
  husk rm -f web
  as_before
}

@test "network: info names the chain of somebody else that drops what is forwarded" {
  [[ $(husk info) == *"Firewall: nobody else drops"* ]]
  nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'
  [[ $(husk info) == *"Firewall: chain FORWARD of table ip filter drops"* ]]
  nft delete table ip filter
}

@test "network: somebody else's husk0 is not touched" {
  ip link add husk0 type bridge
  run -125 husk run --rm --rootfs "$SITE/rootfs" "$KIT/true"
  [[ $output == *"an interface husk0 exists, whose is it?"* ]]
  ip link delete husk0
  as_before
}

@test "network: another state directory has its networks here: refused, with its name; --net none does without" {
  serving web -p 8080:80
  nft list ruleset >"$WORK/rules"
  other() { HUSK_DATA=$WORK/other-data HUSK_STATE=$WORK/other-state husk "$@"; }
  other network create app
  for net in bridge app; do
    run -125 other run --rm --net $net --rootfs "$SITE/rootfs" "$KIT/true"
    [[ $output == *"HUSK_STATE=$HUSK_STATE husk ps"* ]] || { echo "$output"; false; }
  done
  other run --rm --net none --rootfs "$SITE/rootfs" "$KIT/true"
  other gc
  diff "$WORK/rules" <(nft list ruleset)
  answers web fetch tcp 127.0.0.1 8080
  husk rm -f web
  other run --rm --net app --rootfs "$SITE/rootfs" "$KIT/true"
  as_before
  rm -rf "$WORK"/other-*
}

@test "network: a subnet that has a route of this machine is not chosen, and refused; a wider route is none of ours" {
  ip route add blackhole 10.0.0.0/8
  ip route add blackhole 10.90.0.0/25
  husk network create free
  [ "$(husk network inspect --format '{{.Subnet}}' free)" = 10.90.1.0/24 ]
  refused 10.90.0.0/24 "a route of this machine" -- husk network create --subnet 10.90.0.0/24 taken
  ip route add blackhole 10.90.1.128/25
  refused 10.90.1.0/24 "ip route" -- husk run --rm --net free --rootfs "$SITE/rootfs" "$KIT/true"
  ip route del blackhole 10.90.1.128/25
  husk run --rm --net free --rootfs "$SITE/rootfs" "$KIT/true"
  ip route del blackhole 10.90.0.0/25
  ip route del blackhole 10.0.0.0/8
  as_before
}

@test "network: all processes killed, then gc: links, rules, leases, namespaces and mounts are gone" {
  husk network create --ipv6 app
  sleeping one --net app -p 8080:80
  sleeping two
  # shellcheck disable=SC2046 # numbers, in the sandbox's own PID namespace
  kill -9 $(pgrep -x husk-monitor) "$(pid_of one)" "$(pid_of two)"
  wait_for no_monitors
  husk gc
  husk rm -f one two
  as_before
}

@test "network: husk killed at any of its steps, then gc: nothing is left" {
  husk network create --ipv6 app
  for call in symlinkat sendto mount clone unlinkat mkdirat; do
    for k in 1 2 3 5 8 13 21; do
      strace -o /dev/null -e "inject=$call:signal=SIGKILL:when=$k" husk run --rm --name web --net app -p 8080:80 --rootfs "$SITE/rootfs" "$KIT/true" >/dev/null 2>&1 &
      wait $! || true
      husk gc >/dev/null
      husk rm -f web >/dev/null 2>&1 || true
      as_before || { echo "$call $k"; false; }
    done
  done
}

@test "network: UDP: a client that goes on sending from one port reaches who has the port now" {
  outside
  # One socket, so one port: what is read from standard input makes it ask.
  coproc client { out bash -c 'exec 3<>/dev/udp/192.0.2.1/5353
    while read -r _; do echo 2>/dev/null >&3; timeout 1 head -n 1 2>/dev/null <&3 || echo nobody; done'; }
  says() { # EXPECTED
    local answer
    for _ in {1..20}; do # the first may be told that nobody was there before
      echo >&"${client[1]}"
      read -r -t 60 answer <&"${client[0]}"
      [[ $answer != "$1"* ]] || return 0
    done
    echo "said: $answer, not $1"
    return 1
  }
  says nobody # connection tracking knows the flow from here on
  serving one -p 5353:53/udp
  says one
  husk rm -f one
  sleeping between # gets the address
  says nobody
  serving two -p 5353:53/udp
  says two
}
