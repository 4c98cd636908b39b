// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* For kernels without bpf_rdonly_cast (before 6.2). */
#include "syscalls.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_exit")
int BPF_PROG(on_syscall_probing, struct pt_regs *regs, long result)
{
	return dispatch(regs, result);
}
