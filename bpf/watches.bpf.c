// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Layer 2: inotify. Which inode a watch is on, and what an application took from its queue. */
#include "groups.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

extern int adopt_fanotify_group(__u64 group);
extern int report_fanotify_events(__u64 group, __s32 fd, __u64 buffer, __u32 length);

#define MAX_MARKS	  512  /* watches of one group looked at to find one of them */
#define MAX_ADOPTED_MARKS 2048 /* and to see whether any is in a volume */
#define MAX_NOTIFICATIONS 64   /* of one read() */
#define MAX_SEGMENTS	  8    /* of one readv() */
#define IN_MASK_ADD	  0x20000000
#define IN_ALL_EVENTS	  0xfff

static __noinline long compare_watch(__u32 index, void *context)
{
	struct reloadtrace_mark_walk *walk = context;
	struct fsnotify_mark *mark = mark_there(walk);
	struct inotify_inode_mark *watch;

	if (!mark)
		return 1;
	watch = (void *)mark - bpf_core_field_offset(struct inotify_inode_mark, fsn_mark);
	return go_on(walk, mark, BPF_CORE_READ(watch, wd) == walk->wd);
}

/* The mark behind a watch; 0 = not found. Newest first, so a fresh watch is the first. */
__noinline __u64 mark_of_watch(__u64 group, __s32 wd)
{
	return find_mark(group, MAX_MARKS, wd, compare_watch);
}

static __always_inline int describe_watched(__u64 address, __u32 with_names)
{
	struct inode *inode = (void *)address;

	if (!address || !device_is_tracked(BPF_CORE_READ(inode, i_sb, s_dev)))
		return 0;
	return describe((__u64)alias_of(inode), address, with_names);
}

__noinline int report_watch_add(__s32 fd, __s32 wd, __u32 mask)
{
	struct reloadtrace_watch_add_event *e;
	struct reloadtrace_scratch *s = get_scratch();
	__u64 group = group_of(fd);
	struct fsnotify_mark *mark;

	if (!s || !group || is_self())
		return 0;
	mark = (void *)mark_of_watch(group, wd);
	if (!mark || !describe_watched((__u64)connector_inode(BPF_CORE_READ(mark, connector)), 1))
		return 0;
	if (mask & IN_MASK_ADD)
		mask |= BPF_CORE_READ(mark, mask) & IN_ALL_EVENTS;
	remember_group(&inotify_groups, group);
	track_process(current_tgid());
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_WATCH_ADD);
	if (!e)
		return 0;
	e->target = s->file;
	e->tree = s->tree;
	e->fd = fd;
	e->wd = wd;
	e->mask = mask;
	e->reserved = 0;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

__noinline int report_watch_remove(__s32 fd, __s32 wd)
{
	struct reloadtrace_watch_remove_event *e;
	__u64 group = group_of(fd);

	if (!group || is_self() || !bpf_map_lookup_elem(&inotify_groups, &group))
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_WATCH_REMOVE);
	if (!e)
		return 0;
	e->fd = fd;
	e->wd = wd;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

__noinline int report_notifications(__u64 group, __s32 fd, __u64 buffer, __u32 length)
{
	struct inotify_event head;
	__u32 at = 0;

	if (is_self() || !bpf_map_lookup_elem(&inotify_groups, &group))
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_NOTIFICATIONS; i++) {
		struct reloadtrace_notify_event *e;
		long stored;

		if (at + sizeof(head) > length)
			return 0;
		if (bpf_probe_read_user(&head, sizeof(head), (void *)(buffer + at))) {
			count_loss(RELOADTRACE_LOSS_READ_FAULT);
			return 0;
		}
		e = reserve_fact(sizeof(*e), RELOADTRACE_EV_NOTIFY);
		if (e) {
			e->fd = fd;
			e->wd = head.wd;
			e->mask = head.mask;
			e->cookie = head.cookie;
			__builtin_memset(e->name, 0, sizeof(e->name));
			if (head.len) {
				stored = bpf_probe_read_user_str(
					e->name, sizeof(e->name),
					(void *)(buffer + at + sizeof(head)));
				if (stored < 0)
					count_loss(RELOADTRACE_LOSS_READ_FAULT);
				else if (stored == sizeof(e->name))
					count_loss(RELOADTRACE_LOSS_TRUNCATED);
			}
			bpf_ringbuf_submit(e, 0);
		}
		at += sizeof(head) + head.len;
	}
	if (at < length)
		count_loss(RELOADTRACE_LOSS_TRUNCATED);
	return 0;
}

/* A new instance watches nothing yet, whatever watched before it from the same memory. */
__noinline int forget_queue(__s32 fd)
{
	__u64 group = group_of(fd);

	bpf_map_delete_elem(&inotify_groups, &group);
	bpf_map_delete_elem(&fanotify_groups, &group);
	return 0;
}

/* Of inotify or fanotify: each knows its own groups. */
__noinline int report_queue(__u64 group, __s32 fd, __u64 buffer, __u32 length)
{
	__u64 file = current_file(fd);
	enum queue_kind kind = file ? kind_of_queue((struct file *)file) : NO_QUEUE;

	if (hook_inotify && kind == INOTIFY_QUEUE)
		report_notifications(group, fd, buffer, length);
	if (hook_fanotify && kind == FANOTIFY_QUEUE)
		report_fanotify_events(group, fd, buffer, length);
	return 0;
}

/* The kernel reads a queue into each segment as if by a read() of its own. */
__noinline int report_queue_in_pieces(__u64 group, __s32 fd, __u64 vector, __u32 segments,
				      __u32 length)
{
	struct iovec segment;
	__u32 left = length;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < MAX_SEGMENTS; i++) {
		if (i >= segments || !left)
			return 0;
		if (bpf_probe_read_user(&segment, sizeof(segment),
					(void *)(vector + i * sizeof(segment)))) {
			count_loss(RELOADTRACE_LOSS_READ_FAULT);
			return 0;
		}
		if (segment.iov_len > left)
			segment.iov_len = left;
		report_queue(group, fd, (__u64)segment.iov_base, segment.iov_len);
		left -= segment.iov_len;
	}
	if (left)
		count_loss(RELOADTRACE_LOSS_TRUNCATED);
	return 0;
}

static __noinline long ask_for_volume(__u32 index, void *context)
{
	struct reloadtrace_mark_walk *walk = context;
	struct fsnotify_mark *mark = mark_there(walk);

	if (!mark)
		return 1;
	return go_on(walk, mark,
		     describe_watched((__u64)connector_inode(BPF_CORE_READ(mark, connector)), 0));
}

/* Whether any of the group's watches may be in a volume. */
__noinline int group_watches_volume(__u64 group)
{
	return may_have_mark(group, MAX_ADOPTED_MARKS, ask_for_volume);
}

/* Runs over every descriptor of the system when userspace asks; says nothing, only remembers. */
SEC("iter/task_file")
int on_adoption(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	enum queue_kind kind;
	__u64 group;

	if (!file || file->f_inode->i_sb->s_dev != anon_inode_dev)
		return 0;
	kind = kind_of_queue(file);
	group = (__u64)BPF_CORE_READ(file, private_data);
	if (kind == INOTIFY_QUEUE && group && group_watches_volume(group))
		remember_group(&inotify_groups, group);
	else if (kind == FANOTIFY_QUEUE && group)
		adopt_fanotify_group(group);
	return 0;
}
