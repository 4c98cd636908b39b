/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/* Layer 1: paths as applications pass them. Only ever hints, and what a filter looks at. */

#include "maps.bpf.h"

struct reloadtrace_path_shape {
	__u32 last;   /* reloadtrace_name_slot of the last component */
	__u32 parent; /* of the last but one */
	bool has_parent;
	bool absolute;
	bool dotdot; /* the last component begins with ".." */
};

/* Reads a user's path into scratch.path. Returns the bytes stored with the NUL, 0 = fault. */
extern __u64 read_path(__u64 path);
/*
 * The name that the first `end` bytes of the path in scratch end with, slashes after it left out:
 * its reloadtrace_name_slot in bits 0–15, where it starts in 16–31; bit 32 = there is one, bit 33 =
 * it begins with "..".
 */
extern __u64 last_name(__u64 end);
/* What the path in scratch looks like, packed; see unpack_shape. */
extern __u64 path_shape(__u64 length);

static __always_inline void unpack_shape(struct reloadtrace_path_shape *shape, __u64 packed)
{
	shape->last = packed & 0xffff;
	shape->parent = packed >> 16 & 0xffff;
	shape->has_parent = packed >> 32 & 1;
	shape->absolute = packed >> 33 & 1;
	shape->dotdot = packed >> 34 & 1;
}

/* The path in scratch, cut; the kernel wants the copy's size to be constant. */
static __always_inline void copy_path(char *to, struct reloadtrace_scratch *from)
{
	__builtin_memset(to, 0, RELOADTRACE_PATH_LEN);
	bpf_probe_read_kernel_str(to, RELOADTRACE_PATH_LEN, from->path);
}

/* Whether copy_path() will cut a path that takes `length` bytes with its NUL; counts it as lost. */
static __always_inline __u32 cut(__u64 length)
{
	if (length <= RELOADTRACE_PATH_LEN)
		return 0;
	count_loss(RELOADTRACE_LOSS_TRUNCATED);
	return 1;
}

/* Errors of an open that tell of the file or of its reader, not of how it was asked. */
static __always_inline bool open_error_matters(__u32 error)
{
	switch (error) {
	case 1:	 /* EPERM */
	case 2:	 /* ENOENT */
	case 13: /* EACCES */
	case 20: /* ENOTDIR */
	case 23: /* ENFILE */
	case 24: /* EMFILE */
	case 40: /* ELOOP */
		return true;
	}
	return false;
}
