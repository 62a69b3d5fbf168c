#!/usr/bin/env bats
# bridge.bats: docs/from-phase09-to-final.md names every file of phase 09 and no other, says of each
# whether its successors are there, and forgets no attack that the phases leave open.
# shellcheck disable=SC2016,SC2154 # backquotes are those of the table; bats has the rest

setup() {
  TREE=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  PHASE=$TREE/phase09-overlay
  BRIDGE=$BATS_TEST_TMPDIR/bridge.md
  LADDER=$TREE/docs/security-ladder.md
  cp "$TREE/docs/from-phase09-to-final.md" "$BRIDGE"
}

# The rows of the table of files: ORGAN, FILES, BECOMES, STATUS.
rows() { awk -F'|' '/^## /{ inside = /^## What becomes/ } inside && NF == 6 && $2 !~ /^(---| organ )/' "$BRIDGE"; }

column() { rows | cut -d'|' -f"$1"; }

words() { grep -oE '`[^`]+`' | tr -d '`'; }

# Prints what is wrong; nothing if all is well.
flaws() {
  local organ status paths path landed begun
  diff <(column 3 | words | sort) <(cd "$PHASE" && printf '%s\n' ./*.[ch] | sed 's|^\./||' | sort) | sed -n 's/^</no file of phase 09, or named twice:/p; s/^>/not named:/p'
  while IFS='|' read -r _ organ _ paths status _; do
    organ=${organ// /}
    grep -qE "^\*\*([a-z_0-9]+, )*$organ(, [a-z_0-9]+)*\.\*\*" "$BRIDGE" || echo "$organ: no paragraph"
    landed=yes begun=no
    for path in $(words <<<"$paths"); do
      if [ -e "$TREE/final/$path" ]; then begun=yes; else landed=no; fi
    done
    case $status in
      ' planned ') [ $begun = no ] || echo "$organ: planned, but $([ $landed = yes ] && echo all || echo some) of it is there" ;;
      ' in part ') [ $begun$landed = yesno ] || echo "$organ: in part, but $([ $landed = yes ] && echo all || echo nothing) of it is there" ;;
      ' landed ') [ $landed = yes ] || echo "$organ: landed, but not all of it is there" ;;
      *) echo "$organ: neither planned nor in part nor landed" ;;
    esac
  done < <(rows)
  diff <(grep -oE '^\| A[0-9]+ ' "$BRIDGE" | sort) <(grep '^| A[0-9]' "$LADDER" | grep -wE 'final|engine' | grep -oE '^\| A[0-9]+ ' | sort) |
    sed -n 's/^</not left to final:/p; s/^>/left to final, but not named:/p'
}

judge() { run flaws; echo "$output"; }

@test "bridge: every file of phase 09, every attack that is final's, and no other" {
  judge
  [ "$status" = 0 ]
  [ -z "$output" ]
  [ "$(rows | wc -l)" -gt 15 ]
}

@test "bridge: a file that is missing, invented, or named twice is found" {
  sed -i 's/`lease.h`/`leash.h`/; s/`caps.c`/`caps.c` `ns.c`/' "$BRIDGE"
  judge
  [[ $output == *"no file of phase 09, or named twice: leash.h"*"not named: lease.h"*"or named twice: ns.c"* ]]
}

@test "bridge: a wrong status, a missing paragraph and a forgotten attack are found" {
  sed -i -E '/^\| image /s/in part/landed/; /^\| bridge /s/network_bridge.c(.*)network_cable.c(.*)landed/no_bridge.c\1no_cable.c\2in part/
    /^\| caps /s/landed/planned/; /^\| cgroup /s/in part/planned/
    /^\| spine /s/landed/in part/; /^\| place /s/landed/soon/; s/^\*\*seccomp\.\*\*/**filters.**/; /^\| A16 /d' "$BRIDGE"
  judge
  [[ $output == *"place: neither planned nor in part nor landed"* ]]
  [[ $output == *"seccomp: no paragraph"* ]]
  [[ $output == *"left to final, but not named: | A16"* ]]
  [[ $output == *"image: landed, but not all of it is there"* ]]
  [[ $output == *"bridge: in part, but nothing of it is there"* ]]
  [[ $output == *"caps: planned, but all of it is there"* ]]
  [[ $output == *"cgroup: planned, but some of it is there"* ]]
  [[ $output == *"spine: in part, but all of it is there"* ]]
}
