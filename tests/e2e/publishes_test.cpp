// SPDX-License-Identifier: Apache-2.0
// Publishes that are not one key changed in one volume: each as a reader that reloads has it, and
// as one that does not.
#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::seconds;

const Row kReloaded{"reloaded", "", "inotify"};
const Row kStale{"stale", "no_watcher"};
const Row kUnchanged{"unchanged"};

class Publishes : public Story {
 protected:
  // The changes that the nth publish line names: "modified app.yaml".
  std::set<std::string> changes_of(std::size_t nth = 1) {
    const auto is_publish = [](const Line& line) { return line.at("kind") == "publish"; };
    const Lines found = tracer_->wait_for(is_publish, nth);
    std::set<std::string> changes;
    if (found.size() < nth) {
      ADD_FAILURE() << "publish " << nth << " did not come";
      return changes;
    }
    for (const Line& change : found.back().at("changed")) {
      changes.insert(change.at("change").get<std::string>() + " " +
                     change.at("file").get<std::string>());
    }
    return changes;
  }

  std::size_t count_of(const std::string& kind) { return of_kind(tracer_->lines(), kind).size(); }

  void expect(const Container& container, const Row& row, std::size_t nth = 1) {
    const Line said = verdict(container, nth);
    EXPECT_EQ(row_of(said), row) << said.dump(1);
    EXPECT_EQ(said.value("confidence", ""), "exact");
  }
};

// Whole directories, renamed into place.
class Directory : public Publishes, public ::testing::WithParamInterface<const char*> {};

TEST_P(Directory, is_renamed_into_place) {
  const PublishOptions styled = {.style = GetParam()};
  volume_.publish({{"app.yaml", "one"}, {"conf.d/a.yaml", "x"}}, styled);
  trace();
  const Container& good = start("directory-watcher", {"current/app.yaml"});
  const Container& silent = start("no-watcher", {"current/app.yaml"});
  const Container& other = start("no-watcher", {"current/conf.d/a.yaml"});
  const Container& holder = start("fd-keeper", {"current/app.yaml", "--interval", "200"});
  volume_.publish({{"app.yaml", "two"}}, styled);
  expect(good, kReloaded);
  expect(silent, kStale);
  expect(other, kUnchanged);
  expect(holder, {"stale", "held_old_fd"});
  EXPECT_EQ(changes_of(), std::set<std::string>{"modified current/app.yaml"});
  EXPECT_EQ(count_of("publish"), 1U);
}

INSTANTIATE_TEST_SUITE_P(Renames,
                         Directory,
                         ::testing::Values("move", "exchange"),
                         [](const auto& tested) { return std::string(tested.param); });

// Kubelets before 1.21 link new keys before the rename, later ones after it.
class LinkOrder : public Publishes, public ::testing::WithParamInterface<const char*> {
 protected:
  PublishOptions ordered() const {
    PublishOptions options;
    if (std::string(GetParam()) == "before") {
      options.arguments = {"--links-first"};
    }
    return options;
  }
};

TEST_P(LinkOrder, of_a_volume_that_was_empty_when_its_reader_came) {
  trace();
  // Between the rename and the link of a new key there may be a moment.
  const Container& good = start("directory-watcher", {"app.yaml", "--delay", "50"});
  const Container& silent = start("no-watcher");
  const std::string first = volume_.publish({{"app.yaml", "one"}}, ordered());
  expect(good, kReloaded);
  EXPECT_EQ(generation_of(verdict(good), "app.yaml"), first);
  expect(silent, kStale);
  EXPECT_EQ(changes_of(1), std::set<std::string>{"added app.yaml"});

  const std::string second = volume_.publish({{"app.yaml", "two"}}, ordered());
  expect(good, kReloaded, 2);
  EXPECT_EQ(generation_of(verdict(good, 2), "app.yaml"), second);
  expect(silent, kStale, 2);
  EXPECT_EQ(changes_of(2), std::set<std::string>{"modified app.yaml"});
}

TEST_P(LinkOrder, of_a_key_that_comes) {
  volume_.publish({{"app.yaml", "one"}});
  trace();
  const Container& good = start("multi");
  const Container& silent = start("no-watcher");
  volume_.publish({{"app.yaml", "two"}, {"new.yaml", "n"}}, ordered());
  expect(good, kReloaded);
  expect(silent, kStale);
  EXPECT_EQ(changes_of(1), (std::set<std::string>{"modified app.yaml", "added new.yaml"}));

  // Who rereads at once may do so before the link of the new key is there; the next time it is.
  volume_.publish({{"app.yaml", "three"}}, ordered());
  expect(good, kReloaded, 2);
  // From here on the good one is known to use it.
  volume_.publish({{"new.yaml", "m"}}, ordered());
  expect(good, kReloaded, 3);
  expect(silent, kUnchanged, 3);
}

INSTANTIATE_TEST_SUITE_P(Kubelets,
                         LinkOrder,
                         ::testing::Values("before", "after"),
                         [](const auto& tested) {
                           return "links_" + std::string(tested.param) + "_the_rename";
                         });

TEST_F(Publishes, of_a_new_key_alone_concern_nobody_who_never_used_it) {
  volume_.publish({{"app.yaml", "one"}});
  trace();
  const Container& good = start("multi");
  const Container& silent = start("no-watcher");
  volume_.publish({{"new.yaml", "n"}});
  expect(good, kUnchanged);
  expect(silent, kUnchanged);
  EXPECT_EQ(changes_of(), std::set<std::string>{"added new.yaml"});
}

