# shellcheck shell=bash disable=SC2154,SC2034
# images.bash: what the tests of images and volumes share. They run in the sandbox: tests/engine/run.
#
#	load images
#	setup() { images_setup; }             we are in $WORK, which is empty
#	teardown() { images_teardown; }
#	store_same                            the store is as store_note saw it: every file and attribute
#	layout DIR, layer DIR TAR [TYPE], image DIR NAME [CMD...]    an OCI layout by hand
#	fails_in_a_line PATTERN CMD...        one line on standard error, exit status 125

load lib

images_setup() {
  tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  export HUSK_ROOTFS_BUILDER=$tree/rootfs-builder
  engine_setup && cd "$WORK" || return
}

images_teardown() {
  local left
  left=$(ls "$HUSK_DATA/tmp" 2>/dev/null)
  cd /
  rm -f /dev/shm/libpod_lock
  awk -v at="$WORK/" 'index($2, at) == 1 { print $2 }' /proc/self/mounts | sort -r | xargs -r umount -l
  engine_teardown || return
  [ -z "$left" ] || { echo "left in tmp: $left"; return 1; }
}

# --- the store ---

attributes() { # PATTERN PATH...
  find "${@:2}" -print0 | sort -z | xargs -0r getfattr -h -d -m "$1" 2>/dev/null || true
}

# Names, owners, modes, sizes, attributes and contents of all that is in the store; not when
# something was looked at.
store_list() {
  (cd "$HUSK_DATA" && find oci layers volumes tmp -printf '%p %y %m %U:%G %n %s %l\n' | sort &&
    find oci layers volumes -type f -exec sha256sum {} + | sort &&
    attributes - oci layers volumes)
}
store_note() { store_list >"$BATS_TEST_TMPDIR/store"; }
store_same() { diff "$BATS_TEST_TMPDIR/store" <(store_list); }

# A tree as text: what has to survive a round trip.
tree_list() { # DIR
  (cd "$1" && find . -printf '%p %y %m %U:%G %s %l %TY-%Tm-%Td %TH:%TM:%.2TS\n' | sed -E 's/ d ([0-9]+ [0-9:]+) [0-9]+ / d \1 /' | sort &&
    find . -type f -links +1 -printf '%i %p\n' | sort -k2 | awk '!($1 in n) { n[$1] = $2 } { print $2, "is", n[$1] }' &&
    find . -type f -exec sha256sum {} + | sort -k2 &&
    attributes '^(user\.|security\.capability)' .)
}

is_empty() { # DIR...
  [ -z "$(find "$@" -mindepth 1 -print -quit)" ]
}

id_of() { husk image inspect --format '{{.Id}}' "$1"; }
layer_of() { husk image inspect --format '{{index .RootFS.Layers 0}}' "$1" | cut -d: -f2; }

fails_in_a_line() { # PATTERN CMD...
  local pattern=$1
  shift
  run --separate-stderr "$@"
  echo "status $status: $stderr"
  [ "$status" = 125 ] && [ "${#stderr_lines[@]}" = 1 ] && [[ $stderr =~ $pattern ]]
}

# --- an image by hand ---

blob() { # LAYOUT TYPE FILE, prints its descriptor
  local digest
  digest=$(sha256sum <"$3" | cut -d' ' -f1)
  cp "$3" "$1/blobs/sha256/$digest"
  jq -cn --arg type "application/vnd.oci.image.$2" --arg digest "sha256:$digest" --argjson size "$(stat -c %s "$3")" \
    '{mediaType: $type, digest: $digest, size: $size}'
}

layout() { # DIR
  mkdir -p "$1/blobs/sha256"
  : >"$1.layers"
  : >"$1.ids"
  echo '{"imageLayoutVersion": "1.0.0"}' >"$1/oci-layout"
  echo '{"schemaVersion": 2, "manifests": []}' >"$1/index.json"
}

layer() { # LAYOUT TAR [TYPE]: a tar, plain or compressed
  blob "$1" "layer.v1.tar${3:-}" "$2" >>"$1.layers"
  case ${3:-} in
    +gzip) gzip -dc "$2" ;;
    +zstd) zstd -qdc "$2" ;;
    *) cat "$2" ;;
  esac | sha256sum | cut -d' ' -f1 >>"$1.ids"
}

image() { # LAYOUT NAME [CMD...]: of the layers that were added
  local dir=$1 name=$2 config manifest
  shift 2
  jq -n --rawfile ids "$dir.ids" '{architecture: "'"$(machine)"'", os: "linux", config: {Cmd: $ARGS.positional},
    rootfs: {type: "layers", diff_ids: [$ids | split("\n")[] | select(. != "") | "sha256:" + .]}}' --args -- "$@" >"$dir.config"
  config=$(blob "$dir" config.v1+json "$dir.config")
  jq -n --argjson config "$config" --slurpfile layers "$dir.layers" \
    '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: $config, layers: $layers}' >"$dir.manifest"
  manifest=$(blob "$dir" manifest.v1+json "$dir.manifest")
  jq --argjson manifest "$manifest" --arg name "$name" \
    '.manifests += [$manifest + {annotations: {"org.opencontainers.image.ref.name": $name}}]' "$dir/index.json" >"$dir.index"
  cp "$dir.index" "$dir/index.json"
}

machine() { uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/; s/armv7l/arm/'; }

# Its lock in /dev/shm stays: removed with the rest.
podman_() { podman --root "$WORK/podman" --runroot "$WORK/podman-run" --storage-driver vfs "$@"; }
