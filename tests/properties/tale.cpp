// SPDX-License-Identifier: Apache-2.0
#include "tests/properties/tale.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "tests/properties/busy_tale.h"
#include "tests/scenarios/scenario.h"
#include "tests/support/places.h"
#include "userspace/engine/causes.h"
#include "userspace/wire/recording.h"

namespace reloadtrace::testing {
namespace {

// RELOADTRACE_TALES=N makes up as many stories.
std::uint64_t busy_tales() {
  const char* wanted = std::getenv("RELOADTRACE_TALES");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 100;
}

[[noreturn]] void give_up(const std::string& path, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", path.c_str(), why.c_str());
  std::abort();
}

Tale read_recording(const std::string& path) {
  auto reader = RecordingReader::open(path);
  if (!reader) {
    give_up(path, reader.error().message);
  }
  Tale tale{std::filesystem::path(path).filename(), Story::kDeadline, {}};
  for (;;) {
    auto item = (*reader)->next();
    if (!item) {
      give_up(path, item.error().message);
    }
    if (!*item) {
      break;
    }
    if (const auto* session = std::get_if<SessionFact>(&(*item)->event)) {
      tale.deadline = Duration(session->deadline_ns);
    }
    tale.events.push_back(std::move((*item)->event));
  }
  return tale;
}

EngineOptions options_for(Duration deadline) {
  EngineOptions options;
  options.deadline = deadline;
  return options;
}

std::string name_of_reader(const ReaderInfo& reader) {
  return reader.container ? reader.container_id : std::to_string(reader.process.pid);
}

Tale followed_by_silence(Tale tale) {
  tale.name += ", and then silence";
  std::erase_if(tale.events,
                [](const Event& event) { return std::holds_alternative<EndFact>(event); });
  Timestamp now = time_of(tale.events.back()) + 2 * tale.deadline;
  // Of nobody: says how late it is.
  for (int hour = 0; hour < 3; ++hour) {
    tale.events.push_back(InspectedFact{now, ~0U, false});
    now = now + std::chrono::hours(1);
  }
  tale.events.push_back(EndFact{now});
  return tale;
}

}  // namespace

std::vector<Tale> all_tales() {
  std::vector<Tale> out;
  for (const auto stories : {verdict_stories(), cause_stories(), watch_stories(), notice_stories(),
                             reader_stories(), publisher_stories(), loss_stories()}) {
    for (const Scenario& scenario : stories) {
      Tale& tale = out.emplace_back(Tale{scenario.name, Story::kDeadline, {}});
      Story story([&](const Event& event) { tale.events.push_back(event); });
      scenario.tell(story);
    }
  }
  std::vector<std::string> recordings = {in_project("tools/demo/recording")};
  for (const auto& entry :
       std::filesystem::directory_iterator(in_project("tests/properties/recordings"))) {
    recordings.push_back(entry.path());
  }
  std::sort(recordings.begin(), recordings.end());
  for (const std::string& path : recordings) {
    out.push_back(read_recording(path));
  }
  for (std::size_t i = out.size(); i > 0; --i) {
    out.push_back(followed_by_silence(out[i - 1]));
  }
  for (std::uint64_t seed = 0; seed < busy_tales(); ++seed) {
    out.push_back(followed_by_silence(busy_tale(seed)));
  }
  return out;
}

std::string describe(const Word& word) {
  std::string out = word.about + ": " + std::string(name_of(word.verdict));
  return word.cause ? out + " (" + std::string(name_of(*word.cause)) + ")" : out;
}

std::string describe(const std::vector<Word>& words) {
  std::string out;
  for (const Word& word : words) {
    out += "  " + describe(word) + "\n";
  }
  return out;
}

Listener::Listener(Duration deadline, Engine::Inspect inspect)
    : engine_(
          options_for(deadline),
          [this](const Report& report) {
            if (const auto* reload = std::get_if<ReloadReport>(&report)) {
              words_.push_back({reload->volume.host_path + " " + reload->publish.to + " " +
                                    name_of_reader(reload->reader),
                                reload->verdict, reload->cause});
            }
          },
          std::move(inspect)) {}

std::vector<Word> Listener::take_words() {
  std::stable_sort(words_.begin(), words_.end(),
                   [](const Word& a, const Word& b) { return a.about < b.about; });
  return std::exchange(words_, {});
}

std::vector<Word> words_of(const Tale& tale) {
  Listener listener(tale.deadline);
  for (const Event& event : tale.events) {
    listener.engine().observe(event);
  }
  return listener.take_words();
}

}  // namespace reloadtrace::testing
