/*
 * cli.h: the command line, checked to the last character before anything else happens.
 *
 *	PARENT                                CHILD
 *	cli_parse(argc, argv, &cfg)
 *	...                                   cli_exec(cfg)  the command, its environment
 *
 * Exit statuses follow docker, podman and the shell: 125 husk itself failed, 126 the command
 * cannot be executed, 127 it was not found, 128+n it died of signal n, else it is its own.
 */
#ifndef CLI_H
#define CLI_H

struct config;

/*
 * PARENT: fills cfg from the command line; CLI_RUN, for one, is `husk run [OPTION]... [--] CMD...`.
 * CLI_DONE: help or the version was all that was asked for. CLI_BAD: refused, after one line that
 * names the argument, the value and what would do. What cfg points to lives as long as the process.
 */
enum { CLI_RUN, CLI_PS, CLI_LOGS, CLI_GC, CLI_DONE, CLI_BAD };
int cli_parse(struct config *cfg, int argc, char **argv);

/* CHILD: becomes the command of cfg, in cfg->workdir. Returns only on failure: 125, 126 or 127. */
int cli_exec(const struct config *cfg);

/*
 * Parsers of values. They take the whole text or nothing: 0, or -1 and *ret untouched.
 *	size	1M or more, in K, M, G, T of 1024, or "max"	-> bytes, or NO_LIMIT
 *	percent	1% or more of one CPU, up to 3 decimals, or "max" -> microseconds per CPU_PERIOD_US
 *	cpus	0.01 or more CPUs, up to 3 decimals, or "max"	-> the same
 *	count	1 to 4194304 (PID_MAX_LIMIT, proc(5)), or "max"	-> itself
 */
int cli_parse_size(const char *text, long long *ret);
int cli_parse_percent(const char *text, long long *ret);
int cli_parse_cpus(const char *text, long long *ret);
int cli_parse_count(const char *text, long long *ret);

#endif
