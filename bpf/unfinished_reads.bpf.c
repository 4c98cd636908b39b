// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Layer 2: reads of queues that began before the tier `fentry` did.
 *
 * A stub sees the exit of a function only when it was there at the entry, and a program may wait
 * for notifications in one read() for days. So userspace has those who do so listed once; from then
 * on each notification that such a reader takes is reported where the kernel lets it go, right
 * after it was copied: inotify_read() and fanotify_read() in fs/notify/. With his next read the
 * stub takes over.
 */
#include "groups.bpf.h"
#include "registers.bpf.h"
#include "syscall_table.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

extern int report_queue(__u64 group, __s32 fd, __u64 buffer, __u32 length);

/* tid → bytes that were copied to its buffer since it was listed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u32);
} unfinished_reads SEC(".maps");

static __always_inline bool reads_queue(__u64 number)
{
	return number == SYS_read || number == SYS_readv;
}

/*
 * Runs over every thread of the system when userspace asks. One that is in no call may still have
 * the registers of its last one; it is listed for nothing, since its next read ends that.
 */
SEC("iter/task")
int on_unfinished_read(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct pt_regs *regs;
	struct file *file;
	__u32 tid, none = 0;

	if (!task || IS_COMPAT(task))
		return 0;
	regs = (void *)bpf_task_pt_regs(task);
	if (!reads_queue(SYSCALL_NUMBER(regs)))
		return 0;
	file = (void *)file_of(task, PT_REGS_PARM1_SYSCALL(regs));
	if (!file || BPF_CORE_READ(file, f_inode, i_sb, s_dev) != anon_inode_dev ||
	    kind_of_queue(file) == NO_QUEUE)
		return 0;
	tid = BPF_CORE_READ(task, pid);
	if (bpf_map_update_elem(&unfinished_reads, &tid, &none, BPF_ANY))
		count_loss(RELOADTRACE_LOSS_MAP_FULL);
	return 0;
}

/* Whether the current thread was listed; it is not any longer. */
static __always_inline bool take_off_list(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&unfinished_reads, &tid) &&
	       !bpf_map_delete_elem(&unfinished_reads, &tid);
}

__noinline int end_unfinished_read(__u32 reserved)
{
	return take_off_list();
}

SEC("fentry/inotify_read")
int BPF_PROG(on_inotify_read)
{
	take_off_list();
	return 0;
}

SEC("fentry/fanotify_read")
int BPF_PROG(on_fanotify_read)
{
	take_off_list();
	return 0;
}

/* Of the one notification at `buffer`; 0 = fault. */
static __always_inline __u32 length_of_notification(enum queue_kind kind, __u64 buffer)
{
	struct fanotify_event_metadata *of_fanotify = (void *)buffer;
	struct inotify_event *of_inotify = (void *)buffer;
	__u32 length = 0;

	if (kind == FANOTIFY_QUEUE)
		return bpf_probe_read_user(&length, sizeof(length), &of_fanotify->event_len)
			       ? 0
			       : length;
	if (bpf_probe_read_user(&length, sizeof(length), &of_inotify->len))
		return 0;
	return sizeof(*of_inotify) + length;
}

__noinline int report_taken(__u64 group)
{
	struct pt_regs *regs = registers();
	__u32 tid = bpf_get_current_pid_tgid(), length;
	__u32 *taken = bpf_map_lookup_elem(&unfinished_reads, &tid);
	struct file *file;
	__u64 buffer;
	__s32 fd;

	/* Who changes a file lets notifications go, too: those that say what the last one said. */
	if (!taken || !regs || !reads_queue(SYSCALL_NUMBER(regs)))
		return 0;
	fd = PT_REGS_PARM1_SYSCALL(regs);
	file = (void *)current_file(fd);
	if (!file || (__u64)BPF_CORE_READ(file, private_data) != group)
		return 0;
	buffer = PT_REGS_PARM2_SYSCALL(regs);
	/* A further segment is a read of its own to the kernel. */
	if (SYSCALL_NUMBER(regs) == SYS_readv &&
	    bpf_probe_read_user(&buffer, sizeof(buffer), (void *)buffer))
		goto fault;
	buffer += *taken;
	length = length_of_notification(kind_of_queue(file), buffer);
	if (!length)
		goto fault;
	*taken += length;
	return report_queue(group, fd, buffer, length);
fault:
	count_loss(RELOADTRACE_LOSS_READ_FAULT);
	return 0;
}

SEC("fentry/fsnotify_destroy_event")
int BPF_PROG(on_notification_taken)
{
	report_taken(argument(ctx, 0));
	return 0;
}
