// SPDX-License-Identifier: Apache-2.0
// The bitmaps by which the kernel side tells at once that a file, or a name, is none of ours.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "userspace/wire/identity.h"

namespace reloadtrace {

// A bitmap in memory that BPF programs read at the same time.
using FilterWord = unsigned long long;  // the kernel's __u64, as the skeleton has it
using FilterBits = std::span<FilterWord>;

void set_device(FilterBits bits, DeviceId dev);
void set_inode(FilterBits bits, InodeId inode);
void set_name(FilterBits bits, std::string_view name);

// Makes `bits` equal to `wanted` word by word. Bits that are in both are never clear meanwhile.
void replace(FilterBits bits, std::span<const FilterWord> wanted);

}  // namespace reloadtrace
