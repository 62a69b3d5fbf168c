#!/usr/bin/env bats
# false.bats: the tests with engines can fail: with a runtime that does nothing but fail, each does.
# liar.bats goes on.

# shellcheck disable=SC2154 # lib sets engines
load lib

fails_throughout() { # FILE
  local planned failed log=$BATS_TEST_TMPDIR/tap
  PATIENCE=5 RUNTIME=/bin/false bats --tap "$engines/$1" >"$log" 2>&1 3>&- || true
  planned=$(sed -n 's/^1\.\.//p' "$log")
  failed=$(grep -cE '^not ok [0-9]+ ' "$log")
  ! grep -q '# skip' "$log" || skip "$(sed -n 's/.*# skip //p' "$log" | head -1)"
  grep -vE '^(not ok|#)' "$log" || true
  echo "planned $planned, failed $failed"
  # A setup_file that fails is one line, however many tests were planned.
  [ "$planned" -gt 1 ] && [ "$failed" = "$planned" ] && ! grep -q '^ok' "$log"
}

@test "engines: with /bin/false as the runtime every test with podman fails" { fails_throughout podman.bats; }
@test "engines: with /bin/false as the runtime every test with containerd fails" { fails_throughout containerd.bats; }
@test "engines: with /bin/false as the runtime every test with dockerd fails" { fails_throughout dockerd.bats; }
@test "engines: with /bin/false as the runtime every test with the CRI fails" { fails_throughout cri.bats; }
