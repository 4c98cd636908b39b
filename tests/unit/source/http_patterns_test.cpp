// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/http_patterns.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace reloadtrace {
namespace {

std::vector<std::string> texts(const std::vector<std::string>& more) {
  const auto patterns = http_patterns(more);
  EXPECT_TRUE(patterns) << patterns.error().message;
  std::vector<std::string> found;
  for (const HttpPattern& one : *patterns) {
    found.push_back(one.text);
  }
  return found;
}

std::string refusal(const std::vector<std::string>& more) {
  const auto patterns = http_patterns(more);
  return patterns ? "accepted" : patterns.error().message;
}

const std::vector<std::string> kAlways{"POST /-/reload",         "PUT /-/reload",
                                       "POST /actuator/refresh", "PUT /actuator/refresh",
                                       "POST /api/v2/reload",    "PUT /api/v2/reload"};

std::vector<std::string> always_and(const std::vector<std::string>& more) {
  auto all = kAlways;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(HttpPatterns, are_there_without_any_of_the_users) {
  EXPECT_EQ(texts({}), kAlways);
}

TEST(HttpPatterns, stand_for_post_and_put_without_a_method) {
  EXPECT_EQ(texts({"/admin/reload"}), always_and({"POST /admin/reload", "PUT /admin/reload"}));
  EXPECT_EQ(texts({"GET /admin/reload"}), always_and({"GET /admin/reload"}));
}

TEST(HttpPatterns, compare_all_but_the_star) {
  const auto patterns = http_patterns({"GET /admin/*"});
  ASSERT_TRUE(patterns);
  EXPECT_TRUE(patterns->back().any_rest);
  EXPECT_EQ(patterns->back().text, "GET /admin/*");
  EXPECT_EQ(patterns->back().compared(), "GET /admin/");
  EXPECT_FALSE(patterns->front().any_rest);
  EXPECT_EQ(patterns->front().compared(), "POST /-/reload");
}

TEST(HttpPatterns, are_kept_once) {
  EXPECT_EQ(texts({"POST /-/reload", "/actuator/refresh", "GET /x", "GET /x"}),
            always_and({"GET /x"}));
}

TEST(HttpPatterns, are_refused_with_the_reason_when_ill_formed) {
  for (const char* one : {"post /x", " /x", "POST  /x", "reload", "POST reload", "", "*", "/a*b",
                          "/x?y=1", "/x y", "POST /x\n", "P0ST /x"}) {
    EXPECT_NE(refusal({one}).find("write [METHOD ]PATH[*]"), std::string::npos) << one;
  }
  EXPECT_EQ(refusal({"post /x"}),
            "HTTP trigger \"post /x\": the method is not in capitals; write [METHOD ]PATH[*], as "
            "in \"POST /-/reload\" or \"/admin/*\"");
}

TEST(HttpPatterns, are_refused_when_too_long_with_their_method) {
  EXPECT_EQ(texts({"POST /" + std::string(57, 'a')}).size(), kAlways.size() + 1);
  EXPECT_NE(refusal({"POST /" + std::string(58, 'a')}).find("longer than 63 bytes"),
            std::string::npos);
}

TEST(HttpPatterns, are_refused_when_there_are_too_many) {
  std::vector<std::string> more;
  for (int i = 0; i < 13; ++i) {
    more.push_back("/reload" + std::to_string(i));
  }
  EXPECT_EQ(texts(more).size(), kAlways.size() + 26);
  more.push_back("GET /one/more");
  EXPECT_NE(refusal(more).find("there is room for 26"), std::string::npos);
}

}  // namespace
}  // namespace reloadtrace
