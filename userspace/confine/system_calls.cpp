// SPDX-License-Identifier: Apache-2.0
#include "userspace/confine/system_calls.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

namespace reloadtrace {
namespace {

// The libraries of the sanitizers make system calls of their own: a leak check stops the threads by
// ptrace, from a process of its own. Then only what is deadly is refused.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// Whatever their arguments are.
constexpr int kAllowed[] = {
    // files, directories and links; what a path may be is openat2's and the capabilities' business
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(close), SCMP_SYS(close_range),
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat),
    SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(fstatfs), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(fcntl), SCMP_SYS(ftruncate),
    SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(fadvise64), SCMP_SYS(dup), SCMP_SYS(dup2),
    SCMP_SYS(dup3), SCMP_SYS(umask),
    // waiting
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
    SCMP_SYS(eventfd2), SCMP_SYS(signalfd4), SCMP_SYS(pipe2), SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(restart_syscall),
    // memory and threads
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
    SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq), SCMP_SYS(membarrier),
    SCMP_SYS(set_tid_address), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(exit), SCMP_SYS(exit_group),
    // signals, one's own
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack),
    // who and when
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getpgrp), SCMP_SYS(getpgid),
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname),
    SCMP_SYS(sysinfo), SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(getrandom),
    SCMP_SYS(capget), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    // connections that others made to the metrics: there is no socket, bind or connect
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto),
    SCMP_SYS(sendmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername)};

// What only somebody who has taken us over would try.
constexpr int kDeadly[] = {SCMP_SYS(execve),
                           SCMP_SYS(execveat),
                           SCMP_SYS(fork),
                           SCMP_SYS(vfork),
                           SCMP_SYS(ptrace),
                           SCMP_SYS(process_vm_readv),
                           SCMP_SYS(process_vm_writev),
                           SCMP_SYS(mount),
                           SCMP_SYS(umount2),
                           SCMP_SYS(move_mount),
                           SCMP_SYS(open_tree),
                           SCMP_SYS(fsopen),
                           SCMP_SYS(fsmount),
                           SCMP_SYS(mount_setattr),
                           SCMP_SYS(pivot_root),
                           SCMP_SYS(chroot),
                           SCMP_SYS(setns),
                           SCMP_SYS(unshare),
                           SCMP_SYS(open_by_handle_at),
                           SCMP_SYS(init_module),
                           SCMP_SYS(finit_module),
                           SCMP_SYS(delete_module),
                           SCMP_SYS(kexec_load),
                           SCMP_SYS(kexec_file_load),
                           SCMP_SYS(reboot),
                           SCMP_SYS(swapon),
                           SCMP_SYS(swapoff),
                           SCMP_SYS(iopl),
                           SCMP_SYS(ioperm),
                           SCMP_SYS(acct),
                           SCMP_SYS(pidfd_getfd),
                           SCMP_SYS(userfaultfd),
                           SCMP_SYS(io_uring_setup),
                           SCMP_SYS(perf_event_open)};

// Of bpf(2): looking at and changing one's own maps, running one's own programs.
constexpr bpf_cmd kBpfCommands[] = {
    BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM,    BPF_MAP_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY,
    BPF_PROG_TEST_RUN,   BPF_OBJ_GET_INFO_BY_FD, BPF_ITER_CREATE,     BPF_ENABLE_STATS};

// Sizes and modes of a terminal, never its input queue (TIOCSTI); sockets without waiting.
constexpr std::uint32_t kTerminalRequests[] = {TCGETS,     TCSETS,    TCSETSW, TCSETSF,
                                               TIOCGWINSZ, TIOCGPGRP, FIONBIO, FIONREAD};

struct FilterDeleter {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FilterDeleter>;

// Adds rules and remembers the first error.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx filter) : filter_(filter) {}

  template <typename... Comparisons>
  void add(std::uint32_t action, int call, Comparisons... comparisons) {
    const std::array<scmp_arg_cmp, sizeof...(comparisons)> all{comparisons...};
    note(::seccomp_rule_add_array(filter_, action, call, all.size(), all.data()));
  }
  template <typename... Comparisons>
  void allow(int call, Comparisons... comparisons) {
    add(SCMP_ACT_ALLOW, call, comparisons...);
  }
  // Negative errnos, as libseccomp gives them.
  void note(int result) { error_ = error_ == 0 && result < 0 ? -result : error_; }
  int error() const { return error_; }

 private:
  scmp_filter_ctx filter_;
  int error_ = 0;
};

constexpr scmp_arg_cmp has_of(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}
// Arguments of 32 bits: the kernel takes no notice of what a register holds above them.
constexpr scmp_arg_cmp is(unsigned argument, std::uint32_t value) {
  return has_of(argument, 0xFFFFFFFFU, value);
}

void allow_by_argument(Rules& rules) {
  // No memory is ever made executable.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    rules.allow(call, has_of(2, PROT_EXEC, 0));
  }
  // Threads, no processes. clone3 hides its flags in memory; without it the C library takes clone.
  rules.allow(SCMP_SYS(clone), has_of(0, CLONE_THREAD, CLONE_THREAD));
  const auto own = static_cast<std::uint32_t>(::getpid());
  rules.allow(SCMP_SYS(tgkill), is(0, own));
  rules.allow(SCMP_SYS(kill), is(0, own));
  rules.allow(SCMP_SYS(prlimit64), is(0, 0),
              has_of(2, ~std::uint64_t{0}, 0));  // asks, and sets nothing
  rules.allow(SCMP_SYS(prctl), is(0, PR_SET_NAME));
  for (const bpf_cmd command : kBpfCommands) {
    rules.allow(SCMP_SYS(bpf), is(0, command));
  }
  for (const std::uint32_t request : kTerminalRequests) {
    rules.allow(SCMP_SYS(ioctl), is(1, request));
  }
}

}  // namespace

Result<> filter_system_calls() {
  const Filter filter(::seccomp_init(kSanitized ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS)));
  if (!filter) {
    return Error{std::make_error_code(std::errc::not_enough_memory), "filter system calls"};
  }
  Rules rules(filter.get());
  rules.note(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1));
  rules.note(::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
  rules.note(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));  // a tree, not a list
  if (!kSanitized) {
    for (const int call : kAllowed) {
      rules.allow(call);
    }
    allow_by_argument(rules);
  }
  for (const int call : kDeadly) {
    if (!kSanitized || (call != SCMP_SYS(ptrace) && call != SCMP_SYS(process_vm_readv))) {
      rules.add(SCMP_ACT_KILL_PROCESS, call);
    }
  }
  rules.note(::seccomp_load(filter.get()));
  if (rules.error() != 0) {
    return system_error(rules.error(), "filter system calls");
  }
  return Unit{};
}

}  // namespace reloadtrace
