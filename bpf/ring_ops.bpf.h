/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/* Layer 0: what io_uring calls its requests. */

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* include/uapi/linux/io_uring.h: an ABI, and younger kernels have names that older ones lack. */
#define OP_READV	 1
#define OP_READ_FIXED	 4
#define OP_OPENAT	 18
#define OP_CLOSE	 19
#define OP_READ		 22
#define OP_OPENAT2	 28
#define OP_READV_FIXED	 60
#define FILE_INDEX_ALLOC (~0U) /* IORING_FILE_INDEX_ALLOC: the kernel chooses the slot */

static __always_inline bool is_ring_open(__u32 opcode)
{
	return opcode == OP_OPENAT || opcode == OP_OPENAT2;
}
