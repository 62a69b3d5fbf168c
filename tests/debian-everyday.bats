#!/usr/bin/env bats
# debian-everyday.bats: what root does in a Debian system all day works with few capabilities and
# few system calls, too. The newest phase is asked, or PHASE_OF_DEBIAN; 07 is the first that takes
# rights away. The root file system is build/debian, which stays as it is: an overlay catches what
# is written.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # lib/phase.bash and bats have them
load lib/phase

newest_phase() {
  local phase newest=07
  for phase in "$tree"/phase0[7-9]-*/; do
    newest=${phase#"$tree"/phase}
  done
  echo "${newest%%-*}"
}

setup_file() {
  [ "$(id -u)" = 0 ] || skip "needs root: debootstrap does"
  phase_setup "${PHASE_OF_DEBIAN:-$(newest_phase)}"
  "$tree/rootfs-builder/build" debian "$tree/build/debian" >"$BATS_FILE_TMPDIR/log" 2>&1 || {
    cat "$BATS_FILE_TMPDIR/log"
    return 1
  }
}

# Runs the bash TEXT in a container in the Debian root. OPTION... are of `husk run`.
in_debian() { # TEXT [OPTION...]
  local text=$1
  shift
  run timeout 120 "$tests/lib/sandbox" bash -c '
    mkdir "$SITE"/tmp/{upper,work,debian}
    mount -t overlay -o "lowerdir=$0/build/debian,upperdir=$SITE/tmp/upper,workdir=$SITE/tmp/work" \
      debian "$SITE/tmp/debian"
    exec "$SITE/husk/$1/husk" run --rootfs="$SITE/tmp/debian" --mem=400M --pids=200 --workdir=/tmp "${@:3}" -- \
      bash -c "set -eu; $2"' "$tree" "$FOLDER" "$text" "$@" </dev/null
  echo "$output"
}

# Root is the host's own /usr, read-only, so that its compiler is there.
with_host_tools() { # TEXT
  run timeout 120 "$tests/lib/sandbox" bash -c '
    root=$SITE/tmp/tools
    mkdir -p "$root"/{proc,sys,dev,usr,etc/alternatives,tmp,mnt,var/tmp}
    cp -p /etc/passwd /etc/group "$root/etc/"
    for name in bin sbin lib lib32 lib64; do [ ! -L /$name ] || ln -s "usr/$name" "$root/$name"; done
    exec "$SITE/husk/$1/husk" run --rootfs="$root" --mem=max --pids=200 --cpu=100% --workdir=/tmp -v /usr:/usr:ro \
      -v /etc/alternatives:/etc/alternatives:ro -v "$0:/mnt:ro" -- bash -c "set -eu; $2"' "$tree" "$FOLDER" "$1" </dev/null
  echo "$output"
}

@test "everyday: dpkg lists, queries and verifies packages" {
  in_debian 'dpkg -l bash | tail -1; dpkg -S /bin/ls; dpkg --verify bash && echo verified; apt-cache policy bash | head -1'
  [ "$status" = 0 ]
  [[ $output == *'ii  bash'*coreutils:*verified*bash:* ]]
}

@test "everyday: a package is built, installed, reconfigured and removed" {
  in_debian 'mkdir -p p/DEBIAN p/usr/bin
    printf "Package: greeter\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: a test\n" >p/DEBIAN/control
    printf "#!/bin/sh\nuseradd --system --create-home greeter\nchown greeter /usr/bin/greet\n" >p/DEBIAN/postinst
    printf "#!/bin/sh\necho hello from \$(id -un)\n" >p/usr/bin/greet
    chmod 755 p/DEBIAN/postinst p/usr/bin/greet
    dpkg-deb --root-owner-group --build p greeter.deb >/dev/null
    dpkg -i greeter.deb; stat -c "%U" /usr/bin/greet; su -s /bin/sh greeter -c greet
    dpkg -r greeter; [ ! -e /usr/bin/greet ]; echo removed'
  [ "$status" = 0 ]
  [[ $output == *'Setting up greeter'*greeter*'hello from greeter'*removed ]]
}

@test "everyday: apt-get installs a file, with its own user for downloads" {
  in_debian 'mkdir -p p/DEBIAN
    printf "Package: nothing-much\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: a test\n" >p/DEBIAN/control
    dpkg-deb --build p n.deb >/dev/null; chmod 644 n.deb
    apt-get install -y ./n.deb 2>&1; dpkg-query -W nothing-much'
  [ "$status" = 0 ]
  [[ $output == *'Setting up nothing-much'*$'nothing-much\t1' ]]
}

@test "everyday: users: su, passwords, groups, owners, modes, links, sticky directories" {
  in_debian 'su nobody -s /bin/sh -c id
    useradd -m -G tty alice; echo alice:secret | chpasswd; su - alice -c "id -nG; touch mine; pwd"
    stat -c "%U %a" ~alice/mine
    install -o alice -g tty -m 2750 -d d; stat -c "%U %G %a" d
    touch f; chown nobody:nogroup f; chmod 4755 f; ln f g; ln -s f s; stat -c "%h %a" f
    su nobody -s /bin/sh -c "rm -f /tmp/f 2>&1" || echo kept
    userdel -r alice; echo done'
  [ "$status" = 0 ]
  [[ $output == *uid=65534*'alice tty'*/home/alice*'alice 644'*'alice tty 2750'*'2 4755'*done ]]
}

@test "everyday: tar keeps owners, modes and links; find walks all of /" {
  in_debian 'mkdir a; echo x >a/f; chown 1234:5678 a/f; chmod 640 a/f; ln a/f a/hard; ln -s f a/soft; mkfifo a/p
    tar czf a.tgz a; rm -r a; tar xzf a.tgz; stat -c "%u %g %a %h" a/f; readlink a/soft; [ -p a/p ]
    find / -xdev -type f 2>&1 | wc -l; find / -xdev -name passwd -path "*/etc/passwd"
    find /proc/self /dev -maxdepth 1 >/dev/null'
  [ "$status" = 0 ]
  [[ $output == *'1234 5678 640 2'*f* && $output == */etc/passwd* ]]
  [ "$(grep -xE '[0-9]+' <<<"$output")" -gt 3000 ]
}

@test "everyday: perl, pipes, jobs, signals, locks, temporary files, sockets" {
  in_debian 'perl -e "print 6 * 7, qq(\n)"
    perl -MSocket -e "socketpair(A, B, AF_UNIX, SOCK_STREAM, 0) or die; syswrite A, qq(pair\n); sysread B, \$_, 9; print"
    perl -MIO::Socket::INET -e "\$s = IO::Socket::INET->new(Listen => 1, LocalAddr => q(127.0.0.1:443)) or die; print qq(bound\n)"
    seq 1000 | sort -rn | head -1; (trap "echo caught; exit" TERM; kill -TERM $BASHPID; sleep 5)
    flock l echo locked; mktemp -d >/dev/null; timeout 1 sleep 9 || echo "timeout $?"
    nice -n 5 true; setsid true; ionice -c 3 true; taskset 1 true; for i in 1 2 3; do sleep 0.1 & done; wait
    ps aux | wc -l; free >/dev/null; df / >/dev/null; dd if=/dev/urandom bs=64k count=4 2>/dev/null | sha256sum >/dev/null; date >/dev/null
    lscpu >/dev/null; lsblk >/dev/null 2>&1 || true; script -qc "echo on a terminal" /dev/null'
  [ "$status" = 0 ]
  [[ $output == *42*pair*bound*1000*caught*locked*'timeout 124'*'on a terminal'* ]]
}

@test "everyday: threads and whatever else sec-everyday tries" {
  in_debian '/mnt/sec-everyday' -v "$tree/build/kit:/mnt:ro"
  [ "$status" = 0 ]
  [[ ${lines[-1]} == *'things tried' && ${#lines[@]} = 2 ]]
}

@test "everyday: a compiler, make, and what they made: threads, and husk itself" {
  with_host_tools '
    printf "#include <pthread.h>\n#include <stdio.h>\nstatic void *f(void *x) { return x; }\nint main(void) { pthread_t t; void *r; if (pthread_create(&t, 0, f, \"thread\") || pthread_join(t, &r)) return 1; puts(r); return 0; }\n" >t.c
    cc -O2 -pthread t.c -o t && ./t
    cp -r /mnt/phase05-cli husk && rm -f husk/husk && make -s -C husk husk && husk/husk --version'
  [ "$status" = 0 ]
  [[ $output == *thread*'husk 0.5'* ]]
}

@test "everyday: strace(1) of an own process" {
  type -P strace >/dev/null || skip "needs strace"
  with_host_tools 'strace -f -e trace=execve -o log true; grep -c execve log'
  [ "$status" = 0 ]
  [ "${lines[-1]}" = 1 ]
}

@test "everyday: as another user by --user: no rights at all, and ordinary work goes on" {
  in_debian 'id; grep ^Cap /proc/self/status; echo x >f; perl -e "print 1"; ls -la / >/dev/null; ! touch /etc/x 2>/dev/null' --user=www-data
  [ "$status" = 0 ]
  [[ $output == *'uid=33(www-data) gid=33(www-data)'* ]]
  [ "$(grep -c '^Cap.*0000000000000000$' <<<"$output")" -ge 4 ]
}

@test "everyday: the root is as it was, nothing is left on this machine" {
  nothing_left
  "$tree/rootfs-builder/build" debian "$tree/build/debian" | grep 'up to date$'
}
