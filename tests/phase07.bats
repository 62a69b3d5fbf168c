#!/usr/bin/env bats
# phase07.bats: root inside is not root: capabilities, seccomp, masks, users

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # lib/phase.bash and bats have them
load lib/phase

setup_file() { phase_setup 07; }

@test "07 attack: read a file below a directory that the caller has open" { check leaked-fd; }
@test "07 attack: start in a directory that the caller has open" { check leaked-workdir; }
@test "07 guarantee: a command has standard input, output and error, no more" { check only-three-fds; }
@test "07 guarantee: root inside has 11 capabilities of 41, and none to pass on" { check capabilities; }
@test "07 guarantee: what the caller passes on does not arrive" { needs_root; check capabilities-inherited; }
@test "07 attack: take CAP_SYS_ADMIN back" { needs_root; check capabilities-regained; }
@test "07 guarantee: execve(2) gives no rights, from the first on" { check no-new-privs; }
@test "07 attack: become root by a set-user-ID program" { needs_root; check setuid-gain; }
@test "07 guarantee: system calls go through a filter" { check seccomp-on; }
@test "07 guarantee: some 40 system calls get EPERM" { needs_root; check refused-calls; }
@test "07 guarantee: clone3(2), and what is newer than the filter, get ENOSYS" { check newer-calls; }
@test "07 attack: go around the filter by int 0x80" { check i386-call; }
@test "07 guarantee: numbers with bit 30 set get EPERM, or SIGSYS" { check x32-call; }
@test "07 attack: make a node of /dev/kmsg, and open it" { needs_root; check mknod-open; }
@test "07 attack: make a node of a disk" { needs_root; check mknod-block; }
@test "07 attack: open a file by its handle: shocker" { needs_root; check open-by-handle; }
@test "07 attack: get all rights in a user namespace, by unshare(2)" { check userns-unshare; }
@test "07 attack: get all rights in a user namespace, by clone(2)" { check userns-clone; }
@test "07 attack: get all rights in a user namespace, by clone3(2), whose flags no filter sees" { check userns-clone3; }
@test "07 attack: mount a file system" { check mount-inside; }
@test "07 attack: read what is masked: by umount, remount, another procfs" { needs_root; check unmask; }
@test "07 guarantee: what tells about the host in /proc and /sys is empty" { needs_root; check masked-paths; }
@test "07 guarantee: /proc/sys, sysrq-trigger, irq, bus and fs are read-only" { needs_root; check read-only-paths; }
@test "07 attack: open the name of the host's core dump handler for writing" { needs_root; check core-pattern; }
@test "07 attack: change a setting below /proc/sys" { needs_root; check proc-sys-write; }
@test "07 attack: rename even the own host" { check rename-host; }
@test "07 attack: make /sys writable" { needs_root; check remount-sys; }
@test "07 attack: write to a volume that is :ro" { check remount-volume; }
@test "07 attack: write to a root file system that is --read-only" { check remount-root; }
@test "07 attack: raise the own limit through a cgroup mount" { needs_root; check raise-limit; }
@test "07 attack: take down an interface of the host" { needs_root; check network-down; }
@test "07 attack: read all that goes over an interface" { needs_root; check packet-socket; }
@test "07 attack: send packets with forged headers" { needs_root; check raw-socket; }
@test "07 attack: read the kernel's log" { needs_root; check kernel-log; }
@test "07 attack: read a key of the caller's session keyring" { check keyring-read; }
@test "07 attack: read that key where keyctl(2) is not filtered" { check keyring-own; }
@test "07 attack: load something into the kernel by bpf(2)" { needs_root; check bpf; }
@test "07 attack: count what happens in the kernel by perf_event_open(2)" { needs_root; check perf-event; }
@test "07 attack: halt the kernel inside a page fault" { check userfaultfd; }
@test "07 attack: have system calls made that no filter sees" { check io-uring; }
@test "07 guarantee: AF_ALG sockets get EPERM" { check alg; }
@test "07 attack: talk to the hypervisor by an AF_VSOCK socket" { check vsock; }
@test "07 attack: type into the terminal of the caller" { check tiocsti; }
@test "07 attack: type into it by a request of more than 32 bits" { check tiocsti-high-bits; }
@test "07 guarantee: a root whose /proc, /sys or /dev is a link is refused" { check symlinked-mount-points; }
@test "07 guarantee: --cap-add and --cap-drop change the set, and nothing else" { check capability-options; }
@test "07 guarantee: --user takes names, numbers, groups; nothing doubtful" { check user-option; }
@test "07 guarantee: --userns: root inside is nobody outside" { needs_root; check userns-range; }
@test "07 guarantee: a bad value of the new options gets 125 and one line" { check security-values; }
@test "07 guarantee: --security=off does what it says, and says so" { check security-off-is-loud; }
@test "07 attack: open a device that came with the root file system" { needs_root; check device-in-root; }
@test "07 attack: open a device that came with a volume" { needs_root; check device-in-volume; }

