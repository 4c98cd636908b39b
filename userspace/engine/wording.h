// SPDX-License-Identifier: Apache-2.0
// Numbers and kernel words as people say them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/timestamp.h"
#include "userspace/wire/event.h"

namespace reloadtrace {

// "0.08 ms", "0.4 ms", "12 ms", "1.3 s", "2 min", "3 h", "4 d".
std::string say(Duration duration);

// "IN_MOVED_TO|IN_ISDIR"; unknown bits in hexadecimal; "0" for none.
std::string say_inotify_mask(std::uint32_t mask);

// "FAN_MOVED_TO|FAN_ONDIR"; likewise.
std::string say_fanotify_mask(std::uint64_t mask);

// "SIGHUP"; "signal 34" for one that has no short name here.
std::string say_signal(std::uint32_t signal);

// "a.yaml", "a.yaml and b.yaml", "a.yaml, b.yaml, c.yaml and 4 more".
std::string say_files(const std::vector<std::string>& files);

// "EACCES"; the number for one that has no short name here.
std::string say_errno(std::uint32_t error);

std::string_view name_of(PollCall call);            // "lstat"
std::string_view name_of(WatchCall call);           // "inotify_add_watch"
std::string_view name_of(SignalHandling handling);  // "handled"
std::string_view name_of(SignalOutcome outcome);    // "delivered"

}  // namespace reloadtrace
