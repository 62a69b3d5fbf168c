#!/usr/bin/env bats
# install.bats: what `make install` puts somewhere works from there, completions and man pages too.
# shellcheck disable=SC2154

load lib

setup() { engine_setup; TREE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd); }
teardown() { engine_teardown; }

@test "make install: husk from there finds runtime, monitor and the image busybox" {
  make -s -C "$TREE/final" install "DESTDIR=$WORK/root" PREFIX=/usr
  bin=$WORK/root/usr/bin
  export HUSK=$bin/husk
  (
    unset HUSK_RUNTIME
    PATH=/usr/bin:/bin:/usr/sbin:/sbin
    [ "$(husk run --rm --net none busybox echo hello)" = hello ]
    [ "$(husk run --rm --init --net none busybox cat /proc/1/comm)" = husk-init ]
    husk run -d --name one --net none busybox sleep 1000 >/dev/null
    [ "$(husk inspect --format '{{.HostConfig.Runtime}}' one)" != "" ]
    grep -q "$bin/husk-runtime" "$HUSK_DATA"/boxes/*/box.json
    [ "$(readlink "/proc/$(monitor_of one)/exe")" = "$bin/husk-monitor" ]
    husk rm -f one >/dev/null
  )
  share=$WORK/root/usr/share
  for file in man/man1/husk.1 man/man8/husk-runtime.8 bash-completion/completions/husk zsh/site-functions/_husk \
    fish/vendor_completions.d/husk.fish bash-completion/completions/husk-runtime; do
    [ -s "$share/$file" ]
  done
}

monitor_of() { jq .state.monitorPid "$HUSK_DATA"/boxes/*/box.json; }
