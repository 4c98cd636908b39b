// SPDX-License-Identifier: Apache-2.0
// What keys do.
#include "userspace/live/view.h"

#include <gtest/gtest.h>

#include "tests/unit/live/stage.h"

namespace reloadtrace::live {
namespace {

constexpr Size kSize{100, 12};

Stage stage_of(int readers) {
  Stage stage;
  std::vector<RosterEntry> roster;
  for (int i = 0; i < readers; ++i) {
    roster.push_back(entry(numbered(10 + i)));
  }
  stage.take(test::start());
  stage.take(std::move(roster));
  return stage;
}

// The name on the line with the cursor.
std::string chosen(Stage& stage) {
  for (const Line& line : stage.frame(kSize)) {
    const std::string text = plain(line);
    if (text.starts_with("▸")) {
      const std::size_t at = text.find("app-");
      return text.substr(at, 6);
    }
  }
  return "";
}

TEST(LiveView, moves_by_arrows_letters_and_pages_and_stops_at_the_ends) {
  Stage stage = stage_of(30);
  EXPECT_EQ(chosen(stage), "app-10");
  stage.press({KeyName::Up});
  EXPECT_EQ(chosen(stage), "app-10");
  stage.press({KeyName::Down});
  stage.type("j");
  EXPECT_EQ(chosen(stage), "app-12");
  stage.type("k");
  EXPECT_EQ(chosen(stage), "app-11");
  stage.press({KeyName::End});
  EXPECT_EQ(chosen(stage), "app-39");
  stage.press({KeyName::Down});
  EXPECT_EQ(chosen(stage), "app-39");
  stage.press({KeyName::PageUp});
  const std::string above = chosen(stage);
  EXPECT_LT(above, "app-39");
  stage.press({KeyName::PageDown});
  EXPECT_EQ(chosen(stage), "app-39");
  stage.press({KeyName::Home});
  EXPECT_EQ(chosen(stage), "app-10");
}

TEST(LiveView, keeps_the_row_that_was_chosen_wherever_it_goes) {
  Stage stage = stage_of(5);
  stage.type("jj");
  EXPECT_EQ(chosen(stage), "app-12");
  stage.take(test::verdict(Verdict::Stale, numbered(14), at_ms(2000)));
  EXPECT_EQ(chosen(stage), "app-12");
  stage.press({KeyName::Home});
  EXPECT_EQ(chosen(stage), "app-14");
}

TEST(LiveView, stays_at_the_top_until_a_row_was_chosen) {
  Stage stage = stage_of(5);
  stage.take(test::verdict(Verdict::Stale, numbered(14), at_ms(2000)));
  EXPECT_EQ(chosen(stage), "app-14");
}

TEST(LiveView, opens_a_reader_and_goes_back) {
  Stage stage = stage_of(3);
  stage.press({KeyName::Enter});
  EXPECT_EQ(stage.view().mode(), View::Mode::Detail);
  EXPECT_EQ(stage.press({KeyName::Text, "q"}), View::Wish::None);
  EXPECT_EQ(stage.view().mode(), View::Mode::List);
  stage.press({KeyName::Enter});
  stage.press({KeyName::Escape});
  EXPECT_EQ(stage.view().mode(), View::Mode::List);
  EXPECT_EQ(stage.press({KeyName::Escape}), View::Wish::None);
  EXPECT_EQ(stage.press({KeyName::Text, "q"}), View::Wish::Quit);
}

TEST(LiveView, goes_back_to_the_list_when_the_reader_that_was_opened_is_forgotten) {
  Stage stage = stage_of(1);
  stage.press({KeyName::Enter});
  stage.take(std::vector<RosterEntry>{});
  EXPECT_EQ(stage.view().mode(), View::Mode::Detail);
  stage.tick_to(stage.now() + Model::kShowEnded);
  stage.take_same_roster();
  stage.frame(kSize);
  EXPECT_EQ(stage.view().mode(), View::Mode::List);
}

TEST(LiveView, opens_nothing_where_there_is_nothing) {
  Stage stage = stage_of(0);
  stage.press({KeyName::Enter});
  stage.press({KeyName::Down});
  EXPECT_EQ(stage.view().mode(), View::Mode::List);
}

TEST(LiveView, takes_letters_for_text_while_a_filter_is_typed) {
  Stage stage = stage_of(3);
  stage.type("/qsr");
  EXPECT_EQ(stage.view().filter(), "qsr");
  stage.press({KeyName::Text, "\xc3\xa9"});
  stage.press({KeyName::Backspace});
  stage.press({KeyName::Backspace});
  EXPECT_EQ(stage.view().filter(), "qs");
  EXPECT_EQ(stage.view().sort(), Sort::Attention);
  stage.press({KeyName::Enter});
  EXPECT_EQ(stage.view().mode(), View::Mode::List);
  EXPECT_EQ(stage.view().filter(), "qs");
  stage.press({KeyName::Escape});
  EXPECT_EQ(stage.view().filter(), "");
}

TEST(LiveView, ends_a_filter_by_escape) {
  Stage stage = stage_of(3);
  stage.type("/app-11");
  EXPECT_EQ(stage.order().size(), 1U);
  stage.press({KeyName::Escape});
  EXPECT_EQ(stage.view().mode(), View::Mode::List);
  EXPECT_EQ(stage.order().size(), 3U);
}

TEST(LiveView, scrolls_a_text_no_further_than_its_end) {
  Stage stage = stage_of(1);
  stage.type("?");
  const std::string top = stage.screen(kSize);
  stage.press({KeyName::End});
  const std::string bottom = stage.screen(kSize);
  EXPECT_NE(bottom, top);
  stage.press({KeyName::Down});
  EXPECT_EQ(stage.screen(kSize), bottom);
  stage.press({KeyName::Home});
  EXPECT_EQ(stage.screen(kSize), top);
}

TEST(LiveView, quits_by_control_c_from_anywhere) {
  Stage stage = stage_of(1);
  stage.type("/");
  EXPECT_EQ(stage.press({KeyName::Interrupt}), View::Wish::Quit);
}

}  // namespace
}  // namespace reloadtrace::live
