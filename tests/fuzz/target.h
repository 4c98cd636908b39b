// SPDX-License-Identifier: Apache-2.0
// What is fuzzed: one function of untrusted bytes a file. With clang each becomes a libFuzzer
// program; in every other build all of them run over the inputs in corpus/, as a test.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/base/unique_fd.h"

namespace reloadtrace::fuzz {

using Target = void (*)(std::string_view bytes);

// By name; in no order.
inline std::vector<std::pair<std::string, Target>>& targets() {
  static std::vector<std::pair<std::string, Target>> all;
  return all;
}

struct Registration {
  Registration(const char* name, Target target) { targets().emplace_back(name, target); }
};

// A file in memory, at its beginning.
inline UniqueFd file_of(std::string_view bytes) {
  UniqueFd fd(::memfd_create("fuzz", MFD_CLOEXEC));
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written <= 0) {
      break;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

// Up to the first `divider`, which is taken away; all when there is none.
inline std::string_view take_until(std::string_view& bytes, std::string_view divider) {
  const std::size_t at = bytes.find(divider);
  const std::string_view out = bytes.substr(0, at);
  bytes.remove_prefix(at == std::string_view::npos ? bytes.size() : at + divider.size());
  return out;
}

template <typename Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    visit(take_until(text, "\n"));
  }
}

}  // namespace reloadtrace::fuzz

#ifdef RELOADTRACE_LIBFUZZER
#define RELOADTRACE_FUZZ_ENTRY(name)                                                  \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    name({reinterpret_cast<const char*>(data), size});                                \
    return 0;                                                                         \
  }
#else
#define RELOADTRACE_FUZZ_ENTRY(name) \
  static const ::reloadtrace::fuzz::Registration registration_of_##name(#name, &(name));
#endif

// FUZZ_TARGET(mountinfo) { … bytes … }
#define FUZZ_TARGET(name)                   \
  static void name(std::string_view bytes); \
  RELOADTRACE_FUZZ_ENTRY(name)              \
  static void name(std::string_view bytes)
