/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#pragma once

/* Layer 0: maps, knobs, the filter's bitmaps, and the one place where records are reserved. */

#include "loads.bpf.h"
#include "events.h"
#include "filter.h"

#define RELOADTRACE_PATH_MAX 4096 /* PATH_MAX */
#define PF_IO_WORKER	     0x10 /* include/linux/sched.h */

/* ---- knobs: set before load, so that the verifier removes what is off ---- */

/* The tracer's own process: it reads the volumes too. */
const volatile __u32 self_tgid __weak = 0;
/* s_dev of anon_inodefs, where inotify descriptors live; found with fstat. */
const volatile __u32 anon_inode_dev __weak = 0;
/* cgroup ids are those of the v1 `pids` hierarchy (hybrid and v1 nodes), else of v2. */
const volatile __u8 cgroup_of_pids __weak = 0;
/* s_dev of sockfs, found likewise. */
const volatile __u32 socket_dev __weak = 0;
/* The node's mount namespace, by the number that /proc/PID/ns/mnt shows. */
const volatile __u32 node_mount_namespace __weak = 0;
/* Families of syscalls: RELOADTRACE_TIER_* of who sees them; one that is off costs nothing. */
const volatile __u8 hook_open __weak = 1;
const volatile __u8 hook_read __weak = 1;
const volatile __u8 hook_mmap __weak = 1;
const volatile __u8 hook_publish __weak = 1;
const volatile __u8 hook_symlink __weak = 1;
const volatile __u8 hook_inotify __weak = 1;
const volatile __u8 hook_write_close __weak = 1;
const volatile __u8 hook_http __weak = 1;
const volatile __u8 hook_fanotify __weak = 1;
const volatile __u8 hook_poll __weak = 1;
const volatile __u8 hook_signal __weak = 1;
const volatile __u8 hook_mount __weak = 1;
const volatile __u8 hook_io_uring __weak = 1; /* completions are seen */

/* ---- the filter, written by userspace through the mapped .bss ---- */

__u64 device_bits[RELOADTRACE_FILTER_WORDS] __weak = {};
__u64 root_bits[RELOADTRACE_FILTER_WORDS] __weak = {};
__u64 file_name_bits[RELOADTRACE_FILTER_WORDS] __weak = {};
__u64 directory_name_bits[RELOADTRACE_FILTER_WORDS] __weak = {};
__u32 volumes_tracked __weak = 0;
/* First publishes, mounts and cgroups are reported even while nothing is tracked. */
__u32 announcing __weak = 0;
/* Raised by each adoption; groups that carry an older one afterwards are gone. */
__u32 adoption __weak = 0;

/* RELOADTRACE_SHED_*: bits are never cleared. */
__u32 families_shed __weak = 0;

/* Ids in `cgroups` that are tracked, and those in `processes`. Bits are never cleared. */
__u64 cgroup_bits[RELOADTRACE_FILTER_WORDS] __weak = {};
__u64 process_bits[RELOADTRACE_FILTER_WORDS] __weak = {};

/* ---- state that the programs keep themselves ---- */

__u64 group_bits[RELOADTRACE_FILTER_WORDS] __weak = {};
/* Entries of `writers`: while it is zero, nobody's close() is looked at. */
__s64 writers_open __weak = 0;
/* Entries of `requests`: while it is zero, nobody's write() is looked at. */
__s64 answers_awaited __weak = 0;

/* Rises with each loss of any cause and CPU: while it stands still, nobody has to add up. */
__u64 losses_noted __weak = 0;

/* __weak lets every .bpf.c include this header and `bpftool gen object` merge the copies. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} facts __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 * 1024 * 1024);
} activity __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reloadtrace_stats);
} stats __weak SEC(".maps");

/*
 * Roots of the tracked volumes → ROOT_IS_KNOWN and i_generation, once one was met. A file system
 * gives the number of a root that was deleted out again, perhaps to a file of another volume,
 * before userspace forgets it; only i_generation tells the two apart.
 */
