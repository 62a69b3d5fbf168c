/*
 * test_load.c: every property of config.json that Husk knows, from text to structure and back, and
 * what engines write that the specification does not mention.
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
#include "spec/tables.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static int open_text(const char *text)
{
	int fd = memfd_create("config.json", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static int load(const char *text, struct spec *ret_spec)
{
	auto_close int fd = open_text(text);

	return spec_load(fd, "config.json", ret_spec);
}

/* Every property, in the order of the tables. */
static const char full[] =
	"{\"ociVersion\":\"1.2.1\",\"process\":{\"terminal\":true,"
	"\"consoleSize\":{\"height\":24,\"width\":80},"
	"\"user\":{\"uid\":1000,\"gid\":4294967294,\"umask\":18,\"additionalGids\":[5,6]},"
	"\"args\":[\"sh\",\"-c\",\"\"],\"env\":[\"PATH=/bin\",\"ODD\",\"EMPTY=\"],\"cwd\":\"/\","
	"\"capabilities\":{\"bounding\":[\"CAP_KILL\"],\"effective\":[\"CAP_KILL\"],"
	"\"inheritable\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"],\"ambient\":[\"CAP_KILL\"]},"
	"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":18446744073709551615,\"soft\":1024},"
	"{\"type\":\"RLIMIT_CPU\",\"hard\":1,\"soft\":0}],"
	"\"noNewPrivileges\":true,\"apparmorProfile\":\"prof\",\"oomScoreAdj\":-1000,"
	"\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"nice\":-20,\"priority\":99,"
	"\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\",\"SCHED_FLAG_UTIL_CLAMP_MAX\"],"
	"\"runtime\":1,\"deadline\":2,\"period\":18446744073709551615},"
	"\"selinuxLabel\":\"a:b:c\",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":0},"
	"\"execCPUAffinity\":{\"initial\":\"0-3,7\",\"final\":\"1\"}},"
	"\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"hostname\":\"h\",\"domainname\":\"d\","
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
	"{\"destination\":\"/m\",\"source\":\"s\",\"options\":[\"rbind\",\"idmap\"],"
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":2}],"
	"\"gidMappings\":[{\"containerID\":3,\"hostID\":4,\"size\":5}]}],"
	"\"hooks\":{\"prestart\":[{\"path\":\"/a\",\"args\":[\"a\",\"b\"],\"env\":[\"K=V\"],"
	"\"timeout\":5}],\"createRuntime\":[{\"path\":\"/b\"}],\"createContainer\":[{\"path\":\"/"
	"c\"}],"
	"\"startContainer\":[{\"path\":\"/d\"}],\"poststart\":[{\"path\":\"/e\"}],"
	"\"poststop\":[{\"path\":\"/f\"},{\"path\":\"/g\"}]},"
	"\"annotations\":{\"org.example.key\":\"v\",\"empty\":\"\"},"
	"\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":4294967295}],"
	"\"sysctl\":{\"kernel.msgmax\":\"100\"},"
	"\"resources\":{\"devices\":[{\"allow\":false,\"type\":\"a\",\"access\":\"rwm\"},"
	"{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":229,\"access\":\"rw\"}],"
	"\"memory\":{\"limit\":100,\"reservation\":50,\"swap\":-1,\"kernel\":-1,\"kernelTCP\":-1,"
	"\"swappiness\":0,\"disableOOMKiller\":false,\"useHierarchy\":true,"
	"\"checkBeforeUpdate\":true},"
	"\"cpu\":{\"shares\":1024,\"quota\":-1,\"burst\":0,\"period\":100000,"
	"\"realtimeRuntime\":95,\"realtimePeriod\":100,\"cpus\":\"0-1\",\"mems\":\"0\",\"idle\":1},"
	"\"pids\":{\"limit\":0},"
	"\"blockIO\":{\"weight\":10,\"leafWeight\":1000,"
	"\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":500,\"leafWeight\":300}],"
	"\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":600}],"
	"\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":1,\"rate\":601}],"
	"\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":2,\"rate\":602}],"
	"\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":3,\"rate\":18446744073709551615}]},"
	"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":9223372036854775808}],"
	"\"network\":{\"classID\":1048577,\"priorities\":[{\"name\":\"eth0\",\"priority\":500}]},"
	"\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000}},"
	"\"unified\":{\"memory.high\":\"max\"}},"
	"\"cgroupsPath\":\"/pod/box\","
	"\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"},"
	"{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"user\"},"
	"{\"type\":\"time\"},{\"type\":\"cgroup\"}],"
	"\"devices\":[{\"path\":\"/dev/fuse\",\"type\":\"c\",\"major\":10,\"minor\":229,"
	"\"fileMode\":438,\"uid\":0,\"gid\":5}],"
	"\"netDevices\":{\"eth0\":{},\"eth1\":{\"name\":\"inner\"}},"
	"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
	"\"architectures\":[\"SCMP_ARCH_X86_64\"],\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"
	"\"listenerPath\":\"/run/s\",\"listenerMetadata\":\"m\","
	"\"syscalls\":[{\"names\":[\"getcwd\",\"chmod\"],\"action\":\"SCMP_ACT_NOTIFY\"},"
	"{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_KILL_PROCESS\",\"errnoRet\":1,"
	"\"args\":[{\"index\":5,\"value\":18446744073709551615,\"valueTwo\":1,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]},"
	"\"rootfsPropagation\":\"rslave\",\"maskedPaths\":[\"/proc/kcore\"],"
	"\"readonlyPaths\":[\"/proc/sys\"],\"mountLabel\":\"l\","
	"\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0,2-3\","
	"\"flags\":[\"MPOL_F_STATIC_NODES\"]},"
	"\"personality\":{\"domain\":\"LINUX32\"},"
	"\"timeOffsets\":{\"monotonic\":{\"secs\":-5},\"boottime\":{\"secs\":7,\"nanosecs\":"
	"999999999}}"
	"}}";

