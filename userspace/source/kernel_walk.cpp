// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/kernel_walk.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "userspace/base/unique_fd.h"

namespace reloadtrace {

Result<> walk_kernel(const bpf_link& iterator, std::string_view doing) {
  const UniqueFd walk(bpf_iter_create(bpf_link__fd(&iterator)));
  if (!walk) {
    return system_error(errno, doing);
  }
  std::array<char, 64> nothing{};
  while (true) {
    const auto length = ::read(walk.get(), nothing.data(), nothing.size());
    if (length == 0) {
      return Unit{};
    }
    // EAGAIN: the kernel pauses after a million that gave no output.
    if (length < 0 && errno != EAGAIN && errno != EINTR) {
      return system_error(errno, doing);
    }
  }
}

}  // namespace reloadtrace
