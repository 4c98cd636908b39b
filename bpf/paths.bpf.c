// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#include "paths.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

__noinline __u64 read_path(__u64 path)
{
	struct reloadtrace_scratch *s = get_scratch();
	long stored;

	if (!s)
		return 0;
	stored = bpf_probe_read_user_str(s->path, sizeof(s->path), (void *)path);
	if (stored < 0) {
		count_loss(RELOADTRACE_LOSS_READ_FAULT);
		return 0;
	}
	return stored;
}

#define NAME_MAX 255

static __always_inline char path_at(struct reloadtrace_scratch *s, __u32 at)
{
	return s->path[at & (RELOADTRACE_PATH_MAX - 1)];
}

/*
 * From a path's end, since most are longer than their last name. Each loop is a function of its
 * own, so that the verifier does not follow the next one from each of its exits: 840,000
 * instructions.
 */
__noinline __u32 skip_slashes(__u32 end)
{
	struct reloadtrace_scratch *s = get_scratch();

	if (!s)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < NAME_MAX && end > 0; i++) {
		if (path_at(s, end - 1) != '/')
			break;
		end--;
	}
	return end;
}

__noinline __u32 name_start(__u32 end)
{
	struct reloadtrace_scratch *s = get_scratch();

	if (!s)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < NAME_MAX && end > 0; i++) {
		if (path_at(s, end - 1) == '/')
			break;
		end--;
	}
	return end;
}

__noinline __u32 hash_name(__u32 start, __u32 end)
{
	struct reloadtrace_scratch *s = get_scratch();
	__u32 hash = RELOADTRACE_NAME_HASH_START;

	if (!s)
		return 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < NAME_MAX; i++) {
		if (start + i >= end)
			break;
		hash = reloadtrace_name_hash(hash, path_at(s, start + i));
	}
	return hash;
}

__noinline __u64 last_name(__u64 end)
{
	struct reloadtrace_scratch *s = get_scratch();
	__u32 start, stop;
	bool dotdot;

	if (!s)
		return 0;
	stop = end;
	if (stop && path_at(s, stop - 1) == '/')
		stop = skip_slashes(stop);
	start = name_start(stop);
	dotdot = stop - start >= 2 && path_at(s, start) == '.' && path_at(s, start + 1) == '.';
	return (__u64)reloadtrace_name_slot(hash_name(start, stop)) |
	       (__u64)(start & 0xffff) << 16 | (__u64)(start < stop) << 32 | (__u64)dotdot << 33;
}

/* "/a//b/" has the last component "b" and the parent "a". */
__noinline __u64 path_shape(__u64 length)
{
	struct reloadtrace_scratch *s = get_scratch();
	__u64 last, parent;

	if (!s || !length)
		return 0;
	last = last_name(length - 1);
	parent = last_name(last >> 16 & 0xffff);
	return (last & 0xffff) | (parent & 0xffff) << 16 | (parent >> 32 & 1) << 32 |
	       (__u64)(s->path[0] == '/') << 33 | (last >> 33 & 1) << 34;
}
