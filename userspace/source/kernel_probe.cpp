// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/kernel_probe.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <fstream>
#include <iterator>

#include "userspace/base/unique_fd.h"

namespace reloadtrace {

Timestamp monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return {static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000ULL +
          static_cast<std::uint64_t>(now.tv_nsec)};
}

namespace {

Result<DeviceId> device_of(const UniqueFd& fd, const char* what) {
  if (!fd) {
    return system_error(errno, fmt::format("create {}", what));
  }
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) {
    return system_error(errno, fmt::format("stat {}", what));
  }
  return static_cast<DeviceId>(major(st.st_dev) << 20U | minor(st.st_dev));
}

}  // namespace

Result<KernelDevices> probe_kernel() {
  const auto queues = device_of(UniqueFd(::inotify_init1(IN_CLOEXEC)), "an inotify instance");
  if (!queues) {
    return queues.error();
  }
  const auto sockets =
      device_of(UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), "a socket");
  if (!sockets) {
    return sockets.error();
  }
  return KernelDevices{*queues, *sockets};
}

std::uint32_t find_node_mount_namespace(const std::string& proc) {
  struct stat st {};
  for (const std::string& path : {proc + "/1/ns/mnt", std::string("/proc/self/ns/mnt")}) {
    if (::stat(path.c_str(), &st) == 0) {
      return static_cast<std::uint32_t>(st.st_ino);
    }
  }
  return 0;
}

CgroupHierarchy own_cgroup_hierarchy() {
  std::ifstream file("/proc/self/cgroup");
  return choose_cgroup_hierarchy(
      std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()));
}

Error not_in_btf() {
  return Error{std::make_error_code(std::errc::not_supported),
               "its BTF does not have the functions of system calls"};
}

Error not_in_kernel() {
  return Error{std::make_error_code(std::errc::not_supported),
               "it has no BTF of its own, which --btf says"};
}

Error no_fentry(const Error& reason) {
  return Error{std::make_error_code(std::errc::not_supported),
               fmt::format("this kernel takes no fentry programs ({}): --hooks auto does without",
                           reason.message)};
}

Error silent_hook(std::string_view name, const std::string& btf) {
  return Error{
      std::make_error_code(std::errc::not_supported),
      fmt::format(
          "the hook {} attaches here and delivers nothing; without it nothing can be said{}", name,
          btf.empty() ? "" : fmt::format(". Are the types in {} those of this very kernel?", btf))};
}

}  // namespace reloadtrace
