/*
 * firewall.h: address translation for the bridge, in the nftables table husk_course, nft(8).
 *
 * The table always says what the leases say: each change writes all of it anew, in one transaction
 * that the kernel takes whole or not at all. Rules of others are in tables of others. PARENT,
 * while it holds lease_lock(); functions return 0, or -1 after they have printed why.
 */
#ifndef FIREWALL_H
#define FIREWALL_H

struct lease;

/*
 * Containers of `subnet` ("10.87.0.0/24") reach out, and published ports among the
 * `count` leases lead to them, unless they belong to the container `except` (NULL: to none).
 */
int firewall_apply(const char *subnet, const struct lease *leases, int count, const char *except);

/* Removes the table; that there is none is no error. */
int firewall_remove(void);

#endif
