// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/keys.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace reloadtrace::live {
namespace {

constexpr char kEscape = '\x1b';
// Longer sequences than any key has are no sequences.
constexpr std::size_t kLongest = 32;

struct Step {
  std::size_t taken = 0;  // bytes; 0 = more are needed
  std::optional<Key> key;
};

// ECMA-48 5.4: parameters, then one final byte of 0x40–0x7e.
std::size_t end_of_sequence(std::string_view bytes, std::size_t from) {
  while (from < bytes.size() && bytes[from] >= 0x20 && bytes[from] < 0x40) {
    ++from;
  }
  return from;
}

std::optional<Key> key_of_letter(char letter) {
  switch (letter) {
    case 'A':
      return Key{KeyName::Up};
    case 'B':
      return Key{KeyName::Down};
    case 'H':
      return Key{KeyName::Home};
    case 'F':
      return Key{KeyName::End};
    case 'M':  // of the keypad, in application mode
      return Key{KeyName::Enter};
    default:
      return std::nullopt;
  }
}

// "5" of ESC [ 5 ~, and of ESC [ 5 ; 2 ~ with a modifier.
std::optional<Key> key_of_number(std::string_view parameters) {
  constexpr std::array<std::pair<std::string_view, KeyName>, 6> kKeys = {
      {{"1", KeyName::Home},
       {"7", KeyName::Home},
       {"4", KeyName::End},
       {"8", KeyName::End},
       {"5", KeyName::PageUp},
       {"6", KeyName::PageDown}}};
  const std::string_view number = parameters.substr(0, parameters.find(';'));
  for (const auto& [text, name] : kKeys) {
    if (number == text) {
      return Key{name};
    }
  }
  return std::nullopt;
}

Step escape_step(std::string_view bytes) {
  if (bytes.size() < 2) {
    return {};
  }
  if (bytes[1] == '[') {
    const std::size_t end = end_of_sequence(bytes, 2);
    if (end == bytes.size()) {
      return end < kLongest ? Step{} : Step{end, std::nullopt};
    }
    const std::string_view parameters = bytes.substr(2, end - 2);
    return {end + 1, bytes[end] == '~' ? key_of_number(parameters) : key_of_letter(bytes[end])};
  }
  if (bytes[1] == 'O') {
    return bytes.size() < 3 ? Step{} : Step{3, key_of_letter(bytes[2])};
  }
  // Two escapes, or Alt and a key, which is that key after an escape.
  return {1, Key{KeyName::Escape}};
}

Step text_step(std::string_view bytes) {
  const auto lead = static_cast<std::uint8_t>(bytes[0]);
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (lead >= 0x80 && length == 1) {
    return {1, std::nullopt};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (i == bytes.size()) {
      return {};
    }
    if ((static_cast<std::uint8_t>(bytes[i]) & 0xc0) != 0x80) {
      return {i, std::nullopt};
    }
  }
  return {length, Key{KeyName::Text, std::string(bytes.substr(0, length))}};
}

Step step(std::string_view bytes) {
  switch (bytes[0]) {
    case kEscape:
      return escape_step(bytes);
    case '\r':
    case '\n':
      return {1, Key{KeyName::Enter}};
    case '\x7f':
    case '\b':
      return {1, Key{KeyName::Backspace}};
    case '\x0c':
      return {1, Key{KeyName::Redraw}};
    case '\x03':
      return {1, Key{KeyName::Interrupt}};
    default:
      break;
  }
  const bool control = static_cast<std::uint8_t>(bytes[0]) < 0x20;
  return control ? Step{1, std::nullopt} : text_step(bytes);
}

}  // namespace

std::vector<Key> KeyDecoder::feed(std::string_view bytes) {
  begun_ += bytes;
  std::vector<Key> keys;
  std::size_t at = 0;
  while (at < begun_.size()) {
    Step next = step(std::string_view(begun_).substr(at));
    if (next.taken == 0) {
      break;
    }
    if (next.key) {
      keys.push_back(std::move(*next.key));
    }
    at += next.taken;
  }
  begun_.erase(0, at);
  return keys;
}

std::vector<Key> KeyDecoder::settle() {
  const bool escape = begun_ == std::string_view(&kEscape, 1);
  begun_.clear();
  return escape ? std::vector<Key>{{KeyName::Escape}} : std::vector<Key>{};
}

}  // namespace reloadtrace::live
