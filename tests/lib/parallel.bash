# shellcheck shell=bash
# parallel.bash: sandboxes do not see each other, so as many run side by side as there are CPUs.
# Not more: what a check measures of a CPU must be there to be had.

# Runs FUNCTION ARGUMENT for each argument, the last one first, since later phases take longer;
# prints their output in the order of the arguments. Fails if one of them did.
in_parallel() { # FUNCTION ARGUMENT...
  local function=$1 outputs i running=0 status=0
  shift
  local -a arguments=("$@")
  outputs=$(mktemp -d)
  for ((i = $# - 1; i >= 0; i--)); do
    if [ $running -ge "${JOBS:-$(nproc)}" ]; then
      wait -n || status=1
      running=$((running - 1))
    fi
    "$function" "${arguments[i]}" >"$outputs/$i" &
    running=$((running + 1))
  done
  for (( ; running > 0; running--)); do
    wait -n || status=1
  done
  for ((i = 0; i < $#; i++)); do
    cat "$outputs/$i"
  done
  rm -rf "$outputs"
  return $status
}
