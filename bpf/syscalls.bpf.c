// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#include "direct.bpf.h"
#include "describe.bpf.c"
#include "files.bpf.c"
#include "syscalls.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

TRACEPOINT("sys_exit")
int BPF_PROG(on_syscall, struct pt_regs *regs, long result)
{
	return dispatch(RELOADTRACE_TIER_TRACEPOINT, regs, result);
}

/*
 * Of the same prototype as the functions that jump here: the kernel refuses others. BTF has two,
 * since a function that a kernel may be built without has a parameter of another name. Which of
 * them gets which functions is userspace's choice.
 */
SEC("fexit")
int BPF_PROG(on_function, const struct pt_regs *regs, long result)
{
	return dispatch(RELOADTRACE_TIER_FENTRY, regs, result);
}

SEC("fexit")
int BPF_PROG(on_optional_function, const struct pt_regs *regs, long result)
{
	return dispatch(RELOADTRACE_TIER_FENTRY, regs, result);
}
