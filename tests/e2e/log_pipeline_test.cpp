// SPDX-License-Identifier: Apache-2.0
// What becomes of the lines where they are taken: by a real log shipper, by one that stops taking
// them, and when the tracer is killed in the middle of them.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/story.h"
#include "tests/support/patience.h"
#include "tests/support/places.h"
#include "tests/support/schema_validator.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::seconds;

constexpr std::size_t kManyLines = 100'000;

class LogPipeline : public Story {
 protected:
  // A container that opens and reads a file as fast as it can, to the end of the test.
  void start_storm() { start("read-storm", {"app.yaml", "--count", "4000000000"}); }

  // One that does so a thousand times a second: no tracer is too slow for that.
  void start_busy() { start("open-poller", {"app.yaml", "--interval", "1"}); }

  // Traces the volume with all evidence into `output`.
  std::unique_ptr<Process> trace_into(const std::string& output) {
    auto tracer = std::make_unique<Process>(
        Command{{tracer_binary(), "--path", volume_.path(), "--deadline", "1", "--format", "json",
                 "--events", "--output", output}});
    if (!tracer->errors().wait_for("ready:", seconds(20))) {
      throw std::runtime_error("not ready: " + tracer->errors().text());
    }
    return tracer;
  }

  static void stop(Process& tracer, int expected = 0) {
    tracer.signal(SIGINT);
    EXPECT_EQ(tracer.wait(seconds(30)), expected) << tracer.errors().text();
  }

  TemporaryDirectory directory_;
};

// Counts the lines of a file that grows; what was counted is not read again.
class LineCount {
 public:
  explicit LineCount(std::string path) : path_(std::move(path)) {}

  std::size_t now() {
    std::ifstream file(path_);
    file.seekg(counted_bytes_);
    while (file.read(chunk_.data(), static_cast<std::streamsize>(chunk_.size())) ||
           file.gcount() > 0) {
      counted_bytes_ += file.gcount();
      lines_ += static_cast<std::size_t>(
          std::count(chunk_.begin(), chunk_.begin() + file.gcount(), '\n'));
    }
    return lines_;
  }

 private:
  std::string path_;
  std::vector<char> chunk_ = std::vector<char>(1 << 20);
  std::streamoff counted_bytes_ = 0;
  std::size_t lines_ = 0;
};

// Follows a file, parses its lines and writes them anew, in their order: by one worker.
std::string rsyslog_config(const TemporaryDirectory& directory) {
  const auto quoted = [&](const char* name) { return '"' + directory.at(name) + '"'; };
  return R"(global(maxMessageSize="128k" workDirectory=)" + quoted("work") + R"()
main_queue(queue.type="LinkedList" queue.workerThreads="1")
module(load="imfile")
module(load="mmjsonparse")
template(name="parsed" type="list") { property(name="$!all-json") constant(value="\n") }
ruleset(name="lines") {
  action(type="mmjsonparse" cookie="")
  if $parsesuccess == "OK" then {
    action(type="omfile" file=)" +
         quoted("parsed") + R"( template="parsed")
  } else {
    action(type="omfile" file=)" +
         quoted("refused") + R"()
  }
}
input(type="imfile" file=)" +
         quoted("lines") + R"( tag="reloadtrace" ruleset="lines" addMetadata="off")
)";
}

TEST_F(LogPipeline, a_hundred_thousand_lines_go_through_rsyslog_field_by_field) {
  volume_.publish({{"app.yaml", "one"}});
  const std::string lines = directory_.at("lines");
  const auto tracer = trace_into(lines);
  start_storm();
  volume_.publish({{"app.yaml", "two"}});
  LineCount sent_lines(lines);
  ASSERT_TRUE(wait_until([&] { return sent_lines.now() >= kManyLines; }, seconds(60)));
  stop(*tracer);
  containers_.clear();  // the storm

  std::filesystem::create_directory(directory_.at("work"));
  std::ofstream(directory_.at("rsyslog.conf")) << rsyslog_config(directory_);
  Process rsyslog({{"rsyslogd", "-n", "-f", directory_.at("rsyslog.conf"), "-i",
                    directory_.at("rsyslog.pid")}});
  const std::size_t written = sent_lines.now();
  LineCount parsed_lines(directory_.at("parsed"));
  const bool all_came = wait_until([&] { return parsed_lines.now() >= written; }, seconds(60));
  rsyslog.terminate();
  EXPECT_TRUE(all_came) << parsed_lines.now() << " of " << written << "\n"
                        << rsyslog.errors().text();
  EXPECT_FALSE(std::filesystem::exists(directory_.at("refused")));

  const Completed compared = run({{"python3", in_project("tests/e2e/applications/same_lines.py"),
                                   lines, directory_.at("parsed")}},
                                 seconds(60));
  EXPECT_EQ(compared.exit_code, 0) << compared.output << compared.errors;
  EXPECT_EQ(compared.output, std::to_string(written) + " lines are the same\n");
  EXPECT_GE(written, kManyLines);
}

