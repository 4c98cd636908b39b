// SPDX-License-Identifier: Apache-2.0
#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

#include "tests/support/patience.h"

namespace reloadtrace::testing {
namespace {

[[noreturn]] void throw_errno(const std::string& doing) {
  throw std::system_error(errno, std::system_category(), doing);
}

void open_pipe(UniqueFd (&ends)[2]) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) {
    throw_errno("pipe2");
  }
  ends[0].reset(fds[0]);
  ends[1].reset(fds[1]);
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) {
    pointers.push_back(string.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& more) {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!more.contains(text.substr(0, text.find('=')))) {
      environment.push_back(text);
    }
  }
  for (const auto& [name, value] : more) {
    environment.push_back(name);
    environment.back().append("=").append(value);
  }
  return environment;
}

pid_t start(const Command& command, int output, int errors) {
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> environment = environment_with(command.environment);
  const std::vector<char*> argv_pointers = pointers_to(argv);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  sigset_t none;
  ::sigemptyset(&none);
  const pid_t parent = ::getpid();
  // Not fork(), which copies what sanitizers have mapped: a tenth of all that the tests cost.
  const pid_t pid = ::vfork();
  if (pid < 0) {
    throw_errno("vfork");
  }
  if (pid > 0) {
    return pid;
  }
  // In the memory of the parent: only async-signal-safe calls from here, and nothing is written.
  if (command.dies_with_test) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
      ::_exit(127);
    }
  }
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(command.standard_input < 0 ? null.get() : command.standard_input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execvpe(argv_pointers[0], argv_pointers.data(), environment_pointers.data());
  constexpr std::string_view kFailed = "cannot execute\n";
  [[maybe_unused]] const ssize_t put = ::write(STDERR_FILENO, kFailed.data(), kFailed.size());
  ::_exit(127);
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    line += (line.empty() ? "" : " ") + word;
  }
  return line;
}

}  // namespace

ProcessHandle::ProcessHandle(pid_t pid)
    : pid_(pid), fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
  if (!fd_) {
    throw_errno("pidfd_open " + std::to_string(pid));
  }
}

void ProcessHandle::signal(int number) const {
  // A process that has already ended is no error: callers cannot know.
  if (::syscall(SYS_pidfd_send_signal, fd_.get(), number, nullptr, 0) != 0 && errno != ESRCH) {
    throw_errno("signal process " + std::to_string(pid_));
  }
}

std::optional<int> ProcessHandle::wait(milliseconds timeout) {
  if (exit_code_ || !fd_) {
    return exit_code_;
  }
  pollfd ended{fd_.get(), POLLIN, 0};
  if (::poll(&ended, 1, static_cast<int>(patient(timeout).count())) <= 0) {
    return std::nullopt;
  }
  siginfo_t info{};
  if (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(fd_.get()), &info, WEXITED) != 0) {
    throw_errno("wait for process " + std::to_string(pid_));
  }
  exit_code_ = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  return exit_code_;
}

Process::Pipes::Pipes() {
  open_pipe(output);
  open_pipe(errors);
}

Process::Process(const Command& command) : Process(command, Pipes()) {}

Process::Process(const Command& command, Pipes pipes)
    : handle_(start(command, pipes.output[1].get(), pipes.errors[1].get())),
      output_(std::move(pipes.output[0])),
      errors_(std::move(pipes.errors[0])) {}

Process::~Process() {
  try {
    if (running()) {
      signal(SIGKILL);
      wait(std::chrono::seconds(10));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "end process %d: %s\n", pid(), error.what());
  }
}

int Process::terminate() {
  signal(SIGTERM);
  if (!wait(std::chrono::seconds(5))) {
    signal(SIGKILL);
  }
  return wait(std::chrono::seconds(10)).value_or(-1);
}

Completed run(const Command& command, milliseconds timeout) {
  Process process(command);
  const auto exit_code = process.wait(timeout);
  if (!exit_code) {
    throw std::runtime_error("\"" + joined(command.argv) + "\" takes too long; it said: " +
                             process.output().text() + process.errors().text());
  }
  // A grandchild may hold the pipes longer than the child lives.
  process.output().wait_for_end(milliseconds(500));
  process.errors().wait_for_end(milliseconds(500));
  return {*exit_code, process.output().text(), process.errors().text()};
}

std::string run_or_throw(const Command& command, milliseconds timeout) {
  Completed completed = run(command, timeout);
  if (completed.exit_code != 0) {
    throw std::runtime_error("\"" + joined(command.argv) + "\" exits with " +
                             std::to_string(completed.exit_code) + ": " + completed.errors);
  }
  return completed.output;
}

}  // namespace reloadtrace::testing