#define ROOT_IS_KNOWN (1ULL << 32)
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct reloadtrace_volume_key);
	__type(value, __u64);
} volumes __weak SEC(".maps");

/* cgroup id → enum CgroupScope (userspace/wire/scope.h). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u8);
} cgroups __weak SEC(".maps");

/* tgids whose life is reported: those that touched a volume, and their children. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u8);
} processes __weak SEC(".maps");

/* Processes whose exit was reported, see on_exit. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u8);
} exited_processes __weak SEC(".maps");

/* fsnotify groups (inotify instances) that watch a volume → adoption that saw them last. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u32);
} inotify_groups __weak SEC(".maps");

/* The same for instances of fanotify. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u32);
} fanotify_groups __weak SEC(".maps");

struct reloadtrace_writer {
	__u64 inode;		      /* address */
	__u32 walker;		      /* tgid whose exit counted last */
	__u32 seen;		      /* descriptors of that process which refer to the file */
	struct reloadtrace_header by; /* who opened it */
	struct reloadtrace_file file; /* as it was opened: at its end nothing can be walked */
	struct reloadtrace_tree tree;
};

/* struct file (its address) of each regular file of a volume that is open for writing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct reloadtrace_writer);
} writers __weak SEC(".maps");

/* Where in a volume something lies. */
struct reloadtrace_place {
	__u64 volume_ino;
	__u64 generation_ino; /* 0 = none, as in reloadtrace_file */
	__u64 root;	      /* address of its dentry, which lies above */
};

/* A process that is in `processes` for as long as it lives: pids come again, start times do not. */
struct reloadtrace_tracked {
	__u64 start_ns;
	__u64 tgid;
};

/* Too large for the 512-byte stack. Each program finishes with it before it returns. */
struct reloadtrace_scratch {
	struct reloadtrace_file file;
	struct reloadtrace_tree tree;
	char tree_overflow[256]; /* a name is stored before it is known to fit */
	char path[RELOADTRACE_PATH_MAX];
	struct reloadtrace_writer writer;
	struct reloadtrace_place place;
	struct reloadtrace_tracked tracked; /* whom this CPU asked for last: stays */
#ifdef RELOADTRACE_WITHOUT_KERNEL_BTF
	struct pt_regs registers; /* registers.bpf.h */
#endif
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reloadtrace_scratch);
} scratches __weak SEC(".maps");

static __always_inline struct reloadtrace_scratch *get_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratches, &zero);
}

static __always_inline void note_loss(struct reloadtrace_stats *s, __u32 cause)
{
	if (s && cause < RELOADTRACE_LOSS_MAX)
		s->lost[cause]++;
	__sync_fetch_and_add(&losses_noted, 1);
}

static __always_inline void count_loss(__u32 cause)
{
	__u32 zero = 0;

	note_loss(bpf_map_lookup_elem(&stats, &zero), cause);
}

static __always_inline __u32 tgid_of(struct task_struct *task)
{
	return LOAD_AT(task, struct task_struct, tgid);
}

/* Of its process; with the tgid, that process and no other. CLOCK_MONOTONIC. */
static __always_inline __u64 start_of(struct task_struct *task)
{
	return LOAD_AT(LOAD_AT(task, struct task_struct, group_leader), struct task_struct,
		       start_time);
}

static __always_inline __u32 current_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline bool is_self(void)
{
	return current_tgid() == self_tgid;
}

static __always_inline bool bit_is_set(const volatile __u64 *bits, __u32 slot)
{
	return bits[(slot / 64) & (RELOADTRACE_FILTER_WORDS - 1)] >> (slot % 64) & 1;
}

static __always_inline void set_bit(__u64 *bits, __u32 slot)
{
	__sync_fetch_and_or(&bits[(slot / 64) & (RELOADTRACE_FILTER_WORDS - 1)],
			    1ULL << (slot % 64));
}

