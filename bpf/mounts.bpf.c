// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Layer 2: what is mounted on the node and unmounted. Kubelet gives memory-backed volumes a mount
 * of their own, CSI drivers nearly all. What happens in a container's namespace concerns it alone,
 * and runtimes mount a lot there.
 */
#include "paths.bpf.h"
#include "syscall_table.bpf.h"
#include "registers.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

static __always_inline __u64 mount_point(struct pt_regs *regs, __u32 number)
{
	switch (number) {
	case SYS_mount:
		return PT_REGS_PARM2_SYSCALL(regs);
	case SYS_move_mount:
		return PT_REGS_PARM4_SYSCALL(regs);
	default: /* umount2 */
		return PT_REGS_PARM1_SYSCALL(regs);
	}
}

__noinline int report_mount(__u32 number)
{
	struct pt_regs *regs = registers();
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_mount_event *e;
	__u64 length;

	if (!s || !regs || is_self() ||
	    BPF_CORE_READ(current_task(), nsproxy, mnt_ns, ns.inum) != node_mount_namespace)
		return 0;
	length = read_path(mount_point(regs, number));
	if (!length)
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_MOUNT);
	if (!e)
		return 0;
	e->unmounted = number == SYS_umount2;
	e->reserved = 0;
	cut(length);
	copy_path(e->path, s);
	bpf_ringbuf_submit(e, 0);
	return 0;
}
