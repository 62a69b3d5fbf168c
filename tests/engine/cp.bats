#!/usr/bin/env bats
# cp.bats: files into containers and out of them, running or not: docker's rules for what is a
# directory, and no way out of the container, whatever links it has.

# shellcheck disable=SC2154 # what `run` sets
bats_require_minimum_version 1.5.0
load images

setup() {
  images_setup || return
  cp -a "$SITE/rootfs" root
  mkdir -p root/data/sub
  echo one >root/data/one && chown 5:6 root/data/one && chmod 4755 root/data/one && ln root/data/one root/data/twin
  echo two >root/data/sub/two
  ln -s "$WORK/outside" root/data/away
  mkdir outside && echo precious >outside/file
  husk import --change 'CMD ["sleep", "1000"]' root i >/dev/null
  husk run -d --name running --net none -v volume:/volume i >/dev/null
  husk create --name stopped --net none -v volume:/volume i >/dev/null
}

teardown() {
  husk rm -f running stopped
  images_teardown
}

# A socket of that name: one more name of a monitor's.
listen() { ln "$(find "$HUSK_STATE" -type s -print -quit)" "$1"; }

names_in() { (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | paste -sd' '); }

@test "out: a file, a directory, what is in it; into what is there, and what is not; nothing is left" {
  for box in running stopped; do
    rm -rf out && mkdir out && cd out
    husk cp $box:/data/one .
    husk cp $box:data/one named
    [ "$(cat one named)" = $'one\none' ]
    [ "$(stat -c '%a %u:%g' one)" = "755 $(id -u):$(id -g)" ] # ours, and no set-user-ID
    husk cp -a $box:/data/one kept
    [ "$(stat -c '%a %u:%g' kept)" = '4755 5:6' ]
    husk cp $box:/data new     # is data
    husk cp $box:/data/. new2  # is what is in data
    husk cp $box:/data new     # has data
    [ "$(names_in new2)" = './away ./one ./sub ./sub/two ./twin' ]
    [ "$(names_in new/data)" = "$(names_in new2)" ] && [ "$(names_in new | wc -w)" = 11 ]
    [ "$(stat -c %h new/twin)" = 2 ]
    echo old >new2/one
    husk cp $box:/data/. new2
    [ "$(cat new2/one)" = one ]
    fails_in_a_line '/one: is no directory' husk cp $box:/data one
    fails_in_a_line 'nowhere: is no directory' husk cp $box:/data/one nowhere/
    fails_in_a_line '/nothere: No such file' husk cp $box:/nothere .
    cd ..
  done
  [ "$(grep -c /merged /proc/self/mounts)" = 1 ] # the running one's
  is_empty "$HUSK_DATA/tmp"
}

@test "in: what is mounted on a file stays mounted" {
  husk rm -f running >/dev/null
  echo old >conf && echo new >new
  husk run -d --name running --net none -v "$WORK/conf:/conf" i >/dev/null
  for file in /conf /etc/hosts; do
    fails_in_a_line "it is a mount" husk cp new running:$file
  done
  [ "$(husk exec running cat /conf)" = old ]
  husk exec running grep -q ' /etc/hosts ' /proc/self/mountinfo
  husk cp new running:/other
}

@test "in: the same rules; owners are root's; a volume of the running one; what a mount would hide is refused" {
  mkdir -p tree/sub && echo new >tree/sub/file && chown 7:8 tree/sub/file
  for box in running stopped; do
    husk cp tree/sub/file $box:/data/one
    husk cp tree/sub/file $box:/tmp
    husk cp tree $box:/data/tree
    husk cp tree/. $box:/tmp/
    husk cp tree/sub/file $box:/data/sub/../named
    fails_in_a_line '/no: is no directory' husk cp tree/sub/file $box:/no/
    fails_in_a_line 'open /no: No such file' husk cp tree/sub/file $box:/no/such
    husk cp $box:/data . && husk cp $box:/tmp .
    [ "$(cat data/one tmp/file data/tree/sub/file tmp/sub/file data/named | uniq -c | xargs)" = '5 new' ]
    rm -r data tmp
    husk cp -a $box:/tmp/file f && [ "$(stat -c %u:%g f)" = 0:0 ]
  done
  husk cp tree/sub/file running:/volume/file
  [ "$(cat "$HUSK_DATA/volumes/volume/_data/file")" = new ]
  fails_in_a_line '/volume is a mount: start the container first' husk cp tree/sub/file stopped:/volume/file
}

