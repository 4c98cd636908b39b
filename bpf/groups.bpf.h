/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/* Layer 1: fsnotify groups (instances of inotify and fanotify) and their marks. */

#include "describe.bpf.h"
#include "loops.bpf.h"

/* The group behind a descriptor of which is known that it is one. */
static __always_inline __u64 group_of(__s32 fd)
{
	struct file *file = (void *)current_file(fd);

	return file ? (__u64)BPF_CORE_READ(file, private_data) : 0;
}

enum queue_kind { NO_QUEUE, INOTIFY_QUEUE, FANOTIFY_QUEUE };

/*
 * By the name of its file, fs/notify/{inotify/inotify,fanotify/fanotify}_user.c; other files of
 * that device keep other things in private_data. An address alone says nothing: the kernel gives
 * the memory of a group that is gone to the next one of either kind.
 */
static __always_inline enum queue_kind kind_of_queue(struct file *file)
{
	char name[8] = {};

	bpf_probe_read_kernel(name, sizeof(name), BPF_CORE_READ(file, f_path.dentry, d_name.name));
	if (!__builtin_memcmp(name, "inotify", sizeof(name)))
		return INOTIFY_QUEUE;
	return __builtin_memcmp(name, "[fanotify]", sizeof(name)) ? NO_QUEUE : FANOTIFY_QUEUE;
}

static __always_inline struct fsnotify_mark *mark_at(struct list_head *entry)
{
	return (void *)entry - bpf_core_field_offset(struct fsnotify_mark, g_list);
}

static __always_inline struct list_head *marks_of(__u64 group)
{
	return (void *)group + bpf_core_field_offset(struct fsnotify_group, marks_list);
}

/* A walk over the marks of a group, newest first. */
struct reloadtrace_mark_walk {
	__u64 head;
	__u64 entry; /* where it is: of a struct list_head */
	__u64 found; /* address of the mark that was looked for */
	__s32 wd;
	bool over; /* by itself, not by the bound */
};

/* The mark where the walk is; NULL at its end. */
static __always_inline struct fsnotify_mark *mark_there(struct reloadtrace_mark_walk *walk)
{
	if (walk->entry && walk->entry != walk->head)
		return mark_at((struct list_head *)walk->entry);
	walk->over = true;
	return NULL;
}

/* To the next mark, or the end of the walk when this was the one. */
static __always_inline long go_on(struct reloadtrace_mark_walk *walk, struct fsnotify_mark *mark,
				  bool this_one)
{
	struct list_head *entry = (void *)walk->entry;

	if (this_one) {
		walk->found = (__u64)mark;
		walk->over = true;
		return 1;
	}
	walk->entry = (__u64)BPF_CORE_READ(entry, next);
	return 0;
}

static __always_inline void walk_marks(struct reloadtrace_mark_walk *walk, __u64 group, __u32 bound,
				       long (*step)(__u32 index, void *walk))
{
	walk->head = (__u64)marks_of(group);
	walk->entry = (__u64)BPF_CORE_READ(marks_of(group), next);
	repeat(bound, step, walk);
}

/* The first mark of the group that `step` takes for the one, 0 = none; `wd` is for the step. */
static __always_inline __u64 find_mark(__u64 group, __u32 bound, __s32 wd,
				       long (*step)(__u32 index, void *walk))
{
	struct reloadtrace_mark_walk walk = {.wd = wd};

	walk_marks(&walk, group, bound, step);
	if (!walk.over)
		count_loss(RELOADTRACE_LOSS_WALK_TOO_DEEP);
	return walk.found;
}

/*
 * Whether the group has a mark that `step` takes. One with more marks than can be looked at may
 * have one: to hear too much of it costs some records, to be deaf to it the truth about its owner.
 */
static __always_inline bool may_have_mark(__u64 group, __u32 bound,
					  long (*step)(__u32 index, void *walk))
{
	struct reloadtrace_mark_walk walk = {};

	walk_marks(&walk, group, bound, step);
	return walk.found || !walk.over;
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