TEST_F(Publishes, that_remove_a_key_accuse_nobody_who_used_it) {
  volume_.publish({{"app.yaml", "one"}, {"limits.conf", "x"}});
  trace();
  const Container& user = start("no-watcher", {"limits.conf"});
  const Container& other = start("no-watcher");
  const Container& both = start("multi");
  volume_.publish({{"app.yaml", "two"}}, {.remove = {"limits.conf"}});
  expect(user, {"unknown"});
  expect(other, kStale);
  expect(both, kReloaded);
  EXPECT_EQ(changes_of(), (std::set<std::string>{"modified app.yaml", "removed limits.conf"}));
}

// All volumes of a pod, by threads of their own.
TEST_F(Publishes, of_ten_volumes_at_once_are_told_apart) {
  constexpr std::size_t kVolumes = 10;
  std::vector<Volume> volumes;
  std::vector<Mount> mounts;
  std::vector<std::string> paths;
  PublishOptions together;
  std::string run_all;
  std::string run_none;
  for (std::size_t i = 0; i < kVolumes; ++i) {
    const Volume& volume = volumes.emplace_back(pod_, "config-" + std::to_string(i));
    const std::string place = "/etc/" + volume.name();
    mounts.push_back(volume.mounted_at(place));
    paths.insert(paths.end(), {"--path", volume.path()});
    together.arguments.push_back(volume.path());
    run_all += "actor directory-watcher " + place + " app.yaml & ";
    run_none += "actor no-watcher " + place + " app.yaml & ";
  }
  const auto publish = [&](const std::string& content) {
    volume_.publish({{"app.yaml", content}}, together);  // and to its own directory
  };
  publish("one");
  trace(paths);
  const auto start_all = [&](const std::string& commands) -> Container& {
    Container& container = start({.command = {"sh", "-c", commands + "wait"}, .mounts = mounts});
    for (std::size_t i = 1; i < kVolumes; ++i) {
      EXPECT_TRUE(container.output().wait_for("ready", seconds(10)));
    }
    return container;
  };
  const Container& good = start_all(run_all);
  const Container& silent = start_all(run_none);
  publish("two");
  verdict(good, kVolumes);
  verdict(silent, kVolumes);

  std::map<std::string, std::set<std::string>> told;  // by reader: volumes with the right row
  for (const Line& said : of_kind(tracer_->lines(), "reload")) {
    const std::string id = said.at("reader").at("container_id");
    const std::string name = said.at("volume").at("name");
    EXPECT_EQ(row_of(said), id == good.id() ? kReloaded : kStale) << said.dump(1);
    EXPECT_TRUE(told[id].insert(name).second) << name << " twice";
    for (const Volume& volume : volumes) {
      if (volume.name() == name) {
        EXPECT_EQ(said.at("publish").at("to"), volume.generation());
        EXPECT_EQ(said.at("volume").at("path"), "/etc/" + name);
      }
    }
  }
  EXPECT_EQ(told[good.id()].size(), kVolumes);
  EXPECT_EQ(told[silent.id()].size(), kVolumes);
}

// As fast as a writer can: the first generation is gone before anybody has looked at it.
// One of these rows; or unknown, and it is said why: a generation lives for less than a millisecond
// here, and where nobody was quick enough to read it, what changed cannot be told.
::testing::AssertionResult is(const Line& said, const std::vector<Row>& rows) {
  const Row row = row_of(said);
  const bool gone = said.value("evidence", "").find("gone already") != std::string::npos;
  if (std::find(rows.begin(), rows.end(), row) != rows.end() || (row == Row{"unknown"} && gone)) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure() << said.dump(1);
}

TEST_F(Publishes, that_follow_each_other_at_once_supersede_each_other) {
  constexpr std::size_t kSwaps = 8;
  volume_.publish({{"app.yaml", "zero"}});
  trace();
  const Container& good = start("directory-watcher");
  const Container& silent = start("no-watcher");
  PublishOptions at_once = {.repeat = kSwaps};
  at_once.arguments = {"--interval-us", "0"};
  const std::string last = volume_.publish({{"app.yaml", "swap {n}"}}, at_once);
  EXPECT_TRUE(is(verdict(silent, kSwaps), {kStale}));
  expect(good, kReloaded, kSwaps);
  EXPECT_EQ(generation_of(verdict(good, kSwaps), "app.yaml"), last);
  EXPECT_EQ(verdict(silent, kSwaps).at("publish").at("to"), last);

  std::string before;
  for (const Line& publish : of_kind(tracer_->lines(), "publish")) {
    EXPECT_TRUE(before.empty() || publish.at("from") == before) << publish;
    before = publish.at("to");
  }
  EXPECT_EQ(count_of("publish"), kSwaps);
  // Whatever the burst hid: the next one can be compared again.
  volume_.publish({{"app.yaml", "calm"}});
  expect(good, kReloaded, kSwaps + 1);
  expect(silent, kStale, kSwaps + 1);
  for (std::size_t nth = 1; nth < kSwaps; ++nth) {
    EXPECT_TRUE(is(verdict(silent, nth), {Row{"superseded"}})) << nth;
    // It may have been quick enough.
    EXPECT_TRUE(is(verdict(good, nth), {Row{"superseded"}, kReloaded})) << nth;
  }
}

}  // namespace
}  // namespace reloadtrace::testing
