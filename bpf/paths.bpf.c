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

/* Two components and their slashes fit. */
#define SCANNED 512

/* A global function: the verifier looks at it once, not at each of the bytes (half of all its
 * work). */
__noinline int scan(char c)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_scanner *scanner;

	if (!s)
		return 0;
	scanner = &s->scanner;
	if (c == '/') {
		scanner->ended = 1;
		return 0;
	}
	if (scanner->ended) {
		if (scanner->bytes) {
			scanner->parent = scanner->hash;
			scanner->has_parent = 1;
		}
		scanner->hash = RELOADTRACE_NAME_HASH_START;
		scanner->bytes = 0;
		scanner->dots = 0;
		scanner->ended = 0;
	}
	if (c == '.' && scanner->bytes == scanner->dots)
		scanner->dots++;
	scanner->hash = reloadtrace_name_hash(scanner->hash, c);
	scanner->bytes++;
	return 0;
}

/* "/a//b/" has the last component "b" and the parent "a". */
__noinline __u64 path_shape(__u64 length)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_scanner *scanner;
	__u32 start = 0;

	if (!s)
		return 0;
	scanner = &s->scanner;
	__builtin_memset(&s->scanner, 0, sizeof(s->scanner));
	scanner->hash = RELOADTRACE_NAME_HASH_START;
	if (length > SCANNED)
		start = length - SCANNED;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < SCANNED; i++) {
		char c = s->path[(start + i) & (RELOADTRACE_PATH_MAX - 1)];

		if (!c)
			break;
		scan(c);
	}
	return (__u64)reloadtrace_name_slot(scanner->hash) |
	       (__u64)reloadtrace_name_slot(scanner->parent) << 16 |
	       (__u64) !!scanner->has_parent << 32 | (__u64)(s->path[0] == '/') << 33 |
	       (__u64)(scanner->dots >= 2) << 34;
}
