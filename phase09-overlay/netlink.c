/*
 * netlink.c: the messages. Each is a header (what to do), a fixed part (with which kind of object)
 * and attributes: a length, a type, a value; a value can be more attributes. The kernel answers
 * each with one message that holds an errno, or 0.
 */
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>

enum { REQUEST_SIZE = 1024, ANSWER_SIZE = 8192, CREATE = NLM_F_CREATE | NLM_F_EXCL };

static struct nlmsghdr *begin(char *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	return request;
}

/* A request about the device `name`, which is also how the kernel finds it. */
static struct nlmsghdr *begin_link(char *buffer, uint16_t type, uint16_t flags, const char *name)
{
	struct nlmsghdr *request = begin(buffer, type, flags);

	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	return request;
}

static int exchange(struct mnl_socket *kernel, const struct nlmsghdr *request)
{
	char answer[ANSWER_SIZE];
	ssize_t size;

	if (mnl_socket_bind(kernel, 0, MNL_SOCKET_AUTOPID) < 0)
		return -1;
	if (mnl_socket_sendto(kernel, request, request->nlmsg_len) < 0)
		return -1;
	size = mnl_socket_recvfrom(kernel, answer, sizeof(answer));
	/* Sets errno from the answer. */
	return size < 0 ? -1 : mnl_cb_run(answer, size, 0, 0, NULL, NULL);
}

static int send_request(const struct nlmsghdr *request)
{
	struct mnl_socket *kernel = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int result, error;

	if (!kernel)
		return -1;
	result = exchange(kernel, request);
	error = errno;
	mnl_socket_close(kernel);
	errno = error;
	return result;
}

/*
 * A hardware address of our own making: 02 marks it as that, the rest is the IPv4 address. When an
 * address goes from one container to the next, what neighbours know of it stays true.
 */
static void put_hardware_address(struct nlmsghdr *request, uint32_t address)
{
	const uint8_t mac[] = {0x02, 0x57, address >> 24, address >> 16, address >> 8, address};

	mnl_attr_put(request, IFLA_ADDRESS, sizeof(mac), mac);
}

int netlink_make_bridge(const char *name, uint32_t address)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin_link(buffer, RTM_NEWLINK, CREATE, name);
	struct nlattr *info;

	put_hardware_address(request, address);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(request, info);
	return send_request(request);
}

int netlink_make_veth(const char *name, const char *bridge, uint32_t address, pid_t pid)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin_link(buffer, RTM_NEWLINK, CREATE, name);
	struct nlattr *info, *data, *peer;

	mnl_attr_put_u32(request, IFLA_MASTER, if_nametoindex(bridge));
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(request, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request, IFLA_IFNAME, "eth0");
	put_hardware_address(request, address);
	mnl_attr_put_u32(request, IFLA_NET_NS_PID, pid); /* born in there, never in our own */
	mnl_attr_nest_end(request, peer);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return send_request(request);
}

int netlink_allow_hairpin(const char *name)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin_link(buffer, RTM_NEWLINK, 0, name);
	struct nlattr *info = mnl_attr_nest_start(request, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(request, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl_attr_nest_start(request, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(request, IFLA_BRPORT_MODE, 1);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return send_request(request);
}

int netlink_add_address(const char *name, uint32_t address, int prefix)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *target = mnl_nlmsg_put_extra_header(request, sizeof(*target));

	target->ifa_family = AF_INET;
	target->ifa_prefixlen = prefix;
	target->ifa_index = if_nametoindex(name);
	mnl_attr_put_u32(request, IFA_LOCAL, htonl(address));
	mnl_attr_put_u32(request, IFA_ADDRESS, htonl(address));
	return send_request(request);
}

int netlink_set_up(const char *name)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin_link(buffer, RTM_NEWLINK, 0, name);
	struct ifinfomsg *link = mnl_nlmsg_get_payload(request);

	link->ifi_flags = link->ifi_change = IFF_UP;
	return send_request(request);
}

int netlink_add_default_route(uint32_t gateway)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin(buffer, RTM_NEWROUTE, CREATE);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(request, sizeof(*route));

	route->rtm_family = AF_INET; /* to 0.0.0.0/0, as no destination is given */
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_STATIC;
	route->rtm_scope = RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(request, RTA_GATEWAY, htonl(gateway));
	return send_request(request);
}

int netlink_delete(const char *name)
{
	char buffer[REQUEST_SIZE];

	return send_request(begin_link(buffer, RTM_DELLINK, 0, name));
}
