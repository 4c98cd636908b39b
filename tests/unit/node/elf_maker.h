// SPDX-License-Identifier: Apache-2.0
// Makes small ELF files of a Go program, and of what pretends to be one.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/base/unique_fd.h"

namespace reloadtrace {

// The file: header, one segment (writable data), the contents of .go.buildinfo, the names of the
// sections, the section headers.
class ElfMaker {
 public:
  static constexpr std::uint64_t kAddress = 0x500000;  // where the build info is mapped
  static constexpr std::size_t kInfoAt = 0x80;         // … and where it lies in the file

  bool big_endian = false;
  bool with_sections = true;
  std::uint64_t claimed_size = 0;  // of the section; 0 = what it is
  std::string name = ".go.buildinfo";

  // `info` begins where the section does.
  std::string make(const std::string& info) const {
    const std::string names = std::string("\0", 1) + name + '\0' + ".shstrtab" + '\0';
    const std::uint64_t names_at = kInfoAt + info.size();
    const std::uint64_t headers_at = with_sections ? names_at + names.size() : 0;
    const std::uint64_t size = claimed_size != 0 ? claimed_size : info.size();
    std::string out =
        "\x7f"
        "ELF";
    out += '\2';                         // 64 bits
    out += big_endian ? '\2' : '\1';     // data
    out += '\1' + std::string(9, '\0');  // version, no operating system
    out += number(2, 2) + number(62, 2) + number(1, 4) + number(0, 8);  // type, machine, …, entry
    out += number(64, 8) + number(headers_at, 8) + number(0, 4);
    out += number(64, 2) + number(56, 2) + number(1, 2);  // one segment
    out += number(64, 2) + number(with_sections ? 3 : 0, 2) + number(with_sections ? 2 : 0, 2);
    // PT_LOAD, read and write
    out += number(1, 4) + number(6, 4) + number(kInfoAt, 8) + number(kAddress, 8) +
           number(kAddress, 8) + number(size, 8) + number(size, 8) + number(4096, 8);
    out.resize(kInfoAt);
    out += info;
    if (with_sections) {
      out += names + section(0, 0, 0, 0, 0) + section(1, 1, kAddress, kInfoAt, size) +
             section(static_cast<std::uint32_t>(2 + name.size()), 3, 0, names_at, names.size());
    }
    return out;
  }

  std::string number(std::uint64_t value, int bytes) const {
    std::string out;
    for (int i = 0; i < bytes; ++i) {
      const int shift = 8 * (big_endian ? bytes - 1 - i : i);
      out += static_cast<char>(value >> shift & 0xFFU);
    }
    return out;
  }

 private:
  std::string section(std::uint32_t name_at,
                      std::uint32_t type,
                      std::uint64_t address,
                      std::uint64_t offset,
                      std::uint64_t size) const {
    return number(name_at, 4) + number(type, 4) + number(3, 8) + number(address, 8) +
           number(offset, 8) + number(size, 8) + number(0, 4) + number(0, 4) + number(16, 8) +
           number(0, 8);
  }
};

// A file in memory that holds these bytes.
inline UniqueFd file_of(std::string_view bytes) {
  UniqueFd fd(::memfd_create("elf", MFD_CLOEXEC));
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd.get(), bytes.data(), bytes.size());
    if (count <= 0) {
      return UniqueFd();
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return fd;
}

}  // namespace reloadtrace
