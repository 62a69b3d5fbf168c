# From what `engine` has measured to its figures: times in microseconds, memory in KiB.
include "common";

def number: if . == "" or . == null then null else tonumber end;

def throughput:
  map({network: .[0], contender: .[1], parallel: (.[2] | tonumber), runs: (.[3] | tonumber),
       rate: ((.[3] | tonumber) * 1e6 / (.[4] | tonumber)), lost: (.[5] | tonumber)}) |
  group_by(.network, .contender, .parallel) |
  map({network: .[0].network, contender: .[0].contender, parallel: .[0].parallel, runs: (map(.runs) | add),
       per_second: (map(.rate) | at(0.5)), lowest: (map(.rate) | min), highest: (map(.rate) | max), lost: (map(.lost) | add)}) |
  (map(select(.parallel == 1) | {key: "\(.network) \(.contender)", value: .per_second}) | from_entries) as $alone |
  map(. + {to_one: (. as $t | .per_second | ratio($alone["\($t.network) \($t.contender)"]))});

($order | split(" ")) as $order | ($networks | split(" ")) as $networks |
def in_order: sort_by((.variant // .network) as $n | .contender as $c | [($networks | index($n)), ($order | index($c))]);
{
  format: 1, kernel: $kernel, machine: $machine, cpus: $cpus, load: ($load | tonumber), rounds: $rounds, pause: $pause,
  at_once: $at_once,
  programs: [rows($versions)[] | {contender: .[0], path: .[1], version: .[2]}],
  figures: (rows($samples) | figures | with_ratio("to_podman"; "podman") | in_order),
  memory: [rows($memory)[] | {contender: .[0], containers: (.[1] | tonumber), rss: (.[2] | number), pss: (.[3] | number)}],
  detached: [rows($detached)[] | {network: .[0], contender: .[1], asked: (.[2] | tonumber), alive: (.[3] | tonumber),
    started: (.[4] | tonumber), rss: (.[5] | number), pss: (.[6] | number), removed: (.[7] | tonumber), left: (.[8] | tonumber)}] | in_order,
  throughput: (rows($throughput) | throughput | in_order)
}
