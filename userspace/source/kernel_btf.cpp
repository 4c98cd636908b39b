// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/kernel_btf.h"

#include <bpf/btf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace reloadtrace {
namespace {

Error no_such(std::string message) {
  return Error{std::make_error_code(std::errc::no_such_file_or_directory), std::move(message)};
}

Result<> require_types_in(const std::string& file) {
  if (::access(file.c_str(), R_OK) != 0) {
    return system_error(errno, fmt::format("--btf {}", file));
  }
  btf* const types = btf__parse(file.c_str(), nullptr);
  if (types == nullptr) {
    return Error{
        std::make_error_code(std::errc::invalid_argument),
        fmt::format("--btf {}: this file has no BTF, neither raw nor in an ELF section", file)};
  }
  const bool of_kernel = btf__find_by_name_kind(types, "task_struct", BTF_KIND_STRUCT) > 0;
  btf__free(types);
  if (!of_kernel) {
    return Error{
        std::make_error_code(std::errc::invalid_argument),
        fmt::format("--btf {}: its BTF is not that of a kernel: no struct task_struct", file)};
  }
  return Unit{};
}

}  // namespace

Result<> require_btf(const std::string& file) {
  if (!file.empty()) {
    return require_types_in(file);
  }
  if (::access("/sys/kernel/btf/vmlinux", R_OK) == 0) {
    return Unit{};
  }
  if (::access("/sys/kernel", F_OK) != 0) {
    return no_such(
        "/sys is not mounted here, so that the kernel's BTF (/sys/kernel/btf/vmlinux) "
        "cannot be read: mount -t sysfs sysfs /sys");
  }
  return no_such(
      "this kernel has no BTF (/sys/kernel/btf/vmlinux): name a file that has it with --btf FILE "
      "(pahole makes one from the kernel's debug symbols), or run a kernel built with "
      "CONFIG_DEBUG_INFO_BTF=y, as distributions do since 2021");
}

}  // namespace reloadtrace
