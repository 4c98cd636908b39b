// SPDX-License-Identifier: Apache-2.0
// What told a reader to reread: the latest notice that explains it.
#pragma once

#include <optional>
#include <string>

#include "userspace/engine/judge.h"

namespace reloadtrace {

struct Trigger {
  TriggerInfo info;
  Timestamp at;  // zero = not known
};

// Of what a process heard of one publish through its queue, the one event that tells most, among
// those from `from` to `until`; null when there is none.
const Notice* best_notice(const Usage& usage, Timestamp from, Timestamp until);

// "IN_MOVED_TO ..data"
std::string say_notice(const Notice& notice);

// "SIGHUP from kill[55]", "POST /-/reload".
std::string say_request(const Request& request);

// Whether it could have made the process reread: it was taken, not dropped on the way.
bool was_taken(const Request& request);

Trigger trigger_of(const Usage& usage,
                   const Publish& publish,
                   const FileUse& reread,
                   const World& world);

}  // namespace reloadtrace
