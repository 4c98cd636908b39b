// SPDX-License-Identifier: Apache-2.0
// What may befall the tracer and its node in the middle of a publish: afterwards nothing false has
// been said, nothing hangs, and it ends cleanly. What befalls its output is in log_pipeline_test
// and bad_input_test; what becomes of pods that restart or of a kubelet directory that goes in
// node_churn_test.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/e2e/node_story.h"
#include "tests/e2e/story.h"
#include "tests/support/mount_point.h"
#include "tests/support/schema_validator.h"

namespace reloadtrace::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

const Row kByInotify{"reloaded", "", "inotify"};

void pause_for(milliseconds time) {
  std::this_thread::sleep_for(time);
}

class Faults : public Story {
 protected:
  void expect(const Line& said, const Row& row) { EXPECT_EQ(row_of(said), row) << said.dump(1); }

  // Nobody is accused of this: at most it is not known.
  void expect_no_accusation() {
    for (const Line& line : of_kind(tracer_->lines(), "reload")) {
      const std::string verdict = line.at("verdict");
      EXPECT_TRUE(verdict != "stale" && verdict != "torn" && verdict != "partial") << line.dump(1);
    }
  }

  // Until the publisher has a complete new directory beside the visible one.
  bool wait_for_new_directory() const {
    for (int turn = 0; turn < 200; ++turn) {
      int directories = 0;
      for (const auto& entry : fs::directory_iterator(volume_.path())) {
        directories += entry.is_directory() && !entry.is_symlink() ? 1 : 0;
      }
      if (directories > 1) {
        return true;
      }
      pause_for(milliseconds(10));
    }
    return false;
  }
};

TEST_F(Faults, killed_and_started_again_between_a_new_directory_and_its_swap_it_judges_the_swap) {
  volume_.publish({{"app.yaml", "one"}});
  const Container& good = start("directory-watcher");
  const Container& deaf = start("no-watcher");
  trace();
  Process publisher(volume_.publisher({{"app.yaml", "two"}}, {.delay = milliseconds(2500)}));
  ASSERT_TRUE(wait_for_new_directory());
  publisher.signal(SIGSTOP);  // it swaps when the second tracer is there, however long that takes
  tracer_->process().signal(SIGKILL);
  ASSERT_EQ(tracer_->process().wait(seconds(5)), 128 + SIGKILL);
  const Completed replayed =
      run_tracer({"replay", tracer_->recording(), "--format", "json"}, seconds(20));
  EXPECT_TRUE(replayed.exit_code == 0 || replayed.exit_code == 4) << replayed.errors;
  EXPECT_TRUE(of_kind(parse_lines(replayed.output), "reload").empty());
  trace();
  publisher.signal(SIGCONT);
  expect(verdict(good), kByInotify);
  expect(verdict(deaf), {"stale", "no_watcher"});
  EXPECT_EQ(publisher.wait(seconds(5)), 0);
}

TEST_F(Faults, stopped_for_ten_seconds_it_says_what_it_lost_and_accuses_nobody_of_it) {
  may_lose_ = true;
  volume_.publish({{"app.yaml", "one"}});
  const Container& good = start("directory-watcher");
  const Container& storm = start("read-storm", {"app.yaml", "--count", "4000000000"});
  trace();
  tracer_->process().signal(SIGSTOP);
  volume_.publish({{"app.yaml", "two"}});
  pause_for(seconds(10));  // five deadlines
  tracer_->process().signal(SIGCONT);
  // What the storm read is lost, when the ring was full; the rest has rings of its own.
  for (const Container* container : {&good, &storm}) {
    const std::string said = verdict(*container).at("verdict");
    EXPECT_TRUE(said == "reloaded" || said == "unknown") << verdict(*container).dump(1);
  }
  expect_no_accusation();
  containers_.pop_back();  // the storm
  pause_for(seconds(1));
  volume_.publish({{"app.yaml", "three"}});
  expect(verdict(good, 2), kByInotify);
}

