// SPDX-License-Identifier: Apache-2.0
// From the bytes that a terminal sends to the keys that were pressed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reloadtrace::live {

enum class KeyName {
  Text,  // one printable character
  Up,
  Down,
  PageUp,
  PageDown,
  Home,
  End,
  Enter,
  Escape,
  Backspace,
  Redraw,     // Ctrl-L
  Interrupt,  // Ctrl-C, from a terminal that makes no signal of it
};

struct Key {
  KeyName name = KeyName::Text;
  std::string text = {};  // of Text: the character, as UTF-8

  bool operator==(const Key&) const = default;
};

// A sequence may come in pieces. The escape key is the first byte of all of them: whether it was
// pressed alone is decided by what does not follow, so whoever reads calls settle() a moment later.
class KeyDecoder {
 public:
  // The keys that are complete. What is not known is passed over, a sequence as a whole.
  std::vector<Key> feed(std::string_view bytes);

  // Something began that may go on.
  bool undecided() const { return !begun_.empty(); }
  // Nothing more comes: a lone escape is the escape key.
  std::vector<Key> settle();

 private:
  std::string begun_;
};

}  // namespace reloadtrace::live
