// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#include "describe.bpf.h"
#include "loops.bpf.h"

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

static __always_inline void fill_file(struct reloadtrace_file *file, __u64 inode, __u32 dev)
{
	__builtin_memset(file, 0, sizeof(*file));
	file->dev = dev;
	file->ino = LOAD_AT(inode, struct inode, i_ino);
	file->size = LOAD_AT(inode, struct inode, i_size);
	/* Of 64 bits the low ones: both machines have them first. */
	file->mode = (__u16)LOAD_AT(inode, struct inode, i_mode);
	if ((__s32)LOAD_AT(inode, struct inode, i_writecount.counter) > 0)
		file->flags |= RELOADTRACE_FILE_WRITER;
	if (!(__u32)LOAD_AT(inode, struct inode, i_nlink))
		file->flags |= RELOADTRACE_FILE_UNLINKED;
}

enum { CLIMBING, IN_VOLUME, MAYBE_IN_VOLUME, OUTSIDE };

struct reloadtrace_climb {
	__u64 dentry; /* address; 0 = an inode kept by a watch alone has lost it */
	__u64 inode;  /* address */
	__u64 ino;
	__u64 below; /* inode met before */
	__u32 dev;
	__u32 with_names;
	__u32 outcome;
	__u16 names; /* of scratch.tree, as far as the root */
	__u8 components;
};

static __noinline long climb_step(__u32 level, void *context)
{
	struct reloadtrace_climb *c = context;
	__u64 dentry = c->dentry, parent;
	struct reloadtrace_scratch *s = get_scratch();
	enum root_match match;

	if (!s)
		return 1;
	match = match_root(c->dev, c->ino, c->inode);
	if (match == A_ROOT || (match && c->outcome == CLIMBING)) {
		s->file.volume_ino = c->ino;
		/* The root's child is the file itself: it lies in no generation. */
		s->file.generation_ino = level >= 2 ? c->below : 0;
		/* Else perhaps a root that was made anew, perhaps something below another one. */
		c->outcome = match == A_ROOT ? IN_VOLUME : MAYBE_IN_VOLUME;
		c->names = s->tree.len;
		c->components = s->tree.components;
	}
	if (match == A_ROOT)
		return 1;
	parent = dentry ? LOAD_AT(dentry, struct dentry, d_parent) : 0;
	if (parent == dentry) {
		if (c->outcome == CLIMBING)
			c->outcome = OUTSIDE;
		return 1;
	}
	if (c->with_names)
		add_name(&s->tree, dentry);
	c->below = c->ino;
	c->dentry = parent;
	c->inode = LOAD_AT(parent, struct dentry, d_inode);
	c->ino = LOAD_AT(c->inode, struct inode, i_ino);
	return 0;
}

__noinline int describe(__u64 dentry, __u64 inode, __u32 with_names)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_climb climb = {
		.dentry = dentry,
		.inode = inode,
		.ino = LOAD_AT(inode, struct inode, i_ino),
		.dev = LOAD_AT(LOAD_AT(inode, struct inode, i_sb), struct super_block, s_dev),
		.with_names = with_names,
		.outcome = CLIMBING,
	};

	if (!s)
		return 0;
	fill_file(&s->file, inode, climb.dev);
	/* The tail too: what was in it belongs to another file, perhaps of another pod. */
	__builtin_memset(&s->tree, 0, sizeof(s->tree));
	repeat(MAX_CLIMB, climb_step, &climb);
	if (climb.outcome == CLIMBING)
		count_loss(RELOADTRACE_LOSS_WALK_TOO_DEEP);
	if (climb.outcome != IN_VOLUME && climb.outcome != MAYBE_IN_VOLUME)
		return 0;
	s->tree.len = climb.names;
	s->tree.components = climb.components;
	if (s->tree.truncated)
		count_loss(RELOADTRACE_LOSS_TRUNCATED);
	return 1;
}

__noinline int describe_file(__u64 file, __u32 with_names)
{
	struct reloadtrace_scratch *s = get_scratch();

	if (!s || !describe(LOAD_AT(file, struct file, f_path.dentry),
			    LOAD_AT(file, struct file, f_inode), with_names))
		return 0;
	if (LOAD_AT(file, struct file, f_mode) & FMODE_WRITE)
		s->file.flags |= RELOADTRACE_FILE_WRITABLE;
	return 1;
}
