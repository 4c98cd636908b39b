// SPDX-License-Identifier: Apache-2.0
// What changed, by key: told of each publish, and taken into account in its verdicts.
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

class Diff : public Story {
 protected:
  // What the nth publish line says of the file.
  Line changed(const std::string& file, std::size_t nth) {
    const auto is_publish = [](const Line& line) { return line.at("kind") == "publish"; };
    const Lines found = tracer_->wait_for(is_publish, nth);
    if (found.size() < nth) {
      ADD_FAILURE() << "publish " << nth << " did not come";
      return Line::object();
    }
    for (const Line& one : found.back().at("changed")) {
      if (one.at("file") == file) {
        return one;
      }
    }
    ADD_FAILURE() << file << " did not change";
    return Line::object();
  }
};

TEST_F(Diff, names_keys_and_calls_a_pseudo_update_unchanged) {
  volume_.publish({{"app.yaml", "# one\nlog: {level: info}\nbuilt: 1\n"}, {"free.txt", "a"}});
  trace({"--diff", "keys", "--ignore-key", "built"});
  start("no-watcher");
  volume_.publish({{"app.yaml", "log:\n  level: info   # two\nbuilt: 1\n"}, {"free.txt", "b"}});
  EXPECT_EQ(changed("app.yaml", 1).at("pseudo"), true);
  EXPECT_EQ(changed("free.txt", 1).at("not_compared"), "its name says no format");
  EXPECT_EQ(row_of(verdict(1)), Row{"unchanged"});
  EXPECT_EQ(verdict(1).at("evidence"), "app.yaml changed in comments, order or white space alone");

  volume_.publish({{"app.yaml", "log: {level: info}\nbuilt: 2\n"}});
  EXPECT_EQ(changed("app.yaml", 2).at("ignored_keys"), 1);
  EXPECT_EQ(row_of(verdict(2)), Row{"unchanged"});
  EXPECT_EQ(verdict(2).at("evidence"), "in app.yaml only keys changed that --ignore-key names");

  volume_.publish({{"app.yaml", "log: {level: debug}\nbuilt: 3\n"}});
  const Line real = changed("app.yaml", 3);
  EXPECT_EQ(real.at("keys"), Line::parse(R"([{"key":"log.level","change":"modified"}])"));
  EXPECT_EQ(row_of(verdict(3)), (Row{"stale", "no_watcher"}));
}

TEST_F(Diff, shows_values_when_asked_and_falls_back_to_bytes_when_it_must) {
  volume_.publish({{"app.yaml", "level: info\n"}});
  trace({"--diff", "values"});
  start("directory-watcher");
  volume_.publish({{"app.yaml", "level: debug\n"}});
  EXPECT_EQ(
      changed("app.yaml", 1).at("keys"),
      Line::parse(R"([{"key":"level","change":"modified","before":"info","after":"debug"}])"));
  EXPECT_EQ(row_of(verdict(1)), (Row{"reloaded", "", "inotify"}));
  volume_.publish({{"app.yaml", "level: [\n"}});
  EXPECT_NE(changed("app.yaml", 2).value("not_compared", "").find("not YAML"), std::string::npos);
  EXPECT_EQ(row_of(verdict(2)), (Row{"reloaded", "", "inotify"}));
}

// A pseudo update leaves it on the old inode with the old meaning; the next real one does not.
TEST_F(Diff, of_a_file_bound_by_subpath_is_stale_only_when_it_means_something_else) {
  volume_.publish({{"app.yaml", "a: 1\n"}});
  trace({"--diff", "keys"});
  start({.command = actor("no-watcher", "/etc/pinned", {"app.yaml"}),
         .mounts = {volume_.subpath_mounted_at("app.yaml", "/etc/pinned/app.yaml")}});
  volume_.publish({{"app.yaml", "a: 1  # one\n"}});
  EXPECT_EQ(row_of(verdict(1)), Row{"unchanged"});
  volume_.publish({{"app.yaml", "a: 2\n"}});
  EXPECT_EQ(row_of(verdict(2)), (Row{"stale", "subpath_pinned"}));
}

}  // namespace
}  // namespace reloadtrace::testing
