# shellcheck shell=bash disable=SC2034,SC2154,SC2016 # out, OPTIONS, text for shells inside: lib/cell.bash
# What phase 08 promises: a network of its own, and no more of the host's than was published.

# Starts net-serve of the kit, as the network of process PID has it, or on this side; sets $server.
serve_in() { # PID KIND ADDRESS PORT TEXT
  nsenter -t "$1" -n "$SITE/kit/net-serve" "${@:2}" >"$SITE/tmp/out"
  server=$(sed -n 's/^SERVING //p' "$SITE/tmp/out")
  [ -n "$server" ] || { status='' err=$(<"$SITE/tmp/out"); never_started; }
}
serve() { serve_in $$ "$@"; } # KIND ADDRESS PORT TEXT

end_server() {
  kill "$server"
  while [ -e "/proc/$server" ]; do sleep 0.02; done
}

# What net-fetch gets, on this side, or in the network of another process.
fetch() { "$SITE/kit/net-fetch" "$@" | tail -n +2; }
fetch_in() { # PID ...
  local pid=$1
  shift
  nsenter -t "$pid" -n "$SITE/kit/net-fetch" "$@" | tail -n +2
}

# Containers that stay until `down`: each runs shell TEXT, says STARTED and waits for the end of
# its standard input. Sets $newest, the pid of the husk
# that runs the last one.
holds=() husks=() ups=()
up() { # NAME TEXT OPTION...
  local place=$SITE/tmp/$1 text=$2 fd
  mkdir "$place"
  mkfifo "$place/hold"
  OPTIONS=("--name=$1" "${@:3}")
  build_call "$SITE/kit/busybox" sh -c "PATH=$SITE/kit; $text
echo STARTED; read -r _"
  OPTIONS=()
  "${call[@]}" <"$place/hold" >"$place/out" 2>"$place/err" &
  newest=$!
  exec {fd}>"$place/hold"
  holds+=("$fd") husks+=("$newest") ups+=("$place")
  for _ in {1..200}; do
    ! grep -q STARTED "$place/out" || return 0
    kill -0 "$newest" 2>/dev/null || break
    sleep 0.05
  done
  status='' err=$(<"$place/err")
  down
  never_started
}

