# shellcheck shell=bash disable=SC2016,SC2154 # the shell inside expands; marker and stage come from tools/demo
# demo.sh: phase 05 on stage. Played by `make demo`; tools/demo has say, note, run and attack.

say "What was wired in is now the user's to say:"
run --expect 'stage' './husk run --hostname=stage -- hostname'
run --expect "*$marker_text*" "./husk run -v $stage:/mnt:ro -- cat /mnt/marker"
run --expect '*Read-only file system*' './husk run --read-only -- sh -c '\''touch /tmp/x && rm /tmp/x'\'

say "Limits, too: 80 MB under a limit of 64:"
attack --needs limits --expect '*OOM-killed*64 MiB*exit status 137*' \
  './husk run --mem=64M -- dd if=/dev/zero of=/dev/null bs=80M count=1; echo "exit status $?"'

say "A mistake is named, and nothing is started:"
run --expect '*--mem=lots*exit status 125*' './husk run --mem=lots -- true; echo "exit status $?"'
run --expect '*--memm*try --mem*' './husk run --memm=64M -- true'
run --expect '*no-such-command*exit status 127*' './husk run -- no-such-command; echo "exit status $?"'
note "125 husk, 126 cannot be executed, 127 not found, 128+n killed by signal n: as in a shell, and docker."

say "The caller's secrets stay with the caller:"
attack --expect 'nothing' 'PASSWORD=hunter2 ./husk run -- env | grep PASSWORD || echo nothing'

say "But if husk itself is killed, the container lives on, and its cgroup stays. Phase 06 is about that:"
attack --guarded --needs limits --expect '*PPID*sleep 31' \
  './husk run --name=orphan -- sleep 31 >/dev/null 2>&1 & sleep 0.5; kill -9 $!; sleep 0.2; ps -C sleep -o pid,ppid,args'
run --guarded --needs limits --expect '*sleep 31*orphan*' '../tools/reset'
