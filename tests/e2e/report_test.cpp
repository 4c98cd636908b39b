// SPDX-License-Identifier: Apache-2.0
// The report of a session, and what happens when it cannot be made whole.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "tests/e2e/story.h"
#include "tests/support/places.h"

namespace reloadtrace::testing {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The data of the page, out of its script element.
Line data_of(const std::string& page) {
  const std::string mark = "<script id=\"data\" type=\"application/json\">";
  const auto begin = page.find(mark) + mark.size();
  return Line::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

class Report : public Story {
 protected:
  std::string page() { return read_file(directory_.at("report.html")); }
  TemporaryDirectory directory_;
};

TEST_F(Report, tells_of_a_recording_what_its_lines_tell) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  const Container& silent = start("no-watcher");
  trace({}, "1");
  volume_.publish({{"app.yaml", "two"}});
  verdict(silent);
  const Lines& lines = tracer_->stop().lines;
  std::string text;
  for (const Line& line : lines) {
    text += line.dump() + "\n";
  }
  write_file(directory_.at("lines.jsonl"), text);

  const std::string output = directory_.at("report.html");
  ASSERT_EQ(run_tracer({"report", directory_.at("lines.jsonl"), "-o", output}).exit_code, 0);
  Line of_lines = data_of(page());
  ASSERT_EQ(of_lines.at("verdicts").size(), 2U);
  const Completed made = run_tracer({"report", tracer_->recording(), "-o", output});
  ASSERT_EQ(made.exit_code, 0) << made.errors;
  Line of_recording = data_of(page());
  of_lines.erase("source");
  of_recording.erase("source");
  EXPECT_EQ(of_recording, of_lines);

  const std::string trace = directory_.at("trace.json");
  ASSERT_EQ(
      run_tracer({"report", tracer_->recording(), "--format", "perfetto", "-o", trace}).exit_code,
      0);
  EXPECT_TRUE(has(read_file(trace), "stale: no_watcher"));
}

class ReportInput : public ::testing::Test {
 protected:
  static std::string verdict() {
    return R"({"schema":1,"kind":"reload","time":"2026-11-22T12:00:01.000000000Z","node":"n1",)"
           R"("verdict":"reloaded","volume":{"kind":"configmap","name":"c","host_path":"/v"},)"
           R"("reader":{"kind":"container","namespace":"s","pod":"p","container":"app"},)"
           R"("publish":{"time":"2026-11-22T12:00:00.000000000Z","to":"..1"}})"
           "\n";
  }
  Completed report(const std::string& content) {
    write_file(directory_.at("input"), content);
    return run_tracer({"report", directory_.at("input"), "-o", output_});
  }

  TemporaryDirectory directory_;
  std::string output_ = directory_.at("report.html");
};

TEST_F(ReportInput, that_is_partly_bad_is_shown_as_far_as_it_goes_and_said_in_few_words) {
  std::string bad;
  for (int i = 0; i < 1000; ++i) {
    bad += "\x01\xff\n";
  }
  const Completed ended = report(verdict() + bad + "{\"schema\":2}\n" + verdict().substr(0, 100));
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_TRUE(has(ended.errors, "1000 lines are no lines of reloadtrace")) << ended.errors;
  EXPECT_TRUE(has(ended.errors, "newer schema")) << ended.errors;
  EXPECT_TRUE(has(ended.errors, "ends in the middle of a line")) << ended.errors;
  EXPECT_EQ(std::count(ended.errors.begin(), ended.errors.end(), '\n'), 3) << ended.errors;
  EXPECT_EQ(data_of(read_file(output_)).at("verdicts").size(), 1U);
}

TEST_F(ReportInput, that_is_useless_leaves_the_report_of_before) {
  write_file(output_, "the report of before");
  for (const std::string& content :
       {std::string(), std::string("no lines at all"), std::string("\x1f\x8b\x08 no recording")}) {
    const Completed ended = report(content);
    EXPECT_EQ(ended.exit_code, 4) << content;
    EXPECT_TRUE(has(ended.errors, "nothing to report")) << ended.errors;
  }
  EXPECT_EQ(run_tracer({"report", directory_.at("none"), "-o", output_}).exit_code, 4);
  EXPECT_EQ(read_file(output_), "the report of before");
}

TEST_F(ReportInput, that_is_a_recording_cut_off_is_shown_as_far_as_it_goes) {
  const std::string whole = read_file(in_project("tools/demo/recording"));
  const Completed ended = report(whole.substr(0, whole.size() - 40));
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_TRUE(has(ended.errors, "what could be read was put out")) << ended.errors;
  EXPECT_FALSE(data_of(read_file(output_)).at("publishes").empty());
}

TEST_F(ReportInput, cannot_destroy_a_report_when_the_new_one_cannot_be_written) {
  write_file(output_, "the report of before");
  write_file(directory_.at("input"), verdict());
  // A file may be 1 KiB long and no longer: as a disk that fills up.
  const Completed full =
      run({{"sh", "-c", "trap '' XFSZ; ulimit -f 2; exec \"$1\" report \"$2\" -o \"$3\"", "sh",
            tracer_binary(), directory_.at("input"), output_}});
  EXPECT_EQ(full.exit_code, 1) << full.errors;
  EXPECT_TRUE(has(full.errors, "File too large")) << full.errors;
  EXPECT_EQ(read_file(output_), "the report of before");
  const auto entries = std::filesystem::directory_iterator(directory_.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 2);  // nothing half lies about

  const Completed nowhere =
      run_tracer({"report", directory_.at("input"), "-o", directory_.at("no/such/report.html")});
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_TRUE(has(nowhere.errors, "No such file or directory")) << nowhere.errors;
}

TEST_F(ReportInput, replaces_what_a_link_leads_to_and_keeps_its_mode) {
  write_file(directory_.at("real.html"), "before");
  ::chmod(directory_.at("real.html").c_str(), 0640);
  std::filesystem::create_symlink(directory_.at("real.html"), output_);
  EXPECT_EQ(report(verdict()).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(output_));
  struct stat status {};
  ASSERT_EQ(::stat(directory_.at("real.html").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
  EXPECT_TRUE(has(read_file(output_), "<!doctype html>"));
}

TEST_F(ReportInput, goes_from_pipe_to_pipe) {
  write_file(directory_.at("input"), verdict());
  const Completed piped = run({{"sh", "-c", "cat \"$2\" | \"$1\" report - -o - | cat", "sh",
                                tracer_binary(), directory_.at("input")}});
  EXPECT_EQ(data_of(piped.output).at("verdicts").size(), 1U);
}

}  // namespace
}  // namespace reloadtrace::testing
