// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "userspace/cli/commands.h"
#include "userspace/sink/explanation.h"

namespace reloadtrace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Ended {
  int code = -1;
  std::string out;
  std::string errors;
};

Ended explained(const ExplainOptions& options) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Ended result;
  result.code = run(options);
  result.out = ::testing::internal::GetCapturedStdout();
  result.errors = ::testing::internal::GetCapturedStderr();
  return result;
}

TEST(Explain, says_all_about_a_cause) {
  const Ended ended = explained({"watch_lost"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, AllOf(StartsWith("watch_lost  (cause)\n"), HasSubstr("IN_IGNORED"),
                               HasSubstr("Watch the directory")));
  EXPECT_EQ(ended.errors, "");
}

TEST(Explain, takes_a_name_as_people_type_it) {
  EXPECT_EQ(explained({"Watch-Lost"}).out, explained({"watch_lost"}).out);
}

TEST(Explain, says_all_about_a_verdict) {
  EXPECT_THAT(explained({"stale"}).out, StartsWith("stale  (verdict)\n"));
}

TEST(Explain, without_a_name_lists_them_all) {
  const Ended ended = explained({});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("\n  no_watcher "), HasSubstr("\n  superseded ")));
}

TEST(Explain, of_a_name_that_does_not_exist_suggests_one_and_lists_them_all) {
  const Ended ended = explained({"watch_los\x1b[2J"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.errors, AllOf(HasSubstr("watch_los\\x1b[2J"), HasSubstr("\n  no_watcher ")));
  EXPECT_THAT(explained({"watch_los"}).errors,
              StartsWith("reloadtrace: there is no cause or verdict \"watch_los\"; did you mean "
                         "watch_lost?\n\n"));
}

TEST(Explain, of_all_says_all_about_all) {
  const Ended ended = explained({"", true, false});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out,
              AllOf(StartsWith("reloaded  (verdict)\n"), HasSubstr("\nstale  (verdict)\n"),
                    HasSubstr("\nnot_observable  (cause)\n")));
  EXPECT_EQ(explained({"", true, true}).out, explain_in_markdown());
}

}  // namespace
}  // namespace reloadtrace
