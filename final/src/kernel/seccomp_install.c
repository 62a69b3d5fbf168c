/*
 * seccomp_install.c: a compiled filter, from the moment it is in force. See seccomp.h; nothing here
 * uses libseccomp. Next file: seccomp_cache.h
 */
#include "../base/err.h"
#include "../base/fd.h"
#include "../base/path.h"
#include "../base/sys.h"
#include "seccomp.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Linux 5.19; older headers lack it. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* OCI's names of the kernel's actions, seccomp(2). */
static const struct {
	const char *name;
	uint32_t action;
} actions[] = {
	{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
	{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
	{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
	{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
	{"SCMP_ACT_LOG", SECCOMP_RET_LOG},
	{"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF},
	{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE},
	{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
};

/* The specification that defines what the listener gets. */
static const char state_version[] = "1.2.1";

bool seccomp_has_listener(const struct spec_seccomp *seccomp)
{
	if (seccomp->default_action == SECCOMP_RET_USER_NOTIF)
		return true;
	for (size_t i = 0; i < seccomp->syscalls.count; i++)
		if (seccomp->syscalls.items[i].action == SECCOMP_RET_USER_NOTIF)
			return true;
	return false;
}

static unsigned int filter_flags(const struct spec_seccomp *seccomp)
{
	unsigned int flags = seccomp->flags;

	/* The kernel refuses this one alone; profiles of engines have it always. */
	if (!seccomp_has_listener(seccomp))
		return flags & ~SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	/* Both have one return value: without this a thread's ID would look like a descriptor. */
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	return flags;
}

static int explain(const struct sock_fprog *program)
{
	if (errno == EACCES)
		return err_set(EACCES, "load the seccomp filter: needs CAP_SYS_ADMIN; set "
				       "process.noNewPrivileges");
	if (errno == EBUSY)
		return err_set(EBUSY, "load the seccomp filter: another one has a listener "
				      "already; only one SCMP_ACT_NOTIFY profile at a time");
	return err_sys("load the seccomp filter of %u instructions", program->len);
}

int seccomp_install(const struct seccomp_bpf *bpf, const struct spec_seccomp *seccomp,
		    int *ret_listener)
{
	size_t count = bpf->length / sizeof(struct sock_filter);
	struct sock_fprog program = {.len = (unsigned short)count, .filter = bpf->code};
	int result;

	if (count > BPF_MAXINSNS)
		return err_set(E2BIG,
			       "the seccomp filter has %zu instructions, the kernel takes %d: "
			       "list fewer architectures or argument comparisons",
			       count, BPF_MAXINSNS);
	result = sys_seccomp(SECCOMP_SET_MODE_FILTER, filter_flags(seccomp), &program);
	if (result < 0)
		return explain(&program);
	*ret_listener = seccomp_has_listener(seccomp) ? result : -1;
	return 0;
}

/* The socket is named by descriptor: sun_path has room for 107 bytes only, unix(7). */
static int connect_to(const char *path, int *ret_socket)
{
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	auto_close int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (fd < 0)
		return err_sys("listenerPath %s", path);
	if (sock < 0)
		return err_sys("socket");
	memcpy(address.sun_path, path_of_fd(fd).text, sizeof(path_of_fd(fd).text));
	if (connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys("listenerPath %s: connect", path);
	*ret_socket = TAKE_FD(sock);
	return 0;
}

/* A JSON string, RFC 8259 section 7. */
static void print_string(FILE *stream, const char *text)
{
	fputc('"', stream);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c < ' ')
			fprintf(stream, "\\u%04x", *c);
		else if (*c == '"' || *c == '\\')
			fprintf(stream, "\\%c", *c);
		else
			fputc(*c, stream);
	}
	fputc('"', stream);
}

/* Caller frees *ret_text. */
static int format_state(const struct spec_seccomp *seccomp, pid_t pid, const char *state_json,
			char **ret_text, size_t *ret_length)
{
	auto_file FILE *stream = open_memstream(ret_text, ret_length);

	if (!stream)
		return err_sys("memory");
	fprintf(stream, "{\"ociVersion\":\"%s\",\"fds\":[\"seccompFd\"],\"pid\":%d,", state_version,
		pid);
	if (seccomp->listener_metadata) {
		fputs("\"metadata\":", stream);
		print_string(stream, seccomp->listener_metadata);
		fputc(',', stream);
	}
	fprintf(stream, "\"state\":%s}", state_json);
	if (fflush(stream) != 0)
		return err_sys("memory");
	return 0;
}

int seccomp_send_listener(const struct spec_seccomp *seccomp, int listener, pid_t pid,
			  const char *state_json)
{
	auto_free char *text = NULL;
	auto_close int sock = -1;
	size_t length;

	if (format_state(seccomp, pid, state_json, &text, &length) < 0)
		return -1;
	if (connect_to(seccomp->listener_path, &sock) < 0)
		return err_wrap("linux.seccomp");
	if (fd_send(sock, listener, text, length) < 0)
		return err_wrap("linux.seccomp: listenerPath %s", seccomp->listener_path);
	return 0;
}

int seccomp_list_actions(struct arena *arena, struct str_list *ret_names)
{
	struct str_list names = {0};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		char *name;

		if (sys_seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &actions[i].action) < 0)
			continue;
		name = arena_copy(arena, actions[i].name, strlen(actions[i].name));
		if (!name || str_list_add(&names, arena, name) < 0)
			return -1;
	}
	*ret_names = names;
	return 0;
}
