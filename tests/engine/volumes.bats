#!/usr/bin/env bats
# volumes.bats: named volumes: filled once, kept for ever, removed only when asked; and what a
# container has changed: diff, commit, export.

# shellcheck disable=SC2016,SC2154,SC2034 # templates are husk's; what `run` sets
bats_require_minimum_version 1.5.0
load images

setup() { images_setup; }
teardown() { images_teardown; }

run_in() { husk run --rm --net none "$@"; } # OPTION... IMAGE CMD...
data_of() { husk volume inspect --format '{{.Mountpoint}}' "$1"; }

# An image that has something at /data: owners, modes, links, attributes.
make_image() { # NAME
  mkdir -p root/{bin,dev,etc,proc,run,sys} root/data/sub
  touch root/etc/{hostname,hosts,resolv.conf} # else the runtime makes them, to mount on
  cp /bin/busybox root/bin/busybox
  ln root/bin/busybox root/bin/sh
  echo content >root/data/file
  ln root/data/file root/data/twin
  ln -s /etc/passwd root/data/link
  mkfifo root/data/sub/fifo
  setfattr -n user.note -v kept root/data/file || true
  chmod 2751 root/data && chmod 4755 root/data/file
  chown 12:34 root/data root/data/file
  chown -h 56:78 root/data/link
  find root -exec touch -h -d '2021-03-04 05:06:07' {} +
  husk import "${@:2}" root "$1" >/dev/null
}

@test "a volume outlives its containers, and is the same for all of them" {
  run_in -v data:/d busybox sh -c 'echo one >/d/file'
  [ "$(run_in -v data:/other busybox cat /other/file)" = one ]
  [ "$(cat "$(data_of data)/file")" = one ]
  [ "$(husk volume ls -q)" = data ]
}

@test "filled from the image on first use: owners, modes, times, links, attributes; and not again" {
  make_image i
  run_in -v v:/data i /bin/sh -c 'true'
  diff <(tree_list root/data) <(tree_list "$(data_of v)")
  run_in -v v:/data i /bin/busybox rm /data/file
  run_in -v v:/data i /bin/sh -c 'true'
  [ ! -e "$(data_of v)/file" ]
}

@test "not filled: with nocopy, over what is there, where the image has nothing" {
  make_image i
  run_in -v v:/data:nocopy i /bin/sh -c true
  is_empty "$(data_of v)"
  run_in -v w:/nothing i /bin/sh -c true
  is_empty "$(data_of w)"
  husk volume create x
  echo mine >"$(data_of x)/mine"
  run_in -v x:/data i /bin/sh -c true
  [ "$(ls "$(data_of x)")" = mine ]
}

@test "hostile images: a target that is a link, or below one, stays inside; links are copied as links" {
  mkdir outside && echo secret >outside/token
  mkdir -p root/bin && cp /bin/busybox root/bin/
  ln -s "$WORK/outside" root/away
  ln -s / root/up
  mkdir root/dir && ln -s "$WORK/outside" root/dir/in && ln -s "$WORK/outside/token" root/dir/file
  husk import root i
  run_in -v a:/away i /bin/busybox true || true
  run_in -v "b:/up/../..$WORK/outside" i /bin/busybox true || true
  run_in -v c:/dir i /bin/busybox true
  ! grep -r secret "$HUSK_DATA/volumes" || return 1
  [ "$(readlink "$(data_of c)/in")" = "$WORK/outside" ]
  [ "$(ls outside)" = token ]
}

@test "read-only, and on two places at once" {
  run run_in -v v:/d:ro busybox sh -c 'echo x >/d/file'
  [ "$status" != 0 ] && [[ $output == *'Read-only file system'* ]]
  run_in -v v:/a -v v:/b busybox sh -c 'echo x >/a/f; test -e /b/f'
}

@test "many at once make and fill one volume: it is whole for each of them" {
  make_image i
  for _ in {1..300}; do echo x >>list; done
  for i in {1..200}; do echo "$i" >"root/data/sub/$i"; done
  husk import root i >/dev/null
  for i in {1..6}; do
    run_in -v v:/data i /bin/busybox sh -c 'set -- /data/sub/*; [ $# = 201 ] && [ "$(busybox cat /data/sub/200)" = 200 ]' 2>"err.$i" &
    pids[i]=$!
  done
  for i in {1..6}; do wait "${pids[i]}" || { cat "err.$i"; return 1; }; done
}

@test "filling that was killed goes on with the next container" {
  make_image i
  husk volume create v
  touch "$HUSK_DATA/volumes/v/.filling"
  echo half >"$(data_of v)/file"
  run_in -v v:/data i /bin/sh -c true
  [ "$(cat "$(data_of v)/file")" = half ] && [ -L "$(data_of v)/link" ]
  [ ! -e "$HUSK_DATA/volumes/v/.filling" ]
}

