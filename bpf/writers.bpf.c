// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Layer 2: the end of in-place writes. At the exit of close() the file is gone, so its enter is
 * taken; nothing is looked at while no file of a volume is open for writing.
 *
 * Not seen: a writer closed by exec (O_CLOEXEC), kept alive by a mapping or a descriptor in flight
 * only, or shared by two processes that end at the same instant.
 */
#include "describe.bpf.h"
#include "syscall_table.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

#define EXIT_FDS 64 /* descriptors looked at when a process ends or closes a range */

static __always_inline void end_of_writer(__u64 address)
{
	struct reloadtrace_write_closed_event *e;
	struct reloadtrace_scratch *s = get_scratch();
	struct inode *inode;

	/* Deleting is the token: one of two racing ends wins. */
	if (bpf_map_delete_elem(&writers, &address))
		return;
	__sync_fetch_and_add(&writers_open, -1);
	if (!s || is_self() || !describe_file(address, 1))
		return;
	if (!(s->file.flags & RELOADTRACE_FILE_WRITABLE) || (s->file.mode & S_IFMT) != S_IFREG)
		return;
	/* The file that is being closed still counts as one. */
	inode = BPF_CORE_READ((struct file *)address, f_inode);
	if ((__s32)BPF_CORE_READ(inode, i_writecount.counter) <= 1)
		s->file.flags &= ~RELOADTRACE_FILE_WRITER;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_WRITE_CLOSED);
	if (!e)
		return;
	e->file = s->file;
	e->tree = s->tree;
	bpf_ringbuf_submit(e, 0);
}

__noinline int close_writer(__s32 fd)
{
	__u64 file = current_file(fd);

	if (file && bpf_map_lookup_elem(&writers, &file) && file_references(file) == 1)
		end_of_writer(file);
	return 0;
}

/* One process may hold a file by several descriptors, and they end together. */
__noinline int close_one_of_many(__u32 fd, __u32 first, __u32 last)
{
	struct reloadtrace_writer *w;
	__u32 tgid = current_tgid();
	__u64 file;

	if (fd < first || fd > last)
		return 0;
	file = current_file(fd);
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

/* The body is a function of its own: inlined, it takes the verifier past a million instructions. */
__noinline int close_writers(__u32 first, __u32 last)
{
#pragma clang loop unroll(disable)
	for (__u32 fd = 0; fd < EXIT_FDS; fd++)
		close_one_of_many(fd, first, last);
	return 0;
}

SEC("tp/syscalls/sys_enter_close")
int on_close(void *ctx)
{
	struct pt_regs *regs;

	if (!writers_open)
		return 0;
	regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	return close_writer(PT_REGS_PARM1_SYSCALL(regs));
}

static __always_inline int replaced(void)
{
	struct pt_regs *regs;
	__s32 from, to;

	if (!writers_open)
		return 0;
	regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	from = PT_REGS_PARM1_SYSCALL(regs);
	to = PT_REGS_PARM2_SYSCALL(regs);
	/* dup2 onto itself, or of nothing, closes nothing. */
	if (from == to || !current_file(from))
		return 0;
	return close_writer(to);
}

SEC("tp/syscalls/sys_enter_dup2")
int on_dup2(void *ctx)
{
	return replaced();
}

SEC("tp/syscalls/sys_enter_dup3")
int on_dup3(void *ctx)
{
	return replaced();
}

SEC("tp/syscalls/sys_enter_close_range")
int on_close_range(void *ctx)
{
	struct pt_regs *regs;

	if (!writers_open)
		return 0;
	regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	if (PT_REGS_PARM3_SYSCALL(regs) & CLOSE_RANGE_CLOEXEC)
		return 0;
	return close_writers(PT_REGS_PARM1_SYSCALL(regs), PT_REGS_PARM2_SYSCALL(regs));
}
