// SPDX-License-Identifier: Apache-2.0
#include "userspace/live/view.h"

#include <algorithm>
#include <utility>

namespace reloadtrace::live {
namespace {

constexpr std::size_t kLongestFilter = 128;  // bytes

bool is_move(KeyName name) {
  return name == KeyName::Up || name == KeyName::Down || name == KeyName::PageUp ||
         name == KeyName::PageDown || name == KeyName::Home || name == KeyName::End;
}

// Letters that move as arrows do, as in less and vi.
KeyName meaning_of(const Key& key) {
  if (key.name != KeyName::Text) {
    return key.name;
  }
  if (key.text == "j") {
    return KeyName::Down;
  }
  if (key.text == "k") {
    return KeyName::Up;
  }
  if (key.text == " ") {
    return KeyName::PageDown;
  }
  if (key.text == "g") {
    return KeyName::Home;
  }
  return key.text == "G" ? KeyName::End : KeyName::Text;
}

// From `at` in a list of `count`, with a window of `page`.
std::size_t moved(std::size_t at, KeyName move, std::size_t count, std::size_t page) {
  const std::size_t last = count == 0 ? 0 : count - 1;
  const std::size_t leap = std::max<std::size_t>(page, 1);
  switch (move) {
    case KeyName::Up:
      return at - std::min<std::size_t>(at, 1);
    case KeyName::Down:
      return std::min(at + 1, last);
    case KeyName::PageUp:
      return at - std::min(at, leap);
    case KeyName::PageDown:
      return std::min(at + leap, last);
    case KeyName::Home:
      return 0;
    case KeyName::End:
      return last;
    default:
      return at;
  }
}

void erase_last_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) {
    text.pop_back();
  }
  if (!text.empty()) {
    text.pop_back();
  }
}

}  // namespace

View::Wish View::press(const Key& key) {
  if (key.name == KeyName::Interrupt) {
    return Wish::Quit;
  }
  if (key.name == KeyName::Redraw) {
    return Wish::Repaint;
  }
  if (mode_ == Mode::Filter) {
    return press_in_filter(key);
  }
  if (const KeyName meaning = meaning_of(key); is_move(meaning)) {
    move_ = meaning;
    return Wish::None;
  }
  return mode_ == Mode::List ? press_in_list(key) : press_in_text(key);
}

void View::go_to(Mode mode) {
  mode_ = mode;
  top_ = 0;
}

View::Wish View::press_in_list(const Key& key) {
  if (key.name == KeyName::Escape) {
    filter_.clear();
  } else if (key.name == KeyName::Enter && !cursor_key_.empty()) {
    opened_ = chosen_ = cursor_key_;
    go_to(Mode::Detail);
  } else if (key.text == "q") {
    return Wish::Quit;
  } else if (key.text == "s") {
    sort_ = next(sort_);
  } else if (key.text == "r") {
    reversed_ = !reversed_;
  } else if (key.text == "/") {
    go_to(Mode::Filter);
  } else if (key.text == "?" || key.text == "h") {
    go_to(Mode::Help);
  }
  return Wish::None;
}

View::Wish View::press_in_filter(const Key& key) {
  switch (key.name) {
    case KeyName::Text:
      if (filter_.size() + key.text.size() <= kLongestFilter) {
        filter_ += key.text;
      }
      break;
    case KeyName::Backspace:
      if (filter_.empty()) {
        mode_ = Mode::List;
      }
      erase_last_character(filter_);
      break;
    case KeyName::Escape:
      filter_.clear();
      mode_ = Mode::List;
      break;
    case KeyName::Enter:
      mode_ = Mode::List;
      break;
    default:
      if (is_move(key.name)) {
        move_ = key.name;
      }
      break;
  }
  return Wish::None;
}

View::Wish View::press_in_text(const Key& key) {
  const bool back = key.name == KeyName::Escape || key.name == KeyName::Backspace ||
                    key.text == "q" || (mode_ == Mode::Help && key.text == "?");
  if (back) {
    go_to(Mode::List);
  } else if (key.text == "?" || key.text == "h") {
    go_to(Mode::Help);
  }
  return Wish::None;
}

View::Window View::follow(const std::vector<const Row*>& rows, std::size_t page) {
  if (!chosen_.empty()) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const Row* row) { return row->key() == chosen_; });
    if (found != rows.end()) {
      cursor_ = static_cast<std::size_t>(found - rows.begin());
    }
  } else {
    cursor_ = 0;
  }
  cursor_ = std::min(cursor_, rows.empty() ? 0 : rows.size() - 1);
  if (const auto move = std::exchange(move_, std::nullopt)) {
    cursor_ = moved(cursor_, *move, rows.size(), page);
    chosen_ = *move == KeyName::Home || rows.empty() ? std::string() : rows[cursor_]->key();
  }
  cursor_key_ = rows.empty() ? std::string() : rows[cursor_]->key();
  const std::size_t most = rows.size() - std::min(rows.size(), page);
  first_ = std::min({first_, cursor_, most});
  if (page != 0 && cursor_ >= first_ + page) {
    first_ = cursor_ - page + 1;
  }
  return {first_, cursor_};
}

std::size_t View::scroll(std::size_t lines, std::size_t page) {
  const std::size_t most = lines - std::min(lines, page);
  if (const auto move = std::exchange(move_, std::nullopt)) {
    top_ = *move == KeyName::End ? most : moved(top_, *move, most + 1, page);
  }
  top_ = std::min(top_, most);
  return top_;
}

}  // namespace reloadtrace::live
