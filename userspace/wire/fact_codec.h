// SPDX-License-Identifier: Apache-2.0
// Facts as bytes, for recordings.
//
// A fact is its kind (u16), then its fields in the order of fact.h: integers little-endian in their
// own width, strings and lists preceded by a u32 count. Kinds are never renumbered; a field is
// added only at the end, and is left at its default when an older recording lacks it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/wire/event.h"

namespace reloadtrace {

// False for kernel events: their record is what is kept.
bool is_fact(const Event& event);

// Appends the encoded fact to `out`. Nothing for a kernel event.
void encode_fact(const Event& event, std::vector<std::byte>& out);

// The bytes are untrusted.
Result<Event> decode_fact(std::span<const std::byte> bytes);

}  // namespace reloadtrace
