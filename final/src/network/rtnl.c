/*
 * rtnl.c: the messages. Each is a header (what to do), a fixed part (with which kind of object) and
 * attributes: a length, a type, a value; a value can be more attributes. The kernel answers each
 * with an errno, or 0; a dump is many messages and an end. See rtnl.h; next file: netns.h
 */
#include "rtnl.h"
#include "../base/err.h"

#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>

/* A dump's message is at most 32 KiB: what the kernel's netlink_dump() allocates. */
enum { REQUEST_SIZE = 1024, ANSWER_SIZE = 32768, CREATE = NLM_F_CREATE | NLM_F_EXCL };

int rtnl_open(struct rtnl *ret_rtnl)
{
	struct mnl_socket *kernel = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (!kernel)
		return err_sys("open rtnetlink(7)");
	ret_rtnl->socket = kernel;
	return 0;
}

int rtnl_adopt(int fd, struct rtnl *ret_rtnl)
{
	struct mnl_socket *kernel = mnl_socket_fdopen(fd);

	if (!kernel) {
		err_sys("use a netlink socket");
		close(fd);
		return -1;
	}
	ret_rtnl->socket = kernel;
	return 0;
}

void rtnl_close(struct rtnl *rtnl)
{
	if (rtnl->socket)
		mnl_socket_close(rtnl->socket);
	rtnl->socket = NULL;
}

static struct nlmsghdr *begin(char *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	return request;
}

/* A request about the interface `name`, which is also how the kernel finds it. */
static struct nlmsghdr *begin_link(char *buffer, uint16_t type, uint16_t flags, const char *name)
{
	struct nlmsghdr *request = begin(buffer, type, flags);

	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	return request;
}

/* Sends a request and hands each message of the answer to `each`; errno is the kernel's. */
static int ask(struct mnl_socket *kernel, const struct nlmsghdr *request, mnl_cb_t each, void *data)
{
	auto_free char *answer = malloc(ANSWER_SIZE);
	int result = MNL_CB_OK;

	if (!answer)
		return -1;
	if (mnl_socket_sendto(kernel, request, request->nlmsg_len) < 0)
		return -1;
	while (result > MNL_CB_STOP) {
		ssize_t size = mnl_socket_recvfrom(kernel, answer, ANSWER_SIZE);

		if (size < 0 && errno == EINTR)
			continue;
		result = size < 0 ? -1 : mnl_cb_run(answer, (size_t)size, 0, 0, each, data);
	}
	return result;
}

static int tell(const struct rtnl *rtnl, const struct nlmsghdr *request)
{
	return ask(rtnl->socket, request, NULL, NULL);
}

static void put_mac(struct nlmsghdr *request, const struct ip_mac *mac)
{
	mnl_attr_put(request, IFLA_ADDRESS, sizeof(mac->bytes), mac->bytes);
}

int rtnl_make_bridge(const struct rtnl *rtnl, const char *name, const struct ip_mac *mac,
		     uint32_t group)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin_link(buffer, RTM_NEWLINK, CREATE, name);
	struct nlattr *info;

	put_mac(request, mac);
	mnl_attr_put_u32(request, IFLA_GROUP, group);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(request, info);
	return tell(rtnl, request) < 0 ? err_sys("make bridge %s", name) : 0;
}

static void put_peer(struct nlmsghdr *request, const struct rtnl_veth *veth)
{
	struct nlattr *peer = mnl_attr_nest_start(request, VETH_INFO_PEER);

	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request, IFLA_IFNAME, veth->peer);
	put_mac(request, &veth->peer_mac);
	if (veth->mtu)
		mnl_attr_put_u32(request, IFLA_MTU, veth->mtu);
	mnl_attr_put_u32(request, IFLA_NET_NS_FD, (uint32_t)veth->peer_netns);
	mnl_attr_nest_end(request, peer);
}

