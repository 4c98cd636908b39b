/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/* Layer 1: fsnotify groups (instances of inotify and fanotify) and their marks. */

#include "describe.bpf.h"

/* The group behind a descriptor of which is known that it is one. */
static __always_inline __u64 group_of(__s32 fd)
{
	struct file *file = (void *)current_file(fd);

	return file ? (__u64)BPF_CORE_READ(file, private_data) : 0;
}

static __always_inline struct fsnotify_mark *mark_at(struct list_head *entry)
{
	return (void *)entry - bpf_core_field_offset(struct fsnotify_mark, g_list);
}

/* `groups` is inotify_groups or fanotify_groups; they share the bitmap. */
static __always_inline void remember_group(void *groups, __u64 group)
{
	__u32 epoch = adoption;

	if (bpf_map_update_elem(groups, &group, &epoch, BPF_ANY)) {
		count_loss(RELOADTRACE_LOSS_MAP_FULL);
		return;
	}
	/* Never cleared: a stale bit costs a lookup, a lost one an event. */
	set_bit(group_bits, reloadtrace_id_slot(group));
}
