/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/*
 * Layer 2: what is done at the exit of a syscall, whichever program sees it. Compiled twice
 * (syscalls.bpf.c with direct loads, syscalls_probing.bpf.c without); userspace loads what fits the
 * kernel.
 *
 * Tier `tracepoint`: one tp_btf/sys_exit instead of a tracepoint for each syscall. 3.38 µs against
 * 3.53 µs for a loop of open, 2×read and close (3.00 µs untraced, 6.18), and it needs no tracefs.
 *
 * Tier `fentry`: the exits (fexit) of the syscalls' own functions, so that every other syscall
 * costs nothing. A stub at each of them (userspace/source/fentry_links.h) jumps here.
 *
 * In both the arguments are still in the registers and the user's pages are resident.
 */

#include "describe.bpf.h"
#include "registers.bpf.h"
#include "syscall_table.bpf.h"

extern int report_open(__u64 file, __s32 fd);
extern int report_open_failed(__u32 error);
extern int report_read(__u64 file, __s32 fd, __s64 offset, __u64 count);
extern int report_map(__u64 file, __u64 address);
extern int report_rename(__u32 number);
extern int report_symlink(__u32 number);
extern int report_mount(__u32 number);
extern int look_for_ended_writers(__u32 reserved);
extern int report_watch_add(__s32 fd, __s32 wd, __u32 mask);
extern int report_watch_remove(__s32 fd, __s32 wd);
extern int forget_queue(__s32 fd);
extern int report_poll(__u32 number, __s64 result);
extern int report_signal_refused(__u32 number, __u32 error);
extern int report_watch_failed(__u32 number, __u32 error);
extern int report_queue(__u64 group, __s32 fd, __u64 buffer, __u32 length);
extern int report_queue_in_pieces(__u64 group, __s32 fd, __u64 vector, __u32 segments,
				  __u32 length);
extern int end_unfinished_read(__u32 reserved);
extern int look_for_request(__u64 file, __s32 fd, __s64 length);
extern int look_for_answer(__s32 fd, __s64 length);
extern int report_fanotify_mark(__s32 fd, __u32 flags, __u64 mask);

/* Whether the family is on, and seen by the programs of this tier. */
#define seen(family) ((family)&tier)

static __always_inline void on_opened(__u32 tier, struct task_struct *task, __s64 result)
{
	__u64 file;

	if (!seen(hook_open))
		return;
	if (result < 0) {
		report_open_failed(-result);
		return;
	}
	file = volume_file(task, result);
	if (file)
		report_open(file, result);
}

#define OFFSET_FROM_POSITION (-1)

static __always_inline void on_read(__u32 tier, struct task_struct *task, __s32 fd, __s64 offset,
				    __s64 result)
{
	__u64 file;

	if (!seen(hook_read) || result < 0)
		return;
	file = volume_file(task, fd);
	if (file)
		report_read(file, fd, offset, result);
}

/* The kernel has moved *offset by what it read; without it, the position. */
static __always_inline void on_copied(__u32 tier, struct task_struct *task, __s32 fd,
				      __u64 offset_pointer, __s64 result)
{
	__s64 offset = OFFSET_FROM_POSITION;

	if (!seen(hook_read) || result < 0)
		return;
	if (offset_pointer) {
		if (bpf_probe_read_user(&offset, sizeof(offset), (void *)offset_pointer))
			offset = OFFSET_FROM_POSITION;
		else
			offset -= result;
	}
	on_read(tier, task, fd, offset, result);
}

static __always_inline void on_queue_read(__u32 tier, __u64 group, __s32 fd, __u64 buffer,
					  __u32 vector, __s64 result)
{
	/* Listed although its exit is seen, it has been reported already: unfinished_reads.bpf.c */
	if (tier == RELOADTRACE_TIER_FENTRY && end_unfinished_read(0))
		return;
	if (vector)
		report_queue_in_pieces(group, fd, buffer, vector, result);
	else
		report_queue(group, fd, buffer, result);
}

