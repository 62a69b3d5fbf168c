/*
 * confine.c: the order in which privileges are given up. See confine.h. Next file: caps.h
 */
#include "confine.h"
#include "caps.h"
#include "husk.h"
#include "init.h"
#include "seccomp.h"
#include "user.h"

#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int leave_keyring(void)
{
	/* ENOSYS: a kernel without keys has none to protect. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return fail("leave", "session keyring");
	return 0;
}

/* fchdir(2) asks for no path: CVE-2024-21626, CVE-2016-9962. */
static int close_files(void)
{
	return close_range(3, ~0U, 0) < 0 ? fail("close", "files of the caller") : 0;
}

static int forbid_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail("set", "no_new_privs") : 0;
}

int confine(struct config *cfg)
{
	static struct user user; /* cfg->home points into it */
	uint64_t caps = caps_wanted(cfg);

	if (user_find(&user, cfg) < 0)
		return -1;
	if (user.uid != 0 && cfg->caps_add) {
		fprintf(stderr, "husk: --cap-add: only root inside has any; leave out --user\n");
		return -1;
	}
	if (cfg->user)
		cfg->home = user.home;
	if (!cfg->no_security && (leave_keyring() < 0 || caps_bound(caps) < 0))
		return -1;
	if (user_become(&user, cfg) < 0)
		return -1;
	if (init_die_with_husk(cfg) < 0) /* a change of user has cleared that, prctl(2) */
		return -1;
	if (cfg->no_security)
		return 0;
	if (caps_keep(user.uid == 0 ? caps : 0) < 0)
		return -1;
	if (close_files() < 0 || forbid_new_privileges() < 0)
		return -1;
	return cfg->no_seccomp ? 0 : seccomp_apply(caps);
}
