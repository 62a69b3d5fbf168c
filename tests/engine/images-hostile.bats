#!/usr/bin/env bats
# images-hostile.bats: what a stranger's image can say, and what can happen while it comes: one line
# each time, exit status 125, and the store is as it was. What tars alone can do is in images.bats.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2034 # templates are husk's; what `run` sets
bats_require_minimum_version 1.5.0
load images

setup() { images_setup; }
teardown() { images_teardown; }

run_in() { husk run --rm --net none "$@"; } # OPTION... IMAGE CMD...

make_tar() { # FILE
  mkdir -p root/{bin,dev,etc,proc,sys} && cp /bin/busybox root/bin/sh && tar -C root -cf "$1" .
}

# The layout l with one image x, whose configuration and manifest are changed on the way.
changed() { # JQ-OF-CONFIG JQ-OF-MANIFEST
  local config manifest
  rm -rf l l.*
  layout l; layer l t.tar; image l x sh -c 'echo ran'
  jq "$1" l.config >changed.config
  config=$(blob l config.v1+json changed.config)
  jq --argjson config "$config" ".config = \$config | $2" l.manifest >changed.manifest
  manifest=$(blob l manifest.v1+json changed.manifest)
  index_of "$manifest" >l/index.json
}

index_of() { # DESCRIPTOR
  jq -n --argjson m "$1" '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [$m + {annotations: {"org.opencontainers.image.ref.name": "x"}}]}'
}

# An index of platforms in the layout l, which leads to DESCRIPTOR; prints its own.
wrap() { # DESCRIPTOR ARCHITECTURE
  jq -n --argjson m "$1" --arg a "$2" '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [$m + {platform: {os: "linux", architecture: $a}}]}' >wrapped
  blob l index.v1+json wrapped
}

@test "layers: the same one many times, as empty ones are, is mounted once; the topmost counts" {
  make_tar t.tar
  tar -cf empty.tar -T /dev/null
  "$SITE/kit/tar-make" 0,f,one >1.tar
  "$SITE/kit/tar-make" 0,f,two >2.tar
  layout l
  for file in t.tar empty.tar 1.tar empty.tar 2.tar 1.tar empty.tar; do layer l $file; done
  image l x
  husk load -i l
  [ "$(run_in x sh -c 'read line </f; echo $line' 2>&1)" = one ]
  husk run --name box --net none x sh -c 'echo >/new'
  husk diff box | grep -x 'A /new'
  husk commit box y >/dev/null
  husk rm box
  run_in y sh -c 'test -e /new'
}

@test "sizes: a manifest, a configuration, a layer that is longer than its descriptor says" {
  make_tar t.tar
  husk images >/dev/null
  store_note
  changed . '.layers[0].size = 1'
  fails_in_a_line 'has [0-9]+ bytes, its descriptor says 1$' husk load -i l
  changed . '.config.size = 1'
  fails_in_a_line 'has [0-9]+ bytes, its descriptor says 1$' husk load -i l
  changed . .
  jq '.manifests[0].size = 1' l/index.json >index && cp index l/index.json
  fails_in_a_line 'has [0-9]+ bytes, its descriptor says 1$' husk load -i l
  store_same
}

@test "configurations: what is no configuration is refused at once" {
  make_tar t.tar
  husk images >/dev/null
  store_note
  while IFS='|' read -r pattern change; do
    changed "$change" .
    fails_in_a_line "load l: image 1: .*$pattern" husk load -i l
  done <<'END'
config.User: expected a string|.config.User = 5
NUL in a string|.config.Env = ["A=\u0000"]
config.Volumes: expected an object|.config.Volumes = ["a"]
Healthcheck.Test\[1\]: expected a string|.config.Healthcheck = {Test: ["CMD", 5]}
its configuration 0|.rootfs.diff_ids = null
its configuration 0|.rootfs = null
diff_ids\[0\]: expected sha256|.rootfs.diff_ids[0] = "sha256:../../../../../../etc"
END
  store_same
}

