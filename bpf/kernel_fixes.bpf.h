/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/*
 * Layer 0: all that differs between kernels, an entry for each change that forced it. vmlinux.h may
 * come from any of them, so both shapes are declared here as CO-RE flavours.
 */

#include "maps.bpf.h"

/*
 * 6.13, commit 90ee6ed776c0 ("fs: port files to file_ref"): file.f_count (references) became
 * file.f_ref, whose counter is references minus one.
 */
struct file_ref___since_6_13 {
	atomic64_t refcnt;
};

struct file___since_6_13 {
	struct file_ref___since_6_13 f_ref;
};

struct file___before_6_13 {
	atomic64_t f_count;
};

static __always_inline __s64 file_references(__u64 file)
{
	struct file___since_6_13 *now = (void *)file;
	struct file___before_6_13 *before = (void *)file;

	if (bpf_core_field_exists(now->f_ref))
		return BPF_CORE_READ(now, f_ref.refcnt.counter) + 1;
	return BPF_CORE_READ(before, f_count.counter);
}

/*
 * Between 6.1 and 6.12 (seen on both): connector.obj points at the inode. Before, its type was
 * fsnotify_connp_t and it pointed at the inode's member i_fsnotify_marks.
 */
struct fsnotify_mark_connector___obj {
	void *obj;
};

static __always_inline struct inode *connector_inode(struct fsnotify_mark_connector *connector)
{
	struct fsnotify_mark_connector___obj *c = (void *)connector;
	__u64 obj = (__u64)BPF_CORE_READ(c, obj);
	__u64 member = bpf_core_field_offset(struct inode, i_fsnotify_marks);
	__u64 back = 0;

	if (!obj)
		return NULL;
	/* For CO-RE both are pointers; at run time only the member points back to its connector. */
	bpf_probe_read_kernel(&back, sizeof(back), (void *)obj);
	if (back == (__u64)connector)
		return (void *)(obj - member);
	return (void *)obj;
}

/*
 * dentry.d_u is a named union up to 6.18. A guard, not a fix: should the name go, the alias list is
 * found all the same.
 */
struct dentry___anonymous_union {
	struct hlist_node d_alias;
};

union dentry_union___named {
	struct hlist_node d_alias;
};

struct dentry___named_union {
	union dentry_union___named d_u;
};

static __always_inline struct dentry *alias_of(struct inode *inode)
{
	struct hlist_node *first = BPF_CORE_READ(inode, i_dentry.first);
	__u64 offset;

	if (!first)
		return NULL;
	if (bpf_core_field_exists(struct dentry___named_union, d_u))
		offset = bpf_core_field_offset(struct dentry___named_union, d_u.d_alias);
	else
		offset = bpf_core_field_offset(struct dentry___anonymous_union, d_alias);
	return (void *)first - offset;
}
