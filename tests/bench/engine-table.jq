# The figures of `engine` as text.
include "common";

def name: .contender | left(12);
def seconds: . / 1e6 | fixed;

def runs:
  ("  " + ("" | left(12)) + (["median", "p10", "p90", "/ podman"] | columns(9))),
  (.[] | "  " + name + ([(.median, .p10, .p90 | ms), (.to_podman | times)] | columns(9))
    + (if (.steps | length) > 1 then "   " + ([.steps | to_entries[] | "\(.key) \(.value | ms)"] | join(", ")) else "" end));

"\(.kernel) on \(.machine), \(.cpus) CPUs, load \(.load) before",
(.programs[] | "  \(name)\(.version)"),
"\(.rounds) rounds, interleaved, \(.pause) ms apart; milliseconds; ratios are of medians",
(.figures | group_by(.measure == "exec", .measure == "run -d, rm -f", .variant != "none", .variant)[] |
  "", "\(.[0].measure), network \(.[0].variant)", runs),
"", "what stays with a container, KiB",
("  " + ("" | left(12)) + (["up", "RSS", "PSS"] | columns(9))),
((.memory[] | "  " + name + ([.containers, .rss, .pss] | columns(9))),
 (.detached[] | select(.network == "none") | "  " + name + ([.alive, .rss, .pss] | columns(9)))),
(.at_once as $at_once | .detached | group_by(.network != "none", .network)[] |
  "", "detached, network \(.[0].network), \($at_once) started at a time: seconds, and what differs from before when all are removed",
  ("  " + ("" | left(12)) + (["asked", "alive", "started", "removed", "left"] | columns(9))),
  (.[] | "  " + name + ([.asked, .alive, (.started, .removed | seconds), .left] | columns(9)))),
(.throughput | group_by(.network != "none", .network)[] |
  "", "run --rm in parallel, network \(.[0].network): a second, and the ratio to one at a time",
  ("  " + ("" | left(12)) + (["parallel", "median", "lowest", "highest", "/ one", "runs", "lost"] | columns(9))),
  (.[] | "  " + name + ([.parallel, (.per_second, .lowest, .highest | fixed), (.to_one | times), .runs, .lost] | columns(9))))
