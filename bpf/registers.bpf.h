/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/*
 * Layer 1: the arguments of the system call that is about to return, for functions that are given
 * no pointer. NULL is never met where they are called from the dispatcher.
 */

#include "maps.bpf.h"

#ifdef RELOADTRACE_WITHOUT_KERNEL_BTF

/* By their address alone they cannot be read, and bpf_task_pt_regs() is not to be had. */
static __always_inline struct pt_regs *copy_registers(const struct pt_regs *regs)
{
	struct reloadtrace_scratch *s = get_scratch();

	if (!s || bpf_probe_read_kernel(&s->registers, sizeof(s->registers), regs))
		return NULL;
	return &s->registers;
}

static __always_inline struct pt_regs *registers(void)
{
	struct reloadtrace_scratch *s = get_scratch();

	return s ? &s->registers : NULL;
}

#else

static __always_inline struct pt_regs *registers(void)
{
	return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

#endif
