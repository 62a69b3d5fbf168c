#!/usr/bin/env bats
# phase09.bats: one base for many, and what each changes is its own

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # lib/phase.bash and bats have them
load lib/phase

setup_file() { phase_setup 09; }

@test "09 attack: replace a program for the next container on the same root" { check poison-root; }
@test "09 guarantee: after rm -rf / inside, the base is what it was" { check base-unchanged; }
@test "09 guarantee: ten at once on one base, each sees its own changes only" { check ten-on-one-base; }
@test "09 guarantee: a : or ,upperdir= in a path is part of a name" { check option-injection; }
@test "09 guarantee: no layers on an overlayfs: one line, and the way out" { needs_root; check data-on-overlay; }
@test "09 attack: find the layers, or the host, by what process 1 has open" { check layers-hidden; }
@test "09 guarantee: layers and images are closed to others, / inside is not" { check layer-modes; }
@test "09 guarantee: a layer deeper than any path goes, closed directories go" { check layer-removed; }
@test "09 guarantee: husk gc finds layers that no record speaks of" { check layers-after-restart; }
@test "09 guarantee: --keep lists what was added, changed, deleted, and keeps it" { check keep-lists-changes; }
@test "09 guarantee: --image runs a tar, plain or compressed, unpacked once" { check image-run; }
@test "09 guarantee: a husk killed while unpacking leaves nothing to use" { check image-killed; }
@test "09 attack: get out of the image by what a tar can say" { check image-hostile; }
@test "09 guarantee: a bad value of the new options gets 125 and one line" { check layer-values; }

@test "09 what earlier phases promised still holds" {
  local -a checks
  mapfile -t checks < <(earlier_checks cgroup)
  check "${checks[@]}"
}

# Bytes of a tar are changed at random, 300 times: each is unpacked or refused, in one line, by a
# program that ASan and UBSan watch. SEED=N begins elsewhere.
@test "09 300 damaged images: no crash, nothing outside" {
  local builds=$BATS_TEST_TMPDIR/builds seed=${SEED:-1}
  mkdir -p "$builds/$FOLDER"
  cp "${GRADED_DIR:-$tree/$FOLDER}"/*.[ch] "${GRADED_DIR:-$tree/$FOLDER}/Makefile" "$builds/$FOLDER/"
  make -s -C "$builds/$FOLDER" husk CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all'
  chmod -R a+rX "$BATS_TEST_TMPDIR"
  HUSK_BUILDS=$builds run "$tests/lib/sandbox" bash -c '
    export ASAN_OPTIONS=detect_leaks=0:exitcode=99 UBSAN_OPTIONS=exitcode=99
    cd "$SITE/tmp"
    mkdir victim tree tree/bin tree/etc tree/var
    echo precious >victim/file
    cp "$SITE/kit/tar-make" tree/bin/sh # small
    head -c 700 /dev/urandom >tree/etc/passwd
    ln tree/etc/passwd tree/etc/group
    ln -s ../../victim tree/etc/link
    mkfifo tree/var/fifo
    truncate -s 100K tree/var/sparse
    echo end >>tree/var/sparse
    touch "tree/var/$(printf "n%.0s" {1..200})"
    rm tree/bin/sh
    tar --format=gnu --sparse -cf gnu.tar -C tree .
    tar --format=pax --sparse -cf pax.tar -C tree .
    tar --format=ustar --exclude="nnn*" -cf ustar.tar -C tree .
    find victim "$SITE/secret" "$SITE/rootfs" "$SITE/husk" -ls | sort >before
    for i in {1..300}; do
      case $((i % 4)) in 0) from=gnu.tar ;; 1) from=pax.tar ;; 2) from=ustar.tar ;; 3) from=gnu.tar ;; esac
      "$SITE/kit/tar-flip" $(($2 * 1000 + i)) <$from >flipped.tar
      [ $((i % 4)) != 3 ] || { gzip -c gnu.tar >gnu.gz; "$SITE/kit/tar-flip" $(($2 * 1000 + i)) <gnu.gz >flipped.tar; }
      timeout 20 "$SITE/husk/$1/husk" run --net=none --image="$SITE/tmp/flipped.tar" -- /no-such-command >out 2>err </dev/null
      status=$?
      case $status in
        125) refused=$((refused + 1)) ;;
        127) taken=$((taken + 1)) ;;
        *) echo "seed $(($2 * 1000 + i)): status $status"; cat err; exit 1 ;;
      esac
      ! grep -q -e Sanitizer -e "runtime error" -e "ended by signal" err || { echo "seed $(($2 * 1000 + i))"; cat err; exit 1; }
      [ "$(grep -cv -e "^husk: not root" -e "left out" err)" = 1 ] || { echo "seed $(($2 * 1000 + i)):"; cat err; exit 1; }
      rm -rf "$HUSK_DATA/images" "$HUSK_DATA/logs"
    done
    find victim "$SITE/secret" "$SITE/rootfs" "$SITE/husk" -ls | sort >after
    diff before after || exit 1
    [ -z "$(ls -A "$HUSK_DATA/overlay")" ] || { ls -AlR "$HUSK_DATA/overlay"; exit 1; }
    echo "refused $refused, taken $taken"' _ "$FOLDER" "$seed"
  echo "$output"
  [ "$status" = 0 ]
  [[ $output =~ refused\ [1-9][0-9]*,\ taken\ [1-9] ]]
}

@test "09 nothing is left on this machine" { nothing_left; }
