// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Layer 2: reload requests over HTTP/1, and their answers.
 *
 * A request is recognized where its first bytes are read from a socket, by its request line; its
 * answer is the next thing that the same process writes to that socket and that begins with
 * "HTTP/1.". TLS and HTTP/2 look different and are not seen, nor is a request line that comes in
 * pieces, nor what io_uring or recvmmsg receives.
 */
#include "describe.bpf.h"
#include "syscall_table.bpf.h"
#include "registers.bpf.h"

char LICENSE[] __weak SEC("license") = "Dual BSD/GPL";

#define HEAD_LEN     RELOADTRACE_HTTP_PATTERN_LEN /* bytes of a message that are looked at */
#define MAX_SEGMENTS 4				  /* of a vector, until they have that many */
#define STATUS_LEN   12				  /* "HTTP/1.1 200" */
#define HTTP_1	     (0x2e312f50545448ULL << 8)	  /* "HTTP/1.", the first byte lowest */
#define MSG_PEEK     2				  /* the same bytes will be read again */
#define ANSWER_NS    (120 * 1000000000ULL)	  /* how long an answer is waited for */

const volatile struct reloadtrace_http_pattern http_patterns[RELOADTRACE_HTTP_PATTERNS] = {};
const volatile __u32 http_pattern_count = 0;
/* Letters that a pattern begins with, as 1 << (letter - 'A'). */
const volatile __u32 http_first_letters = 0;
/* Bytes of the shortest request that can match. */
const volatile __u32 http_shortest = 0;

struct reloadtrace_request {
	__u64 at_ns;
	__u64 socket_ino;
	__u32 tgid;
	__u32 pattern;
};

/* Socket's struct file (its address) → the request that was read from it last. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct reloadtrace_request);
} requests SEC(".maps");

/* When all that is waited for is too old. */
__u64 answers_until = 0;

/* Where a message lies: in one buffer, or in a vector of them. */
struct reloadtrace_message {
	__u64 vector; /* address of the first iovec, 0 = one buffer */
	__u64 count;  /* of iovecs */
	struct iovec first;
};

static __always_inline bool find_message(struct reloadtrace_message *m, __s64 length)
{
	struct pt_regs *regs = registers();
	__u64 number, second, third, fourth;
	struct user_msghdr head;

	if (!regs)
		return false;
	number = SYSCALL_NUMBER(regs);
	second = PT_REGS_PARM2_SYSCALL(regs);
	third = PT_REGS_PARM3_SYSCALL(regs);
	fourth = PT_REGS_PARM4_SYSCALL(regs);
	/* Else the compiler makes one load of two that the verifier wants apart. */
	barrier_var(second);
	barrier_var(third);
	m->vector = 0;
	m->count = 1;
	m->first.iov_base = (void *)second;
	m->first.iov_len = length;
	switch (number) {
	case SYS_recvfrom:
		return !(fourth & MSG_PEEK);
	case SYS_readv:
	case SYS_writev:
		m->vector = second;
		m->count = third;
		break;
	case SYS_recvmsg:
	case SYS_sendmsg:
		if (number == SYS_recvmsg && third & MSG_PEEK)
			return false;
		if (bpf_probe_read_user(&head, sizeof(head), (void *)second))
			return false;
		m->vector = (__u64)head.msg_iov;
		m->count = head.msg_iovlen;
		break;
	default: /* read, write, sendto */
		return true;
	}
	return !bpf_probe_read_user(&m->first, sizeof(m->first), (void *)m->vector);
}

/* The first bytes of a message into scratch.path, zeros after them. */
static __always_inline void read_head(struct reloadtrace_scratch *s, struct reloadtrace_message *m,
				      __u64 length)
{
	struct iovec segment = m->first;
	__u64 at = 0;

	__builtin_memset(s->path, 0, HEAD_LEN);
	if (length > HEAD_LEN)
		length = HEAD_LEN;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < MAX_SEGMENTS; i++) {
		__u64 bytes = segment.iov_len;

		if (bytes > length - at)
			bytes = length - at;
		if (bytes > HEAD_LEN)
			return;
		if (bpf_probe_read_user(&s->path[at & (HEAD_LEN - 1)], bytes, segment.iov_base))
			return;
		at += bytes;
		if (at >= length || i + 1 >= m->count)
			return;
		if (bpf_probe_read_user(&segment, sizeof(segment),
					(void *)(m->vector + sizeof(segment) * (i + 1))))
			return;
	}
}

/* Whether the head in scratch matches; a global function, so that it is verified once. */
__noinline int request_matches(__u32 index)
{
	const volatile struct reloadtrace_http_pattern *p;
	struct reloadtrace_scratch *s = get_scratch();
	__u64 *head, difference = 0;
	char next;

	if (!s || index >= RELOADTRACE_HTTP_PATTERNS)
		return 0;
	p = &http_patterns[index];
	head = (__u64 *)s->path;
	for (int i = 0; i < HEAD_LEN / 8; i++)
		difference |= (head[i] ^ p->text[i]) & p->mask[i];
	if (difference)
		return 0;
	if (p->any_rest)
		return 1;
	next = s->path[p->length & (HEAD_LEN - 1)];
	return next == ' ' || next == '?';
}

