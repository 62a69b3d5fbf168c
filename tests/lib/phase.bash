# shellcheck shell=bash
# phase.bash: what the bats files share. A bats file begins with
#	load lib/phase
#	setup_file() { phase_setup 03; }
# and each of its tests is a check of the ladder, run in a sandbox of its own.
#
# PHASE_DIR=path grades the program in that folder instead of the one of the repository:
#	PHASE_DIR=~/my-attempt bats tests/phase03.bats

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tree=$(dirname "$tests")
# shellcheck source=ladder.bash
. "$tests/lib/ladder.bash"

phase_setup() { # NN
  export PHASE=$1 FOLDER
  FOLDER=$(phase_folder "$1")
  [ -z "${PHASE_DIR:-}" ] || export GRADED_DIR=$PHASE_DIR
  "$tests/lib/kit"
  make -s -C "$tree/$FOLDER" husk
  host_state >"$BATS_FILE_TMPDIR/before"
}

# What a container could leave on this machine, the sandbox's walls notwithstanding. Sandboxes of
# other test runs come and go: they clean up, and complain, for themselves.
host_state() {
  local proc exe
  for proc in /proc/[0-9]*; do
    exe=$(readlink "$proc/exe" 2>/dev/null) || continue
    [[ $exe != "$tree"/phase* ]] || echo "process ${proc#/proc/} $exe"
  done
  sed 's/^/mount /' /proc/self/mounts
  find /sys/fs/cgroup -maxdepth 3 -type d -path '*husk-course*' ! -path '*husk-sandbox*' 2>/dev/null | sed 's/^/cgroup /'
  find /run/husk-course -mindepth 1 2>/dev/null | sed 's/^/state /'
  find /var/lib/husk-course -mindepth 2 -maxdepth 2 ! -path '*/rootfs/*' ! -path '*/images/*' ! -path '*/logs/*' 2>/dev/null | sed 's/^/data /'
  sed -n 's/^ *\(huskc[^:]*\):.*/link \1/p' /proc/self/net/dev
  PATH=$PATH:/usr/sbin:/sbin nft list tables 2>/dev/null | grep husk_course || true
  sed 's/^/ip_forward /' /proc/sys/net/ipv4/ip_forward
  git -C "$tree" ls-files --others --exclude-standard 2>/dev/null | sed 's/^/file /'
  echo "hostname $(</proc/sys/kernel/hostname)"
}

nothing_left() {
  host_state >"$BATS_FILE_TMPDIR/after"
  diff "$BATS_FILE_TMPDIR/before" "$BATS_FILE_TMPDIR/after"
}

# Runs checks against the program of this file's phase, in one sandbox; sets $output, TSV lines.
run_cells() { # CHECK...
  local program=$FOLDER
  [ -z "${GRADED_DIR:-}" ] || program=graded
  # shellcheck disable=SC2016 # $SITE is the sandbox's
  output=$("$tests/lib/sandbox" bash -c 'exec "$0" "$1" "$SITE/husk/$2/husk" "${@:3}"' \
    "$tests/lib/cells" "$PHASE" "$program" "$@")
}

# Every check named must hold; says which does not, and what was seen.
check() { # CHECK...
  run_cells "$@"
  echo "$output"
  [ "$(cut -f2 <<<"$output" | sort -u)" = HOLDS ] && [ "$(wc -l <<<"$output")" = $# ]
}

# The hole that this phase leaves: these checks must not hold yet.
still_open() { # CHECK...
  run_cells "$@"
  echo "$output"
  [ "$(cut -f2 <<<"$output" | sort -u)" = FAILS ]
}

# Checks of the phases before this one that run where we are: any or cgroup.
earlier_checks() { # WHERE
  local name
  for name in "${ladder_checks[@]}"; do
    if [ "${ladder_index[${ladder_from[$name]}]}" -lt "${ladder_index[$PHASE]}" ] &&
      ladder_runs_at "$name" "$1"; then
      echo "$name"
    fi
  done
}

needs_root() { [ "$(id -u)" = 0 ] || skip "needs root: make lab runs it in a virtual machine"; }
