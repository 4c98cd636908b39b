// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Programs that do nothing: what it costs to be called at all. A program is of the kind that its
 * name begins with.
 */

#define SEC(name) __attribute__((section(name), used))
#define NOTHING_AT(hook, name)        \
  SEC(hook) int name(void* context) { \
    return 0;                         \
  }

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The hook of the tracer's tier `tracepoint`. */
NOTHING_AT("tp_btf/sys_exit", dispatcher)

/* The tracepoints that a tracer of the file loop alone would take. */
NOTHING_AT("tp/syscalls/sys_exit_openat", tracepoints_openat)
NOTHING_AT("tp/syscalls/sys_exit_read", tracepoints_read)
NOTHING_AT("tp/syscalls/sys_exit_close", tracepoints_close)

/* What the file loop passes of the tier `fentry`. */
NOTHING_AT("fexit/__x64_sys_openat", fexit_openat)
NOTHING_AT("fexit/__x64_sys_read", fexit_read)
NOTHING_AT("fexit/__x64_sys_close", fexit_close)

/* The least that could see an open and a read, but not what came of it. */
NOTHING_AT("fentry/security_file_open", fentry_open)
NOTHING_AT("fentry/security_file_permission", fentry_permission)
