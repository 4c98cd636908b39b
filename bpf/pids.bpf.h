/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/*
 * Layer 1: from the number that a process names another one by to that one. bpf_task_from_vpid()
 * does this from 6.14 on; the walk through the namespace's own table does it on every kernel.
 */

#include "describe.bpf.h"

#define XA_NODE	      2 /* include/linux/xarray.h: lowest bits of a pointer to a node */
#define XA_KIND	      3
#define MAX_XA_LEVELS 6 /* of 6 bits: any int */

/* What a namespace's table has at this number: a struct pid, or nothing. */
static __always_inline struct pid *pid_at(struct pid_namespace *ns, __u32 number)
{
	__u32 slots = bpf_core_field_size(struct xa_node, slots) / sizeof(void *);
	__u64 entry = (__u64)BPF_CORE_READ(ns, idr.idr_rt.xa_head);
	__u32 left = number;

#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_XA_LEVELS; i++) {
		struct xa_node *node = (void *)(entry - XA_NODE);
		__u32 shift, slot;

		if ((entry & XA_KIND) != XA_NODE)
			return NULL;
		shift = BPF_CORE_READ(node, shift) & 31;
		slot = left >> shift;
		if (slot >= slots ||
		    bpf_probe_read_kernel(&entry, sizeof(entry),
					  (void *)node +
						  bpf_core_field_offset(struct xa_node, slots) +
						  sizeof(void *) * slot))
			return NULL;
		if (!shift)
			return entry & XA_KIND ? NULL : (struct pid *)entry;
		left &= (1U << shift) - 1;
	}
	return NULL;
}

/* The task that a struct pid is of; NULL when it is gone. */
static __always_inline struct task_struct *task_of(struct pid *pid)
{
	struct hlist_node *first = NULL;

	if (pid)
		first = BPF_CORE_READ(pid, tasks[PIDTYPE_PID].first);
	if (!first)
		return NULL;
	return (void *)first - bpf_core_field_offset(struct task_struct, pid_links[PIDTYPE_PID]);
}

/* Of a number as the current task would pass it to kill(); a thread's number will do. */
static __always_inline struct task_struct *task_named(__s32 number)
{
	if (number <= 0)
		return NULL;
	return task_of(pid_at(pid_namespace_of(current_task(), NULL), number));
}

/* Of a descriptor which a system call has taken for a pidfd. */
static __always_inline struct task_struct *task_behind(__s32 fd)
{
	__u64 file = current_file(fd);

	return file ? task_of(pid_of_pidfd(file)) : NULL;
}
