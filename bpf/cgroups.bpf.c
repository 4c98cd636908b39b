// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Layer 2: cgroups that come and go, and with them containers. */
#include "paths.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

/* Runtimes make a container's cgroup in every hierarchy: of v1 there may be a dozen. */
static __always_inline bool in_chosen_hierarchy(struct cgroup *cgroup)
{
	struct cgroup *own = (void *)cgroup_of(current_task());

	return BPF_CORE_READ(cgroup, root) == BPF_CORE_READ(own, root);
}

TRACEPOINT("cgroup_mkdir")
int BPF_PROG(on_cgroup_created, struct cgroup *cgroup, const char *path)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_cgroup_created_event *e;
	long length;

	if (!s || !is_asked() || !in_chosen_hierarchy(cgroup))
		return 0;
	length = bpf_probe_read_kernel_str(s->path, sizeof(s->path), path);
	if (length < 0) {
		count_loss(RELOADTRACE_LOSS_READ_FAULT);
		return 0;
	}
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_CGROUP_CREATED);
	if (!e)
		return 0;
	e->cgroup_id = id_of_cgroup((__u64)cgroup);
	cut(length);
	copy_path(e->path, s);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

TRACEPOINT("cgroup_rmdir")
int BPF_PROG(on_cgroup_removed, struct cgroup *cgroup)
{
	struct reloadtrace_cgroup_removed_event *e;
	__u64 id;

	if (!in_chosen_hierarchy(cgroup))
		return 0;
	id = id_of_cgroup((__u64)cgroup);
	/* Here, not by userspace alone: where containers come and go, the map would fill up. */
	bpf_map_delete_elem(&cgroups, &id);
	if (!is_asked())
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_CGROUP_REMOVED);
	if (!e)
		return 0;
	e->cgroup_id = id;
	bpf_ringbuf_submit(e, 0);
	return 0;
}
