# shellcheck shell=bash disable=SC2016,SC2154 # the shell inside expands; stage comes from tools/demo
# demo.sh: phase 07 on stage. Played by `make demo`; tools/demo has say, note, run and attack.
# What the attacks change, where they get through, is the container's own: BEFORE=1 is harmless.

export HUSK_STATE=$stage/state HUSK_DATA=$stage/data

say "Root inside is made of parts. 11 of 41 capabilities are left, and no way to get another:"
run --expect '*00000000800405fb*NoNewPrivs:*1*Seccomp:*2*' \
  './husk run -- grep -E "CapEff|NoNewPrivs|Seccomp:" /proc/self/status'
note "Bits 0, 1, 3 to 8, 10, 18, 31: CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP."

say "A setting of the kernel, here one that belongs to the container:"
attack --expect '*Read-only file system*' \
  './husk run -- sh -c "echo mine >/proc/sys/kernel/domainname && cat /proc/sys/kernel/domainname"'

say "What the machine is made of, and how busy it is:"
attack --expect '0' './husk run -- sh -c "wc -l </proc/interrupts"'

say "A user namespace of its own, where it would have all capabilities again:"
attack --expect '*not permitted*' \
  './husk run -- unshare --user --map-root-user grep CapEff /proc/self/status'

say "A directory that the caller happens to have open as file 9, outside the root file system:"
attack --expect '*No such file*' "./husk run -- cat /proc/self/fd/9/marker 9<$stage"
note "CVE-2024-21626 was this: one descriptor that runc had forgotten to close."

say "What is taken can be given back, or more be taken, by name:"
run --expect '*not permitted*' './husk run -- hostname stage'
run --expect 'stage' './husk run --cap-add=SYS_ADMIN -- sh -c "hostname stage; hostname"'
run --expect '*not permitted*' './husk run --cap-drop=SYS_CHROOT -- chroot / true'
run --needs root --expect '*uid=65534*' './husk run --user=nobody -- id'

say "But the network is still the host's, with all that listens on 127.0.0.1. Phase 08 is about that:"
attack --expect "the host's" \
  '[ "$(./husk run -- readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)" ] && echo "the host'\''s"'