// A disk that has room for some lines: both files end with whole lines and records, and when there
// is room again lines go on.
TEST_F(Faults, a_disk_that_fills_up_costs_lines_and_no_verdict) {
  volume_.publish({{"app.yaml", "one"}});
  const Container& good = start("directory-watcher");
  TemporaryDirectory place;
  run_or_throw({{"mount", "-t", "tmpfs", "-o", "size=256k", "none", place.path()}});
  const std::string lines = place.at("lines");
  write_file(place.at("ballast"), std::string(200 * 1024, 'x'));
  Process tracer({{tracer_binary(), "--path", volume_.path(), "--format", "json", "--events",
                   "--output", lines, "--record", place.at("recording")}});
  const bool ready = tracer.errors().wait_for("ready:", seconds(20)).has_value();
  EXPECT_TRUE(ready) << tracer.errors().text();
  const PublishOptions often = {.repeat = 40, .interval = milliseconds(10)};
  volume_.publish({{"app.yaml", "n {n}"}}, often);
  EXPECT_TRUE(tracer.errors().wait_until_said("No space left", seconds(10)))
      << tracer.errors().text();
  fs::remove(place.at("ballast"));
  pause_for(milliseconds(500));
  const std::string last = volume_.publish({{"app.yaml", "last"}});
  pause_for(seconds(1));
  tracer.signal(SIGINT);
  EXPECT_EQ(tracer.wait(seconds(10)), 1) << "lines were lost, and that is said";
  const Lines written = parse_lines(read_file(lines));  // throws at a line that is none
  EXPECT_EQ(SchemaValidator::from_tracer().errors_in(written), "");
  bool told = false;
  for (const Line& line : of_kind(written, "reload")) {
    EXPECT_EQ(line.at("reader").at("container_id"), good.id());
    EXPECT_TRUE(line.at("verdict") == "reloaded" || line.at("verdict") == "superseded") << line;
    told |= line.at("publish").at("to") == last && line.at("verdict") == "reloaded";
  }
  EXPECT_TRUE(told) << "the verdict that came when there was room again";
  const Completed replayed = run_tracer({"replay", place.at("recording"), "--format", "json"});
  EXPECT_TRUE(replayed.exit_code == 0 || replayed.exit_code == 4) << replayed.errors;
  EXPECT_FALSE(of_kind(parse_lines(replayed.output), "start").empty());
  run({{"umount", "--lazy", place.path()}});
}

TEST_F(Faults, without_descriptors_it_raises_its_limit_or_says_which_one_it_is) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  const auto limited = [&](const std::string& limit) {
    return Command{{"prlimit", "--nofile=" + limit, tracer_binary(), "--path", volume_.path(),
                    "--format", "json", "--count", "1"}};
  };
  Process soft(limited("64:4096"));
  ASSERT_TRUE(soft.errors().wait_for("ready:", seconds(20))) << soft.errors().text();
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_TRUE(soft.wait_for_line("\"verdict\":\"reloaded\"", seconds(10)));
  EXPECT_EQ(soft.wait(seconds(10)), 0);
  const Completed hard = run(limited("64:64"), seconds(20));
  EXPECT_EQ(hard.exit_code, 3) << hard.errors;
  EXPECT_NE(hard.errors.find("RLIMIT_NOFILE"), std::string::npos) << hard.errors;
}

// What runs in a memory cgroup of this size; BPF maps and rings count.
class MemoryLimit {
 public:
  explicit MemoryLimit(const std::string& bytes) {
    const std::string v1 = "/sys/fs/cgroup/memory";
    const bool old = fs::exists(v1 + "/cgroup.procs");
    path_ = (old ? v1 : "/sys/fs/cgroup") + "/reloadtrace-test-" + std::to_string(::getpid());
    fs::create_directory(path_);
    std::ofstream(path_ + (old ? "/memory.limit_in_bytes" : "/memory.max")) << bytes;
  }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
  ~MemoryLimit() {
    for (int turn = 0; turn < 50 && ::rmdir(path_.c_str()) != 0; ++turn) {
      pause_for(milliseconds(20));
    }
  }
  std::vector<std::string> around(const std::vector<std::string>& command) const {
    std::vector<std::string> all = {"sh", "-c",
                                    "echo $$ > " + path_ + "/cgroup.procs && exec \"$@\"", "sh"};
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }

