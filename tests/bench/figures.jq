# From the samples of bench.c to the figures, as `bench --json` writes them: times in microseconds.
include "common";

($order | split(" ")) as $order |
{
  format: 1, kernel: $kernel, machine: $machine, cpus: $cpus, cgroups: $cgroups, load: ($load | tonumber),
  rounds: $rounds, pause: $pause,
  programs: [rows($versions)[] | {contender: .[0], path: .[1], version: .[2]}],
  figures: (rows($samples) | figures | with_ratio("to_crun"; "crun") | with_ratio("to_floor"; "floor") |
    sort_by(.contender as $c | $order | index($c))),
  create: [rows($calls)[] | {variant: .[0], contender: .[1], calls: (.[2] | tonumber), clones: (.[3] | tonumber), programs: (.[4] | tonumber)}]
}
