// SPDX-License-Identifier: Apache-2.0
// Where the parts of an ELF file lie: its segments, and its sections by name.
//
// The file is somebody else's and may be made to hurt. libelf decodes headers and nothing more: it
// would take memory for a section of the size that its header claims, so contents are read here,
// each within a bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reloadtrace::node {

struct ElfRange {
  std::uint64_t address = 0;  // where it is mapped
  std::uint64_t offset = 0;   // in the file
  std::uint64_t size = 0;     // bytes of the file; as claimed, the file may end earlier
};

struct ElfSection {
  std::string name;  // at most kMaxSectionName bytes of it
  ElfRange range;
};
inline constexpr std::size_t kMaxSectionName = 64;

struct ElfLayout {
  std::vector<ElfRange> segments;  // those that are loaded
  std::optional<ElfRange> data;    // the first that is writable and not executable
  std::vector<ElfSection> sections;
};

// `fd` is that of a regular file. Nothing when it is no ELF file, or one with more headers than any
// program has.
std::optional<ElfLayout> read_elf_layout(int fd);

// What the file holds at that place: less than `size` where it ends, or cannot be read.
std::string read_at(int fd, std::uint64_t offset, std::size_t size);

// The same by address, from the segment that is loaded there.
std::string read_at_address(int fd,
                            const ElfLayout& layout,
                            std::uint64_t address,
                            std::size_t size);

}  // namespace reloadtrace::node
