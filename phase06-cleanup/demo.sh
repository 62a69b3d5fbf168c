# shellcheck shell=bash disable=SC2016,SC2154 # the shell inside expands; marker and stage come from tools/demo
# demo.sh: phase 06 on stage. Played by `make demo`; tools/demo has say, note, run and attack.

# What is kept of these containers goes with the stage.
export HUSK_STATE=$stage/state HUSK_DATA=$stage/data

say "Husk keeps a record of what runs:"
run --expect '*NAME*STATUS*web*running*' './husk run --name=web -- sleep 2 & sleep 0.5; ./husk ps; wait'

say "Kill husk itself, so that it cannot clean up. The container goes with it; the record tells what is left:"
attack --guarded --expect '*lost*killed*removed lost*' \
  './husk run --name=lost -- sleep 37 & sleep 0.5; kill -9 $!; sleep 0.3; ps -C sleep -o args= | grep 37; ./husk ps; ./husk gc'
note "gc removes by the name alone, with the function that every ordinary end uses."

say "Orphans: sleep is process 1 here, and does not reap. Count the zombies, without and with --init:"
run --expect '3' \
  './husk run -- sh -c "(usleep 200000 & usleep 200000 & usleep 200000 &); exec sleep 3" & sleep 2; ps -C usleep -o stat= | grep -c Z; wait'
run --expect '0' \
  './husk run --init -- sh -c "(usleep 200000 & usleep 200000 & usleep 200000 &); exec sleep 3" & sleep 2; ps -C usleep -o stat= | grep -c Z; wait'

say "A signal for husk is one for the command:"
run --expect '*bye*exit status 3*' \
  './husk run -- sh -c "trap \"echo bye; exit 3\" TERM; while :; do sleep 0.1; done" & sleep 0.7; kill $!; wait $!; echo "exit status $?"'

say "What it printed is kept, with time and stream:"
run --expect '*stdout F hello*stderr F oops*' \
  './husk run --name=talk -- sh -c "echo hello; sleep 0.1; echo oops >&2" >/dev/null 2>&1; ./husk logs --timestamps talk'

say "But root inside is still root. Phase 07 is about that:"
attack --expect '*mounted*' './husk run -- sh -c "mount -t tmpfs none /mnt && echo mounted"'
