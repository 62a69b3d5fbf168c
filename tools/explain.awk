# explain.awk: reads explain.tsv, then what `strace -f -y -o FILE` wrote, and prints a line for
# each call that makes a container. Variables: width; and
# bold, dim, red, plain, colour[WHO] for a terminal, all empty otherwise.
#
# Two passes over the calls: the name of a process (outside, helper, pid 1, inside) is known only
# when the clone that made it has returned, and that may be after its own first calls.

FNR == 1        { file++ }
file == 1       { if ($0 !~ /^#/ && split($0, column, "\t") >= 2) add_row(); next }
                { add_line() }
END             { find_roles(); print_calls() }

function add_row() {
	pattern[++rows] = column[1]
	sentence[rows] = column[2]
	page[rows] = column[3]
}

# --- first: whole calls, each at the place where it began; one that waits, where it ended ---

function waits(call) { return call ~ /^(read|wait4|waitid)\(/ }

function add_call(who, call) {
	pid[++calls] = who
	text[calls] = call
}

function add_line(    who, call) {
	who = $1
	call = $0
	sub(/^[0-9]+ +/, "", call)
	if (call ~ /^\+\+\+ killed by/) {
		sub(/^\+\+\+ /, "", call)
		sub(/ \+\+\+$/, "", call)
		add_call(who, call)
	} else if (call ~ /^\+\+\+ superseded by execve in pid/) {
		begun[who] = begun[$7] # a thread's execve(2) goes on under the pid of the process
	} else if (call ~ /^<\.\.\. .* resumed>/) {
		sub(/^<\.\.\. [a-z0-9_]+ resumed>/, "", call)
		if (!(who in begun) || !begun[who])
			return
		call = text[begun[who]] call
		text[begun[who]] = waits(call) ? "" : call
		if (waits(call))
			add_call(who, call)
		delete begun[who]
	} else if (call ~ / <unfinished \.\.\.>$/) {
		sub(/ <unfinished \.\.\.>$/, "", call)
		add_call(who, call)
		begun[who] = calls
	} else if (call !~ /^(\+\+\+|---)/) {
		add_call(who, call)
	}
}

# --- then: who is who ---

# What a process sees as the pid of its child counts in its own PID namespace: only outside is it
# what strace says, too. Processes that nobody outside has born were born inside.
function find_roles(    i, parent, child) {
	role[pid[1]] = "outside"
	for (i = 1; i <= calls; i++) {
		parent = pid[i]
		if (!(parent in role))
			adopt(parent)
		quiet[i] = parent in done
		if (text[i] ~ /^execve/ && text[i] ~ /\) += 0$/ && is_inside(parent))
			done[parent] = commands = 1
		if (text[i] ~ /^unshare\(.*CLONE_NEWPID/ && text[i] ~ /= 0$/)
			next_is_first[parent] = 1
		if (text[i] ~ /^(clone3?|fork|vfork)\(/ && text[i] ~ /= [0-9]+/ && !is_inside(parent)) {
			child = text[i]
			sub(/.*\) += /, "", child)
			sub(/[^0-9].*/, "", child)
			role[child] = child_role(parent, text[i])
			if (role[child] == "pid 1" && text[i] !~ /CLONE_NEWPID/)
				text[i] = text[i] " [pid 1]"
		}
	}
}

function is_inside(who) { return role[who] == "pid 1" || role[who] == "inside" }

function child_role(parent, call) {
	if (call ~ /CLONE_THREAD/)
		return role[parent]
	if (next_is_first[parent] == 1) {
		next_is_first[parent] = 2
		return "pid 1"
	}
	if (call ~ /CLONE_NEWPID/)
		return "pid 1"
	return next_is_first[parent] == 2 ? "inside" : "helper"
}

# What the command itself starts, once it runs, makes no container: it is not told.
function adopt(who) {
	role[who] = "inside"
	if (commands)
		done[who] = 1
}

# --- last: the story ---

function print_calls(    i, row, last_row, last_role) {
	for (i = 1; i <= calls; i++) {
		row = text[i] == "" ? 0 : find_row(role[pid[i]] ": " text[i])
		if (!row || sentence[row] == "-")
			continue
		if (quiet[i] && text[i] !~ /^(exit_group\(|killed by)/)
			continue
		print_line(role[pid[i]], text[i], row, row == last_row && role[pid[i]] == last_role)
		last_row = row
		last_role = role[pid[i]]
		if (text[i] ~ /^(clone|unshare|setns|chroot|pivot_root).*/)
			told_container = 1
	}
	exit told_container ? 0 : 3
}

function find_row(line,    i) {
	for (i = 1; i <= rows; i++)
		if (line ~ pattern[i])
			return i
	return 0
}

function print_line(who, call, row, is_same,    say, room, at, failed) {
	say = is_same ? "the same" : sentence[row]
	failed = call ~ /= -1 E/
	call = shorten(call)
	at = 48
	room = width - 9 - length(say) - 3 - length(page[row])
	if (at > room)
		at = room
	if (length(call) > at && call ~ /cgroup:/)
		sub(/cgroup:[^ ,)]*\//, ".../", call)
	if (length(call) > at)
		call = substr(call, 1, at - 3) "..."
	printf "%s%-8s%s %s%-*s%s %s  %s%s%s\n", colour[who], who, plain, failed ? red : bold, at, call, plain, \
	       say, dim, page[row], plain
}

# A call as one would say it: without quotes, handles, constant prefixes and counts of bytes.
function shorten(call,    result) {
	result = ""
	if (call ~ /= -1 E/) {
		result = call
		sub(/.*= -1 /, "", result)
		sub(/ .*/, "", result)
		result = " = " result
	}
	sub(/ += [^=]*$/, "", call)
	if (call ~ /^execve/)
		call = arguments_only(call)
	sub(/, 0x[0-9a-f]+ \/\*.*\*\//, "", call)
	gsub(/AT_FDCWD(<[^>]*>)?, /, "", call)
	call = without_handles(call)
	if (call ~ /^(clone|clone3|unshare|setns)\(/)
		call = flags_only(call)
	if (call ~ /^send(to|msg)\(.*nlmsg_type=/)
		return message_only(call) result
	if (call ~ /^(write|read|sendto|sendmsg)\(/)
		sub(/, [0-9]+(, [^,]*)*\)$/, ")", call)
	if (call ~ /^(wait4|waitid)\(/)
		call = status_only(call)
	if (call ~ /^exit_group/ || call ~ /^killed/)
		return call
	gsub(/\/sys\/fs\/cgroup\//, "cgroup:", call)
	gsub(/\/[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]+/, "/...", call)
	call = short_paths(call, 16)
	gsub(/MS_|MNT_|O_RDONLY[|]|O_CLOEXEC[|]|[|]O_CLOEXEC/, "", call)
	gsub(/, (NULL|0|"")\)$/, ")", call)
	gsub(/"/, "", call)
	return call result
}

# 5</proc/7/uid_map> is the file; 3<pipe:[99]> stays a number that the reader can follow.
function without_handles(call,    head, name, tail) {
	while (match(call, /[0-9]+<[^>]*>/)) {
		head = substr(call, 1, RSTART - 1)
		name = substr(call, RSTART, RLENGTH)
		tail = substr(call, RSTART + RLENGTH)
		if (name ~ /<\//) {
			sub(/^[0-9]+</, "", name)
			sub(/>$/, "", name)
		} else {
			sub(/<.*/, "", name)
		}
		call = head name tail
	}
	return call
}

# clone3({flags=CLONE_NEWNS|CLONE_NEWPID, ...}) becomes clone3(CLONE_NEW{NS,PID}).
function flags_only(call,    name, list, n, i, flag, new, others) {
	name = call
	sub(/\(.*/, "", name)
	list = call
	gsub(/[^A-Z0-9_|]+/, " ", list)
	n = split(list, flag, /[ |]+/)
	for (i = 1; i <= n; i++)
		if (sub(/^CLONE_NEW/, "", flag[i]))
			new = new (new == "" ? "" : ",") flag[i]
		else if (flag[i] ~ /^CLONE_(INTO|VFORK)/ || flag[i] ~ /^CLONE_PARENT$/)
			others = others "|" substr(flag[i], 7)
	if (new ~ /,/)
		new = "CLONE_NEW{" new "}"
	else if (new != "")
		new = "CLONE_NEW" new
	sub(/^\|/, "CLONE_", others)
	if (new != "")
		sub(/^CLONE_/, "|", others)
	return name "(" new others ")"
}

# A netlink message: what is asked for, and of which device. What the container sends strace cannot
# decode: the process is in another PID namespace.
function message_only(call,    name, type, device) {
	name = call
	sub(/\(.*/, "", name)
	if (call ~ /NFNL_MSG_BATCH_BEGIN/)
		return name "(nftables batch)"
	type = call
	sub(/.*nlmsg_type=/, "", type)
	sub(/[ ,].*/, "", type)
	sub(/^0x10$/, "RTM_NEWLINK", type)
	sub(/^0x14$/, "RTM_NEWADDR", type)
	sub(/^0x18$/, "RTM_NEWROUTE", type)
	if (match(call, /IFLA_IFNAME}, "[^"]*/))
		device = ", " substr(call, RSTART + 15, RLENGTH - 15)
	return name "(" type device ")"
}

function status_only(call,    name, status) {
	name = call
	sub(/\(.*/, "", name)
	status = "?"
	if (match(call, /WEXITSTATUS\(s\) == [0-9]+/))
		status = "exit " substr(call, RSTART + 18, RLENGTH - 18)
	else if (match(call, /WTERMSIG\(s\) == [A-Z0-9]+/))
		status = substr(call, RSTART + 15, RLENGTH - 15)
	else if (match(call, /si_status=[A-Z0-9]+/))
		status = "status " substr(call, RSTART + 10, RLENGTH - 10)
	return name "(" status ")"
}

# execve(PATH, [NAME, ARGUMENT, ...]) without the name, which is the path once more.
function arguments_only(call) {
	sub(/, \["[^"]*"\]/, "", call)
	sub(/, \["[^"]*", /, ", [", call)
	return call
}

# Paths longer than `most`, by their end.
function short_paths(call, most,    head, path, rest) {
	rest = ""
	while (match(call, /\/[^ ",)]*/)) {
		head = substr(call, 1, RSTART - 1)
		path = substr(call, RSTART, RLENGTH)
		call = substr(call, RSTART + RLENGTH)
		if (length(path) > most && path ~ /\/.*\//)
			sub(/^.*\//, "/.../", path)
		rest = rest head path
	}
	return rest call
}