static void test_full(void **state)
{
	struct spec spec;
	char *text;

	(void)state;
	if (load(full, &spec) < 0)
		fail_msg("%s", err_last()->text);
	assert_int_equal(bind_write(&spec_top_table, &spec, JSON_ONE_LINE, &spec.arena, &text), 0);
	assert_string_equal(text, full);
	spec_free(&spec);
}

/* A property that no test names would be lost without a sound. */
static void test_full_is_full(void **state)
{
	struct arena arena = {0};
	struct str_list paths;

	(void)state;
	assert_int_equal(bind_list(&spec_top_table, &arena, &paths), 0);
	for (size_t i = 0; i < paths.count; i++) {
		const char *const without[] = {"process.user.username",
					       "process.commandLine",
					       "vm",
					       "solaris",
					       "windows",
					       "zos",
					       "freebsd",
					       "linux.intelRdt",
					       "linux.personality.flags"};
		const char *key = strrchr(paths.items[i], '.');
		char quoted[64];
		size_t skipped = 0;

		key = key ? key + 1 : paths.items[i];
		snprintf(quoted, sizeof(quoted), "\"%.*s\":", (int)strcspn(key, "[{"), key);
		for (size_t j = 0; j < ARRAY_SIZE(without); j++)
			skipped += strcmp(paths.items[i], without[j]) == 0;
		if (!skipped && !strstr(full, quoted))
			fail_msg("%s is in no test", paths.items[i]);
	}
	arena_free(&arena);
}

