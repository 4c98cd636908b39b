// SPDX-License-Identifier: Apache-2.0
// A story with a name; the lines that it must give lie in golden/<name>.jsonl.
#pragma once

#include <sys/inotify.h>

#include <span>
#include <vector>

#include "tests/support/stories/story.h"

namespace reloadtrace::testing {

struct Scenario {
  const char* name;
  void (*tell)(Story&);
  bool evidence = false;  // --events
};

std::span<const Scenario> verdict_stories();
std::span<const Scenario> cause_stories();
std::span<const Scenario> watch_stories();
std::span<const Scenario> notice_stories();
std::span<const Scenario> reader_stories();
std::span<const Scenario> publisher_stories();
std::span<const Scenario> loss_stories();

inline constexpr std::uint32_t kDirectoryMask = IN_CREATE | IN_MOVED_TO | IN_DELETE;
inline constexpr std::uint32_t kFileMask = IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF;

// One ConfigMap in one container that has read it, in a session that runs.
struct OneReader {
  explicit OneReader(Story& s, const Contents& contents = {{"app.yaml", "level: info"}})
      : story(s) {
    story.begin();
    config = &story.config_map(contents);
    app = story.container("app", {config});
    story.ready();
    story.pass(1s);
    for (const auto& [file, content] : contents) {
      story.reread(app.main, *config, file);
    }
    story.pass(60s);
  }

  // The deadline comes and the host looks at the application.
  void come_to_deadline(const std::vector<StoryWatch>& watches = {},
                        const std::vector<HeldFact>& held = {}) {
    story.pass(Story::kDeadline);
    story.inspect(app.main, watches, held);
  }

  Story& story;
  StoryVolume* config = nullptr;
  StoryContainer app;
};

}  // namespace reloadtrace::testing
