// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/refusal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "userspace/base/unique_fd.h"
#include "userspace/source/detached_mount.h"

namespace reloadtrace {
namespace {

bool has(std::uint64_t capabilities, unsigned one) {
  return (capabilities >> one & 1U) != 0;
}

std::uint64_t effective_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  ::syscall(SYS_capget, &header, sets.data());
  return sets[0].effective | std::uint64_t{sets[1].effective} << 32U;
}

// security/lockdown/lockdown.c; containers do not have it mounted.
std::string lockdown() {
  UniqueFd file(::open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC));
  if (!file) {
    const UniqueFd securityfs = detached_mount("securityfs");
    file.reset(::openat(securityfs.get(), "lockdown", O_RDONLY | O_CLOEXEC));
  }
  std::array<char, 64> text{};
  const auto length = ::read(file.get(), text.data(), text.size());
  return {text.data(), length < 0 ? 0 : static_cast<std::size_t>(length)};
}

}  // namespace

bool Privileges::may_use_bpf() const {
  return has(capabilities, CAP_SYS_ADMIN) ||
         (has(capabilities, CAP_BPF) && has(capabilities, CAP_PERFMON));
}

bool Privileges::is_confidential() const {
  return lockdown.find("[confidentiality]") != std::string::npos;
}

Privileges own_privileges() {
  return {::geteuid() == 0, effective_capabilities(), ::prctl(PR_GET_SECCOMP) == 2, lockdown()};
}

std::string why_bpf_is_refused(const Privileges& privileges, const std::string& reason) {
  if (!privileges.may_use_bpf()) {
    return privileges.root ? fmt::format(
                                 "needs CAP_BPF and CAP_PERFMON, which this root lacks: run it "
                                 "privileged when in a container ({})",
                                 reason)
                           : "needs CAP_BPF and CAP_PERFMON (or root): run with sudo";
  }
  if (privileges.is_confidential()) {
    return fmt::format(
        "the kernel is locked down (confidentiality), so that no BPF program may read its memory: "
        "boot with lockdown=integrity or without it ({})",
        reason);
  }
  if (privileges.seccomp_filter) {
    return fmt::format(
        "has the capabilities, and a seccomp filter forbids bpf(): run the container with "
        "seccompProfile Unconfined, or privileged ({})",
        reason);
  }
  return fmt::format(
      "has the capabilities, and bpf() is refused all the same: a security module (AppArmor, "
      "SELinux) or the hypervisor forbids it ({})",
      reason);
}

}  // namespace reloadtrace
