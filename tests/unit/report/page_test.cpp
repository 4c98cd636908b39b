// SPDX-License-Identifier: Apache-2.0
// The page as bytes; tests/e2e/report_page_test.cpp looks at it with a browser.
#include "userspace/report/page.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/report/told_history.h"
#include "userspace/report/page_data.h"
#include "userspace/report/page_parts.h"

namespace reloadtrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(PageData, is_the_history_with_each_text_once) {
  ToldHistory told;
  told.tell(reload(0s, Verdict::Stale, "a")).tell(reload(0s, Verdict::Stale, "b"));
  const auto data = nlohmann::json::parse(page_data(told.arranged(), "n1.jsonl", "1.0"));
  EXPECT_EQ(data.at("source"), "n1.jsonl");
  const auto text = [&](const nlohmann::json& id) { return data.at("strings").at(id.get<int>()); };
  const auto& publish = data.at("publishes").at(0);
  EXPECT_EQ(publish.at("at"), 1'764'072'000'000.0);
  EXPECT_EQ(text(publish.at("name")), "config");
  EXPECT_EQ(text(publish.at("changed").at(0)), "app.yaml");
  ASSERT_EQ(data.at("verdicts").size(), 2U);
  const auto& verdict = data.at("verdicts").at(1);
  EXPECT_EQ(verdict.at("publish"), 0);
  EXPECT_EQ(text(verdict.at("verdict")), "stale");
  EXPECT_EQ(text(verdict.at("reader")), "b");
  EXPECT_EQ(text(verdict.at("advice")), "tell it");
  EXPECT_EQ(verdict.at("evidence"), data.at("verdicts").at(0).at("evidence"));
  EXPECT_FALSE(verdict.contains("read"));
  EXPECT_EQ(text(verdict.at("container")), "cccccccccccc");
}

TEST(PageData, has_latencies_to_the_microsecond_and_what_was_lost) {
  ReloadReport report = reload(0s, Verdict::Reloaded);
  report.latency = {1030us, {}, 1060us};
  ToldHistory told;
  told.tell(report).tell(LossReport{kNoon, kNoon, kNoon + 1s, {{"map_full", 3}}});
  const auto data = nlohmann::json::parse(page_data(told.arranged(), "x", "1.0"));
  EXPECT_EQ(data.at("verdicts").at(0).at("notified"), 1.03);
  EXPECT_FALSE(data.at("verdicts").at(0).contains("opened"));
  EXPECT_EQ(data.at("verdicts").at(0).at("read"), 1.06);
  EXPECT_EQ(data.at("losses").at(0).at("lost").at(0).at("count"), 3);
}

TEST(Page, has_no_markup_but_its_own_whatever_the_names_are) {
  const std::string hostile = "</script><img src=x onerror=alert(1)>{{script}}{{data}}<!--\"'&\xff";
  ReloadReport report = reload(0s, Verdict::Stale, hostile);
  report.evidence = report.advice = report.volume.name = report.publish.to = hostile;
  report.reader.pod = report.reader.pod_namespace = hostile;
  ToldHistory told;
  told.tell(report, hostile);
  ToldHistory harmless;
  harmless.tell(reload(0s, Verdict::Stale));
  const std::string page = html_page(told.arranged(), hostile, "1.0");
  const std::string plain = html_page(harmless.arranged(), "x", "1.0");
  EXPECT_EQ(count(page, "<"), count(plain, "<"));
  EXPECT_EQ(count(page, "<img"), 0U);
  EXPECT_EQ(count(page, "\xff"), 0U);
  EXPECT_EQ(page.substr(page.find("<script nonce")), plain.substr(plain.find("<script nonce")));
}

TEST(Page, asks_the_network_for_nothing) {
  ToldHistory told;
  const std::string page = html_page(told.arranged(), "x", "1.0");
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(std::string(page_script()), Not(HasSubstr("innerHTML")));
}

TEST(Page, is_at_most_a_mebibyte_for_a_thousand_verdicts_of_as_many_pods) {
  ToldHistory told;
  for (int i = 0; i < 1000; ++i) {
    ReloadReport report =
        reload(std::chrono::seconds(i), i % 3 == 0 ? Verdict::Stale : Verdict::Reloaded);
    const std::string uid = "5d1c7a3e-0000-4000-8000-0000000" + std::to_string(10'000 + i);
    report.reader.pod = "checkout-service-7d9f8c6b5-" + std::to_string(10'000 + i);
    report.reader.pod_uid = report.volume.pod_uid = uid;
    report.reader.container_id = std::to_string(10'000 + i) + std::string(59, 'c');
    report.volume.host_path =
        "/var/lib/kubelet/pods/" + uid + "/volumes/kubernetes.io~configmap/config";
    report.publish.to = "..2026_11_22_11_02_00." + std::to_string(100'000'000 + i);
    report.publish.from = "..2026_11_22_11_01_00." + std::to_string(100'000'000 + i);
    report.evidence =
        "its watch on app.yaml was on the old file, which nothing changes any more, "
        "and was not set again " +
        std::to_string(i);
    told.tell(report);
  }
  const History& history = told.arranged();
  ASSERT_EQ(history.verdicts().size(), 1000U);
  EXPECT_LE(html_page(history, "x", "1.0").size(), 1U << 20U);
}

}  // namespace
}  // namespace reloadtrace::testing
