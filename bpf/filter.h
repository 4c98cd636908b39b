/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
#pragma once

/*
 * What both sides of the filter must compute alike: keys of the maps, and the bitmaps that spare
 * unrelated processes a hash map lookup (~70 ns measured, against ~2 ns for a bit).
 *
 * Included by the BPF programs and by userspace/source/bpf_filter.cpp. Nothing here is recorded, so
 * it may change at will.
 */
#ifndef __bpf__
#include <linux/types.h>
#endif

/* 64 Ki bits each. A false hit costs one map lookup, never a wrong event. */
#define RELOADTRACE_FILTER_BITS	 65536
#define RELOADTRACE_FILTER_WORDS (RELOADTRACE_FILTER_BITS / 64)

struct reloadtrace_volume_key {
	__u64 ino;
	__u32 dev;	/* as reloadtrace_file.dev */
	__u32 reserved; /* zero */
};

static inline __u32 reloadtrace_device_slot(__u32 dev)
{
	return (dev * 0x9E3779B1U) >> 16;
}

/* Inodes of one volume are neighbours: the multiplication spreads them. */
static inline __u32 reloadtrace_inode_slot(__u32 dev, __u64 ino)
{
	return (__u32)(((ino ^ ((__u64)dev << 40)) * 0x9E3779B97F4A7C15ULL) >> 48);
}

/* Of a process, a cgroup, or an object of the kernel by its address. */
static inline __u32 reloadtrace_id_slot(__u64 id)
{
	return reloadtrace_inode_slot(0, id);
}

/* FNV-1a, a byte at a time, since the kernel side meets names byte by byte. */
#define RELOADTRACE_NAME_HASH_START 2166136261U

static inline __u32 reloadtrace_name_hash(__u32 hash, __u8 byte)
{
	return (hash ^ byte) * 16777619U;
}

static inline __u32 reloadtrace_name_slot(__u32 hash)
{
	return (hash ^ (hash >> 16)) & (RELOADTRACE_FILTER_BITS - 1);
}

/*
 * Families of the syscall dispatcher that were switched off while running, because the programs
 * cost too much; userspace/source/shedding.h has what goes when.
 */
#define RELOADTRACE_SHED_POLL (1U << 0)
#define RELOADTRACE_SHED_HTTP (1U << 1)
#define RELOADTRACE_SHED_MMAP (1U << 2)

/* Who sees a family of syscalls: values of hook_* in maps.bpf.h. 0 = nobody. */
#define RELOADTRACE_TIER_TRACEPOINT (1U << 0) /* the exit of every syscall */
#define RELOADTRACE_TIER_FENTRY	    (1U << 1) /* the exits of its own syscalls */

/* Request lines that count as reload requests; see userspace/source/http_patterns.h. */
#define RELOADTRACE_HTTP_PATTERNS    32
#define RELOADTRACE_HTTP_PATTERN_LEN 64 /* with the NUL */

struct reloadtrace_http_pattern {
	__u64 text[RELOADTRACE_HTTP_PATTERN_LEN / 8]; /* "POST /-/reload", zeros after it */
	__u64 mask[RELOADTRACE_HTTP_PATTERN_LEN / 8]; /* ones where a request must be the same */
	__u32 length;				      /* bytes that must be the same */
	__u32 any_rest; /* 1 = whatever follows; else a space or a question mark must */
};
