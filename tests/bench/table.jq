# The figures as text.
include "common";

def runs:
  ("  " + ("" | left(8)) + (["median", "p10", "p90", "CPU", "/ crun", "/ floor"] | columns(9))),
  (.[] | "  " + (.contender | left(8)) + ([(.median, .p10, .p90, .cpu | ms), (.to_crun, .to_floor | times)] | columns(9))
    + (if (.steps | length) > 1 then "   " + ([.steps | to_entries[] | "\(.key) \(.value | ms)"] | join(", ")) else "" end));

"\(.kernel) on \(.machine), \(.cpus) CPUs, load \(.load) before, cgroup \(.cgroups)",
(.programs[] | "  \(.contender | left(8))\(.version)"),
"\(.rounds) rounds, interleaved, \(.pause) ms apart; milliseconds; ratios are of medians",
(.figures as $all | ["plain", "cgroup", "seccomp", "cgroup+seccomp"][] as $variant | ["run", "create+start+delete", "exec"][] as $measure |
  $all | map(select(.variant == $variant and .measure == $measure)) | select(length > 0) |
  "", "\($measure), \($variant)", runs),
"", "create: system calls of all its processes (clones, programs executed)",
(.create | group_by(.contender) | sort_by(.[0].calls)[] |
  "  \(.[0].contender | left(8))" + (map("\(.variant) \(.calls) (\(.clones), \(.programs))") | join("   "))),
(if any(.figures[]; .variant == "plain" and .contender == "runc") then "", "plain: runc makes a cgroup all the same; it has no way not to." else empty end)
