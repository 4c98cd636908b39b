// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Layer 2: watches that could not be set up; what is left then is an application that never hears.
 */
#include "describe.bpf.h"
#include "paths.bpf.h"
#include "syscall_table.bpf.h"
#include "registers.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

#define FAN_MARK_ADD 1

struct reloadtrace_failed_watch {
	__u64 path;
	__u32 call;
	__u32 mask;
	__s32 dfd;
};

/* False: this failure says nothing about a volume, but that the call was wrong. */
static __always_inline bool find_failed_watch(struct reloadtrace_failed_watch *w, __u32 number,
					      __u32 error)
{
	struct pt_regs *regs = registers();

	if (!regs)
		return false;
	switch (error) {
	case 9:	 /* EBADF */
	case 14: /* EFAULT */
	case 17: /* EEXIST, of IN_MASK_CREATE */
	case 22: /* EINVAL */
		return false;
	}
	switch (number) {
	case SYS_inotify_add_watch:
		w->call = RELOADTRACE_WATCH_ADD;
		w->path = PT_REGS_PARM2_SYSCALL(regs);
		w->mask = PT_REGS_PARM3_SYSCALL(regs);
		break;
	case SYS_fanotify_init:
		w->call = RELOADTRACE_WATCH_FANOTIFY_INIT;
		break;
	case SYS_fanotify_mark:
		if (!(PT_REGS_PARM2_SYSCALL(regs) & FAN_MARK_ADD))
			return false;
		w->call = RELOADTRACE_WATCH_FANOTIFY_MARK;
		w->mask = PT_REGS_PARM3_SYSCALL(regs);
		w->dfd = PT_REGS_PARM4_SYSCALL(regs);
		w->path = PT_REGS_PARM5_SYSCALL(regs);
		break;
	}
	return true;
}

/* Whether the path of a failed call may be in a volume; it is left in scratch. */
static __always_inline bool failed_watch_matters(struct reloadtrace_failed_watch *w)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_path_shape shape;
	__u64 length;

	if (!s)
		return false;
	s->path[0] = '\0';
	if (w->call == RELOADTRACE_WATCH_INIT || w->call == RELOADTRACE_WATCH_FANOTIFY_INIT)
		return true;
	/* fanotify_mark without a path: the descriptor itself. */
	if (!w->path)
		return describe_file(current_file(w->dfd), 0);
	length = read_path(w->path);
	if (length <= 1)
		return false;
	unpack_shape(&shape, path_shape(length));
	/* What does not exist has no name that is known: its directory has. */
	if (!bit_is_set(file_name_bits, shape.last) &&
	    !bit_is_set(directory_name_bits, shape.last) &&
	    !(shape.has_parent && bit_is_set(directory_name_bits, shape.parent)))
		return false;
	if (length > RELOADTRACE_PATH_LEN)
		count_loss(RELOADTRACE_LOSS_TRUNCATED);
	return true;
}

__noinline int report_watch_failed(__u32 number, __u32 error)
{
	struct reloadtrace_failed_watch w = {.call = RELOADTRACE_WATCH_INIT, .dfd = AT_FDCWD};
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_watch_failed_event *e;

	if (!s || is_self() || !find_failed_watch(&w, number, error) || !failed_watch_matters(&w))
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_WATCH_FAILED);
	if (!e)
		return 0;
	e->call = w.call;
	e->error = error;
	e->uid = BPF_CORE_READ(current_task(), cred, fsuid.val);
	e->mask = w.mask;
	e->dfd = w.dfd;
	e->reserved = 0;
	copy_path(e->path, s);
	bpf_ringbuf_submit(e, 0);
	return 0;
}