static void test_numbers(void **state)
{
	struct spec spec;
	const struct spec_seccomp *seccomp;

	(void)state;
	assert_int_equal(load(full, &spec), 0);
	assert_int_equal(spec.linux.namespaces.items[0].flag, CLONE_NEWPID);
	assert_int_equal(spec.linux.namespaces.items[6].flag, CLONE_NEWTIME);
	assert_ptr_equal(spec_find_namespace(&spec, CLONE_NEWNET), &spec.linux.namespaces.items[1]);
	assert_null(spec_find_namespace(&spec, 1));
	assert_int_equal(spec.process->rlimits.items[0].resource, RLIMIT_NOFILE);
	assert_string_equal(spec.process->rlimits.items[1].type, "RLIMIT_CPU");
	assert_true(spec.process->rlimits.items[0].hard == RLIM_INFINITY);
	assert_int_equal(spec.process->scheduler->policy, SCHED_DEADLINE);
	assert_int_equal(spec.process->scheduler->flags, 0x41);
	assert_int_equal(spec.process->io_priority->class, 2);
	assert_int_equal(spec.linux.personality.value, 8);
	assert_int_equal(spec.hooks[HOOK_POSTSTOP].count, 2);
	assert_int_equal(spec.linux.time_offsets.monotonic->secs, -5);
	assert_null(spec.process->args.items[3]);
	seccomp = spec.linux.seccomp;
	assert_int_equal(seccomp->default_action, SECCOMP_RET_ERRNO);
	assert_int_equal(seccomp->syscalls.items[0].action, SECCOMP_RET_USER_NOTIF);
	assert_int_equal(seccomp->syscalls.items[1].action, SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(seccomp->syscalls.items[1].args.items[0].op, SECCOMP_OP_MASKED_EQ);
	assert_int_equal(spec.linux.memory_policy->mode, 2);
	spec_free(&spec);
}

/* null for empty lists, "" for absent texts, -1 for "every", file types in fileMode ... */
static void test_engines(void **state)
{
	const char text[] =
		"{\"ociVersion\":\"1.0.2-dev\",\"process\":{\"terminal\":false,\"user\":{\"uid\":0,"
		"\"gid\":0,\"umask\":18,\"username\":\"root\",\"additionalGids\":null},"
		"\"args\":[\"x\"],\"env\":null,\"cwd\":\"/\",\"selinuxLabel\":\"\","
		"\"apparmorProfile\":\"\",\"rlimits\":null,\"capabilities\":{\"ambient\":null},"
		"\"oomScoreAdj\":0,\"scheduler\":null},\"root\":{\"path\":\"/r\"},\"hooks\":null,"
		"\"mounts\":[{\"destination\":\"/etc/hosts\",\"type\":\"bind\",\"source\":\"/h\","
		"\"options\":null},{\"destination\":\"rel\",\"source\":\"/"
		"h\",\"options\":[\"rbind\"]},"
		"{\"destination\":\"/t\",\"type\":\"tmpfs\",\"source\":\"\"}],\"annotations\":null,"
		"\"linux\":{\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
		"{\"allow\":true,\"type\":\"c\",\"major\":5,\"minor\":-1,\"access\":\"rwm\"}],"
		"\"memory\":{\"limit\":-1,\"swap\":null},\"cpu\":{\"quota\":0,\"cpus\":\"\"},"
		"\"pids\":{},\"blockIO\":{\"weight\":0,\"weightDevice\":null},\"hugepageLimits\":"
		"null},"
		"\"cgroupsPath\":\"machine.slice:libpod:0123\",\"sysctl\":null,\"seccomp\":"
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":null,\"flags\":null,"
		"\"syscalls\":[{\"names\":[\"x\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":null,"
		"\"errnoRet\":null}]},\"intelRdt\":null,"
		"\"devices\":[{\"path\":\"/dev/n\",\"type\":\"u\",\"major\":1,\"minor\":3,"
		"\"fileMode\":8630,\"uid\":0,\"gid\":0}],"
		"\"namespaces\":[{\"type\":\"mount\",\"path\":\"\"}]},\"windows\":{\"x\":1},"
		"\"unknown\":{\"a\":[{}]}}";
	struct spec spec;
	const struct spec_resources *resources;

	(void)state;
	if (load(text, &spec) < 0)
		fail_msg("%s", err_last()->text);
	resources = spec.linux.resources;
	assert_null(spec.process->selinux_label);
	assert_null(spec.process->scheduler);
	assert_true(spec.process->oom_score_adj.set);
	assert_non_null(spec.process->capabilities);
	assert_string_equal(spec.mounts.items[1].destination, "/rel");
	assert_null(spec.mounts.items[2].source);
	assert_int_equal(resources->devices.items[0].type, 'a');
	assert_false(resources->devices.items[0].major.set);
	assert_true(resources->devices.items[1].major.set);
	assert_false(resources->devices.items[1].minor.set);
	assert_false(resources->memory.swap.set);
	assert_false(resources->pids_limit.set);
	assert_null(resources->cpu.cpus);
	assert_int_equal(spec.linux.devices.items[0].type, 'c');
	assert_int_equal(spec.linux.devices.items[0].file_mode.value, 0666);
	assert_null(spec.linux.namespaces.items[0].path);
	assert_string_equal(spec.linux.cgroups_path, "machine.slice:libpod:0123");
	spec_free(&spec);
}

static void test_parts(void **state)
{
	int fd = open_text("{\"args\":[\"id\"],\"cwd\":\"/\",\"user\":{\"uid\":1,\"gid\":2}}"),
	    pipes[2];
	const char resources[] = "{\"memory\":{\"limit\":5},\"devices\":[{\"allow\":true}]}";
	struct spec spec;

	(void)state;
	assert_int_equal(spec_load_process(fd, "process.json", &spec), 0);
	assert_int_equal(spec.process->user.gid, 2);
	spec_free(&spec);
	close(fd);
	fd = open_text("{\"args\":[\"id\"],\"cwd\":\"tmp\\u001b\"}");
	assert_int_equal(spec_load_process(fd, "process.json", &spec), -1);
	assert_string_equal(err_last()->text, "process.json: process.cwd: 'tmp?' is not absolute");
	close(fd);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(write(pipes[1], resources, strlen(resources)), strlen(resources));
	close(pipes[1]);
	assert_int_equal(spec_load_resources(pipes[0], "-", &spec), 0);
	assert_true(spec.linux.resources->memory.limit.value == 5);
	assert_int_equal(spec.linux.resources->devices.items[0].type, 'a');
	spec_free(&spec);
	close(pipes[0]);
}

/* 2,000 mounts and 50,000 variables: the time is a matter of the benchmarks, the count is not. */
static void test_large(void **state)
{
	size_t size = 4 << 20, length;
	char *text = malloc(size);
	struct spec spec;

	(void)state;
	length = sprintf(text, "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"linux\":"
			       "{\"namespaces\":[{\"type\":\"mount\"}]},\"mounts\":[");
	for (int i = 0; i < 2000; i++)
		length += sprintf(text + length,
				  "%s{\"destination\":\"/m/%d\",\"type\":\"tmpfs\","
				  "\"options\":[\"ro\",\"nosuid\"]}",
				  i ? "," : "", i);
	length += sprintf(text + length, "],\"process\":{\"cwd\":\"/\",\"env\":[\"A=1\"");
	for (int i = 0; i < 50000; i++)
		length += sprintf(text + length, ",\"VARIABLE_%d=some value\"", i);
	sprintf(text + length, "]}}");
	if (load(text, &spec) < 0)
		fail_msg("%s", err_last()->text);
	assert_int_equal(spec.mounts.count, 2000);
	assert_int_equal(spec.process->env.count, 50001);
	spec_free(&spec);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),	cmocka_unit_test(test_full_is_full),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_engines),
		cmocka_unit_test(test_parts),	cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
