// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Layer 2: signals by which applications are told to reload, and what became of them. */
#include "loops.bpf.h"
#include "pids.bpf.h"
#include "syscall_table.bpf.h"
#include "registers.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

#define EPERM 1
#define ESRCH 3

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

struct reloadtrace_thread_walk {
	__u64 head;
	__u64 entry; /* where it is: of a struct list_head */
	__u32 signal;
	bool taken; /* by a thread that does not block it */
};

static __noinline long ask_thread(__u32 index, void *context)
{
	struct reloadtrace_thread_walk *walk = context;
	struct list_head *entry = (void *)walk->entry;
	struct task_struct *thread;

	if (!entry || walk->entry == walk->head)
		return 1;
	thread = (void *)entry - bpf_core_field_offset(struct task_struct, thread_node);
	if (!is_blocked_by(thread, walk->signal)) {
		walk->taken = true;
		return 1;
	}
	walk->entry = (__u64)BPF_CORE_READ(entry, next);
	return 0;
}

/* Whether all threads block it. */
static __always_inline bool is_blocked_by_all(struct task_struct *task, __u32 signal)
{
	struct signal_struct *shared = BPF_CORE_READ(task, signal);
	struct list_head *head = (void *)shared + bpf_core_field_offset(shared->thread_head);
	struct reloadtrace_thread_walk walk = {
		.head = (__u64)head,
		.entry = (__u64)BPF_CORE_READ(head, next),
		.signal = signal,
	};

	repeat(MAX_THREADS, ask_thread, &walk);
	return !walk.taken;
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

/* e->signal is set. */
static __always_inline void describe_target(struct reloadtrace_signal_event *e,
					    struct task_struct *task, __u64 cgroup_id, bool group)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	__u32 pid = 0;

	pid_namespace_of(leader, &pid);
	e->target_start_ns = BPF_CORE_READ(leader, start_time);
	e->target_cgroup_id = cgroup_id;
	e->target_tgid = BPF_CORE_READ(task, tgid);
	e->target_pid = pid;
	e->handling = handling_of(task, e->signal, group);
	BPF_CORE_READ_STR_INTO(&e->target_comm, leader, comm);
}

TRACEPOINT("signal_generate")
int BPF_PROG(on_signal, int signal, struct kernel_siginfo *info, struct task_struct *task,
	     int group, int result)
{
	struct reloadtrace_signal_event *e;
	__u64 cgroup_id;
	bool sent;

	if (!volumes_tracked || !signal_matters(signal))
		return 0;
	cgroup_id = cgroup_id_of(task);
	sent = current_sent_it((__u64)info);
	if (!is_in_scope(tgid_of(task), cgroup_id) || (sent && is_self()))
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_SIGNAL);
	if (!e)
		return 0;
	if (!sent)
		no_sender(&e->header);
	e->signal = signal;
	e->outcome = outcome_of(result);
	e->error = 0;
	describe_target(e, task, cgroup_id, group);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

struct reloadtrace_refusal {
	struct task_struct *target; /* NULL = none, or not one alone */
	__u32 signal;
	__s32 named;
};

static __always_inline bool read_refusal(struct reloadtrace_refusal *r, __u32 number, __u32 error)
{
	struct pt_regs *regs = registers();

	if (!regs)
		return false;
	r->target = NULL;
	r->signal = PT_REGS_PARM2_SYSCALL(regs);
	r->named = PT_REGS_PARM1_SYSCALL(regs);
	if (number == SYS_tgkill || number == SYS_rt_tgsigqueueinfo)
		r->signal = PT_REGS_PARM3_SYSCALL(regs);
	if (number == SYS_pidfd_send_signal) {
		if (error == EPERM)
			r->target = task_behind(r->named);
		r->named = 0;
	} else if (error == EPERM) {
		r->target = task_named(r->named);
	}
	return true;
}

/*
 * No tracepoint tells of a refusal, so the target is found as the kernel found it. With ESRCH there
 * is none.
 */
__noinline int report_signal_refused(__u32 number, __u32 error)
{
	struct reloadtrace_signal_event *e;
	struct reloadtrace_refusal refusal;
	struct task_struct *target;
	__u64 cgroup_id = 0;
	bool in_scope;

	if ((error != EPERM && error != ESRCH) || is_self())
		return 0;
	if (!read_refusal(&refusal, number, error) || !signal_matters(refusal.signal))
		return 0;
	in_scope = current_is_in_scope();
	target = refusal.target;
	if (target) {
		cgroup_id = cgroup_id_of(target);
		in_scope |= is_in_scope(BPF_CORE_READ(target, tgid), cgroup_id);
	}
	if (!in_scope)
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_SIGNAL);
	if (!e)
		return 0;
	__builtin_memset(&e->target_start_ns, 0, sizeof(*e) - sizeof(e->header));
	e->target_pid = refusal.named;
	e->signal = refusal.signal;
	e->outcome = RELOADTRACE_SIGNAL_REFUSED;
	e->error = error;
	if (target)
		describe_target(e, target, cgroup_id, true);
	bpf_ringbuf_submit(e, 0);
	return 0;
}
