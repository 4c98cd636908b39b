// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/explanation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/places.h"
#include "tests/unit/sink/reports.h"
#include "userspace/engine/causes.h"

namespace reloadtrace {
namespace {

constexpr TableOptions kPlain{false, 80, Charset::Utf8};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST(Explanation, of_a_cause_says_what_it_means_how_it_shows_and_what_to_change) {
  EXPECT_EQ(explain(Cause::WatchLost, kPlain), R"(watch_lost  (cause)
  The watch died with the old file and was not set again.

How the kernel shows it
  The watch was on a file of the generation that the swap replaced. The kernel
  sent IN_DELETE_SELF and IN_IGNORED and removed it; no inotify_add_watch
  followed. Often the first publish is noticed, and none after it.

What to change
  Watch the directory and react to ..data, or add the watch again after
  IN_IGNORED. A path that goes through a link is followed once, when the watch
  is set. Marks by fanotify end the same way, without any event.

Seen in
  flagd#42, moorara/konfig#47, kubernetes#111947, spring-boot#44807
)");
}

TEST(Explanation, of_a_verdict_says_what_to_do_about_it) {
  EXPECT_EQ(explain(Verdict::Unchanged, kPlain), R"(unchanged  (verdict)
  The publish changed no byte of what the reader uses, or with --diff nothing
  that it means.

What to do
  Nothing: there was nothing to reread.
)");
}

TEST(Explanation, fits_on_a_small_screen) {
  for (const int columns : {60, 80}) {
    for (const CauseEntry& entry : cause_catalogue()) {
      const auto lines = lines_of(explain(entry.cause, {false, columns, Charset::Ascii}));
      EXPECT_LT(lines.size(), 25U) << entry.name;
      for (const std::string& line : lines) {
        EXPECT_LE(line.size(), static_cast<std::size_t>(columns)) << line;
      }
    }
    for (const std::string& line : lines_of(list_explained({false, columns, Charset::Ascii}))) {
      EXPECT_LE(line.size(), static_cast<std::size_t>(columns)) << line;
    }
  }
}

TEST(Explanation, lists_every_name) {
  const std::string list = list_explained(kPlain);
  for (const CauseEntry& entry : cause_catalogue()) {
    EXPECT_NE(list.find("\n  " + std::string(entry.name) + " "), std::string::npos) << entry.name;
  }
  for (const VerdictEntry& entry : verdict_catalogue()) {
    EXPECT_NE(list.find("\n  " + std::string(entry.name) + " "), std::string::npos) << entry.name;
  }
}

TEST(Explanation, sets_headings_off_where_there_is_colour) {
  const std::string text = explain(Cause::WatchLost, {true, 80, Charset::Utf8});
  EXPECT_NE(text.find("\x1b[1mwatch_lost\x1b[0m"), std::string::npos);
  EXPECT_NE(text.find("\x1b[1mWhat to change\x1b[0m\n"), std::string::npos);
}

TEST(Explanation, knows_what_was_meant) {
  EXPECT_EQ(nearest_name("watch_los"), "watch_lost");
  EXPECT_EQ(nearest_name("subpath"), "subpath_pinned");
  EXPECT_EQ(nearest_name("stael"), "stale");
  EXPECT_EQ(nearest_name("event_ignore"), "event_ignored");
  EXPECT_EQ(nearest_name("polling_missed"), "poll_missed");
  EXPECT_EQ(nearest_name("xyzzy"), "");
  EXPECT_EQ(nearest_name(""), "");
}

// The section of the README that scripts/dev update-golden writes.
TEST(Readme, has_the_tables_of_the_catalogue) {
  const std::string path = testing::in_project("README.md");
  const std::string readme = test::read_file(path);
  const std::string begin = "<!-- reloadtrace explain --all --format markdown -->\n";
  const std::string end = "<!-- end -->\n";
  const std::size_t from = readme.find(begin) + begin.size();
  const std::size_t to = readme.find(end);
  ASSERT_LE(from, to);
  ASSERT_NE(to, std::string::npos);
  if (std::getenv("RELOADTRACE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << readme.substr(0, from) << explain_in_markdown() << readme.substr(to);
    return;
  }
  EXPECT_EQ(readme.substr(from, to - from), explain_in_markdown())
      << "after a change that is meant: scripts/dev update-golden";
}

}  // namespace
}  // namespace reloadtrace
