/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/* Layer 1: whose life is reported, and the slow path's functions (describe.bpf.c). */

#include "walk.bpf.h"

enum reloadtrace_scope { CGROUP_UNKNOWN = 0, CGROUP_TRACKED = 1, CGROUP_IGNORED = 2 };

static __always_inline enum reloadtrace_scope current_cgroup_scope(void)
{
	__u64 id = current_cgroup_id();
	__u8 *scope = bpf_map_lookup_elem(&cgroups, &id);

	return scope ? *scope : CGROUP_UNKNOWN;
}

static __always_inline bool process_is_tracked(__u32 tgid)
{
	return bpf_map_lookup_elem(&processes, &tgid);
}

static __always_inline void track_process(__u32 tgid)
{
	__u8 one = 1;

	if (process_is_tracked(tgid))
		return;
	if (bpf_map_update_elem(&processes, &tgid, &one, BPF_ANY))
		count_loss(RELOADTRACE_LOSS_MAP_FULL);
}

/*
 * Global functions take and give scalars only, so pointers travel as addresses. The verifier looks
 * at each of them once, not at each call: that keeps the dispatcher small.
 */

/*
 * Fills scratch.file and, if `with_names`, scratch.tree for a dentry (may be 0) and its inode. 1 =
 * in a tracked volume, 0 = not.
 */
extern int describe(__u64 dentry, __u64 inode, __u32 with_names);
extern int describe_file(__u64 file, __u32 with_names);
