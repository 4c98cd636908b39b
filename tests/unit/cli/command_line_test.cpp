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

TEST(CommandLineOptions, take_http_triggers_as_they_are_as_often_as_they_come) {
  EXPECT_THAT(options<TraceOptions>({"--path", "/etc/x"}).http_triggers, IsEmpty());
  EXPECT_THAT(options<TraceOptions>({"trace", "--http-trigger", "POST /admin/reload",
                                     "--http-trigger", "/v1/*", "--path", "/etc/x"})
                  .http_triggers,
              ElementsAre("POST /admin/reload", "/v1/*"));
}

TEST(CommandLineOptions, name_the_built_in_http_triggers_in_the_help) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(std::get<int>(parse({"trace", "--help"})), 0);
  const std::string help = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(help, HasSubstr("--http-trigger"));
  EXPECT_THAT(help, HasSubstr("/-/reload"));
}

TEST(CommandLineOptions, take_an_address_for_metrics_and_refuse_what_is_none) {
  EXPECT_EQ(options<TraceOptions>({"--path", "/etc/x"}).metrics, "");
  const auto trace = options<TraceOptions>({"--metrics", ":9464", "--metrics-per-pod"});
  EXPECT_EQ(trace.metrics, ":9464");
  EXPECT_TRUE(trace.metrics_per_pod);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(std::get<int>(parse({"--metrics", "node-1"})), 2);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("like 127.0.0.1:9464"));
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(std::get<int>(parse({"--metrics-per-pod"})), 2);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("--metrics"));
}

TEST(CommandLineOptions, take_a_screen_where_lines_can_go_to_a_file) {
  EXPECT_FALSE(options<TraceOptions>({"--path", "/etc/x"}).live);
  EXPECT_TRUE(options<TraceOptions>({"--live"}).live);
  const auto both = options<TraceOptions>({"trace", "--live", "--output", "x", "--format", "json"});
  EXPECT_TRUE(both.live);
  EXPECT_EQ(both.view.output, "x");
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(std::get<int>(parse({"replay", "x", "--live"})), 2);
  ::testing::internal::GetCapturedStderr();
}

TEST(CommandLineOptions, take_version_keys_and_say_why_a_regex_is_none) {
  EXPECT_THAT(
      options<TraceOptions>({"--version-key", "app.yaml", "--version-key", "b:v(.*)"}).version_keys,
      ElementsAre("app.yaml", "b:v(.*)"));
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(std::get<int>(parse({"--version-key", "app.yaml:("})), 2);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("missing )"));
}

TEST(CommandLineOptions, take_how_to_compare_and_which_keys_are_noise) {
  const auto trace = options<TraceOptions>(
      {"--diff", "values", "--ignore-key", "time", "--ignore-key", "metadata.*"});
  EXPECT_EQ(trace.diff, "values");
  EXPECT_THAT(trace.ignored_keys, ElementsAre("time", "metadata.*"));
  EXPECT_EQ(options<TraceOptions>({}).diff, "off");
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {"--diff", "all"}, {"--ignore-key", "time"}, {"--diff", "keys", "--ignore-key", ""}}) {
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(std::get<int>(parse(wrong)), 2) << wrong[0];
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr(wrong[wrong.size() - 2]));
  }
}

TEST(CommandLineOptions, take_what_to_report_and_where_it_goes) {
  const auto report = options<ReportOptions>({"report", "x.rec", "-o", "x.html"});
  EXPECT_EQ(report.file, "x.rec");
  EXPECT_EQ(report.output, "x.html");
  EXPECT_EQ(report.format, ReportFormat::Html);
  EXPECT_EQ(options<ReportOptions>({"report", "-", "-o", "-", "--format", "perfetto"}).format,
            ReportFormat::TraceEvents);
}

TEST(CommandLineOptions, take_many_files_to_compare) {
  EXPECT_THAT(options<CompareOptions>({"compare", "a.jsonl", "-", "b.jsonl"}).files,
              ElementsAre("a.jsonl", "-", "b.jsonl"));
  EXPECT_TRUE(options<CompareOptions>({"compare", "a", "--format", "json"}).json);
}

TEST(CommandLineOptions, refuse_a_report_that_goes_nowhere_and_a_comparison_of_nothing) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(std::get<int>(parse({"report", "x.rec"})), 2);
  EXPECT_EQ(std::get<int>(parse({"report", "x.rec", "-o", "x", "--format", "pdf"})), 2);
  EXPECT_EQ(std::get<int>(parse({"compare"})), 2);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("--output is required"));
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
