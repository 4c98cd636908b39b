// SPDX-License-Identifier: Apache-2.0
// `--hooks` of the command line, for the source.
#pragma once

#include <string_view>

#include "userspace/source/bpf_options.h"

namespace reloadtrace {

// Of a valid text: "auto", "tracepoint" or "fentry".
constexpr HookChoice hook_choice(std::string_view text) {
  if (text == "tracepoint") {
    return HookChoice::Tracepoint;
  }
  return text == "fentry" ? HookChoice::Fentry : HookChoice::Auto;
}

}  // namespace reloadtrace
