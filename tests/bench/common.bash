# shellcheck shell=bash
# common.bash: what `bench` and `where` share: the place where everything runs, the bundles, and the
# commands of each contender. A script begins with
#	. common.bash
#	needs_root; build_programs; enter_private "$@"    # the rest runs inside
#	find_contenders; make_site
#
# A variant is what the container has: `plain`, or `cgroup`, `seccomp`, `cgroup+seccomp`.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/../.." && pwd)
programs=$tree/build/bench
me=${0##*/}
# A directory every Linux has, whose content nobody needs here: neither home nor the repository.
SITE=/srv
[[ $tree/ != /srv/* ]] || SITE=/media

refuse() { echo "$me: $*" >&2; exit 2; }
say() { echo "$me: $*" >&2; }

needs_root() { [ "$(id -u)" = 0 ] || refuse "needs root, for namespaces and cgroups that are not a user's"; }

build_programs() {
  local flags=(-D_GNU_SOURCE -std=gnu17 -O2 -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Werror)
  mkdir -p "$programs"
  (
    flock 9 # another bench may be doing the same
    cd "$here" || exit
    make_one() { # TARGET SOURCE... [-OPTION...]
      local newer
      newer=$(find "$here" -name '*.[ch]' -newer "$programs/$1" 2>/dev/null || echo missing)
      [ -z "$newer" ] || "${CC:-cc}" "${flags[@]}" -o "$programs/$1" "${@:2}"
    }
    make_one bench bench.c &&
      make_one floor floor.c floor_cgroup.c -static &&
      make_one noop noop.c -static &&
      make_one filter filter.c -lseccomp &&
      "$programs/filter" <profile.txt >"$programs/filter.bpf"
  ) 9>"$programs/lock" || refuse "the programs of the bench do not compile; 'tools/deps demo test bench' installs what they need"
}

# --- the private place ---

# "TYPE DIRECTORY", one a line, of what nothing is mounted over.
cgroup_mounts() {
  awk '$2 == "/sys/fs/cgroup" { split("", type) }
    { delete type[$2] }
    $3 ~ /^cgroup2?$/ { type[$2] = $3; place[NR] = $2 }
    END { for (i = 1; i <= NR; i++) if (place[i] in type) { print type[place[i]], place[i]; delete type[place[i]] } }' /proc/self/mounts
}

remove_cgroups() { # NAME
  local _ directory
  for _ in {1..50}; do
    directory=''
    while read -r _ directory; do
      [ ! -d "$directory/$1" ] || find "$directory/$1" -depth -type d -exec rmdir {} + 2>/dev/null
    done < <(cgroup_mounts)
    [ -n "$(find /sys/fs/cgroup -maxdepth 2 -name "$1" 2>/dev/null)" ] || return 0
    sleep 0.05
  done
  say "cgroup $1 could not be removed"
}

# Runs this script again in a mount and a PID namespace of its own: whatever is left ends with it.
enter_private() { # ARGUMENT...
  local status=0
  [ -z "${BENCH_CGROUP:-}" ] || return 0
  export BENCH_CGROUP=husk-bench-$$
  trap 'remove_cgroups "$BENCH_CGROUP"' EXIT
  unshare --mount --propagation private --pid --fork --kill-child --mount-proc -- "$0" "$@" || status=$?
  exit $status
}

# crun refuses a machine whose controllers are on version 1 if version 2 has one too. So version 2
# is taken away there: in this mount namespace only, and for all contenders alike.
settle_cgroups() {
  cgroups=v2 hierarchies='' unified=''
  local type directory
  while read -r type directory; do
    if [ "$type" = cgroup ]; then
      cgroups=v1
    else
      unified=$directory
    fi
  done < <(cgroup_mounts)
  if [ $cgroups = v1 ] && [ -n "$unified" ]; then
    if ! umount "$unified" || ! mount -t tmpfs -o mode=755 tmpfs "$unified"; then
      refuse "$unified: cannot be covered"
    fi
    cgroups="v1 (hybrid machine; its v2 side is hidden from all contenders, since crun refuses it)"
    unified=''
  fi
  while read -r type directory; do
    directory=${directory##*/}
    [ "$type" != cgroup ] || hierarchies+=${hierarchies:+,}${directory%%,*}
  done < <(cgroup_mounts)
}

make_cgroup() { # the parent of the containers' cgroups
  local type directory file
  while read -r type directory; do
    if [ "$type" = cgroup2 ]; then
      echo '+memory +cpu +pids' 2>/dev/null >"$directory/cgroup.subtree_control"
    fi
    mkdir -p "$directory/$BENCH_CGROUP" || refuse "$directory/$BENCH_CGROUP: cannot be made"
    if [ "$type" = cgroup2 ]; then
      echo '+memory +cpu +pids' >"$directory/$BENCH_CGROUP/cgroup.subtree_control" || refuse "cgroup v2 lacks a controller"
    fi
    for file in cpuset.cpus cpuset.mems; do # an empty one takes no process
      [ "$type" != cgroup ] || [ ! -e "$directory/$file" ] || cat "$directory/$file" >"$directory/$BENCH_CGROUP/$file"
    done
  done < <(cgroup_mounts)
}

make_site() {
  local program
  settle_cgroups
  mount -t tmpfs -o mode=755 tmpfs "$SITE" || refuse "$SITE: no tmpfs"
  make_cgroup
  mkdir -p "$SITE"/rootfs/{proc,dev,sys} "$SITE"/{state,bundle,trace}
  for program in noop idle calls; do
    cp "$programs/noop" "$SITE/rootfs/$program"
  done
  cp "$programs"/{floor,bench,filter.bpf} "$SITE/"
  profile_as_json >"$SITE/seccomp.json"
}

# --- the container ---

# The container's name. Not the variant's in full: `where` looks for such words in what is traced.
name_of() { # CONTENDER VARIANT PROGRAM
  local variant=$2
  variant=${variant/plain/p} variant=${variant/cgroup/c} variant=${variant/seccomp/s}
  echo "$1-${variant/+/}${3////-}"
}

has() { [[ +$1+ == *+$2+* ]]; } # VARIANT PART

profile_as_json() {
  jq -nR '
    def operation: {eq: "SCMP_CMP_EQ", ne: "SCMP_CMP_NE", clear: "SCMP_CMP_MASKED_EQ"}[.];
    def hex: ltrimstr("0x") | explode | reduce .[] as $c (0; . * 16 + $c - (if $c > 90 then 87 else 48 end));
    def number: if startswith("0x") then hex else tonumber end;
    [inputs | select(startswith("#") | not) | select(. != "")] as $lines |
    [$lines[] | select(contains(" if ")) | split(" ") | {
      names: [.[0]], action: "SCMP_ACT_ALLOW",
      args: [{index: (.[2] | tonumber), op: (.[3] | operation), value: (.[4] | number)} + if .[3] == "clear" then {valueTwo: 0} else {} end]
    }] as $conditional |
    {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1, architectures: $ARGS.positional,
     syscalls: ([{names: [$lines[] | select(contains(" if ") | not) | split(" ")[]], action: "SCMP_ACT_ALLOW"}] + $conditional)}
  ' <"$here/profile.txt" --args "${architectures[@]}"
}

case $(uname -m) in
  x86_64) architectures=(SCMP_ARCH_X86_64 SCMP_ARCH_X86 SCMP_ARCH_X32) ;;
  aarch64) architectures=(SCMP_ARCH_AARCH64 SCMP_ARCH_ARM) ;;
  *) architectures=() ;; # the machine's own
