// SPDX-License-Identifier: Apache-2.0
// Why a kernel that could run BPF programs does not, and what to do about it.
#pragma once

#include <cstdint>
#include <string>

namespace reloadtrace {

struct Privileges {
  bool root = false;
  std::uint64_t capabilities = 0;  // effective, as in /proc/self/status
  bool seccomp_filter = false;     // some filter is in force, whatever it forbids
  std::string lockdown = {};       // "none [integrity] confidentiality"; empty = unreadable

  bool may_use_bpf() const;  // CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN
  bool is_confidential() const;
};

Privileges own_privileges();

// `reason` is what libbpf or the kernel said.
std::string why_bpf_is_refused(const Privileges& privileges, const std::string& reason);

}  // namespace reloadtrace
