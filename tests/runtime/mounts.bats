#!/usr/bin/env bats
# mounts.bats: every mount option and kind of mount of config.json, looked at from inside.
# shellcheck disable=SC2016 # the shell inside expands them
load lib
setup() {
  runtime_setup
  export OWN_ROOTFS=1
}
teardown() {
  local place
  awk -v work="$WORK/" 'index($5, work) == 1 { print $5 }' /proc/self/mountinfo | tac | while read -r place; do
    umount -l "$place"
  done
  runtime_teardown
}

add_mount='.mounts +='
admin='(.process.capabilities[] |= . + ["CAP_SYS_ADMIN"]) |'
user_ns='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings |'

# A bind of $WORK/src (a tmpfs with those mount options) to /m with those of config.json.
source_fs() { # [MOUNT-OPTIONS]
  mkdir -p "$WORK/src"
  mount -t tmpfs -o "${1:-rw}" src "$WORK/src"
}
bind_m() { # JSON-LIST-OF-OPTIONS
  echo "$add_mount [{destination: \"/m\", type: \"bind\", source: \"$WORK/src\", options: $1}]"
}

# The options of the mount at PATH in a container, as the kernel has them: ",ro,nosuid,...,".
flags_in() { # FILTER PATH
  sh_in "$1" "awk '\$5 == \"$2\" { print \"flags,\" \$6 \",\" }' /proc/self/mountinfo"
  echo "$output"
  [ "$status" = 0 ]
  flags=$(grep ^flags <<<"$output")
}

# A user namespace's root reaches the bundle, and owns the files in it.
give_to_user_ns() {
  chmod 755 "$WORK" "$(dirname "$WORK")"
  chown -R 100000:100000 "$WORK/shell/rootfs"
}

@test "a bind with each restriction has it, and no other" {
  local option
  for option in ro nosuid nodev noexec noatime nodiratime nosymfollow; do
    source_fs
    flags_in "$(bind_m "[\"bind\", \"$option\"]")" /m
    [[ $flags == *,$option,* ]]
    [ "$(tr ',' '\n' <<<"$flags" | grep -cvE '^(flags|rw|ro|relatime|)$')" = "$([ "$option" = ro ] && echo 0 || echo 1)" ]
    umount "$WORK/src"
  done
}

@test "a bind keeps what its source is restricted by, and each can be taken away" {
  source_fs ro,nosuid,nodev,noexec,noatime
  flags_in "$(bind_m '["bind"]')" /m
  [[ $flags == flags,ro,nosuid,nodev,noexec,noatime, ]]
  flags_in "$(bind_m '["bind", "rw", "suid", "dev", "exec", "relatime"]')" /m
  [[ $flags == flags,rw,relatime, ]]
  flags_in "$(bind_m '["bind", "strictatime"]')" /m
  [[ $flags == flags,ro,nosuid,nodev,noexec, ]]
}

@test "bind takes one mount, rbind those below it; ro is for the top, rro for all" {
  source_fs
  mkdir "$WORK/src/sub"
  mount -t tmpfs sub "$WORK/src/sub"
  touch "$WORK/src/sub/deep"
  sh_in "$(bind_m '["bind"]')" 'ls -A /m/sub'
  [ -z "$output" ]
  sh_in "$(bind_m '["rbind", "ro"]')" 'ls /m/sub; touch /m/x 2>/dev/null || echo top; touch /m/sub/x && echo below'
  [[ $output == deep*top*below ]]
  sh_in "$(bind_m '["rbind", "rro"]')" 'touch /m/x 2>/dev/null || echo top; touch /m/sub/y 2>/dev/null || echo below'
  [[ $output == *top*below ]]
}

