// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/guest_kernels.h"

#include <algorithm>
#include <array>

#include "userspace/node/files.h"

namespace reloadtrace::node {

namespace {

constexpr std::size_t kCommLength = 15;  // TASK_COMM_LEN without the NUL

// Beginnings of names. Kata (src/runtime/virtcontainers/hypervisor.go): its hypervisors, and the
// shim that has dragonball built in; its virtiofsd serves their files. gVisor: the sentry, which
// renames itself runsc-sandbox and keeps its executable.
constexpr std::array<std::string_view, 9> kPrograms = {
    "qemu-system-", "qemu-kvm", "cloud-hypervisor",     "firecracker", "dragonball", "stratovirt",
    "virtiofsd",    "runsc",    "containerd-shim-kata",
};

bool is_known(std::string_view name, bool cut) {
  return std::any_of(kPrograms.begin(), kPrograms.end(), [&](std::string_view program) {
    return name.starts_with(program) ||
           (cut && name.size() == kCommLength && program.starts_with(name));
  });
}

}  // namespace

std::string guest_kernel_of(std::string_view executable, std::string_view comm) {
  const std::string_view name = base_name(executable);
  if (is_known(name, false)) {
    return std::string(name);
  }
  return is_known(comm, true) ? std::string(comm) : std::string{};
}

}  // namespace reloadtrace::node