@test "create, ls, inspect: labels, filters, templates, JSON; again is no error" {
  [ "$(husk volume create --label kind=db --label x data)" = data ]
  [ "$(husk volume create data)" = data ]
  name=$(husk volume create)
  [[ $name =~ ^[0-9a-f]{64}$ ]]
  husk volume ls | head -n1 | grep -xE 'DRIVER +VOLUME NAME'
  [ "$(husk volume ls -q --filter label=kind=db)" = data ]
  [ "$(husk volume ls --filter name=dat --format '{{.Driver}} {{.Name}}')" = 'local data' ]
  [ "$(husk volume ls --format json | jq length)" = 2 ]
  [ "$(husk volume inspect data | jq -c '.[0].Labels')" = '{"kind":"db","x":""}' ]
  fails_in_a_line "no volume 'nope'" husk volume inspect nope
  for name in ../x .hidden 'a b' '' /x; do
    fails_in_a_line "volume: name .*: expected letters" husk volume create "$name"
  done
}

@test "rm: refused while a container has it, also a stopped one; prune leaves those with names" {
  husk volume create unused
  husk run --name box --net none -v data:/d -v /anonymous busybox true
  fails_in_a_line 'volume data is used by container box' husk volume rm data
  husk volume prune --force
  [ "$(husk volume ls -q | wc -l)" = 3 ] # the container's two, and one with a name
  husk volume prune --all --force
  ! husk volume ls -q | grep -x unused || return 1
  husk rm box
  [ "$(husk volume rm data)" = data ]
  fails_in_a_line "no volume 'data'" husk volume rm data
  husk volume rm --force data
  fails_in_a_line 'Add --force' husk volume prune </dev/null
  husk volume prune --force
  [ -z "$(husk volume ls -q)" ]
}

@test "create: its volumes are there before it starts, and are filled when it does" {
  make_image i -c 'VOLUME /anonymous'
  husk create --name box --net none -v data:/data --mount type=volume,src=more,dst=/more,readonly i /bin/sh -c 'test -e /data/file' >/dev/null
  [ "$(husk volume ls -q | grep -vxE '[0-9a-f]{64}')" = $'data\nmore' ] && [ "$(husk volume ls -q | wc -l)" = 3 ]
  is_empty "$(data_of data)"
  fails_in_a_line 'is used by container box' husk volume rm data
  husk start -a box
  [ -e "$(data_of data)/file" ]
  husk rm -v box
  [ "$(husk volume ls -q)" = $'data\nmore' ]
}

@test "what is no mount: an option nobody has, a directory that is a name, nothing, the root itself" {
  husk import --change 'CMD ["sh"]' "$SITE/rootfs" i >/dev/null
  while IFS='|' read -r pattern mount; do
    # shellcheck disable=SC2086
    fails_in_a_line "$pattern" run_in $mount i true
  done <<'END'
unknown option 'bogus': expected|-v a:/x:ro,bogus
unknown option 'bogus'|--mount type=volume,src=a,dst=/x,bind-propagation=bogus
a path of the host begins with / or ./|-v some/where:/x
name ''|-v :/x
no such file or directory on the host|-v ./nothere:/x
no such file or directory on the host|--mount type=bind,src=/nothere,dst=/x
expected an absolute path inside, and not /|-v a:
expected an absolute path inside, and not /|-v a:/
expected an absolute path inside, and not /|-v rel
expected letters|--mount type=volume,src=../x,dst=/x
type=x: expected bind, volume or tmpfs|--mount type=x,dst=/x
target= is missing|--mount type=tmpfs
END
  [ -z "$(husk volume ls -q)" ] && [ -z "$(husk ps -aq)" ]
}

@test "anonymous volumes of an image: with the container they go by rm -v and --rm, without they stay" {
  make_image i -c 'VOLUME /data'
  run_in i /bin/sh -c 'test -e /data/file'
  [ -z "$(husk volume ls -q)" ]
  husk run --name box --net none i /bin/sh -c 'echo x >/data/new'
  volume=$(husk volume ls -q)
  [[ $volume =~ ^[0-9a-f]{64}$ ]] && [ -e "$(data_of "$volume")/new" ]
  husk rm box
  [ "$(husk volume ls -q)" = "$volume" ]
  husk volume prune --force
  husk run --name box --net none i /bin/sh -c true
  husk rm -v box
  [ -z "$(husk volume ls -q)" ]
}

@test "no volume is lost by gc, image prune, rmi and rm" {
  run_in -v data:/d busybox sh -c 'echo kept >/d/file'
  husk rmi busybox
  husk image prune -af
  husk gc
  [ "$(cat "$(data_of data)/file")" = kept ]
}

# --- what a container has changed ---

