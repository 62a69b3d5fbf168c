/* log_syslog.c: the syslog driver. See log_syslog.h; next file: streams.h */
#include "log_syslog.h"
#include "../base/err.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

/* Facility daemon (3 << 3), RFC 3164 section 4.1.1. */
enum { SEVERITY_ERROR = 24 + 3, SEVERITY_INFO = 24 + 6 };

static int connect_daemon(int *ret_fd)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys("log driver syslog: connect to /dev/log");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int log_syslog_open(const char *tag, struct log_syslog *ret_syslog)
{
	struct log_syslog syslog = {.fd = -1, .tag = tag};

	if (connect_daemon(&syslog.fd) < 0)
		return -1;
	*ret_syslog = syslog;
	return 0;
}

/* "<30>May  1 10:20:30 web: TEXT", in local time as syslog(3) has it. */
static bool send_line(const struct log_syslog *syslog, bool is_error, const char *text,
		      size_t length)
{
	char header[300], clock[24];
	time_t now = time(NULL);
	struct iovec parts[] = {{.iov_base = header}, {(void *)text, length}};
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	struct tm local;

	strftime(clock, sizeof(clock), "%b %e %H:%M:%S", localtime_r(&now, &local));
	parts[0].iov_len = snprintf(header, sizeof(header),
				    "<%d>%s %.200s: ", is_error ? SEVERITY_ERROR : SEVERITY_INFO,
				    clock, syslog->tag);
	return sendmsg(syslog->fd, &message, MSG_NOSIGNAL) >= 0;
}

static bool send_note(struct log_syslog *syslog)
{
	char text[80];
	int length =
		snprintf(text, sizeof(text), "%lu lines were lost", (unsigned long)syslog->dropped);

	if (!send_line(syslog, true, text, length))
		return false;
	syslog->dropped = 0;
	return true;
}

void log_syslog_add(struct log_syslog *syslog, bool is_error, const char *text, size_t length)
{
	if (length == 0)
		return;
	if (syslog->fd < 0 && connect_daemon(&syslog->fd) < 0)
		syslog->dropped++;
	else if ((syslog->dropped && !send_note(syslog)) ||
		 !send_line(syslog, is_error, text, length)) {
		syslog->dropped++;
		if (errno != EAGAIN && errno != ENOBUFS) /* it is another daemon's socket now */
			log_syslog_close(syslog);
	}
}

void log_syslog_close(struct log_syslog *syslog)
{
	if (syslog->fd >= 0)
		close(syslog->fd);
	syslog->fd = -1;
}
