/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/* Layer 1: whose life is reported, and the slow path's functions (describe.bpf.c). */

#include "walk.bpf.h"

enum reloadtrace_scope { CGROUP_UNKNOWN = 0, CGROUP_TRACKED = 1, CGROUP_IGNORED = 2 };

static __always_inline enum reloadtrace_scope cgroup_scope(__u64 id)
{
	__u8 *scope = bpf_map_lookup_elem(&cgroups, &id);

	return scope ? *scope : CGROUP_UNKNOWN;
}

static __always_inline enum reloadtrace_scope current_cgroup_scope(void)
{
	return cgroup_scope(current_cgroup_id());
}

static __always_inline bool process_is_tracked(__u32 tgid)
{
	return bpf_map_lookup_elem(&processes, &tgid);
}

static __always_inline bool track_process(__u32 tgid)
{
	__u8 one = 1;

	if (process_is_tracked(tgid))
		return true;
	if (bpf_map_update_elem(&processes, &tgid, &one, BPF_ANY)) {
		count_loss(RELOADTRACE_LOSS_MAP_FULL);
		return false;
	}
	set_bit(process_bits, reloadtrace_id_slot(tgid));
	return true;
}

/*
 * Unless it is the tracer itself, which is not to be reported. A process stays tracked until it
 * ends, so whoever was asked for last is not looked up again: that takes 70 ns.
 */
static __always_inline bool track_current(struct reloadtrace_scratch *s)
{
	struct task_struct *task = current_task();
	__u32 tgid = tgid_of(task);
	__u64 start = start_of(task);

	if (tgid == self_tgid)
		return false;
	if ((s->tracked.start_ns != start || s->tracked.tgid != tgid) && track_process(tgid)) {
		s->tracked.start_ns = start;
		s->tracked.tgid = tgid;
	}
	return true;
}

/*
 * False: it is not, neither itself nor by its cgroup. What unrelated processes pay for at calls
 * that name no file of a volume, so no map is asked, and no helper called (18 ns, as in
 * dispatch()).
 */
static __always_inline bool may_be_in_scope(struct task_struct *task)
{
#ifndef LOADS_ARE_DIRECT
	/* Each of these loads takes as long there as what it could spare. */
	return true;
#endif
	return bit_is_set(process_bits, reloadtrace_id_slot(tgid_of(task))) ||
	       bit_is_set(cgroup_bits, reloadtrace_id_slot(cgroup_id_of(task)));
}

static __always_inline bool is_in_scope(__u32 tgid, __u64 cgroup_id)
{
	if (bit_is_set(process_bits, reloadtrace_id_slot(tgid)) && process_is_tracked(tgid))
		return true;
	return bit_is_set(cgroup_bits, reloadtrace_id_slot(cgroup_id)) &&
	       cgroup_scope(cgroup_id) == CGROUP_TRACKED;
}

static __always_inline bool current_is_in_scope(void)
{
	return is_in_scope(current_tgid(), current_cgroup_id());
}

/* Of a process in its own pid namespace, and that namespace. */
static __always_inline struct pid_namespace *pid_namespace_of(struct task_struct *task,
							      __u32 *number)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	struct upid *own = (void *)pid + bpf_core_field_offset(pid->numbers) +
			   bpf_core_type_size(struct upid) * level;

	if (number)
		*number = BPF_CORE_READ(own, nr);
	return BPF_CORE_READ(own, ns);
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
