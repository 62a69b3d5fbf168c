# shellcheck shell=bash disable=SC2154 # marker comes from tools/demo
# demo.sh: phase 03 on stage. Played by `make demo`; tools/demo has say, note, run and attack.

say "The way out that phase 02 left open. The file is there:"
run --expect "*$marker_text*" "cat $marker"

say "Root inside joins its own mount namespace, to get that namespace's root. It is the container's:"
attack --expect '*No such file*' "./husk - nsenter --target 1 --mount cat $marker"
note "pivot_root(2) makes the container's root the root of the mount namespace; the old one is detached."

say "With the host out of reach, the container has its own of what it used to borrow. /sys can be" \
  "read and not written; terminals and shared memory are its own:"
run --expect '*Read-only file system*' "./husk - sh -c 'echo >/sys/kernel/uevent_seqnum'"
run --expect '*devpts*tmpfs*' "./husk - grep -E 'pts|shm' /proc/mounts"

say "But it may use all of the machine. 150 MB at one go, and nobody objects. Phase 04 is about that:"
attack --expect '*1+0 records out*' './husk - dd if=/dev/zero of=/dev/null bs=150M count=1'
