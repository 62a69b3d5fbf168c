/* netdev.c: network interfaces of the container. See netdev.h; next file: sysctl.h */
#include "netdev.h"
#include "../base/err.h"
#include "../base/log.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { REQUEST_SIZE = 256, ANSWER_SIZE = 32768 };

/* One request: header, then what its type says, then attributes. */
struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
	};
	char attributes[REQUEST_SIZE];
};

/* What makes an address, rtnetlink(7) RTM_NEWADDR: the rest follows from the interface. */
struct address {
	struct ifaddrmsg message;
	uint32_t flags;
	struct {
		unsigned short type, length;
		unsigned char data[16];
	} parts[3];
	int part_count;
};

struct address_list {
	LIST_OF(struct address) addresses;
	int index; /* of the interface they belong to */
	struct arena arena;
};

static void add_attribute(struct request *request, unsigned short type, const void *data,
			  size_t length)
{
	struct rtattr *attribute =
		(struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(length);
	memcpy(RTA_DATA(attribute), data, length);
	request->header.nlmsg_len =
		NLMSG_ALIGN(request->header.nlmsg_len) + (unsigned int)RTA_SPACE(length);
}

/* Sends a request and waits for its acknowledgement: -1 and errno if the kernel refused. */
static int ask(int sock, struct request *request)
{
	char answer[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
	const struct nlmsgerr *result = NLMSG_DATA(header);

	request->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(sock, request, request->header.nlmsg_len, 0) < 0)
		return -1;
	if (recv(sock, answer, sizeof(answer), 0) < (ssize_t)NLMSG_LENGTH(sizeof(*result)))
		return -1;
	if (header->nlmsg_type != NLMSG_ERROR) {
		errno = EPROTO;
		return -1;
	}
	errno = -result->error;
	return result->error ? -1 : 0;
}

static int open_netlink(int *ret_socket)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (sock < 0)
		return err_sys("open rtnetlink(7)");
	*ret_socket = sock;
	return 0;
}

/* A socket stays in the network namespace it was made in: the process itself goes back. */
static int open_netlink_in(int namespace_fd, int own_fd, int *ret_socket)
{
	auto_close int sock = -1;
	int result;

	if (setns(namespace_fd, CLONE_NEWNET) < 0)
		return err_sys("enter the container's network namespace");
	result = open_netlink(&sock);
	if (setns(own_fd, CLONE_NEWNET) < 0)
		return err_sys("return to the own network namespace");
	if (result == 0)
		*ret_socket = TAKE_FD(sock);
	return result;
}

static int find_index(int sock, const char *name, int *ret_index)
{
	struct ifreq request = {0};

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(sock, SIOCGIFINDEX, &request) < 0)
		return err_sys("interface %s", name);
	*ret_index = request.ifr_ifindex;
	return 0;
}

static int set_up(int sock, const char *name)
{
	struct ifreq request = {0};

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(sock, SIOCGIFFLAGS, &request) < 0)
		return err_sys("interface %s", name);
	request.ifr_flags |= IFF_UP;
	if (ioctl(sock, SIOCSIFFLAGS, &request) < 0)
		return err_sys("set interface %s up", name);
	return 0;
}

static void take_attribute(struct address *address, struct rtattr *attribute)
{
	size_t length = RTA_PAYLOAD(attribute);

	switch (attribute->rta_type) {
	case IFA_FLAGS:
		memcpy(&address->flags, RTA_DATA(attribute), sizeof(address->flags));
		break;
	case IFA_ADDRESS:
	case IFA_LOCAL:
	case IFA_BROADCAST:
		if (length > sizeof(address->parts[0].data) || address->part_count == 3)
			break;
		address->parts[address->part_count].type = attribute->rta_type;
		address->parts[address->part_count].length = (unsigned short)length;
		memcpy(address->parts[address->part_count].data, RTA_DATA(attribute), length);
		address->part_count++;
		break;
	}
}

static int keep_address(struct address_list *list, const struct nlmsghdr *header)
{
	const struct ifaddrmsg *message = NLMSG_DATA(header);
	struct address address = {.message = *message, .flags = message->ifa_flags};
	int left = (int)IFA_PAYLOAD(header);
	struct address *items;

	for (struct rtattr *a = IFA_RTA(message); RTA_OK(a, left); a = RTA_NEXT(a, left))
		take_attribute(&address, a);
	if ((int)message->ifa_index != list->index || message->ifa_scope != RT_SCOPE_UNIVERSE ||
	    !(address.flags & IFA_F_PERMANENT))
		return 0;
	items = arena_alloc(&list->arena, (list->addresses.count + 1) * sizeof(*items));
	if (!items)
		return -1;
	if (list->addresses.count)
		memcpy(items, list->addresses.items, list->addresses.count * sizeof(*items));
	items[list->addresses.count++] = address;
	list->addresses.items = items;
	return 0;
}

/* One part of a dump. Returns 1 if it was the last, 0 if more follows. */
static int read_addresses(struct address_list *list, char *answer, ssize_t length)
{
	unsigned int left = (unsigned int)length;

	for (struct nlmsghdr *h = (struct nlmsghdr *)answer; NLMSG_OK(h, left);
	     h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR)
			return err_set(EPROTO, "list addresses");
		if (h->nlmsg_type == RTM_NEWADDR && keep_address(list, h) < 0)
			return -1;
	}
	return 0;
}