@test "each recursive option reaches the mounts below" {
  local option
  source_fs
  mkdir "$WORK/src/sub"
  mount -t tmpfs sub "$WORK/src/sub"
  for option in rro rnosuid rnodev rnoexec rnoatime rnodiratime rnosymfollow; do
    flags_in "$(bind_m "[\"rbind\", \"$option\"]")" /m/sub
    [[ $flags == *,${option#r},* ]]
  done
  mount -o remount,bind,ro,nosuid,nodev,noexec "$WORK/src/sub"
  flags_in "$(bind_m '["rbind", "rrw", "rsuid", "rdev", "rexec", "rstrictatime"]')" /m/sub
  [[ $flags == flags,rw, ]]
}

@test "targets are made of the source's kind, with the directories above" {
  source_fs
  echo content >"$WORK/src/file"
  sh_in "$add_mount [{destination: \"/new/deep/file\", type: \"bind\", source: \"$WORK/src/file\", options: [\"bind\"]},
    {destination: \"/new/deep/dir\", source: \"$WORK/src\", options: [\"rbind\"]}]" \
    'cat /new/deep/file /new/deep/dir/file; stat -c %a /new/deep'
  [ "$output" = $'content\ncontent\n755' ]
}

@test "an image's link that leads nowhere yet is followed inside the rootfs" {
  source_fs
  echo nameserver >"$WORK/src/file"
  OWN_ROOTFS=1 bundle shell
  ln -sf ../run/resolve/stub "$WORK/shell/rootfs/etc/resolv.conf"
  mv "$WORK/shell/rootfs" "$WORK/linked"
  bundle linked "$add_mount [{destination: \"/etc/resolv.conf\", type: \"bind\", source: \"$WORK/src/file\", options: [\"bind\"]}]
    | .root.path = \"$WORK/linked\" | .process.args = [\"cat\", \"/run/resolve/stub\"]"
  run husk run --bundle "$WORK/linked" linked
  [ "$output" = nameserver ]
}

@test "a source that is missing: the missing part is named" {
  refused "mount /m" "$WORK/none: No such file" -- sh_in_status "$add_mount [{destination: \"/m\", type: \"bind\", source: \"$WORK/none/a/b\", options: [\"bind\"]}]"
}

# For `refused`, which runs it itself.
sh_in_status() {
  bundle shell "$1 | .process.args = [\"true\"]"
  husk run --bundle "$WORK/shell" shell
}

@test "a file on a directory and a directory on a file are told apart" {
  source_fs
  touch "$WORK/src/file"
  refused "mount /etc" "is a file" "/etc in the rootfs is a directory" -- sh_in_status "$add_mount [{destination: \"/etc\", type: \"bind\", source: \"$WORK/src/file\", options: [\"bind\"]}]"
  refused "mount /etc/passwd" "is a directory" "is a file" -- sh_in_status "$add_mount [{destination: \"/etc/passwd\", type: \"bind\", source: \"$WORK/src\", options: [\"bind\"]}]"
  refused "mount /etc/passwd/x" "Not a directory" -- sh_in_status "$add_mount [{destination: \"/etc/passwd/x\", type: \"bind\", source: \"$WORK/src\", options: [\"bind\"]}]"
}

@test "nothing is mounted over the rootfs itself" {
  refused "mount /" root.path -- sh_in_status "$add_mount [{destination: \"/\", type: \"tmpfs\", source: \"tmpfs\"}]"
}

@test "tmpfs: size and mode; without a mode that of the directory, 1777 if it is new" {
  sh_in "$add_mount [{destination: \"/a\", type: \"tmpfs\", source: \"tmpfs\", options: [\"size=64k\", \"mode=711\", \"nr_inodes=10\"]},
    {destination: \"/root\", type: \"tmpfs\", source: \"tmpfs\"}, {destination: \"/new\", type: \"tmpfs\", source: \"tmpfs\"}]" \
    'stat -c %a /a /root /new; df -k /a | tail -1 | tr -s " " | cut -d" " -f2; dd if=/dev/zero of=/a/x bs=1k count=100 2>&1 | grep -o "No space"'
  [ "$output" = "711
$(stat -c %a "$WORK/shell/rootfs/root")
1777
64
No space" ]
}

@test "the kernel's reason for refusing an option is passed on" {
  refused "mount /a" "size=abc" "Bad value" -- sh_in_status "$add_mount [{destination: \"/a\", type: \"tmpfs\", source: \"tmpfs\", options: [\"size=abc\"]}]"
  refused "mount /a" "nonsense" "Unknown parameter" -- sh_in_status "$add_mount [{destination: \"/a\", type: \"tmpfs\", source: \"tmpfs\", options: [\"nonsense\"]}]"
  refused "mount /a" "file system nosuchfs" "does not have it" -- sh_in_status "$add_mount [{destination: \"/a\", type: \"nosuchfs\", source: \"x\"}]"
}

@test "tmpcopyup: what the image has there is in the tmpfs, as it was" {
  bundle cu "$add_mount [{destination: \"/cu\", type: \"tmpfs\", source: \"tmpfs\", options: [\"tmpcopyup\", \"ro\"]}]
    | .process.args = [\"sh\", \"-c\", \"cd /cu; stat -c '%n %F %a %u:%g %Y' . f d d/a p l; readlink l; cat f; touch x 2>/dev/null || echo readonly\"]"
  (
    cd "$WORK/cu/rootfs"
    mkdir cu
    mkdir -m 750 cu/d
    chown 3:4 cu
    echo text >cu/f
    chown 7:8 cu/f
    chmod 4755 cu/f
    touch cu/d/a
    mkfifo -m 600 cu/p
    ln -s /nowhere cu/l
    touch -h -d @1000 cu/f cu/p cu/l cu/d/a cu/d
  )
  run husk run --bundle "$WORK/cu" cu
  echo "$output"
  [[ $output == ". directory 755 3:4 "*"
f regular file 4755 7:8 1000
d directory 750 0:0 1000
d/a regular empty file 644 0:0 1000
p fifo 600 0:0 1000
l symbolic link 777 0:0 1000
/nowhere
text
readonly" ]]
}

@test "by default nothing mounted inside gets out, and what is mounted outside comes in" {
  source_fs
  mount --make-shared "$WORK/src"
  mkdir "$WORK/src/in" "$WORK/src/out"
  start one "$admin $(bind_m '["rbind"]')"
  mount -t tmpfs out "$WORK/src/out"
  touch "$WORK/src/out/seen"
  run husk exec one sh -c 'mount -t tmpfs in /m/in && touch /m/in/hidden; ls /m/out'
  [[ $output == *seen* ]]
  [ ! -e "$WORK/src/in/hidden" ]
  husk delete --force one
}

@test "rprivate: nothing gets in or out" {
  source_fs
  mount --make-shared "$WORK/src"
  mkdir "$WORK/src/in" "$WORK/src/out"
  start one "$admin $(bind_m '["rbind", "rprivate"]')"
  mount -t tmpfs out "$WORK/src/out"
  touch "$WORK/src/out/seen"
  run husk exec one sh -c 'mount -t tmpfs in /m/in && touch /m/in/hidden; ls -A /m/out'
  [[ $output != *seen* ]]
  [ ! -e "$WORK/src/in/hidden" ]
  husk delete --force one
}

@test "rshared under rootfsPropagation shared: what is mounted inside is there outside" {
  source_fs
  mount --make-shared "$WORK/src"
  mkdir "$WORK/src/in"
  start one "$admin .linux.rootfsPropagation = \"shared\" | $(bind_m '["rbind", "rshared"]')"
  run husk exec one sh -c 'mount -t tmpfs in /m/in && touch /m/in/seen'
  [ -e "$WORK/src/in/seen" ]
  husk delete --force one
}

@test "rshared alone shares with nobody outside" {
  source_fs
  mount --make-shared "$WORK/src"
  mkdir "$WORK/src/in"
  start one "$admin $(bind_m '["rbind", "rshared"]')"
  run husk exec one sh -c 'mount -t tmpfs in /m/in && touch /m/in/hidden; grep " /m " /proc/self/mountinfo'
  [[ $output == *shared:* ]]
  [ ! -e "$WORK/src/in/hidden" ]
  husk delete --force one
}

@test "propagation of one mount is not that of those below" {
  source_fs
  mkdir "$WORK/src/sub"
  mount -t tmpfs sub "$WORK/src/sub"
  mount --make-rshared "$WORK/src"
  sh_in "$(bind_m '["rbind", "shared"]')" 'grep " /m" /proc/self/mountinfo'
  [[ ${lines[0]} == *" /m "*shared:* && ${lines[1]} == *" /m/sub "*master:* && ${lines[1]} != *shared:* ]]
  sh_in "$(bind_m '["rbind", "unbindable"]')" 'grep " /m" /proc/self/mountinfo'
  [[ ${lines[0]} == *unbindable* && ${lines[1]} != *unbindable* ]]
}

@test "rootfsPropagation is that of /" {
  local kind
  for kind in shared rshared:shared unbindable runbindable:unbindable; do
    sh_in ".linux.rootfsPropagation = \"${kind%:*}\"" 'awk "\$5 == \"/\"" /proc/self/mountinfo'
    [[ $output == *${kind#*:}* ]]
  done
  for kind in private rprivate; do
    sh_in ".linux.rootfsPropagation = \"$kind\"" 'awk "\$5 == \"/\"" /proc/self/mountinfo'
    [[ $output != *shared* && $output != *master* ]]
  done
}

@test "idmap: files show other owners inside, ridmap also below" {
  source_fs
  mkdir "$WORK/src/sub"
  mount -t tmpfs sub "$WORK/src/sub"
  touch "$WORK/src/file" "$WORK/src/sub/file"
  local maps='uidMappings: [{containerID: 0, hostID: 5000, size: 10}], gidMappings: [{containerID: 0, hostID: 6000, size: 10}]'
  sh_in "$add_mount [{destination: \"/m\", type: \"bind\", source: \"$WORK/src\", options: [\"rbind\", \"idmap\"], $maps},
    {destination: \"/r\", type: \"bind\", source: \"$WORK/src\", options: [\"rbind\", \"ridmap\"], $maps}]" \
    'stat -c %u:%g /m/file /m/sub/file /r/file /r/sub/file'
  [[ $output != *"may not have it"* ]] || skip "the kernel cannot map owners on tmpfs"
  [ "$output" = $'5000:6000\n0:0\n5000:6000\n5000:6000' ]
  [ "$(stat -c %u "$WORK/src/file")" = 0 ]
}

@test "idmap without mappings is refused, and so is it for a new file system" {
  source_fs
  refused "mount /m" uidMappings -- sh_in_status "$(bind_m '["bind", "idmap"]')"
  refused "mount /m" bind -- sh_in_status "$add_mount [{destination: \"/m\", type: \"tmpfs\", source: \"tmpfs\", options: [\"idmap\"]}]"
}

@test "remount changes what is mounted" {
  source_fs
  flags_in "$(bind_m '["bind"]') | $add_mount [{destination: \"/m\", type: \"none\", source: \"none\", options: [\"remount\", \"bind\", \"ro\", \"noexec\"]}]" /m
  [[ $flags == flags,ro,noexec,relatime, ]]
}

@test "remount changes the file system's options, and keeps those it does not name" {
  local first='{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["size=1m", "mode=711", "lazytime"]}'
  sh_in "$add_mount [$first, {destination: \"/mnt\", type: \"tmpfs\", source: \"tmpfs\", options: [\"remount\", \"size=2m\", \"sync\", \"nolazytime\", \"noexec\"]}]" \
    'awk "\$5 == \"/mnt\" { print \$6, \$NF }" /proc/self/mountinfo; stat -c %a /mnt'
  echo "$output"
  [[ ${lines[0]} == rw,noexec,relatime\ rw,sync,*size=2048k* && ${lines[0]} != *lazytime* && ${lines[1]} = 711 ]]
  refused "mount /mnt" "size=no" "Bad value" -- sh_in_status "$add_mount [$first, {destination: \"/mnt\", type: \"tmpfs\", source: \"tmpfs\", options: [\"remount\", \"size=no\"]}]"
  refused "mount /etc" "nothing is mounted there" -- sh_in_status "$add_mount [{destination: \"/etc\", type: \"tmpfs\", source: \"tmpfs\", options: [\"remount\", \"size=2m\"]}]"
}

@test "ns_last_pid bound over itself stays writable below a read-only /proc/sys" {
  flags_in "$add_mount [{destination: \"/proc/sys/kernel/ns_last_pid\", type: \"bind\", source: \"/proc/sys/kernel/ns_last_pid\", options: [\"bind\", \"rw\"]}]
    | .linux.readonlyPaths = [\"/proc/sys\"]" /proc/sys/kernel/ns_last_pid
  [[ $flags == *,rw,* ]]
}

@test "copy-symlink, src-nofollow and dest-nofollow" {
  source_fs
  echo text >"$WORK/src/file"
  ln -s file "$WORK/src/link"
  sh_in "$add_mount [{destination: \"/copied\", type: \"bind\", source: \"$WORK/src/link\", options: [\"bind\", \"copy-symlink\"]},
    {destination: \"/followed\", type: \"bind\", source: \"$WORK/src/link\", options: [\"bind\"]}]" \
    'readlink /copied; readlink /followed; cat /followed'
  [ "$output" = $'file\ntext' ]
}

@test "an option that means nothing for a bind is warned of" {
  source_fs
  sh_in "$(bind_m '["bind", "nosuidd"]')" 'true'
  [ "$status" = 0 ]
  [[ $output == *nosuidd* ]]
}

@test "overlay: also with more layers than fsconfig(2) takes in one value" {
  local long
  long=$(printf 'x%.0s' {1..200})
  mkdir -p "$WORK/$long/one" "$WORK/$long/two"
  touch "$WORK/$long/one/1" "$WORK/$long/two/2"
  source_fs
  mkdir "$WORK/src/upper" "$WORK/src/work"
  sh_in "$add_mount [{destination: \"/o\", type: \"overlay\", source: \"overlay\",
    options: [\"lowerdir=$WORK/$long/one:$WORK/$long/two\", \"upperdir=$WORK/src/upper\", \"workdir=$WORK/src/work\", \"nosuid\"]}]" \
    'ls /o; touch /o/new; awk "\$5 == \"/o\" { print \$6 }" /proc/self/mountinfo'
  [ "$output" = $'1\n2\nrw,nosuid,relatime' ]
  [ -e "$WORK/src/upper/new" ]
}

@test "mounts are made in their order: a later one is on top, and in an earlier one" {
  sh_in "$add_mount [{destination: \"/a\", type: \"tmpfs\", source: \"first\"}, {destination: \"/a/b\", type: \"tmpfs\", source: \"second\"},
    {destination: \"/a\", type: \"tmpfs\", source: \"third\"}]" 'awk "\$5 ~ \"^/a\" { print \$(NF-1) }" /proc/self/mountinfo; ls /a'
  [ "$output" = $'first\nsecond\nthird' ]
}

@test "maskedPaths: files read as empty, directories are empty and closed, the rest does not matter" {
  sh_in '.linux.maskedPaths = ["/proc/keys", "/proc/none", "/etc", "/home", "/etc/passwd/x", "/nowhere/at/all", "/proc/timer_list"]' \
    'cat /proc/keys | wc -c; ls -A /etc /home; touch /etc/x 2>/dev/null || echo closed; stat -c "%t:%T" /proc/timer_list'
  [ "$output" = $'0\n/etc:\n\n/home:\nclosed\n1:3' ]
}

@test "readonlyPaths: what is there can be read and not written, and keeps its restrictions" {
  sh_in '.linux.readonlyPaths = ["/proc/sys", "/etc", "/dev/shm", "/none"]' \
    'touch /etc/x 2>/dev/null || echo etc; echo x 2>/dev/null >/proc/sys/kernel/hostname || echo sys; cat /etc/passwd | head -c 4; echo; awk "\$5 == \"/dev/shm\" { print \$6 }" /proc/self/mountinfo'
  [ "$output" = $'etc\nsys\nroot\nrw,nosuid,nodev,noexec,relatime\nro,nosuid,nodev,noexec,relatime' ]
}

@test "readonlyPaths: the root, however it is written, is itself read-only; the mounts in it are not" {
  local root
  for root in / // /. /etc/..; do
    sh_in ".linux.readonlyPaths = [\"$root\"] | .process.cwd = \"/tmp/cwd\"" \
      'pwd; touch /x /etc/x 2>/dev/null || echo readonly; touch /dev/shm/x && echo writable; awk "\$5 == \"/\" { print substr(\$6, 1, 3) }" /proc/self/mountinfo'
    [ "$output" = $'/tmp/cwd\nreadonly\nwritable\nro,' ] || { echo "$root: $output"; false; }
  done
}

@test "root.readonly: / is, the mounts in it are not, and a missing cwd is made all the same" {
  sh_in '.root.readonly = true | .process.cwd = "/work/here"' 'pwd; touch /x 2>/dev/null || echo readonly; touch /dev/shm/x && echo writable'
  [ "$output" = $'/work/here\nreadonly\nwritable' ]
}

@test "process.cwd is made if it is missing" {
  sh_in '.process.cwd = "/a/b/c"' pwd
  [ "$output" = /a/b/c ]
}

@test "a read-only tmpfs: what belongs in it is made before it is read-only" {
  local run='{destination: "/run", type: "tmpfs", source: "tmpfs", options: ["nosuid", "ro"]}'
  flags_in "(.mounts[] | select(.destination == \"/dev\") | .options) += [\"ro\"]" /dev
  [[ $flags == *,ro,* ]]
  sh_in '(.mounts[] | select(.destination == "/dev") | .options) += ["ro"]' \
    'ls /dev/pts/ptmx /dev/null; readlink /dev/fd; echo x >/dev/null; touch /dev/x 2>/dev/null || echo dev; touch /dev/shm/x && echo shm'
  [ "$output" = $'/dev/null\n/dev/pts/ptmx\n/proc/self/fd\ndev\nshm' ]
  sh_in "$add_mount [$run, {destination: \"/run/secrets\", type: \"tmpfs\", source: \"tmpfs\"}]" \
    'touch /run/x 2>/dev/null || echo run; touch /run/secrets/x && echo secrets'
  [ "$output" = $'run\nsecrets' ]
  flags_in "$add_mount [$run]" /run
  [[ $flags == flags,ro,nosuid,* ]]
}

@test "a read-only tmpfs: what lies over it, or a remount, has its own word" {
  local fs='type: "tmpfs", source'
  sh_in "$add_mount [{destination: \"/a\", $fs: \"first\", options: [\"ro\"]}, {destination: \"/a\", $fs: \"second\"}]" 'touch /a/x && echo writable'
  [ "$output" = writable ]
  sh_in "$add_mount [{destination: \"/a\", $fs: \"first\"}, {destination: \"/a\", $fs: \"second\", options: [\"ro\"]}]" 'touch /a/x 2>/dev/null || echo readonly'
  [ "$output" = readonly ]
  sh_in "$add_mount [{destination: \"/a\", $fs: \"first\", options: [\"ro\"]}, {destination: \"/a\", $fs: \"none\", options: [\"remount\", \"rw\"]}]" 'touch /a/x && echo writable'
  [ "$output" = writable ]
  sh_in "$add_mount [{destination: \"/a\", $fs: \"first\"}, {destination: \"/a\", $fs: \"none\", options: [\"remount\", \"ro\"]}]" 'touch /a/x 2>/dev/null || echo readonly'
  [ "$output" = readonly ]
}

@test "default devices and links" {
  sh_in . 'cd /dev; for d in null zero full random urandom tty; do stat -c "%n %F %t:%T %a %u:%g" $d; done; for l in fd stdin stdout stderr ptmx; do echo "$l $(readlink $l)"; done'
  [ "$output" = "null character special file 1:3 666 0:0
zero character special file 1:5 666 0:0
full character special file 1:7 666 0:0
random character special file 1:8 666 0:0
urandom character special file 1:9 666 0:0
tty character special file 5:0 666 0:0
fd /proc/self/fd
stdin /proc/self/fd/0
stdout /proc/self/fd/1
stderr /proc/self/fd/2
ptmx pts/ptmx" ]
}

@test "linux.devices: type, number, mode and owner, whatever the umask; also of a default one" {
  umask 077
  sh_in '.linux.devices = [{path: "/dev/own", type: "c", major: 1, minor: 7, fileMode: 416, uid: 5, gid: 6},
      {path: "/dev/sub/fifo", type: "p", fileMode: 420}, {path: "/dev/block", type: "b", major: 7, minor: 200},
      {path: "/dev/tty", type: "c", major: 5, minor: 0, fileMode: 432, gid: 5}]' \
    'cd /dev; stat -c "%n %F %t:%T %a %u:%g" own sub/fifo block tty; stat -c %a sub'
  [ "$output" = "own character special file 1:7 640 5:6
sub/fifo fifo 0:0 644 0:0
block block special file 7:c8 666 0:0
tty character special file 5:0 660 0:5
755" ]
}

@test "a /dev bound from the machine is left as it is" {
  mkdir "$WORK/machine"
  mknod "$WORK/machine/null" c 1 3
  sh_in "(.mounts |= map(select(.destination | startswith(\"/dev\") | not))) | $add_mount [{destination: \"/dev\", type: \"bind\", source: \"$WORK/machine\", options: [\"rbind\"]}]" 'ls -A /dev'
  [ "$output" = null ]
  [ "$(ls -A "$WORK/machine")" = null ]
}

@test "without a /dev mount the nodes are in the rootfs's own /dev; a second container accepts them" {
  local no_dev='(.mounts |= map(select(.destination | startswith("/dev") | not)))'
  sh_in "$no_dev" 'echo x >/dev/null && stat -c %t:%T /dev/null'
  [ "$output" = 1:3 ]
  run husk run --bundle "$WORK/shell" again
  [ "$output" = 1:3 ]
}

@test "user namespace: devices are the machine's, sysfs and the rest are new" {
  bundle shell "$user_ns .process.args = [\"sh\", \"-c\", \"echo x >/dev/null; head -c 4 /dev/zero | wc -c; touch /dev/new /dev/shm/x; stat -c %u:%g /dev/pts/ptmx /dev/shm; ls /sys/class/net\"]"
  give_to_user_ns
  run husk run --bundle "$WORK/shell" shell
  echo "$output"
  [ "$output" = $'4\n0:0\n0:0\nlo' ]
}

@test "user namespace with the machine's network: /sys is a bind, read-only in every part" {
  bundle shell "$user_ns (.linux.namespaces |= map(select(.type != \"network\"))) | .process.args = [\"sh\", \"-c\", \"awk '\$5 ~ \\\"^/sys\\\" && \$6 ~ \\\"^rw\\\"' /proc/self/mountinfo; ls -d /sys/kernel\"]"
  give_to_user_ns
  run husk run --bundle "$WORK/shell" shell
  echo "$output"
  [ "$output" = /sys/kernel ]
}

@test "user namespace that does not map gid 5: devpts does without" {
  bundle shell "$user_ns .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 2}] | .process.args = [\"stat\", \"-c\", \"%g\", \"/dev/pts/ptmx\"]"
  give_to_user_ns
  run husk run --bundle "$WORK/shell" shell
  echo "$output"
  [ "$output" = 0 ]
}

@test "type cgroup: the container's own cgroup of every hierarchy, read-only" {
  start one '(.linux.namespaces += [{type: "cgroup"}])'
  run husk exec one sh -c 'ls /sys/fs/cgroup; mkdir /sys/fs/cgroup/x /sys/fs/cgroup/memory/x 2>&1 | grep -c "Read-only"; cat /sys/fs/cgroup/memory/cgroup.procs /sys/fs/cgroup/cgroup.procs 2>/dev/null | head -1'
  echo "$output"
  if is_v2; then
    [[ $output == *cgroup.procs* ]]
  else
    [[ $output == *memory* && $output == *pids* ]]
    [ "$(tail -1 <<<"$output")" = 1 ]
  fi
  husk delete --force one
}

@test "type cgroup without a cgroup namespace: version 1 is bound to the own cgroup" {
  ! is_v2 || skip "version 1 only"
  start one '(.linux.namespaces |= map(select(.type != "cgroup")))'
  run husk exec one sh -c 'cat /sys/fs/cgroup/memory/cgroup.procs | head -1; ls -d /sys/fs/cgroup/memory/husk*'
  echo "$output"
  [ "${lines[0]}" = 1 ]
  [[ $output == *"No such file"* ]]
  husk delete --force one
}

@test "--no-pivot: the same container, and nothing of the machine's /proc" {
  bundle shell '.process.args = ["sh", "-c", "ls / | head -1; ls -A /proc/1/root/ | head -1; awk \"\\$5 == \\\"/proc\\\"\" /proc/self/mountinfo | wc -l"]'
  run husk run --no-pivot --bundle "$WORK/shell" shell
  echo "$output"
  [ "$output" = $'bin\nbin\n1' ]
}