int rtnl_make_veth(const struct rtnl *rtnl, const struct rtnl_veth *veth)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin_link(buffer, RTM_NEWLINK, CREATE, veth->name);
	struct nlattr *info, *data;

	put_mac(request, &veth->mac);
	mnl_attr_put_u32(request, IFLA_MASTER, (uint32_t)veth->bridge);
	mnl_attr_put_u32(request, IFLA_GROUP, veth->group);
	if (veth->mtu) /* a bridge's follows the least of its ports */
		mnl_attr_put_u32(request, IFLA_MTU, veth->mtu);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	put_peer(request, veth);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return tell(rtnl, request) < 0 ? err_sys("make veth %s", veth->name) : 0;
}

int rtnl_set_port(const struct rtnl *rtnl, const char *name, bool hairpin, bool isolated)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin_link(buffer, RTM_NEWLINK, 0, name);
	struct nlattr *info = mnl_attr_nest_start(request, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(request, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl_attr_nest_start(request, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(request, IFLA_BRPORT_MODE, hairpin);
	mnl_attr_put_u8(request, IFLA_BRPORT_ISOLATED, isolated);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return tell(rtnl, request) < 0 ? err_sys("set up port %s of its bridge", name) : 0;
}

/* The kernel heeds this for an interface that is there already, not for one that is made. */
static void put_no_ipv6(struct nlmsghdr *request)
{
	struct nlattr *families = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	struct nlattr *ipv6 = mnl_attr_nest_start(request, AF_INET6);

	mnl_attr_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(request, ipv6);
	mnl_attr_nest_end(request, families);
}

int rtnl_set_no_ipv6(const struct rtnl *rtnl, const char *name)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin_link(buffer, RTM_NEWLINK, 0, name);

	put_no_ipv6(request);
	if (tell(rtnl, request) < 0 && errno != EAFNOSUPPORT) /* a kernel without IPv6 */
		return err_sys("keep IPv6 off %s", name);
	return 0;
}

int rtnl_set_up(const struct rtnl *rtnl, const char *name)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin_link(buffer, RTM_NEWLINK, 0, name);
	struct ifinfomsg *link = mnl_nlmsg_get_payload(request);

	link->ifi_flags = link->ifi_change = IFF_UP;
	return tell(rtnl, request) < 0 ? err_sys("set interface %s up", name) : 0;
}

int rtnl_set_alias(const struct rtnl *rtnl, const char *name, const char *alias)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin_link(buffer, RTM_NEWLINK, 0, name);

	mnl_attr_put(request, IFLA_IFALIAS, strnlen(alias, RTNL_ALIAS - 1), alias);
	return tell(rtnl, request) < 0 ? err_sys("set alias of interface %s", name) : 0;
}

int rtnl_delete(const struct rtnl *rtnl, const char *name)
{
	char buffer[REQUEST_SIZE];

	if (tell(rtnl, begin_link(buffer, RTM_DELLINK, 0, name)) < 0 && errno != ENODEV)
		return err_sys("delete interface %s", name);
	return 0;
}

/* FNV-1a: a number that nobody else has by accident. */
uint32_t rtnl_group(const char *bridge)
{
	uint32_t group = 2166136261;

	for (; *bridge; bridge++)
		group = (group ^ (uint8_t)*bridge) * 16777619;
	return group;
}

int rtnl_delete_group(const struct rtnl *rtnl, uint32_t group)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin(buffer, RTM_DELLINK, 0);

	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(request, IFLA_GROUP, group);
	if (tell(rtnl, request) < 0 && errno != ENODEV)
		return err_sys("delete interfaces of group %u", group);
	return 0;
}

int rtnl_add_address(const struct rtnl *rtnl, const char *name, const struct ip *address,
		     uint32_t prefix)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *target = mnl_nlmsg_put_extra_header(request, sizeof(*target));
	struct rtnl_link link;

	if (rtnl_find(rtnl, name, &link) < 0)
		return -1;
	target->ifa_family = (uint8_t)address->family;
	target->ifa_prefixlen = (uint8_t)prefix;
	target->ifa_index = (uint32_t)link.index;
	mnl_attr_put(request, IFA_LOCAL, ip_size(address), address->bytes);
	mnl_attr_put(request, IFA_ADDRESS, ip_size(address), address->bytes);
	mnl_attr_put_u32(request, IFA_FLAGS, IFA_F_NODAD);
	if (tell(rtnl, request) < 0)
		return err_sys("give %s the address %s", name, ip_text(address).text);
	return 0;
}

