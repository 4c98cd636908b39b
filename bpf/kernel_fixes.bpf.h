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
 * 6.9, commit cb12fd8e0dab ("pidfd: add pidfs"): a pidfd is a file of a file system of its own, and
 * its inode knows the struct pid. Before, it is an anonymous inode and the file knows it.
 */
#define PID_FS_MAGIC 0x50494446 /* include/uapi/linux/magic.h */

/* Of another file that serves as a pidfd (a directory in /proc) it is NULL. */
static __always_inline struct pid *pid_of_pidfd(__u64 address)
{
	struct file *file = (void *)address;
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	if (BPF_CORE_READ(inode, i_sb, s_magic) == PID_FS_MAGIC)
		return BPF_CORE_READ(inode, i_private);
	if (BPF_CORE_READ(inode, i_sb, s_dev) == anon_inode_dev)
		return BPF_CORE_READ(file, private_data);
	return NULL;
}

/*
 * Between 6.1 and 6.12 (seen on both): connector.obj points at the inode. Before, its type was
 * fsnotify_connp_t and it pointed at the inode's member i_fsnotify_marks.
 */
struct fsnotify_mark_connector___obj {
	void *obj;
};

static __always_inline void *connector_object(struct fsnotify_mark_connector *connector,
					      __u64 member)
{
	struct fsnotify_mark_connector___obj *c = (void *)connector;
	__u64 obj = (__u64)BPF_CORE_READ(c, obj);
	__u64 back = 0;

	if (!obj)
		return NULL;
	/* For CO-RE both are pointers; at run time only the member points back to its connector. */
	bpf_probe_read_kernel(&back, sizeof(back), (void *)obj);
	if (back == (__u64)connector)
		return (void *)(obj - member);
	return (void *)obj;
}

static __always_inline struct inode *connector_inode(struct fsnotify_mark_connector *connector)
{
	return connector_object(connector, bpf_core_field_offset(struct inode, i_fsnotify_marks));
}

/* Not the struct mount: obj points at its member mnt. */
static __always_inline struct vfsmount *connector_mount(struct fsnotify_mark_connector *connector)
{
	return connector_object(connector, bpf_core_field_offset(struct mount, mnt_fsnotify_marks) -
						   bpf_core_field_offset(struct mount, mnt));
}

/* The member went into s_fsnotify_info when obj began to point at the super_block. */
struct super_block___fsnotify_marks {
	void *s_fsnotify_marks;
};

static __always_inline struct super_block *
connector_file_system(struct fsnotify_mark_connector *connector)
{
	__u64 member = 0;

	if (bpf_core_field_exists(struct super_block___fsnotify_marks, s_fsnotify_marks))
		member = bpf_core_field_offset(struct super_block___fsnotify_marks,
					       s_fsnotify_marks);
	return connector_object(connector, member);
}

/* On 6.1 16 bits wide, on 6.18 8: the low ones are enough, and both machines have them first. */
struct fsnotify_mark_connector___type {
	unsigned char type;
};

enum { CONNECTOR_OF_INODE = 0, CONNECTOR_OF_MOUNT = 1, CONNECTOR_OF_FILE_SYSTEM = 2 };

static __always_inline __u32 connector_type(struct fsnotify_mark_connector *connector)
{
	struct fsnotify_mark_connector___type *c = (void *)connector;
	__u8 type = 0;

	bpf_probe_read_kernel(&type, sizeof(type), (void *)c + bpf_core_field_offset(c->type));
	return type;
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

/*
 * io_uring, as of 5.19: commit cef216fc32d7 ("io_uring: explicitly keep a CQE in io_kiocb") put the
 * result into the request, where it still is when tp_btf/io_uring_complete comes. The tracepoint's
 * own arguments after the request differ (6.1: user_data, res, ...; 6.18: the cqe) and are not
 * needed. Before 5.19 there is no such member, and before 5.18 no request among the arguments: the
 * program is refused, and the hook is missing.
 */
struct io_cqe___ring {
	__s32 res;
};

struct io_kiocb___ring {
	struct file *file; /* first, as in the struct of each opcode, which lies in its place */
	__u8 opcode;
	struct io_cqe___ring cqe;
};

struct io_rw___ring {
	struct kiocb kiocb;
};

struct io_open___ring {
	__s32 dfd;
	__u32 file_slot;
	struct filename *filename;
	struct open_how how;
};

/*
 * 6.13, commit 7029acd8a950 ("io_uring/rsrc: get rid of per-ring io_rsrc_node list"): the table of
 * direct descriptors holds pointers to nodes, no longer the files themselves. The lowest bits of
 * file_ptr are flags in both.
 */
struct io_rsrc_node___since_6_13 {
	unsigned long file_ptr;
};

struct io_rsrc_data___since_6_13 {
	unsigned int nr;
	struct io_rsrc_node___since_6_13 **nodes;
};

struct io_file_table___since_6_13 {
	struct io_rsrc_data___since_6_13 data;
};

struct io_ring_ctx___since_6_13 {
	struct io_file_table___since_6_13 file_table;
};

struct io_fixed_file___before_6_13 {
	unsigned long file_ptr;
};

struct io_file_table___before_6_13 {
	struct io_fixed_file___before_6_13 *files;
};

struct io_ring_ctx___before_6_13 {
	struct io_file_table___before_6_13 file_table;
	unsigned int nr_user_files;
};

/* The file behind a ring's direct descriptor, 0 = none. */
static __always_inline __u64 direct_file(__u64 ring, __u32 slot)
{
	struct io_ring_ctx___since_6_13 *now = (void *)ring;
	struct io_ring_ctx___before_6_13 *before = (void *)ring;
	__u64 file = 0;

	if (bpf_core_field_exists(now->file_table.data)) {
		struct io_rsrc_node___since_6_13 **nodes, *node = NULL;

		if (slot >= BPF_CORE_READ(now, file_table.data.nr))
			return 0;
		nodes = BPF_CORE_READ(now, file_table.data.nodes);
		bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
		if (node)
			file = BPF_CORE_READ(node, file_ptr);
	} else {
		if (slot >= BPF_CORE_READ(before, nr_user_files))
			return 0;
		bpf_probe_read_kernel(&file, sizeof(file),
				      BPF_CORE_READ(before, file_table.files) + slot);
	}
	return file & ~7ULL;
}
