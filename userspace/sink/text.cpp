// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

namespace reloadtrace {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 1;  // bytes
  bool valid = false;
};

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1, true};
  }
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) {
    return {};
  }
  std::uint32_t value = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return {};
    }
    value = (value << 6) | (byte(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    return {};
  }
  return {value, length, true};
}

using Range = std::pair<std::uint32_t, std::uint32_t>;

template <std::size_t N>
bool in_any(const std::array<Range, N>& ranges, std::uint32_t value) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
    return value >= range.first && value <= range.second;
  });
}

// C0, DEL, C1, and what is invisible or turns the direction of text (Unicode TR36).
bool is_unsafe(std::uint32_t value) {
  constexpr std::array<Range, 11> kUnsafe = {{{0x00, 0x1f},
                                              {0x7f, 0x9f},
                                              {0xad, 0xad},
                                              {0x61c, 0x61c},
                                              {0x200b, 0x200f},
                                              {0x2028, 0x202e},
                                              {0x2060, 0x206f},
                                              {0xfeff, 0xfeff},
                                              {0xfff9, 0xfffb},
                                              {0xe000, 0xf8ff},
                                              {0xe0000, 0x10ffff}}};
  return in_any(kUnsafe, value);
}

std::size_t width_of(std::uint32_t value) {
  constexpr std::array<Range, 5> kCombining = {
      {{0x300, 0x36f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe2f}}};
  constexpr std::array<Range, 9> kWide = {{{0x1100, 0x115f},
                                           {0x2e80, 0xa4cf},
                                           {0xac00, 0xd7a3},
                                           {0xf900, 0xfaff},
                                           {0xfe30, 0xfe6f},
                                           {0xff00, 0xff60},
                                           {0xffe0, 0xffe6},
                                           {0x1f300, 0x1faff},
                                           {0x20000, 0x3fffd}}};
  if (value < 0x300) {
    return 1;
  }
  return in_any(kCombining, value) ? 0 : in_any(kWide, value) ? 2 : 1;
}

void append_escaped(std::string& out, std::uint32_t value) {
  if (value == '\n') {
    out += "\\n";
  } else if (value == '\t') {
    out += "\\t";
  } else if (value == '\r') {
    out += "\\r";
  } else if (value < 0x80) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", value);
  } else if (value < 0x10000) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", value);
  } else {
    fmt::format_to(std::back_inserter(out), "\\U{:08x}", value);
  }
}

// What our own sentences use beyond ASCII; empty for the rest.
std::string_view ascii_for(std::uint32_t value) {
  switch (value) {
    case 0x2026:
      return "...";
    case 0x2192:
      return "->";
    case 0x2013:
      return "-";
    case 0xb5:
      return "u";
    default:
      return {};
  }
}

// The longest beginning of `text` that fits into `width` columns, in bytes.
std::size_t fitting(std::string_view text, std::size_t width) {
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint point = decode(text.substr(at));
    const std::size_t more = width_of(point.value);
    if (used + more > width) {
      break;
    }
    used += more;
    at += point.length;
  }
  return at;
}

// The longest end of `text` that fits, as the byte where it begins.
std::size_t fitting_end(std::string_view text, std::size_t width) {
  std::size_t from = 0;
  std::size_t left = display_width(text);
  while (left > width) {
    const CodePoint point = decode(text.substr(from));
    left -= width_of(point.value);
    from += point.length;
  }
  return from;
}

}  // namespace

std::string printable(std::string_view text, Charset charset) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode(text);
    const bool shown = point.value < 0x80 || charset == Charset::Utf8;
    if (!point.valid) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint8_t>(text[0]));
    } else if (shown && !is_unsafe(point.value)) {
      out.append(text, 0, point.length);
    } else if (const std::string_view ascii = ascii_for(point.value); !shown && !ascii.empty()) {
      out += ascii;
    } else {
      append_escaped(out, point.value);
    }
    text.remove_prefix(point.length);
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = decode(text);
    width += width_of(point.value);
    text.remove_prefix(point.length);
  }
  return width;
}

std::string cut_end(std::string_view text, std::size_t width, std::string_view ellipsis) {
  if (display_width(text) <= width) {
    return std::string(text);
  }
  const std::size_t kept = width - std::min(width, display_width(ellipsis));
  return std::string(text.substr(0, fitting(text, kept))).append(ellipsis);
}

std::string cut_middle(std::string_view text, std::size_t width, std::string_view ellipsis) {
  if (display_width(text) <= width) {
    return std::string(text);
  }
  const std::size_t kept = width - std::min(width, display_width(ellipsis));
  const std::size_t begin = (kept + 1) / 2;
  return std::string(text.substr(0, fitting(text, begin)))
      .append(ellipsis)
      .append(text.substr(fitting_end(text, kept - begin)));
}

std::string pad_right(std::string text, std::size_t width) {
  const std::size_t has = display_width(text);
  text.append(has < width ? width - has : 0, ' ');
  return text;
}

std::string pad_left(const std::string& text, std::size_t width) {
  const std::size_t has = display_width(text);
  return std::string(has < width ? width - has : 0, ' ') + text;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  width = std::max<std::size_t>(width, 2);  // the widest character fits, so that each turn gets on
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) {
      continue;
    }
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
      lines.push_back(std::exchange(line, {}));
    }
    while (display_width(word) > width) {
      const std::size_t fits = fitting(word, width);
      lines.emplace_back(word.substr(0, fits));
      word.remove_prefix(fits);
    }
    if (!line.empty()) {
      line += ' ';
    }
    line += word;
  }
  if (!line.empty()) {
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace reloadtrace