int rtnl_add_default_route(const struct rtnl *rtnl, const struct ip *gateway)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin(buffer, RTM_NEWROUTE, CREATE);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(request, sizeof(*route));

	route->rtm_family = (uint8_t)gateway->family; /* to all, as no destination is given */
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_STATIC;
	route->rtm_scope = RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	mnl_attr_put(request, RTA_GATEWAY, ip_size(gateway), gateway->bytes);
	if (tell(rtnl, request) < 0)
		return err_sys("add the default route by %s", ip_text(gateway).text);
	return 0;
}

static void copy_text(const struct nlattr *attribute, char *ret, size_t size)
{
	snprintf(ret, size, "%.*s", (int)mnl_attr_get_payload_len(attribute),
		 mnl_attr_get_str(attribute));
}

static void read_kind(const struct nlattr *info, struct rtnl_link *link)
{
	const struct nlattr *attribute;
	char kind[16];

	mnl_attr_for_each_nested(attribute, info)
	{
		if (mnl_attr_get_type(attribute) != IFLA_INFO_KIND)
			continue;
		copy_text(attribute, kind, sizeof(kind));
		link->is_bridge = strcmp(kind, "bridge") == 0;
		link->is_veth = strcmp(kind, "veth") == 0;
	}
}

static void read_link(const struct nlmsghdr *message, struct rtnl_link *ret_link)
{
	const struct ifinfomsg *fixed = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;

	*ret_link = (struct rtnl_link){.index = fixed->ifi_index};
	mnl_attr_for_each(attribute, message, sizeof(*fixed))
	{
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_IFNAME:
			copy_text(attribute, ret_link->name, sizeof(ret_link->name));
			break;
		case IFLA_IFALIAS:
			copy_text(attribute, ret_link->alias, sizeof(ret_link->alias));
			break;
		case IFLA_MASTER:
			ret_link->master = (int)mnl_attr_get_u32(attribute);
			break;
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(attribute) == sizeof(ret_link->mac))
				memcpy(&ret_link->mac, mnl_attr_get_payload(attribute),
				       sizeof(ret_link->mac));
			break;
		case IFLA_LINKINFO:
			read_kind(attribute, ret_link);
			break;
		}
	}
}

static int take_link(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type == RTM_NEWLINK)
		read_link(message, data);
	return MNL_CB_OK;
}

int rtnl_find(const struct rtnl *rtnl, const char *name, struct rtnl_link *ret_link)
{
	char buffer[REQUEST_SIZE];
	struct rtnl_link link = {0};

	if (ask(rtnl->socket, begin_link(buffer, RTM_GETLINK, 0, name), take_link, &link) < 0)
		return err_sys("find interface %s", name);
	*ret_link = link;
	return 0;
}

/* What a dump is collected for. A failure of `each` does not end it: the rest must be read too. */
struct walk {
	int (*link)(const struct rtnl_link *link, void *data);
	int (*subnet)(int index, const struct ip_subnet *subnet, void *data);
	void *data;
	int result;
};

static int walk_link(const struct nlmsghdr *message, void *data)
{
	struct walk *walk = data;
	struct rtnl_link link;

	read_link(message, &link);
	if (walk->result == 0 && message->nlmsg_type == RTM_NEWLINK)
		walk->result = walk->link(&link, walk->data);
	return MNL_CB_OK;
}

static void take_ip(const struct nlattr *attribute, struct ip *ip)
{
	if (mnl_attr_get_payload_len(attribute) == ip_size(ip))
		memcpy(ip->bytes, mnl_attr_get_payload(attribute), ip_size(ip));
}

