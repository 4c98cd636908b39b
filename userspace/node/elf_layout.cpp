// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/elf_layout.h"

#include <gelf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>

namespace reloadtrace::node {

namespace {

// Of a Go program some 40 sections and 10 segments.
constexpr std::size_t kMaxSections = 4096;
constexpr std::size_t kMaxSegments = 512;

using ElfHandle = std::unique_ptr<Elf, int (*)(Elf*)>;

// elf_begin() itself takes memory for as many sections as the header claims, so it is looked at
// before. Numbers too large for the header stand in the first section (extended numbering): nothing
// that is worth reading has so many.
template <typename Header>
bool is_modest(const std::string& bytes) {
  Header header{};
  if (bytes.size() < sizeof header) {
    return false;
  }
  std::copy_n(bytes.data(), sizeof header, reinterpret_cast<char*>(&header));
  const bool swapped = header.e_ident[EI_DATA] ==
                       (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2MSB : ELFDATA2LSB);
  const auto number = [&](std::uint16_t value) {
    return swapped ? __builtin_bswap16(value) : value;
  };
  const bool extended = header.e_shoff != 0 && header.e_shnum == 0;
  return !extended && number(header.e_shnum) <= kMaxSections &&
         number(header.e_phnum) <= kMaxSegments;
}

bool is_modest_elf(int fd) {
  const std::string bytes = read_at(fd, 0, sizeof(Elf64_Ehdr));
  if (bytes.size() < EI_NIDENT || !bytes.starts_with(ELFMAG)) {
    return false;
  }
  return bytes[EI_CLASS] == ELFCLASS64 ? is_modest<Elf64_Ehdr>(bytes)
                                       : is_modest<Elf32_Ehdr>(bytes);
}

ElfRange range_of(const GElf_Shdr& section) {
  return {section.sh_addr, section.sh_offset, section.sh_type == SHT_NOBITS ? 0 : section.sh_size};
}

void read_segments(Elf* elf, ElfLayout& layout) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) {
    return;
  }
  for (std::size_t i = 0; i < std::min(count, kMaxSegments); ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr || segment.p_type != PT_LOAD) {
      continue;
    }
    const ElfRange range{segment.p_vaddr, segment.p_offset, segment.p_filesz};
    layout.segments.push_back(range);
    if (!layout.data && (segment.p_flags & (PF_W | PF_X)) == PF_W) {
      layout.data = range;
    }
  }
}

void read_sections(int fd, Elf* elf, ElfLayout& layout) {
  std::size_t names_index = 0;
  GElf_Shdr names;
  if (elf_getshdrstrndx(elf, &names_index) != 0 ||
      gelf_getshdr(elf_getscn(elf, names_index), &names) == nullptr) {
    return;
  }
  for (Elf_Scn* scn = elf_nextscn(elf, nullptr); scn != nullptr; scn = elf_nextscn(elf, scn)) {
    GElf_Shdr section;
    if (gelf_getshdr(scn, &section) == nullptr || section.sh_name >= names.sh_size) {
      continue;
    }
    const std::string name = read_at(fd, names.sh_offset + section.sh_name, kMaxSectionName);
    layout.sections.push_back({name.substr(0, name.find('\0')), range_of(section)});
  }
}

}  // namespace

std::optional<ElfLayout> read_elf_layout(int fd) {
  if (!is_modest_elf(fd) || elf_version(EV_CURRENT) == EV_NONE) {
    return std::nullopt;
  }
  // Not by mmap: a file that is cut while it is looked at would be a SIGBUS.
  const ElfHandle elf(elf_begin(fd, ELF_C_READ, nullptr), elf_end);
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF) {
    return std::nullopt;
  }
  ElfLayout layout;
  read_segments(elf.get(), layout);
  read_sections(fd, elf.get(), layout);
  return layout;
}

std::string read_at(int fd, std::uint64_t offset, std::size_t size) {
  std::string bytes;
  if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()) - size) {
    return bytes;
  }
  bytes.resize(size);
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count =
        ::pread(fd, bytes.data() + filled, size - filled, static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      break;
    }
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

std::string read_at_address(int fd,
                            const ElfLayout& layout,
                            std::uint64_t address,
                            std::size_t size) {
  for (const ElfRange& segment : layout.segments) {
    if (address >= segment.address && address - segment.address < segment.size) {
      const std::uint64_t into = address - segment.address;
      return read_at(fd, segment.offset + into,
                     static_cast<std::size_t>(std::min<std::uint64_t>(size, segment.size - into)));
    }
  }
  return {};
}

}  // namespace reloadtrace::node