TEST_F(LogPipeline, who_stops_reading_loses_evidence_and_no_verdict) {
  volume_.publish({{"app.yaml", "one"}});
  const std::string fifo = directory_.at("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  UniqueFd end(::open(fifo.c_str(), O_RDWR | O_CLOEXEC));  // open, and not read from
  const auto tracer = trace_into(fifo);
  Container& neighbour = start("directory-watcher");
  start_busy();
  std::this_thread::sleep_for(seconds(6));
  volume_.publish({{"app.yaml", "two"}});
  std::this_thread::sleep_for(seconds(2));  // beyond the deadline: all is judged

  LineBuffer buffer(std::move(end));
  ASSERT_TRUE(buffer.wait_for("\"kind\":\"loss\"", seconds(20)));
  stop(*tracer);
  ASSERT_TRUE(buffer.wait_for("\"kind\":\"stop\"", seconds(20)));
  Lines lines;
  for (const std::string& text : buffer.all()) {
    lines.push_back(Line::parse(text));
  }
  std::uint64_t told = 0;
  for (const Line& loss : of_kind(lines, "loss")) {
    EXPECT_EQ(loss.at("lost").size(), 1U) << loss;  // the ring was never waited on
    told += loss.at("lost").value("output_queue", 0U);
  }
  EXPECT_GT(told, 0U);
  EXPECT_EQ(of_kind(lines, "stop").at(0).at("lost").at("output_queue"), told);
  EXPECT_EQ(of_kind(lines, "publish").size(), 1U);
  const Lines verdicts = of_kind(lines, "reload");
  EXPECT_EQ(verdicts.size(), 2U);
  const auto rereader = std::find_if(verdicts.begin(), verdicts.end(), [&](const Line& line) {
    return line.at("reader").at("container_id") == neighbour.id();
  });
  ASSERT_NE(rereader, verdicts.end());
  EXPECT_EQ(row_of(*rereader), (Row{"reloaded", "", "inotify"})) << rereader->dump(1);
  EXPECT_NE(tracer->errors().text().find("lines were dropped"), std::string::npos)
      << tracer->errors().text();
}

TEST_F(LogPipeline, who_reads_nothing_at_the_end_does_not_keep_it_from_ending) {
  volume_.publish({{"app.yaml", "one"}});
  const std::string fifo = directory_.at("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const UniqueFd end(::open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  const auto tracer = trace_into(fifo);
  start_busy();
  std::this_thread::sleep_for(seconds(2));
  stop(*tracer, 1);
  EXPECT_NE(tracer->errors().text().find("nobody reads the output"), std::string::npos)
      << tracer->errors().text();
}

// The kernel itself may stop a write between two pages, see output.h: no more than that is torn.
TEST_F(LogPipeline, a_kill_tears_at_most_its_last_line_and_the_next_run_begins_a_new_one) {
  constexpr int kRuns = 5;
  volume_.publish({{"app.yaml", "one"}});
  start_storm();
  const std::string lines = directory_.at("lines");
  LineCount count(lines);
  for (int run = 1; run <= kRuns; ++run) {
    const std::size_t before = count.now();
    const auto tracer = trace_into(lines);
    ASSERT_TRUE(wait_until([&] { return count.now() > before + 1000; }, seconds(20)));
    tracer->signal(SIGKILL);
    EXPECT_EQ(tracer->wait(seconds(10)), 128 + SIGKILL);
  }
  const SchemaValidator schema = SchemaValidator::from_tree();
  std::ifstream file(lines);
  int runs = 0;
  std::size_t whole = 0;
  std::string torn;
  for (std::string text; std::getline(file, text);) {
    const Line line = Line::parse(text, nullptr, /*allow_exceptions=*/false);
    const bool starts = !line.is_discarded() && line.at("kind") == "start";
    runs += starts ? 1 : 0;
    ASSERT_TRUE(torn.empty() || starts) << "torn in the middle of a run: " << torn;
    torn = line.is_discarded() ? text : "";
    if (!line.is_discarded()) {
      ASSERT_EQ(schema.errors_in(line), "") << text;
      ++whole;
    }
  }
  EXPECT_EQ(runs, kRuns);
  EXPECT_GT(whole, 5000U);
}

}  // namespace
}  // namespace reloadtrace::testing
