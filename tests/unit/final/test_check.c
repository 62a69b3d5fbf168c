/*
 * test_check.c: configurations that are well-formed and still wrong, the message for each, and the
 * close neighbours that are right. IDs of containers.
 *
 * Tests: spec/load.c spec/linux.c spec/resources.c spec/names.c spec/check.c spec/check_mounts.c
 * spec/check_linux.c base/json.c base/json_scan.c base/bind.c base/bind_write.c base/str.c
 * base/err.c base/fd.c base/log.c base/sys.c -ljson-c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "spec/spec.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* One config.json with a hole or two; NULL: the sound filling. */
struct config {
	const char *top, *process, *mounts, *namespaces, *linux;
};

#define ALL                                                                                        \
	"{\"type\":\"mount\"},{\"type\":\"uts\"},{\"type\":\"user\"},{\"type\":\"time\"},"         \
	"{\"type\":\"network\"}"

static int check(const struct config *config)
{
	auto_close int fd = memfd_create("config.json", MFD_CLOEXEC);
	struct spec spec;
	int result;

	dprintf(fd, "{%s,\"process\":{%s},\"mounts\":[%s],\"linux\":{\"namespaces\":[%s]%s%s}}",
		config->top ? config->top : "\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"}",
		config->process ? config->process : "\"cwd\":\"/\"",
		config->mounts ? config->mounts : "", config->namespaces ? config->namespaces : ALL,
		config->linux ? "," : "", config->linux ? config->linux : "");
	result = spec_load(fd, "c", &spec);
	if (result == 0)
		spec_free(&spec);
	return result;
}

#define TOP(version, more) "\"ociVersion\":\"" version "\",\"root\":{\"path\":\"r\"}" more
#define PROCESS(more) "\"cwd\":\"/\"," more
#define RLIMIT(type, soft, hard)                                                                   \
	"{\"type\":\"RLIMIT_" type "\",\"soft\":" soft ",\"hard\":" hard "}"

