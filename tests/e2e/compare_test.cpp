// SPDX-License-Identifier: Apache-2.0
// The lines of several nodes, side by side.
#include <string>

#include "tests/e2e/story.h"

namespace reloadtrace::testing {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string text_of(const Lines& lines) {
  std::string text;
  for (const Line& line : lines) {
    text += line.dump() + "\n";
  }
  return text;
}

Line compared(const std::vector<std::string>& files, int exit_code) {
  std::vector<std::string> arguments = {"compare", "--format", "json"};
  arguments.insert(arguments.end(), files.begin(), files.end());
  const Completed ended = run_tracer(arguments);
  EXPECT_EQ(ended.exit_code, exit_code) << ended.errors;
  return parse_lines(ended.output).at(0);
}

// One machine is each node in turn.
class Compare : public Story {
 protected:
  // What the node writes of one publish of this version.
  std::string traced_as(const std::string& node,
                        const std::string& version,
                        const Container& last) {
    trace({"--node", node, "--version-key", "app.yaml"}, "1");
    // Of the same version on each node, and yet not what it had already: that would be no publish.
    volume_.publish({{"app.yaml", "version: " + version + "\n# " + node + "\n"}});
    verdict(last);
    const std::string path = directory_.at(node + ".jsonl");
    write_file(path, text_of(tracer_->stop().lines));
    return path;
  }

  TemporaryDirectory directory_;
};

TEST_F(Compare, names_who_runs_an_older_version_and_why_on_whichever_node_it_is) {
  volume_.publish({{"app.yaml", "version: v1\n"}});
  start("directory-watcher");
  const Container& silent = start("no-watcher");
  const std::string one = traced_as("n1", "v2", silent);
  EXPECT_EQ(compared({one}, 1).at("consistency"), 0.5);
  const std::string two = traced_as("n2", "v3", silent);

  const Line both = compared({one, two}, 1);
  EXPECT_EQ(both.at("nodes"), (Line{"n1", "n2"}));
  ASSERT_EQ(both.at("volumes").size(), 1U) << both.dump(1);
  const Line& volume = both.at("volumes").at(0);
  EXPECT_EQ(volume.at("config_version"), "v3");
  EXPECT_EQ(volume.at("consistency"), 0.25);
  EXPECT_EQ(volume.at("behind"), 3);
  const auto reader = [&](const std::string& node, const std::string& verdict) {
    for (const Line& other : volume.at("others")) {
      if (other.at("node") == node && other.at("verdict") == verdict) {
        return other;
      }
    }
    ADD_FAILURE() << node << " " << verdict << ": " << volume.dump(1);
    return Line();
  };
  EXPECT_EQ(reader("n1", "reloaded").value("config_version", ""), "v2");
  EXPECT_EQ(reader("n2", "stale").value("cause", ""), "no_watcher");
  EXPECT_EQ(reader("n2", "stale").value("container_id", ""), silent.id());

  // Whoever reads it sees the same; from a pipe, too.
  const Completed table = run_tracer({"compare", two, one});
  EXPECT_EQ(table.exit_code, 1);
  EXPECT_TRUE(has(table.output, "✔ v3 ")) << table.output;
  EXPECT_TRUE(has(table.output, "✘ v2 ")) << table.output;
  EXPECT_TRUE(has(table.output, "consistency 0.25")) << table.output;
  const Completed piped =
      run({{"sh", "-c", "cat \"$2\" \"$3\" | \"$1\" compare -", "sh", tracer_binary(), one, two}});
  EXPECT_EQ(piped.output, table.output);
}

TEST_F(Compare, agrees_when_all_nodes_have_reread_the_same_version) {
  volume_.publish({{"app.yaml", "version: v1\n"}});
  const Container& good = start("directory-watcher");
  const std::string one = traced_as("n1", "v2", good);
  const std::string two = traced_as("n2", "v2", good);
  EXPECT_EQ(compared({one, two}, 0).at("consistent"), true);
}

class CompareInput : public ::testing::Test {
 protected:
  static constexpr const char* kVerdict =
      R"({"schema":1,"kind":"reload","time":"2026-11-22T12:00:01.000000000Z","node":"n1",)"
      R"("verdict":"reloaded","volume":{"kind":"configmap","name":"c","host_path":"/v"},)"
      R"("reader":{"kind":"container","namespace":"s","pod":"p","container":"app"},)"
      R"("publish":{"time":"2026-11-22T12:00:00.000000000Z","to":"..1"}})"
      "\n";

  Completed compare(const std::string& content) {
    write_file(directory_.at("n1.jsonl"), content);
    return run_tracer({"compare", directory_.at("n1.jsonl")});
  }
  TemporaryDirectory directory_;
};

TEST_F(CompareInput, that_is_partly_bad_is_compared_as_far_as_it_goes) {
  const std::string verdict = kVerdict;
  const Completed ended = compare("\x01\xff garbage\n" + verdict + "{\"schema\":2}\n" +
                                  verdict.substr(0, verdict.size() / 2));
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_TRUE(has(ended.output, "1 of 1 reader on the newest")) << ended.output;
  EXPECT_TRUE(has(ended.errors, "no line of reloadtrace and was passed over: ")) << ended.errors;
  EXPECT_TRUE(has(ended.errors, "n1.jsonl:1 (not JSON)")) << ended.errors;
  EXPECT_TRUE(has(ended.errors, "newer schema than this version reads")) << ended.errors;
  EXPECT_TRUE(has(ended.errors, "n1.jsonl:3 (schema 2)")) << ended.errors;
  EXPECT_TRUE(has(ended.errors, "ends in the middle of a line")) << ended.errors;
}

TEST_F(CompareInput, is_named_when_it_is_missing_and_the_others_are_compared) {
  write_file(directory_.at("n1.jsonl"), kVerdict);
  const Completed ended =
      run_tracer({"compare", directory_.at("none.jsonl"), directory_.at("n1.jsonl")});
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_TRUE(has(ended.errors, "none.jsonl (No such file or directory)")) << ended.errors;
  EXPECT_TRUE(has(ended.output, "1 of 1 reader")) << ended.output;
}

TEST_F(CompareInput, without_a_verdict_is_no_agreement) {
  const Completed ended =
      compare("{\"schema\":1,\"kind\":\"stop\",\"time\":\"2026-11-22T12:00:00.000000000Z\"}\n");
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_TRUE(has(ended.errors, "no verdict in these lines")) << ended.errors;
  const Completed empty = compare("");
  EXPECT_EQ(empty.exit_code, 4);
  EXPECT_TRUE(has(empty.errors, "1 file is empty")) << empty.errors;
}

TEST_F(CompareInput, that_is_a_recording_is_told_what_to_do_with_it) {
  const Completed ended = compare("\x1f\x8b\x08 anything");
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_TRUE(has(ended.errors, "reloadtrace replay")) << ended.errors;
}

}  // namespace
}  // namespace reloadtrace::testing
