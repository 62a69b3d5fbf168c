/*
 * cgroup_plan_io.c: linux.resources.blockIO as writes. Weights have two homes: the BFQ scheduler,
 * and on version 2 the io.cost controller, whose scale is another. Next file: cgroup_apply.c
 */
#include "cgroup_internal.h"

#include "../base/err.h"

/* 10 to 1000 as BFQ takes it, and the same on the scale of io.weight. */
static int add_weight(struct cgroup_plan *plan, const struct cgroup *cg, const char *device,
		      uint32_t weight)
{
	struct cgroup_write write = {.controller = CGROUP_IO,
				     .property =
					     *device ? "blockIO.weightDevice" : "blockIO.weight"};

	if (cgroup_plan_bind(cg, &write) < 0)
		return -1;
	write.text = arena_format(&plan->arena, "%s%u", device, weight);
	write.other_text = write.text;
	if (write.version == CGROUP_V1) {
		write.file = *device ? "blkio.weight_device" : "blkio.weight";
		write.other_file = *device ? "blkio.bfq.weight_device" : "blkio.bfq.weight";
		return cgroup_plan_add(plan, write);
	}
	write.file = "io.bfq.weight";
	write.other_file = "io.weight";
	write.other_text = arena_format(&plan->arena, "%s%llu", device,
					(unsigned long long)cgroup_weight_of_blkio(weight));
	return write.other_text ? cgroup_plan_add(plan, write) : -1;
}

static int add_device_weights(struct cgroup_plan *plan, const struct cgroup *cg,
			      const struct spec_weight_device *device)
{
	struct cgroup_write write = {.controller = CGROUP_IO,
				     .property = "blockIO.weightDevice.leafWeight",
				     .file = "blkio.leaf_weight_device"};
	char name[64];

	snprintf(name, sizeof(name), "%lld:%lld ", (long long)device->major,
		 (long long)device->minor);
	if (device->weight.set && add_weight(plan, cg, name, device->weight.value) < 0)
		return -1;
	if (!device->leaf_weight.set)
		return 0;
	if (cgroup_plan_bind(cg, &write) < 0)
		return -1;
	write.text = arena_format(&plan->arena, "%s%u", name, device->leaf_weight.value);
	return cgroup_plan_add(plan, write);
}

struct throttle {
	const char *property, *v1, *v2_key;
	const struct spec_throttle_list *list;
};

static int add_throttle(struct cgroup_plan *plan, const struct cgroup *cg,
			const struct throttle *throttle, const struct spec_throttle_device *device)
{
	struct cgroup_write write = {
		.controller = CGROUP_IO, .property = throttle->property, .file = throttle->v1};
	long long major = device->major, minor = device->minor;
	unsigned long long rate = device->rate;

	if (cgroup_plan_bind(cg, &write) < 0)
		return -1;
	if (write.version == CGROUP_V1) {
		write.text = arena_format(&plan->arena, "%lld:%lld %llu", major, minor, rate);
		return cgroup_plan_add(plan, write);
	}
	write.file = "io.max";
	/* Version 1 takes 0 for no limit; version 2 has a word for it. */
	write.text = rate ? arena_format(&plan->arena, "%lld:%lld %s=%llu", major, minor,
					 throttle->v2_key, rate)
			  : arena_format(&plan->arena, "%lld:%lld %s=max", major, minor,
					 throttle->v2_key);
	return cgroup_plan_add(plan, write);
}

int cgroup_plan_block_io(struct cgroup_plan *plan, const struct cgroup *cg,
			 const struct spec_block_io *io)
{
	const struct throttle throttles[] = {
		{"blockIO.throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps",
		 &io->read_bps},
		{"blockIO.throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps",
		 &io->write_bps},
		{"blockIO.throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops",
		 &io->read_iops},
		{"blockIO.throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops",
		 &io->write_iops},
	};

	if (io->weight.set && io->weight.value && add_weight(plan, cg, "", io->weight.value) < 0)
		return -1;
	for (size_t i = 0; i < io->weight_devices.count; i++)
		if (add_device_weights(plan, cg, &io->weight_devices.items[i]) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(throttles); i++)
		for (size_t j = 0; j < throttles[i].list->count; j++)
			if (add_throttle(plan, cg, &throttles[i], &throttles[i].list->items[j]) < 0)
				return -1;
	return 0;
}