static const struct {
	struct config config;
	const char *message;
} refused[] = {
	/* version, root */
	{{.top = "\"root\":{\"path\":\"r\"}"}, "c: ociVersion: is missing or empty"},
	{{.top = TOP("", "")}, "c: ociVersion: is missing or empty"},
	{{.top = "\"ociVersion\":1,\"root\":{\"path\":\"r\"}"}, "c: ociVersion: expected"},
	{{.top = TOP("2.0.0", "")}, "c: ociVersion: '2.0.0': only versions 1.x.y"},
	{{.top = TOP("0.9.0", "")}, "c: ociVersion: '0.9.0': only versions 1.x.y"},
	{{.top = TOP("1", "")}, "c: ociVersion: '1': expected a version"},
	{{.top = TOP("1.x.0", "")}, "c: ociVersion: '1.x.0': expected a version"},
	{{.top = TOP("-1.0.0", "")}, "c: ociVersion: '-1.0.0': expected a version"},
	{{.top = "\"ociVersion\":\"1.0.0\""}, "c: root: is missing or empty"},
	{{.top = "\"ociVersion\":\"1.0.0\",\"root\":{}"}, "c: root.path: is missing"},
	{{.top = TOP("1.0.0", ",\"vm\":{\"kernel\":{}}")}, "c: vm: virtual machines"},
	/* process */
	{{.process = "\"cwd\":\"tmp\""}, "c: process.cwd: 'tmp' is not absolute"},
	{{.process = "\"args\":[]"}, "c: process.cwd: is missing or empty"},
	{{.process = PROCESS("\"user\":{\"uid\":-1,\"gid\":0}")}, "c: process.user.uid: -1"},
	{{.process = PROCESS("\"user\":{\"uid\":4294967295,\"gid\":0}")},
	 "c: process.user.uid: 4294967295: expected 0 to 4294967294"},
	{{.process = PROCESS("\"user\":{\"uid\":1.5,\"gid\":0}")},
	 "c: process.user.uid: expected a whole number"},
	{{.process = PROCESS("\"user\":{\"uid\":\"0\",\"gid\":0}")},
	 "c: process.user.uid: expected a whole number, found a string"},
	{{.process = PROCESS("\"user\":{\"uid\":0}")}, "c: process.user.gid: is missing"},
	{{.process = PROCESS("\"user\":{\"uid\":0,\"gid\":0,\"umask\":512}")},
	 "c: process.user.umask: 512: expected 0 to 511"},
	{{.process = PROCESS("\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[1,-1]}")},
	 "c: process.user.additionalGids[1]: -1"},
	{{.process = PROCESS("\"rlimits\":[" RLIMIT("NOFILE", "2", "1") "]")},
	 "c: process.rlimits[0]: RLIMIT_NOFILE: soft 2 is above hard 1"},
	{{.process =
		  PROCESS("\"rlimits\":[" RLIMIT("CPU", "1", "1") "," RLIMIT("CPU", "1", "1") "]")},
	 "c: process.rlimits[1]: RLIMIT_CPU is there twice"},
	{{.process = PROCESS("\"rlimits\":[" RLIMIT("FILES", "1", "1") "]")},
	 "c: process.rlimits[0].type: 'RLIMIT_FILES': expected RLIMIT_AS, "},
	{{.process = PROCESS("\"rlimits\":[" RLIMIT("CPU", "-1", "1") "]")},
	 "c: process.rlimits[0].soft: -1: expected 0 to"},
	{{.process = PROCESS("\"oomScoreAdj\":1001")}, "c: process.oomScoreAdj: 1001"},
	{{.process = PROCESS("\"env\":[1]")}, "c: process.env[0]: expected a string"},
	{{.process = PROCESS("\"args\":\"sh\"")}, "c: process.args: expected an array"},
	{{.process = PROCESS("\"terminal\":1")}, "c: process.terminal: expected true or"},
	{{.process = PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}")},
	 "c: process.ioPriority.priority: 8: expected 0 to 7"},
	{{.process = PROCESS("\"scheduler\":{\"policy\":\"FIFO\"}")},
	 "c: process.scheduler.policy: 'FIFO': expected SCHED_OTHER"},
	/* names */
	{{.top = TOP("1.0.0", ",\"hostname\":\"h\""), .namespaces = "{\"type\":\"mount\"}"},
	 "c: hostname: would be the host's: add a uts namespace"},
	{{.top = TOP("1.0.0", ",\"domainname\":\"h\""), .namespaces = "{\"type\":\"mount\"}"},
	 "c: domainname: would be the host's: add a uts namespace"},
	{{.top = TOP("1.0.0", ",\"hostname\":\"0123456789012345678901234567890123456789012345"
			      "67890123456789012345\"")},
	 "c: hostname: has more than 64 bytes"},
	/* hooks, annotations */
	{{.top = TOP("1.0.0", ",\"hooks\":{\"poststop\":[{\"path\":\"/a\"},{\"path\":\"b\"}]}")},
	 "c: hooks.poststop[1].path: 'b' is not absolute"},
	{{.top = TOP("1.0.0", ",\"hooks\":{\"prestart\":[{}]}")},
	 "c: hooks.prestart[0].path: is missing"},
	{{.top = TOP("1.0.0", ",\"hooks\":{\"prestart\":[{\"path\":\"/a\",\"timeout\":0}]}")},
	 "c: hooks.prestart[0].timeout: 0: expected 1 to"},
	{{.top = TOP("1.0.0", ",\"annotations\":{\"\":\"v\"}")}, "c: annotations: a key is"},
	{{.top = TOP("1.0.0", ",\"annotations\":{\"a\":1}")}, "c: annotations.a: expected"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		if (check(&refused[i].config) == 0)
			fail_msg("accepted, expected: %s", refused[i].message);
		if (!str_has_prefix(err_last()->text, refused[i].message))
			fail_msg("expected: %s, got: %s", refused[i].message, err_last()->text);
	}
}

