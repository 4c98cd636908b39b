// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* For kernels without bpf_rdonly_cast (before 6.2). */
#include "syscalls.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_exit")
int BPF_PROG(on_syscall_probing, struct pt_regs *regs, long result)
{
	return dispatch(RELOADTRACE_TIER_TRACEPOINT, regs, result);
}

/*
 * Of the same prototype as the functions that jump here: the kernel refuses others. BTF has two,
 * since a function that a kernel may be built without has a parameter of another name. Which of
 * them gets which functions is userspace's choice.
 */
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
