// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/tracepoint.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace reloadtrace {
namespace {

// glibc has wrappers since 2.36; a static build against an older one has not.
int fs_open(const char* type) {
  return static_cast<int>(::syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}
int fs_create(int fs) {
  return static_cast<int>(::syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
}
int fs_mount(int fs) {
  return static_cast<int>(::syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0));
}

}  // namespace

Result<Tracefs> Tracefs::open() {
  const UniqueFd fs(fs_open("tracefs"));
  if (!fs) {
    return system_error(errno, "open tracefs");
  }
  if (fs_create(fs.get()) != 0) {
    return system_error(errno, "create tracefs");
  }
  UniqueFd root(fs_mount(fs.get()));
  if (!root) {
    return system_error(errno, "mount tracefs");
  }
  return Tracefs(std::move(root));
}

Result<UniqueFd> Tracefs::tracepoint(const std::string& category, const std::string& name) const {
  const std::string path = "events/" + category + "/" + name + "/id";
  const UniqueFd file(::openat(root_.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    return system_error(errno, "find tracepoint " + name);
  }
  std::array<char, 32> text{};
  const auto length = ::read(file.get(), text.data(), text.size());
  perf_event_attr attributes{};
  if (length <= 0 ||
      std::from_chars(text.data(), text.data() + length, attributes.config).ec != std::errc{}) {
    return system_error(EIO, "read the id of tracepoint " + name);
  }
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof(attributes);
  attributes.sample_period = 1;
  // One CPU is enough: a program attached to a tracepoint's event runs on all of them.
  UniqueFd event(static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event) {
    return system_error(errno, "open tracepoint " + name);
  }
  return event;
}

}  // namespace reloadtrace