static const struct {
	struct config config;
	const char *message;
} linux_refused[] = {
	{{.namespaces = "{\"type\":\"pid\"}"}, "c: linux.namespaces: without a mount"},
	{{.namespaces = "{\"type\":\"mount\"},{\"type\":\"mount\"}"},
	 "c: linux.namespaces[1]: mount is there twice"},
	{{.namespaces = "{\"type\":\"mnt\"}"}, "c: linux.namespaces[0].type: 'mnt': expected"},
	{{.namespaces = "{\"path\":\"/x\"}"}, "c: linux.namespaces[0].type: is missing"},
	{{.namespaces = "{\"type\":\"mount\"},{\"type\":\"pid\",\"path\":\"x\"}"},
	 "c: linux.namespaces[1].path: 'x' is not absolute"},
	{{.linux = "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]",
	  .namespaces = "{\"type\":\"mount\"}"},
	 "c: linux.uidMappings, linux.gidMappings: need a user namespace"},
	{{.linux = "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":0}]"},
	 "c: linux.uidMappings[0].size: 0: expected 1 to"},
	{{.linux = "\"gidMappings\":[{\"containerID\":1,\"hostID\":0,\"size\":4294967295}]"},
	 "c: linux.gidMappings[0]: ends beyond the last ID"},
	{{.linux = "\"timeOffsets\":{\"boottime\":{\"secs\":1}}",
	  .namespaces = "{\"type\":\"mount\"}"},
	 "c: linux.timeOffsets: need a new time namespace"},
	{{.linux = "\"timeOffsets\":{\"boottime\":{\"secs\":1}}",
	  .namespaces = "{\"type\":\"mount\"},{\"type\":\"time\",\"path\":\"/t\"}"},
	 "c: linux.timeOffsets: need a new time namespace"},
	{{.linux = "\"timeOffsets\":{\"boottime\":{\"nanosecs\":1000000000}}"},
	 "c: linux.timeOffsets.boottime.nanosecs: 1000000000: expected"},
	{{.linux = "\"netDevices\":{\"eth0\":{}}", .namespaces = "{\"type\":\"mount\"}"},
	 "c: linux.netDevices: need a network namespace"},
	{{.linux = "\"netDevices\":{\"eth0\":{\"name\":\"../x\"}}"},
	 "c: linux.netDevices.eth0: expected names"},
	{{.linux = "\"netDevices\":{\"a-name-of-16-byte\":{}}"}, "c: linux.netDevices.a-name"},
	{{.linux = "\"cgroupsPath\":\"/a/../b\""}, "c: linux.cgroupsPath: '/a/../b': '..'"},
	{{.linux = "\"cgroupsPath\":\"..\""}, "c: linux.cgroupsPath: '..': '..'"},
	{{.linux = "\"devices\":[{\"path\":\"dev/x\",\"type\":\"c\"}]"},
	 "c: linux.devices[0].path: 'dev/x' is not absolute"},
	{{.linux = "\"devices\":[{\"path\":\"/dev/x\",\"type\":\"a\"}]"},
	 "c: linux.devices[0].type: 'a': expected c, u, b, p"},
	{{.linux = "\"maskedPaths\":[\"/a\",\"b\"]"}, "c: linux.maskedPaths[1]: 'b' is not"},
	{{.linux = "\"readonlyPaths\":[\"\"]"}, "c: linux.readonlyPaths[0]: '' is not"},
	{{.linux = "\"rootfsPropagation\":\"rrslave\""}, "c: linux.rootfsPropagation: 'rrsl"},
	{{.linux = "\"intelRdt\":{\"closID\":\"x\"}"}, "c: linux.intelRdt: Intel RDT is not"},
	{{.linux = "\"personality\":{\"domain\":\"BSD\"}"}, "c: linux.personality.domain: 'B"},
	{{.linux = "\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"X\"]}"},
	 "c: linux.personality.flags: the specification"},
	/* seccomp */
	{{.linux = "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_BLOCK\"}"},
	 "c: linux.seccomp.defaultAction: 'SCMP_ACT_BLOCK': expected SCMP_ACT_ALLOW, "},
	{{.linux = "\"seccomp\":{}"}, "c: linux.seccomp.defaultAction: is missing"},
	{{.linux = "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}"},
	 "c: linux.seccomp.defaultAction: cannot be"},
	{{.linux = "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":"
		   "[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}"},
	 "c: linux.seccomp: SCMP_ACT_NOTIFY needs listenerPath"},
	{{.linux = "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"LOG\"]}"},
	 "c: linux.seccomp.flags[0]: 'LOG': expected SECCOMP_FILTER_FLAG_TSYNC"},
	{{.linux = "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":"
		   "[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_LOG\",\"args\":"
		   "[{\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}]}"},
	 "c: linux.seccomp.syscalls[0].args[0].index: 6: expected 0 to 5"},
	/* resources */
	{{.linux = "\"resources\":{\"memory\":{\"limit\":-2}}"},
	 "c: linux.resources.memory.limit: -2: expected -1 to 9223372036854775807"},
	{{.linux = "\"resources\":{\"memory\":{\"limit\":1.5}}"},
	 "c: linux.resources.memory.limit: expected a whole number"},
	{{.linux = "\"resources\":{\"memory\":{\"limit\":10,\"swap\":5}}"},
	 "c: linux.resources.memory.swap: 5: memory and swap together"},
	{{.linux = "\"resources\":{\"memory\":{\"swappiness\":101}}"},
	 "c: linux.resources.memory.swappiness: 101: expected 0 to 100"},
	{{.linux = "\"resources\":{\"cpu\":{\"idle\":2}}"}, "c: linux.resources.cpu.idle: 2"},
	{{.linux = "\"resources\":{\"cpu\":{\"shares\":-1}}"}, "c: linux.resources.cpu.shares"},
	{{.linux = "\"resources\":{\"pids\":{\"limit\":\"max\"}}"},
	 "c: linux.resources.pids.limit: expected a whole number, found a string"},
	{{.linux = "\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rx\"}]}"},
	 "c: linux.resources.devices[0].access: 'rx': expected letters of rwm"},
	{{.linux = "\"resources\":{\"devices\":[{}]}"},
	 "c: linux.resources.devices[0].allow: is missing"},
	{{.linux = "\"resources\":{\"unified\":{\"../x\":\"1\"}}"},
	 "c: linux.resources.unified: '../x': expected the name of a file"},
};

