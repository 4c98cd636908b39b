// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/evidence.h"

#include <sys/inotify.h>

#include <utility>

#include "userspace/engine/diagnosis.h"
#include "userspace/engine/report_builder.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

EventReport about(
    const char* event, Timestamp at, const Usage& usage, const Process& process, World& world) {
  EventReport out;
  out.at = at;
  out.event = event;
  if (const Volume* volume = world.volume(usage.volume)) {
    out.volume = describe(*volume, usage.path);
  }
  out.reader = describe(*usage.reader, world);
  out.process = describe(process);
  return out;
}

const FileUse* find_use(const Usage& usage, std::uint32_t tgid, const FileRef& file) {
  const auto it = usage.uses.find({tgid, file.inode()});
  return it == usage.uses.end() ? nullptr : &it->second;
}

void add_file(EventReport& report,
              const Usage& usage,
              std::uint32_t tgid,
              const FileRef& file,
              const std::string& path) {
  const FileUse* use = find_use(usage, tgid, file);
  report.text.emplace_back("file", use != nullptr && !use->file.empty() ? use->file : path);
  if (use != nullptr) {
    report.text.emplace_back("generation", use->generation);
  }
}

}  // namespace

void tell(bool wanted,
          const OpenEvent& event,
          const Usage& usage,
          const Process& process,
          World& world,
          const SayReport& say) {
  if (!wanted) {
    return;
  }
  EventReport report = about("open", event.origin.at, usage, process, world);
  add_file(report, usage, process.tgid, event.file, event.path);
  say(report);
}

void tell(bool wanted,
          const ReadEvent& event,
          const Usage& usage,
          const Process& process,
          World& world,
          const SayReport& say) {
  if (!wanted) {
    return;
  }
  EventReport report = about("read", event.origin.at, usage, process, world);
  add_file(report, usage, process.tgid, event.file, {});
  if (report.volume && report.volume->kind != "secret") {
    report.numbers = {{"offset", event.offset}, {"bytes", event.count}, {"size", event.file.size}};
  }
  say(report);
}

void tell(bool wanted,
          const MapEvent& event,
          const Usage& usage,
          const Process& process,
          World& world,
          const SayReport& say) {
  if (!wanted) {
    return;
  }
  EventReport report = about("map", event.origin.at, usage, process, world);
  add_file(report, usage, process.tgid, event.file, event.path);
  say(report);
}

void tell(bool wanted,
          const WatchAddEvent& event,
          const Usage& usage,
          const Process& process,
          World& world,
          const SayReport& say) {
  if (!wanted) {
    return;
  }
  EventReport report = about("watch_add", event.origin.at, usage, process, world);
  report.text = {{"target", event.path.empty() ? "." : event.path},
                 {"mask", say_inotify_mask(event.mask)}};
  say(report);
}

void tell(bool wanted,
          const NotifyEvent& event,
          const Usage& usage,
          const Process& process,
          World& world,
          const SayReport& say) {
  if (!wanted) {
    return;
  }
  const bool end = (event.mask & IN_IGNORED) != 0;
  EventReport report = about(end ? "watch_end" : "notify", event.origin.at, usage, process, world);
  report.text = {{"mask", say_inotify_mask(event.mask)}, {"name", event.name}};
  say(report);
}

void tell(bool wanted,
          const ExecEvent& event,
          const Usage& usage,
          const Process& process,
          World& world,
          const SayReport& say) {
  if (wanted) {
    say(about("exec", event.origin.at, usage, process, world));
  }
}

void tell(bool wanted,
          const ExitEvent& event,
          const Usage& usage,
          const Process& process,
          World& world,
          const SayReport& say) {
  if (wanted) {
    say(about("exit", event.origin.at, usage, process, world));
  }
}

void tell(bool wanted,
          const OpenFailedFact& fact,
          const Usage& usage,
          const Process& process,
          World& world,
          const SayReport& say) {
  if (!wanted) {
    return;
  }
  EventReport report = about("open_failed", fact.at, usage, process, world);
  report.text = {{"file", fact.path}, {"error", say_errno(fact.error)}};
  say(report);
}

void tell_reader(const Reader& reader, World& world, Timestamp at, const SayReport& say) {
  for (const auto& usage : reader.usages) {
    ReaderReport report;
    report.at = at;
    report.reader = describe(reader, world);
    if (const Volume* volume = world.volume(usage->volume)) {
      report.volume = describe(*volume, usage->path);
    }
    report.can_reload = usage->whole ? "unknown" : "no";
    if (!usage->whole) {
      report.cause = Cause::SubpathPinned;
      report.evidence = "mounts the volume by subPath only";
      report.advice = advice_for(Cause::SubpathPinned);
    } else {
      report.evidence = "mounts the volume at " + usage->path;
    }
    say(report);
  }
}

}  // namespace reloadtrace
