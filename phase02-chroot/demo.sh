# shellcheck shell=bash disable=SC2154 # marker comes from tools/demo
# demo.sh: phase 02 on stage. Played by `make demo`; tools/demo has say, note, run and attack.

say "The container gets a root file system. A file of the host:"
run --expect "*$marker_text*" "cat $marker"

say "Inside it has no name:"
run --expect '*No such file*' "./husk - cat $marker"
run --expect 'bin*etc*mnt*proc*dev*home*' './husk - ls -C / | head -n 4'
note "The dash is the default root file system: one static program, BusyBox, and links to it."

say "/dev holds six devices, lent by the host, and no disk:"
run --expect 'full*null*random*tty*urandom*zero' './husk - ls -C /dev | head -n 4'

say "But chroot is a name, not a wall. One call, setns(2) to its own mount namespace, and the" \
  "container's root is the host's again. Phase 03 is about that:"
attack --expect "*$marker_text*" "./husk - nsenter --target 1 --mount cat $marker"
note "nsenter -t 1 -m: joining a mount namespace resets the root to that of the namespace."
