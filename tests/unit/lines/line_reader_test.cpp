// SPDX-License-Identifier: Apache-2.0
// Nothing readable is lost to what is not.
#include "userspace/lines/line_reader.h"

#include <gmock/gmock.h>

#include "tests/unit/lines/text_input.h"

namespace reloadtrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string loss(const std::string& time) {
  return R"({"schema":1,"kind":"loss","time":")" + time + R"(","node":"n1","lost":{}})";
}

class LineReaderTest : public ::testing::Test {
 protected:
  // The times of the lines that came through.
  std::vector<std::string> times_in(std::string_view text) {
    LineReader reader(testing::input_of(text), "n1.jsonl", {LineKind::Loss, LineKind::Reload},
                      flaws_);
    std::vector<std::string> times;
    while (const Line* line = reader.next()) {
      times.emplace_back(line->time);
    }
    EXPECT_EQ(reader.next(), nullptr);  // the end stays the end
    EXPECT_EQ(reader.bytes(), text.size());
    return times;
  }

  Flaws flaws_;
};

TEST_F(LineReaderTest, gives_the_lines_of_the_wanted_kinds) {
  EXPECT_THAT(times_in(loss("1") + "\n" +
                       R"({"schema":1,"kind":"stop","time":"2","node":"n1"})"
                       "\n\n  \r\n" +
                       R"({"kind":"start","schema":1,"time":"3"})"
                       "\n" +
                       loss("4") + "\r\n"),
              ElementsAre("1", "4"));
  EXPECT_FALSE(flaws_.any());
}

TEST_F(LineReaderTest, needs_no_newline_at_the_end) {
  EXPECT_THAT(times_in(loss("1") + "\n" + loss("2")), ElementsAre("1", "2"));
  EXPECT_FALSE(flaws_.any());
}

TEST_F(LineReaderTest, says_where_the_first_of_many_bad_lines_is_and_uses_the_rest) {
  std::string text = loss("1") + "\n";
  for (int i = 0; i < 1000; ++i) {
    text += std::string("\x1b\xff\0garbage}\n", 12);
  }
  EXPECT_THAT(times_in(text + loss("2") + "\n"), ElementsAre("1", "2"));
  EXPECT_THAT(flaws_.sentences(),
              ElementsAre("1000 lines are no lines of reloadtrace and were passed over, the first "
                          "one is n1.jsonl:2 (not JSON)"));
}

TEST_F(LineReaderTest, finds_the_line_that_was_written_behind_half_of_another) {
  EXPECT_THAT(times_in(loss("1").substr(0, 30) + loss("2") + "\n" + "{" + loss("3").substr(0, 9) +
                       loss("4") + loss("5") + "\n"),
              ElementsAre("2", "5"));
  EXPECT_EQ(flaws_.count(Flaw::NoLine), 3U);
}

TEST_F(LineReaderTest, says_that_a_file_ends_in_the_middle_of_a_line) {
  EXPECT_THAT(times_in(loss("1") + "\n" + loss("2").substr(0, 40)), ElementsAre("1"));
  EXPECT_THAT(flaws_.sentences(), ElementsAre("1 file ends in the middle of a line, which was "
                                              "passed over: n1.jsonl:2"));
}

TEST_F(LineReaderTest, takes_half_a_line_of_an_unwanted_kind_for_the_flaw_that_it_is) {
  EXPECT_THAT(times_in(loss("1") + "\n" + R"({"schema":1,"kind":"event","time":"1)"),
              ElementsAre("1"));
  EXPECT_EQ(flaws_.count(Flaw::CutOff), 1U);
}

TEST_F(LineReaderTest, says_that_lines_are_of_a_newer_schema) {
  EXPECT_THAT(times_in(R"({"schema":2,"kind":"loss"})"
                       "\n" +
                       loss("1") + "\n" +
                       R"({"schema":3})"
                       "\n"),
              ElementsAre("1"));
  EXPECT_THAT(flaws_.sentences(),
              ElementsAre("2 lines are of a newer schema than this version reads and were passed "
                          "over, the first one is n1.jsonl:1 (schema 2)"));
}

TEST_F(LineReaderTest, passes_over_kinds_that_this_schema_got_later) {
  EXPECT_THAT(times_in(R"({"schema":1,"kind":"weather","time":"1"})"
                       "\n"),
              IsEmpty());
  EXPECT_FALSE(flaws_.any());
}

TEST_F(LineReaderTest, says_that_a_file_is_empty) {
  EXPECT_THAT(times_in(""), IsEmpty());
  EXPECT_THAT(flaws_.sentences(), ElementsAre("1 file is empty: n1.jsonl"));
}

TEST_F(LineReaderTest, passes_over_a_line_without_an_end) {
  const std::string endless(5'000'000, 'x');
  EXPECT_THAT(times_in(loss("1") + "\n" + endless + "\n" + loss("2") + "\n" + endless),
              ElementsAre("1", "2"));
  EXPECT_EQ(flaws_.count(Flaw::TooLong), 2U);
  EXPECT_FALSE(flaws_.count(Flaw::CutOff));
}

TEST_F(LineReaderTest, reads_lines_across_the_ends_of_its_buffer) {
  std::string text;
  std::vector<std::string> times;
  for (int i = 0; i < 30'000; ++i) {
    times.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i % 100), '.'));
    text += loss(times.back()) + "\n";
  }
  EXPECT_EQ(times_in(text), times);
  EXPECT_FALSE(flaws_.any());
}

TEST_F(LineReaderTest, waits_for_the_other_end_of_a_pipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  UniqueFd writer(ends[1]);
  LineReader reader(UniqueFd{ends[0]}, "-", {LineKind::Loss}, flaws_);
  const std::string text = loss("1") + "\n" + loss("2");
  ASSERT_EQ(::write(writer.get(), text.data(), 50), 50);
  ASSERT_EQ(::write(writer.get(), text.data() + 50, text.size() - 50),
            static_cast<ssize_t>(text.size() - 50));
  ASSERT_NE(reader.next(), nullptr);
  writer.reset();
  const Line* second = reader.next();
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->time, "2");
  EXPECT_EQ(reader.next(), nullptr);
}

TEST_F(LineReaderTest, tells_what_is_compressed_without_taking_anything) {
  LineReader plain(testing::input_of(loss("1") + "\n"), "x", {LineKind::Loss}, flaws_);
  EXPECT_FALSE(plain.is_compressed());
  EXPECT_NE(plain.next(), nullptr);
  LineReader gzip(testing::input_of("\x1f\x8b\x08"), "x", {LineKind::Loss}, flaws_);
  EXPECT_TRUE(gzip.is_compressed());
}

TEST_F(LineReaderTest, says_that_a_directory_cannot_be_read) {
  auto reader = LineReader::open("/proc/self", {LineKind::Loss}, flaws_);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->next(), nullptr);
  EXPECT_THAT(flaws_.sentences(),
              ElementsAre("1 file cannot be read: /proc/self (Is a directory)"));
  EXPECT_FALSE(LineReader::open("/no/such/file", {LineKind::Loss}, flaws_));
}

}  // namespace
}  // namespace reloadtrace
