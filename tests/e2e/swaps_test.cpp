// SPDX-License-Identifier: Apache-2.0
// More than one swap, more than one container, and every way to publish.
#include <signal.h>

#include <algorithm>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

class Swaps : public Story {};

TEST_F(Swaps, catch_a_watcher_that_works_once_at_the_second) {
  volume_.publish({{"app.yaml", "one"}});
  start("file-watcher-once");
  trace();
  const std::string second = volume_.publish({{"app.yaml", "two"}});
  Line said = verdict(1);
  EXPECT_EQ(said.at("verdict"), "reloaded");
  EXPECT_EQ(generation_of(said, "app.yaml"), second);

  for (const std::string content : {"three", "four"}) {
    volume_.publish({{"app.yaml", content}});
    said = verdict(content == "three" ? 2 : 3);
    EXPECT_EQ(said.at("verdict"), "stale") << said.dump(1);
    EXPECT_EQ(said.at("cause"), "watch_lost") << said.dump(1);
  }
}

TEST_F(Swaps, are_all_reread_by_a_directory_watcher) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  trace();
  std::size_t nth = 0;
  for (const std::string content : {"two", "three", "four"}) {
    const std::string generation = volume_.publish({{"app.yaml", content}});
    const Line said = verdict(++nth);
    EXPECT_EQ(said.at("verdict"), "reloaded") << said.dump(1);
    EXPECT_EQ(said.at("trigger").at("kind"), "inotify");
    EXPECT_EQ(generation_of(said, "app.yaml"), generation);
    EXPECT_LT(said.at("latency_ms").at("read"), 1000);
  }
}

TEST_F(Swaps, are_told_apart_for_two_containers_of_which_one_reloads) {
  volume_.publish({{"app.yaml", "one"}});
  const Container& good = start("directory-watcher");
  const Container& bad = start("no-watcher");
  trace();
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_EQ(verdict(good).at("verdict"), "reloaded");
  EXPECT_EQ(verdict(bad).at("verdict"), "stale");
  EXPECT_EQ(verdict(bad).at("cause"), "no_watcher");
}

TEST_F(Swaps, are_not_reread_by_a_cat_that_somebody_executes_in_the_container) {
  volume_.publish({{"app.yaml", "one"}});
  const Container& container = start("no-watcher");
  trace();
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_EQ(container.exec({"cat", "/etc/config/app.yaml"}).output, "two");
  const Line said = verdict();
  EXPECT_EQ(said.at("verdict"), "stale") << said.dump(1);
  EXPECT_EQ(said.at("cause"), "no_watcher");
  ASSERT_EQ(said.at("observers").size(), 1U) << said.dump(1);
  EXPECT_EQ(said.at("observers").at(0).at("comm"), "cat");
}

TEST_F(Swaps, are_late_when_the_reread_follows_the_deadline) {
  volume_.publish({{"app.yaml", "one"}});
  Container& container = start("signal-reader");
  trace({}, "0.5");
  const std::string generation = volume_.publish({{"app.yaml", "two"}});
  EXPECT_EQ(verdict(1).at("verdict"), "stale");
  container.signal(SIGHUP);
  const Line said = verdict(2);
  EXPECT_EQ(said.at("verdict"), "late");
  EXPECT_EQ(generation_of(said, "app.yaml"), generation);
}

TEST_F(Swaps, that_change_no_byte_of_what_is_used_are_unchanged) {
  volume_.publish({{"app.yaml", "one"}, {"other.conf", "1"}});
  start("directory-watcher");
  trace();
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_EQ(verdict(1).at("verdict"), "reloaded");  // now app.yaml is known to be used
  volume_.publish({{"other.conf", "2"}});
  EXPECT_EQ(verdict(2).at("verdict"), "unchanged");
}

TEST_F(Swaps, are_superseded_by_the_next_before_the_deadline) {
  volume_.publish({{"app.yaml", "one"}});
  start("no-watcher");
  trace();
  volume_.publish({{"app.yaml", "two"}});
  volume_.publish({{"app.yaml", "three"}});
  EXPECT_EQ(verdict(1).at("verdict"), "superseded");
  EXPECT_EQ(verdict(2).at("verdict"), "stale");
}

