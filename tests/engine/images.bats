#!/usr/bin/env bats
# images.bats: images come, are looked at, leave, and are what they were: skopeo and podman say so.
# What is hostile or damaged is one line, and the store is as it was.

# shellcheck disable=SC2016,SC2154,SC2034,SC2086 # templates are husk's; what `run` sets
bats_require_minimum_version 1.5.0
load images

setup() { images_setup; }
teardown() { images_teardown; }

# Modes, owners, times, links, attributes.
make_root() { # DIR
  mkdir -p "$1"/{bin,etc,empty,tmp} "$1/a long name"
  cp "$SITE/kit/busybox" "$1/bin/busybox" 2>/dev/null || cp /bin/busybox "$1/bin/busybox"
  ln "$1/bin/busybox" "$1/bin/sh"
  ln -s busybox "$1/bin/ls"
  ln -s /etc/passwd "$1/etc/absolute"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
  mkfifo "$1/tmp/fifo"
  chmod 1777 "$1/tmp"
  chmod 4711 "$1/bin/busybox"
  chmod 0750 "$1/empty"
  chown 12:34 "$1/empty"
  chown -h 1000:65534 "$1/bin/ls"
  setfattr -n user.note -v kept "$1/etc/passwd" || true # tmpfs has them since Linux 6.6
  echo '#!' >"$1/bin/tool"
  setcap cap_net_raw+ep "$1/bin/tool"
  printf 'x' >"$1/a long name/$(printf 'n%.0s' {1..200})"
  find "$1" -exec touch -h -d '2021-03-04 05:06:07' {} +
}

@test "import: a folder, and what it was is what is unpacked: owners, modes, times, links, attributes" {
  make_root root
  run husk import root me/root:1
  [ "$status" = 0 ] && [[ $output =~ ^sha256:[0-9a-f]{64}$ ]]
  husk run --rm --net none me/root:1 /bin/sh -c true
  diff <(tree_list root) <(tree_list "$HUSK_DATA/layers/$(layer_of me/root:1)")
}

@test "import: the same folder gives the same layer, whatever its order on the disk" {
  make_root root
  cp -a root copy
  mv copy/etc copy/x && mv copy/x copy/etc
  touch -d '2021-03-04 05:06:07' copy
  husk import root a
  husk import copy b
  [ "$(layer_of a)" = "$(layer_of b)" ]
  [ -z "$(ls "$HUSK_DATA/layers")" ] # unpacked when somebody needs it
}

