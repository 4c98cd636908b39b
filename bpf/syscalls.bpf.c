// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
#include "direct.bpf.h"
#include "describe.bpf.c"
#include "files.bpf.c"
#include "syscalls.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_exit")
int BPF_PROG(on_syscall, struct pt_regs *regs, long result)
{
	return dispatch(regs, result);
}
