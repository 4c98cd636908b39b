// SPDX-License-Identifier: Apache-2.0
// Which rows are shown, and in which order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/live/model.h"

namespace reloadtrace::live {

// By attention: what needs some first, of these the newest publish first.
enum class Sort : std::uint8_t {
  Attention,
  Pod,
  Reader,
  Volume,
  Generation,
  Latency,
  Published,
};
Sort next(Sort sort);
std::string_view name_of(Sort sort);  // "attention"

// Those with `filter` somewhere in their cells; an empty one is in all.
std::vector<const Row*> arrange(
    const Model& model, Sort sort, bool reverse, std::string_view filter, Timestamp now);

}  // namespace reloadtrace::live
