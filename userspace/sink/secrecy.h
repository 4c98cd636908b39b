// SPDX-License-Identifier: Apache-2.0
// What must not be said about a Secret: anything that tells how long a value is.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "userspace/engine/report.h"

namespace reloadtrace {

inline bool is_secret(const VolumeInfo& volume) {
  return volume.kind == "secret";
}

// Numbers of an event are withheld unless known to be harmless: a new one must not leak by default.
inline bool may_tell_size(std::string_view number) {
  constexpr std::array<std::string_view, 22> kHarmless = {
      "pid",   "tid",        "ppid",       "tgid",          "fd",      "wd",     "cookie", "mask",
      "flags", "errno",      "error",      "uid",           "gid",     "mode",   "signal", "status",
      "count", "sender_pid", "target_pid", "namespace_pid", "over_ms", "took_ms"};
  return std::find(kHarmless.begin(), kHarmless.end(), number) == kHarmless.end();
}

}  // namespace reloadtrace
