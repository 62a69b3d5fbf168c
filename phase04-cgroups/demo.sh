# shellcheck shell=bash disable=SC2016,SC2154 # the shell inside expands
# demo.sh: phase 04 on stage. Played by `make demo`; tools/demo has say, note, run and attack.
# The attacks are small enough for a machine without limits: BEFORE=1 plays them there.

say "Namespaces limit what a container sees, a cgroup limits what it uses: here 100 MiB, half a CPU" \
  "and 50 processes. 150 MB at one go:"
attack --needs limits --expect '*OOM-killed*exit status 137*' \
  './husk - dd if=/dev/zero of=/dev/null bs=150M count=1; echo "exit status $?"'
note "137 is 128 + 9: the kernel's SIGKILL. husk reads the count from memory.events, or memory.oom_control."

say "Sixty processes are asked for:"
attack --needs limits --expect '*50 processes*' \
  './husk - sh -c '\''trap "set -- /proc/[0-9]*; echo \$# processes" EXIT; for i in $(seq 60); do sleep 5 & done'\'

say "A loop without end, for two seconds:"
attack --needs limits --expect '@([0-9]|[1-5][0-9]).* percent of a CPU*' \
  'TIMEFORMAT="%P percent of a CPU"; time timeout 2 ./husk - sh -c "while :; do :; done"'
note "On a busy machine it may be less than 50; it is never more."

say "From inside, the cgroup looks like the root of all:"
run --needs limits --expect 'its own' \
  '[ "$(./husk - readlink /proc/self/ns/cgroup)" = "$(readlink /proc/self/ns/cgroup)" ] && echo "the host'\''s" || echo "its own"'

say "But the limits are wired in, and what the caller has in its environment goes along. Phase 05" \
  "is about that:"
attack --needs limits --expect '*hunter2*' 'PASSWORD=hunter2 ./husk - env | grep PASSWORD'
