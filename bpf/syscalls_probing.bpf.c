// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* For kernels without bpf_rdonly_cast (before 6.2). */
#include "syscalls.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

TRACEPOINT("sys_exit")
int BPF_PROG(on_syscall_probing, struct pt_regs *regs, long result)
{
	return dispatch(RELOADTRACE_TIER_TRACEPOINT, regs, result);
}

/* Two of them: syscalls.bpf.c says why. */
SEC("fexit")
int BPF_PROG(on_function_probing, const struct pt_regs *regs, long result)
{
	return dispatch(RELOADTRACE_TIER_FENTRY, regs, result);
}

SEC("fexit")
int BPF_PROG(on_optional_function_probing, const struct pt_regs *regs, long result)
{
	return dispatch(RELOADTRACE_TIER_FENTRY, regs, result);
}