static int list_addresses(int sock, struct address_list *list)
{
	struct request request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.address)),
					     .nlmsg_type = RTM_GETADDR,
					     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
	auto_free char *answer = malloc(ANSWER_SIZE);
	int done = 0;

	if (!answer)
		return err_set(ENOMEM, "out of memory");
	if (send(sock, &request, request.header.nlmsg_len, 0) < 0)
		return err_sys("list addresses");
	while (done == 0) {
		ssize_t length = recv(sock, answer, ANSWER_SIZE, 0);

		if (length < 0)
			return err_sys("list addresses");
		done = read_addresses(list, answer, length);
	}
	return done < 0 ? -1 : 0;
}

static int add_addresses(int sock, const struct address_list *list, int index)
{
	for (size_t i = 0; i < list->addresses.count; i++) {
		const struct address *address = &list->addresses.items[i];
		struct request request = {
			.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.address)),
				   .nlmsg_type = RTM_NEWADDR,
				   .nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL},
			.address = address->message};

		request.address.ifa_index = (unsigned int)index;
		for (int j = 0; j < address->part_count; j++)
			add_attribute(&request, address->parts[j].type, address->parts[j].data,
				      address->parts[j].length);
		add_attribute(&request, IFA_FLAGS, &address->flags, sizeof(address->flags));
		/* Some drivers keep theirs. */
		if (ask(sock, &request) < 0 && errno != EEXIST)
			return err_sys("add an address");
	}
	return 0;
}

/*
 * The kernel moves first and renames then: were the new name taken, the interface would be inside
 * under its old one, and would end with the namespace. So that is asked before.
 */
static int check_name(int sock, const char *name)
{
	int index;

	if (find_index(sock, name, &index) == 0)
		return err_set(EEXIST, "the container has an interface %s already", name);
	return err_last()->code == ENODEV ? 0 : -1;
}

static int move_link(int sock, int index, int namespace_fd, const char *new_name)
{
	struct request request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.link)),
					     .nlmsg_type = RTM_NEWLINK},
				  .link = {.ifi_family = AF_UNSPEC, .ifi_index = index}};

	add_attribute(&request, IFLA_NET_NS_FD, &namespace_fd, sizeof(namespace_fd));
	add_attribute(&request, IFLA_IFNAME, new_name, strlen(new_name) + 1);
	if (ask(sock, &request) == 0)
		return 0;
	if (errno == EINVAL)
		return err_set(EINVAL, "this kind of interface cannot be moved to a namespace");
	return err_sys("move to the container as %s", new_name);
}

/* What is done inside. *ret_index is set as soon as it is known. */
static int arrange(int there, const char *name, const struct address_list *list, int *ret_index)
{
	if (find_index(there, name, ret_index) < 0)
		return -1;
	if (add_addresses(there, list, *ret_index) < 0)
		return -1;
	return set_up(there, name);
}

/* The cause is reported; that it could not be given back as well would only hide it. */
static void give_back(int here, int there, int index, int own_fd, const struct address_list *list,
		      const char *name)
{
	const struct err cause = *err_last();

	if (index > 0 && move_link(there, index, own_fd, name) == 0 &&
	    find_index(here, name, &index) == 0 && add_addresses(here, list, index) < 0)
		log_warn("linux.netDevices: %s is back without its addresses", name);
	err_adopt(&cause);
}

static int move_one(const struct spec_net_device *device, int namespace_fd, int own_fd)
{
	const char *name = device->name && *device->name ? device->name : device->host_name;
	struct address_list list = {0};
	auto_close int here = -1, there = -1;
	int index = 0, result;

	if (strlen(device->host_name) >= IFNAMSIZ || strlen(name) >= IFNAMSIZ)
		return err_set(EINVAL, "names of interfaces have at most %d characters",
			       IFNAMSIZ - 1);
	if (open_netlink(&here) < 0 || open_netlink_in(namespace_fd, own_fd, &there) < 0 ||
	    find_index(here, device->host_name, &list.index) < 0 || check_name(there, name) < 0)
		return -1;
	result = list_addresses(here, &list);
	if (result == 0)
		result = move_link(here, list.index, namespace_fd, name);
	if (result == 0) {
		result = arrange(there, name, &list, &index);
		if (result < 0)
			give_back(here, there, index, own_fd, &list, device->host_name);
	}
	arena_free(&list.arena);
	return result;
}

static int check_other(int namespace_fd, int own_fd)
{
	struct stat theirs, ours;

	if (fstat(namespace_fd, &theirs) < 0 || fstat(own_fd, &ours) < 0)
		return err_sys("linux.netDevices: look at the network namespaces");
	if (theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev)
		return err_set(EINVAL, "linux.netDevices: the container has no network namespace "
				       "of its own to move interfaces to");
	return 0;
}

int netdev_move(const struct spec *spec, pid_t pid)
{
	auto_close int namespace_fd = -1, own_fd = -1;
	char path[40];

	if (spec->linux.net_devices.count == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	namespace_fd = open(path, O_RDONLY | O_CLOEXEC);
	own_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (namespace_fd < 0 || own_fd < 0)
		return err_sys("linux.netDevices: open %s", path);
	if (check_other(namespace_fd, own_fd) < 0)
		return -1;
	for (size_t i = 0; i < spec->linux.net_devices.count; i++) {
		const struct spec_net_device *device = &spec->linux.net_devices.items[i];

		if (move_one(device, namespace_fd, own_fd) < 0)
			return err_wrap("linux.netDevices: %s", device->host_name);
	}
	return 0;
}

int netdev_set_loopback_up(void)
{
	auto_close int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return err_sys("socket");
	return set_up(sock, "lo");
}