esac

# The configuration that `runc spec` prints, but not for a terminal, with the limits and the profile
# of the variant.
make_bundle() { # CONTENDER VARIANT PROGRAM: prints its directory
  local name bundle with_cgroup=false seccomp=null path
  name=$(name_of "$@")
  bundle=$SITE/bundle/$name
  path=$BENCH_CGROUP/$name
  mkdir -p "$bundle"
  ! has "$2" cgroup || with_cgroup=true
  # runc cannot do without: it gets one that has no limits.
  [ $with_cgroup = true ] || [ "$1" = runc ] || path=''
  ! has "$2" seccomp || seccomp=$(<"$SITE/seccomp.json")
  # seccomp goes by a pipe: an argument may be too small for it.
  jq --arg program "$3" --arg rootfs "$SITE/rootfs" --arg path "$path" --argjson cgroup $with_cgroup \
    --argjson version2 "$([ -n "$unified" ] && echo true || echo false)" --slurpfile seccomp <(echo "$seccomp") '
    .process.args = [$program] | .root.path = $rootfs |
    (if $path == "" then . else .linux.cgroupsPath = "/" + $path end) |
    (if $cgroup then . else del(.linux.resources) | .mounts |= map(select(.type != "cgroup")) end) |
    (if $cgroup and $version2 then .linux.namespaces += [{type: "cgroup"}] else . end) |
    (if $seccomp[0] then .linux.seccomp = $seccomp[0] else . end)
  ' "$here/config.json" >"$bundle/config.json" || refuse "$bundle: no config.json"
  echo "$bundle"
}

# --- the contenders ---

# NAME=PATH of each, in the order of the tables.
find_contenders() {
  local name path
  declare -gA path_of=([floor]=$SITE/floor)
  contenders=()
  for name in ${CONTENDERS:-husk crun runc bwrap floor}; do
    case $name in
      husk) path=${HUSK:-$tree/final/husk-runtime} ;;
      crun) path=$(command -v "${CRUN:-crun}") ;;
      runc) path=$(PATH=$PATH:/usr/sbin command -v "${RUNC:-runc}") ;;
      bwrap) path=$(command -v "${BWRAP:-bwrap}") ;;
      floor) path=${path_of[floor]} ;;
      *) refuse "$name: no such contender; husk, crun, runc, bwrap and floor are" ;;
    esac
    if [ "$name" != floor ] && [ ! -x "$path" ]; then
      say "$name is left out: ${path:-$name} is not there"
      continue
    fi
    path_of[$name]=$path
    contenders+=("$name")
  done
}

