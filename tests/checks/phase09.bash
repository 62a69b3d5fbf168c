# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # out, OPTIONS and others: lib/cell.bash
# What phase 09 promises: what a container writes is its own, and what it starts from is nobody's to
# change. state, data, husk, make_scratch and wait_until are phase06.bash's.

# --- what these checks share ---

# A root file system that whoever runs husk owns, in the scratch folder.
make_base() { # NAME
  base=$scratch/$1
  mkdir "$base"
  (cd "$SITE/rootfs" && tar --exclude=".$SITE/kit" -c .) | (cd "$base" && tar -x)
  mkdir "$base$SITE/kit"
  find "$SITE/kit" -type l -exec cp -d -t "$base$SITE/kit" {} +
  cp "$SITE/kit/busybox" "$SITE/kit/overlay-nest" "$base$SITE/kit/"
  give_away "$base"
}

# To whom husk runs as, if that is not us.
give_away() { # PATH
  [ -z "${AS_USER:-}" ] || chown -hR "$user:$user" "$1" 2>/dev/null || true # there may be but one user
}

# As launch and inside, but on another root file system, or on an image.
launch_on() { # ROOT CMD...
  local root=$1 i
  build_call "${@:2}"
  for i in "${!call[@]}"; do
    case ${call[i]} in
      "$SITE/rootfs") call[i]=$root ;;
      "--rootfs=$SITE/rootfs") call[i]=--rootfs=$root ;;
    esac
  done
  timeout -k 2 "$CELL_TIMEOUT" "${call[@]}"
}
inside_on() { # ROOT TEXT
  run_captured launch_on "$1" "$SITE/kit/busybox" sh -c "PATH=$SITE/kit; echo STARTED; $2"
}
inside_image() { # TAR TEXT
  run_captured husk run "--image=$1" "${OPTIONS[@]}" -- /bin/sh -c "echo STARTED; $2"
}

# All there is to know about the files of a tree.
tree_sum() { # DIR
  (cd "$1" && find . -printf '%p %y %m %U:%G %T@ %l %n\n' | sort && find . -type f -print0 | sort -z | xargs -0r sha256sum) | sha256sum
}

# What there is of containers that write somewhere.
layers() { ls -A "$data/overlay" 2>/dev/null; }
images() { ls -A "$data/images" 2>/dev/null; }

# --- the base ---

check_poison_root() {
  make_scratch
  make_base base
  printf '#!%s/sh\necho honest\n' "$SITE/kit" >"$base/bin/greet"
  chmod 755 "$base/bin/greet"
  give_away "$base/bin/greet"
  inside_on "$base" "printf '#!$SITE/kit/sh\necho %s\n' $TOKEN >/bin/greet; /bin/greet"
  [[ $out == *"$TOKEN"* ]] || { explain "it could not even write to its own: $out $err"; return 1; }
  inside_on "$base" '/bin/greet'
  is_token_safe && [ "$out" = honest ]
}

