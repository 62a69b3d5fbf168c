#!/usr/bin/env bats
# phase08.bats: a network of its own, and a way in and out

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # lib/phase.bash and bats have them
load lib/phase

setup_file() { phase_setup 08; }

@test "08 attack: talk to a service on the host's 127.0.0.1" { check net-loopback; }
@test "08 attack: talk to an abstract unix socket of the host" { check net-abstract; }
@test "08 guarantee: no network device of the host can be seen" { check net-own-devices; }
@test "08 guarantee: 127.0.0.1, ::1 and localhost work, and are the own ones" { check net-own-loopback; }
@test "08 guarantee: eth0 has an address of the subnet, and a default route" { needs_root; check net-eth0; }
@test "08 guarantee: -p: 127.0.0.1, the host's addresses, other machines and containers" { needs_root; check net-publish; }
@test "08 guarantee: -p PORT:PORT/udp does the same for datagrams" { needs_root; check net-publish-udp; }
@test "08 guarantee: a port that is taken is refused, and by whom is said" { needs_root; check net-port-taken; }
@test "08 attack: reach the host's 127.0.0.1 through what -p opened, CVE-2020-8558" { needs_root; check net-publish-loopback; }
@test "08 guarantee: containers reach each other, with NET_RAW also by ping(8)" { needs_root; check net-neighbours; }
@test "08 guarantee: the outside is reached, by the host's address" { needs_root; check net-outside; }
@test "08 guarantee: hosts, hostname and resolv.conf are the own ones, the root's unchanged" { check net-files; }
@test "08 guarantee: the host's nameservers, but none on its loopback" { needs_root; check net-nameservers; }
@test "08 guarantee: --net=none: loopback only" { check net-none; }
@test "08 guarantee: --net=host: the host's network" { check net-host; }
@test "08 guarantee: a bad value gets 125, one line that names it, and no trace" { check net-strict-values; }
@test "08 guarantee: a full or another subnet, or another's bridge, is refused" { needs_root; check net-subnet; }
@test "08 guarantee: no device of ours takes router advertisements, CVE-2020-13401" { needs_root; check net-no-ipv6; }
@test "08 guarantee: no device, rule, lease is left, and ip_forward is as before" { needs_root; check net-nothing-left; }
@test "08 guarantee: kill -9 of husk, husk gc: the same; another container notices nothing" { needs_root; check net-killed; }
@test "08 attack: have husk run an ip(8) or nft(8) that lies first in PATH" { needs_root; check net-fake-tools; }

@test "08 what earlier phases promised still holds" {
  local -a checks
  mapfile -t checks < <(earlier_checks cgroup)
  check "${checks[@]}"
}

# Shell TEXT in a sandbox; $husk is the program.
in_sandbox() { # TEXT
  run "$tests/lib/sandbox" bash -c 'husk=$SITE/husk/$0/husk kit=$SITE/kit
    network() { ip -o link; nft list ruleset; cat /proc/sys/net/ipv4/ip_forward; find "$HUSK_STATE/net" 2>/dev/null; }
    eval "$1"' "$FOLDER" "$1" </dev/null
  echo "$output"
}

@test "08 a hundred at once: each has its own address, and answers host and neighbour" {
  needs_root
  in_sandbox '
    before=$(network)
    mkdir "$SITE/tmp/outs"; mkfifo "$SITE/tmp/hold"; exec 9<>"$SITE/tmp/hold"
    for i in {1..100}; do
      "$husk" run --no-log "--name=c$i" "--hostname=c$i" -p $((20000 + i)):80 -- "$kit/sh" -c \
        "$kit/net-serve tcp 0.0.0.0 80 c$i >/dev/null && $kit/grep c$i\$ /etc/hosts; read -r _" <"$SITE/tmp/hold" >"$SITE/tmp/outs/$i" 2>&1 9<&- &
    done
    for _ in {1..600}; do
      [ "$(cat "$SITE"/tmp/outs/* | grep -c "^10.87.0.")" != 100 ] || break
      sleep 0.1
    done
    addresses=$(cut -sf1 "$SITE"/tmp/outs/* | sort -u)
    echo "up: $(wc -l <<<"$addresses") addresses, $(pgrep -xc net-serve) services, $(ip -o link | grep -c huskc0a) cables"
    for a in $addresses; do "$kit/net-fetch" tcp "$a" 80; done | grep -c ESCAPED | sed "s/^/answers to the host: /"
    for i in {1..100}; do "$kit/net-fetch" tcp 127.0.0.1 $((20000 + i)) | grep "ESCAPED c$i "; done | wc -l | sed "s/^/ports that lead to the right one: /"
    for a in $addresses; do echo "$kit/net-fetch tcp $a 80"; done | "$husk" run --no-log -- "$kit/sh" | grep -c ESCAPED | sed "s/^/answers to a neighbour: /"
    exec 9>&-
    wait
    grep -h "^husk:" "$SITE"/tmp/outs/*
    diff <(echo "$before") <(network) && echo nothing left'
  [ "$output" = "up: 100 addresses, 100 services, 100 cables
answers to the host: 100
ports that lead to the right one: 100
answers to a neighbour: 100
nothing left" ]
}

@test "08 the first comes while the last leaves: no start fails, nothing is left" {
  needs_root
  in_sandbox '
    before=$(network)
    for lane in 1 2 3 4 5 6; do
      for _ in {1..10}; do
        "$husk" run --no-log -p $((9000 + lane)):80 -- "$kit/sh" -c "$kit/ip route" 2>&1 | grep -v "^10.87.0.0/24"
      done &
    done | sort | uniq -c | awk "{ \$1 = \$1 } 1"
    wait
    diff <(echo "$before") <(network) && echo nothing left'
  [ "$output" = "60 default via 10.87.0.1 dev eth0
nothing left" ]
}

@test "08 an ordinary user: loopback only by default, and one line for what needs root" {
  in_sandbox '
    export AS_USER=1
    . "'"$tests"'/lib/cell.bash"
    as() { "${user_prefix[@]}" "$husk" run --no-log "$@" 2>&1; }
    as -- "$kit/cat" /proc/net/dev
    for option in --net=bridge --publish=8080:80 --net=none; do
      as "$option" -- "$kit/true"
      echo "status $?"
    done
    as --net=host -- "$kit/readlink" /proc/self/ns/net | grep -cxF "$(readlink /proc/self/ns/net)"'
  [ "$(grep -v -e '^husk: not root: uid' -e '|' <<<"$output" | sed 's/^ *lo:.*/lo/')" = "\
husk: not root: no bridge, the network is loopback only
lo
husk: --net=bridge: needs root (\`make lab\` has it); --net=none does not
status 125
husk: --publish: needs root (\`make lab\` has it)
status 125
status 0
1" ]
}

@test "08 nothing is left on this machine" { nothing_left; }
