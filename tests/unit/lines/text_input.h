// SPDX-License-Identifier: Apache-2.0
// Text as a file that a reader can read.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>

#include "userspace/base/unique_fd.h"

namespace reloadtrace::testing {

inline UniqueFd input_of(std::string_view text) {
  UniqueFd fd(::memfd_create("input", MFD_CLOEXEC));
  while (!text.empty()) {
    const ssize_t n = ::write(fd.get(), text.data(), text.size());
    if (n < 0) {
      throw std::runtime_error("cannot write the input of a test");
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

}  // namespace reloadtrace::testing
