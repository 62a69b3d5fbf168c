# shellcheck shell=bash disable=SC2016,SC2154 # the shell inside expands; marker_text and stage come from tools/demo
# demo.sh: phase 08 on stage. Played by `make demo`; tools/demo has say, note, run and attack.
# This is the host's own network: while the bridge is there, a browser on the same machine sees the
# published port, too. The leases are where all of husk's are, so that `make reset` finds them.

export HUSK_DATA=$stage/data

say "A network namespace is empty. This one has loopback, and nobody else is there:"
run --expect '*127.0.0.1/8*' --expect '!(*eth0*)' './husk run --net=none -- ip -o -4 addr'

say "A cable, a switch, an address, a route:"
run --needs root --expect '*eth0*10.87.0.*default via 10.87.0.1*' \
  './husk run -- sh -c "ip -o -4 addr show eth0; ip route"'

say "A server that trusts whoever comes from 127.0.0.1. The container has a 127.0.0.1 of its own:"
attack --expect "!(*$marker_text*)" --expect '*Connection refused*' \
  "\$HUSK_ROOTFS/bin/busybox httpd -f -p 127.0.0.1:18090 -h $stage & sleep 0.5; ./husk run -- wget -q -O - http://127.0.0.1:18090/marker; kill \$!"
note "The server is a program of the host; only its binary is borrowed from the root file system."

say "A web server, published. Who has which address and port is a directory of links:"
run --needs root --expect '*10.87.0.*-> web*tcp-18080 -> web 10.87.0.*:80*root:x:0:*' \
  './husk run --name=web -p 18080:80 -- httpd -f -p 80 -h /etc & sleep 1; ls -o ${HUSK_STATE:-/run/husk-course}/net; $HUSK_ROOTFS/bin/busybox wget -q -O - http://127.0.0.1:18080/group | head -n 1; kill $!; wait'

say "From container to container; and a port can be had once:"
run --guarded --needs root --expect '*root:x:0:*taken by container web*' \
  './husk run --name=web -p 18080:80 -- httpd -f -p 80 -h /etc & sleep 1; ./husk run -- wget -q -O - http://10.87.0.1:18080/group | head -n 1; ./husk run -p 18080:80 -- true; kill $!; wait'

say "Bridge, cables, rules and leases went with the last container:"
run --needs root --expect 'nothing left' 'ls /sys/class/net | grep huskc0 || echo nothing left'

say "But all containers still share one root file system. Phase 09 is about that:"
attack --needs root --expect '*I was here first*' \
  './husk run -- sh -c "echo echo I was here first >/bin/hello; chmod 755 /bin/hello"; ./husk run -- sh /bin/hello; ./husk run -- rm /bin/hello'
