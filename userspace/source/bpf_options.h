// SPDX-License-Identifier: Apache-2.0
// How the live source is to be had.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace reloadtrace {

// Which tier the system calls are seen in; HookTier has them.
enum class HookChoice : std::uint8_t {
  Auto,  // fentry where it attaches and delivers, and where the kernel does not preempt itself
  Tracepoint,  // never fentry
  Fentry,      // what cannot be had so is Missing
};

struct BpfOptions {
  HookChoice hooks = HookChoice::Auto;
  // A file with the types of this kernel, when it was built without; kernel_btf.h. System calls are
  // then seen by the tracepoint, and watches from before the start not at all (hook `adopt`).
  std::string btf;
  // Rings, in bytes; powers of two and multiples of the page size. The first carries what must not
  // be lost (publishes, watches, processes), the other one opens and reads. With 512 KiB a publish
  // of 180 volumes at once did not fit.
  std::uint32_t facts_ring = 2 * 1024 * 1024;
  std::uint32_t activity_ring = 2 * 1024 * 1024;
  // Of RecordRings.
  std::chrono::nanoseconds gathering = std::chrono::microseconds(500);
  // Events of this process are never reported. 0 = the caller's own.
  std::uint32_t self_tgid = 0;
  // Where the node's processes are shown: pid 1 there lives in the node's mount namespace.
  std::string proc = "/proc";
  // Request lines that count as reload requests beside those that always do; http_patterns.h has
  // their syntax.
  std::vector<std::string> http_triggers;
  // For tests: leave these hooks out as if the kernel lacked them.
  std::vector<std::string> without_hooks;
  // For tests: let these attach, and then see nothing.
  std::vector<std::string> muted_hooks;

  bool operator==(const BpfOptions&) const = default;
};

}  // namespace reloadtrace
