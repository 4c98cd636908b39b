// SPDX-License-Identifier: Apache-2.0
// From arguments to options.
#include "userspace/cli/command_line.h"

#include <gmock/gmock.h>

namespace reloadtrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::variant<Command, int> parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "reloadtrace");
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  return parse_command_line(static_cast<int>(arguments.size()), argv.data());
}

template <typename Options>
Options options(const std::vector<std::string>& arguments) {
  const auto parsed = parse(arguments);
  EXPECT_TRUE(std::holds_alternative<Command>(parsed));
  return std::get<Options>(std::get<Command>(parsed));
}

TEST(CommandLineOptions, take_the_name_that_is_to_be_explained) {
  EXPECT_EQ(options<ExplainOptions>({"explain", "watch_lost"}).name, "watch_lost");
  EXPECT_EQ(options<ExplainOptions>({"explain"}).name, "");
  EXPECT_FALSE(options<ExplainOptions>({"explain"}).all);
  EXPECT_TRUE(options<ExplainOptions>({"explain", "--all", "--format", "markdown"}).markdown);
}

TEST(CommandLineOptions, refuse_a_format_that_explain_does_not_have) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(std::get<int>(parse({"explain", "--format", "html"})), 2);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("markdown"));
}

}  // namespace
}  // namespace reloadtrace