 private:
  std::string path_;
};

TEST_F(Faults, sixty_four_mebibytes_are_enough_in_the_storm_of_a_neighbour) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "sanitizers take more than that themselves";
#endif
  volume_.publish({{"app.yaml", "one"}});
  const Container& good = start("directory-watcher");
  const MemoryLimit limit("64M");
  Process tracer({limit.around({tracer_binary(), "--path", volume_.path(), "--format", "json",
                                "--deadline", "2", "--events"})});
  ASSERT_TRUE(tracer.errors().wait_for("ready:", seconds(20))) << tracer.errors().text();
  const auto next_verdict = [&]() -> Line {
    while (const auto line = tracer.wait_for_line("\"kind\":\"reload\"", seconds(60))) {
      const Line said = Line::parse(*line);
      if (said.at("reader").value("container_id", "") == good.id()) {
        return said;
      }
    }
    throw std::runtime_error("no verdict: " + tracer.errors().text());
  };
  start("read-storm", {"app.yaml", "--count", "4000000000"});
  pause_for(seconds(2));
  volume_.publish({{"app.yaml", "two"}});
  // A slow machine loses events, also until it has read what the storm left behind; it says so.
  Line said = next_verdict();
  containers_.pop_back();  // the storm
  for (int turn = 0; turn < 10 && said.at("verdict") == "unknown"; ++turn) {
    EXPECT_THAT(said.at("evidence").get<std::string>(), ::testing::HasSubstr("were lost"));
    volume_.publish({{"app.yaml", "after " + std::to_string(turn)}});
    said = next_verdict();
  }
  expect(said, kByInotify);
  tracer.signal(SIGINT);
  EXPECT_EQ(tracer.wait(seconds(20)), 0) << tracer.errors().text();
}