@test "diff: added, changed, deleted, also in a directory that was made again; by the files, mounted or not" {
  make_image i
  husk run --name box --net none i /bin/busybox sh -c 'PATH=/bin; busybox rm /data/link; busybox rm -r /data/sub
    busybox mkdir /data/sub; echo >/data/sub/new; echo >>/data/file; busybox mkdir /dir; echo >/dir/file; busybox ln -s /etc /dir/link'
  run husk diff box
  [ "$output" = $'C /data\nC /data/file\nD /data/link\nC /data/sub\nD /data/sub/fifo\nA /data/sub/new\nA /dir\nA /dir/file\nA /dir/link' ]
  [ "$(husk diff --format json box | jq -c '.deleted')" = '["/data/link","/data/sub/fifo"]' ]
  husk rm box
}

@test "diff: a name with control characters is harmless, links are not followed" {
  husk run --name box --net none busybox sh -c 'mkdir /d; touch "/d/$(printf "a\033[31mb\nc")"; ln -s / /d/root'
  run husk diff box
  [ "$output" = $'A /d\nA /d/a?[31mb?c\nA /d/root' ]
  husk rm box
}

@test "commit: what was changed is the new image's topmost layer; podman sees the same files" {
  make_image i
  husk run --name box --net none -e ADDED=1 i /bin/busybox sh -c 'PATH=/bin; busybox rm /data/link; busybox rm -r /data/sub
    busybox mkdir /data/sub; echo new >/data/sub/new; busybox chown 5:6 /data/sub/new; busybox ln /data/sub/new /data/sub/twin'
  run husk commit -m 'by hand' -a 'me <me@example.org>' -c 'CMD ["/bin/busybox", "find", "/data"]' box me/made:1
  [ "$status" = 0 ] && [[ $output =~ ^sha256: ]]
  husk run --rm --net none me/made:1 | sort >husk.list
  [ "$(cat husk.list)" = $'/data\n/data/file\n/data/sub\n/data/sub/new\n/data/sub/twin\n/data/twin' ]
  [ "$(husk image inspect --format '{{len .RootFS.Layers}} {{.Author}} {{index .Config.Env 0}}' me/made:1)" = '2 me <me@example.org> ADDED=1' ] ||
    husk image inspect me/made:1 | jq -e '.[0].Config.Env | index("ADDED=1") != null'
  husk history --format '{{.Comment}}' me/made:1 | grep -x 'by hand'
  husk save -o made.tar me/made:1
  podman_ load -q -i made.tar
  mount=$(podman_ mount "$(podman_ create docker.io/me/made:1)")
  diff husk.list <(cd "$mount" && find data | sed 's|^|/|' | sort)
  [ "$(stat -c '%u:%g %h' "$mount/data/sub/new")" = '5:6 2' ]
  husk rm box
  [ "$(husk run --rm --net none me/made:1 /bin/busybox cat /data/sub/twin)" = new ]
}

@test "commit: what was never started is the same image with other words" {
  make_image i
  husk create --name box --net none i /bin/sh -c 'test -e /data/file' >/dev/null
  husk commit -c 'LABEL a=b' box made >/dev/null
  husk rm box
  run_in made
  [ "$(husk image inspect --format '{{len .RootFS.Layers}} {{.Config.Labels.a}}' made)" = '1 b' ]
}

@test "commit: a running container is frozen meanwhile, and goes on" {
  husk run -d --name box --net none busybox sh -c 'while :; do echo x >>/file; done' >/dev/null
  wait_for husk exec box test -s /file
  husk commit box image
  husk commit --pause=false box image2
  is_status box running
  husk run --rm --net none image test -s /file
  husk rm -f box
  husk run --rm --net none image2 test -e /file
}

@test "export: the files of a container, running or not, as a tar that import takes" {
  make_image i
  husk create --name box --net none i /bin/sh -c true >/dev/null
  husk export -o box.tar box
  mkdir out && tar --xattrs --xattrs-include='user.*' -C out -xpf box.tar
  diff <(tree_list root/data) <(tree_list out/data)
  ! grep "$HUSK_DATA/boxes" /proc/self/mounts || return 1
  husk export box | husk import - again
  run_in again /bin/sh -c 'test -e /data/twin'
  husk rm box
  husk run -d --name box --net none i /bin/busybox sleep 100
  husk export box >running.tar
  tar -tf running.tar data/file
  husk rm -f box
}

@test "rm: whatever a container has made, as deep as it likes, with names that we would use" {
  husk run --name box --net none busybox sh -c 'cd /tmp; i=0; while [ $i -lt 1500 ]; do mkdir d && cd d || exit 1; i=$((i + 1)); done
    for i in 1 2 3; do touch "/$(stat -c %i /tmp).$i"; done; mkdir /closed; touch /closed/file; chmod 0 /closed; mkfifo "/$(printf "a\nb")"'
  id=$(husk inspect --format '{{.Id}}' box)
  ulimit -n 100
  husk rm box
  [ ! -e "$HUSK_DATA/boxes/$id" ]
}