/*
 * Only read() and readv() can be of a queue of inotify or fanotify: eventfd, timerfd, epoll share
 * its device, so a bit for the group's address stands before everything else. `vector` = how many
 * struct iovec there are at `buffer`, 0 = it is the buffer itself.
 */
static __always_inline void on_plain_read(__u32 tier, struct task_struct *task, __s32 fd,
					  __u64 buffer, __u32 vector, __s64 result)
{
	struct file *file;
	__u64 address, group;
	__u32 dev;

	if (result < 0)
		return;
	address = file_of(task, fd);
	if (!address)
		return;
	file = AS(struct file, address);
	dev = file_device(file);
	if (seen(hook_inotify | hook_fanotify) && dev == anon_inode_dev) {
		/* Not file->private_data: the verifier of 6.18 (not 6.1's) lets no void * be
		 * computed with.
		 */
		group = load_address(address + bpf_core_field_offset(struct file, private_data));
		if (bit_is_set(group_bits, reloadtrace_id_slot(group)))
			on_queue_read(tier, group, fd, buffer, vector, result);
	} else if (seen(hook_http) && dev == socket_dev) {
		if (!is_shed(RELOADTRACE_SHED_HTTP) && may_be_in_scope(task))
			look_for_request(address, fd, result);
	} else if (seen(hook_read) && file_in_volume(file, dev)) {
		report_read(address, fd, OFFSET_FROM_POSITION, result);
	}
}

static __always_inline void on_received(__u32 tier, struct task_struct *task, __s32 fd,
					__s64 result)
{
	__u64 file;

	if (!seen(hook_http) || result <= 0 || is_shed(RELOADTRACE_SHED_HTTP) ||
	    !may_be_in_scope(task))
		return;
	file = file_of(task, fd);
	if (file)
		look_for_request(file, fd, result);
}

static __always_inline void on_mapped(__u32 tier, struct task_struct *task, __s32 fd, __u32 flags,
				      __u64 result)
{
	__u64 file;

	if (!seen(hook_mmap) || fd < 0 || flags & MAP_ANONYMOUS || result >= (__u64)-4095 ||
	    is_shed(RELOADTRACE_SHED_MMAP))
		return;
	file = volume_file(task, fd);
	if (file)
		report_map(file, result);
}

static __always_inline void on_watch_failed(__u32 tier, __u32 number, __s64 result)
{
	if (seen(hook_inotify) && result < 0 && current_is_in_scope())
		report_watch_failed(number, -result);
}

/*
 * All that most syscalls of a node cost. The compiler makes bit tests of it, since so many cases
 * are alike, and nothing is called: a call of any helper takes 18 ns where a CPU wants safe returns
 * (AMD, SRSO), as long as all the rest of the way to a file's device.
 */
static __always_inline bool is_of_interest(__u32 tier, __u64 number)
{
	switch (number) {
	CASE_OF_ENDS_OF_FILES:
		return seen(hook_write_close) && writers_open;
	CASE_OF_SENDINGS:
		return seen(hook_http) && answers_awaited;
	CASE_OF_OPENS:
	case SYS_read:
	case SYS_readv:
	CASE_OF_RECEIPTS:
	CASE_OF_POSITIONED_READS:
	case SYS_sendfile:
	CASE_OF_COPIES:
	case SYS_mmap:
	CASE_OF_RENAMES:
	CASE_OF_SYMLINKS:
	CASE_OF_MOUNTS:
	case SYS_inotify_add_watch:
	CASE_OF_NEW_QUEUES:
	case SYS_fanotify_mark:
	case SYS_inotify_rm_watch:
	CASE_OF_LOOKS:
	CASE_OF_SIGNALS:
		return true;
	}
	return false;
}

