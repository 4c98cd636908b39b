// SPDX-License-Identifier: Apache-2.0
#include "userspace/config/version_key.h"

#include <gtest/gtest.h>

namespace reloadtrace::config {
namespace {

std::optional<std::string> version(std::string_view key, std::string_view text) {
  const auto parsed = VersionKey::parse(key);
  EXPECT_TRUE(parsed);
  return parsed ? parsed->find(text) : std::nullopt;
}

TEST(VersionKey, finds_the_top_level_version_of_yaml_properties_and_json) {
  EXPECT_EQ(version("a", "server:\n  version: 9\nversion: \"1.4.2\" # ours\n"), "1.4.2");
  EXPECT_EQ(version("a", "# app\nrevision = 7f3c\r\nport=1\r\n"), "7f3c");
  EXPECT_EQ(version("a", R"({"lib": {"version": "9"}, "version": "1.4.2"})"), "1.4.2");
  EXPECT_EQ(version("a", R"({"list": [[{"version": 1}]], "commit": 12})"), "12");
}

TEST(VersionKey, prefers_version_to_a_commit_that_stands_before_it) {
  EXPECT_EQ(version("a", "commit: abc\nversion: 2\n"), "2");
  EXPECT_EQ(version("a", R"({"commit": "abc", "version": "2"})"), "2");
}

TEST(VersionKey, takes_the_first_group_of_a_regex_or_else_the_whole_match) {
  EXPECT_EQ(version("a:build-([0-9]+)", "x\n# build-17 of today\n"), "17");
  EXPECT_EQ(version("a:build-[0-9]+", "# build-17 of today\n"), "build-17");
  EXPECT_EQ(version("a:^v: (.*)$", "v: 1:2\r\n"), "1:2");
}

TEST(VersionKey, says_why_a_key_is_none) {
  EXPECT_EQ(VersionKey::parse("a:(").error().message, "'a:(': missing ): (");
  EXPECT_FALSE(VersionKey::parse("a:"));
  EXPECT_FALSE(VersionKey::parse(":x"));
  EXPECT_FALSE(VersionKey::parse("/etc/passwd"));
  EXPECT_FALSE(VersionKey::parse("../x"));
}

TEST(VersionKey, refuses_what_is_too_long_or_not_text) {
  EXPECT_EQ(version("a", "version: " + std::string(128, 'x')), std::string(128, 'x'));
  EXPECT_EQ(version("a", "version: " + std::string(129, 'x')), std::nullopt);
  EXPECT_EQ(version("a", "version: a\x1b[31m\n"), std::nullopt);
  EXPECT_EQ(version("a", "version: a\xff\n"), std::nullopt);
  EXPECT_EQ(version("a", "version: 1\n" + std::string(kMaxVersionFileBytes, ' ')), std::nullopt);
}

TEST(VersionKey, survives_deep_and_long_input) {
  const std::string deep = R"({"version": "1", "x": )" + std::string(500'000, '[');
  EXPECT_EQ(version("a", deep), std::nullopt);  // cut off: not valid JSON
  EXPECT_EQ(version("a:(a|b)*c", std::string(1'000'000, 'a')), std::nullopt);
}

}  // namespace
}  // namespace reloadtrace::config
