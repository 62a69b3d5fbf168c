# shellcheck shell=bash
# cpu.bash: what is measured in CPU time must not depend on what else the machine is doing. The
# scheduler divides it by cgroup, not by process; so the sandbox has the most that a cgroup can have
# while something is measured, which is more than another sandbox has. Version 2 does not let a
# cgroup namespace change what its root has: there it has the most all the time.

first_in_line() { # CMD...
  local file=/sys/fs/cgroup/cpu/cpu.shares before result=0
  if [ ! -w "$file" ]; then
    "$@"
    return
  fi
  before=$(<"$file")
  echo 262144 >"$file"
  "$@" || result=$?
  echo "$before" >"$file"
  return $result
}