static long forget_if_old(struct bpf_map *map, __u64 *file, struct reloadtrace_request *r,
			  __u64 *now)
{
	if (r->at_ns + ANSWER_NS < *now && !bpf_map_delete_elem(map, file))
		__sync_fetch_and_add(&answers_awaited, -1);
	return 0;
}

__noinline int forget_old_requests(__u64 now)
{
	bpf_for_each_map_elem(&requests, forget_if_old, &now, 0);
	return 0;
}

static __always_inline void await_answer(__u64 file, struct reloadtrace_request *r)
{
	bool known = bpf_map_lookup_elem(&requests, &file);

	answers_until = r->at_ns + ANSWER_NS;
	if (bpf_map_update_elem(&requests, &file, r, BPF_ANY)) {
		forget_old_requests(r->at_ns);
		if (bpf_map_update_elem(&requests, &file, r, BPF_ANY)) {
			count_loss(RELOADTRACE_LOSS_MAP_FULL);
			return;
		}
	}
	if (!known)
		__sync_fetch_and_add(&answers_awaited, 1);
}

static __always_inline void submit_http(struct reloadtrace_http_event *e,
					struct reloadtrace_request *r, __u32 status, __s32 fd)
{
	const volatile struct reloadtrace_http_pattern *p =
		&http_patterns[r->pattern & (RELOADTRACE_HTTP_PATTERNS - 1)];

	e->request_ns = r->at_ns;
	e->socket_ino = r->socket_ino;
	e->status = status;
	e->fd = fd;
	__builtin_memcpy(e->line, (void *)p->text, sizeof(e->line));
	bpf_ringbuf_submit(e, 0);
}

static __noinline int report_request(__u64 file, __s32 fd, __u32 pattern)
{
	struct reloadtrace_http_event *e;
	struct reloadtrace_request r = {};

	r.at_ns = bpf_ktime_get_ns();
	r.socket_ino = BPF_CORE_READ((struct file *)file, f_inode, i_ino);
	r.tgid = current_tgid();
	r.pattern = pattern;
	await_answer(file, &r);
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_HTTP_REQUEST);
	if (!e)
		return 0;
	r.at_ns = e->header.ts_ns;
	submit_http(e, &r, 0, fd);
	return 0;
}

/*
 * Every read from a socket comes here that may be of a process in scope, so what most of them fail
 * at comes first: the length, the first letter.
 */
__noinline int look_for_request(__u64 file, __s32 fd, __s64 length)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_message message;
	__u8 first = 0;

	if (!s || length < http_shortest || !find_message(&message, length))
		return 0;
	if (bpf_probe_read_user(&first, sizeof(first), message.first.iov_base))
		return 0;
	if (first < 'A' || first > 'Z' || !(http_first_letters >> (first - 'A') & 1))
		return 0;
	if (is_self() || !current_is_in_scope())
		return 0;
	read_head(s, &message, length);
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < RELOADTRACE_HTTP_PATTERNS; i++) {
		if (i >= http_pattern_count)
			return 0;
		if (request_matches(i))
			return report_request(file, fd, i);
	}
	return 0;
}

/* The status in the head in scratch, 0 = it is no answer. */
static __always_inline __u32 status_of(struct reloadtrace_scratch *s)
{
	__u32 status = 0;

	if (*(__u64 *)s->path << 8 != HTTP_1 || s->path[8] != ' ')
		return 0;
	for (int i = 9; i < STATUS_LEN; i++) {
		if (s->path[i] < '0' || s->path[i] > '9')
			return 0;
		status = status * 10 + s->path[i] - '0';
	}
	return status;
}

__noinline int look_for_answer(__s32 fd, __s64 length)
{
	struct reloadtrace_scratch *s = get_scratch();
	struct reloadtrace_request *found, r;
	struct reloadtrace_message message;
	struct reloadtrace_http_event *e;
	__u64 file, now = bpf_ktime_get_ns();
	__u32 status;

	if (now > answers_until) {
		forget_old_requests(now);
		return 0;
	}
	file = current_file(fd);
	if (!s || !file)
		return 0;
	found = bpf_map_lookup_elem(&requests, &file);
	if (!found)
		return 0;
	r = *found;
	/* Another file may have got the address since. */
	if (r.tgid != current_tgid() || now - r.at_ns > ANSWER_NS ||
	    BPF_CORE_READ((struct file *)file, f_inode, i_ino) != r.socket_ino)
		return 0;
	if (length < STATUS_LEN || !find_message(&message, length))
		return 0;
	read_head(s, &message, length);
	status = status_of(s);
	/* "100 Continue" and its like come before the answer. */
	if (status < 200)
		return 0;
	/* Deleting is the token: one of two threads that write at once answers. */
	if (bpf_map_delete_elem(&requests, &file))
		return 0;
	__sync_fetch_and_add(&answers_awaited, -1);
	e = reserve_fact(sizeof(*e), RELOADTRACE_EV_HTTP_RESPONSE);
	if (e)
		submit_http(e, &r, status, fd);
	return 0;
}