static __always_inline int dispatch(__u32 tier, const struct pt_regs *regs, __s64 result)
{
	struct task_struct *task;

#ifdef RELOADTRACE_WITHOUT_KERNEL_BTF
	regs = is_asked() ? copy_registers(regs) : NULL;
	if (!regs)
		return 0;
#endif
	if (!is_of_interest(tier, SYSCALL_NUMBER(regs)) || !is_asked())
		return 0;
	task = current_task();
	if (IS_COMPAT(task))
		return 0;
	switch (SYSCALL_NUMBER(regs)) {
	CASE_OF_OPENS:
		on_opened(tier, task, result);
		break;
	case SYS_read:
		on_plain_read(tier, task, PT_REGS_PARM1_SYSCALL(regs), PT_REGS_PARM2_SYSCALL(regs),
			      0, result);
		break;
	case SYS_readv:
		on_plain_read(tier, task, PT_REGS_PARM1_SYSCALL(regs), PT_REGS_PARM2_SYSCALL(regs),
			      PT_REGS_PARM3_SYSCALL(regs), result);
		break;
	CASE_OF_RECEIPTS:
		on_received(tier, task, PT_REGS_PARM1_SYSCALL(regs), result);
		break;
	CASE_OF_SENDINGS:
		if (!is_shed(RELOADTRACE_SHED_HTTP))
			look_for_answer(PT_REGS_PARM1_SYSCALL(regs), result);
		break;
	CASE_OF_POSITIONED_READS: /* -1 means the position, as ours does */
		on_read(tier, task, PT_REGS_PARM1_SYSCALL(regs), PT_REGS_PARM4_SYSCALL(regs),
			result);
		break;
	case SYS_sendfile:
		on_copied(tier, task, PT_REGS_PARM2_SYSCALL(regs), PT_REGS_PARM3_SYSCALL(regs),
			  result);
		break;
	CASE_OF_COPIES:
		on_copied(tier, task, PT_REGS_PARM1_SYSCALL(regs), PT_REGS_PARM2_SYSCALL(regs),
			  result);
		break;
	case SYS_mmap:
		on_mapped(tier, task, PT_REGS_PARM5_SYSCALL(regs), PT_REGS_PARM4_SYSCALL(regs),
			  result);
		break;
	CASE_OF_ENDS_OF_FILES:
		look_for_ended_writers(0);
		break;
	CASE_OF_RENAMES:
		if (seen(hook_publish) && !result)
			report_rename(SYSCALL_NUMBER(regs));
		break;
	CASE_OF_SYMLINKS:
		if (seen(hook_symlink) && !result)
			report_symlink(SYSCALL_NUMBER(regs));
		break;
	CASE_OF_MOUNTS:
		if (seen(hook_mount) && !result)
			report_mount(SYSCALL_NUMBER(regs));
		break;
	case SYS_inotify_add_watch:
		if (seen(hook_inotify) && result > 0)
			report_watch_add(PT_REGS_PARM1_SYSCALL(regs), result,
					 PT_REGS_PARM3_SYSCALL(regs));
		else
			on_watch_failed(tier, SYSCALL_NUMBER(regs), result);
		break;
	CASE_OF_NEW_QUEUES:
		if (seen(hook_inotify | hook_fanotify) && result >= 0)
			forget_queue(result);
		else
			on_watch_failed(tier, SYSCALL_NUMBER(regs), result);
		break;
	case SYS_fanotify_mark:
		if (seen(hook_fanotify) && !result)
			report_fanotify_mark(PT_REGS_PARM1_SYSCALL(regs),
					     PT_REGS_PARM2_SYSCALL(regs),
					     PT_REGS_PARM3_SYSCALL(regs));
		else
			on_watch_failed(tier, SYSCALL_NUMBER(regs), result);
		break;
	case SYS_inotify_rm_watch:
		if (seen(hook_inotify) && !result)
			report_watch_remove(PT_REGS_PARM1_SYSCALL(regs),
					    PT_REGS_PARM2_SYSCALL(regs));
		break;
	CASE_OF_LOOKS:
		if (seen(hook_poll) && !is_shed(RELOADTRACE_SHED_POLL) && may_be_in_scope(task) &&
		    current_is_in_scope())
			report_poll(SYSCALL_NUMBER(regs), result);
		break;
	CASE_OF_SIGNALS:
		if (seen(hook_signal) && result < 0)
			report_signal_refused(SYSCALL_NUMBER(regs), -result);
		break;
	}
	return 0;
}
