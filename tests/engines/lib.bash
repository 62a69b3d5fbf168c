# shellcheck shell=bash
# lib.bash: what the tests with real engines share.
#
#	RUNTIME=/path   the OCI runtime under test; by default the one that this tree builds
#
# A bats file starts a host of its own (see the script `host`) in setup_file, runs everything in
# it by in_host, and lets it go in teardown_file. Daemons live in the host, which takes them with it.

engines=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$engines/../.." && pwd)
SITE=/srv # as in tests/lib/sandbox
[[ $tree/ != /srv/* ]] || SITE=/media
case ${RUNTIME:-} in
  "$SITE"/oci/*) ;; # bats loads a file more than once
  *)
    export RUNTIME_FILE RUNTIME
    RUNTIME_FILE=$(realpath -m "${RUNTIME:-$tree/final/husk-runtime}")
    RUNTIME=$SITE/oci/${RUNTIME_FILE##*/} # a copy, in the host: somebody may be building a new one
    ;;
esac

# --- the host ---

is_root() { [ "$(id -u)" = 0 ]; }

setup() { is_root || skip "engines are driven as root"; }

host_start() {
  "$tree/tools/deps" --check engines || return
  [ -x "$RUNTIME_FILE" ] || { echo "RUNTIME=$RUNTIME_FILE: no such program; build it, or name another one" >&2; return 1; }
  # crun gives up on a hybrid machine whose v2 side has a controller: it is tested without that side.
  [[ $("$RUNTIME_FILE" --version 2>/dev/null) != crun* ]] || export HIDE_V2=1
  "$tree/tests/lib/kit" || return

  mkfifo "$BATS_FILE_TMPDIR/hold"
  exec 7<>"$BATS_FILE_TMPDIR/hold" # the host ends with the last one who has this open: with bats
  # shellcheck disable=SC2016 # the variables are the host's
  "$engines/host" bash -c 'echo "$(readlink /proc/self/ns/pid) $SANDBOX_CGROUP $NAMED_CGROUP" >"$1"; read -r _ <"$0"; true' \
    "$BATS_FILE_TMPDIR/hold" "$BATS_FILE_TMPDIR/ready" 3>&- 7>&- </dev/null >"$BATS_FILE_TMPDIR/host.log" 2>&1 &
  export HOST_SHELL=$!
  PATIENCE=60 eventually test -s "$BATS_FILE_TMPDIR/ready" || { cat "$BATS_FILE_TMPDIR/host.log"; return 1; }
  host_find || return
  in_host mkdir "$SITE/oci"
  in_host cp "$RUNTIME_FILE" "$RUNTIME"
}

# Sets HOST_PID, the first process of the host as it is seen from here, and HOST_PROCS, where a
# process is entered into its cgroups.
host_find() {
  local namespace cgroup named directory process
  read -r namespace cgroup named <"$BATS_FILE_TMPDIR/ready"
  HOST_PID=
  while IFS=/ read -r _ _ process _; do
    ! grep -qE '^NSpid:.*[[:blank:]]1$' "/proc/$process/status" 2>/dev/null || HOST_PID=$process
  done < <(find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/pid' -lname "${namespace/[/\\[}" 2>/dev/null)
  [ -n "$HOST_PID" ] || { echo "host: no process 1 in $namespace"; return 1; }
  HOST_PROCS=
  for directory in /sys/fs/cgroup{,/*}/{"$cgroup","${named:-$cgroup}"}; do
    [ ! -d "$directory/init" ] || directory+=/init
    [ ! -f "$directory/cgroup.procs" ] || HOST_PROCS+=" $directory/cgroup.procs"
  done
  export HOST_PID HOST_PROCS
}

host_stop() {
  [ -n "${HOST_SHELL:-}" ] || return 0
  exec 7>&-
  wait "$HOST_SHELL" && ! grep 'could not be removed' "$BATS_FILE_TMPDIR/host.log"
}

in_host() { # CMD...
  (
    for procs in $HOST_PROCS; do
      echo $BASHPID >"$procs"
    done
    exec nsenter --target "$HOST_PID" --mount --uts --ipc --net --pid --cgroup -- \
      env -C "$SITE/tmp" -u XDG_RUNTIME_DIR "PATH=$PATH:/usr/sbin:/sbin" "SITE=$SITE" "TMPDIR=$SITE/tmp" "CONTAINERS_CONF=$SITE/containers.conf" \
      timeout --foreground -k 2 "${HOST_TIMEOUT:-100}" "$@"
  ) 3>&- 7>&-
}

# --- images ---

# A root file system with BusyBox, and in /kit the programs that want more than they get.
make_root_tar() { # FILE
  tar -C "$tree/build/rootfs" -cf "$1" .
  tar -C "$tree/build" --append -f "$1" kit/memory-hog kit/fork-bomb kit/cpu-hog
}

# Puts a file into an image layout under its digest; prints its descriptor.
oci_blob() { # LAYOUT MEDIA-TYPE FILE
  local digest
  digest=$(sha256sum <"$3" | cut -d' ' -f1)
  cp "$3" "$1/blobs/sha256/$digest"
  jq -cn --arg type "$2" --arg digest "sha256:$digest" --argjson size "$(stat -c %s "$3")" \
    '{mediaType: $type, digest: $digest, size: $size}'
}

# OCI image-spec, image layout: an archive of one image, of one layer.
make_oci_archive() { # ROOT-TAR NAME FILE [CMD...]
  local type=application/vnd.oci.image layout config layer manifest arch
  layout=$(mktemp -d "$BATS_FILE_TMPDIR/layout.XXXXXX")
  arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
  mkdir -p "$layout/blobs/sha256"
  layer=$(oci_blob "$layout" "$type.layer.v1.tar" "$1")
  jq -n --arg arch "$arch" --argjson layer "$layer" '{architecture: $arch, os: "linux",
    config: {Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: $ARGS.positional},
    rootfs: {type: "layers", diff_ids: [$layer.digest]}}' --args -- "${@:4}" >"$layout/new"
  config=$(oci_blob "$layout" "$type.config.v1+json" "$layout/new")
  jq -n --arg type "$type.manifest.v1+json" --argjson config "$config" --argjson layer "$layer" \
    '{schemaVersion: 2, mediaType: $type, config: $config, layers: [$layer]}' >"$layout/new"
  manifest=$(oci_blob "$layout" "$type.manifest.v1+json" "$layout/new")
  jq -n --argjson manifest "$manifest" --arg name "$2" '{schemaVersion: 2,
    manifests: [$manifest + {annotations: {"io.containerd.image.name": $name, "org.opencontainers.image.ref.name": $name}}]}' >"$layout/index.json"
  echo '{"imageLayoutVersion": "1.0.0"}' >"$layout/oci-layout"
  tar -C "$layout" -cf "$3" oci-layout index.json blobs
}

# --- daemons ---

# Starts a daemon in the host; prints its PID there.
daemon_start() { # LOG CMD...
  # shellcheck disable=SC2016
  in_host bash -c 'setsid "${@:1}" </dev/null >"$0" 2>&1 & echo $!' "$@"
}

# By PID, and waits for its end; the host would only be rid of it.
daemon_stop() { # PID
  in_host kill "$1" || return 0
  # shellcheck disable=SC2016
  HOST_TIMEOUT=60 in_host bash -c 'while kill -0 $0 2>/dev/null; do sleep 0.1; done' "$1"
}

# --- what tests say ---

# Waits until CMD succeeds, for as many seconds as PATIENCE says; what it printed last goes on.
eventually() { # CMD...
  local end=$((SECONDS + ${PATIENCE:-60})) text
  until text=$("$@" 2>&1); do
    [ $SECONDS -lt $end ] || { echo "$text"; return 1; }
    sleep 0.1
  done
  echo "$text"
}

# Runs CMD; its status must be this. Sets $output, standard output and error of it, and says both.
# Not bats's run, which warns of a status that is 127.
expect() { # STATUS CMD...
  local wanted=$1 status=0
  shift
  output=$("$@" 2>&1) || status=$?
  echo "$* -> $status: $output"
  [ "$status" = "$wanted" ]
}

# A terminal of 91 columns and 33 lines, and nobody who types: an end of the input would be typed, too.
on_terminal() { # CMD...
  in_host script -qec "stty cols 91 rows 33; $(printf '%q ' "$@")" /dev/null <&7
}

# What a process's cgroup allows or has used; see the script of this name.
account() { in_host "$engines/account" "$@"; } # PID KEY

has_used_more() { # PID MICROSECONDS
  [ "$(account "$1" cpu-used)" -gt "$2" ]
}

# Whether a cgroup that wants more gets a quarter of a CPU: 25 % and what the kernel is late by, of
# the time that has passed; on a busy machine less, so it must have been held back as well.
has_a_quarter() { # PID
  local begin used share throttled
  begin=$(in_host cat /proc/uptime)
  used=$(account "$1" cpu-used)
  throttled=$(account "$1" cpu-throttled)
  sleep 1.5
  used=$(($(account "$1" cpu-used) - used))
  throttled=$(($(account "$1" cpu-throttled) - throttled))
  share=$(awk -v used=$used -v begin="${begin% *}" '{ print int(used / 1e4 / ($1 - begin)) }' /proc/uptime)
  echo "$share % of a CPU, held back $throttled times"
  [ "$share" -lt 35 ] && [ "$throttled" -ge 3 ]
}

# What an engine and a runtime can leave in the host; lines that match are left out.
traces() { # [PATTERN]
  # shellcheck disable=SC2016 # the variables are the host's
  in_host bash -c '
    for exe in /proc/[0-9]*/exe; do
      exe=$(readlink "$exe")
      case ${exe##*/} in "" | bash | timeout | grep | readlink) ;; *) echo "process $exe" ;; esac
    done
    cut -d" " -f4- /proc/self/mountinfo | sed "s/^/mount /"
    find /sys/fs/cgroup ${HIDE_V2:+-path /sys/fs/cgroup/unified -prune -o} -type d -printf "cgroup %p\n"
    find /run /dev/shm "$SITE/tmp" -xdev -printf "file %p\n"
    sed -n "s/^ *\([^ :]*\):.*/link \1/p" /proc/self/net/dev' | grep -vE "${1:-^$}" | sort
}

same_traces() { # FILE [PATTERN]
  traces "${2:-}" >"$1.now"
  diff "$1" "$1.now"
}
