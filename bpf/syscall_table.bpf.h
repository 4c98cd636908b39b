/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/*
 * Numbers of the syscalls that matter, per architecture: the kernel's BTF does not have them. Those
 * that an architecture lacks have numbers that no syscall has, all different, to keep the switch
 * one.
 */

#if defined(__TARGET_ARCH_x86)

#define SYS_read	      0
#define SYS_write	      1
#define SYS_open	      2
#define SYS_close	      3
#define SYS_mmap	      9
#define SYS_munmap	      11
#define SYS_pread64	      17
#define SYS_readv	      19
#define SYS_writev	      20
#define SYS_dup2	      33
#define SYS_sendfile	      40
#define SYS_sendto	      44
#define SYS_recvfrom	      45
#define SYS_sendmsg	      46
#define SYS_recvmsg	      47
#define SYS_execve	      59
#define SYS_rename	      82
#define SYS_creat	      85
#define SYS_symlink	      88
#define SYS_inotify_add_watch 254
#define SYS_inotify_rm_watch  255
#define SYS_openat	      257
#define SYS_renameat	      264
#define SYS_symlinkat	      266
#define SYS_splice	      275
#define SYS_dup3	      292
#define SYS_preadv	      295
#define SYS_fanotify_mark     301
#define SYS_renameat2	      316
#define SYS_execveat	      322
#define SYS_copy_file_range   326
#define SYS_preadv2	      327
#define SYS_close_range	      436
#define SYS_openat2	      437

#define SYSCALL_NUMBER(regs) ((regs)->orig_ax)
#define SYSCALL_ARG6(regs)   ((regs)->r9) /* libbpf has macros for five */
#define TS_COMPAT	     2		  /* arch/x86/include/asm/thread_info.h */

/* ia32 tasks have other numbers; x32 ones carry bit 30 and match nothing. */
#define IS_COMPAT(task) (LOAD_AT(task, struct task_struct, thread_info.status) & TS_COMPAT)

#elif defined(__TARGET_ARCH_arm64)

#define SYS_dup3	      24
#define SYS_inotify_add_watch 27
#define SYS_inotify_rm_watch  28
#define SYS_symlinkat	      36
#define SYS_renameat	      38
#define SYS_openat	      56
#define SYS_close	      57
#define SYS_read	      63
#define SYS_write	      64
#define SYS_readv	      65
#define SYS_writev	      66
#define SYS_pread64	      67
#define SYS_preadv	      69
#define SYS_sendfile	      71
#define SYS_splice	      76
#define SYS_sendto	      206
#define SYS_recvfrom	      207
#define SYS_sendmsg	      211
#define SYS_recvmsg	      212
#define SYS_munmap	      215
#define SYS_execve	      221
#define SYS_mmap	      222
#define SYS_fanotify_mark     263
#define SYS_renameat2	      276
#define SYS_execveat	      281
#define SYS_copy_file_range   285
#define SYS_preadv2	      286
#define SYS_close_range	      436
#define SYS_openat2	      437
#define SYS_open	      0x10001
#define SYS_creat	      0x10002
#define SYS_rename	      0x10003
#define SYS_symlink	      0x10004
#define SYS_dup2	      0x10005

#define SYSCALL_NUMBER(regs) ((regs)->syscallno)
#define SYSCALL_ARG6(regs)   ((regs)->regs[5])
#define TIF_32BIT	     22 /* arch/arm64/include/asm/thread_info.h */
#define IS_COMPAT(task)	     (LOAD_AT(task, struct task_struct, thread_info.flags) & (1UL << TIF_32BIT))

#else
#error "add this architecture's syscall numbers"
#endif

/* ---- looks at a path ---- */

#if defined(__TARGET_ARCH_x86)
#define SYS_stat       4
#define SYS_lstat      6
#define SYS_access     21
#define SYS_readlink   89
#define SYS_newfstatat 262
#define SYS_readlinkat 267
#define SYS_faccessat  269
#define SYS_statx      332
#elif defined(__TARGET_ARCH_arm64)
#define SYS_faccessat  48
#define SYS_readlinkat 78
#define SYS_newfstatat 79
#define SYS_statx      291
#define SYS_stat       0x10011
#define SYS_lstat      0x10012
#define SYS_access     0x10013
#define SYS_readlink   0x10014
#endif
#define SYS_faccessat2 439

