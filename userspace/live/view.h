// SPDX-License-Identifier: Apache-2.0
// What the user looks at, and what keys do to it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "userspace/live/keys.h"
#include "userspace/live/order.h"

namespace reloadtrace::live {

class View {
 public:
  enum class Mode : std::uint8_t { List, Filter, Detail, Help };
  // What a key asks of others.
  enum class Wish : std::uint8_t { None, Quit, Repaint };

  // Keys are about what was laid out last, so something is laid out between any two of them.
  Wish press(const Key& key);

  Mode mode() const { return mode_; }
  Sort sort() const { return sort_; }
  bool reversed() const { return reversed_; }
  const std::string& filter() const { return filter_; }
  const std::string& opened() const { return opened_; }  // key of a row; of Mode::Detail
  void close_opened() { mode_ = Mode::List; }

  // Which of the rows are in the window of `page` rows, and which of them the keys are about.
  // A row that was chosen stays so wherever it goes; before that, and after Home, it is the first.
  struct Window {
    std::size_t first = 0;
    std::size_t cursor = 0;  // among all
  };
  Window follow(const std::vector<const Row*>& rows, std::size_t page);

  // The first of `lines` lines that are read in a window of `page`.
  std::size_t scroll(std::size_t lines, std::size_t page);

 private:
  Wish press_in_list(const Key& key);
  Wish press_in_filter(const Key& key);
  Wish press_in_text(const Key& key);
  void go_to(Mode mode);

  Mode mode_ = Mode::List;
  Sort sort_ = Sort::Attention;
  bool reversed_ = false;
  std::string filter_;
  std::string chosen_;      // key of the row that was chosen; empty = the first one
  std::string cursor_key_;  // of the row that the cursor was laid out on; empty = there was none
  std::string opened_;
  std::size_t cursor_ = 0;  // where it was
  std::size_t first_ = 0;   // row of the window
  std::size_t top_ = 0;     // line of a text
  std::optional<KeyName> move_;
};

}  // namespace reloadtrace::live