# Ends them, the last first: it has inherited what the others wait for.
down() {
  local i fd
  for ((i = ${#holds[@]} - 1; i >= 0; i--)); do
    fd=${holds[i]}
    exec {fd}>&-
    wait "${husks[i]}" 2>/dev/null || true
    rm -rf "${ups[i]}"
  done
  holds=() husks=() ups=()
}

# Process 1 of a container that is up, as it is seen from here.
init_of() { pgrep -P "$1" -f "^$SITE/kit/busybox sh -c PATH="; } # PID OF HUSK

# The address of a container that is up, by its hosts file.
address_of() { awk '$2 == "husk" { print $1 }' "/proc/$(init_of "$1")/root/etc/hosts"; } # PID OF HUSK

# Another machine, 192.0.2.2, and the host is 192.0.2.1 to it. Sets $outside, a process there.
make_outside() {
  unshare -n "$SITE/kit/sleep" 1000 &
  outside=$!
  until [ "$(readlink "/proc/$outside/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
  ip link add outside0 type veth peer name eth0 netns "$outside"
  ip addr add 192.0.2.1/24 dev outside0
  ip link set outside0 up
  nsenter -t "$outside" -n sh -c 'ip link set lo up; ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up'
}

remove_outside() {
  ip link del outside0
  kill "$outside"
  wait "$outside" 2>/dev/null || true
}

# What a network leaves: devices, rules, switches, leases.
network_state() {
  ip -o link | cut -d: -f2 | sed 's/^/link/'
  nft list ruleset 2>/dev/null
  echo "ip_forward $(</proc/sys/net/ipv4/ip_forward)"
  find "${HUSK_STATE:-/run/husk-course}/net" 2>/dev/null
  true
}

check_net_loopback() {
  local port=$((RANDOM % 20000 + 20000))
  serve tcp 127.0.0.1 $port "$TOKEN"
  attack net-fetch tcp 127.0.0.1 $port
  end_server
  is_token_safe
}

check_net_abstract() {
  local name=husk-test-$RANDOM
  serve abstract - $name "$TOKEN"
  attack net-fetch abstract - $name
  end_server
  is_token_safe
}

check_net_own_devices() {
  ip link add canary0 type bridge
  inside 'cat /proc/net/dev; ls /sys/class/net'
  ip link del canary0
  explain "$out"
  [[ $out == *lo:* && $out != *canary0* ]]
}

check_net_own_loopback() {
  inside 'mkdir -p /dev/shm/www; echo own >/dev/shm/www/index.html
    httpd -p 127.0.0.1:81 -h /dev/shm/www && wget -qO- http://127.0.0.1:81/
    httpd -p "[::1]:82" -h /dev/shm/www && wget -qO- "http://[::1]:82/"
    wget -qO- http://localhost:81/; rm -r /dev/shm/www'
  explain "$out $err"
  [ "$out" = $'own\nown\nown' ]
}

check_net_eth0() {
  inside 'ip addr show eth0; ip route'
  explain "$out"
  [[ $out == *"UP"*"inet 10.87.0.2/24"* && $out == *"default via 10.87.0.1 dev eth0"* ]] || return 1
  OPTIONS=(--subnet=172.30.8.0/29)
  inside 'ip addr show eth0; ip route'
  explain "with --subnet: $out"
  [[ $out == *"inet 172.30.8.2/29"*"default via 172.30.8.1 dev eth0"* ]]
}

check_net_publish() {
  local address seen=()
  make_outside
  up web 'net-serve tcp 0.0.0.0 80 from-web' -p 8080:80 --publish=8081:80/tcp
  address=$(address_of "$newest")
  up other ''
  seen=("$(fetch tcp 127.0.0.1 8080)" "$(fetch tcp 10.87.0.1 8081)" "$(fetch tcp 192.0.2.1 8080)" "$(fetch tcp "$address" 80)"
    "$(fetch_in "$outside" tcp 192.0.2.1 8080)" "$(fetch_in "$(init_of "${husks[1]}")" tcp 10.87.0.1 8080)"
    "$(fetch_in "$(init_of "${husks[0]}")" tcp 10.87.0.1 8080)")
  down
  remove_outside
  explain "${seen[*]}"
  [ "$(printf '%s\n' "${seen[@]}" | grep -c '^ESCAPED from-web')" = 7 ] && [[ ${seen[4]} == *"from 192.0.2.2" ]]
}

check_net_publish_udp() {
  local seen=()
  make_outside
  up web 'net-serve udp 0.0.0.0 53 from-web' -p 5353:53/udp
  seen=("$(fetch udp 127.0.0.1 5353)" "$(fetch udp 10.87.0.1 5353)" "$(fetch_in "$outside" udp 192.0.2.1 5353)")
  down
  remove_outside
  explain "${seen[*]}"
  [ "$(printf '%s\n' "${seen[@]}" | grep -c '^ESCAPED from-web')" = 3 ]
}

check_net_port_taken() {
  local result=0
  up web '' -p 8080:80
  OPTIONS=(-p 8080:81)
  is_refused 125 'container web' launch true || result=1
  OPTIONS=(-p 8080:81/udp)
  inside true
  serve tcp 127.0.0.1 8090 x
  OPTIONS=(-p 8090:81)
  is_refused 125 'a program' launch true || result=1
  end_server
  down
  OPTIONS=(-p 8080:81)
  inside true
  return $result
}

# As kube-proxy and others set it, so that the kernel itself no longer refuses.
check_net_publish_loopback() {
  local seen=()
  make_outside
  echo 1 >/proc/sys/net/ipv4/conf/outside0/route_localnet
  nsenter -t "$outside" -n sh -c 'ip addr del 127.0.0.1/8 dev lo; ip route add 127.0.0.1 via 192.0.2.1
    echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet'
  up web 'net-serve tcp 0.0.0.0 80 $TOKEN' -p 8080:80 "--env=TOKEN=$TOKEN"
  serve tcp 127.0.0.1 8091 "$TOKEN"
  # Out of the bridge, as one that has the rights in there could.
  nsenter -t "$(init_of "$newest")" -n sh -c 'ip addr del 127.0.0.1/8 dev lo; ip route add 127.0.0.1 via 10.87.0.1
    echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet'
  seen=("$(fetch tcp 127.0.0.1 8080)" "$(fetch_in "$outside" tcp 127.0.0.1 8080)"
    "$(fetch_in "$(init_of "$newest")" tcp 127.0.0.1 8080)" "$(fetch_in "$(init_of "$newest")" tcp 127.0.0.1 8091)")
  end_server
  down
  remove_outside
  explain "${seen[*]}"
  [[ ${seen[0]} == *"$TOKEN"* ]] && [[ ${seen[*]:1} != *"$TOKEN"* ]]
}

check_net_neighbours() {
  local address
  up web 'net-serve tcp 0.0.0.0 80 from-web'
  address=$(address_of "$newest")
  OPTIONS=(--cap-add=NET_RAW)
  inside "net-fetch tcp $address 80; ping -c 1 -W 3 $address; ping -c 1 -W 3 10.87.0.1"
  down
  explain "$out $err"
  [[ $out == *"ESCAPED from-web"* && $(grep -c ' 0% packet loss' <<<"$out") = 2 ]]
}

check_net_outside() {
  make_outside
  serve_in "$outside" tcp 0.0.0.0 80 outer
  inside 'net-fetch tcp 192.0.2.2 80'
  end_server
  remove_outside
  explain "$out $err"
  [[ $out == *"outer from 192.0.2.1"* ]] # the host's address: nobody out there knows 10.87.0.2
}

check_net_files() {
  local before after
  before=$(sha256sum "$SITE/rootfs/etc/"{hosts,hostname,resolv.conf})
  OPTIONS=(--hostname=box --dns=192.0.2.53 --dns=192.0.2.54 --read-only)
  inside 'cat /etc/hosts /etc/hostname /etc/resolv.conf; echo 192.0.2.7 more >>/etc/hosts; grep -c more /etc/hosts'
  after=$(sha256sum "$SITE/rootfs/etc/"{hosts,hostname,resolv.conf})
  explain "$out $err"
  [ "$before" = "$after" ] && grep -q $'^127.0.0.1\tlocalhost' <<<"$out" && grep -q $'\tbox$' <<<"$out" && grep -qx box <<<"$out" &&
    [[ $out == *$'nameserver 192.0.2.53\nnameserver 192.0.2.54\n1' ]] || return 1
  mv "$SITE/rootfs/etc/hosts" "$SITE/tmp/hosts"
  ln -s /nowhere "$SITE/rootfs/etc/hosts"
  OPTIONS=(-v "$SITE/rootfs/etc/hostname:/etc/resolv.conf")
  inside '[ -e /etc/hosts ] || echo none; cmp /etc/resolv.conf /etc/hostname || cat /etc/resolv.conf'
  mv "$SITE/tmp/hosts" "$SITE/rootfs/etc/hosts"
  explain "no hosts file, own resolv.conf: $out"
  [[ $out == none* && $out != *nameserver* ]]
}

check_net_nameservers() {
  printf 'nameserver 127.0.0.53\nnameserver ::1\nnameserver 192.0.2.99\n' >"$SITE/tmp/resolv"
  mount --bind "$SITE/tmp/resolv" /etc/resolv.conf
  inside 'cat /etc/resolv.conf'
  umount /etc/resolv.conf
  rm "$SITE/tmp/resolv"
  explain "$out"
  [ "$out" = 'nameserver 192.0.2.99' ]
}

check_net_none() {
  OPTIONS=(--net=none)
  inside 'cat /proc/net/dev; ip addr show lo; ip route; net-fetch tcp 10.87.0.1 80'
  explain "$out"
  [[ $out == *"127.0.0.1/8"* && $out != *eth0* && $out != *default* && $out == *"Network is unreachable"* ]] &&
    [ ! -e /sys/class/net/huskc0 ]
}

check_net_host() {
  local port=$((RANDOM % 20000 + 20000))
  serve tcp 127.0.0.1 $port "$TOKEN"
  OPTIONS=(--net=host)
  inside "readlink /proc/self/ns/net; net-fetch tcp 127.0.0.1 $port"
  end_server
  explain "$out"
  [[ $out == "$(readlink /proc/self/ns/net)"* && $out == *"$TOKEN"* ]]
}

check_net_strict_values() {
  local value
  inside true
  for value in --net=x --net= --net=Bridge --net=container:x --publish=x --publish= --publish=80 --publish=0:80 --publish=80:0 \
    --publish=70000:1 --publish=1:65536 --publish=80:80:80 --publish=80:80/sctp --publish=80:80/ --publish=-1:80 \
    --publish=' 80:80' --publish=80:80/udpx --publish=80: --publish=:80 --publish=127.0.0.1:80:80 \
    --dns=foo --dns= --dns=1.2.3 --dns=256.1.1.1 --dns=::1 --dns=1.2.3.4x --dns=01.2.3.4 \
    --subnet=x --subnet=10.87.0.0 --subnet=10.87.0.0/ --subnet=10.87.0.0/24x --subnet=10.87.0.1/24 --subnet=10.0.0.0/7 \
    --subnet=10.87.0.0/31 --subnet=10.87.0/24 --subnet=127.0.0.0/8 --subnet=240.0.0.0/8 --subnet=fd00::/64 --subnet='10.87.0.0/ 24'; do
    refuses_value "$value" || return 1
  done
  OPTIONS=(-p 70000:1)
  is_refused 125 --publish=70000:1 launch true &&
    OPTIONS=(--dns=9.9.9.1 --dns=9.9.9.2 --dns=9.9.9.3 --dns=9.9.9.4) && is_refused 125 --dns=9.9.9.4 launch true &&
    OPTIONS=(--net=none -p 80:80) && is_refused 125 --publish launch true &&
    OPTIONS=(--net=host -p 80:80) && is_refused 125 --publish launch true
}

check_net_subnet() {
  local result=0
  OPTIONS=(--subnet=10.99.0.0/30)
  up only '' --subnet=10.99.0.0/30
  OPTIONS=(--subnet=10.99.0.0/30)
  is_refused 125 'no address left in 10.99.0.0/30' launch true || result=1
  OPTIONS=()
  [ $result = 1 ] || is_refused 125 'no address left' launch true || result=1
  OPTIONS=(--subnet=10.98.0.0/24)
  [ $result = 1 ] || is_refused 125 '--subnet=10.98.0.0/24' launch true || result=1
  down
  [ $result = 0 ] || return 1
  ip link add huskc0 type bridge # of somebody else
  OPTIONS=()
  is_refused 125 huskc0 launch true || result=1
  ip link show huskc0 >/dev/null || result=1
  ip link del huskc0
  return $result
}

check_net_no_ipv6() {
  local seen
  up web ''
  seen=$(cat /proc/sys/net/ipv6/conf/{huskc0,huskc0a570002}/{accept_ra,disable_ipv6}
    nsenter -t "$(init_of "$newest")" -n cat /proc/sys/net/ipv6/conf/eth0/{accept_ra,disable_ipv6})
  down
  explain "accept_ra and disable_ipv6 of bridge, veth and eth0: $seen"
  [ "$seen" = $'0\n1\n0\n1\n0\n1' ]
}

check_net_nothing_left() {
  local before during after forward found
  found=$(</proc/sys/net/ipv4/ip_forward)
  for forward in 0 1; do
    echo $forward >/proc/sys/net/ipv4/ip_forward
    before=$(network_state)
    up web '' -p 8080:80
    up other '' -p 8081:80/udp
    during=$(network_state)
    down
    after=$(network_state)
    echo "$found" >/proc/sys/net/ipv4/ip_forward
    explain "$(diff <(echo "$before") <(echo "$after")); during: $during"
    [ "$before" = "$after" ] && [[ $during == *huskc0a570003*"tcp . 8080"*"udp . 8081"*"ip_forward 1"* ]] || return 1
  done
}

check_net_killed() {
  local before during after gc
  before=$(network_state)
  up web 'net-serve tcp 0.0.0.0 80 web' -p 8080:80
  up other '' -p 8081:80
  { kill -9 "${husks[1]}" && wait "${husks[1]}"; } 2>/dev/null
  "${user_prefix[@]}" "$HUSK" gc >"$SITE/tmp/out" 2>&1
  during=$(network_state)
  during+=" $(fetch tcp 127.0.0.1 8080)"
  { kill -9 "${husks[0]}" && wait "${husks[0]}"; } 2>/dev/null
  "${user_prefix[@]}" "$HUSK" gc >"$SITE/tmp/out" 2>&1 || status=$?
  gc=$(<"$SITE/tmp/out")
  down
  after=$(network_state)
  explain "$(diff <(echo "$before") <(echo "$after")); in between: $during; gc: $gc"
  [ "$before" = "$after" ] && [[ $during == *"ESCAPED web"* && $during != *8081* && $during != *huskc0a570003* ]]
}

check_net_fake_tools() {
  local tool
  [ "$PHASE" = final ] || OPTIONS=(-p 8080:80)
  mkdir "$SITE/tmp/evil"
  for tool in ip nft iptables brctl bridge sysctl mount modprobe; do
    printf '#!/bin/sh\necho "%s" >>%s\n' "$tool" "$SITE/tmp/evil/called" >"$SITE/tmp/evil/$tool"
    chmod 755 "$SITE/tmp/evil/$tool"
  done
  run_captured timeout 10 env "PATH=$SITE/tmp/evil:$PATH" "$HUSK" run "--rootfs=$SITE/rootfs" "${OPTIONS[@]}" -- \
    "$SITE/kit/busybox" echo STARTED
  [ ! -e "$SITE/tmp/evil/called" ] || tool=called
  explain "$(cat "$SITE/tmp/evil/called" 2>/dev/null)"
  rm -r "$SITE/tmp/evil"
  [ "$tool" != called ]
}
