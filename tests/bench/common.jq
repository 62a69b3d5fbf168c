# What the jq programs here share: `include "common";`, found by -L.

# --- samples ---

def rows($text): $text | split("\n") | map(select(. != "") | split("\t"));
def at($part): sort | .[((length - 1) * $part) | round];
def micro: . / 100 | round | . / 10;
def ratio($other): if . and $other then . / $other * 100 | round | . / 100 else null end;

# [["create=12", "start=3"], ...] -> {create: 12, start: 3}, medians
def steps:
  map(.[] | split("=") | {name: .[0], value: (.[1] | tonumber)}) |
  reduce .[] as $step ({}; .[$step.name] += [$step.value]) | map_values(at(0.5) | micro);

# The lines of bench.c -> one object for each case, times in microseconds.
def figures:
  group_by(.[0:3]) | map({
    variant: .[0][0], measure: .[0][1], contender: .[0][2], rounds: length,
    median: (map(.[4] | tonumber) | at(0.5) | micro),
    p10: (map(.[4] | tonumber) | at(0.1) | micro),
    p90: (map(.[4] | tonumber) | at(0.9) | micro),
    cpu: (map(.[5] | tonumber) | at(0.5) | micro),
    steps: (map(.[6:]) | steps)
  });

# Adds KEY: the median's ratio to that of the same case of $other.
def with_ratio($key; $other):
  (map({key: "\(.variant) \(.measure) \(.contender)", value: .median}) | from_entries) as $medians |
  map(. + {($key): (. as $f | .median | ratio($medians["\($f.variant) \($f.measure) \($other)"]))});

# --- text ---

def left($width): tostring | . + " " * ([0, $width - length] | max);
def right($width): tostring | " " * ([0, $width - length] | max) + .;
def fixed: . * 100 | round | tostring | (if length < 3 then "0" * (3 - length) + . else . end) | .[:-2] + "." + .[-2:];
def ms: if . == null then "-" else . / 1000 | fixed end;
def times: if . == null then "-" else fixed + "x" end;
def columns($width): map(right($width)) | add;