@test "07 what earlier phases promised still holds" {
  local -a checks
  mapfile -t checks < <(earlier_checks cgroup)
  check "${checks[@]}"
}

# The same program, the same attacks, without its guard: no check is blind.
@test "07 with --security=off nothing of this holds" {
  needs_root
  local -a checks=()
  local name
  for name in "${ladder_checks[@]}"; do
    [ "${ladder_from[$name]}" = 07 ] && [ "${ladder_asked[$name]}" != 07 ] || continue
    case $name in
      leaked-workdir | device-in-volume | symlinked-mount-points) ;; # not of the guard: always on
      *) checks+=("$name") ;;
    esac
  done
  SECURITY_OFF=1 still_open "${checks[@]}"
}

# Runs shell TEXT in a default container, in a sandbox of its own.
inside_default() { # TEXT
  run timeout 60 "$tests/lib/sandbox" bash -c 'exec "$SITE/husk/$0/husk" run --env=KIT="$SITE/kit" -- sh -c "$1"' \
    "$FOLDER" "$1" </dev/null
  echo "$output"
}

@test "07 everyday: what programs ask of the kernel works" {
  inside_default 'cd /tmp && exec $KIT/sec-everyday'
  [ "$status" = 0 ]
  [[ $output =~ ^STARTED$'\n'[0-9]+\ things\ tried$ ]]
}

@test "07 everyday: BusyBox: sh, su, tar, find, a server on port 80, jobs" {
  needs_root
  inside_default 'set -e
    cd /tmp; su nobody -s /bin/sh -c id
    mkdir a; echo x >a/f; chown 1:1 a/f; chmod 4711 a/f; ln -s f a/l; mkfifo a/p
    tar cf a.tar a; rm -r a; tar xf a.tar; stat -c "%u %a" a/f; rm -r a a.tar
    find / -xdev -name passwd
    httpd -p 127.0.0.1:80 -h /etc; wget -qO- http://127.0.0.1/passwd | grep -c root
    for i in 1 2 3; do (sleep 0.1; echo job) & done; wait
    date >/dev/null; df / >/dev/null; free >/dev/null; uptime >/dev/null; setsid true'
  [ "$status" = 0 ]
  [[ $output == *uid=65534*'1 4711'*/etc/passwd*1*job$'\n'job$'\n'job ]]
}

# What no phase does cannot fail in an earlier one, so it is no row of the ladder: husk executes no
# program but the command, and nothing of the caller's PATH.
@test "07 no helper program is executed, whatever PATH says" {
  run timeout 60 "$tests/lib/sandbox" bash -c 'mkdir "$SITE/tmp/evil"
    for name in sh ip iptables nft mount umount newuidmap newgidmap modprobe; do
      printf "#!/bin/sh\necho executed >%s\n" "$SITE/tmp/executed" >"$SITE/tmp/evil/$name"
    done
    chmod +x "$SITE"/tmp/evil/*
    PATH=$SITE/tmp/evil "$SITE/husk/$0/husk" run --rootfs="$SITE/rootfs" -- /bin/true || exit
    [ ! -e "$SITE/tmp/executed" ] && PATH=$SITE/tmp/evil ip && [ -e "$SITE/tmp/executed" ]' "$FOLDER" </dev/null
  echo "$output"
  [ "$status" = 0 ]
}

# Nor can this fail in a phase: husk runs as long as its container does, and a program that runs is not
# to be written to. A runtime that ends first needs more, CVE-2019-5736.
@test "07 the program husk cannot be overwritten from inside, not even with all rights" {
  needs_root
  run timeout 60 "$tests/lib/sandbox" bash -c '
    husk=$SITE/husk/$0/husk
    sha256sum "$husk" >"$SITE/tmp/before"
    for option in --security=default --security=off; do
      "$husk" run $option --init -- "$SITE/kit/sec-take" writable /proc/1/exe
    done
    sha256sum -c "$SITE/tmp/before"' "$FOLDER" </dev/null
  echo "$output"
  [ "$status" = 0 ]
  [ "$(grep -c "BLOCKED writable: Text file busy" <<<"$output")" = 2 ]
}

@test "07 nothing is left on this machine" { nothing_left; }
