// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Layer 2: renames and symlinks that may publish. They come from outside every container (kubelet,
 * CSI drivers), so they are filtered by name and place, not by process.
 */
#include "describe.bpf.h"
#include "paths.bpf.h"
#include "syscall_table.bpf.h"
#include "registers.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

struct reloadtrace_base {
	__u64 ino;
	__u64 volume_ino;
	__u32 dev;
};

/* Where a relative path starts. */
static __always_inline void find_base(struct reloadtrace_base *base, __s32 dfd)
{
	struct task_struct *task = current_task();
	struct reloadtrace_scratch *s = get_scratch();
	struct dentry *dentry;
	struct inode *inode;
	__u64 file;

	if (dfd == AT_FDCWD) {
		dentry = BPF_CORE_READ(task, fs, pwd.dentry);
	} else {
		file = current_file(dfd);
		if (!file)
			return;
		dentry = BPF_CORE_READ((struct file *)file, f_path.dentry);
	}
	inode = BPF_CORE_READ(dentry, d_inode);
	base->ino = BPF_CORE_READ(inode, i_ino);
	base->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	if (s && device_is_tracked(base->dev) && describe((__u64)dentry, (__u64)inode, 0))
		base->volume_ino = s->file.volume_ino;
}

/* Whether a new name may lie in a volume; the path is in scratch. */
static __always_inline bool may_publish(struct reloadtrace_base *base, __u64 length, __s32 dfd)
{
	struct reloadtrace_path_shape shape;

	unpack_shape(&shape, path_shape(length));
	if (!shape.absolute)
		find_base(base, dfd);
	return shape.dotdot || base->volume_ino ||
	       (shape.has_parent && bit_is_set(directory_name_bits, shape.parent));
}

__noinline int report_rename(__u32 number)
{
	struct pt_regs *regs = registers();
	struct reloadtrace_rename_event *e;
	struct reloadtrace_base base = {};
	struct reloadtrace_scratch *s = get_scratch();
	__u64 old_path, new_path, length;
	__s32 new_dfd = AT_FDCWD;
	__u32 flags = 0;

	if (!s || !regs || is_self())
		return 0;
	if (number == SYS_rename) {
		old_path = PT_REGS_PARM1_SYSCALL(regs);
		new_path = PT_REGS_PARM2_SYSCALL(regs);
	} else {
		old_path = PT_REGS_PARM2_SYSCALL(regs);
		new_dfd = PT_REGS_PARM3_SYSCALL(regs);
		new_path = PT_REGS_PARM4_SYSCALL(regs);
		if (number == SYS_renameat2)
			flags = PT_REGS_PARM5_SYSCALL(regs);
	}
	length = read_path(new_path);
	if (!length || !may_publish(&base, length, new_dfd))
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_RENAME);
	if (!e)
		return 0;
	e->base_ino = base.ino;
	e->base_dev = base.dev;
	e->base_volume_ino = base.volume_ino;
	e->flags = flags;
	e->new_truncated = cut(length);
	copy_path(e->new_path, s);
	length = read_path(old_path);
	if (!length)
		s->path[0] = '\0';
	e->old_truncated = cut(length);
	copy_path(e->old_path, s);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

__noinline int report_symlink(__u32 number)
{
	struct pt_regs *regs = registers();
	struct reloadtrace_symlink_event *e;
	struct reloadtrace_base base = {};
	struct reloadtrace_scratch *s = get_scratch();
	__u64 link_path, length;
	__s32 dfd = AT_FDCWD;

	if (!s || !regs || is_self())
		return 0;
	if (number == SYS_symlink) {
		link_path = PT_REGS_PARM2_SYSCALL(regs);
	} else {
		dfd = PT_REGS_PARM2_SYSCALL(regs);
		link_path = PT_REGS_PARM3_SYSCALL(regs);
	}
	length = read_path(link_path);
	if (!length || !may_publish(&base, length, dfd))
		return 0;
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_SYMLINK);
	if (!e)
		return 0;
	cut(length);
	copy_path(e->link_path, s);
	length = read_path(PT_REGS_PARM1_SYSCALL(regs));
	if (!length)
		s->path[0] = '\0';
	cut(length);
	copy_path(e->target, s);
	bpf_ringbuf_submit(e, 0);
	return 0;
}
