// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/evidence.h"

#include <sys/inotify.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "userspace/engine/diagnosis.h"
#include "userspace/engine/report_builder.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

// Whose line it is.
struct About {
  const Usage& usage;
  const Process& process;
  const Volume* volume;  // null when it is tracked no longer
};

template <typename Happening>
Timestamp when(const Happening& happening) {
  if constexpr (requires { happening.at; }) {
    return happening.at;
  } else {
    return happening.origin.at;
  }
}

std::uint64_t milliseconds(Duration duration) {
  using std::chrono::milliseconds;
  return static_cast<std::uint64_t>(
      std::max(std::chrono::duration_cast<milliseconds>(duration), milliseconds{}).count());
}

std::string or_root(const std::string& path) {
  return path.empty() ? "." : path;
}

// The file by name and generation, where its process is known to have used it; else as passed.
void add_file(EventReport& report,
              const About& about,
              const FileRef& file,
              const std::string& path) {
  const auto it = about.usage.uses.find({about.process.tgid, file.inode()});
  const FileUse* use = it == about.usage.uses.end() ? nullptr : &it->second;
  report.text.emplace_back("file", use != nullptr && !use->file.empty() ? use->file : path);
  if (use != nullptr) {
    report.text.emplace_back("generation", use->generation);
  }
}

// Each names what happened and adds its details.

const char* detail(const OpenEvent& event, const About& about, EventReport& report) {
  add_file(report, about, event.file, event.path);
  return "open";
}

const char* detail(const ReadEvent& event, const About& about, EventReport& report) {
  add_file(report, about, event.file, {});
  if (about.volume != nullptr && about.volume->fact.kind != VolumeKind::Secret) {
    report.numbers = {{"offset", event.offset}, {"bytes", event.count}, {"size", event.file.size}};
  }
  return "read";
}

const char* detail(const MapEvent& event, const About& about, EventReport& report) {
  add_file(report, about, event.file, event.path);
  return "map";
}

const char* detail(const OpenFailedFact& fact, const About&, EventReport& report) {
  report.text = {{"file", fact.path}, {"error", say_errno(fact.error)}};
  return "open_failed";
}

const char* detail(const WatchAddEvent& event, const About&, EventReport& report) {
  report.text = {{"target", or_root(event.path)}, {"mask", say_inotify_mask(event.mask)}};
  return "watch_add";
}

const char* detail(const NotifyEvent& event, const About&, EventReport& report) {
  report.text = {{"mask", say_inotify_mask(event.mask)}, {"name", event.name}};
  return (event.mask & IN_IGNORED) != 0 ? "watch_end" : "notify";
}

const char* detail(const FanotifyMarkEvent& event, const About&, EventReport& report) {
  report.text = {{"target", or_root(event.path)},
                 {"mask", say_fanotify_mask(event.mask)},
                 {"via", "fanotify"}};
  return "watch_add";
}

const char* detail(const FanotifyEvent& event, const About&, EventReport& report) {
  report.text = {
      {"mask", say_fanotify_mask(event.mask)}, {"name", event.name}, {"via", "fanotify"}};
  return "notify";
}

const char* detail(const WatchFailedFact& fact, const About&, EventReport& report) {
  report.text = {{"call", std::string(name_of(fact.call))}, {"error", say_errno(fact.error)}};
  if (fact.call == WatchCall::Add || fact.call == WatchCall::FanotifyMark) {
    report.text.emplace_back("target", or_root(fact.path));
  }
  report.numbers = {{"uid", fact.uid}};
  return "watch_failed";
}

std::string target_of(const PollFact& fact, const Volume* volume) {
  if (fact.kind == TargetKind::Generation && volume != nullptr && !volume->fact.link.empty()) {
    return volume->fact.link;
  }
  return or_root(fact.path);
}

const char* detail(const PollFact& fact, const About& about, EventReport& report) {
  report.text = {
      {"call", std::string(name_of(fact.call))},
      {fact.kind == TargetKind::File ? "file" : "target", target_of(fact, about.volume)}};
  if (fact.error != 0) {
    report.text.emplace_back("error", say_errno(fact.error));
  }
  report.numbers = {{"count", fact.count}};
  if (fact.count > 1) {
    report.numbers.emplace_back("over_ms", milliseconds(fact.at - fact.first));
  }
  return "poll";
}

const char* detail(const SignalEvent& event, const About&, EventReport& report) {
  report.text = {{"signal", say_signal(event.signal)},
                 {"sender", event.origin.tgid == 0 ? "kernel" : event.origin.comm}};
  report.numbers = {{"sender_pid", event.origin.tgid}};
  if (event.target != 0) {
    report.text.emplace_back("target", event.target_comm);
    report.numbers.emplace_back("target_pid", event.target);
    report.text.emplace_back("handling", name_of(event.handling));
  }
  report.text.emplace_back("outcome", name_of(event.outcome));
  if (event.error != 0) {
    report.text.emplace_back("error", say_errno(event.error));
  }
  // Pid 1 there needs a handler, or the kernel drops the signal. Negative: a process group.
  if (event.target_pid > 0) {
    report.numbers.emplace_back("namespace_pid", static_cast<std::uint64_t>(event.target_pid));
  }
  return "signal";
}

const char* detail(const HttpEvent& event, const About&, EventReport& report) {
  report.text = {{"line", event.line}};
  if (event.status != 0) {
    report.numbers = {{"status", event.status},
                      {"took_ms", milliseconds(event.origin.at - event.requested)}};
  }
  return "http";
}

const char* detail(const ExecEvent&, const About&, EventReport&) {
  return "exec";
}

const char* detail(const ExitEvent&, const About&, EventReport&) {
  return "exit";
}

}  // namespace

template <typename Happening>
void tell(bool wanted,
          const Happening& happening,
          const Usage& usage,
          const Process& process,
          World& world,
          const SayReport& say) {
  if (!wanted) {
    return;
  }
  const About about{usage, process, world.volume(usage.volume)};
  EventReport report;
  report.at = when(happening);
  if (about.volume != nullptr) {
    report.volume = describe(*about.volume, usage.path);
  }
  report.reader = describe(*usage.reader, world);
  report.process = describe(process);
  report.event = detail(happening, about, report);
  say(report);
}

#define RELOADTRACE_TELL(Happening) \
  template void tell(bool, const Happening&, const Usage&, const Process&, World&, const SayReport&)
RELOADTRACE_TELL(OpenEvent);
RELOADTRACE_TELL(ReadEvent);
RELOADTRACE_TELL(MapEvent);
RELOADTRACE_TELL(OpenFailedFact);
RELOADTRACE_TELL(WatchAddEvent);
RELOADTRACE_TELL(NotifyEvent);
RELOADTRACE_TELL(FanotifyMarkEvent);
RELOADTRACE_TELL(FanotifyEvent);
RELOADTRACE_TELL(WatchFailedFact);
RELOADTRACE_TELL(PollFact);
RELOADTRACE_TELL(SignalEvent);
RELOADTRACE_TELL(HttpEvent);
RELOADTRACE_TELL(ExecEvent);
RELOADTRACE_TELL(ExitEvent);
#undef RELOADTRACE_TELL

}  // namespace reloadtrace
