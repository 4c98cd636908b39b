// SPDX-License-Identifier: Apache-2.0
// A model, a view and a clock that ticks when it is told to.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/sink/reports.h"
#include "userspace/live/layout.h"

namespace reloadtrace::live {

using test::at_ms;

inline RosterEntry entry(ReaderInfo reader, VolumeInfo volume = test::configmap()) {
  return {std::move(reader), std::move(volume), test::kOld, "", at_ms(-60'000), false};
}

inline PublishReport published(std::size_t readers = 1) {
  return {test::configmap(), test::publish(), readers};
}

inline ReaderInfo numbered(int number) {
  ReaderInfo reader = test::container("app-" + std::to_string(number), 1, "app");
  reader.container_id = "id" + std::to_string(number);
  return reader;
}

class Stage {
 public:
  explicit Stage(Charset charset = Charset::Utf8) : model_(charset) {}

  Model& model() { return model_; }
  View& view() { return view_; }
  Timestamp now() const { return now_; }
  void tick_to(Timestamp now) { now_ = now; }
  void take(const Report& report) { model_.take(report); }
  void take(std::vector<RosterEntry> entries) {
    roster_ = {1, std::move(entries)};
    model_.take(roster_, now_);
  }
  // As the tracer does it each second.
  void take_same_roster() { model_.take(roster_, now_); }

  const Row& row(const ReaderInfo& reader) const {
    return model_.rows().at(key_of(reader, test::configmap()));
  }

  View::Wish press(const Key& key, Size size = {100, 12}) {
    lay_out(model_, view_, size, now_);
    const View::Wish wish = view_.press(key);
    lay_out(model_, view_, size, now_);
    return wish;
  }
  void type(std::string_view text, Size size = {100, 12}) {
    for (const char letter : text) {
      press({KeyName::Text, std::string(1, letter)}, size);
    }
  }

  Frame frame(Size size) { return lay_out(model_, view_, size, now_); }
  // Each line ends in '\n'.
  std::string screen(Size size = {100, 12}) {
    std::string text;
    for (const Line& line : frame(size)) {
      text += plain(line) + "\n";
    }
    return text;
  }
  // Of the list: the container names in their order.
  std::vector<std::string> order() {
    std::vector<std::string> names;
    for (const Row* row : arrange(model_, view_.sort(), view_.reversed(), view_.filter(), now_)) {
      names.push_back(row->reader_cell());
    }
    return names;
  }

 private:
  Model model_;
  View view_;
  Timestamp now_ = at_ms(1300);
  Roster roster_;
};

}  // namespace reloadtrace::live
