// SPDX-License-Identifier: Apache-2.0
// What a process can still do once it is confined: each try in a child of its own.
#include "userspace/confine/confine.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/bpf.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

namespace reloadtrace {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// Nothing: it did what it was to do.
constexpr int kDone = 0;

// The errno of what a confined child tried, or 1000 + the signal that ended it.
int outcome_of(const std::function<bool()>& attempt, const Needs& needs = {}) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!confine(needs).failed.empty()) {
      ::_exit(255);
    }
    errno = 0;
    ::_exit(attempt() ? kDone : errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

constexpr int kKilled = 1000 + SIGSYS;

// What /proc says of this thread, by its name.
std::string status_of_self(const std::string& name) {
  std::ifstream file("/proc/thread-self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":\t")) {
      return line.substr(name.size() + 2);
    }
  }
  return "";
}

std::uint64_t hexadecimal(const std::string& text) {
  return std::stoull(text, nullptr, 16);
}

TEST(Confined, can_read_write_and_start_threads) {
  EXPECT_EQ(outcome_of([] {
              const int fd = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
              std::array<char, 64> bytes{};
              bool ran = false;
              std::thread([&] { ran = std::filesystem::exists("/proc"); }).join();
              return ran && ::read(fd, bytes.data(), bytes.size()) > 0;
            }),
            kDone);
}

TEST(Confined, ends_when_it_is_made_to_execute_something) {
  std::array<char*, 1> none{nullptr};
  EXPECT_EQ(outcome_of([&] { return ::execve("/bin/true", none.data(), none.data()) == 0; }),
            kKilled);
  EXPECT_EQ(outcome_of([&] {
              return ::syscall(SYS_execveat, AT_FDCWD, "/bin/true", none.data(), none.data(), 0) ==
                     0;
            }),
            kKilled);
}

TEST(Confined, ends_when_it_is_made_to_change_the_machine_or_another_process) {
  EXPECT_EQ(outcome_of([] { return ::mount("none", "/mnt", "tmpfs", 0, nullptr) == 0; }), kKilled);
  EXPECT_EQ(outcome_of([] { return ::syscall(SYS_init_module, nullptr, 0, "") == 0; }), kKilled);
  EXPECT_EQ(outcome_of([] { return ::syscall(SYS_setns, 0, 0) == 0; }), kKilled);
  EXPECT_EQ(outcome_of([] { return ::syscall(SYS_open_by_handle_at, 0, nullptr, 0) >= 0; }),
            kKilled);
  if (!kSanitized) {
    EXPECT_EQ(outcome_of([] { return ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, 0) == 0; }),
              kKilled);
  }
}

TEST(Confined, can_reach_nobody_and_make_no_process) {
  if (kSanitized) {
    GTEST_SKIP() << "sanitizers need some of it: scripts/vm does without";
  }
  EXPECT_EQ(outcome_of([] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }), ENOSYS);
  EXPECT_EQ(outcome_of([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }), ENOSYS);
  EXPECT_EQ(outcome_of([] { return ::kill(::getppid(), 0) == 0; }), ENOSYS);
  if (!kSanitized) {
    EXPECT_EQ(outcome_of([] { return ::fork() >= 0; }), ENOSYS);
  }
}

TEST(Confined, can_load_no_program_and_make_no_code) {
  if (kSanitized) {
    GTEST_SKIP() << "sanitizers need some of it: scripts/vm does without";
  }
  EXPECT_EQ(outcome_of([] {
              bpf_attr attributes{};
              return ::syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes)) >= 0;
            }),
            ENOSYS);
  if (!kSanitized) {
    EXPECT_EQ(outcome_of([] {
                return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
              }),
              ENOSYS);
  }
}

TEST(Confined, cannot_type_into_a_terminal) {
  if (kSanitized) {
    GTEST_SKIP() << "sanitizers need some of it: scripts/vm does without";
  }
  EXPECT_EQ(outcome_of([] { return ::ioctl(0, TIOCSTI, "x") == 0; }), ENOSYS);
}

TEST(Confined, has_only_what_it_keeps_and_can_get_nothing_back) {
  EXPECT_EQ(outcome_of([] {
              const std::uint64_t few =
                  1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_BPF;
              const bool ours = (hexadecimal(status_of_self("CapEff")) & ~few) == 0 &&
                                (hexadecimal(status_of_self("CapPrm")) & ~few) == 0 &&
                                hexadecimal(status_of_self("CapInh")) == 0 &&
                                hexadecimal(status_of_self("CapAmb")) == 0;
              const bool bounded = hexadecimal(status_of_self("CapBnd")) == 0 || ::geteuid() != 0;
              return ours && bounded && status_of_self("NoNewPrivs") == "1" &&
                     status_of_self("Seccomp") == "2";
            }),
            kDone);
}

TEST(Confined, leaves_no_core_dump) {
  EXPECT_EQ(outcome_of([] {
              std::ifstream file("/proc/self/limits");
              std::stringstream all;
              all << file.rdbuf();
              return all.str().find("Max core file size        0                    0 ") !=
                     std::string::npos;
            }),
            kDone);
  const pid_t child = ::fork();
  if (child == 0) {
    confine({});
    std::raise(SIGSEGV);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_FALSE(WCOREDUMP(status));
}

TEST(Privileges, that_a_session_is_asked_for_are_kept_with_a_reason) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const auto keeps = [](const Needs& needs, const std::string& name) {
    return outcome_of([] { return true; }, needs) == kDone && [&] {
      const pid_t child = ::fork();
      if (child == 0) {
        const Confinement left = confine(needs);
        const bool there = std::any_of(
            left.kept.begin(), left.kept.end(),
            [&](const KeptCapability& one) { return one.name == name && !one.why.empty(); });
        ::_exit(there ? 0 : 1);
      }
      int status = 0;
      ::waitpid(child, &status, 0);
      return status == 0;
    }();
  };
  EXPECT_TRUE(keeps({}, "CAP_SYS_PTRACE"));
  EXPECT_TRUE(keeps({}, "CAP_DAC_READ_SEARCH"));
  EXPECT_FALSE(keeps({}, "CAP_SYS_ADMIN"));
  EXPECT_TRUE(keeps({.counts_runs = true}, "CAP_SYS_ADMIN"));
  const std::filesystem::path theirs =
      std::filesystem::temp_directory_path() / ("theirs." + std::to_string(::getpid()));
  std::filesystem::create_directory(theirs);
  EXPECT_FALSE(keeps({.output = theirs / "lines"}, "CAP_DAC_OVERRIDE"));
  ASSERT_EQ(::chown(theirs.c_str(), 65534, 65534), 0);
  EXPECT_TRUE(keeps({.output = theirs / "lines"}, "CAP_DAC_OVERRIDE"));
  std::filesystem::remove(theirs);
}

}  // namespace
}  // namespace reloadtrace