static void test_linux_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(linux_refused); i++) {
		if (check(&linux_refused[i].config) == 0)
			fail_msg("accepted, expected: %s", linux_refused[i].message);
		if (!str_has_prefix(err_last()->text, linux_refused[i].message))
			fail_msg("expected: %s, got: %s", linux_refused[i].message,
				 err_last()->text);
	}
}

#define MOUNT(destination, type, source)                                                           \
	"{\"destination\":\"" destination "\",\"type\":\"" type "\",\"source\":\"" source "\"}"

static void test_mounts(void **state)
{
	const struct {
		const char *mount;
		bool allowed;
	} cases[] = {
		{MOUNT("/proc", "proc", "proc"), true},
		{MOUNT("/proc", "bind", "/proc"), true}, /* in the host's pid namespace */
		{MOUNT("proc/", "proc", "proc"), true},
		{MOUNT("/proc", "tmpfs", "tmpfs"), false},
		{MOUNT("/proc", "bind", "/tmp"), false},
		{MOUNT("//proc/", "tmpfs", "tmpfs"), false},
		{MOUNT("/./proc", "tmpfs", "tmpfs"), false},
		{MOUNT("/x/../proc", "tmpfs", "tmpfs"), false},
		{MOUNT("../../proc", "tmpfs", "tmpfs"), false},
		{MOUNT("/proc/.", "tmpfs", "tmpfs"), false},
		{MOUNT("/proc/x/..", "tmpfs", "tmpfs"), false},
		{"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"/tmp\",\"options\":"
		 "[\"rbind\"]}",
		 false},
		{MOUNT("/proc/self/attr", "tmpfs", "tmpfs"), false},
		{MOUNT("/proc/sys", "bind", "/tmp"), false},
		{MOUNT("/proc/sys/kernel", "proc", "proc"), false},
		{MOUNT("/proc/cpuinfo", "bind", "/tmp/c"), true},
		{MOUNT("/proc/sys/kernel/ns_last_pid", "bind", "/proc/sys/kernel/ns_last_pid"),
		 true},
		{MOUNT("/proc/sys/kernel/pid_max", "bind", "/tmp/c"), false},
		{MOUNT("/proc/uptime", "bind", "/tmp/c"), true},
		{MOUNT("/proc/uptime", "tmpfs", "tmpfs"), false},
		{MOUNT("/proc/cpuinfo/x", "bind", "/tmp/c"), false},
		{MOUNT("/process", "tmpfs", "tmpfs"), true},
		{MOUNT("/a/proc", "tmpfs", "tmpfs"), true},
		{MOUNT("/../../etc", "tmpfs", "tmpfs"), true}, /* resolved below the rootfs */
		{"{\"destination\":\"/x\",\"options\":[\"bind\"],\"source\":\"s\"}", true},
		{"{\"destination\":\"/x\",\"type\":\"none\",\"options\":[\"rbind\"],"
		 "\"source\":\"s\"}",
		 true},
		{"{\"destination\":\"/x\",\"options\":[\"bind\"]}", false},
		{"{\"destination\":\"/x\",\"source\":\"s\"}", false},
		{"{\"type\":\"tmpfs\"}", false},
		{"{\"destination\":\"\",\"type\":\"tmpfs\"}", false},
		{"{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":\"ro\"}", false},
		{"{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"s\",\"uidMappings\":"
		 "[{\"containerID\":0,\"hostID\":0,\"size\":1}]}",
		 false},
		{"{\"destination\":\"/x\\u0000\",\"type\":\"tmpfs\"}", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if ((check(&(struct config){.mounts = cases[i].mount}) == 0) != cases[i].allowed)
			fail_msg("%s: %s", cases[i].mount,
				 cases[i].allowed ? err_last()->text : "allowed");
}

static void test_accepted(void **state)
{
	const struct config cases[] = {
		{0},
		{.top = TOP("1.0.0-rc5", "")},
		{.top = TOP("1.99.0+build", ",\"windows\":{\"layerFolders\":[]}")},
		{.process = PROCESS("\"args\":[],\"env\":[\"ODD\",\"=\",\"\"]")},
		{.process = PROCESS("\"rlimits\":[" RLIMIT("NOFILE", "18446744073709551615",
							   "18446744073709551615") "]")},
		{.top = TOP("1.0.0", ",\"hostname\":\"h\",\"domainname\":\"d\"")},
		{.namespaces = "{\"type\":\"mount\"}"},
		{.linux = "\"cgroupsPath\":\"a..b/c...\""},
		{.linux = "\"cgroupsPath\":\"system.slice:docker:0123\""},
		{.linux = "\"resources\":{\"memory\":{\"limit\":-1,\"swap\":-1}}"},
		{.linux = "\"resources\":{\"memory\":{\"limit\":10,\"swap\":10}}"},
		{.linux = "\"personality\":{\"domain\":\"LINUX\",\"flags\":[]}"},
		{.linux = "\"intelRdt\":{}"},
		{.linux = "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":4294967295}]"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (check(&cases[i]) < 0)
			fail_msg("case %zu: %s", i, err_last()->text);
}

static void test_ids(void **state)
{
	const char *const good[] = {"a", "A-1_b.c+", "-x", "_", "+", "0", "a..", "box-1"};
	const char *const bad[] = {"",	       ".",    "..",  ".a",  "a/b",  "/x",
				   "../a",     "a\nb", "a\n", "a b", "a\tb", "\x1b[2J",
				   "\xc3\xa9", "a:b",  "a%s", "a*",  "a\\b", "a$b"};
	char longest[257];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(spec_check_id(good[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(spec_check_id(bad[i]), -1);
		for (const char *c = err_last()->text; *c; c++)
			assert_true((unsigned char)*c >= ' ');
	}
	memset(longest, 'a', sizeof(longest));
	longest[255] = '\0';
	assert_int_equal(spec_check_id(longest), 0);
	longest[255] = 'a';
	longest[256] = '\0';
	assert_int_equal(spec_check_id(longest), -1);
	assert_string_equal(err_last()->text,
			    "container ID 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' ...: expected "
			    "1 to 255 of A-Z a-z 0-9 _ + - . and no '.' first");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused), cmocka_unit_test(test_linux_refused),
		cmocka_unit_test(test_mounts),	cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
