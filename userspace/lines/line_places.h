// SPDX-License-Identifier: Apache-2.0
// Which field of a line goes where.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "userspace/lines/line.h"

namespace reloadtrace {

// The objects and lists of a line that hold something for us.
enum class Place : std::uint8_t {
  Nowhere,
  Line,
  Volume,
  Reader,
  Process,
  Publish,
  Writer,
  Changed,
  Trigger,
  Latency,
  Processes,
  Observers,
  Lost,
};

struct Field {
  std::string_view name;
  Place opens = Place::Nowhere;  // where its value leads, if that is an object or list
  std::string_view& (*text)(Line&) = nullptr;  // where its value goes, if that is a string
  void (*number)(Line&, double) = nullptr;
};

// Null for what is not kept.
const Field* field_named(Place place, std::string_view name);

// Whole and not negative, whatever was written.
std::uint64_t count_of(double number);

}  // namespace reloadtrace
