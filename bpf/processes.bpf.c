// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Layer 2: the life of processes in tracked containers, and of those that touched a volume. */
#include "describe.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

extern int report_execution(__u64 file);
extern int close_writers_at_exit(__u32 reserved);
extern int look_for_ended_writers(__u32 reserved);
extern int report_polls_at_exit(__u32 reserved);

#define SIGNAL_GROUP_EXIT 4 /* include/linux/sched/signal.h */

TRACEPOINT("sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 tgid = tgid_of(parent), child_tgid = tgid_of(child);
	struct reloadtrace_fork_event *e;
	bool tracked;

	if (child_tgid == tgid || is_self())
		return 0;
	tracked = process_is_tracked(tgid);
	if (!tracked && current_cgroup_scope() != CGROUP_TRACKED)
		return 0;
	if (tracked)
		track_process(child_tgid);
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_FORK);
	if (!e)
		return 0;
	e->child_start_ns = BPF_CORE_READ(child, start_time);
	e->child_tgid = child_tgid;
	e->reserved = 0;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

static __always_inline int report_exec(struct task_struct *task)
{
	struct reloadtrace_exec_event *e;
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	__u32 number = 0;

	/* An unknown cgroup may be a container that is just starting: userspace classifies it. */
	if (!process_is_tracked(tgid_of(task)) && current_cgroup_scope() == CGROUP_IGNORED)
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_EXEC);
	if (!e)
		return 0;
	e->parent_tgid = BPF_CORE_READ(parent, tgid);
	e->pid_namespace = BPF_CORE_READ(pid_namespace_of(task, &number), ns.inum);
	e->namespace_pid = number;
	e->parent_namespace = BPF_CORE_READ(pid_namespace_of(parent, NULL), ns.inum);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

TRACEPOINT("sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	/* Not bprm->file: what the verifier knows as a pointer is no argument of a global function.
	 */
	__u64 program = (__u64)BPF_CORE_READ(bprm, file);

	if (is_self())
		return 0;
	report_exec(task);
	/* The volume's own program brings its process into scope, whatever its cgroup. */
	if (hook_mmap && !is_shed(RELOADTRACE_SHED_MMAP) && volumes_tracked &&
	    device_is_tracked(file_device((struct file *)program)))
		report_execution(program);
	return 0;
}

/*
 * do_exit() has lowered signal->live before this point; zero = no other thread is left. Two threads
 * that end together may both see zero, so the first to enter the process in a map speaks for it.
 * (6.18 passes group_dead; the map is needed for older kernels.)
 */
static __always_inline bool is_last_exit(struct task_struct *task)
{
	__u64 process = (__u64)tgid_of(task) << 32 ^ BPF_CORE_READ(task, group_leader, start_time);
	__u8 one = 1;

	return BPF_CORE_READ(task, signal, live.counter) == 0 &&
	       !bpf_map_update_elem(&exited_processes, &process, &one, BPF_NOEXIST);
}

TRACEPOINT("sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct reloadtrace_exit_event *e;
	__u32 tgid = tgid_of(task);
	bool tracked;

	if (writers_open) {
		/* Mappings are gone already, descriptors go after this unless CLONE_FILES shares
		 * them. */
		look_for_ended_writers(0);
		if (BPF_CORE_READ(task, files, count.counter) == 1)
			close_writers_at_exit(0);
	}
	if (is_self() || BPF_CORE_READ(task, signal, live.counter))
		return 0;
	tracked = process_is_tracked(tgid);
	if (!tracked && current_cgroup_scope() != CGROUP_TRACKED)
		return 0;
	if (!is_last_exit(task))
		return 0;
	if (hook_poll)
		report_polls_at_exit(0);
	bpf_map_delete_elem(&processes, &tgid);
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_EXIT);
	if (!e)
		return 0;
	if (BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT)
		e->exit_code = BPF_CORE_READ(task, signal, group_exit_code);
	else
		e->exit_code = BPF_CORE_READ(task, group_leader, exit_code);
	e->reserved = 0;
	bpf_ringbuf_submit(e, 0);
	return 0;
}
