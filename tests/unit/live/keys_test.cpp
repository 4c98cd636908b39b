// SPDX-License-Identifier: Apache-2.0
// Bytes of a terminal, as keys.
#include "userspace/live/keys.h"

#include <gmock/gmock.h>

namespace reloadtrace::live {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Key text(std::string letter) {
  return {KeyName::Text, std::move(letter)};
}

TEST(Keys, are_what_terminals_send_for_them) {
  KeyDecoder keys;
  EXPECT_THAT(keys.feed("\x1b[A\x1bOB\x1b[5~\x1b[6~"),
              ElementsAre(Key{KeyName::Up}, Key{KeyName::Down}, Key{KeyName::PageUp},
                          Key{KeyName::PageDown}));
  EXPECT_THAT(
      keys.feed("\x1b[H\x1b[1~\x1bOH\x1b[7~"),
      ElementsAre(Key{KeyName::Home}, Key{KeyName::Home}, Key{KeyName::Home}, Key{KeyName::Home}));
  EXPECT_THAT(keys.feed("\x1b[F\x1b[4~\r\x7f\x0c\x03"),
              ElementsAre(Key{KeyName::End}, Key{KeyName::End}, Key{KeyName::Enter},
                          Key{KeyName::Backspace}, Key{KeyName::Redraw}, Key{KeyName::Interrupt}));
  EXPECT_FALSE(keys.undecided());
}

TEST(Keys, are_the_same_with_modifiers) {
  KeyDecoder keys;
  EXPECT_THAT(keys.feed("\x1b[1;5A\x1b[5;2~"), ElementsAre(Key{KeyName::Up}, Key{KeyName::PageUp}));
}

TEST(Keys, are_put_together_from_pieces_of_any_size) {
  for (const std::string_view sequence :
       {"\x1b[A", "\x1b[5~", "\x1bOB", "\xc3\xa9", "\xe2\x82\xac"}) {
    KeyDecoder whole;
    KeyDecoder bytewise;
    std::vector<Key> keys;
    for (const char byte : sequence) {
      for (Key& key : bytewise.feed(std::string_view(&byte, 1))) {
        keys.push_back(std::move(key));
      }
    }
    EXPECT_EQ(keys, whole.feed(sequence));
    EXPECT_EQ(keys.size(), 1U);
    EXPECT_FALSE(bytewise.undecided());
  }
}

TEST(Keys, know_a_lone_escape_by_what_does_not_follow) {
  KeyDecoder keys;
  EXPECT_THAT(keys.feed("\x1b"), IsEmpty());
  EXPECT_TRUE(keys.undecided());
  EXPECT_THAT(keys.settle(), ElementsAre(Key{KeyName::Escape}));
  EXPECT_FALSE(keys.undecided());
  EXPECT_THAT(keys.settle(), IsEmpty());
}

TEST(Keys, take_a_letter_behind_an_escape_for_itself) {
  KeyDecoder keys;
  EXPECT_THAT(keys.feed("\x1bq"), ElementsAre(Key{KeyName::Escape}, text("q")));
}

TEST(Keys, pass_over_sequences_and_bytes_that_nobody_knows) {
  KeyDecoder keys;
  EXPECT_THAT(keys.feed("\x1b[15~\x1b[?1;2c\x1b[200~a\x01\xff\x80\xc3z"),
              ElementsAre(text("a"), text("z")));
  EXPECT_FALSE(keys.undecided());
}

TEST(Keys, wait_for_no_sequence_without_end) {
  KeyDecoder keys;
  keys.feed("\x1b[" + std::string(100, '1'));
  EXPECT_FALSE(keys.undecided());
}

TEST(Keys, of_text_are_whole_characters) {
  KeyDecoder keys;
  EXPECT_THAT(keys.feed("a\xe2\x82\xac/"), ElementsAre(text("a"), text("\xe2\x82\xac"), text("/")));
}

}  // namespace
}  // namespace reloadtrace::live