// CLOCK_REALTIME is the whole machine's and belongs to no namespace, so nothing here may set it.
// What a step leaves behind are time stamps of the future, and those can be made. (clocks_test.cpp
// sets it where the machine is the test's own.)
TEST_F(Faults, a_clock_that_was_set_back_by_hours_changes_nothing) {
  volume_.publish({{"app.yaml", "one"}});
  const Container& good = start("directory-watcher");
  const Container& deaf = start("no-watcher");
  for (const std::string& path :
       {volume_.path() + "/..data", volume_.path() + "/" + volume_.generation() + "/app.yaml",
        volume_.path(), pod_.log_directory() + "/containers", pod_.log_directory() + "/pods"}) {
    run_or_throw({{"touch", "--no-dereference", "--date=+5 hours", path}});
  }
  trace({"--log-dir", pod_.log_directory()});
  volume_.publish({{"app.yaml", "two"}});
  expect(verdict(good), kByInotify);
  expect(verdict(deaf), {"stale", "no_watcher"});
  const Line said = verdict(good);
  EXPECT_EQ(said.at("reader").at("pod"), "pod");
  EXPECT_GE(said.at("latency_ms").at("read").get<double>(), 0.0);
  EXPECT_LT(said.at("latency_ms").at("read").get<double>(), 10'000.0);
}

// The next process gets this number, unless another one of the machine is faster.
std::unique_ptr<Process> start_with_pid(pid_t wanted, const Command& command) {
  for (int turn = 0; turn < 50; ++turn) {
    std::ofstream("/proc/sys/kernel/ns_last_pid") << wanted - 1;
    auto process = std::make_unique<Process>(command);
    if (process->pid() == wanted) {
      return process;
    }
  }
  return nullptr;
}

TEST_F(Faults, a_number_that_is_given_to_another_process_at_once_is_not_the_same_reader) {
  volume_.publish({{"app.yaml", "one"}});
  trace({}, "3");
  auto first = std::make_unique<Process>(
      Command{{actor_binary(), "no-watcher", volume_.path(), "app.yaml"}});
  ASSERT_TRUE(first->wait_for_line("ready", seconds(5)));
  // Start times tell them apart, which /proc gives in ticks: no number goes round within 50 ms.
  pause_for(milliseconds(200));
  volume_.publish({{"app.yaml", "two"}});
  const pid_t number = first->pid();
  first.reset();
  // What the next one reads is not what the first has read, nor is what it leaves unread.
  const auto second =
      start_with_pid(number, {{actor_binary(), "no-watcher", volume_.path(), "app.yaml"}});
  if (!second) {
    GTEST_SKIP() << "the machine starts too many processes to get a number again";
  }
  ASSERT_TRUE(second->wait_for_line("ready", seconds(5)));
  const auto of_it = [&](const Line& line) {
    return line.at("kind") == "reload" && line.at("reader").value("pid", 0) == number;
  };
  const auto said = tracer_->wait_for(of_it);
  ASSERT_TRUE(said) << Line(tracer_->lines()).dump(1);
  EXPECT_EQ(said->at("verdict"), "exited") << said->dump(1);
  volume_.publish({{"app.yaml", "three"}});
  const Lines both = tracer_->wait_for(of_it, 2);
  ASSERT_EQ(both.size(), 2U) << Line(tracer_->lines()).dump(1);
  expect(both.back(), {"stale", "no_watcher"});
  EXPECT_EQ(both.back().at("publish").at("from"), both.front().at("publish").at("to"));
}

// In Kubernetes the same: nothing is said of who has gone, and the next one is somebody else.
class NodeFaults : public NodeStory {};

TEST_F(NodeFaults, a_pod_that_goes_with_its_volume_while_it_is_undecided_is_accused_of_nothing) {
  RunningPod& goes = add_pod("risk", "goes");
  Volume& config = goes.mount("config");
  Volume& secret = goes.mount("tls", "secret");
  goes.start_actor("no-watcher", config);
  RunningPod& stays = add_pod("risk", "stays");
  Volume& other = stays.mount("config");
  Container& deaf = stays.start_actor("no-watcher", other);
  trace();
  config.publish(next_content());
  secret.publish(next_content());
  remove_pod(goes);
  other.publish(next_content());
  EXPECT_EQ(row_of(verdict(deaf)), (Row{"stale", "no_watcher"}));
  for (const Line& line : verdicts_on_others({&deaf})) {
    EXPECT_EQ(line.at("verdict"), "exited") << line.dump(1);
  }
}

TEST_F(Faults, a_publisher_that_dies_before_the_swap_has_published_nothing) {
  const std::string before = volume_.publish({{"app.yaml", "one"}});
  const Container& good = start("directory-watcher");
  const Container& deaf = start("no-watcher");
  trace({}, "1");
  {
    Process publisher(volume_.publisher({{"app.yaml", "two"}}, {.delay = seconds(30)}));
    ASSERT_TRUE(wait_for_new_directory());
  }                               // killed
  pause_for(milliseconds(1500));  // beyond the deadline
  EXPECT_EQ(of_kind(tracer_->lines(), "publish"), Lines{});
  EXPECT_EQ(of_kind(tracer_->lines(), "reload"), Lines{});
  // The next one begins anew, as kubelet does when it comes back.
  volume_.publish({{"app.yaml", "three"}});
  expect(verdict(good), kByInotify);
  expect(verdict(deaf), {"stale", "no_watcher"});
  EXPECT_EQ(verdict(good).at("publish").at("from"), before);
  EXPECT_EQ(of_kind(tracer_->lines(), "publish").size(), 1U);
}

TEST_F(Faults, ten_thousand_processes_that_end_at_once_hide_nothing) {
  may_lose_ = true;
  volume_.publish({{"app.yaml", "one"}});
  const Container& good = start("directory-watcher");
  const Container& crowd = start("crowd-leaver", {"app.yaml", "--count", "10000", "--stay"});
  trace({}, "10");
  volume_.publish({{"app.yaml", "two"}});
  for (const Container* container : {&good, &crowd}) {
    const Line said = verdict(*container);
    const bool lost = row_of(said) == Row{"unknown"} && !of_kind(tracer_->lines(), "loss").empty();
    EXPECT_TRUE(lost || said.at("verdict") == "reloaded") << said.dump(1);
  }
  volume_.publish({{"app.yaml", "three"}});
  expect(verdict(good, 2), kByInotify);
  expect_no_accusation();
}

}  // namespace
}  // namespace reloadtrace::testing
