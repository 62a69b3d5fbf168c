# From the phases of each traced run, "RUN PHASE CALLS MICROSECONDS", to the picture.
include "common";

def median: sort | .[(length - 1) / 2 | floor];

def names: [
  ["start-up", "start-up: exec, libraries"],
  ["config", "config.json, read and parsed"],
  ["state", "state directory"],
  ["cgroup", "cgroup: made, limited, entered"],
  ["namespaces", "clone, namespaces, maps, network"],
  ["rootfs", "root file system: paths, devices"],
  ["mounts", "mounts"],
  ["pivot_root", "pivot_root"],
  ["credentials", "capabilities, ids, rlimits"],
  ["seccomp", "seccomp: cache, load"],
  ["sync", "messages, polling"],
  ["wait", "wait, signals"],
  ["program", "the program: exec, and what it does"],
  ["end", "exit, namespaces torn down"]
];

[inputs | split("\t") | {run: .[0], phase: .[1], calls: (.[2] | tonumber), us: (.[3] | tonumber)}] |
(map(select(.phase == "raw") | .us) | median) as $raw |
(map(select(.phase == "cost") | .us) | median) as $cost |
map(select(.phase != "raw" and .phase != "cost")) |
(group_by(.run) | map({key: .[0].run, value: (map(.us) | add)}) | from_entries) as $whole |
(group_by(.phase) | map({key: .[0].phase, value: {
  calls: (map(.calls) | median),
  # A phase that a run does not have has no share in it.
  share: (map(.us / $whole[.run]) | . + [range($runs - length) | 0] | median)
}}) | from_entries) as $phases |
([$phases[].share] | add) as $sum |
"\($name): \($action), \($variant), medians of \($runs) runs",
"\($untraced / 1000 | fixed) ms; \($raw / 1000 | fixed) ms under strace, which takes \($cost | fixed) us a call",
"",
"  " + ("phase" | left(36)) + ("calls" | right(6)) + ("about ms" | right(10)) + ("share" | right(7)),
(names[] as [$phase, $text] | $phases[$phase] // empty | (.share / $sum) as $share |
  "  " + ($text | left(36)) + (.calls | right(6)) + ($untraced * $share / 1000 | fixed | right(10)) +
  ("\($share * 100 | round) %" | right(7)) + "  " + "#" * ($share * 50 | round)),
"  " + ("all" | left(36)) + ([$phases[].calls] | add | right(6)) + ($untraced / 1000 | fixed | right(10))
