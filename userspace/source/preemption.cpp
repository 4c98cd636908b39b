// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/preemption.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <string>

#include "userspace/base/unique_fd.h"
#include "userspace/source/detached_mount.h"

namespace reloadtrace {
namespace {

std::string content_of(int directory, const char* path) {
  const UniqueFd file(::openat(directory, path, O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> content{};  // COMMAND_LINE_SIZE is 2048
  const auto length = file ? ::read(file.get(), content.data(), content.size()) : -1;
  return {content.data(), length < 0 ? 0 : static_cast<std::size_t>(length)};
}

std::string preemption_modes() {
  std::string modes = content_of(AT_FDCWD, "/sys/kernel/debug/sched/preempt");
  if (modes.empty()) {
    if (const UniqueFd debugfs = detached_mount("debugfs")) {
      modes = content_of(debugfs.get(), "sched/preempt");
    }
  }
  return modes;
}

bool is_preempting(std::string_view mode) {
  return mode != "none" && mode != "voluntary";
}

}  // namespace

bool may_preempt_itself(std::string_view modes,
                        std::string_view command_line,
                        std::string_view version) {
  // "none (voluntary) full lazy": the one in force
  if (const auto begin = modes.find('('); begin != std::string_view::npos) {
    const auto mode = modes.substr(begin + 1);
    return is_preempting(mode.substr(0, mode.find(')')));
  }
  constexpr std::string_view kOption = " preempt=";
  const std::string padded = " " + std::string(command_line);
  if (const auto begin = padded.rfind(kOption); begin != std::string::npos) {
    const auto mode = std::string_view(padded).substr(begin + kOption.size());
    return is_preempting(mode.substr(0, mode.find_first_of(" \n")));
  }
  return version.empty() || version.find("PREEMPT") != std::string_view::npos;
}

bool kernel_may_preempt_itself() {
  utsname name{};
  ::uname(&name);
  return may_preempt_itself(preemption_modes(), content_of(AT_FDCWD, "/proc/cmdline"),
                            name.version);
}

}  // namespace reloadtrace
