// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Layer 2: looks at a path (stat, lstat, readlink, access), which is what pollers do between
 * changes.
 *
 * A fast poller must cost little and push nothing out of the ring, but "it looked after the
 * publish" must stay exact. So looks are counted in an entry for each process, call and path: the
 * first is reported at once; while others follow quickly they only count, and are reported together
 * by a look that comes REPORT_INTERVAL_NS after the last report, by userspace when it asks
 * (polls_pending says that there is something to ask for), and at the end of the process. Each
 * count is taken by one atomic operation, so that none is lost or reported twice.
 */
#include "describe.bpf.h"
#include "paths.bpf.h"
#include "syscall_table.bpf.h"
#include "registers.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

#define REPORT_INTERVAL_NS 100000000ULL /* 100 ms */
/* Sooner than it fills: a publisher looks at paths that were never there before. */
#define FORGET_AFTER_NS	 1000000000ULL /* an entry that nobody used for 1 s */
#define ENDED		 (1ULL << 63)  /* the entry is being deleted: count elsewhere */
#define MAX_HASHED_WORDS (RELOADTRACE_PATH_LEN / 8)

/* Set when something was counted that is not reported; cleared by userspace before it asks. */
__u32 polls_pending = 0;
/* Entries: while there are some, userspace asks now and then, so that idle ones are deleted. */
__s64 polls_kept = 0;

struct reloadtrace_poll_key {
	__u64 path;    /* hash of the path and of the process' start */
	__u64 process; /* tgid << 32 | dfd */
	__u64 call;
};

struct reloadtrace_poll_count {
	__u64 pending; /* looks that are not reported yet, and ENDED */
	__u64 first_ns;
	__u64 latest_ns;
	__u64 reported_ns;
	__u64 start_ns;
	__u64 cgroup_id;
	__u32 tid;
	__u32 error;
	char comm[RELOADTRACE_COMM_LEN];
	char path[RELOADTRACE_PATH_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct reloadtrace_poll_key);
	__type(value, struct reloadtrace_poll_count);
} polls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reloadtrace_poll_count);
} new_polls SEC(".maps");

