/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/*
 * Layer 1: from a descriptor to its file, and whether that lies in a tracked volume. This is what
 * unrelated processes pay for, so the cheapest tests come first and no map is asked before a bit in
 * both bitmaps is set.
 */

#include "kernel_fixes.bpf.h"

#define FMODE_WRITE 0x2
#define S_IFMT	    0170000
#define S_IFREG	    0100000

/*
 * Levels climbed before giving up. The volume lies near its files; the bound is for other files of
 * its device, which must not be counted as lost just for lying deep.
 */
#define MAX_CLIMB 64

/*
 * The struct file behind a descriptor, 0 = none. Without a reference: another thread may close it
 * meanwhile, then what is read belongs to a file that died this instant or to its successor.
 */
static __always_inline __u64 file_of(struct task_struct *task, __s32 fd)
{
	__u64 files = LOAD_AT(task, struct task_struct, files);
	__u64 address = LOAD_AT(files, struct files_struct, fdt);
	struct fdtable *table = AS(struct fdtable, address);

	if ((__u32)fd >= LOAD(table, max_fds))
		return 0;
	return load_address(LOAD_AT(address, struct fdtable, fd) +
			    sizeof(void *) * (__u64)(__u32)fd);
}

static __always_inline __u64 current_file(__s32 fd)
{
	return file_of(current_task(), fd);
}

enum root_match { NO_ROOT, A_ROOT, NUMBER_OF_A_ROOT };

/* `inode` is an address. */
static __always_inline enum root_match match_root(__u32 dev, __u64 ino, __u64 inode)
{
	struct reloadtrace_volume_key key = {.ino = ino, .dev = dev};
	__u64 *known, met;

	if (!bit_is_set(root_bits, reloadtrace_inode_slot(dev, ino)))
		return NO_ROOT;
	known = bpf_map_lookup_elem(&volumes, &key);
	if (!known)
		return NO_ROOT;
	met = ROOT_IS_KNOWN | (__u32)LOAD_AT(inode, struct inode, i_generation);
	if (!*known)
		__sync_val_compare_and_swap(known, 0, met);
	return *known == met ? A_ROOT : NUMBER_OF_A_ROOT;
}

static __always_inline bool device_is_tracked(__u32 dev)
{
	return bit_is_set(device_bits, reloadtrace_device_slot(dev));
}

/* Whether a dentry of this device is a volume's root or lies below one: find_place() says where. */
static __always_inline bool lies_in_volume(__u32 dev, struct dentry *dentry)
{
	/* A partly unrolled loop costs the verifier more than it saves at run time. */
#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_CLIMB; i++) {
		struct inode *inode = LOAD(dentry, d_inode);
		struct dentry *parent = LOAD(dentry, d_parent);

		if (match_root(dev, LOAD(inode, i_ino), (__u64)inode))
			return true;
		if (parent == dentry)
			return false;
		dentry = parent;
	}
	count_loss(RELOADTRACE_LOSS_WALK_TOO_DEEP);
	return false;
}

static __always_inline __u32 file_device(struct file *file)
{
	struct inode *inode = LOAD(file, f_inode);
	struct super_block *sb = LOAD(inode, i_sb);

	return LOAD(sb, s_dev);
}

static __always_inline bool file_in_volume(struct file *file, __u32 dev)
{
	return device_is_tracked(dev) && lies_in_volume(dev, LOAD(file, f_path.dentry));
}

/* The file behind a descriptor if it lies in a tracked volume, else 0. */
static __always_inline __u64 volume_file(struct task_struct *task, __s32 fd)
{
	__u64 address = file_of(task, fd);
	struct file *file;

	if (!address)
		return 0;
	file = AS(struct file, address);
	return file_in_volume(file, file_device(file)) ? address : 0;
}
