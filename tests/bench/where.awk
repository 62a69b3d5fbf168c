# where.awk: from a trace of strace -f -ttt -y to the time of each phase.
#	awk -v cost=MICROSECONDS -v stop=main|'' -f where.awk phases.tsv TRACE
#
# Time is cut at every event of any process: the stretch up to the next event belongs to the phase
# of this one. So all stretches together are the whole, however many processes there are, and the
# wait of a parent counts only while its child makes no call. What strace adds is taken off each.

FNR == NR { # phases.tsv: PHASE, REGEX; the first that fits a call decides
  if ($0 !~ /^#/ && split($0, field, "\t") == 2) {
    phase_of[++rows] = field[1]
    regex[rows] = field[2]
  }
  next
}

function classify(pid, call,   i) {
  if (pid in in_program)
    return call ~ /^exit_group/ ? "end" : "program"
  for (i = 1; i <= rows; i++)
    if (call ~ regex[i])
      return phase_of[i]
  return pid in last ? last[pid] : "start-up"
}

{
  pid = $1
  time = $2 * 1e6 # microseconds
  call = substr($0, index($0, $3))
  if (previous) {
    spent = time - previous - (was_half ? cost / 2 : cost)
    us[phase] += spent > 0 ? spent : 0
    raw += time - previous
  }
  if (!main)
    main = pid
  if (call ~ /^\+\+\+/ && pid == main && stop == "main")
    exit
  was_half = call ~ /^</ || call ~ /unfinished/
  if (call ~ /^(\+\+\+|---)/) { # an exit or a signal: no call, and what follows is the others' again
    phase = call ~ /^\+\+\+/ ? "end" : phase
  } else if (call ~ /^<\.\.\. /) {
    phase = pid in last ? last[pid] : "start-up"
  } else {
    phase = classify(pid, call)
    calls[phase]++
    last[pid] = phase
  }
  # The container's own program: nothing it does is the runtime's.
  if (call ~ /^execve\("\/noop"/)
    in_program[pid] = 1
  previous = time
}

END {
  for (phase in us)
    printf "%s\t%d\t%.1f\n", phase, calls[phase], us[phase]
  printf "raw\t0\t%.1f\n", raw
}
