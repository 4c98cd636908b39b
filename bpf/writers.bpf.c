// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Layer 2: the end of in-place writes.
 *
 * At the exit of close() the file is gone from the table, so its descriptor tells nothing. Hooks at
 * the enter of close would, but they are of the perf kind: 0.25 µs for each close() of every
 * process. So each file of a volume that is opened for writing is remembered, and whenever a
 * syscall that can end a file has returned, the remembered ones (hardly ever any) are asked whether
 * they still live. That also finds ends by execve(), munmap(), close_range(), and those that two
 * processes shared.
 */
#include "describe.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

#define EXIT_FDS                                                                                   \
	64 /* descriptors looked at when a process ends; more are found by the next close() */

/*
 * Global, so that a reservation never lies in the frame of a callback: 6.1 calls it unreleased when
 * it sees one there.
 */
__noinline int end_of_writer(__u64 address)
{
	struct reloadtrace_writer *w = bpf_map_lookup_elem(&writers, &address);
	struct reloadtrace_write_closed_event *e;
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_file now;
	struct inode *inode;

	if (!s || !w)
		return 0;
	inode = (void *)w->inode;
	now = w->file;
	s->tree = w->tree;
	s->writer.by = w->by;
	/* Deleting is the token: one of two racing ends wins. What `w` points at is gone after it.
	 */
	if (bpf_map_delete_elem(&writers, &address))
		return 0;
	__sync_fetch_and_add(&writers_open, -1);
	now.flags = RELOADTRACE_FILE_WRITABLE;
	if (BPF_CORE_READ(inode, i_ino) == now.ino &&
	    BPF_CORE_READ(inode, i_sb, s_dev) == now.dev) {
		now.size = BPF_CORE_READ(inode, i_size);
		/* The file that ends may count as one still: its last reference went, its work is
		 * due. */
		if ((__s32)BPF_CORE_READ(inode, i_writecount.counter) > 1)
			now.flags |= RELOADTRACE_FILE_WRITER;
		if (!BPF_CORE_READ(inode, i_nlink))
			now.flags |= RELOADTRACE_FILE_UNLINKED;
	} else {
		now.flags |= RELOADTRACE_FILE_UNLINKED; /* the inode went with its last file */
	}
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_WRITE_CLOSED);
	if (!e)
		return 0;
	/* Whose call finds that a file has ended may be anybody's, on another CPU. */
	if (e->header.tgid != s->writer.by.tgid) {
		e->header.start_ns = s->writer.by.start_ns;
		e->header.cgroup_id = s->writer.by.cgroup_id;
		e->header.tgid = s->writer.by.tgid;
		e->header.tid = s->writer.by.tid;
		__builtin_memcpy(e->header.comm, s->writer.by.comm, sizeof(e->header.comm));
	}
	e->file = now;
	e->tree = s->tree;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/*
 * Dead: no references are left, or the memory holds another file already (6.13 gives it out again
 * at once, SLAB_TYPESAFE_BY_RCU).
 */
static long end_if_dead(struct bpf_map *map, __u64 *address, struct reloadtrace_writer *w,
			void *none)
{
	struct file *file = (void *)*address;

	if (file_references(*address) <= 0 || (__u64)BPF_CORE_READ(file, f_inode) != w->inode)
		end_of_writer(*address);
	return 0;
}

__noinline int look_for_ended_writers(__u32 reserved)
{
	bpf_for_each_map_elem(&writers, end_if_dead, NULL, 0);
	return 0;
}

/* A file whose only references are descriptors of the process that ends now. */
__noinline int end_at_exit(__s32 fd)
{
	struct reloadtrace_writer *w;
	__u32 tgid = current_tgid();
	__u64 file = current_file(fd);

	if (!file)
		return 0;
	w = bpf_map_lookup_elem(&writers, &file);
	if (!w)
		return 0;
	if (w->walker != tgid) {
		w->walker = tgid;
		w->seen = 0;
	}
	w->seen++;
	if (w->seen == file_references(file))
		end_of_writer(file);
	return 0;
}

/*
 * exit() closes files after its tracepoint and is no syscall that returns. The body of the loop is
 * a function of its own: inlined, it takes the verifier past a million instructions.
 */
__noinline int close_writers_at_exit(__u32 reserved)
{
#pragma clang loop unroll(disable)
	for (__s32 fd = 0; fd < EXIT_FDS; fd++)
		end_at_exit(fd);
	return 0;
}
