#!/usr/bin/env bats
# demo-lab.bats: README's first command, in the lab VM, on both versions of cgroups.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # lib/phase.bash and bats have them
load lib/phase

@test "make demo in the lab VM on cgroup v2: limits are hit on stage" { demo_on v2; }
@test "make demo in the lab VM on cgroup v1: limits are hit on stage" { demo_on v1; }
@test "make demo in the lab VM as an ordinary user: limits are refused by name" {
  run "$tests/vm/lab" --user --timeout 300 -- make demo
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *"not root"* ]]
}

demo_on() { # v2|v1
  run "$tests/vm/lab" --cgroup "$1" --timeout 300 -- make demo
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *OOM-killed*"%"*'$ husk run --rm -m 64M '*$'\ndemo\nPID '*'exit status 137'*'What to do next'* ]]
}
