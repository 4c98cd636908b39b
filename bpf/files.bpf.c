// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Layer 2: opens, reads and maps of files in volumes, and opens that failed. */
#include "describe.bpf.h"
#include "paths.bpf.h"
#include "syscall_table.bpf.h"
#include "registers.bpf.h"

#ifndef RELOADTRACE_DIRECT_LOADS /* else it is a part of syscalls.bpf.c */
char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";
#endif

static __always_inline void remember_writer(__u64 address, struct reloadtrace_scratch *s)
{
	struct reloadtrace_writer *w = &s->writer;
	struct file *file = (void *)address;
	bool known;

	if (!hook_write_close)
		return;
	w->inode = (__u64)BPF_CORE_READ(file, f_inode);
	w->walker = 0;
	w->seen = 0;
	identify(&w->by);
	w->file = s->file;
	w->tree = s->tree;
	/* Known: the end of the file that had this address before was not seen yet, and never will.
	 */
	known = bpf_map_lookup_elem(&writers, &address);
	if (bpf_map_update_elem(&writers, &address, w, BPF_ANY))
		count_loss(RELOADTRACE_LOSS_MAP_FULL);
	else if (!known)
		__sync_fetch_and_add(&writers_open, 1);
}

static __always_inline void submit_open(struct reloadtrace_open_event *e, __u64 file, __s32 fd,
					struct reloadtrace_scratch *s)
{
	e->file = s->file;
	e->tree = s->tree;
	e->fd = fd;
	e->open_flags = LOAD_AT(file, struct file, f_flags);
	bpf_ringbuf_submit(e, 0);
}

/*
 * Two functions: where the compiler joins two reservations, the test for NULL comes after the join,
 * and 6.1 does not know that reserved memory tested before is not NULL.
 */
__noinline int report_open_as_fact(__u64 file, __s32 fd)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_open_event *e;

	if (!s)
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_WRITE_OPEN);
	if (e)
		submit_open(e, file, fd, s);
	return 0;
}

__noinline int report_open_as_activity(__u64 file, __s32 fd)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_open_event *e;

	if (!s)
		return 0;
	e = reserve_activity(sizeof(*e), RELOADTRACE_EV_OPEN);
	if (e)
		submit_open(e, file, fd, s);
	return 0;
}

__noinline int report_open(__u64 address, __s32 fd)
{
	struct reloadtrace_scratch *s = get_scratch();
	bool writable;

	if (!s || !track_current(s) || !describe_file(address, 1))
		return 0;
	writable = s->file.flags & RELOADTRACE_FILE_WRITABLE;
	if (writable && (s->file.mode & S_IFMT) == S_IFREG)
		remember_writer(address, s);
	/* Only a publisher opens for writing, and there are few of them. */
	if (writable)
		report_open_as_fact(address, fd);
	else
		report_open_as_activity(address, fd);
	return 0;
}

/* `offset` < 0: it ended where the file's position is now. */
__noinline int report_read(__u64 address, __s32 fd, __s64 offset, __u64 count)
{
	struct reloadtrace_read_event *e;
	struct reloadtrace_scratch *s = get_scratch();

	if (!s || !track_current(s) || !describe_file(address, 0) ||
	    (s->file.mode & S_IFMT) != S_IFREG)
		return 0;
	e = reserve_activity(sizeof(*e), RELOADTRACE_EV_READ);
	if (!e)
		return 0;
	e->file = s->file;
	e->offset = offset < 0 ? LOAD_AT(address, struct file, f_pos) - count : (__u64)offset;
	e->count = count;
	e->fd = fd;
	e->reserved = 0;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

__noinline int report_map(__u64 file, __u64 address)
{
	struct pt_regs *regs = registers();
	struct reloadtrace_map_event *e;
	struct reloadtrace_scratch *s = get_scratch();

	if (!s || !regs || !track_current(s) || !describe_file(file, 1))
		return 0;
	e = reserve_activity(sizeof(*e), RELOADTRACE_EV_MAP);
	if (!e)
		return 0;
	e->file = s->file;
	e->tree = s->tree;
	e->address = address;
	e->length = PT_REGS_PARM2_SYSCALL(regs);
	e->offset = SYSCALL_ARG6(regs);
	e->prot = PT_REGS_PARM3_SYSCALL(regs);
	e->fd = PT_REGS_PARM5_SYSCALL(regs);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/*
 * Of a program that lies in a volume. A script's own reading needs nothing: its interpreter opens
 * it by path.
 */
__noinline int report_execution(__u64 file)
{
	struct reloadtrace_map_event *e;
	struct reloadtrace_scratch *s = get_scratch();

	if (!s || is_self() || !describe_file(file, 1))
		return 0;
	track_process(current_tgid());
	e = reserve_activity(sizeof(*e), RELOADTRACE_EV_MAP);
	if (!e)
		return 0;
	e->file = s->file;
	e->tree = s->tree;
	e->address = 0;
	e->length = s->file.size;
	e->offset = 0;
	e->prot = PROT_EXEC;
	e->fd = -1;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

__noinline int report_open_failed(__u32 error)
{
	struct pt_regs *regs = registers();
	struct reloadtrace_open_failed_event *e;
	struct reloadtrace_scratch *s = get_scratch();
	__u64 path, flags = 0;
	struct reloadtrace_path_shape shape;
	__s32 dfd = AT_FDCWD;
	__u64 length;

	if (!s || !regs || !open_error_matters(error) || is_self())
		return 0;
	if (!current_is_in_scope())
		return 0;
	switch (SYSCALL_NUMBER(regs)) {
	case SYS_open:
		path = PT_REGS_PARM1_SYSCALL(regs);
		flags = PT_REGS_PARM2_SYSCALL(regs);
		break;
	case SYS_creat:
		path = PT_REGS_PARM1_SYSCALL(regs);
		flags = 01101; /* O_CREAT | O_WRONLY | O_TRUNC */
		break;
	case SYS_openat:
		dfd = PT_REGS_PARM1_SYSCALL(regs);
		path = PT_REGS_PARM2_SYSCALL(regs);
		flags = PT_REGS_PARM3_SYSCALL(regs);
		break;
	default: /* openat2 */
		dfd = PT_REGS_PARM1_SYSCALL(regs);
		path = PT_REGS_PARM2_SYSCALL(regs);
		bpf_probe_read_user(&flags, sizeof(flags), (void *)PT_REGS_PARM3_SYSCALL(regs));
		break;
	}
	length = read_path(path);
	if (!length)
		return 0;
	unpack_shape(&shape, path_shape(length));
	if (!bit_is_set(file_name_bits, shape.last))
		return 0;
	e = reserve_activity(sizeof(*e), RELOADTRACE_EV_OPEN_FAILED);
	if (!e)
		return 0;
	e->error = error;
	e->uid = BPF_CORE_READ(current_task(), cred, fsuid.val);
	e->dfd = dfd;
	e->open_flags = flags;
	copy_path(e->path, s);
	cut(length);
	bpf_ringbuf_submit(e, 0);
	return 0;
}
