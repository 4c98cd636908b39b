// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Layer 2: fanotify. What a mark is on, and what an application took from its queue.
 *
 * A mark counts when it is on an inode in a volume, or on a mount or file system whose root lies in
 * one: a volume's bind mount in a container, a Secret's tmpfs. A mark on a whole node's file system
 * that has volumes somewhere below its root does not: it says nothing about them.
 */
#include "groups.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

#define MAX_ADOPTED_MARKS 2048 /* of one group, to see whether any is in a volume */
#define MAX_EVENTS	  64   /* of one read() */
#define MAX_INFO_RECORDS  4    /* of one event */

/* include/uapi/linux/fanotify.h */
#define FAN_MARK_ADD	      0x1
#define FAN_MARK_IGNORED_MASK 0x20
#define FAN_MARK_IGNORE	      0x400
#define FAN_FLAGS	      0x48000000 /* FAN_ONDIR, FAN_EVENT_ON_CHILD */
#define INFO_DFID_NAME	      2
#define INFO_NEW_DFID_NAME    12 /* of a rename: where to */

/* Fills scratch with what a mark is on. 1 = in a tracked volume, 0 = not. */
__noinline int describe_mark(__u64 address, __u32 with_names)
{
	struct fsnotify_mark *mark = (void *)address;
	struct fsnotify_mark_connector *connector = BPF_CORE_READ(mark, connector);
	struct dentry *dentry;
	struct inode *inode;

	switch (connector_type(connector)) {
	case CONNECTOR_OF_INODE:
		inode = connector_inode(connector);
		dentry = inode ? alias_of(inode) : NULL;
		break;
	case CONNECTOR_OF_MOUNT:
		dentry = BPF_CORE_READ(connector_mount(connector), mnt_root);
		inode = BPF_CORE_READ(dentry, d_inode);
		break;
	case CONNECTOR_OF_FILE_SYSTEM:
		dentry = BPF_CORE_READ(connector_file_system(connector), s_root);
		inode = BPF_CORE_READ(dentry, d_inode);
		break;
	default:
		return 0;
	}
	if (!inode || !device_is_tracked(BPF_CORE_READ(inode, i_sb, s_dev)))
		return 0;
	return describe((__u64)dentry, (__u64)inode, with_names);
}

/*
 * The call tells a path, its mark only has a place in the group's list: a new one is the first. One
 * that was there already and is changed stays where it is; then the first answers for it only if it
 * has those bits too, which is true of it.
 */
__noinline int report_fanotify_mark(__s32 fd, __u32 flags, __u64 mask)
{
	struct reloadtrace_fanotify_mark_event *e;
	struct reloadtrace_scratch *s = get_scratch();
	struct fsnotify_mark *mark;
	struct list_head *first;
	__u64 group = group_of(fd);
	__u32 events = mask & ~FAN_FLAGS;

	if (!s || !group || is_self() || !(flags & FAN_MARK_ADD) ||
	    flags & (FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORE))
		return 0;
	first = BPF_CORE_READ(marks_of(group), next);
	if (!first || first == marks_of(group))
		return 0;
	mark = mark_at(first);
	if ((BPF_CORE_READ(mark, mask) & events) != events || !describe_mark((__u64)mark, 1))
		return 0;
	remember_group(&fanotify_groups, group);
	track_process(current_tgid());
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_FANOTIFY_MARK);
	if (!e)
		return 0;
	e->target = s->file;
	e->tree = s->tree;
	e->mask = mask;
	e->fd = fd;
	e->flags = flags;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/*
 * The name in an event's records (each: header, file system id, file handle, name) into
 * scratch.path; without FAN_REPORT_NAME there is none.
 */
__noinline int find_event_name(__u64 at, __u64 end)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct fanotify_event_info_header info;
	__u32 handle_bytes;

	if (!s)
		return 0;
	__builtin_memset(s->path, 0, RELOADTRACE_NAME_LEN);
#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_INFO_RECORDS; i++) {
		long stored;

		if (at + sizeof(info) > end)
			return 0;
		if (bpf_probe_read_user(&info, sizeof(info), (void *)at))
			goto fault;
		if (info.info_type != INFO_DFID_NAME && info.info_type != INFO_NEW_DFID_NAME) {
			at += info.len;
			continue;
		}
		at += sizeof(info) + sizeof(__kernel_fsid_t);
		if (bpf_probe_read_user(&handle_bytes, sizeof(handle_bytes), (void *)at))
			goto fault;
		at += sizeof(handle_bytes) + sizeof(__s32) + handle_bytes;
		stored = bpf_probe_read_user_str(s->path, RELOADTRACE_NAME_LEN, (void *)at);
		if (stored < 0)
			goto fault;
		if (stored == RELOADTRACE_NAME_LEN)
			count_loss(RELOADTRACE_LOSS_TRUNCATED);
		return 0;
	}
	return 0;
fault:
	count_loss(RELOADTRACE_LOSS_READ_FAULT);
	return 0;
}

__noinline int report_fanotify_event(__u64 mask, __s32 fd)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_fanotify_event *e;

	if (!s)
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_FANOTIFY);
	if (!e)
		return 0;
	e->mask = mask;
	e->fd = fd;
	e->reserved = 0;
	__builtin_memcpy(e->name, s->path, sizeof(e->name));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

__noinline int report_fanotify_events(__u64 group, __s32 fd, __u64 buffer, __u32 length)
{
	struct fanotify_event_metadata head;
	__u64 at = buffer, end = buffer + length;

	if (is_self() || !bpf_map_lookup_elem(&fanotify_groups, &group))
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_EVENTS; i++) {
		if (at + sizeof(head) > end)
			return 0;
		if (bpf_probe_read_user(&head, sizeof(head), (void *)at)) {
			count_loss(RELOADTRACE_LOSS_READ_FAULT);
			return 0;
		}
		find_event_name(at + head.metadata_len, at + head.event_len);
		report_fanotify_event(head.mask, fd);
		at += head.event_len;
	}
	if (at < end)
		count_loss(RELOADTRACE_LOSS_TRUNCATED);
	return 0;
}

static __noinline long ask_for_volume(__u32 index, void *context)
{
	struct reloadtrace_mark_walk *walk = context;
	struct fsnotify_mark *mark = mark_there(walk);

	return mark ? go_on(walk, mark, describe_mark((__u64)mark, 0)) : 1;
}

/* Remembers a group that existed before the tracer if any of its marks may be in a volume. */
__noinline int adopt_fanotify_group(__u64 group)
{
	if (may_have_mark(group, MAX_ADOPTED_MARKS, ask_for_volume))
		remember_group(&fanotify_groups, group);
	return 0;
}