@test "stopped: what a volume would hide is neither written nor read, however the path is written; its neighbours are" {
  mkdir -p db tree/db tree/sub && echo new | tee file db/f tree/db/f >tree/sub/new
  ln -s data root/link && ln -s db root/data/to-db && ln -s db/f root/data/to-f && husk import --change 'CMD ["sleep", "1000"]' root hiding >/dev/null
  for box in fresh used; do
    husk create --name $box --net none -v hidden:/data/db -v deep:/link/sub/deep --tmpfs /tmpfs hiding >/dev/null
    [ $box = fresh ] || { husk start $box && husk stop -t 0 $box; } >/dev/null
    husk diff $box | LC_ALL=C sort >before
    for at in data data/. link data/./db data/../data/db data//db/ link/db/f data/sub/../db/f; do
      fails_in_a_line '/data/db is a mount: start the container first' husk cp db $box:/$at
    done
    fails_in_a_line '/data/db is a mount: start' husk cp db $box:data/
    fails_in_a_line '/data/db is a mount: start' husk cp tree/. $box:/link
    fails_in_a_line '/data/db is a mount: start' husk cp tree/db/. $box:/no/../data/db
    fails_in_a_line '/data/db is a mount: start' husk cp file $box:/data/to-f
    fails_in_a_line '/link/sub/deep is a mount: start' husk cp tree/sub $box:/data
    fails_in_a_line '/tmpfs is a mount: start' husk cp file $box:/tmpfs/file
    run --separate-stderr husk cp - $box:/data < <(tar -C tree -c db)
    [ "$status" = 125 ] && [[ $stderr =~ '/data/db is a mount: start' ]]
    husk diff $box | LC_ALL=C sort | diff before -
    for at in data data/. link/. data/db data/./db / ..; do
      fails_in_a_line 'is a mount: start' husk cp $box:/$at out
      [ ! -e out ]
    done
    fails_in_a_line '/data/db is a mount: start' husk cp $box:/data/db -
    husk cp file $box:/data && husk cp file $box:/data/dbs && husk cp file $box:/data/sub && husk cp tree/sub/. $box:/data
    tar -C tree/sub -c . | husk cp - $box:/link/sub
    for at in data/file data/dbs data/sub/file data/new data/sub/new; do
      husk cp $box:/$at got && [ "$(cat got)" = new ]
    done
    husk cp $box:/link got && [ -L got ] && rm got && husk cp $box:/etc etc && rm -r etc
    husk start $box >/dev/null && husk cp db $box:/data && [ "$(husk exec $box cat /data/db/f)" = new ]
    husk rm -f -v $box && husk volume rm hidden deep >/dev/null
  done
}

@test "-: a tar to standard output, and from standard input" {
  for box in running stopped; do
    husk cp $box:/data - | tar -xf - -C outside
    [ "$(cat outside/data/sub/two)" = two ] && rm -r outside/data
    mkdir -p in && echo x >in/.wh.name && tar -C in -c . | husk cp - $box:/data/sub
    husk cp $box:/data/sub got && [ "$(names_in got)" = './.wh.name ./two' ] && rm -r got
  done
}

# An entry "./" would give tar x -C DIR the mode and owner of a directory of ours.
@test "-: the tar has what was asked for, and no entry for the directory around it" {
  mkdir -m 1777 to
  for box in running stopped; do
    [ "$(husk cp $box:/data/one - | tar -t)" = one ]
    [ "$(husk cp $box:/data/sub - | tar -t | xargs)" = 'sub/ sub/two' ]
    [ "$(husk cp $box:/data/sub/. - | tar -t | xargs)" = two ]
    husk cp $box:/data/one - | tar -x -C to
    [ "$(stat -c %a to)" = 1777 ]
  done
}