check_base_unchanged() {
  local before after gone
  make_scratch
  make_base base
  before=$(tree_sum "$base")
  inside_on "$base" 'echo x >>/etc/passwd; chmod 700 /etc; ln /etc/group /etc/group2; mv /etc/profile /etc/moved
    touch -d @1 /etc/issue; ln -sf / /bin/cat; mkdir /made; rm -rf /* 2>/dev/null
    for f in /bin/* /usr/* /made /etc/passwd; do [ ! -e "$f" ] || echo "still there: $f"; done'
  gone=$out
  after=$(tree_sum "$base")
  explain "after rm -rf /: ${gone:-nothing there} inside; outside ${before:0:8} became ${after:0:8}"
  [ -z "$gone" ] && [ "$before" = "$after" ] || return 1
  inside_on "$base" 'cat /etc/passwd; ls /bin'
  explain "the next one sees: $out"
  [[ $out == *root:*busybox* ]] && [ "$before" = "$(tree_sum "$base")" ]
}

check_ten_on_one_base() {
  local i pids=() alive wrong=
  make_scratch
  make_base base
  echo common >"$base/etc/number"
  give_away "$base/etc/number"
  mkfifo "$scratch/hold"
  exec 9<>"$scratch/hold"
  for i in {1..10}; do
    launch_on "$base" "$SITE/kit/busybox" sh -c "echo $i >/etc/number; echo STARTED; read line; cat /etc/number" \
      <"$scratch/hold" >"$scratch/out-$i" 2>"$scratch/err-$i" 9>&- &
    pids+=($!)
  done
  wait_until eval '[ "$(cat "$scratch"/out-* | grep -c STARTED)" = 10 ]' || { err=$(cat "$scratch"/err-*); never_started; }
  alive=$(pgrep -cx busybox || true)
  exec 9>&-
  wait "${pids[@]}"
  for i in {1..10}; do
    [ "$(cat "$scratch/out-$i")" = "STARTED"$'\n'"$i" ] || wrong+=" $i: $(tr '\n' ' ' <"$scratch/out-$i")"
  done
  explain "$alive alive at one time; base: $(<"$base/etc/number"); wrong:${wrong:- none} $(head -3 "$scratch"/err-*)"
  [ -z "$wrong" ] && [ "$(<"$base/etc/number")" = common ]
}

# --- mounting ---

check_option_injection() {
  local name plain count=0
  inside true
  make_scratch
  mkdir -m 777 "$scratch/evil" "$scratch/evil/work"
  make_base plain
  plain=$base
  for name in "a:b" "a,upperdir=evil,workdir=evil" "a\\b" "\\:" "," $'a\nb' "\\072"; do
    base=$scratch/$name
    cp -a "$plain" "$base"
    count=$((count + 1))
    echo "$count" >"$base/etc/which"
    # So is the place of the layers.
    local user_prefix=("${user_prefix[@]}" env "HUSK_DATA=$scratch/data/$name")
    run_refused launch_on "$base" "$SITE/kit/sh" -c "PATH=$SITE/kit; cat /etc/which; echo x >/etc/which; ls /etc | grep -c passwd"
    explain "root file system '$name': $out $err"
    [ "$out" = "$count"$'\n'1 ] && [ "$(<"$base/etc/which")" = "$count" ] && [ "$(ls -A "$scratch/evil")" = work ] || return 1
    rm -rf "$base"
  done
}

check_data_on_overlay() {
  make_scratch
  mkdir "$scratch"/{lower,upper,work,merged}
  inside true
  mount -t overlay overlay -o "lowerdir=$scratch/lower,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/merged"
  HUSK_DATA=$scratch/merged/data is_refused 125 'HUSK_DATA=' launch true
  status=$?
  umount "$scratch/merged"
  return $status
}

check_layers_hidden() {
  OPTIONS=(--init --security=off)
  inside "for f in /proc/[0-9]*/fd/* /proc/[0-9]*/cwd /proc/[0-9]*/root; do
      for up in .. ../.. ../../.. ../../../.. ../../../../..; do cat \$f/\$up/secret/token 2>/dev/null; done; done
    cut -d' ' -f4- /proc/self/mountinfo"
  is_token_safe && [[ $out == *overlay* && $out != *"$data"* && $out != *"$SITE/rootfs"* ]]
}

check_layer_modes() {
  local modes listed='' mask
  make_scratch
  make_base base
  tar -C "$base" -cf "$scratch/image.tar" .
  rm -rf "${data:?}/images" "$data/kept"
  for mask in 000 077; do
    umask $mask
    inside_on "$base" 'stat -c %a /'
    explain "/ has mode $out under umask $mask"
    [ "$out" = 755 ] || return 1
  done
  umask 000
  start modes "$SITE/kit/cleanup-cling"
  wait_until grep -q HOLDING "$SITE/tmp/out" # its last word: the next one writes to the same file
  OPTIONS=(--keep)
  inside_image "$scratch/image.tar" 'touch /made; stat -c %a /'
  modes=$(stat -c %a "$data/overlay" "$data/overlay/modes" "$data/images" "$data/kept" | paste -sd ' ')
  if [ "$(awk '{ print $3; exit }' /proc/self/uid_map)" -gt 1 ]; then # there is another user
    listed=$(setpriv --reuid 12345 --regid 12345 --clear-groups sh -c 'ls "$1/overlay" "$1/images" "$1/kept"' _ "$data" 2>/dev/null)
  fi
  kill "$pid"
  wait "$pid" 2>/dev/null
  rm -rf "$data/kept"
  explain "modes $modes; / of an image: $out; another user lists: ${listed:-nothing}"
  [ "$modes" = '700 700 700 700' ] && [ "$out" = 755 ] && [ -z "$listed" ]
}

# --- removing, keeping ---

check_layer_removed() {
  make_scratch
  make_base base
  run_captured launch_on "$base" "$SITE/kit/overlay-nest" /root 3000
  explain "$out; status $status, $err; layers: $(layers)"
  [ "$out" = 'NESTED 3000' ] && [ "$status" = 0 ] && ! grep -qv -e '^husk: not root' -e '^$' <<<"$err" && [ -z "$(layers)" ] || return 1
  inside_on "$base" 'mkdir -p /locked/in/side; touch /locked/in/file; chmod 0 /locked/in/side /locked/in /locked; chmod 0 /root /
    ln -s / /root/link; mkfifo /root/fifo'
  explain "locked: status $status, $err; layers: $(layers)"
  [ "$status" = 0 ] && [ -z "$(layers)" ]
}

