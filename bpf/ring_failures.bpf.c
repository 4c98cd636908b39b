// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Layer 2: opens by io_uring that failed. When one completes the kernel has given its path back, so
 * those that matter are remembered from their submission on.
 */
#include "describe.bpf.h"
#include "paths.bpf.h"
#include "ring_ops.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

struct reloadtrace_ring_open {
	__u64 length; /* of the path with its NUL, before it was cut */
	__u64 flags;
	__u32 uid;
	__s32 dfd;
	char path[RELOADTRACE_PATH_LEN];
};

/* Submitted and not completed; by the request's address, which a later request may have again. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, __u64);
	__type(value, struct reloadtrace_ring_open);
} ring_opens SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reloadtrace_ring_open);
} new_ring_opens SEC(".maps");

__noinline int remember_ring_open(__u64 request)
{
	struct io_open___ring *open = (void *)request;
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_path_shape shape;
	struct reloadtrace_ring_open *o;
	__u32 zero = 0;
	long length;

	o = bpf_map_lookup_elem(&new_ring_opens, &zero);
	if (!s || !o)
		return 0;
	length = bpf_probe_read_kernel_str(s->path, sizeof(s->path),
					   BPF_CORE_READ(open, filename, name));
	if (length <= 0) {
		count_loss(RELOADTRACE_LOSS_READ_FAULT);
		return 0;
	}
	unpack_shape(&shape, path_shape(length));
	if (!bit_is_set(file_name_bits, shape.last))
		return 0;
	o->length = length;
	o->flags = BPF_CORE_READ(open, how.flags);
	o->uid = BPF_CORE_READ(current_task(), cred, fsuid.val);
	o->dfd = BPF_CORE_READ(open, dfd);
	copy_path(o->path, s);
	if (bpf_map_update_elem(&ring_opens, &request, o, BPF_ANY))
		count_loss(RELOADTRACE_LOSS_MAP_FULL);
	return 0;
}

TRACEPOINT("io_uring_submit_req")
int BPF_PROG(on_ring_submission, struct io_kiocb *req)
{
	struct io_kiocb___ring *request = (void *)req;
	__u64 address;
	__u8 opcode;

	/*
	 * Read directly: before 6.0 the first argument was no request, and the verifier, which
	 * knows, refuses the program. Without BTF it does not know, and only the name that the
	 * tracepoint has since 6.3 is taken.
	 */
#ifdef RELOADTRACE_WITHOUT_KERNEL_BTF
	opcode = BPF_CORE_READ(request, opcode);
#else
	opcode = __builtin_preserve_access_index(({ request->opcode; }));
#endif
	if (!hook_io_uring || !volumes_tracked || !is_ring_open(opcode))
		return 0;
	address = argument(ctx, 0);
	/* One that asked for no completion was here before. */
	bpf_map_delete_elem(&ring_opens, &address);
	if (!is_self() && current_is_in_scope())
		remember_ring_open(address);
	return 0;
}

__noinline int end_ring_open(__u64 request, __s32 result)
{
	struct reloadtrace_ring_open *o = bpf_map_lookup_elem(&ring_opens, &request);
	struct reloadtrace_open_failed_event *e;

	if (!o)
		return 0;
	if (result < 0 && open_error_matters(-result)) {
		e = reserve_activity(sizeof(*e), RELOADTRACE_EV_OPEN_FAILED);
		if (e) {
			e->error = -result;
			e->uid = o->uid;
			e->dfd = o->dfd;
			e->open_flags = o->flags;
			__builtin_memcpy(e->path, o->path, sizeof(e->path));
			cut(o->length);
			bpf_ringbuf_submit(e, 0);
		}
	}
	bpf_map_delete_elem(&ring_opens, &request);
	return 0;
}
