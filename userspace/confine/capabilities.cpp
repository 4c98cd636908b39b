// SPDX-License-Identifier: Apache-2.0
#include "userspace/confine/capabilities.h"

#include <linux/bpf.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <type_traits>

namespace reloadtrace {
namespace {

struct CapabilitiesDeleter {
  void operator()(cap_t set) const { ::cap_free(set); }
};
using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, CapabilitiesDeleter>;

bool has(cap_t set, cap_flag_t flag, cap_value_t value) {
  cap_flag_value_t held = CAP_CLEAR;
  return ::cap_get_flag(set, value, flag, &held) == 0 && held == CAP_SET;
}

// Until Linux 6.0 every use of bpf(2) took CAP_BPF where the unprivileged may not use it. No
// descriptor has this number, so nothing is looked at either way.
bool maps_take_a_capability() {
  const Capabilities before(::cap_get_proc());
  const Capabilities without(before ? ::cap_dup(before.get()) : nullptr);
  constexpr std::array<cap_value_t, 2> kAllow = {CAP_BPF, CAP_SYS_ADMIN};
  if (!without ||
      ::cap_set_flag(without.get(), CAP_EFFECTIVE, kAllow.size(), kAllow.data(), CAP_CLEAR) != 0 ||
      ::cap_set_proc(without.get()) != 0) {
    return true;
  }
  bpf_attr attributes{};
  attributes.map_fd = static_cast<__u32>(-1);
  const bool refused =
      ::syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attributes, sizeof(attributes)) != 0 &&
      errno == EPERM;
  return ::cap_set_proc(before.get()) != 0 || refused;
}

// The file may have been rotated away by then: it is made anew, in a directory that need not be
// ours.
bool is_in_a_directory_of_others(const std::string& file) {
  const std::filesystem::path above = std::filesystem::path(file).parent_path();
  const auto belongs_to_another = [](const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && status.st_uid != ::geteuid();
  };
  return belongs_to_another(above.empty() ? "." : above.string()) || belongs_to_another(file);
}

}  // namespace

std::vector<KeptCapability> capabilities_needed(const Needs& needs) {
  const Capabilities held(::cap_get_proc());
  std::vector<KeptCapability> kept;
  const auto keep = [&](cap_value_t value, const char* name, const char* why) {
    if (held && has(held.get(), CAP_PERMITTED, value)) {
      kept.push_back({name, why});
    }
  };
  keep(CAP_SYS_PTRACE, "CAP_SYS_PTRACE",
       "/proc/PID of other users: what processes hold that come later");
  keep(CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH",
       "files of volumes that belong to other users: whether their bytes changed");
  if (maps_take_a_capability()) {
    keep(CAP_BPF, "CAP_BPF", "this kernel asks for it at every look at a BPF map");
  }
  if (needs.counts_runs) {
    keep(CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
         "the kernel counts runs of BPF programs (--bpf-stats, --max-overhead, --cost) for it "
         "alone");
  }
  if (!needs.output.empty() && is_in_a_directory_of_others(needs.output)) {
    keep(CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE",
         "SIGHUP opens the output anew, in a directory that belongs to another user");
  }
  return kept;
}

Result<> keep_only(const std::vector<KeptCapability>& kept) {
  const Capabilities now(::cap_get_proc());
  const Capabilities wanted(::cap_init());
  if (!now || !wanted) {
    return system_error(errno, "look at the capabilities");
  }
  if (has(now.get(), CAP_EFFECTIVE, CAP_SETPCAP)) {
    for (cap_value_t value = 0; value < ::cap_max_bits(); ++value) {
      ::cap_drop_bound(value);
    }
  }
  ::cap_reset_ambient();
  for (const KeptCapability& one : kept) {
    cap_value_t value = 0;
    if (::cap_from_name(one.name.c_str(), &value) != 0 ||
        ::cap_set_flag(wanted.get(), CAP_PERMITTED, 1, &value, CAP_SET) != 0 ||
        ::cap_set_flag(wanted.get(), CAP_EFFECTIVE, 1, &value, CAP_SET) != 0) {
      return system_error(errno, "name " + one.name);
    }
  }
  if (::cap_set_proc(wanted.get()) != 0) {
    return system_error(errno, "give up capabilities");
  }
  return Unit{};
}

}  // namespace reloadtrace