@test "links: of the container they lead nowhere else, and are copied as links" {
  mkdir tree && echo evil >tree/file
  for box in running stopped; do
    husk cp $box:/data/away link
    [ -L link ] && rm link
    fails_in_a_line 'open /data/away: No such file' husk cp $box:/data/away/file got
    fails_in_a_line 'No such file' husk cp tree/file $box:/data/away/file
    husk cp tree/file "$box:../../../..$WORK/outside" 2>/dev/null || true
    husk cp tree/. $box:/data/away # makes the directory that it leads to inside
    husk cp tree $box:/data/sub
  done
  [ "$(cat outside/file)" = precious ] && [ "$(names_in outside)" = ./file ]
}

# docker's rule: the destination is what its links end in, be it there or not; inside, below the root.
@test "a link as the destination is followed: to a file, a directory, nothing yet; what is copied stays a link" {
  echo new >file && mkdir dir && echo old >real && mkdir tree && ln -s nowhere tree/link
  ln -s real sl && ln -s later missing && ln -s missing twice && ln -s dir to-dir && ln -s loop loop && ln -s gone/ slash
  for at in sl missing twice to-dir; do
    husk cp running:/data/sub/two $at
    [ -L $at ]
  done
  [ "$(cat real later dir/two)" = $'two\ntwo\ntwo' ]
  fails_in_a_line 'loop: Too many levels' husk cp running:/data/one loop
  fails_in_a_line '/gone: is no directory' husk cp running:/data/one slash
  husk cp running:/data/away sl && [ -L real ] # of the source it stays one
  ln -s real root/data/sl && ln -s ../later root/data/missing && ln -s ../../../../made root/data/up && ln -s "$WORK/outside/file" root/data/file
  ln -s /made2 root/data/dangling && husk import --change 'CMD ["sleep", "1000"]' root links >/dev/null
  husk run -d --name links --net none links >/dev/null
  for _ in 1 2; do # it runs, and is stopped
    for at in sl missing up; do
      husk cp file links:/data/$at
    done
    husk cp tree links:/data/dangling
    mkdir all
    for path in data later made made2; do
      husk cp links:/$path all
    done
    [ "$(cat all/data/real all/later all/made)" = $'new\nnew\nnew' ]
    [ -L all/data/sl ] && [ -L all/data/missing ] && [ -L all/data/up ] && [ -L all/made2/link ]
    fails_in_a_line 'No such file' husk cp file links:/data/file # its directory is not there, inside
    rm -r all && husk stop -t 0 links >/dev/null && husk rm links >/dev/null
    husk create --name links --net none links >/dev/null
  done
  [ "$(cat outside/file)" = precious ] && [ ! -e /made ]
  husk rm -f links
}

@test "links that are exchanged all the time: CVE-2018-15664" {
  husk exec -d running sh -c 'mkdir /flip; cd /flip; mkdir dir; ln -s '"$WORK/outside"' link
    while :; do mv dir old; mv link dir; mv dir link; mv old dir; done'
  wait_for husk exec running test -d /flip
  echo evil >file
  for _ in {1..40}; do
    husk cp file running:/flip/dir/file 2>/dev/null || true
    husk cp running:/flip/dir/file got 2>/dev/null || true
    [ ! -e got ] || [ "$(cat got)" = evil ]
  done
  [ "$(cat outside/file)" = precious ]
}

@test "what is none: two containers, two paths, one that is not there" {
  fails_in_a_line 'one of the two is CONTAINER:PATH' husk cp a b
  fails_in_a_line 'one of the two is CONTAINER:PATH' husk cp running:/a stopped:/b
  fails_in_a_line 'no such container: nobody' husk cp nobody:/a .
  fails_in_a_line './x:y: No such file' husk cp ./x:y running:/
}

warns_of() { LC_ALL=C sort <<<"$stderr" | sed 's/^husk: warning: //; s/^husk: //' | paste -sd';'; }

