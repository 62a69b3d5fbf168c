# shellcheck shell=bash disable=SC2034 # the arrays are for the scripts that source this
# ladder.bash: reads tests/ladder.tsv, the table of checks. Columns are plain, the phases, final.

ladder_tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ladder_columns=(plain 01 02 03 04 05 06 07 08 09 final)
ladder_checks=()
declare -gA ladder_index ladder_kind ladder_from ladder_asked ladder_where ladder_sentence
declare -gA ladder_exception ladder_reason # by "CHECK COLUMN"

ladder_read() {
  local i names check kind from asked where sentence column result
  for i in "${!ladder_columns[@]}"; do
    ladder_index[${ladder_columns[i]}]=$i
  done
  while IFS=$'\t' read -r check kind from asked where sentence; do
    case $check in
      '' | '#'*) ;;
      '! '*)
        read -r names column result sentence <<<"${check#! }"
        for check in ${names//,/ }; do
          ladder_exception["$check $column"]=$result
          ladder_reason["$check $column"]=$sentence
        done
        ;;
      *)
        ladder_checks+=("$check")
        ladder_kind[$check]=$kind
        ladder_from[$check]=$from
        ladder_asked[$check]=$asked
        ladder_where[$check]=$where
        ladder_sentence[$check]=$sentence
        ;;
    esac
  done <"$ladder_tests/ladder.tsv"
}
ladder_read

# Whether these are columns; says which is not.
ladder_known() { # COLUMN...
  local column
  for column in "$@"; do
    [ -n "${ladder_index[$column]:-}" ] || { echo "husk: $column: no such column; ${ladder_columns[*]} are" >&2; return 1; }
  done
}

# What the cell must be: sets $expected to HOLDS, FAILS or n/a.
ladder_expect() { # CHECK COLUMN
  local column=${ladder_index[$2]}
  expected=${ladder_exception["$1 $2"]:-}
  [ -z "$expected" ] || return 0
  if [ "$column" -lt "${ladder_index[${ladder_asked[$1]}]}" ]; then
    expected=n/a
  elif [ "$column" -lt "${ladder_index[${ladder_from[$1]}]}" ]; then
    expected=FAILS
  else
    expected=HOLDS
  fi
}

# Whether a check can run on a machine that has WHERE: any, root or cgroup.
ladder_runs_at() { # CHECK WHERE
  [ "$2" = cgroup ] || [ "${ladder_where[$1]}" = any ] || [ "${ladder_where[$1]}" = "$2" ]
}

# Whether a check has to be asked of a phase once more, in another build or as another user: in the
# phase that brought what it is about, and in the newest. In between stands the same code, file by
# file (tools/drift), and the part matrix has asked there, too.
ladder_is_news() { # CHECK PHASE
  [ "${ladder_from[$1]}" = "$2" ] || [ "$2" = "${ladder_columns[-2]}" ]
}

# The folder of a phase or of the program that is graded in its place, or final.
phase_folder() { # NN
  local folder
  [ "$1" != final ] || { echo final; return; }
  for folder in "$ladder_tests/../phase$1-"*/; do
    [ -d "$folder" ] || { echo "husk: phase $1: no such phase" >&2; return 1; }
    basename "$folder"
  done
}
