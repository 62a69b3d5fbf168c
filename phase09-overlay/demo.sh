# shellcheck shell=bash disable=SC2016,SC2154 # the shell inside expands; stage comes from tools/demo
# demo.sh: phase 09 on stage. Played by `make demo`; tools/demo has say, note, run and attack.
# The root file system is a copy on the stage: with BEFORE=1 it is poisoned, and thrown away.

export stage HUSK_STATE=$stage/state HUSK_DATA=$stage/data
mkdir -p "$stage/shared/data"
cp -R "$HUSK_ROOTFS" "$stage/base"
HUSK_ROOTFS=$stage/base
printf '#!/bin/sh\necho welcome\n' >"$stage/base/bin/greet"
chmod 755 "$stage/base/bin/greet"
tar -C "$stage/base" -cf "$stage/image.tar" .
# A link, then a file whose name leads through it.
ln -s /etc "$stage/evil" && tar -C "$stage" -cf "$stage/evil.tar" evil && rm "$stage/evil"
mkdir "$stage/evil" && echo owned >"$stage/evil/motd" && tar -C "$stage" -rf "$stage/evil.tar" evil/motd

say "Two containers, one root file system. The first one replaces a program; the second one runs it:"
attack --expect 'welcome' \
  './husk run -- sh -c "echo echo your secrets are mine >/bin/greet"; ./husk run -- greet'
attack --expect '/home?/root' './husk run -- rm -rf /home /root; ./husk run -- ls -d /home /root'
note "Each wrote to a layer of its own, which went with it. The root file system below was only read."

say "What a container has changed is a directory. It can be listed, and kept:"
run --expect '*D /etc/group*A /new*kept in*' \
  './husk run --keep --name=look -- sh -c "rm /etc/group; echo hello >/new"'
run --expect '*hello*c*0,*0*etc/group*' 'cd $HUSK_DATA/kept/look && cat new && ls -l etc/group'
note "The device node 0,0 is a whiteout: the kernel's way to say that a file below is gone."

say "A root file system can come as a tar. It is unpacked once:"
run --expect 'welcome' './husk run --image=$stage/image.tar -- greet'
run --expect '1' './husk run --image=$stage/image.tar -- true; ls $HUSK_DATA/images | wc -l'

say "Who made the tar is trusted with nothing. This one holds a link, and a file behind it:"
run --expect '*evil -> /etc*evil/motd*' 'tar -tvf $stage/evil.tar'
attack --expect '*evil/motd: Cannot extract through symlink*' './husk run --image=$stage/evil.tar -- true'

say "But in a volume that two share, one can change what the path of a mount means for the other:"
attack './husk run -v $stage/shared:/mnt -- sh -c "rmdir /mnt/data; ln -s /etc /mnt/data"'
attack --expect '*No such file*' \
  './husk run -v $stage/shared:/mnt -v $stage:/mnt/data -- ls /mnt/data/marker'
note "The mount went to the host's /etc, if only in husk's own mount namespace. final resolves below the root."
