// SPDX-License-Identifier: Apache-2.0
// What is wrong is said, and nothing is lost by it.
#include <signal.h>

#include <filesystem>
#include <thread>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

class BadInput : public Story {
 protected:
  // Runs the tracer as another user, or in another namespace: `prefix` is such a command.
  static Completed run_under(std::vector<std::string> prefix, const std::string& path) {
    for (const std::string& word : {tracer_binary(), std::string("--path"), path}) {
      prefix.push_back(word);
    }
    return run({prefix}, std::chrono::seconds(20));
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(BadInput, without_privileges_it_says_which_and_what_to_do) {
  const Completed ended =
      run_under({"setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all"}, volume_.path());
  EXPECT_EQ(ended.exit_code, 3) << ended.errors;
  EXPECT_TRUE(has(ended.errors, "CAP_BPF")) << ended.errors;
  EXPECT_TRUE(has(ended.errors, "sudo")) << ended.errors;
}

TEST_F(BadInput, without_btf_it_says_so) {
  const Completed ended = run_under({"unshare", "--mount", "sh", "-c",
                                     "mount -t tmpfs none /sys/kernel/btf && exec \"$@\"", "sh"},
                                    volume_.path());
  EXPECT_EQ(ended.exit_code, 3) << ended.errors;
  EXPECT_TRUE(has(ended.errors, "BTF")) << ended.errors;
}

TEST_F(BadInput, a_path_that_cannot_be_traced_is_said_and_the_others_are_traced) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  trace({"--path", "/no/such/directory", "--path", "/etc/passwd"});
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_EQ(verdict().at("verdict"), "reloaded");
  const std::string errors = tracer_->stop().errors;
  EXPECT_TRUE(has(errors, "/no/such/directory: No such file or directory")) << errors;
  EXPECT_TRUE(has(errors, "/etc/passwd: is a file, not a directory")) << errors;
}

TEST_F(BadInput, no_path_that_can_be_traced_is_a_usage_error) {
  EXPECT_EQ(run_tracer({"--path", "/no/such/directory"}).exit_code, 2);
  EXPECT_EQ(run_tracer({"--format", "yaml"}).exit_code, 2);
  EXPECT_EQ(run_tracer({"--deadline", "-1"}).exit_code, 2);
}

TEST_F(BadInput, a_volume_that_vanishes_is_said_once_and_the_others_are_traced) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  TemporaryDirectory other;
  std::filesystem::create_directory(other.at("volume"));
  trace({"--path", other.at("volume")});
  std::filesystem::remove(other.at("volume"));
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_EQ(verdict().at("verdict"), "reloaded");
  const std::string errors = tracer_->stop().errors;
  const auto first = errors.find("vanished");
  EXPECT_NE(first, std::string::npos) << errors;
  EXPECT_EQ(errors.find("vanished", first + 1), std::string::npos) << errors;
}

TEST_F(BadInput, a_reader_that_stops_reading_the_output_ends_it_quietly) {
  volume_.publish({{"app.yaml", "one"}});
  const Completed ended =
      run({{"sh", "-c",
            "{ \"$1\" --path \"$2\" --format json --duration 2; echo code=$? >&2; } | head -n 1",
            "sh", tracer_binary(), volume_.path()}},
          std::chrono::seconds(20));
  EXPECT_EQ(of_kind(parse_lines(ended.output), "start").size(), 1U);
  EXPECT_EQ(ended.errors, "reloadtrace: ready: 1 volumes, 0 readers\ncode=0\n");
}

TEST_F(BadInput, a_recording_that_is_cut_off_is_replayed_as_far_as_it_goes) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  trace();
  volume_.publish({{"app.yaml", "two"}});
  verdict();
  tracer_->stop();
  const std::string whole = read_file(tracer_->recording());
  TemporaryDirectory directory;
  write_file(directory.at("cut"), whole.substr(0, whole.size() - 40));
  const Completed cut = run_tracer({"replay", directory.at("cut"), "--format", "json"});
  EXPECT_EQ(cut.exit_code, 4) << cut.errors;
  EXPECT_FALSE(of_kind(parse_lines(cut.output), "start").empty()) << cut.output;

  write_file(directory.at("foreign"), "this is no recording");
  const Completed foreign = run_tracer({"replay", directory.at("foreign")});
  EXPECT_EQ(foreign.exit_code, 4);
  EXPECT_TRUE(has(foreign.errors, "is not a recording")) << foreign.errors;
  EXPECT_EQ(run_tracer({"replay", directory.at("none")}).exit_code, 4);
}

TEST_F(BadInput, a_full_disk_is_said_once_and_counted_and_the_recording_goes_on) {
  volume_.publish({{"app.yaml", "one"}});
  start("no-watcher");
  TemporaryDirectory directory;
  Process tracer({{tracer_binary(), "--path", volume_.path(), "--deadline", "1", "--format", "json",
                   "--output", "/dev/full", "--record", directory.at("recording")}});
  ASSERT_TRUE(tracer.errors().wait_for("ready:", std::chrono::seconds(20)));
  volume_.publish({{"app.yaml", "two"}});
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  tracer.signal(SIGINT);
  EXPECT_EQ(tracer.wait(std::chrono::seconds(10)), 1);
  tracer.errors().wait_for_end(std::chrono::seconds(2));
  const std::string errors = tracer.errors().text();
  const auto said = errors.find("No space left on device");
  ASSERT_NE(said, std::string::npos) << errors;
  EXPECT_EQ(errors.find("No space left on device", said + 1), std::string::npos) << errors;
  EXPECT_TRUE(has(errors, "4 lines could not be written")) << errors;  // start publish reload stop
  const Completed replayed = run_tracer({"replay", directory.at("recording"), "--format", "json"});
  EXPECT_EQ(of_kind(parse_lines(replayed.output), "reload").size(), 1U);
}

TEST_F(BadInput, a_full_disk_under_the_recording_leaves_the_verdicts) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  Process tracer({{tracer_binary(), "--path", volume_.path(), "--format", "json", "--count", "1",
                   "--record", "/dev/full"}});
  const bool ready = tracer.errors().wait_for("ready:", std::chrono::seconds(20)).has_value();
  if (ready) {
    volume_.publish({{"app.yaml", "two"}});
    EXPECT_TRUE(tracer.wait_for_line("\"kind\":\"reload\"", std::chrono::seconds(10)));
  }
  EXPECT_EQ(tracer.wait(std::chrono::seconds(10)), 1);
  EXPECT_TRUE(has(tracer.errors().text(), "No space left on device")) << tracer.errors().text();
}

}  // namespace
}  // namespace reloadtrace::testing
