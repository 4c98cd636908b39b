// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#include "describe.bpf.h"

#ifndef RELOADTRACE_DIRECT_LOADS /* else it is a part of syscalls.bpf.c */
char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";
#endif

/* Appends a dentry's name; a name that does not fit is left out with all that are above it. */
static __always_inline void add_name(struct reloadtrace_tree *tree, __u64 dentry)
{
	const void *name = (void *)LOAD_AT(dentry, struct dentry, d_name.name);
	__u32 at = tree->len;
	long stored;

	if (tree->truncated)
		return;
	if (at >= RELOADTRACE_TREE_LEN) {
		tree->truncated = 1;
		return;
	}
	/* Reaches into scratch.tree_overflow at most: NAME_MAX is 255. */
	stored = bpf_probe_read_kernel_str(
		(char *)tree + offsetof(struct reloadtrace_tree, names) + at, 256, name);
	if (stored < 0) {
		count_loss(RELOADTRACE_LOSS_READ_FAULT);
		return;
	}
	if (at + stored > RELOADTRACE_TREE_LEN) {
		tree->truncated = 1;
		return;
	}
	tree->len = at + stored;
	tree->components++;
}

static __always_inline void add_names(struct reloadtrace_tree *tree, __u64 dentry, __u32 depth)
{
	/* The tail too: what was in it belongs to another file, perhaps of another pod. */
	__builtin_memset(tree, 0, sizeof(*tree));
#pragma clang loop unroll(disable)
	for (__u32 level = 0; level < MAX_CLIMB; level++) {
		if (level >= depth)
			break;
		add_name(tree, dentry);
		dentry = LOAD_AT(dentry, struct dentry, d_parent);
	}
	if (tree->truncated)
		count_loss(RELOADTRACE_LOSS_TRUNCATED);
}

static __always_inline void fill_file(struct reloadtrace_file *file, __u64 inode, __u32 dev,
				      const struct reloadtrace_place *place)
{
	file->volume_ino = place->volume_ino;
	file->generation_ino = place->generation_ino;
	file->dev = dev;
	file->ino = LOAD_AT(inode, struct inode, i_ino);
	file->size = LOAD_AT(inode, struct inode, i_size);
	/* Of 64 bits the low ones: both machines have them first. */
	file->mode = (__u16)LOAD_AT(inode, struct inode, i_mode);
	file->flags = 0;
	if ((__s32)LOAD_AT(inode, struct inode, i_writecount.counter) > 0)
		file->flags |= RELOADTRACE_FILE_WRITER;
	if (!(__u32)LOAD_AT(inode, struct inode, i_nlink))
		file->flags |= RELOADTRACE_FILE_UNLINKED;
}

static __always_inline __u32 device_of(__u64 inode)
{
	return LOAD_AT(LOAD_AT(inode, struct inode, i_sb), struct super_block, s_dev);
}

__noinline int describe_place(__u64 dentry, __u64 inode, __u32 with_names)
{
	struct reloadtrace_scratch *s = get_scratch();

	if (!s)
		return 0;
	fill_file(&s->file, inode, device_of(inode), &s->place);
	if (with_names)
		add_names(&s->tree, dentry, s->place.depth);
	return 1;
}

__noinline int describe(__u64 dentry, __u64 inode, __u32 with_names)
{
	return find_place(device_of(inode), dentry, inode) &&
	       describe_place(dentry, inode, with_names);
}

__noinline int describe_found(__u64 file, __u32 with_names)
{
	struct reloadtrace_scratch *s = get_scratch();

	if (!s || !describe_place(LOAD_AT(file, struct file, f_path.dentry),
				  LOAD_AT(file, struct file, f_inode), with_names))
		return 0;
	if (LOAD_AT(file, struct file, f_mode) & FMODE_WRITE)
		s->file.flags |= RELOADTRACE_FILE_WRITABLE;
	return 1;
}

__noinline int describe_file(__u64 file, __u32 with_names)
{
	__u64 inode = LOAD_AT(file, struct file, f_inode);

	return find_place(device_of(inode), LOAD_AT(file, struct file, f_path.dentry), inode) &&
	       describe_found(file, with_names);
}