static int walk_address(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *fixed = mnl_nlmsg_get_payload(message);
	struct ip_subnet address = {.base.family = fixed->ifa_family,
				    .prefix = fixed->ifa_prefixlen};
	const struct nlattr *attribute;
	struct walk *walk = data;

	if (fixed->ifa_family != AF_INET && fixed->ifa_family != AF_INET6)
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(*fixed))
	{
		if (mnl_attr_get_type(attribute) == IFA_ADDRESS)
			take_ip(attribute, &address.base);
	}
	if (walk->result == 0)
		walk->result = walk->subnet((int)fixed->ifa_index, &address, walk->data);
	return MNL_CB_OK;
}

static int walk_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *fixed = mnl_nlmsg_get_payload(message);
	struct ip_subnet to = {.base.family = fixed->rtm_family, .prefix = fixed->rtm_dst_len};
	const struct nlattr *attribute;
	struct walk *walk = data;
	int index = 0;

	if ((fixed->rtm_family != AF_INET && fixed->rtm_family != AF_INET6) ||
	    fixed->rtm_table != RT_TABLE_MAIN || !fixed->rtm_dst_len)
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(*fixed))
	{
		if (mnl_attr_get_type(attribute) == RTA_DST)
			take_ip(attribute, &to.base);
		if (mnl_attr_get_type(attribute) == RTA_OIF)
			index = (int)mnl_attr_get_u32(attribute);
	}
	if (walk->result == 0)
		walk->result = walk->subnet(index, &to, walk->data);
	return MNL_CB_OK;
}

/* The messages of a dump, one after the other. */
struct record {
	char *data;
	size_t length;
	bool is_torn;
};

static int receive_dump(struct mnl_socket *kernel, struct record *record)
{
	for (bool ends = false; !ends;) {
		char *more = realloc(record->data, record->length + ANSWER_SIZE);
		int size;

		if (!more)
			return -1;
		record->data = more;
		more += record->length;
		size = (int)mnl_socket_recvfrom(kernel, more, ANSWER_SIZE);
		if (size < 0 && errno != EINTR)
			return -1;
		record->length += size > 0 ? size : 0;
		for (struct nlmsghdr *m = (void *)more; mnl_nlmsg_ok(m, size);
		     m = mnl_nlmsg_next(m, &size)) {
			ends |= m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR;
			record->is_torn |= m->nlmsg_flags & NLM_F_DUMP_INTR;
		}
	}
	return 0;
}

/*
 * All objects of a type, whose fixed part has `size` bytes, of which none has to be set. What changed
 * in its midst, NLM_F_DUMP_INTR, may lack what was there all the time: it is asked for again.
 */
static int dump(const struct rtnl *rtnl, uint16_t type, size_t size, mnl_cb_t each,
		struct walk *walk)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin(buffer, type, NLM_F_DUMP);
	struct record record = {0};
	int result = -1;

	mnl_nlmsg_put_extra_header(request, size);
	do {
		record.length = record.is_torn = 0;
		if (mnl_socket_sendto(rtnl->socket, request, request->nlmsg_len) < 0 ||
		    receive_dump(rtnl->socket, &record) < 0)
			break;
		if (!record.is_torn)
			result = mnl_cb_run(record.data, record.length, 0, 0, each, walk);
	} while (record.is_torn);
	free(record.data);
	return result < 0 ? err_sys("list interfaces, addresses or routes") : walk->result;
}

int rtnl_each_link(const struct rtnl *rtnl, int (*each)(const struct rtnl_link *link, void *data),
		   void *data)
{
	struct walk walk = {.link = each, .data = data};

	return dump(rtnl, RTM_GETLINK, sizeof(struct ifinfomsg), walk_link, &walk);
}

int rtnl_each_address(const struct rtnl *rtnl,
		      int (*each)(int index, const struct ip_subnet *address, void *data),
		      void *data)
{
	struct walk walk = {.subnet = each, .data = data};

	return dump(rtnl, RTM_GETADDR, sizeof(struct ifaddrmsg), walk_address, &walk);
}

