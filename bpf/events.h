/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
#pragma once

/*
 * The kernel event ABI: every byte that crosses the ring buffers, and the payload of a recording.
 *
 * Included by the BPF programs (C) and by userspace/wire (C++), and by nobody else. So: fixed-width
 * integers only, no bool, no enum-typed members, no pointers, explicit padding, and values that are
 * never renumbered. To retire a kind, delete its line and leave the number as a hole. A change of
 * layout raises RELOADTRACE_ABI_VERSION; recordings of another version are refused.
 */
#ifndef __bpf__
#include <linux/types.h>
#include <stddef.h>
#endif

#ifdef __cplusplus
#define RELOADTRACE_LAYOUT(cond) static_assert(cond, #cond)
#else
#define RELOADTRACE_LAYOUT(cond) _Static_assert(cond, #cond)
#endif

#define RELOADTRACE_ABI_VERSION 1

#define RELOADTRACE_COMM_LEN 16	 /* TASK_COMM_LEN */
#define RELOADTRACE_TREE_LEN 320 /* names from a volume's root down to a file */
#define RELOADTRACE_PATH_LEN 512 /* a path as an application passed it */
#define RELOADTRACE_NAME_LEN 128 /* the name in an inotify event */
#define RELOADTRACE_LINE_LEN 64	 /* "POST /-/reload": method and path of a reload request */

enum reloadtrace_event_kind {
	RELOADTRACE_EV_INVALID = 0,
	RELOADTRACE_EV_OPEN = 1,	 /* activity ring */
	RELOADTRACE_EV_READ = 2,	 /* activity ring */
	RELOADTRACE_EV_MAP = 3,		 /* activity ring */
	RELOADTRACE_EV_OPEN_FAILED = 4,	 /* activity ring */
	RELOADTRACE_EV_RENAME = 5,	 /* facts ring */
	RELOADTRACE_EV_SYMLINK = 6,	 /* facts ring */
	RELOADTRACE_EV_WRITE_CLOSED = 7, /* facts ring */
	RELOADTRACE_EV_WATCH_ADD = 8,	 /* facts ring */
	RELOADTRACE_EV_WATCH_REMOVE = 9, /* facts ring */
	RELOADTRACE_EV_NOTIFY = 10,	 /* facts ring */
	RELOADTRACE_EV_FORK = 11,	 /* facts ring */
	RELOADTRACE_EV_EXEC = 12,	 /* facts ring */
	RELOADTRACE_EV_EXIT = 13,	 /* facts ring */
	RELOADTRACE_EV_WRITE_OPEN =
		14,		    /* facts ring; an open that can write: a publisher at work */
	RELOADTRACE_EV_POLL = 15,   /* activity ring */
	RELOADTRACE_EV_SIGNAL = 16, /* facts ring */
	RELOADTRACE_EV_HTTP_REQUEST = 17,   /* facts ring */
	RELOADTRACE_EV_HTTP_RESPONSE = 18,  /* facts ring */
	RELOADTRACE_EV_WATCH_FAILED = 19,   /* facts ring */
	RELOADTRACE_EV_FANOTIFY_MARK = 20,  /* facts ring */
	RELOADTRACE_EV_FANOTIFY = 21,	    /* facts ring */
	RELOADTRACE_EV_CGROUP_CREATED = 22, /* facts ring */
	RELOADTRACE_EV_CGROUP_REMOVED = 23, /* facts ring */
	RELOADTRACE_EV_MOUNT = 24,	    /* facts ring */
};

struct reloadtrace_header {
	__u64 ts_ns;	/* CLOCK_MONOTONIC, bpf_ktime_get_ns() */
	__u64 start_ns; /* group leader's task->start_time (CLOCK_MONOTONIC): with tgid, one process
			 */
	__u64 cgroup_id; /* of the hierarchy chosen at load, see maps.bpf.h; 0 = unknown */
	__u32 tgid;	 /* in the initial pid namespace */
	__u32 tid;
	__u16 kind; /* enum reloadtrace_event_kind */
	__u16 size; /* whole record, header included */
	__u32 cpu;
	char comm[RELOADTRACE_COMM_LEN]; /* NUL-terminated */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_header) == 56);

enum reloadtrace_file_flags {
	RELOADTRACE_FILE_WRITER = 1 << 0,   /* inode->i_writecount > 0: somebody may still write */
	RELOADTRACE_FILE_UNLINKED = 1 << 1, /* inode->i_nlink == 0 */
	RELOADTRACE_FILE_WRITABLE = 1 << 2, /* this descriptor was opened for writing */
};

