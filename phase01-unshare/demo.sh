# shellcheck shell=bash disable=SC2016,SC2154 # the shell inside expands; marker comes from tools/demo
# demo.sh: phase 01 on stage. Played by `make demo`; tools/demo has say, note, run and attack.

say "A container is a process that was born with a few flags more. It has a hostname of its own:"
note "The flags are in main.c: CLONE_NEWUTS, CLONE_NEWPID, CLONE_NEWNS, CLONE_NEWIPC."
run --expect husk './husk hostname'

say "It is process 1, of a world in which there is nobody else:"
run --expect 1 './husk sh -c '\''echo $$'\'
run --expect '*PID* 1 *ps ax*' './husk ps ax | head -n 5'
note "ps reads /proc: without the new procfs it would still list the host's processes."

say "What it mounts, nobody else sees:"
run --guarded --expect '*/mnt tmpfs*' './husk sh -c '\''mount -t tmpfs inside-only /mnt && grep inside-only /proc/mounts'\'
run --expect 'not out here' 'grep inside-only /proc/mounts || echo not out here'

say "But files are the host's, as ever. Phase 02 is about that:"
run --expect "*$marker_text*" "./husk cat $marker"
