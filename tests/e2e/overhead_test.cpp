// SPDX-License-Identifier: Apache-2.0
// What the programs may cost is kept, at the price of certainty: never at that of the truth.
#include <string>
#include <vector>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::seconds;

class Overhead : public Story {};

TEST_F(Overhead, above_its_limit_hooks_are_shed_one_by_one_and_nobody_is_accused) {
  volume_.publish({{"app.yaml", "one"}});
  start("no-watcher");
  start("stat-poller", {"app.yaml", "--interval-us", "100"});  // a storm of looks
  trace({"--max-overhead", "0.001"}, "15");
  volume_.publish({{"app.yaml", "two"}});  // nothing has been shed yet
  const auto judged = tracer_->wait_for(
      [&](const Line& line) {
        return line.at("kind") == "reload" &&
               line.at("reader").value("container_id", "") == containers_.front()->id();
      },
      seconds(60));
  ASSERT_TRUE(judged);
  std::vector<std::string> shed;
  for (const Line& line : of_kind(tracer_->lines(), "shed")) {
    shed.push_back(line.at("hook"));
    EXPECT_GT(line.at("cpu_percent").get<double>(), 0.001);
    EXPECT_EQ(line.at("max_percent"), 0.001);
  }
  EXPECT_EQ(judged->at("confidence"), "degraded");
  if (tracer_->lines().front().at("hooks").at("mmap") == "fentry") {
    // Each system call has a program of its own there, so the others cost nothing.
    EXPECT_EQ(shed, std::vector<std::string>{"poll"});
    EXPECT_EQ(judged->at("verdict"), "stale") << *judged;
  } else {
    EXPECT_EQ(shed, (std::vector<std::string>{"poll", "http", "mmap"}));
    EXPECT_EQ(judged->at("verdict"), "unknown") << *judged;
    EXPECT_EQ(judged->at("evidence"), "the hook mmap is missing: a reread may have passed unseen");
  }
  EXPECT_NE(tracer_->process().errors().text().find("% of a CPU (--max-overhead 0.001): hook poll "
                                                    "shed, verdicts are degraded from now on"),
            std::string::npos);
}

TEST_F(Overhead, below_its_limit_nothing_is_shed) {
  volume_.publish({{"app.yaml", "one"}});
  start("no-watcher");
  trace({"--max-overhead", "400", "--duration", "3"}, "1");
  volume_.publish({{"app.yaml", "two"}});
  const Line said = verdict();
  EXPECT_EQ(said.at("verdict"), "stale") << said;
  EXPECT_EQ(said.at("confidence"), "exact");
  EXPECT_EQ(tracer_->process().wait(seconds(20)), 0);
  EXPECT_TRUE(of_kind(tracer_->lines(), "shed").empty());
}

}  // namespace
}  // namespace reloadtrace::testing