@test "import: a tar, plain or compressed in any of four ways, or from a pipe, is one layer" {
  make_root root
  tar --xattrs --xattrs-include='*' -C root -cf root.tar .
  gzip -k root.tar; bzip2 -k root.tar; xz -k root.tar; zstd -q root.tar
  for file in root.tar{,.gz,.bz2,.xz,.zst}; do
    husk import "$file" "i:${file##*.}" >/dev/null
    [ "$(layer_of "i:${file##*.}")" = "$(sha256sum <root.tar | cut -d' ' -f1)" ]
  done
  husk import - i:pipe <root.tar.gz
  [ "$(layer_of i:pipe)" = "$(layer_of i:tar)" ]
  diff <(tree_list root) <(tree_list "$HUSK_DATA/layers/$(layer_of i:tar)")
  husk verify
}

@test "import: --change says what a Dockerfile could" {
  make_root root
  husk import -c 'CMD ["sh", "-c", "echo \"$A\""]' -c 'ENTRYPOINT /bin/run it' -c 'ENV A=1 B="two words"' -c 'ENV A one' \
    -c 'EXPOSE 80 53/udp' -c 'label x=y' -c 'VOLUME ["/data", "/more"]' -c 'USER 12:34' -c 'WORKDIR /a' -c 'WORKDIR b' -c 'STOPSIGNAL SIGQUIT' \
    -m 'made by hand' root i
  run husk image inspect --format '{{json .Config}}' i
  diff <(jq -S . <<<"$output") <(jq -S . <<<'{"User":"12:34","ExposedPorts":{"80/tcp":{},"53/udp":{}},"Env":["A=one","B=two words"],
    "Entrypoint":["/bin/sh","-c","/bin/run it"],"Cmd":["sh","-c","echo \"$A\""],"Volumes":{"/data":{},"/more":{}},"WorkingDir":"/a/b",
    "Labels":{"x":"y"},"StopSignal":"SIGQUIT"}')
  husk history --format '{{.Comment}}' i | grep -x 'made by hand'
  husk import root bare # what nobody said is there to be asked for, too
  [ "$(husk image inspect --format '{{.Config.Cmd}} {{json .Config.Volumes}} {{.Config.User}}.' bare)" = '[] {} .' ]
  store_note
  for change in 'RUN x' 'CMD' 'EXPOSE x' 'ENV x' 'CMD ["a"' 'LABEL =x'; do
    fails_in_a_line "--change" husk import -c "$change" root j
  done
  store_same
}

@test "busybox: made by rootfs-builder the first time, and then it is there" {
  run husk run --rm --net none busybox echo hello
  [ "$output" = hello ]
  id=$(id_of busybox)
  HUSK_ROOTFS_BUILDER=/nowhere husk run --rm --net none docker.io/library/busybox:latest true
  [ "$(id_of busybox)" = "$id" ]
  husk rmi busybox
  HUSK_ROOTFS_BUILDER=/nowhere fails_in_a_line "no image 'busybox'.*HUSK_ROOTFS_BUILDER" husk run --rm busybox true
}

@test "skopeo: reads the store, copies out of it and into it" {
  make_root root
  husk import -c 'CMD ["sh"]' root me/root:1
  run skopeo inspect --config "oci:$HUSK_DATA/oci:docker.io/me/root:1"
  [ "$(jq -c .config.Cmd <<<"$output")" = '["sh"]' ]
  skopeo copy "oci:$HUSK_DATA/oci:docker.io/me/root:1" "dir:$WORK/out"
  [ "sha256:$(sha256sum <out/manifest.json | cut -d' ' -f1)" = "$(husk images --format '{{.Digest}}' me/root)" ]
  skopeo copy "dir:$WORK/out" "oci:$HUSK_DATA/oci:back:2"
  [ "$(id_of back:2)" = "$(id_of me/root:1)" ]
  husk rmi back:2
  skopeo inspect "oci:$HUSK_DATA/oci:docker.io/me/root:1" >/dev/null
}

@test "skopeo: what it alone put into the store is unpacked when it is run" {
  make_root root
  tar -C root -cf root.tar .
  layout l; layer l root.tar; image l x
  husk images >/dev/null # makes the store
  skopeo copy "oci:$WORK/l:x" "oci:$HUSK_DATA/oci:x"
  [ -z "$(ls "$HUSK_DATA/layers")" ]
  husk run --rm --net none x /bin/sh -c 'exit 3' || [ $? = 3 ]
  [ "$(ls "$HUSK_DATA/layers")" = "$(layer_of x)" ]
}

@test "save and load: both formats, compressed too, from a pipe or a directory: the same image, the same store" {
  make_root root
  husk import root me/root:1
  husk tag me/root:1 other
  husk run --rm --net none other /bin/sh -c true
  husk save -o d.tar me/root:1 other
  husk save --format oci-archive me/root:1 other >o.tar
  store_note
  for archive in d.tar o.tar; do
    gzip -k "$archive"; zstd -q "$archive"
    mkdir "${archive%.tar}" && tar -C "${archive%.tar}" -xf "$archive"
    for input in "$archive" "$archive.gz" "$archive.zst" "${archive%.tar}"; do
      husk image prune -af >/dev/null
      [ -z "$(husk images -q)" ]
      husk load -i "$input"
      store_same
    done
    husk image prune -af >/dev/null
    husk load <"$archive"
    store_same
  done
}

@test "save: the same bytes twice; what is not there costs no file" {
  make_root root
  husk import root a
  husk save -o 1.tar a
  husk save -o 2.tar a
  cmp 1.tar 2.tar
  fails_in_a_line "no image 'nothere'" husk save -o 1.tar a nothere
  cmp 1.tar 2.tar
}

@test "podman: loads what husk saved, husk loads what podman saved, IDs and layers are the same" {
  make_root root
  husk import -c 'CMD ["sh"]' root me/root:1
  id=$(id_of me/root:1) layer=$(layer_of me/root:1) digest=$(husk images --format '{{.Digest}}' me/root)
  for format in docker-archive oci-archive; do
    husk save --format $format -o saved.tar me/root:1
    podman_ load -q -i saved.tar
    [ "$(podman_ image inspect --format '{{.Id}}' docker.io/me/root:1)" = "${id#sha256:}" ]
    podman_ save -q --format $format -o podman.tar docker.io/me/root:1
    podman_ rmi -f docker.io/me/root:1
    husk rmi me/root:1
    husk load -i podman.tar
    [ "$(id_of me/root:1)" = "$id" ] && [ "$(layer_of me/root:1)" = "$layer" ]
    rm saved.tar podman.tar
    [ $format = oci-archive ] || [ "$(husk images --format '{{.Digest}}' me/root)" = "$digest" ]
  done
  diff <(tree_list root) <(tree_list "$HUSK_DATA/layers/$layer")
}

# Three layers: of the first, the others hide, replace and change something.
make_layers() { # LAYOUT
  mkdir -p 1/{gone,opaque,filled,kept,replaced} 2/{opaque,filled,kept} 3/kept/deep
  touch 1/{file,gone/a,opaque/a,opaque/b,filled/a,kept/a,kept/b,replaced/a} 2/{opaque/c,opaque/.wh..wh..opq,.wh.gone,.wh.file,kept/.wh.a}
  touch 2/filled/.wh..wh..opq 2/filled/new 2/replaced 3/kept/.wh.b 3/kept/deep/x 3/file
  mkdir -p 1/bin && cp /bin/busybox 1/bin/
  chown 5:6 2/kept && chmod 0751 2/kept
  tar -C 1 -cf 1.tar . && tar -C 2 -czf 2.tar . && tar -C 3 -c . | zstd -q >3.tar
  layout "$1"
  layer "$1" 1.tar; layer "$1" 2.tar +gzip; layer "$1" 3.tar +zstd
  image "$1" layers:1
}

@test "layers: whiteouts are devices 0:0, opaque directories an attribute; podman sees the same files" {
  make_layers l
  husk load -i l
  second=$HUSK_DATA/layers/$(sed -n 2p l.ids)
  for name in gone file kept/a; do
    [ "$(stat -c '%F %t:%T' "$second/$name")" = 'character special file 0:0' ]
  done
  for name in opaque filled; do
    [ "$(getfattr --only-values -n trusted.overlay.opaque "$second/$name")" = y ]
  done
  [ -z "$(find "$HUSK_DATA/layers" -name '.wh.*')" ]
  husk run --rm --net none layers:1 /bin/busybox find / -xdev ! -path '/dev*' ! -path '/proc*' ! -path '/sys*' | sort >husk.list
  podman_ load -q -i l
  mount=$(podman_ mount "$(podman_ create localhost/layers:1 x 2>/dev/null || podman_ create "$(podman_ images -q)" x)")
  (cd "$mount" && find . ! -path './dev*' ! -path './proc*' ! -path './sys*' | sed 's|^\.||; s|^$|/|' | sort) >podman.list
  diff <(grep -vxE '/(etc|run)(/.*)?' husk.list) <(grep -vxE '/(etc|run)(/.*)?' podman.list)
  grep -x /file husk.list && ! grep -E '^/gone|^/opaque/a|^/kept/[ab]$|^/replaced/' husk.list
}

@test "layers: a whiteout is about the layers below: what is beside it in its own tar stays, in any order" {
  (mkdir -p 1/d 1/e && touch 1/d/low 1/e/low 1/f && mkdir -p 1/bin && cp /bin/busybox 1/bin/ && tar -C 1 -cf 1.tar .)
  "$SITE/kit/tar-make" 0,.wh.d 5,d 0,d/high,x 5,e 0,e/high,x 0,.wh.e 0,f,new 0,.wh.f >2.tar
  layout l; layer l 1.tar; layer l 2.tar; image l x
  husk load -i l
  run husk run --rm --net none x /bin/busybox sh -c 'busybox ls /d /e; busybox cat /f'
  [ "$output" = $'/d:\nhigh\n\n/e:\nhigh\nnew' ]
}

@test "layers: a hundred and thirty of them" {
  layout l
  mkdir -p 0/bin && cp /bin/busybox 0/bin/ && tar -C 0 -cf 0.tar . && layer l 0.tar
  for i in {1..129}; do
    "$SITE/kit/tar-make" "0,file$i,$i" "0,last,$i" >t.tar
    layer l t.tar
  done
  image l many
  husk load -i l
  run husk run --rm --net none many /bin/busybox sh -c 'busybox cat /last; busybox ls -d /file* | busybox wc -l'
  [ "$output" = $'129\n129' ] || [ "$output" = $'129129' ]
}

@test "rmi: a name goes, with the last one the image; by ID all at once, if forced" {
  make_root root
  husk import root a:1
  id=$(id_of a:1)
  husk tag a:1 b:2 c
  run husk rmi b:2
  [ "$output" = 'Untagged: b:2' ]
  fails_in_a_line 'has 2 names' husk rmi "${id:7:12}"
  run husk rmi --force "${id:7:12}"
  [ "${#lines[@]}" = 3 ] && [ "${lines[2]}" = "Deleted: $id" ]
  fails_in_a_line "no image" husk rmi b:2
  [ -z "$(husk rmi --force b:2 2>&1)" ]
  is_empty "$HUSK_DATA/oci/blobs/sha256" "$HUSK_DATA/layers"
}

@test "rmi: layers that another image or a container needs stay" {
  make_root root
  husk import -c 'CMD ["/bin/sh"]' root a
  husk import root b
  layer=$(layer_of a)
  husk run --rm --net none b /bin/sh -c true
  husk rmi a
  [ -d "$HUSK_DATA/layers/$layer" ]
  husk create --name box --net none b /bin/sh -c 'exit 4' >/dev/null
  fails_in_a_line 'is used by container box' husk rmi b
  husk rmi --force b
  [ -d "$HUSK_DATA/layers/$layer" ]
  run husk start -a box
  [ "$status" = 4 ]
  husk rm box
  husk image prune -f
  [ ! -d "$HUSK_DATA/layers/$layer" ]
}

@test "tag, rmi, load: events have the image's ID" {
  local id
  id=$(tar -cf - -C "$SITE/rootfs" . | husk import - a:1)
  husk tag a:1 b:2
  husk save -o archive b:2
  husk rmi b:2 a:1
  husk load -i archive
  husk events --no-follow --filter type=image --format '{{.Action}} {{.Actor.ID}} {{.Actor.Attributes.name}}' >"$WORK/events"
  cat "$WORK/events"
  [ "$(cat "$WORK/events")" = "import $id a:1
tag $id b:2
untag $id b:2
untag $id a:1
delete $id $id
load $id docker.io/library/b:2" ]
}

@test "ps --filter ancestor: by each spelling of a name, each name, the ID and its beginning" {
  local id image
  id=$(tar -cf - -C "$SITE/rootfs" . | husk import - busybox)
  husk tag busybox me/other:2
  husk create --net none --name by-name busybox true
  husk create --net none --name by-full docker.io/library/busybox:latest true
  husk create --net none --rootfs "$SITE/rootfs" --name none true
  for image in busybox busybox:latest docker.io/library/busybox library/busybox me/other:2 "$id" "${id#sha256:}" "${id:7:12}"; do
    echo "$image"
    [ "$(husk ps -a --filter ancestor="$image" --format '{{.Names}}' | sort)" = $'by-full\nby-name' ]
  done
  for image in busy busybox:1 other "none" "x y"; do
    [ -z "$(husk ps -aq --filter ancestor="$image")" ]
  done
  husk rm by-name by-full none
}

@test "tag: a name that moves leaves the old image without one; prune takes it" {
  make_root root
  husk import -m one root a
  old=$(id_of a)
  husk import -m two root a
  [ "$(husk images --filter dangling=true -q)" = "${old:7:12}" ]
  husk images --format '{{.Repository}} {{.Tag}}' | grep -x '<none> <none>'
  husk image prune -f
  [ "$(husk images -q | wc -l)" = 1 ]
  husk run --rm --net none a /bin/sh -c true
}

@test "names: as docker reads them; IDs and their beginnings; what is ambiguous is said with candidates" {
  make_root root
  husk import root busybox:1
  for name in busybox:1 library/busybox:1 docker.io/busybox:1 docker.io/library/busybox:1 index.docker.io/library/busybox:1; do
    [ "$(id_of "$name")" = "$(id_of busybox:1)" ]
  done
  id=$(id_of busybox:1)
  [ "$(id_of "$id")" = "$id" ] && [ "$(id_of "${id:7:5}")" = "$id" ]
  [ "$(id_of "busybox@$(husk images --format '{{.Digest}}' busybox)")" = "$id" ]
  fails_in_a_line "no image 'busybox'" husk image inspect busybox
  fails_in_a_line "'BusyBox' is no name of an image: capital letters" husk tag busybox:1 BusyBox
  fails_in_a_line 'is no name' husk tag busybox:1 '../x'
  for i in {1..20}; do husk import -m "$i" root "n:$i" >/dev/null; done
  first=$(husk images -q | cut -c1 | sort | uniq -d | head -n1)
  fails_in_a_line "is the beginning of several IDs: [0-9a-f]{12}, [0-9a-f]{12}" husk image inspect "$first"
}

@test "images: columns, -q, --no-trunc, filters, JSON and templates" {
  make_root root
  husk import -c 'LABEL kind=tool' root me/tool:1
  husk import -c 'LABEL kind=other' root quay.io/x/y:2
  husk images | head -n1 | grep -xE 'REPOSITORY +TAG +IMAGE ID +CREATED +SIZE'
  husk images | grep -E "^me/tool +1 +[0-9a-f]{12} +.* ago +[0-9.]+[kM]B"
  husk images -q --no-trunc | grep -E '^sha256:[0-9a-f]{64}$'
  [ "$(husk images --filter label=kind=tool --format '{{.Repository}}:{{.Tag}}')" = me/tool:1 ]
  [ "$(husk images --filter label=kind -q | wc -l)" = 2 ]
  [ "$(husk images --filter reference='quay.io/*/*' --format '{{.Repository}}')" = quay.io/x/y ]
  [ "$(husk images --filter 'reference=me/*' -q | wc -l)" = 1 ]
  [ "$(husk images quay.io/x/y --format '{{.Tag}}')" = 2 ]
  [ "$(husk images --format json | jq -r '.[].Repository' | sort | paste -sd,)" = me/tool,quay.io/x/y ]
  fails_in_a_line "filter 'x=y': expected" husk images --filter x=y
  husk history --no-trunc me/tool:1 | grep -E 'sha256:[0-9a-f]{64}'
}

# --- what is hostile or damaged ---

@test "hostile tars: one line each, nothing outside is changed, the store is as it was" {
  mkdir outside && echo precious >outside/file && chmod 600 outside/file
  husk images >/dev/null
  store_note
  while IFS='|' read -r pattern members; do
    [ -n "$members" ] || continue
    # shellcheck disable=SC2086
    "$SITE/kit/tar-make" $members >hostile.tar
    fails_in_a_line "import hostile.tar: .*$pattern" husk import hostile.tar x
    store_same
    layout l; layer l hostile.tar; image l x
    fails_in_a_line "load l: .*$pattern" husk load -i l
    store_same
    rm -rf l l.*
  done <<END
leads out|0,../escaped,x
leads out|0,a/../../escaped,x
a hard link that leads out|1,link,../../..$WORK/outside/file
.|1,link,nothing
Failed|2,link,$WORK/outside 0,link/file,pwned
Failed|2,a,.. 2,b,a/..$WORK/outside 0,b/file,pwned
attribute|x,p,SCHILY.xattr.trusted.overlay.redirect=/etc 0,f,x
attribute|x,p,SCHILY.xattr.trusted.overlay.opaque=y 5,d
attribute|x,p,SCHILY.xattr.user.overlay.opaque=y 5,d
whiteout of nothing|0,.wh.
whiteout of nothing|0,d/.wh...
no user ID|x,p,uid=99999999999 0,f,x
.|0,f,short,99999
.|0,f,x,68719476735
END
  [ "$(cat outside/file)" = precious ] && [ "$(stat -c %a outside/file)" = 600 ] && [ ! -e escaped ]
}

@test "hostile tars: devices are left out, links stay links, files behind links stay inside" {
  "$SITE/kit/tar-make" 3,null 4,disk 6,fifo 2,link,/etc/passwd 2,here,. 0,here/inside,x 0,/absolute,x >t.tar
  husk import t.tar x
  run find "$HUSK_DATA/layers/$(layer_of x)" -mindepth 1 -printf '%y %P %l\n'
  [ "$(sort <<<"$output")" = $'f absolute \nf inside \nl here .\nl link /etc/passwd\np fifo ' ]
}

@test "hostile archives: links instead of blobs, digests that are paths, what is no archive" {
  make_root root
  tar -C root -cf root.tar .
  husk images >/dev/null
  store_note
  layout l; layer l root.tar; image l x
  digest=$(sed -n 1p l.ids)
  cp -r l link && ln -sf "$WORK/root.tar" "link/blobs/sha256/$digest" && tar -cf link.tar -C link .
  fails_in_a_line 'load link.tar: ' husk load -i link.tar
  fails_in_a_line 'load link: ' husk load -i link
  cp -r l path && sed -i 's|sha256:[0-9a-f]*|sha256:../../../../../../etc/passwd|' path/index.json
  fails_in_a_line 'load path: .*digest' husk load -i path
  cp -r l none && rm none/index.json
  fails_in_a_line 'is no archive of images' husk load -i none
  fails_in_a_line 'load root.tar: is no archive of images' husk load -i root.tar
  head -c 3000 /dev/urandom >noise
  fails_in_a_line 'load noise: ' husk load -i noise
  fails_in_a_line 'import noise: ' husk import noise
  : >empty
  fails_in_a_line 'load empty: ' husk load -i empty
  head -c 100000 root.tar >cut.tar
  fails_in_a_line 'import cut.tar: ' husk import cut.tar
  gzip -c root.tar | head -c 50000 >cut.gz
  fails_in_a_line 'import cut.gz: ' husk import cut.gz
  fails_in_a_line 'import nowhere: ' husk import nowhere
  store_same
}

@test "damaged archives: another byte in a layer, manifest or configuration; another diff ID; a layer too few" {
  make_root root
  tar -C root -cf root.tar .
  husk images >/dev/null
  store_note
  layout l; layer l root.tar; image l x
  for file in l.manifest l.config root.tar; do
    digest=$(sha256sum <$file | cut -d' ' -f1)
    cp -r l bad
    printf 'X' | dd of="bad/blobs/sha256/$digest" bs=1 seek=200 conv=notrunc status=none
    fails_in_a_line "$digest is damaged" husk load -i bad
    store_same
    rm "bad/blobs/sha256/$digest"
    fails_in_a_line "$digest is missing" husk load -i bad
    store_same
    rm -rf bad
  done
  sed -i 'y/0123456789abcdef/123456789abcdef0/' l.ids && image l wrong
  fails_in_a_line 'has the diff ID' husk load -i l
  layer l root.tar && sed -i 1d l.ids && image l fewer
  fails_in_a_line 'its manifest has 2 layers, its configuration 1|diff ID' husk load -i l
  store_same
}

@test "a damaged store: a blob, the list of images: one line from each command, nothing is made worse" {
  make_root root
  husk import root a
  husk import -m other root b
  blob=$HUSK_DATA/oci/blobs/sha256/$(id_of b | cut -d: -f2)
  cp "$blob" kept
  printf 'X' | dd of="$blob" bs=1 seek=5 conv=notrunc status=none
  run husk verify
  [ "$status" = 1 ] && [[ $output =~ /a:latest:\ ok ]] && [[ $output =~ /b:latest:\ blob\ sha256:[0-9a-f]*\ is\ damaged ]]
  fails_in_a_line 'is damaged' husk run --rm --net none b true
  fails_in_a_line 'is damaged' husk save -o b.tar b
  [ ! -e b.tar ]
  husk run --rm --net none a /bin/sh -c true
  husk rmi b # its name can go
  husk run --rm --net none a /bin/sh -c true
  cp "$HUSK_DATA/oci/index.json" index
  head -c 40 index >"$HUSK_DATA/oci/index.json"
  store_note
  for command in images 'rmi a' 'tag a c' 'import root c' 'image prune -f' 'save -o x.tar a' verify; do
    # shellcheck disable=SC2086
    fails_in_a_line 'list of images is damaged: index.json' husk $command
  done
  # Blobs of the import may be there, without a name; what was there is untouched.
  cp index "$HUSK_DATA/oci/index.json"
  husk image prune -f
  husk run --rm --net none a /bin/sh -c true
}

@test "a damaged layer: its blob in the store, its directory gone: one line, and a new load repairs it" {
  make_root root
  husk import root a
  husk save -o a.tar a
  layer=$(layer_of a)
  husk run --rm --net none a /bin/sh -c true
  printf 'X' | dd of="$HUSK_DATA/oci/blobs/sha256/$layer" bs=1 seek=3000 conv=notrunc status=none
  husk verify && return 1
  rm -r "${HUSK_DATA:?}/layers/$layer"
  fails_in_a_line 'diff ID' husk run --rm --net none a /bin/sh -c true
  is_empty "$HUSK_DATA/layers" "$HUSK_DATA/tmp"
  husk load -i a.tar
  husk verify
  husk run --rm --net none a /bin/sh -c true
}

# --- many at once, and killed ---

@test "eight at once load and run one image: one layer, nothing in tmp, no error" {
  make_root root
  husk import root a
  husk save -o a.tar a
  husk image prune -af
  for i in {1..8}; do
    (husk load -q -i a.tar && husk run --rm --net none a /bin/sh -c 'exit 0') 2>"err.$i" &
    pids[i]=$!
  done
  for i in {1..8}; do wait "${pids[i]}" || { cat "err.$i"; return 1; }; done
  [ "$(find "$HUSK_DATA/layers" -mindepth 1 -maxdepth 1 | wc -l)" = 1 ] && [ "$(husk images -q | wc -l)" = 1 ]
  is_empty "$HUSK_DATA/tmp"
  husk verify
}

@test "eight at once give names: none is lost" {
  make_root root
  husk import root a
  for i in {1..8}; do husk tag a "n:$i" & done
  wait
  [ "$(husk images -q n | wc -l)" = 8 ]
  skopeo inspect "oci:$HUSK_DATA/oci:docker.io/library/n:5" >/dev/null
}

@test "killed while it loads: the store is as it was, and the next command removes what is left" {
  make_root root
  head -c 20000000 /dev/urandom >root/large
  husk import root a
  husk save -o a.tar a
  husk image prune -af
  store_note
  for delay in 0.01 0.03 0.05 0.08 0.12 0.2; do
    "$HUSK" load -q -i a.tar &
    pid=$!
    sleep "$delay"
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" || true
    if [ "$(jq '.manifests | length' "$HUSK_DATA/oci/index.json")" = 0 ]; then
      husk image prune -f >/dev/null
      store_same
    else
      husk verify
      husk image prune -af >/dev/null
    fi
  done
  store_same
}