@test "configurations: absurd values are a line when they are used, and no container is left" {
  make_tar t.tar
  husk images >/dev/null
  while IFS='|' read -r pattern change; do
    changed "$change" .
    husk load -q -i l
    store_note
    fails_in_a_line "$pattern" run_in x
    [ -z "$(husk ps -aq)" ]
    store_same
  done <<'END'
expected NAME=VALUE|.config.Env = ["=x"]
user '\?'|.config.User = "\n"
user 'a'|.config.User = "a:b:c:d"
working directory 'x'|.config.WorkingDir = "x"
working directory '../../etc'|.config.WorkingDir = "../../etc"
VOLUME: 'x': expected an absolute path|.config.Volumes = {x: {}}
VOLUME: '': expected an absolute path|.config.Volumes = {"": {}}
VOLUME: '/': expected an absolute path|.config.Volumes = {"/": {}}
VOLUME: '../../etc': expected|.config.Volumes = {"../../etc": {}}
only a mount of type proc|.config.Volumes = {"/proc": {}}
no command is given|.config.Cmd = []
no command is given|.config = null
END
  while read -r change; do
    changed "$change" .
    husk load -q -i l
    [ "$(run_in x)" = ran ]
    husk images x | cat -v | grep -v '\^\[' >/dev/null
  done <<'END'
.config.Env = ["NOVALUE", "A=1\nB=2"]
.config.Env = [range(3000) | "V\(.)=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]
.config.ExposedPorts = {"99999/tcp": {}, "abc": {}}
.config.StopSignal = "NONE"
.config.Labels = {"a\u001b[31m": "b\nc"}
.created = "x\u001b[31m"
.history = [range(50) | {empty_layer: false}]
.history = null
END
}

@test "manifests: docker's schema 1, too many layers, an index for others, in a circle, or five deep" {
  make_tar t.tar
  husk images >/dev/null
  store_note
  changed . '.schemaVersion = 1'
  fails_in_a_line 'schemaVersion: 1: expected 2' husk load -i l
  changed . '.layers = [range(501) as $i | .layers[0]]'
  fails_in_a_line 'has 501 layers, overlayfs takes 500' husk load -i l
  changed . .
  manifest=$(jq -c '.manifests[0] | del(.annotations)' l/index.json)
  index_of "$(wrap "$manifest" s390x)" >l/index.json
  [ "$(machine)" = s390x ] || fails_in_a_line 'it is for other machines' husk load -i l
  for _ in {1..6}; do manifest=$(wrap "$manifest" "$(machine)"); done
  index_of "$manifest" >l/index.json
  fails_in_a_line 'an index of images that leads nowhere' husk load -i l
  store_same
  changed . .
  manifest=$(jq -c '.manifests[0] | del(.annotations)' l/index.json)
  for _ in {1..3}; do manifest=$(wrap "$manifest" "$(machine)"); done
  index_of "$manifest" >l/index.json
  husk load -i l
  [ "$(run_in x)" = ran ]
}

@test "indexes: too large, too deep, cut, two in one, of another kind, with a name that is none" {
  make_tar t.tar
  husk images >/dev/null
  store_note
  changed . .
  cp l/index.json good
  { printf '{"schemaVersion":2,"manifests":'; head -c 100000 /dev/zero | tr '\0' '['; } >l/index.json
  fails_in_a_line 'index.json:1: nested deeper than' husk load -i l
  truncate -s 100M l/index.json
  fails_in_a_line 'index.json: has more than' husk load -i l
  head -c 50 good >l/index.json
  fails_in_a_line 'list of images is damaged' husk load -i l
  cat good good >l/index.json
  fails_in_a_line 'text after the end' husk load -i l
  echo null >l/index.json
  fails_in_a_line 'expected a JSON object' husk load -i l
  jq '.manifests = []' good >l/index.json
  fails_in_a_line 'there is no image in it' husk load -i l
  jq '.manifests[0].digest = "sha512:00"' good >l/index.json
  fails_in_a_line 'digest: expected sha256' husk load -i l
  for name in ../../x 'a\u001b[31mb' 'X Y'; do
    jq ".manifests[0].annotations[\"org.opencontainers.image.ref.name\"] = \"$name\"" good >l/index.json
    fails_in_a_line 'is no name of an image' husk load -i l
  done
  store_same
}

@test "docker archives: what their manifest.json can say; the oldest kind; several images" {
  make_tar t.tar
  husk images >/dev/null
  store_note
  mkdir d && cp t.tar d/l.tar && ln -s l.tar d/link && ln -s /etc/passwd d/out && mkfifo d/fifo
  jq -n --arg id "sha256:$(sha256sum <t.tar | cut -d' ' -f1)" --arg a "$(machine)" \
    '{architecture: $a, os: "linux", config: {Cmd: ["sh"]}, rootfs: {type: "layers", diff_ids: [$id]}}' >d/c.json
  while IFS='|' read -r pattern manifest; do
    echo "$manifest" >d/manifest.json
    fails_in_a_line "load d: .*$pattern" husk load -i d
    tar -C d -cf d.tar .
    fails_in_a_line "load d.tar: .*$pattern" husk load -i d.tar
  done <<'END'
expected an array of images|[]
expected an array of images|{}
expected an object|[5]
text after the end|[]}{
etc/passwd: No such file|[{"Config": "../../../../../etc/passwd", "Layers": ["l.tar"]}]
open nothere: No such file|[{"Config": "c.json", "Layers": ["nothere"]}]
open out: No such file|[{"Config": "c.json", "Layers": ["out"]}]
No such file|[{"Config": "nofile", "Layers": ["l.tar"]}]
\.: |[{"Config": "c.json", "Layers": ["."]}]
has 2 layers, its configuration 1|[{"Config": "c.json", "Layers": ["l.tar", "l.tar"]}]
is no name of an image|[{"Config": "c.json", "RepoTags": ["X Y"], "Layers": ["l.tar"]}]
END
  mkdir -p old/abc && cp t.tar old/abc/layer.tar && echo '{"a": {"b": "abc"}}' >old/repositories
  fails_in_a_line 'neither index.json nor manifest.json' husk load -i old
  store_same
  echo '[{"Config": "c.json", "RepoTags": ["a:1", "b"], "Layers": ["link"]}, {"Config": "c.json", "RepoTags": null, "Layers": ["l.tar"]}]' >d/manifest.json
  tar -C d -cf d.tar .
  [ "$(husk load -i d.tar | head -n2)" = $'Loaded image: a:1\nLoaded image: b:latest' ]
  run_in b sh -c true
}

@test "tars: names of any bytes, twice the same name, types nobody knows; attributes that are not a tar's to give" {
  long=$(printf 'n%.0s' {1..300})
  husk images >/dev/null
  store_note
  while IFS='|' read -r pattern members; do
    # shellcheck disable=SC2086 # members have no blanks
    "$SITE/kit/tar-make" $members >t.tar
    fails_in_a_line "import t.tar: .*$pattern" husk import t.tar x
    store_same
  done <<END
File name too long|L,././@LongLink,$long 0,x,content
leads out|0,..,x
leads out|L,././@LongLink,../$long 0,x,content
replace existing directory|5,d 0,d/f,x 2,d,/etc 0,d/passwd,x
replace existing directory|0,.,x
a hard link that leads out|K,././@LongLink,../../etc/passwd 1,x,y
attribute|x,p,LIBARCHIVE.xattr.%74rusted.overlay.opaque=eQ== 5,d
too large|x,p,GNU.sparse.major=1 x,p,GNU.sparse.realsize=99999999999999 0,f,x
Special header too large|L,././@LongLink,x,68719476735 0,f,x
overflow|x,p,size=9223372036854775807 0,f,x
no user ID|x,p,uid=-1 0,f,x
END
  "$SITE/kit/tar-make" "x,p,path=$(printf 'a\nb')" 0,x,c "x,p,path=$(printf 'a\377b')" 0,x,c 0,twice,x 5,twice 0,twice/f,x 2,l,/etc 5,l 0,l/f,x \
    Z,unknown,x 0,.wh..wh..opq 0,no/such/.wh..wh..opq x,p,mtime=-99999999999999999999 0,old,x x,p,SCHILY.xattr.security.selinux=bad 0,s,x \
    x,p,SCHILY.xattr.system.posix_acl_access=bad 0,acl,x x,p,SCHILY.xattr.security.capability=bad 0,cap,x >t.tar
  husk import t.tar x
  cd "$HUSK_DATA/layers"/*
  [ "$(find . -mindepth 1 -printf '%P %y\n' | LC_ALL=C sort | cat -v)" = "$(printf '%s\n' a 'acl f' 'aM-^?b f' 'b f' 'cap f' 'l d' 'l/f f' 'no d' 'no/such d' 'old f' 's f' 'twice d' 'twice/f f' 'unknown f')" ]
  [ -z "$(getfattr -R -h -d -m '^(security|system)' . 2>/dev/null)" ]
  [ "$(getfattr --only-values -n trusted.overlay.opaque .)" = y ]
}

@test "tars: a hundred thousand members" {
  mkdir many && (cd many && for d in {1..100}; do mkdir "$d" && (cd "$d" && seq 1000 | xargs touch); done)
  tar -C many -cf many.tar .
  husk import many.tar x
  [ "$(find "$HUSK_DATA/layers" -type f | wc -l)" = 100000 ]
  husk rmi x
  is_empty "$HUSK_DATA/layers" "$HUSK_DATA/tmp"
}

@test "a full disk: import, load, commit and volumes are a line with the reason, and the store is as it was" {
  make_tar t.tar
  mkdir small && mount -t tmpfs -o size=12m tmpfs small
  export HUSK_DATA=$WORK/small/data
  husk import t.tar base
  head -c 3000000 /dev/urandom >some
  husk run --name box --net none -v "$WORK/some:/some" base sh -c 'while read -r line || [ "$line" ]; do echo "$line"; done </some >/copy; true'
  store_note
  mkdir zeros && truncate -s 300M zeros/file && tar -C zeros -c file | gzip -1 >bomb.tgz
  head -c 9000000 /dev/urandom >root/large && tar -C root -cf large.tar .
  layout l; layer l bomb.tgz +gzip; image l x
  tar -C l -cf l.tar .
  for command in 'import bomb.tgz x' 'import large.tar x' 'import root x' 'load -i l' 'load -i l.tar' 'load -i large.tar'; do
    # shellcheck disable=SC2086
    fails_in_a_line 'No space left on device' husk $command
    store_same
  done
  fails_in_a_line 'No space left' husk import - x <large.tar
  store_same
  husk rm box
  husk rmi base
  umount small && mount -t tmpfs -o nr_inodes=300 tmpfs small
  mkdir many && (cd many && seq 1000 | xargs touch) && tar -C many -cf many.tar .
  husk images >/dev/null
  store_note
  fails_in_a_line 'No space left on device' husk import many.tar x
  store_same
  export HUSK_DATA=$SITE/data
  umount small
}

@test "loads, runs, rmi and prune at the same time: no half of an image is ever seen" {
  make_tar t.tar
  layout l; layer l t.tar
  for i in 1 2 3; do "$SITE/kit/tar-make" "0,f$i,$i" "0,.wh.f$((i - 1))" >f.tar; layer l f.tar; done
  image l x
  for w in 1 2 3; do
    (for _ in {1..6}; do
      husk load -q -i l || exit
      status=0
      husk run --rm --net none x sh -c 'exit 7' 2>>err || status=$?
      [[ $status == @(7|125) ]] || { echo "the run ended with $status" >&2; exit 1; }
    done) 2>"load.$w" &
    pids[w]=$!
  done
  (for _ in {1..15}; do husk rmi x; husk image prune -af; husk images; done) >rmi.out 2>>err &
  for w in 1 2 3; do wait "${pids[w]}" || { cat "load.$w"; return 1; }; done
  wait
  # Whoever comes too late is told so.
  ! grep -vE "no image 'x'|is missing|is gone|is used by|removed meanwhile" err || return 1
  husk load -q -i l
  husk verify
  skopeo inspect "oci:$HUSK_DATA/oci:docker.io/library/x:latest" >/dev/null
  husk image prune -af
  is_empty "$HUSK_DATA"/{layers,tmp,oci/blobs/sha256}
}

# --- killed at a system call ---

calls=mkdirat,unlinkat,renameat,renameat2,linkat,fsync,syncfs,clone,fchmod

# Kills CMD at every STEP-th occurrence of each call that changes something. PREPARE before each. The
# store has to be whole then, for husk and for skopeo, and gc to leave nothing.
sweep() { # STEP PREPARE CMD...
  local step=$1 prepare=$2 call count k points=0 status reference
  shift 2
  command -v strace >/dev/null || skip "strace(1) is not there"
  $prepare >/dev/null 2>&1 || true
  strace -qq -o trace -e "trace=$calls" "$@" >/dev/null
  sed -E 's/\(.*//' trace | grep -xE '[a-z0-9_]+' | sort | uniq -c | awk '{ print $2, $1 }' >counts
  while read -r call count; do
    for ((k = 1; k <= count; k += step)); do
      $prepare >/dev/null 2>&1 || true
      status=0
      strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$k" "$@" >/dev/null 2>&1 </dev/null || status=$?
      [ $status != 137 ] || points=$((points + 1))
      if ! husk gc >/dev/null || ! husk verify >/dev/null || ! is_empty "$HUSK_DATA/tmp"; then
        echo "$call $k: $*"
        return 1
      fi
      for reference in $(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"] // empty' "$HUSK_DATA/oci/index.json"); do
        skopeo inspect "oci:$HUSK_DATA/oci:$reference" >/dev/null || { echo "$call $k: $reference"; return 1; }
      done
    done
  done <counts
  echo "$points kills were delivered"
  [ $points -gt 5 ]
}

@test "killed at each step: load, import" {
  make_tar t.tar
  "$SITE/kit/tar-make" 0,f,1 >f.tar
  layout l; layer l t.tar; layer l f.tar; image l x
  sweep 4 'husk image prune -af' "$HUSK" load -q -i l
  sweep 4 'husk image prune -af' "$HUSK" import t.tar y
}

@test "killed at each step: commit, tag, rmi" {
  make_tar t.tar
  husk import t.tar x
  husk run --name box --net none x sh -c 'echo >/new'
  sweep 4 'husk rmi y' "$HUSK" commit box y
  husk rm box
  sweep 3 'husk rmi z' "$HUSK" tag x z
  sweep 3 'husk import t.tar x' "$HUSK" rmi x
}