check_layers_after_restart() {
  local said
  "${user_prefix[@]}" mkdir -p "$data/overlay/ghost/upper/etc" "$data/overlay/ghost/work/work" "$data/overlay/second/image/etc"
  "${user_prefix[@]}" chmod 0 "$data/overlay/ghost/work/work"
  OPTIONS=(--name=second)
  inside true # what is left of a name is no hindrance to it
  [ "$(layers)" = ghost ] || { explain "after --name=second: $(layers)"; return 1; }
  OPTIONS=()
  start alive "$SITE/kit/cleanup-cling"
  said=$(husk gc 2>&1)
  explain "gc said: $said; layers: $(layers)"
  [ "$said" = 'removed ghost' ] && [ "$(layers)" = alive ]
  status=$?
  kill "$pid"
  wait "$pid" 2>/dev/null
  [ $status = 0 ] && [ -z "$(layers)" ]
}

check_keep_lists_changes() {
  local listed expected='A /a?b A /added A /deep A /deep/er A /link C /etc C /etc/issue C /etc/passwd C /home D /etc/group D /home/old D /root'
  make_scratch
  make_base base
  touch "$base/home/old"
  give_away "$base/home/old"
  OPTIONS=(--keep --name=keeper)
  inside_on "$base" 'echo x >/added; echo x >>/etc/passwd; rm /etc/group; chmod 600 /etc/issue; rm -rf /home /root; mkdir /home
    mkdir -p /deep/er; ln -s / /link; touch "/a
b"'
  listed=$(sed -n 's/^husk: \([A-Z?] \)/\1/p' <<<"$err" | sort | paste -sd ' ')
  explain "listed: $listed; stdout: $out; $(tail -1 <<<"$err")"
  [ "$listed" = "$expected" ] && [ -z "$out" ] && [[ $err == *"kept in $data/kept/keeper ("* ]] &&
    [ "$(<"$data/kept/keeper/added")" = x ] && [ -z "$(layers)" ] || return 1
  husk gc >"$SITE/tmp/out" 2>&1
  inside_on "$base" 'touch /again'
  explain "the second of that name: $err"
  [ -e "$data/kept/keeper/added" ] && [ -e "$data/kept/keeper.2/again" ] || return 1
  "${user_prefix[@]}" rm -r "$data/kept/keeper" "$data/kept/keeper.2"
  inside_on "$base" true
  explain "without a change: $err"
  [[ $err == *'nothing was changed'* ]] && [ -z "$(ls "$data/kept")" ] || return 1
  OPTIONS=()
  inside_on "$base" 'touch /added'
  explain "without --keep: $err; $(ls "$data/kept")"
  [[ $err != *added* ]] && [ -z "$(ls "$data/kept")" ]
}

# --- images ---

# Makes $scratch/image.tar, 2 MB, of a BusyBox root.
make_image() {
  make_base base
  rm -rf "$base$SITE/kit"
  [ -n "${AS_USER:-}" ] || { touch "$base/etc/owned"; chown 12:34 "$base/etc/owned"; chmod 4711 "$base/etc/owned"; } 2>/dev/null
  tar -C "$base" -cf "$scratch/image.tar" .
  rm -rf "${data:?}/images" # of checks before this one
}