/* What a descriptor or a watch really refers to: from struct file and dentry, never from a path. */
struct reloadtrace_file {
	__u64 volume_ino;     /* the tracked root met while climbing d_parent */
	__u64 generation_ino; /* child of that root on the climb; 0 = the file lies in the root
				 itself, or is the root */
	__u64 ino;
	__u64 size;  /* i_size now, bytes */
	__u32 dev;   /* s_dev as the kernel keeps it: major << 20 | minor; same for root and file */
	__u16 mode;  /* i_mode: type and permissions */
	__u16 flags; /* enum reloadtrace_file_flags */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_file) == 40);

/*
 * The names met while climbing, leaf first, each followed by NUL: "app.yaml\0..2026_…\0". The
 * root's own name is not among them.
 */
struct reloadtrace_tree {
	__u16 len;	 /* bytes used in names, the NULs included */
	__u8 components; /* names stored */
	__u8 truncated;	 /* 1 = names did not fit; the leaf is always there */
	__u32 reserved;	 /* zero */
	char names[RELOADTRACE_TREE_LEN];
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_tree) == 328);

/* OPEN and WRITE_OPEN */
struct reloadtrace_open_event {
	struct reloadtrace_header header;
	struct reloadtrace_file file;
	struct reloadtrace_tree tree;
	__s32 fd;
	__u32 open_flags; /* f_flags */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_open_event) == 432);

/*
 * READ: bytes that went from the file to wherever: read, pread64, readv, preadv, preadv2, sendfile,
 * splice, copy_file_range, or io_uring's READ, READV, READ_FIXED; also one that returned 0.
 */
struct reloadtrace_read_event {
	struct reloadtrace_header header;
	struct reloadtrace_file file;
	__u64 offset;	/* of the first byte read */
	__u64 count;	/* bytes returned; 0 = at or beyond the end */
	__s32 fd;	/* -1 = not known (io_uring) */
	__u32 reserved; /* zero */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_read_event) == 120);

/* MAP: mmap, or the execution of a program that lies in a volume (then fd is -1). */
struct reloadtrace_map_event {
	struct reloadtrace_header header;
	struct reloadtrace_file file;
	__u64 address;
	__u64 length; /* bytes */
	__u64 offset; /* bytes */
	__u32 prot;
	__s32 fd;
	struct reloadtrace_tree tree;
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_map_event) == 456);

/* A failed open by a process in scope whose last path component is a name that a volume has. */
struct reloadtrace_open_failed_event {
	struct reloadtrace_header header;
	__u32 error; /* positive errno */
	__u32 uid;   /* fsuid in the initial user namespace */
	__s32 dfd;
	__u32 open_flags;
	char path[RELOADTRACE_PATH_LEN]; /* NUL-terminated, as passed */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_open_failed_event) == 584);

/*
 * A successful rename whose new name may lie in a volume. Its paths are hints (the syscall leaves
 * no dentry behind): userspace confirms by asking the volume what changed.
 */
struct reloadtrace_rename_event {
	struct reloadtrace_header header;
	__u64 base_ino;	       /* directory that new_path starts at (cwd or dfd), 0 = absolute */
	__u32 base_dev;	       /* as reloadtrace_file.dev */
	__u32 flags;	       /* of renameat2 */
	__u64 base_volume_ino; /* volume that this directory lies in or is, 0 = none */
	__u32 old_truncated;   /* 1 = the path did not fit */
	__u32 new_truncated;
	char old_path[RELOADTRACE_PATH_LEN];
	char new_path[RELOADTRACE_PATH_LEN];
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_rename_event) == 1112);

/* A successful symlink or symlinkat under the same filter; names the generation before its rename.
 */
struct reloadtrace_symlink_event {
	struct reloadtrace_header header;
	char target[RELOADTRACE_PATH_LEN];
	char link_path[RELOADTRACE_PATH_LEN];
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_symlink_event) == 1080);

/*
 * The last descriptor that could write this file was closed, replaced by dup2 or ended by exit. The
 * header is of the process that opened it; its time is that of the end.
 */
struct reloadtrace_write_closed_event {
	struct reloadtrace_header header;
	struct reloadtrace_file file;
	struct reloadtrace_tree tree;
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_write_closed_event) == 424);

struct reloadtrace_watch_add_event {
	struct reloadtrace_header header;
	struct reloadtrace_file target; /* what the mark is on, links followed or not */
	struct reloadtrace_tree tree;	/* names of the target; empty for the root itself */
	__s32 fd;
	__s32 wd;
	__u32 mask;	/* as passed to inotify_add_watch; with IN_MASK_ADD also what was watched
			   before */
	__u32 reserved; /* zero */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_watch_add_event) == 440);

struct reloadtrace_watch_remove_event {
	struct reloadtrace_header header;
	__s32 fd;
	__s32 wd;
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_watch_remove_event) == 64);

