// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Layer 2: signals by which applications are told to reload, and what became of them. */
#include "describe.bpf.h"
#include "syscall_table.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

#define SIGHUP	1
#define SIGUSR1 10
#define SIGUSR2 12
#define SIG_DFL 0
#define SIG_IGN 1

#define SEND_SIG_NOINFO 0 /* include/linux/sched/signal.h: by the process that runs */
#define SEND_SIG_PRIV	1 /* by the kernel itself */
#define SI_USER		0
#define SI_QUEUE	(-1)
#define SI_TKILL	(-6)

#define MAX_THREADS 256 /* asked whether they block a signal */

static __always_inline bool signal_matters(__u32 signal)
{
	return signal == SIGHUP || signal == SIGUSR1 || signal == SIGUSR2;
}

/* real_blocked: sigwait() takes the signals that it waits for out of blocked meanwhile. */
static __always_inline bool is_blocked_by(struct task_struct *task, __u32 signal)
{
	__u64 set = BPF_CORE_READ(task, blocked.sig[0]) | BPF_CORE_READ(task, real_blocked.sig[0]);

	return set >> (signal - 1) & 1;
}

/* Whether all threads block it. The list stands still: who sends holds the siglock. */
static __always_inline bool is_blocked_by_all(struct task_struct *task, __u32 signal)
{
	struct signal_struct *shared = BPF_CORE_READ(task, signal);
	struct list_head *head = (void *)shared + bpf_core_field_offset(shared->thread_head);
	struct list_head *entry = BPF_CORE_READ(head, next);

#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_THREADS; i++) {
		struct task_struct *thread;

		if (!entry || entry == head)
			break;
		thread = (void *)entry - bpf_core_field_offset(struct task_struct, thread_node);
		if (!is_blocked_by(thread, signal))
			return false;
		entry = BPF_CORE_READ(entry, next);
	}
	return true;
}

static __always_inline __u32 handling_of(struct task_struct *task, __u32 signal, bool group)
{
	struct sighand_struct *hands = BPF_CORE_READ(task, sighand);
	struct k_sigaction *action = (void *)hands + bpf_core_field_offset(hands->action) +
				     bpf_core_type_size(struct k_sigaction) * (signal - 1);
	__u64 handler = (__u64)BPF_CORE_READ(action, sa.sa_handler);

	if (handler != SIG_DFL && handler != SIG_IGN)
		return RELOADTRACE_SIGNAL_HANDLED;
	/* A blocked signal is kept even if it is ignored. */
	if (group ? is_blocked_by_all(task, signal) : is_blocked_by(task, signal))
		return RELOADTRACE_SIGNAL_BLOCKED;
	return handler == SIG_IGN ? RELOADTRACE_SIGNAL_IGNORED : RELOADTRACE_SIGNAL_DEFAULT;
}

/* Else the kernel sent it (a terminal that hangs up, a timer), whoever happens to run. */
static __always_inline bool current_sent_it(__u64 info)
{
	__s32 code;

	if (info == SEND_SIG_NOINFO)
		return true;
	if (info == SEND_SIG_PRIV)
		return false;
	code = BPF_CORE_READ((struct kernel_siginfo *)info, si_code);
	return code == SI_USER || code == SI_QUEUE || code == SI_TKILL;
}

static __always_inline void no_sender(struct reloadtrace_header *header)
{
	header->start_ns = 0;
	header->cgroup_id = 0;
	header->tgid = 0;
	header->tid = 0;
	__builtin_memset(header->comm, 0, sizeof(header->comm));
}

static __always_inline __u32 outcome_of(__s32 result)
{
	/* TRACE_SIGNAL_LOSE_INFO: delivered all the same. */
	return result >= 0 && result <= RELOADTRACE_SIGNAL_LOST ? result
								: RELOADTRACE_SIGNAL_DELIVERED;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(on_signal, int signal, struct kernel_siginfo *info, struct task_struct *task,
	     int group, int result)
{
	struct reloadtrace_signal_event *e;
	__u64 cgroup_id;
	__u32 pid = 0;
	bool sent;

	if (!volumes_tracked || !signal_matters(signal))
		return 0;
	cgroup_id = cgroup_id_of(task);
	sent = current_sent_it((__u64)info);
	if (!is_in_scope(task->tgid, cgroup_id) || (sent && is_self()))
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_SIGNAL);
	if (!e)
		return 0;
	if (!sent)
		no_sender(&e->header);
	pid_namespace_of(task->group_leader, &pid);
	e->target_start_ns = task->group_leader->start_time;
	e->target_cgroup_id = cgroup_id;
	e->target_tgid = task->tgid;
	e->target_pid = pid;
	e->signal = signal;
	e->handling = handling_of(task, signal, group);
	e->outcome = outcome_of(result);
	e->error = 0;
	bpf_probe_read_kernel_str(e->target_comm, sizeof(e->target_comm), task->group_leader->comm);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

__noinline int report_signal_refused(__u32 number, __u32 error)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	struct reloadtrace_signal_event *e;
	__u32 signal = PT_REGS_PARM2_SYSCALL(regs);
	__s32 pid = PT_REGS_PARM1_SYSCALL(regs);

	if (number == SYS_tgkill || number == SYS_rt_tgsigqueueinfo)
		signal = PT_REGS_PARM3_SYSCALL(regs);
	else if (number == SYS_pidfd_send_signal)
		pid = 0;
	if (!signal_matters(signal) || (error != 1 /* EPERM */ && error != 3 /* ESRCH */) ||
	    is_self())
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_SIGNAL);
	if (!e)
		return 0;
	e->target_start_ns = 0;
	e->target_cgroup_id = 0;
	e->target_tgid = 0;
	e->target_pid = pid;
	e->signal = signal;
	e->handling = RELOADTRACE_SIGNAL_DEFAULT;
	e->outcome = RELOADTRACE_SIGNAL_REFUSED;
	e->error = error;
	__builtin_memset(e->target_comm, 0, sizeof(e->target_comm));
	bpf_ringbuf_submit(e, 0);
	return 0;
}
