// SPDX-License-Identifier: Apache-2.0
// The formats that are lines. Written here because of what a wrong "unchanged" would cost: the
// parsers at hand drop what they take for a comment at the end of a line, and applications differ
// in whether it is one.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "userspace/config/parsers.h"

namespace reloadtrace::config {
namespace {

constexpr std::string_view kBlank = " \t\f";

class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  // Without its end, be it "\n" or "\r\n".
  std::optional<std::string_view> next() {
    if (rest_.empty()) {
      return std::nullopt;
    }
    ++number_;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    return line;
  }

  std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

std::string_view trim_left(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text;
}

std::string_view trim(std::string_view text) {
  text = trim_left(text);
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

bool ends_in_open_backslash(std::string_view line) {
  const std::size_t last = line.find_last_not_of('\\');
  const std::size_t count = line.size() - (last == std::string_view::npos ? 0 : last + 1);
  return count % 2 == 1;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

void append_utf8(std::string& out, std::uint32_t unit) {
  // Half of a surrogate pair is kept as it is: equal texts stay equal, and no other is like it.
  if (unit < 0x80) {
    out += static_cast<char>(unit);
  } else if (unit < 0x800) {
    out += static_cast<char>(0xC0U | (unit >> 6U));
    out += static_cast<char>(0x80U | (unit & 0x3FU));
  } else {
    out += static_cast<char>(0xE0U | (unit >> 12U));
    out += static_cast<char>(0x80U | ((unit >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (unit & 0x3FU));
  }
}

std::optional<std::uint32_t> hex4(std::string_view text) {
  if (text.size() < 4) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    const std::size_t digit = std::string_view("0123456789abcdef0123456789ABCDEF").find(c);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    value = value * 16 + static_cast<std::uint32_t>(digit % 16);
  }
  return value;
}

// As java.util.Properties.load does; nothing for a \u without four digits, at which that throws.
std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || ++i == text.size()) {
      if (i < text.size()) {
        out += text[i];
      }
      continue;
    }
    switch (text[i]) {
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u': {
        const auto unit = hex4(text.substr(i + 1));
        if (!unit) {
          return std::nullopt;
        }
        append_utf8(out, *unit);
        i += 4;
        break;
      }
      default:
        out += text[i];
    }
  }
  return out;
}

// Where the key of a properties line ends.
std::size_t end_of_key(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '=' || line[i] == ':' || kBlank.find(line[i]) != std::string_view::npos) {
      return i;
    }
  }
  return line.size();
}

}  // namespace

Result<> parse_properties(std::string_view text, Entries& out) {
  out.twice(Entries::Twice::LastWins);
  Lines lines(text);
  while (const auto first = lines.next()) {
    std::string logical(trim_left(*first));
    if (logical.empty() || logical.front() == '#' || logical.front() == '!') {
      continue;
    }
    const std::size_t number = lines.number();
    while (ends_in_open_backslash(logical)) {
      logical.pop_back();
      const auto more = lines.next();
      if (!more) {
        break;
      }
      logical += trim_left(*more);
    }
    const std::string_view line = logical;
    const std::size_t end = end_of_key(line);
    std::string_view value = trim_left(line.substr(end));
    if (value.starts_with('=') || value.starts_with(':')) {
      value = trim_left(value.substr(1));
    }
    auto key = unescape(line.substr(0, end));
    auto meant = unescape(value);
    if (!key || !meant) {
      return malformed_at(number, "\\u without four digits");
    }
    if (!out.add({std::move(*key), std::move(*meant)})) {
      break;
    }
  }
  return Unit{};
}

Result<> parse_env(std::string_view text, Entries& out) {
  out.twice(Entries::Twice::LastWins);
  Lines lines(text);
  while (const auto first = lines.next()) {
    std::string_view line = trim_left(*first);
    if (line.empty() || line.front() == '#') {
      continue;
    }
    if (line.starts_with("export ")) {
      line = trim_left(line.substr(7));
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || !is_name(line.substr(0, equals))) {
      return malformed_at(lines.number(), "no NAME=VALUE");
    }
    // As it stands, quotes and what follows them included: parsers differ in what they make of it.
    std::string value(line.substr(equals + 1));
    const char quote = value.empty() ? '\0' : value.front();
    if (quote == '"' || quote == '\'') {
      const std::size_t number = lines.number();
      while (value.find(quote, 1) == std::string::npos) {
        const auto more = lines.next();
        if (!more) {
          return malformed_at(number, "a quote is not closed");
        }
        value += '\n';
        value += *more;
      }
    }
    if (!out.add({std::string(line.substr(0, equals)), std::move(value)})) {
      break;
    }
  }
  return Unit{};
}

Result<> parse_ini(std::string_view text, Entries& out) {
  out.twice(Entries::Twice::EachCounts);
  Lines lines(text);
  std::string section;
  std::optional<Entry> entry;
  std::optional<std::size_t> indent;  // of the section's first key: what lies deeper goes on
  bool goes_on = false;
  const auto put = [&] {
    return !entry || out.add(std::move(*std::exchange(entry, std::nullopt)));
  };
  while (const auto whole = lines.next()) {
    const std::string_view line = trim(*whole);
    const std::size_t depth = std::min(whole->find_first_not_of(kBlank), whole->size());
    if (entry && !line.empty() && (goes_on || (indent && depth > *indent))) {
      (entry->value += '\n') += *whole;
      goes_on = line.ends_with('\\');
      continue;
    }
    goes_on = false;
    if (line.empty() || line.front() == '#' || line.front() == ';') {
      continue;
    }
    if (!put()) {
      return Unit{};
    }
    if (line.front() == '[') {
      if (line.size() < 2 || line.find(']') != line.size() - 1) {
        return malformed_at(lines.number(), "no [section]");
      }
      section = std::string(line);
      indent.reset();
      if (!out.add({section, "", "section"})) {  // to be there may be all that it is for
        return Unit{};
      }
      continue;
    }
    const std::size_t separator = line.find_first_of("=:");
    const std::string_view name = trim(line.substr(0, separator));
    if (separator == std::string_view::npos || name.empty()) {
      return malformed_at(lines.number(), "no `key = value`");
    }
    if (!indent) {
      indent = depth;
    }
    entry = Entry{section.empty() ? std::string(name) : section + " " + std::string(name),
                  std::string(trim(line.substr(separator + 1)))};
    goes_on = line.ends_with('\\');
  }
  static_cast<void>(put());
  return Unit{};
}

}  // namespace reloadtrace::config