/* One struct inotify_event that an application has just read from its queue. */
struct reloadtrace_notify_event {
	struct reloadtrace_header header;
	__s32 fd;
	__s32 wd; /* -1 with IN_Q_OVERFLOW */
	__u32 mask;
	__u32 cookie;
	char name[RELOADTRACE_NAME_LEN]; /* NUL-terminated, cut if longer */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_notify_event) == 200);

/* The header is the parent's. Threads are not reported. */
struct reloadtrace_fork_event {
	struct reloadtrace_header header;
	__u64 child_start_ns;
	__u32 child_tgid;
	__u32 reserved; /* zero */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_fork_event) == 72);

/* After the new image is in place: comm is the new one. */
struct reloadtrace_exec_event {
	struct reloadtrace_header header;
	__u32 parent_tgid;	/* in the initial pid namespace */
	__u32 namespace_pid;	/* pid in the task's own pid namespace; 1 = its init */
	__u32 pid_namespace;	/* inode number of that namespace */
	__u32 parent_namespace; /* inode number of the parent's pid namespace */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_exec_event) == 72);

/* The last thread of a process is gone. */
struct reloadtrace_exit_event {
	struct reloadtrace_header header;
	__u32 exit_code; /* as wait(2) gives it */
	__u32 reserved;	 /* zero */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_exit_event) == 64);

enum reloadtrace_poll_call {
	RELOADTRACE_POLL_STAT = 1,     /* stat, newfstatat, statx: links followed */
	RELOADTRACE_POLL_LSTAT = 2,    /* the same with AT_SYMLINK_NOFOLLOW, lstat */
	RELOADTRACE_POLL_READLINK = 3, /* readlink, readlinkat */
	RELOADTRACE_POLL_ACCESS = 4,   /* access, faccessat, faccessat2 */
};

/*
 * Looks at one path by one process in scope, whose last path component is a name that a volume or
 * its directory has. The first look is reported at once; a fast poller's are then counted and
 * reported together, some times a second: the counts add up to all of its looks.
 */
struct reloadtrace_poll_event {
	struct reloadtrace_header header; /* ts_ns: when it was reported; tid: of the latest look */
	__u64 first_ns;			  /* of the first look in it, CLOCK_MONOTONIC */
	__u64 latest_ns;		  /* of the latest */
	__u64 count;			  /* looks in it, at least 1 */
	__u32 call;			  /* enum reloadtrace_poll_call */
	__u32 error;			  /* of the latest look: positive errno, 0 = success */
	__s32 dfd;			  /* AT_FDCWD where the call has none */
	__u32 reserved;			  /* zero */
	char path[RELOADTRACE_PATH_LEN];  /* NUL-terminated, as passed */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_poll_event) == 608);

enum reloadtrace_signal_handling {
	RELOADTRACE_SIGNAL_DEFAULT = 0, /* SIG_DFL */
	RELOADTRACE_SIGNAL_IGNORED = 1, /* SIG_IGN */
	RELOADTRACE_SIGNAL_HANDLED = 2, /* the process has a handler */
	RELOADTRACE_SIGNAL_BLOCKED = 3, /* without a handler, but blocked: for sigwait or signalfd
					 */
};

/* As TRACE_SIGNAL_* of include/trace/events/signal.h, and failures of the call. */
enum reloadtrace_signal_outcome {
	RELOADTRACE_SIGNAL_DELIVERED = 0,
	RELOADTRACE_SIGNAL_DROPPED = 1, /* by the kernel: ignored, or an init without a handler */
	RELOADTRACE_SIGNAL_PENDING = 2, /* one of these was pending already */
	RELOADTRACE_SIGNAL_LOST = 3,	/* queue overflow */
	RELOADTRACE_SIGNAL_REFUSED = 4, /* the call failed: see error */
};

/*
 * SIGHUP, SIGUSR1 or SIGUSR2 for a process in scope; sent by the header's process, or refused to it
 * (then either of them is in scope).
 */
struct reloadtrace_signal_event {
	struct reloadtrace_header header; /* the sender's; tgid 0 = the kernel itself */
	/* Who it was for; all zero when it was refused and that was nobody, or a group. */
	__u64 target_start_ns;	/* as header.start_ns */
	__u64 target_cgroup_id; /* as header.cgroup_id */
	__u32 target_tgid;	/* in the initial pid namespace */
	__s32 target_pid; /* in the target's own pid namespace (1 = its init); without a target as
			     the sender named it (0 = its group, or by a pidfd; < 0: as kill(2)) */
	__u32 signal;
	__u32 handling; /* enum reloadtrace_signal_handling */
	__u32 outcome;	/* enum reloadtrace_signal_outcome */
	__u32 error;	/* positive errno when refused */
	char target_comm[RELOADTRACE_COMM_LEN];
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_signal_event) == 112);