version_of() { # CONTENDER
  case $1 in
    floor) echo "floor, by $("${CC:-cc}" --version | sed q)" ;;
    *) "${path_of[$1]}" --version 2>/dev/null | sed q ;;
  esac
}

can() { # CONTENDER MEASURE: has it such a command?
  [ "$1" != bwrap ] || [ "$2" = run ]
}

takes() { # CONTENDER VARIANT
  [ "$1" != bwrap ] || ! has "$2" cgroup
}

# Sets words: those of one command of one contender, and stdin. `kill` deletes a container that still
# runs.
command_for() { # CONTENDER VARIANT PROGRAM create|start|delete|kill|run|exec
  local name
  name=$(name_of "$1" "$2" "$3")
  stdin=/dev/null
  case $1 in
    floor) floor_command "$@" ;;
    bwrap) bwrap_command "$2" "$3" ;;
    *)
      words=("${path_of[$1]}" --root "$SITE/state/$1")
      [ "$1" = runc ] || has "$2" cgroup || words+=(--cgroup-manager=disabled)
      if [ "$4" = kill ]; then words+=(delete --force); else words+=("$4"); fi
      case $4 in
        create) words+=(--bundle "$SITE/bundle/$name" --pid-file "$SITE/state/$name.pid") ;;
        run) words+=(--bundle "$SITE/bundle/$name") ;;
      esac
      words+=("$name")
      [ "$4" != exec ] || words+=(/noop)
      ;;
  esac
}

floor_command() { # CONTENDER VARIANT PROGRAM COMMAND
  local name
  name=$(name_of "$1" "$2" "$3")
  words=("${path_of[floor]}" "${4/kill/delete}")
  if has "$2" cgroup && [ "$4" != start ]; then
    words+=(-c "$BENCH_CGROUP/$name")
    if [ -n "$unified" ]; then words+=(-2 "$unified"); else words+=(-1 "$hierarchies"); fi
  fi
  ! has "$2" seccomp || [[ $4 != run && $4 != create && $4 != exec ]] || words+=(-s "$SITE/filter.bpf")
  [[ $4 != run && $4 != create ]] || words+=("$SITE/rootfs")
  words+=("$SITE/state/$name")
  case $4 in
    run | create) words+=("$3") ;;
    exec) words+=(/noop) ;;
  esac
}

# The nearest thing it has to `run`: no masked paths, no limits, /dev of its own making.
bwrap_command() { # VARIANT PROGRAM
  words=("${path_of[bwrap]}" --unshare-pid --unshare-net --unshare-ipc --unshare-uts --hostname bench
    --as-pid-1 --ro-bind "$SITE/rootfs" / --proc /proc --dev /dev --mqueue /dev/mqueue --ro-bind /sys /sys
    --cap-drop ALL --cap-add CAP_AUDIT_WRITE --cap-add CAP_KILL --cap-add CAP_NET_BIND_SERVICE
    --chdir / --clearenv --setenv PATH /usr/bin:/bin --setenv TERM xterm)
  if has "$1" seccomp; then
    words+=(--seccomp 0)
    stdin=$SITE/filter.bpf
  fi
  words+=(-- "$2")
}

pid_file_of() { # CONTENDER VARIANT PROGRAM
  case $1 in
    floor) echo "$SITE/state/$(name_of "$@")/pid" ;;
    *) echo "$SITE/state/$(name_of "$@").pid" ;;
  esac
}

# Runs `create` under strace, all its processes, and then the rest of a container's life without.
trace_create() { # CONTENDER VARIANT FILE [STRACE-OPTION...]
  local contender=$1 variant=$2 file=$3 tracer status=0
  shift 3
  command_for "$contender" "$variant" /noop create
  strace -f "$@" -o "$file" -- "${words[@]}" <"$stdin" >"$SITE/output" 2>&1 &
  tracer=$!
  # strace stays as long as the container does.
  until awk 'NR == 1 { main = $1 } $1 == main && / \+\+\+ / { found = 1 } END { exit !found }' "$file" 2>/dev/null; do
    kill -0 $tracer 2>/dev/null || break
    sleep 0.05
  done
  command_for "$contender" "$variant" /noop start
  quietly || status=1
  wait $tracer
  command_for "$contender" "$variant" /noop delete
  quietly || status=1
  return $status
}

quietly() { # the words of command_for
  "${words[@]}" <"$stdin" >"$SITE/output" 2>&1
}