/* ---- signals ---- */

#if defined(__TARGET_ARCH_x86)
#define SYS_kill	      62
#define SYS_rt_sigqueueinfo   129
#define SYS_tkill	      200
#define SYS_tgkill	      234
#define SYS_rt_tgsigqueueinfo 297
#elif defined(__TARGET_ARCH_arm64)
#define SYS_kill	      129
#define SYS_tkill	      130
#define SYS_tgkill	      131
#define SYS_rt_sigqueueinfo   138
#define SYS_rt_tgsigqueueinfo 240
#endif
#define SYS_pidfd_send_signal 424

/* ---- setting up watches ---- */

#if defined(__TARGET_ARCH_x86)
#define SYS_inotify_init  253
#define SYS_inotify_init1 294
#define SYS_fanotify_init 300
#elif defined(__TARGET_ARCH_arm64)
#define SYS_inotify_init1 26
#define SYS_fanotify_init 262
#define SYS_inotify_init  0x10021
#endif

/* ---- mounts ---- */

#if defined(__TARGET_ARCH_x86)
#define SYS_mount   165
#define SYS_umount2 166
#elif defined(__TARGET_ARCH_arm64)
#define SYS_umount2 39
#define SYS_mount   40
#endif
#define SYS_move_mount 429

/* Values that uapi headers hold; vmlinux.h has no macros. */
#define AT_FDCWD	    -100
#define MAP_ANONYMOUS	    0x20
#define PROT_EXEC	    0x4
#define AT_SYMLINK_NOFOLLOW 0x100

/* Families of which all are treated alike, as labels of a switch. */
#define CASE_OF_OPENS                                                                              \
	case SYS_open:                                                                             \
	case SYS_openat:                                                                           \
	case SYS_openat2:                                                                          \
	case SYS_creat
#define CASE_OF_POSITIONED_READS                                                                   \
	case SYS_pread64:                                                                          \
	case SYS_preadv:                                                                           \
	case SYS_preadv2
#define CASE_OF_COPIES                                                                             \
	case SYS_splice:                                                                           \
	case SYS_copy_file_range
#define CASE_OF_RECEIPTS                                                                           \
	case SYS_recvfrom:                                                                         \
	case SYS_recvmsg
#define CASE_OF_SENDINGS                                                                           \
	case SYS_write:                                                                            \
	case SYS_writev:                                                                           \
	case SYS_sendto:                                                                           \
	case SYS_sendmsg
#define CASE_OF_ENDS_OF_FILES                                                                      \
	case SYS_close:                                                                            \
	case SYS_close_range:                                                                      \
	case SYS_dup2:                                                                             \
	case SYS_dup3:                                                                             \
	case SYS_execve:                                                                           \
	case SYS_execveat:                                                                         \
	case SYS_munmap
#define CASE_OF_RENAMES                                                                            \
	case SYS_rename:                                                                           \
	case SYS_renameat:                                                                         \
	case SYS_renameat2
#define CASE_OF_SYMLINKS                                                                           \
	case SYS_symlink:                                                                          \
	case SYS_symlinkat
#define CASE_OF_MOUNTS                                                                             \
	case SYS_mount:                                                                            \
	case SYS_move_mount:                                                                       \
	case SYS_umount2
#define CASE_OF_NEW_QUEUES                                                                         \
	case SYS_inotify_init:                                                                     \
	case SYS_inotify_init1:                                                                    \
	case SYS_fanotify_init
#define CASE_OF_LOOKS                                                                              \
	case SYS_stat:                                                                             \
	case SYS_lstat:                                                                            \
	case SYS_newfstatat:                                                                       \
	case SYS_statx:                                                                            \
	case SYS_readlink:                                                                         \
	case SYS_readlinkat:                                                                       \
	case SYS_access:                                                                           \
	case SYS_faccessat:                                                                        \
	case SYS_faccessat2
#define CASE_OF_SIGNALS                                                                            \
	case SYS_kill:                                                                             \
	case SYS_tkill:                                                                            \
	case SYS_tgkill:                                                                           \
	case SYS_rt_sigqueueinfo:                                                                  \
	case SYS_rt_tgsigqueueinfo:                                                                \
	case SYS_pidfd_send_signal
