/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/* Layer 0: loops with so high a bound that the verifier should not go round them so often. */

#include "loads.bpf.h"

enum bpf_func_id___loop { BPF_FUNC_loop___loop = 181 };

/*
 * Calls `step`, a static __noinline function, until it returns 1, at most `times` times. The
 * verifier looks at it once or twice where there is bpf_loop() (5.17), else each time.
 */
static __always_inline void repeat(__u32 times, long (*step)(__u32 index, void *context),
				   void *context)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id___loop, BPF_FUNC_loop___loop)) {
		bpf_loop(times, step, context, 0);
		return;
	}
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < times; i++) {
		if (step(i, context))
			break;
	}
}