static __always_inline __u64 later(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

/*
 * Reports what is pending under this key, with the time `at` (0 = now). The looker may be another
 * than who runs now, so all that says who comes from the entry.
 */
__noinline int report_looks(__u64 path, __u64 process, __u64 call, __u64 at)
{
	struct reloadtrace_poll_key key = {.path = path, .process = process, .call = call};
	struct reloadtrace_poll_count *p = bpf_map_lookup_elem(&polls, &key);
	struct reloadtrace_poll_event *e;
	__u64 count;

	if (!p)
		return 0;
	count = __sync_fetch_and_and(&p->pending, ENDED) & ~ENDED;
	if (!count)
		return 0;
	e = reserve_activity(sizeof(*e), RELOADTRACE_EV_POLL);
	if (!e) {
		/* They stay counted, for the next report. */
		__sync_fetch_and_add(&p->pending, count);
		polls_pending = 1;
		return 0;
	}
	if (at)
		e->header.ts_ns = at;
	e->header.start_ns = p->start_ns;
	e->header.cgroup_id = p->cgroup_id;
	e->header.tgid = process >> 32;
	e->header.tid = p->tid;
	__builtin_memcpy(e->header.comm, p->comm, sizeof(e->header.comm));
	/* Who counted may not have written its times yet: then it looked after the last report. */
	e->first_ns = later(p->first_ns, p->reported_ns);
	e->latest_ns = later(p->latest_ns, e->first_ns);
	e->count = count;
	e->call = call;
	e->error = p->error;
	e->dfd = (__s32)process;
	e->reserved = 0;
	__builtin_memcpy(e->path, p->path, sizeof(e->path));
	p->reported_ns = e->header.ts_ns;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/* The entry for a look just made; its path is in scratch. Not there = full, or two threads at once.
 */
static __always_inline struct reloadtrace_poll_count *
begin_counting(struct reloadtrace_poll_key *key, __u64 length)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_poll_count *p;
	__u32 zero = 0;
	long err;

	p = bpf_map_lookup_elem(&new_polls, &zero);
	if (!s || !p)
		return NULL;
	p->pending = 0;
	p->reported_ns = 0;
	p->start_ns = BPF_CORE_READ(current_task(), group_leader, start_time);
	p->cgroup_id = current_cgroup_id();
	bpf_get_current_comm(p->comm, sizeof(p->comm));
	copy_path(p->path, s);
	err = bpf_map_update_elem(&polls, key, p, BPF_NOEXIST);
	if (!err) {
		__sync_fetch_and_add(&polls_kept, 1);
		if (length > RELOADTRACE_PATH_LEN)
			count_loss(RELOADTRACE_LOSS_TRUNCATED);
	}
	return bpf_map_lookup_elem(&polls, key);
}

__noinline int count_look(__u64 path, __u64 process, __u64 call, __u32 error, __u64 length)
{
	struct reloadtrace_poll_key key = {.path = path, .process = process, .call = call};
	struct reloadtrace_poll_count *p = bpf_map_lookup_elem(&polls, &key);
	__u64 now = bpf_ktime_get_ns();
	__u64 before;

	if (!p)
		p = begin_counting(&key, length);
	if (!p) {
		count_loss(RELOADTRACE_LOSS_POLLS);
		return 0;
	}
	before = __sync_fetch_and_add(&p->pending, 1);
	if (before & ENDED) {
		count_loss(RELOADTRACE_LOSS_POLLS);
		return 0;
	}
	if (!before)
		p->first_ns = now;
	p->latest_ns = now;
	p->error = error;
	p->tid = (__u32)bpf_get_current_pid_tgid();
	if (now - p->reported_ns >= REPORT_INTERVAL_NS)
		report_looks(path, process, call, 0);
	else if (!polls_pending)
		polls_pending = 1;
	return 0;
}

static __always_inline __u64 add_to_hash(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
	return hash ^ hash >> 29;
}

/*
 * Of the path in scratch, eight bytes at a time; longer ones differ in length or are one. A global
 * function, and the rest apart from the loop, so that the verifier goes one way round it: else
 * 44,000 instructions.
 */
__noinline __u64 path_hash(__u64 length, __u64 seed)
{
	struct reloadtrace_scratch *s = get_scratch();
	__u64 hash = seed ^ length;
	__u32 at;

	if (!s)
		return 0;
#pragma clang loop unroll(disable)
	for (at = 0; at < RELOADTRACE_PATH_LEN; at += 8) {
		if (at + 8 > length)
			break;
		hash = add_to_hash(hash, *(__u64 *)(s->path + at));
	}
	/* What is behind the path's end was left by another one. */
	if (at < length && at < RELOADTRACE_PATH_LEN)
		hash = add_to_hash(hash,
				   *(__u64 *)(s->path + at) & ((1ULL << (length - at) * 8) - 1));
	return hash;
}

__noinline int report_poll(__u32 number, __s64 result)
{
	struct pt_regs *regs = registers();
	struct reloadtrace_scratch *s = get_scratch();
	__u32 call = RELOADTRACE_POLL_STAT;
	__u64 path, flags = 0, length, process;
	__s32 dfd;
	__u32 name;

	if (!s || !regs || is_self() || result == -14 /* EFAULT */)
		return 0;
	path = PT_REGS_PARM2_SYSCALL(regs);
	dfd = PT_REGS_PARM1_SYSCALL(regs);
	switch (number) {
	case SYS_stat:
	case SYS_lstat:
	case SYS_readlink:
	case SYS_access:
		path = PT_REGS_PARM1_SYSCALL(regs);
		dfd = AT_FDCWD;
		break;
	case SYS_newfstatat:
		flags = PT_REGS_PARM4_SYSCALL(regs);
		break;
	case SYS_statx:
		flags = PT_REGS_PARM3_SYSCALL(regs);
		break;
	}
	switch (number) {
	case SYS_readlink:
	case SYS_readlinkat:
		call = RELOADTRACE_POLL_READLINK;
		break;
	case SYS_access:
	case SYS_faccessat:
	case SYS_faccessat2:
		call = RELOADTRACE_POLL_ACCESS;
		break;
	default:
		if (number == SYS_lstat || flags & AT_SYMLINK_NOFOLLOW)
			call = RELOADTRACE_POLL_LSTAT;
	}
	/* With AT_EMPTY_PATH there is none, or an empty one. */
	length = path ? read_path(path) : 0;
	if (length <= 1)
		return 0;
	name = last_name(length - 1) & 0xffff;
	if (!bit_is_set(file_name_bits, name) && !bit_is_set(directory_name_bits, name))
		return 0;
	process = (__u64)current_tgid() << 32 | (__u32)dfd;
	count_look(path_hash(length, BPF_CORE_READ(current_task(), group_leader, start_time)),
		   process, call, result < 0 ? -result : 0, length);
	return 0;
}

/* Deletes an entry that is idle; a look that comes meanwhile finds ENDED. */
__noinline int forget_looks(__u64 path, __u64 process, __u64 call)
{
	struct reloadtrace_poll_key key = {.path = path, .process = process, .call = call};
	struct reloadtrace_poll_count *p = bpf_map_lookup_elem(&polls, &key);

	if (p && !__sync_val_compare_and_swap(&p->pending, 0, ENDED) &&
	    !bpf_map_delete_elem(&polls, &key))
		__sync_fetch_and_add(&polls_kept, -1);
	return 0;
}

struct reloadtrace_polls_asked {
	__u64 now_ns; /* the time of what is reported, CLOCK_MONOTONIC */
};

static long report_or_forget(struct bpf_map *map, struct reloadtrace_poll_key *key,
			     struct reloadtrace_poll_count *p,
			     struct reloadtrace_polls_asked *asked)
{
	if (p->pending & ~ENDED)
		report_looks(key->path, key->process, key->call, asked->now_ns);
	else if (asked->now_ns > p->latest_ns + FORGET_AFTER_NS)
		forget_looks(key->path, key->process, key->call);
	return 0;
}

/* Runs when userspace asks. */
SEC("syscall")
int on_polls_asked(struct reloadtrace_polls_asked *ctx)
{
	struct reloadtrace_polls_asked asked = {.now_ns = ctx->now_ns};

	bpf_for_each_map_elem(&polls, report_or_forget, &asked, 0);
	return 0;
}

static long report_if_of(struct bpf_map *map, struct reloadtrace_poll_key *key,
			 struct reloadtrace_poll_count *p, __u32 *tgid)
{
	if (key->process >> 32 == *tgid) {
		report_looks(key->path, key->process, key->call, 0);
		forget_looks(key->path, key->process, key->call);
	}
	return 0;
}

/* What the process that ends had looked at comes before its end. */
__noinline int report_polls_at_exit(__u32 reserved)
{
	__u32 tgid = current_tgid();

	if (polls_kept)
		bpf_for_each_map_elem(&polls, report_if_of, &tgid, 0);
	return 0;
}
