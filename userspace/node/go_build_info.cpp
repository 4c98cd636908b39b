// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/go_build_info.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "userspace/node/elf_layout.h"
#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

namespace {

constexpr std::string_view kMagic = "\xff Go buildinf:";
constexpr std::size_t kAlignment = 16;
constexpr std::size_t kHeaderSize = 32;
constexpr std::size_t kMarkSize = 16;
// Kubernetes' own programs list some 20 KiB of modules.
constexpr std::size_t kMaxInfo = 1U << 20U;
constexpr std::size_t kMaxVersion = 256;
constexpr std::size_t kMaxName = 512;
constexpr unsigned kBigEndian = 1;
constexpr unsigned kInline = 2;

// A later major version is a module of its own: "github.com/knadh/koanf/v2".
constexpr std::array<std::string_view, 8> kWatching = {
    "github.com/fsnotify/fsnotify",   "gopkg.in/fsnotify.v1",
    "gopkg.in/fsnotify/fsnotify.v1",  "github.com/spf13/viper",
    "sigs.k8s.io/controller-runtime", "github.com/knadh/koanf",
    "github.com/rjeczalik/notify",    "github.com/radovskyb/watcher"};

bool watches_files(std::string_view module) {
  return std::any_of(kWatching.begin(), kWatching.end(), [&](std::string_view known) {
    return module == known ||
           (module.starts_with(known) && module.substr(known.size()).starts_with("/v"));
  });
}

// base-128, least significant group first (encoding/binary).
std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 63 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<std::string> take_string(std::string_view& bytes) {
  const auto size = take_varint(bytes);
  if (!size || *size > bytes.size()) {
    return std::nullopt;
  }
  std::string text(bytes.substr(0, static_cast<std::size_t>(*size)));
  bytes.remove_prefix(text.size());
  return text;
}

std::uint64_t number_in(std::string_view bytes, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[big_endian ? i : bytes.size() - 1 - i]);
    value = value << 8U | byte;
  }
  return value;
}

// The header and what follows it, as far as that is within the bound; empty without one.
std::string find_info(int fd, const ElfLayout& layout) {
  const auto section =
      std::find_if(layout.sections.begin(), layout.sections.end(),
                   [](const ElfSection& one) { return one.name == ".go.buildinfo"; });
  const std::optional<ElfRange> range =
      section != layout.sections.end() ? section->range : layout.data;
  if (!range) {
    return {};
  }
  std::string bytes = read_at(
      fd, range->offset, static_cast<std::size_t>(std::min<std::uint64_t>(range->size, kMaxInfo)));
  for (std::size_t at = 0; at + kHeaderSize <= bytes.size(); at += kAlignment) {
    if (std::string_view(bytes).substr(at).starts_with(kMagic)) {
      return bytes.substr(at);
    }
  }
  return {};
}

// A Go string that a pointer in the header leads to: its data and length lie at that address.
std::string follow(
    int fd, const ElfLayout& layout, std::string_view pointer, bool big_endian, std::size_t limit) {
  const std::size_t width = pointer.size();
  const std::string header = read_at_address(fd, layout, number_in(pointer, big_endian), 2 * width);
  if (header.size() != 2 * width) {
    return {};
  }
  const std::uint64_t address = number_in(std::string_view(header).substr(0, width), big_endian);
  const std::uint64_t size = number_in(std::string_view(header).substr(width), big_endian);
  if (size > limit) {
    return {};
  }
  std::string text = read_at_address(fd, layout, address, static_cast<std::size_t>(size));
  return text.size() == size ? text : std::string();
}

bool has_sections_of_go(const ElfLayout& layout) {
  return std::any_of(layout.sections.begin(), layout.sections.end(), [](const ElfSection& one) {
    return one.name.starts_with(".go.") || one.name.ends_with(".gopclntab") ||
           one.name == ".note.go.buildid";
  });
}

struct Strings {
  std::string version;
  std::string modules;
};

std::optional<Strings> read_strings(int fd, const ElfLayout& layout, std::string_view info) {
  const auto width = static_cast<std::uint8_t>(info[kMagic.size()]);
  const auto flags = static_cast<std::uint8_t>(info[kMagic.size() + 1]);
  if ((flags & kInline) != 0) {
    std::string_view rest = info.substr(kHeaderSize);
    const auto version = take_string(rest);
    if (!version) {
      return std::nullopt;
    }
    return Strings{*version, take_string(rest).value_or("")};
  }
  if (width != 4 && width != 8) {
    return std::nullopt;
  }
  const bool big_endian = (flags & kBigEndian) != 0;
  return Strings{
      follow(fd, layout, info.substr(16, width), big_endian, kMaxVersion),
      follow(fd, layout, info.substr(16 + std::size_t{width}, width), big_endian, kMaxInfo)};
}

}  // namespace

void parse_modules(std::string_view text, GoBuildInfo& info) {
  ModuleFact* latest = nullptr;  // that a replacement speaks of
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::string_view kind = take_until(line, '\t');
    const std::string_view path = take_until(line, '\t').substr(0, kMaxName);
    const std::string_view version = take_until(line, '\t').substr(0, kMaxName);
    if (kind == "path") {
      info.main_package = std::string(path);
    } else if (kind == "dep") {
      info.modules_known = true;
      latest = nullptr;
      if (watches_files(path) && info.modules.size() < kWatching.size()) {
        latest = &info.modules.emplace_back(ModuleFact{std::string(path), std::string(version)});
      }
    } else if (kind == "=>" && latest != nullptr && !version.empty()) {
      latest->version = std::string(version);
    } else if (kind == "mod") {
      info.modules_known = true;
    }
  }
}

std::optional<GoBuildInfo> read_go_build_info(int fd) {
  const auto layout = read_elf_layout(fd);
  const std::string bytes = layout ? find_info(fd, *layout) : std::string();
  const auto strings = bytes.empty() ? std::nullopt : read_strings(fd, *layout, bytes);
  if (!strings || strings->version.empty() || strings->version.size() > kMaxVersion) {
    return layout && has_sections_of_go(*layout) ? std::optional(GoBuildInfo{}) : std::nullopt;
  }
  GoBuildInfo info;
  info.version = strings->version;
  const std::string_view marked = strings->modules;
  // One byte at least between the marks, and a line's end before the last one.
  if (marked.size() > 2 * kMarkSize && marked[marked.size() - kMarkSize - 1] == '\n') {
    parse_modules(marked.substr(kMarkSize, marked.size() - 2 * kMarkSize), info);
  }
  return info;
}

}  // namespace reloadtrace::node