/*
 * The struct cgroup that a task is in, of the hierarchy chosen at load: userspace/base/
 * cgroup_hierarchy.h has the rule. The index of a controller depends on the kernel's configuration,
 * so it comes from the kernel's BTF.
 */
static __always_inline __u64 cgroup_of(struct task_struct *task)
{
	enum cgroup_subsys_id___pids { pids_cgrp_id___pids = 1 };
	__u64 set = LOAD_AT(task, struct task_struct, cgroups), state;

	if (!cgroup_of_pids)
		return LOAD_AT(set, struct css_set, dfl_cgrp);
	state = load_address(set + bpf_core_field_offset(struct css_set, subsys) +
			     sizeof(void *) * bpf_core_enum_value(enum cgroup_subsys_id___pids,
								  pids_cgrp_id___pids));
	return LOAD_AT(state, struct cgroup_subsys_state, cgroup);
}

static __always_inline __u64 id_of_cgroup(__u64 cgroup)
{
	return LOAD_AT(LOAD_AT(cgroup, struct cgroup, kn), struct kernfs_node, id);
}

static __always_inline __u64 cgroup_id_of(struct task_struct *task)
{
	return id_of_cgroup(cgroup_of(task));
}

static __always_inline bool is_shed(__u32 family)
{
	return families_shed & family;
}

/* While neither is set, nothing is asked for that a volume would announce itself by. */
static __always_inline bool is_asked(void)
{
	return volumes_tracked || announcing;
}

static __always_inline __u64 current_cgroup_id(void)
{
	return cgroup_id_of(current_task());
}

/* io_uring's threads of a process are named after themselves: "iou-wrk-4711". */
static __always_inline void copy_name(char *name, struct task_struct *task)
{
	__u64 from = (__u64)task;

	if (LOAD_AT(task, struct task_struct, flags) & PF_IO_WORKER)
		from = LOAD_AT(task, struct task_struct, group_leader);
#pragma clang loop unroll(full)
	for (int i = 0; i < RELOADTRACE_COMM_LEN; i += sizeof(__u64))
		*(__u64 *)(name + i) =
			load_address(from + bpf_core_field_offset(struct task_struct, comm) + i);
	name[RELOADTRACE_COMM_LEN - 1] = '\0';
}

/* Who runs now. */
static __always_inline void identify(struct reloadtrace_header *h)
{
	struct task_struct *task = current_task();

	h->start_ns = start_of(task);
	h->cgroup_id = cgroup_id_of(task);
	h->tgid = tgid_of(task);
	h->tid = LOAD_AT(task, struct task_struct, pid);
	copy_name(h->comm, task);
}

static __always_inline void *reserve_in(void *ring, __u32 loss, __u64 size, __u16 kind)
{
	__u32 zero = 0;
	struct reloadtrace_stats *s = bpf_map_lookup_elem(&stats, &zero);
	struct reloadtrace_header *h = bpf_ringbuf_reserve(ring, size, 0);

	if (!h) {
		note_loss(s, loss);
		return NULL;
	}
	if (s)
		s->submitted++;
	h->ts_ns = bpf_ktime_get_ns();
	h->kind = kind;
	h->size = size;
	h->cpu = bpf_get_smp_processor_id();
	identify(h);
	return h;
}

/* What must not be lost: publishes, watches, processes. */
static __always_inline void *reserve_fact(__u64 size, __u16 kind)
{
	return reserve_in(&facts, RELOADTRACE_LOSS_FACTS_RING_FULL, size, kind);
}

/* Opens, reads, maps: a storm of them cannot push out a fact. */
static __always_inline void *reserve_activity(__u64 size, __u16 kind)
{
	return reserve_in(&activity, RELOADTRACE_LOSS_ACTIVITY_RING_FULL, size, kind);
}
