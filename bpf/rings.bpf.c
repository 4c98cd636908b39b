// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Layer 2: opens and reads by io_uring, which no system call's exit shows.
 *
 * A completion is posted by the process that owns the ring: in the system call that submitted it,
 * in task work, in an io-wq worker or in the thread that polls the queue (SQPOLL). The last two are
 * threads of that process and share its descriptors, so what holds for the current task holds for
 * the request.
 *
 * Not seen: requests that post no completion (IOSQE_CQE_SKIP_SUCCESS), those that met a full
 * completion queue (posted later from a list, with another tracepoint), splice (its input is gone
 * by then), renames, and multishot reads, which regular files do not have.
 */
#include "describe.bpf.h"
#include "ring_ops.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

extern int report_open(__u64 file, __s32 fd);
extern int report_read(__u64 file, __s32 fd, __s64 offset, __u64 count);
extern int look_for_ended_writers(__u32 reserved);
extern int end_ring_open(__u64 request, __s32 result);

/* A global function, so that the climb is verified once. */
__noinline int ring_file_in_volume(__u64 address)
{
	struct file *file = (void *)address;

	return file_in_volume(file, file_device(file));
}

/*
 * With an explicit offset and without one (-1: the file's position), ki_pos is where the read began
 * when it is issued, and the file system moves it by what it read.
 */
static __always_inline void on_ring_read(struct io_kiocb___ring *request, __s32 result)
{
	struct io_rw___ring *rw = (void *)request;
	__u64 file = (__u64)BPF_CORE_READ(request, file);
	__s64 end;

	if (!hook_read || !file || !ring_file_in_volume(file))
		return;
	end = BPF_CORE_READ(rw, kiocb.ki_pos);
	/* The descriptor has made room for the completion's flags. */
	report_read(file, -1, end - result, result);
}

static __always_inline void on_ring_opened(__u64 ring, struct io_kiocb___ring *request,
					   __s32 result)
{
	struct io_open___ring *open = (void *)request;
	__u32 slot = BPF_CORE_READ(open, file_slot);
	__s32 fd = -1;
	__u64 file;

	if (!hook_open)
		return;
	if (!slot) {
		fd = result;
		file = current_file(fd);
	} else if (slot == FILE_INDEX_ALLOC) {
		file = direct_file(ring, result);
	} else {
		file = direct_file(ring, slot - 1);
	}
	if (file && ring_file_in_volume(file))
		report_open(file, fd);
}

TRACEPOINT("io_uring_complete")
int BPF_PROG(on_ring_completion, void *ring, void *req)
{
	struct io_kiocb___ring *request = req;
	__s32 result;
	__u32 opcode;

	/* Without a request: one of several completions of a multishot, or a message of a ring. */
	if (!volumes_tracked || !request)
		return 0;
	result = BPF_CORE_READ(request, cqe.res);
	opcode = BPF_CORE_READ(request, opcode);
	if (is_ring_open(opcode))
		end_ring_open(argument(ctx, 1), result);
	if (result < 0)
		return 0;
	switch (opcode) {
	case OP_READV:
	case OP_READ_FIXED:
	case OP_READ:
	case OP_READV_FIXED:
		on_ring_read(request, result);
		break;
	case OP_OPENAT:
	case OP_OPENAT2:
		on_ring_opened((__u64)ring, request, result);
		break;
	case OP_CLOSE:
		if (writers_open)
			look_for_ended_writers(0);
		break;
	}
	return 0;
}
