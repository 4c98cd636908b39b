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

static __noinline long name_step(__u32 level, void *context)
{
	__u64 *dentry = context;
	struct reloadtrace_scratch *s = get_scratch();

	if (!s || *dentry == s->place.root)
		return 1;
	add_name(&s->tree, *dentry);
	*dentry = LOAD_AT(*dentry, struct dentry, d_parent);
	return 0;
}

static __always_inline void add_names(struct reloadtrace_tree *tree, __u64 dentry)
{
	/* The tail too: what was in it belongs to another file, perhaps of another pod. */
	__builtin_memset(tree, 0, sizeof(*tree));
	repeat(MAX_CLIMB, name_step, &dentry);
	if (tree->truncated)
		count_loss(RELOADTRACE_LOSS_TRUNCATED);
}

static __always_inline __u32 device_of(__u64 inode)
{
	return LOAD_AT(LOAD_AT(inode, struct inode, i_sb), struct super_block, s_dev);
}

static __always_inline void fill_file(struct reloadtrace_file *file, __u64 inode,
				      const struct reloadtrace_place *place)
{
	file->volume_ino = place->volume_ino;
	file->generation_ino = place->generation_ino;
	file->dev = device_of(inode);
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

enum { CLIMBING, IN_VOLUME, MAYBE_IN_VOLUME, OUTSIDE };

struct reloadtrace_climb {
	__u64 dentry; /* address; 0 = an inode kept by a watch alone has lost it */
	__u64 inode;  /* address */
	__u64 ino;
	__u64 below; /* inode met before */
	__u64 leaf;  /* inode met first */
	__u32 dev;
	__u32 outcome;
};

/* One level up. 1 = the climb is over. */
static __always_inline long climb(struct reloadtrace_climb *c)
{
	struct reloadtrace_scratch *s = get_scratch();
	__u64 parent = c->dentry ? LOAD_AT(c->dentry, struct dentry, d_parent) : 0;
	enum root_match match = match_root(c->dev, c->ino, c->inode);

	if (!s)
		return 1;
	if (match == A_ROOT || (match && c->outcome == CLIMBING)) {
		s->place.volume_ino = c->ino;
		/* The root's child is the file itself: it lies in no generation. */
		s->place.generation_ino = c->below == c->leaf ? 0 : c->below;
		s->place.root = c->dentry;
		/* Else perhaps a root that was made anew, perhaps something below another one. */
		c->outcome = match == A_ROOT ? IN_VOLUME : MAYBE_IN_VOLUME;
	}
	if (match == A_ROOT)
		return 1;
	if (parent == c->dentry) {
		if (c->outcome == CLIMBING)
			c->outcome = OUTSIDE;
		return 1;
	}
	c->below = c->ino;
	c->dentry = parent;
	c->inode = LOAD_AT(parent, struct dentry, d_inode);
	c->ino = LOAD_AT(c->inode, struct inode, i_ino);
	return 0;
}

static __noinline long climb_step(__u32 level, void *context)
{
	return climb(context);
}

/* Where a dentry (may be 0) and its inode lie, into scratch.place. 0 = in no volume. */
__noinline int find_place(__u64 dentry, __u64 inode)
{
	__u64 ino = LOAD_AT(inode, struct inode, i_ino);
	struct reloadtrace_climb c = {
		.dentry = dentry,
		.inode = inode,
		.ino = ino,
		.leaf = ino,
		.dev = device_of(inode),
		.outcome = CLIMBING,
	};

	/*
	 * A file of a volume has its root three levels above it, most often, and bpf_loop() takes
	 * longer for a level than the climb.
	 */
	if (!climb(&c) && !climb(&c) && !climb(&c) && !climb(&c))
		repeat(MAX_CLIMB - 4, climb_step, &c);
	if (c.outcome == CLIMBING)
		count_loss(RELOADTRACE_LOSS_WALK_TOO_DEEP);
	return c.outcome == IN_VOLUME || c.outcome == MAYBE_IN_VOLUME;
}

__noinline int describe(__u64 dentry, __u64 inode, __u32 with_names)
{
	struct reloadtrace_scratch *s = get_scratch();

	if (!s || !find_place(dentry, inode))
		return 0;
	fill_file(&s->file, inode, &s->place);
	if (with_names)
		add_names(&s->tree, dentry);
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