@test "special files: one that is named is refused; one in a directory is left out with a line" {
  mkdir tree tree/sub && echo one >tree/one && mkfifo tree/sub/fifo $'tree/\e[31mred' && mknod tree/node c 1 3 && listen tree/socket
  husk cp -a tree running:/tmp/special 2>/dev/null
  for at in node sub/fifo socket; do
    fails_in_a_line 'is a device, FIFO or socket' husk cp tree/$at running:/tmp
    [ $at = socket ] || fails_in_a_line 'is a device, FIFO or socket' husk cp running:/tmp/special/$at got
    [ ! -e got ]
  done
  fails_in_a_line '/dev/null: is a device, FIFO or socket' husk cp running:/dev/null .
  fails_in_a_line 'is a device, FIFO or socket' husk cp -a tree/socket running:/tmp
  run --separate-stderr husk cp tree running:/tmp
  [ "$status" = 0 ] && [ "$(warns_of)" = 'tree/?[31mred: a device, FIFO or socket is left out;tree/node: a device, FIFO or socket is left out;tree/socket: a device, FIFO or socket is left out;tree/sub/fifo: a device, FIFO or socket is left out' ]
  run --separate-stderr husk cp running:/tmp/special/sub/. got
  [ "$status" = 0 ] && [ "$(warns_of)" = 'fifo: a device, FIFO or socket is left out' ] && is_empty got
  run --separate-stderr husk cp -a tree running:/tmp/all
  [ "$status" = 0 ] && [ "$(warns_of)" = 'all/socket: a device, FIFO or socket is left out' ]
  husk cp -a running:/tmp/all/sub/fifo . && [ -p fifo ]
  run --separate-stderr husk cp - running:/tmp < <(tar -c tree)
  [ "$status" = 0 ] && [[ $stderr =~ '1 device node of the tar is left out' ]]
}

# What is there stays what it is: a file in the place of /dev/null breaks a machine.
@test "a device, FIFO or socket is not replaced: not as the destination, not in a directory" {
  mknod node c 1 3 && mkfifo fifo && ln -s node to-node && mkdir dir && mkfifo dir/one && listen socket
  husk exec running sh -c 'mkfifo /tmp/fifo; mkdir /tmp/dir; mkfifo /tmp/dir/one'
  husk cp -a node running:/tmp/node
  for at in node fifo to-node socket dir dir/one; do
    fails_in_a_line 'must be a directory or a regular file' husk cp running:/data/one $at
  done
  for at in node fifo dir dir/one; do
    fails_in_a_line 'must be a directory or a regular file' husk cp root/data/one running:/tmp/$at
  done
  [ -c node ] && [ -p fifo ] && [ -L to-node ] && [ -S socket ] && [ -p dir/one ]
  husk exec running sh -c 'test -p /tmp/fifo && test -c /tmp/node && test -p /tmp/dir/one'
  fails_in_a_line 'is no directory' husk cp running:/data/sub/. root/data/one
  husk cp -a running:/tmp/dir/one dir && [ -p dir/one ] # one of its kind
}

# Files there have no size, cannot be read, or have no end; what a copy of them would be good for, nobody knows.
@test "a running container as a whole: kernel file systems are empty directories; a file of one is copied if it is named" {
  echo in >file && husk cp file running:/volume/file
  husk cp running:/ all 2>warnings
  [ "$(grep -vc 'is left out$' warnings)" = 0 ] && grep -q 'dev/null: a device' warnings
  is_empty all/proc all/sys all/dev/pts all/dev/mqueue
  [ "$(cat all/data/one all/volume/file)" = $'one\nin' ]
  husk cp running:/ - 2>/dev/null | tar -t >names
  grep -qx proc/ names && grep -qx volume/file names && ! grep -q '^\(proc\|sys\)/.' names
  husk cp running:/proc/1/status st && grep -q '^Pid:.1$' st
  husk cp running:/proc/1/status - | tar -xO | grep -q '^Pid:.1$'
  fails_in_a_line 'got: copy: Input/output error' husk cp running:/proc/1/mem got
  [ ! -e got ]
}
