// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Programs that do nothing: what it costs to be called at all, at the hooks of the tracer. */

#define SEC(name) __attribute__((section(name), used))

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_exit")
int on_syscall(void* context) {
  return 0;
}

/* The tracepoints that a tracer of the file loop alone would take. */

SEC("tp/syscalls/sys_exit_openat")
int on_openat(void* context) {
  return 0;
}

SEC("tp/syscalls/sys_exit_read")
int on_read(void* context) {
  return 0;
}

SEC("tp/syscalls/sys_exit_close")
int on_close(void* context) {
  return 0;
}