TEST_F(Swaps, are_pending_when_the_tracer_is_stopped_first) {
  volume_.publish({{"app.yaml", "one"}});
  start("no-watcher");
  trace({}, "60");
  volume_.publish({{"app.yaml", "two"}});
  ASSERT_TRUE(tracer_->wait_for([](const Line& line) { return line.at("kind") == "publish"; }));
  const Lines reloads = of_kind(tracer_->stop().lines, "reload");
  ASSERT_EQ(reloads.size(), 1U);
  EXPECT_EQ(reloads.front().at("verdict"), "pending");
}

TEST_F(Swaps, never_reach_a_subpath_and_that_is_said_at_once) {
  const std::string first = volume_.publish({{"app.yaml", "one"}, {"other.conf", "1"}});
  start({.command = actor("open-poller", "/etc/app", {"app.yaml"}),
         .mounts = {volume_.subpath_mounted_at("app.yaml", "/etc/app/app.yaml")}});
  trace({}, "60");
  volume_.publish({{"app.yaml", "two"}});
  const Line said = verdict(1);
  EXPECT_EQ(said.at("verdict"), "stale") << said.dump(1);
  EXPECT_EQ(said.at("cause"), "subpath_pinned");
  EXPECT_NE(said.at("evidence").get<std::string>().find(first), std::string::npos);
  volume_.publish({{"other.conf", "2"}});
  EXPECT_EQ(verdict(2).at("verdict"), "unchanged");
}

TEST_F(Swaps, are_seen_by_a_container_that_started_after_the_tracer) {
  volume_.publish({{"app.yaml", "one"}});
  trace();
  start("directory-watcher");
  const std::string generation = volume_.publish({{"app.yaml", "two"}});
  const Line said = verdict();
  EXPECT_EQ(said.at("verdict"), "reloaded");
  EXPECT_EQ(said.at("trigger").at("kind"), "inotify");
  EXPECT_EQ(generation_of(said, "app.yaml"), generation);
}

TEST_F(Swaps, of_a_process_outside_containers_are_judged_too) {
  volume_.publish({{"app.yaml", "one"}});
  Process process({{actor_binary(), "directory-watcher", volume_.path(), "app.yaml"}});
  ASSERT_TRUE(process.wait_for_line("ready", std::chrono::seconds(5)));
  trace();
  volume_.publish({{"app.yaml", "two"}});
  const auto said = tracer_->wait_for([&](const Line& line) {
    return line.at("kind") == "reload" && line.at("reader").value("pid", 0) == process.pid();
  });
  ASSERT_TRUE(said);
  EXPECT_EQ(said->at("verdict"), "reloaded");
  EXPECT_EQ(said->at("reader").at("kind"), "process");
}

// The other styles: a rename over the file, a swapped link, a write in place.
class Style : public Story, public ::testing::WithParamInterface<const char*> {};

TEST_P(Style, is_a_publish_that_a_poller_rereads) {
  const PublishOptions styled = {.style = GetParam()};
  volume_.publish({{"app.yaml", "level: info"}}, styled);
  const bool linked = styled.style == "git-sync";
  const std::string file = linked ? "current/app.yaml" : "app.yaml";
  start("open-poller", {file, "--interval", "100"});
  trace();
  volume_.publish({{"app.yaml", "level: debug"}}, styled);
  const Line said = verdict();
  EXPECT_EQ(said.at("verdict"), "reloaded") << said.dump(1);
  EXPECT_EQ(said.at("publish").at("changed"), Line({"app.yaml"}));
  EXPECT_EQ(generation_of(said, "app.yaml"), said.at("publish").at("to"));
  EXPECT_EQ(of_kind(tracer_->lines(), "publish").size(), 1U);
}

TEST_P(Style, is_a_publish_that_nobody_noticed) {
  const PublishOptions styled = {.style = GetParam()};
  volume_.publish({{"app.yaml", "level: info"}}, styled);
  const bool linked = styled.style == "git-sync";
  start("no-watcher", {linked ? "current/app.yaml" : "app.yaml"});
  trace();
  volume_.publish({{"app.yaml", "level: debug"}}, styled);
  const Line said = verdict();
  EXPECT_EQ(said.at("verdict"), "stale") << said.dump(1);
  EXPECT_EQ(said.at("cause"), "no_watcher") << said.dump(1);
}

INSTANTIATE_TEST_SUITE_P(Publishers,
                         Style,
                         ::testing::Values("git-sync", "vault", "in-place"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace reloadtrace::testing
