/* ip.c: arithmetic of addresses. See ip.h; next file: ports.h */
#include "ip.h"
#include "../base/err.h"
#include "../base/str.h"

#include <arpa/inet.h>
#include <string.h>

int ip_parse(const char *text, struct ip *ret_ip)
{
	struct ip ip = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	if (inet_pton(ip.family, text, ip.bytes) != 1)
		return err_set(EINVAL, "'%s' is no IP address", text);
	*ret_ip = ip;
	return 0;
}

size_t ip_size(const struct ip *ip)
{
	return ip->family == AF_INET6 ? 16 : 4;
}

struct ip_text ip_text(const struct ip *ip)
{
	struct ip_text ret = {{0}};

	inet_ntop(ip->family, ip->bytes, ret.text, sizeof(ret.text));
	return ret;
}

struct ip_text ip_subnet_text(const struct ip_subnet *subnet)
{
	struct ip_text ret = ip_text(&subnet->base);
	size_t length = strlen(ret.text);

	snprintf(ret.text + length, sizeof(ret.text) - length, "/%u", subnet->prefix & 0xff);
	return ret;
}

/* Clears every bit behind the prefix. */
static struct ip cut(const struct ip *ip, uint32_t prefix)
{
	struct ip ret = {.family = ip->family};

	memcpy(ret.bytes, ip->bytes, prefix / 8);
	if (prefix % 8)
		ret.bytes[prefix / 8] = ip->bytes[prefix / 8] & (uint8_t)(0xff00 >> prefix % 8);
	return ret;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, ip_size(a)) == 0;
}

bool ip_is_loopback(const struct ip *ip)
{
	return ip->family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)ip->bytes)
				      : ip->bytes[0] == 127;
}

bool ip_is_any(const struct ip *ip)
{
	const struct ip any = {.family = ip->family};

	return ip_equal(ip, &any);
}

/* 0 is this network, 127 loopback, 224 and above are multicast and reserved: RFC 6890. */
static bool is_for_hosts(const struct ip *ip)
{
	if (ip->family == AF_INET6)
		return ip->bytes[0] != 0 && ip->bytes[0] != 0xff && ip->bytes[0] != 0xfe;
	return ip->bytes[0] != 0 && ip->bytes[0] != 127 && ip->bytes[0] < 224;
}

static int check_subnet(const struct ip_subnet *subnet, const char *text)
{
	const struct ip base = cut(&subnet->base, subnet->prefix);

	if (!is_for_hosts(&subnet->base))
		return err_set(EINVAL,
			       "'%s': hosts cannot have such addresses; a private subnet begins "
			       "with 10., 192.168. or fd",
			       text);
	if (!ip_equal(&base, &subnet->base))
		return err_set(EINVAL, "'%s': bits behind the prefix are set; %s/%u, perhaps?",
			       text, ip_text(&base).text, subnet->prefix);
	return 0;
}

int ip_parse_subnet(const char *text, struct ip_subnet *ret_subnet)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN];
	struct ip_subnet subnet;
	int64_t prefix;

	if (!slash || slash - text >= (ptrdiff_t)sizeof(address))
		return err_set(EINVAL,
			       "'%s' is no subnet: expected ADDRESS/PREFIX, as in "
			       "10.90.0.0/24",
			       text);
	memcpy(address, text, slash - text);
	address[slash - text] = '\0';
	if (ip_parse(address, &subnet.base) < 0)
		return err_wrap("subnet '%s'", text);
	if (str_to_i64(slash + 1, 8, subnet.base.family == AF_INET6 ? 126 : 30, &prefix) < 0)
		return err_wrap("subnet '%s': prefix", text);
	subnet.prefix = (uint32_t)prefix;
	if (check_subnet(&subnet, text) < 0)
		return err_wrap("subnet");
	*ret_subnet = subnet;
	return 0;
}

/* The last 32 bits of an address. */
static uint32_t tail(const struct ip *ip)
{
	uint32_t word;

	memcpy(&word, ip->bytes + ip_size(ip) - sizeof(word), sizeof(word));
	return ntohl(word);
}

static uint32_t host_mask(const struct ip_subnet *subnet)
{
	uint32_t bits = (uint32_t)ip_size(&subnet->base) * 8 - subnet->prefix;

	return bits >= 32 ? UINT32_MAX : (UINT32_C(1) << bits) - 1;
}

struct ip ip_nth(const struct ip_subnet *subnet, uint32_t n)
{
	struct ip ret = subnet->base;
	uint32_t word = htonl(tail(&ret) | (n & host_mask(subnet)));

	memcpy(ret.bytes + ip_size(&ret) - sizeof(word), &word, sizeof(word));
	return ret;
}

uint32_t ip_number(const struct ip_subnet *subnet, const struct ip *ip)
{
	return tail(ip) & host_mask(subnet);
}

uint32_t ip_last(const struct ip_subnet *subnet)
{
	return host_mask(subnet) - (subnet->base.family == AF_INET);
}

bool ip_is_in(const struct ip_subnet *subnet, const struct ip *ip)
{
	const struct ip base = cut(ip, subnet->prefix);

	return ip_equal(&base, &subnet->base);
}

bool ip_is_within(const struct ip_subnet *outer, const struct ip_subnet *inner)
{
	return outer->prefix <= inner->prefix && ip_is_in(outer, &inner->base);
}

bool ip_overlap(const struct ip_subnet *a, const struct ip_subnet *b)
{
	return ip_is_within(a, b) || ip_is_within(b, a);
}

struct ip_mac ip_mac(const struct ip *ip)
{
	return (struct ip_mac){
		{0x02, 0x57, ip->bytes[0], ip->bytes[1], ip->bytes[2], ip->bytes[3]}};
}
