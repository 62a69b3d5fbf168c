# From the samples of bench.c to the figures, as `bench --json` writes them: times in microseconds.
def rows($text): $text | split("\n") | map(select(. != "") | split("\t"));
def at($part): sort | .[((length - 1) * $part) | round];
def micro: . / 100 | round | . / 10;
def ratio($other): if $other then . / $other * 100 | round | . / 100 else null end;

# [["create=12", "start=3"], ...] -> {create: 12, start: 3}, medians
def steps:
  map(.[] | split("=") | {name: .[0], value: (.[1] | tonumber)}) |
  reduce .[] as $step ({}; .[$step.name] += [$step.value]) | map_values(at(0.5) | micro);

def figures:
  group_by(.[0:3]) | map({
    variant: .[0][0], measure: .[0][1], contender: .[0][2], rounds: length,
    median: (map(.[4] | tonumber) | at(0.5) | micro),
    p10: (map(.[4] | tonumber) | at(0.1) | micro),
    p90: (map(.[4] | tonumber) | at(0.9) | micro),
    cpu: (map(.[5] | tonumber) | at(0.5) | micro),
    steps: (map(.[6:]) | steps)
  });

def with_ratios:
  (map({key: "\(.variant) \(.measure) \(.contender)", value: .median}) | from_entries) as $medians |
  map(. + {
    to_crun: (. as $f | .median | ratio($medians["\($f.variant) \($f.measure) crun"])),
    to_floor: (. as $f | .median | ratio($medians["\($f.variant) \($f.measure) floor"]))
  });

($order | split(" ")) as $order |
{
  format: 1, kernel: $kernel, machine: $machine, cpus: $cpus, cgroups: $cgroups, load: ($load | tonumber),
  rounds: $rounds, pause: $pause,
  programs: [rows($versions)[] | {contender: .[0], path: .[1], version: .[2]}],
  figures: (rows($samples) | figures | with_ratios | sort_by(.contender as $c | $order | index($c))),
  create: [rows($calls)[] | {variant: .[0], contender: .[1], calls: (.[2] | tonumber), clones: (.[3] | tonumber), programs: (.[4] | tonumber)}]
}
