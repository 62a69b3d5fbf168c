#!/usr/bin/env bats
# user.bats: every phase but 04 as an ordinary user, by a user namespace of one user.
# Phase 04 sets limits, always; it refuses, and says why. Run as root, these tests take another
# uid; run by an ordinary user they take that.

# shellcheck disable=SC2034,SC2154 # lib/phase.bash has them
load lib/phase

setup_file() {
  export AS_USER=1
  phase_setup 01
  local folder
  for folder in "$tree"/phase0[1-9]-*/Makefile; do
    make -s -C "$(dirname "$folder")" husk
  done
}

# Every check up to this phase that does not need cgroups, from 06 on those that are news; of those
# that need root those of phases 01 to 05, which hold in a user namespace, too.
holds_as_user() { # NN
  local name
  local -a checks=()
  PHASE=$1 FOLDER=$(phase_folder "$1")
  for name in "${ladder_checks[@]}"; do
    ladder_expect "$name" "$1"
    [ "$expected" = HOLDS ] || continue
    [[ $1 == 0[1-5] ]] || ladder_is_news "$name" "$1" || continue
    if [ "${ladder_where[$name]}" = cgroup ] || { [ "${ladder_where[$name]}" = root ] && [[ ${ladder_from[$name]} == 0[6-9] ]]; }; then
      echo "# phase $1 as a user: $name needs ${ladder_where[$name]/cgroup/root and cgroups}; phase$1.bats has it" >&3
    else
      checks+=("$name")
    fi
  done
  check "${checks[@]}"
}

# Runs TEXT in a sandbox as an ordinary user; $husk is the program of the phase.
as_user() { # NN TEXT
  # shellcheck disable=SC2016 # $SITE is the sandbox's
  run "$tests/lib/sandbox" bash -c '. "$0/lib/cell.bash"
    exec "${user_prefix[@]}" bash -c "husk=$SITE/husk/$1/husk; $2"' "$tests" "$(phase_folder "$1")" "$2"
}

@test "user: phase 01 keeps every guarantee" { holds_as_user 01; }
@test "user: phase 02 keeps every guarantee" { holds_as_user 02; }
@test "user: phase 03 keeps every guarantee" { holds_as_user 03; }
@test "user: phase 05 keeps every guarantee" { holds_as_user 05; }

# The phases from 06 on, as far as they are there: NN, one a line.
later_phases() {
  local folder
  for folder in "$tree"/phase0[6-9]-*/Makefile; do
    folder=${folder#"$tree"/phase}
    echo "${folder%%-*}"
  done
}

@test "user: every later phase keeps every guarantee" {
  local phase
  for phase in $(later_phases); do
    echo "phase $phase"
    holds_as_user "$phase"
  done
}

@test "user: each phase says in one line that a user namespace makes the user root" {
  local call calls
  mapfile -t calls < <(later_phases | sed 's/$/ run -- id/')
  for call in "01 id" "02 - id" "03 - id" "05 run -- id" "${calls[@]}"; do
    # shellcheck disable=SC2016 # $husk is as_user's
    as_user "${call%% *}" "\$husk ${call#* }"
    echo "$call: $output"
    [ "$status" = 0 ]
    [[ $output == *"uid=0"* ]]
    [ "$(grep -c '^husk: not root: uid [0-9]* becomes root in a user namespace' <<<"$output")" = 1 ]
  done
}

@test "user: phase 04 refuses, the later ones refuse a limit that was asked for: 125, and the way out" {
  local call calls
  mapfile -t calls < <(later_phases | sed 's/$/ run --mem=64M -- true/')
  for call in "04 - true" "${calls[@]}" "05 run --mem=64M -- true" "05 run --cpu=25% -- true" "05 run --pids=9 -- true"; do
    # shellcheck disable=SC2016 # $husk is as_user's
    as_user "${call%% *}" "\$husk ${call#* }"
    echo "$call: $output"
    [ "$status" = 125 ]
    [[ $output == *"needs root"*"make lab"* ]]
  done
}

@test "user: nothing is left on this machine" { nothing_left; }
