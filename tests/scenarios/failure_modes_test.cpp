// SPDX-License-Identifier: Apache-2.0
// The catalogue of failed reloads, and what is said of each: in a story (which scenario_test.cpp
// tells to the engine and replays from a recording), and live, in a container. The README has the
// same table.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/places.h"

namespace reloadtrace {
namespace {

struct Mode {
  const char* name;
  const char* verdict;  // "" = the kernel shows nothing of it
  const char* cause;    // "" = null
  const char* story;    // tests/scenarios/golden/<story>.jsonl
  const char* live;     // a behaviour, application or test in tests/e2e
};

// In the order of the catalogue, F1 to F33.
constexpr std::array<Mode, 33> kModes = {{
    {"subPath mount", "stale", "subpath_pinned", "cause_subpath_pinned", "nginx-subpath"},
    {"value in the environment", "", "", "", ""},
    {"immutable, or frozen by kubelet", "", "", "", ""},
    {"asked to reload before the swap", "stale", "read_too_early", "signal_came_too_early",
     "asked_before_the_swap"},
    {"nobody watches, nobody tells it", "stale", "no_watcher", "cause_no_watcher", "nginx-untold"},
    {"watch on the file, which dies with it", "stale", "watch_lost", "cause_watch_lost",
     "file-watcher-deaf"},
    {"works once, then deaf", "stale", "watch_lost", "watch_works_once", "node-watch-file"},
    {"watch on the link itself", "stale", "watch_on_symlink", "cause_watch_on_symlink",
     "python-watchdog-file"},
    {"event filtered by name", "stale", "event_ignored", "cause_event_ignored", "node-watch-name"},
    {"mask without the event", "stale", "mask_misses_swap", "cause_mask_misses_swap",
     "mask-misser"},
    {"event never read from the queue", "stale", "event_not_consumed", "cause_event_not_consumed",
     "queue-neglecter"},
    {"reread too early, one generation behind", "stale", "read_too_early", "cause_read_too_early",
     "early-reader"},
    {"torn pair", "torn", "mixed_generations", "torn", "torn-reader"},
    {"descriptor kept open", "stale", "held_old_fd", "cause_held_old_fd", "fd-keeper"},
    {"mapping kept", "stale", "mapped_old_file", "cause_mapped_old_file", "mapper"},
    {"nothing that it uses changed", "unchanged", "", "unchanged", "unchanged"},
    {"poll that cannot see the change", "stale", "poll_missed", "cause_poll_missed", "link-poller"},
    {"poll that is not due yet", "stale", "poll_pending", "cause_poll_pending", "poll_not_due"},
    {"copied at the start", "stale", "copied_at_start", "cause_copied_at_start", "child-copier"},
    {"signal not permitted, or to nobody", "stale", "signal_refused", "cause_signal_refused",
     "signal-forbidden"},
    {"signal to a pid 1 without a handler", "stale", "signal_ignored", "cause_signal_ignored",
     "signal-victim"},
    {"signal ends it", "exited", "", "exited", "exiter"},
    {"reload endpoint refuses", "stale", "http_refused", "cause_http_refused", "http-refuser"},
    {"reread, and rejected by it", "reloaded", "", "told_by_http", "http-rejecter"},
    {"no inotify instance or watch left", "stale", "watch_setup_failed", "cause_watch_setup_failed",
     "instances-taken"},
    {"queue overflow", "stale", "queue_overflow", "cause_queue_overflow", "overflow-ignorer"},
    {"open fails", "stale", "open_failed", "cause_open_failed", "failing-opener"},
    {"workers keep the old file", "reloaded", "", "workers_keep_the_old_file", "stale-workers"},
    {"only some files reread", "partial", "incomplete_read", "partial", "first-file-reader"},
    {"restarted instead", "restarted", "", "restarted", "self-restarter"},
    {"visible link missing", "stale", "dangling_link", "cause_dangling_link", "link_dangles"},
    {"guest kernel", "unknown", "not_observable", "cause_not_observable", ""},
    {"fanotify", "stale", "event_ignored", "fanotify_ignored", "fanotify-watcher"},
}};

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

const std::filesystem::path kSource = testing::in_project("");

std::string row_of(std::size_t number, const Mode& mode) {
  std::string said = "not visible to the kernel";
  if (*mode.verdict != '\0') {
    said = std::string("`") + mode.verdict + "`" +
           (*mode.cause != '\0' ? std::string(" `") + mode.cause + "`" : "");
  }
  const std::string story = *mode.story != '\0' ? std::string("`") + mode.story + "`" : "";
  const std::string live = *mode.live != '\0' ? std::string("`") + mode.live + "`" : "";
  return "| F" + std::to_string(number) + " | " + mode.name + " | " + said + " | " + live + " | " +
         story + " |\n";
}

TEST(FailureModes, get_their_verdict_and_cause_in_a_story) {
  for (const Mode& mode : kModes) {
    if (*mode.story == '\0') {
      continue;
    }
    SCOPED_TRACE(mode.name);
    std::ifstream golden(kSource / "tests/scenarios/golden" / (std::string(mode.story) + ".jsonl"));
    bool said = false;
    for (std::string text; std::getline(golden, text);) {
      const auto line = nlohmann::json::parse(text);
      if (line.at("kind") == "reload" && line.at("verdict") == mode.verdict) {
        const auto& cause = line.at("cause");
        said = said || (cause.is_null() ? "" : cause.get<std::string>()) == mode.cause;
      }
    }
    EXPECT_TRUE(said) << mode.story << " does not say " << mode.verdict << " " << mode.cause;
  }
}

TEST(FailureModes, have_a_live_witness_where_the_table_names_one) {
  std::string tests;
  for (const auto& file : std::filesystem::directory_iterator(kSource / "tests/e2e")) {
    if (file.path().extension() == ".cpp") {
      tests += read_all(file.path());
    }
  }
  for (const Mode& mode : kModes) {
    EXPECT_NE(tests.find(mode.live), std::string::npos) << mode.live;
  }
}

TEST(FailureModes, stand_in_the_readme) {
  const std::string readme = read_all(kSource / "README.md");
  for (std::size_t i = 0; i < kModes.size(); ++i) {
    const std::string row = row_of(i + 1, kModes[i]);
    EXPECT_NE(readme.find(row), std::string::npos) << "the README lacks " << row;
  }
}

}  // namespace
}  // namespace reloadtrace