check_image_run() {
  local first second filter
  make_scratch
  make_image
  inside_image "$scratch/image.tar" 'head -1 /etc/passwd; stat -c "%u:%g %a" /etc/owned 2>/dev/null; echo x >/etc/passwd; ls /root; rm -rf /bin'
  first=$(cd "$data/images" && stat -c '%n %i %W %Z' ./*)
  explain "first: $out $err"
  [[ $out == root:* ]] && ! grep -qv -e '^husk: not root' -e '^$' <<<"$err" || return 1
  [ -n "${AS_USER:-}" ] || [ "$(awk '{ print $3; exit }' /proc/self/uid_map)" = 1 ] || [[ $out == *'12:34 4711' ]] || return 1
  inside_image "$scratch/image.tar" 'head -1 /etc/passwd'
  second=$(cd "$data/images" && stat -c '%n %i %W %Z' ./*)
  explain "second: $out $err; images: $first, then $second"
  [[ $out == root:* ]] && [ "$first" = "$second" ] || return 1
  for filter in gzip bzip2 xz zstd; do
    command -v $filter >/dev/null || continue
    $filter -c "$scratch/image.tar" >"$scratch/packed"
    inside_image "$scratch/packed" 'head -1 /etc/passwd'
    explain "$filter: $out $err"
    [[ $out == root:* ]] || return 1
  done
  touch "$scratch/image.tar" # another image, as far as husk can know
  rm -rf "${data:?}/images"
  four_at_once
}

# Called by check_image_run: four at once, none of them with the image at hand.
four_at_once() {
  local i pids=() said
  for i in 1 2 3 4; do
    husk run "--image=$scratch/image.tar" -- /bin/sh -c 'head -1 /etc/passwd' </dev/null >"$scratch/out-$i" 2>"$scratch/err-$i" &
    pids+=($!)
  done
  wait "${pids[@]}"
  said=$(cat "$scratch"/out-*)
  explain "four at once: $said $(cat "$scratch"/err-*); images: $(images)"
  [ "$(grep -c '^root:' <<<"$said")" = 4 ] && [ "$(images | wc -l)" = 1 ] && [ -z "$(layers)" ]
}

check_image_killed() {
  local half whole said
  make_scratch
  make_image
  # At the rename: all is unpacked, but not where anybody would look for it.
  status=0
  { timeout -k 2 "$CELL_TIMEOUT" "${user_prefix[@]}" strace -qq -o "$scratch/trace" -e trace=rename,renameat,renameat2 \
      -e inject=rename,renameat,renameat2:signal=KILL:when=1 \
      "$HUSK" run "--image=$scratch/image.tar" --name=killed -- /bin/true </dev/null >"$SITE/tmp/out" ; } 2>"$SITE/tmp/err" || status=$?
  half=$(ls -A "$data/overlay/killed/image" 2>&1) whole=$(images)
  said=$(husk gc 2>&1)
  explain "status $status; half: $half; whole: $whole; gc: $said; then: $(layers) $(images)"
  [[ $half == *etc* ]] && [ -z "$whole" ] && [ "$said" = 'removed killed' ] && [ -z "$(layers)$(images)" ] || return 1
  inside_image "$scratch/image.tar" 'head -1 /etc/passwd'
  explain "the next: $out $err"
  [[ $out == root:* ]]
}

# A tar that has to be refused: 125, one line that contains WORD, nothing left and nothing touched.
refuses_image() { # WORD FILE
  rm -rf "${data:?}/images"
  is_refused 125 "$1" husk run "--image=$2" -- /bin/true || return 1
  [ -z "$(layers)$(images)" ] || { explain "$1: left: $(layers) $(images)"; return 1; }
}
refuses_members() { # WORD MEMBER...
  "$SITE/kit/tar-make" "${@:2}" >"$scratch/hostile.tar"
  refuses_image "$1" "$scratch/hostile.tar" && is_victim_safe
}

is_victim_safe() {
  local now
  now=$(tree_sum "$victim")
  [ "$now" = "$victim_before" ] || explain "the victim was changed: $(find "$victim" -ls)"
  [ "$now" = "$victim_before" ]
}

check_image_hostile() {
  local victim=$SITE/tmp/scratch/victim up victim_before long
  inside true
  make_scratch
  mkdir -m 700 "$victim"
  echo precious >"$victim/file"
  chmod 600 "$victim/file"
  give_away "$victim"
  victim_before=$(tree_sum "$victim")
  up=$(realpath -m --relative-to="$data/overlay/some-name/image" "$victim")
  long=$(printf 'long/%.0s' {1..900})

  # up and out
  refuses_members '../evil' '0,../evil,x' && refuses_members "$up/evil" "0,$up/evil,x" &&
    refuses_members 'a/../../evil' '0,a/../../evil,x' && refuses_members '../evil' '0,/../evil,x' &&
    refuses_members 'a/..' '5,a/..' && refuses_members '../evil' 'x,p,path=../evil' '0,harmless,x' &&
    refuses_members 'a?b/../../evil' $'0,a\nb/../../evil,x' || return 1
  # through a symbolic link
  refuses_members 'esc/evil' "2,esc,$victim" '0,esc/evil,x' && refuses_members 'esc/evil' "2,esc,$up" '0,esc/evil,x' &&
    refuses_members 'esc/new/evil' "2,esc,$victim" '0,esc/new/evil,x' && refuses_members 'a/evil' '2,a,.' '0,a/evil,x' &&
    refuses_members 'd/up/esc' '5,d' '2,d/up,..' "2,d/up/esc,$victim" '0,esc/evil,x' &&
    refuses_members 'd/evil' '5,d' "2,d,$victim" '0,d/evil,x' && refuses_members '.: ' "2,.,$victim" '0,evil,x' &&
    refuses_members './: ' "2,./,$victim" '0,evil,x' || return 1
  # by a hard link
  refuses_members 'evil' "1,evil,$up/file" '0,evil,x' && refuses_members 'evil' "1,evil,$victim/file" '0,evil,x' &&
    refuses_members 'evil' "2,esc,$victim" '1,evil,esc/file' '0,evil,x' && refuses_members 'evil' '1,evil,/etc/passwd' &&
    refuses_members 'evil' "x,p,linkpath=$up/file" '1,evil,x' &&
    refuses_members "a name that cannot be used" "x,p,linkpath=/$long" "1,evil,x" || return 1
  # too much
  refuses_members 'big: too large' '0,big,,10737418240' && refuses_members 'big: too large' '0,small,x' 'x,p,size=9000000000000000000' '0,big' &&
    refuses_members 'Truncated' '0,file,x,100000' || return 1
  # no tar, or a damaged one
  : >"$scratch/empty"
  head -c 10240 /dev/zero >"$scratch/zeros"
  head -c 10240 /dev/urandom >"$scratch/random"
  "$SITE/kit/tar-make" "0,file,$(seq -s ' ' 5000)" | gzip >"$scratch/whole.gz"
  head -c 3000 "$scratch/whole.gz" >"$scratch/cut.gz"
  refuses_image empty "$scratch/empty" && refuses_image zeros "$scratch/zeros" && refuses_image random "$scratch/random" &&
    refuses_image truncated "$scratch/cut.gz" && refuses_image passwd /etc/passwd || return 1
  runs_no_helper && contains_what_it_takes
}

# A format that libarchive hands to a program, if told to.
runs_no_helper() {
  mkdir "$scratch/bin"
  printf '#!/bin/sh\necho ran >%s\n' "$scratch/ran" | tee "$scratch/bin/lzop" "$scratch/bin/lrzip" "$scratch/bin/grzip" >"$scratch/bin/uudecode"
  chmod 755 "$scratch/bin"/*
  { printf '\211LZO\0\r\n\032\n'; head -c 2000 /dev/zero; } >"$scratch/lzo"
  { printf 'LRZI\0\6'; head -c 2000 /dev/zero; } >"$scratch/lrz"
  PATH=$scratch/bin:$PATH refuses_image lzo "$scratch/lzo" && PATH=$scratch/bin:$PATH refuses_image lrz "$scratch/lrz" || return 1
  [ ! -e "$scratch/ran" ] || { explain "husk ran a program found by PATH"; return 1; }
}

# These may be unpacked or not, but must not do anything outside.
contains_what_it_takes() {
  local member
  for member in "2,s,$victim/file|x,p,size=4|1,h,s,4" "2,s,$victim/file|x,p,size=4|1,h,s|0,h,evil" "2,s,$victim/file|1,h,s|0,h,evil" \
    "5,d|2,d,$victim" "5,d/e|2,d/e,$victim|5,d/e" "2,f,$victim/file|0,f,evil" "2,f,$victim|5,f" "2,f,$victim|5,f/|0,f/evil,x" \
    "0,$victim/evil,x" "2,a,b|2,b,$victim|5,a" "3,$victim/file|4,sda|6,fifo"; do
    IFS='|' read -ra members <<<"$member"
    "$SITE/kit/tar-make" "${members[@]}" >"$scratch/hostile.tar"
    rm -rf "${data:?}/images"
    run_refused husk run "--image=$scratch/hostile.tar" -- /no-such-command
    explain "$member: status $status, $err"
    is_victim_safe && [ -z "$(layers)" ] && { [ "$status" = 125 ] || [ "$status" = 127 ]; } || return 1
  done
  explain "device nodes are left out: $err"
  [[ $err == *'left out 2 device nodes'* ]] && [ -z "$(find "$data/images" -type b -o -type c)" ]
}

check_layer_values() {
  local value
  inside true
  make_scratch
  mkfifo "$scratch/fifo"
  for value in --image= --image=/nonexistent --image=/etc "--image=$scratch/fifo" --image=/dev/null --keep=1; do
    refuses_value "$value" || return 1
  done
  refuses_value --imag=/etc/passwd 'try --image' && refuses_value --image=/etc/passwd 'not together with --rootfs' &&
    is_refused 125 FILE husk run --image
}
