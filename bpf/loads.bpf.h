/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/*
 * Layer 0: how kernel memory is read. A file that includes this chooses: with
 * RELOADTRACE_DIRECT_LOADS by plain loads (~1 ns each), which need bpf_rdonly_cast (6.2); else by
 * probe reads (~10 ns each), which every kernel has.
 *
 * Neither follows a pointer that the verifier trusts, as that of bpf_get_current_task_btf() or an
 * argument of a program: from 6.3 on it looks up by name what each such step leads to, four times
 * through all types of the kernel (until BTF was sorted), 1 ms a step. Half of the time to load the
 * programs went there.
 */

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/*
 * All programs are compiled a second time for kernels that have no BTF of their own, with
 * RELOADTRACE_WITHOUT_KERNEL_BTF: what they are then given are numbers to the verifier, so that
 * everything is a probe read, and offsets come from BTF that lies elsewhere.
 */
#ifdef RELOADTRACE_WITHOUT_KERNEL_BTF
#define TRACEPOINT(name) SEC("raw_tp/" name)
#else
#define TRACEPOINT(name) SEC("tp_btf/" name)
#endif

#if defined(RELOADTRACE_DIRECT_LOADS) && !defined(RELOADTRACE_WITHOUT_KERNEL_BTF)
#define LOADS_ARE_DIRECT
#endif

#ifdef LOADS_ARE_DIRECT
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
#define AS(type, address)                                                                          \
	((type *)bpf_rdonly_cast((const void *)(address), bpf_core_type_id_kernel(type)))
#define LOAD(pointer, field) ((pointer)->field)
#else
#define AS(type, address)    ((type *)(address))
#define LOAD(pointer, field) BPF_CORE_READ(pointer, field)
#endif

static __always_inline __u64 load_address(__u64 at)
{
#ifdef LOADS_ARE_DIRECT
	/* Any struct that begins with a 64-bit integer: the verifier only casts to structs. */
	return AS(struct timespec64, at)->tv_sec;
#else
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)at);
	return value;
#endif
}

/* The pointer (or 64-bit integer) in a field of the struct at an address. */
#define LOAD_AT(address, type, field)                                                              \
	load_address((__u64)(address) + bpf_core_field_offset(type, field))

/* For probe reads and LOAD_AT only. */
static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

/* An argument of such a program as a number, which a global function takes: no pointer is one. */
static __always_inline __u64 argument(unsigned long long *context, int index)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), context + index);
	return value;
}