/*
 * A process in scope read a request line that counts as a reload request from a plain socket, or
 * answered it. Of the request only what the pattern says is kept: a query may carry a secret.
 */
struct reloadtrace_http_event {
	struct reloadtrace_header header;
	__u64 request_ns; /* when the request was read, CLOCK_MONOTONIC; in a request ts_ns */
	__u64 socket_ino;
	__u32 status; /* of the answer; 0 in a request */
	__s32 fd;
	char line[RELOADTRACE_LINE_LEN]; /* the pattern that it matched, NUL-terminated */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_http_event) == 144);

enum reloadtrace_watch_call {
	RELOADTRACE_WATCH_INIT = 1, /* inotify_init, inotify_init1 */
	RELOADTRACE_WATCH_ADD = 2,  /* inotify_add_watch */
	RELOADTRACE_WATCH_FANOTIFY_INIT = 3,
	RELOADTRACE_WATCH_FANOTIFY_MARK = 4,
};

/*
 * A process in scope could not set up a watch. Of failed add_watches and marks only those are
 * reported whose last path component is a name that a volume or its directory has.
 */
struct reloadtrace_watch_failed_event {
	struct reloadtrace_header header;
	__u32 call;  /* enum reloadtrace_watch_call */
	__u32 error; /* positive errno */
	__u32 uid;   /* fsuid in the initial user namespace */
	__u32 mask;
	__s32 dfd;			 /* AT_FDCWD where the call has none */
	__u32 reserved;			 /* zero */
	char path[RELOADTRACE_PATH_LEN]; /* as passed; empty for the init calls */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_watch_failed_event) == 592);

/* A successful fanotify_mark(FAN_MARK_ADD) on an inode in a volume. */
struct reloadtrace_fanotify_mark_event {
	struct reloadtrace_header header;
	struct reloadtrace_file target;
	struct reloadtrace_tree tree; /* names of the target; empty for the root itself */
	__u64 mask;
	__s32 fd;
	__u32 flags; /* FAN_MARK_* */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_fanotify_mark_event) == 440);

/* One struct fanotify_event_metadata that an application has just read from its queue. */
struct reloadtrace_fanotify_event {
	struct reloadtrace_header header;
	__u64 mask;
	__s32 fd;			 /* of the fanotify group */
	__u32 reserved;			 /* zero */
	char name[RELOADTRACE_NAME_LEN]; /* with FAN_REPORT_NAME, NUL-terminated; else empty */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_fanotify_event) == 200);

/* A cgroup of the hierarchy chosen at load: a container may be about to start in it. */
struct reloadtrace_cgroup_created_event {
	struct reloadtrace_header header; /* of who made it: a container runtime, systemd */
	__u64 cgroup_id;		  /* as header.cgroup_id of the tasks that will be in it */
	char path[RELOADTRACE_PATH_LEN];  /* from the hierarchy's root, NUL-terminated */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_cgroup_created_event) == 576);

/* Nobody is in it any more, and nobody will be. */
struct reloadtrace_cgroup_removed_event {
	struct reloadtrace_header header; /* of who removed it */
	__u64 cgroup_id;
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_cgroup_removed_event) == 64);

/*
 * A successful mount, move_mount or umount2 in the node's mount namespace: a volume may have come
 * or gone.
 */
struct reloadtrace_mount_event {
	struct reloadtrace_header header;
	__u32 unmounted;		 /* 1 = umount2 */
	__u32 reserved;			 /* zero */
	char path[RELOADTRACE_PATH_LEN]; /* of the mount point as passed, NUL-terminated */
};
RELOADTRACE_LAYOUT(sizeof(struct reloadtrace_mount_event) == 576);

/* Every way to lose something. Each is counted per CPU in the reserve helper or beside it. */
enum reloadtrace_loss {
	RELOADTRACE_LOSS_FACTS_RING_FULL = 0,
	RELOADTRACE_LOSS_ACTIVITY_RING_FULL = 1,
	RELOADTRACE_LOSS_MAP_FULL = 2,	    /* scope entry of a process or inotify group not kept */
	RELOADTRACE_LOSS_READ_FAULT = 3,    /* kernel or user memory could not be read */
	RELOADTRACE_LOSS_WALK_TOO_DEEP = 4, /* no root met within the bound on a tracked device */
	RELOADTRACE_LOSS_TRUNCATED = 5,	    /* a name, a path or a batch of notifications was cut */
	RELOADTRACE_LOSS_POLLS = 6,	    /* looks at a path that could not be counted */
	RELOADTRACE_LOSS_MAX = 7,
};

struct reloadtrace_stats {
	__u64 submitted;
	__u64 lost[RELOADTRACE_LOSS_MAX];
};