int rtnl_each_route(const struct rtnl *rtnl,
		    int (*each)(int index, const struct ip_subnet *to, void *data), void *data)
{
	struct walk walk = {.subnet = each, .data = data};

	return dump(rtnl, RTM_GETROUTE, sizeof(struct rtmsg), walk_route, &walk);
}

/* A request to one of netfilter's parts, nfnetlink. */
static struct nlmsghdr *begin_netfilter(char *buffer, int part, int type, uint16_t flags,
					uint8_t family)
{
	struct nlmsghdr *request = begin(buffer, (uint16_t)(part << 8 | type), flags);
	struct nfgenmsg *fixed = mnl_nlmsg_put_extra_header(request, sizeof(*fixed));

	fixed->nfgen_family = family;
	fixed->version = NFNETLINK_V0;
	return request;
}

static int open_netfilter(struct rtnl *ret_rtnl)
{
	ret_rtnl->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	return ret_rtnl->socket ? 0 : -1;
}

int rtnl_has_table(const char *name, bool *ret_has)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request =
		begin_netfilter(buffer, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETTABLE, 0, NFPROTO_INET);
	auto_rtnl struct rtnl netfilter = {0};

	if (open_netfilter(&netfilter) < 0)
		return err_sys("reach nftables (--net none and --net host do without)");
	mnl_attr_put_strz(request, NFTA_TABLE_NAME, name);
	*ret_has = tell(&netfilter, request) >= 0;
	return *ret_has || errno == ENOENT ? 0 : err_sys("find table inet %s", name);
}

/* --- connection tracking --- */

struct flows {
	const uint32_t *ports;
	size_t count;
	struct rtnl netfilter; /* another one than the dump's */
};

/* The destination port of a tuple if it is UDP's; 0: it is not. */
static uint32_t udp_port(const struct nlattr *tuple)
{
	const struct nlattr *part, *attribute;
	uint32_t port = 0;
	bool is_udp = false;

	mnl_attr_for_each_nested(part, tuple)
	{
		if (mnl_attr_get_type(part) != CTA_TUPLE_PROTO)
			continue;
		mnl_attr_for_each_nested(attribute, part)
		{
			if (mnl_attr_get_type(attribute) == CTA_PROTO_NUM)
				is_udp = mnl_attr_get_u8(attribute) == IPPROTO_UDP;
			if (mnl_attr_get_type(attribute) == CTA_PROTO_DST_PORT)
				port = ntohs(mnl_attr_get_u16(attribute));
		}
	}
	return is_udp ? port : 0;
}

/* A flow is named by its first tuple, as the kernel gave it. */
static void forget(const struct rtnl *netfilter, uint8_t family, const struct nlattr *tuple)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request =
		begin_netfilter(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE, 0, family);

	mnl_attr_put(request, CTA_TUPLE_ORIG | NLA_F_NESTED, mnl_attr_get_payload_len(tuple),
		     mnl_attr_get_payload(tuple));
	(void)tell(netfilter, request); /* it may have ended by itself */
}

static int look_at_flow(const struct nlmsghdr *message, void *data)
{
	const struct nfgenmsg *fixed = mnl_nlmsg_get_payload(message);
	const struct flows *flows = data;
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, sizeof(*fixed))
	{
		uint32_t port;

		if (mnl_attr_get_type(attribute) != CTA_TUPLE_ORIG)
			continue;
		port = udp_port(attribute);
		for (size_t i = 0; port && i < flows->count; i++)
			if (flows->ports[i] == port) {
				forget(&flows->netfilter, fixed->nfgen_family, attribute);
				break;
			}
	}
	return MNL_CB_OK;
}

void rtnl_forget_udp(const uint32_t *ports, size_t count)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = begin_netfilter(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET,
						   NLM_F_DUMP, AF_UNSPEC);
	struct flows flows = {.ports = ports, .count = count};
	auto_rtnl struct rtnl netfilter = {0};

	if (open_netfilter(&netfilter) == 0 && open_netfilter(&flows.netfilter) == 0)
		(void)ask(netfilter.socket, request, look_at_flow, &flows);
	rtnl_close(&flows.netfilter);
}
