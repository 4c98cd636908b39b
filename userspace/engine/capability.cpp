// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/capability.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/inotify.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "userspace/engine/diagnosis_support.h"
#include "userspace/engine/program.h"
#include "userspace/engine/reload_means.h"
#include "userspace/engine/report_builder.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

// A server has so many workers alike; the watches of all of them are told.
constexpr std::size_t kMaxPrograms = 16;
constexpr std::size_t kMaxPinsNamed = 2;

constexpr const char* kYes = "yes";
constexpr const char* kNo = "no";
constexpr const char* kUnknown = "unknown";

// Puts the words together, for one usage.
class Capability {
 public:
  Capability(const Usage& usage,
             const Volume& volume,
             const World& world,
             Duration deadline,
             Timestamp now)
      : usage_(usage),
        volume_(volume),
        world_(world),
        deadline_(deadline),
        now_(now),
        means_(reload_means_of(usage, volume, world)) {}

  ReaderReport judge() {
    decide();
    if (usage_.whole && !usage_.pinned.empty()) {
      report_.evidence += "; " + say_pinned();
    }
    if (const Process* process =
            subject_ != nullptr ? subject_ : world_.process(usage_.reader->main);
        process != nullptr && process->reader == usage_.reader) {
      report_.process = describe(*process);
    }
    each_application(usage_, world_, [&](const Process& process) { list(process); });
    return std::move(report_);
  }

 private:
  void decide() {
    if (std::string guest = guest_kernel(*usage_.reader); !guest.empty()) {
      say(kUnknown, Cause::NotObservable, std::move(guest));
    } else if (!usage_.whole && swapped()) {
      say(kNo, Cause::SubpathPinned, say_pinned());
    } else if (!usage_.whole && is_bound_file(usage_.pinned.front())) {
      say(kUnknown, Cause::SubpathPinned,
          usage_.pinned.front().path +
              " is bound to the file itself: a write in place shows, a rename onto it never does");
    } else if (!judge_told() && !judge_held() && !judge_watches()) {
      judge_untold();
    }
  }

  bool judge_told() {
    const Owned<Watch>& told = means_[Hearing::Told];
    if (!told) {
      return false;
    }
    const std::string watches = who_if_other(*told.process) + say_watch(*told.thing);
    if (means_.old) {
      say(kUnknown, cause_of_old(),
          fmt::format("{}, yet {}{}", watches, who_if_other(*means_.old.process), say_old()),
          means_.old.process);
      return true;
    }
    say(kYes, std::nullopt,
        fmt::format("{}, so it is told of each {}; reading is up to it", watches, word()) +
            say_build_of(*told.process),
        told.process);
    return true;
  }

  bool judge_held() {
    if (!means_.old) {
      return false;
    }
    const Process* holder = means_.old.process;
    const Timestamp since = volume_.fact.published;
    const bool known = swapped() && since && since <= now_;
    const bool long_ago = known && now_ - since >= deadline_;
    const bool hears = means_[Hearing::Once] || means_[Hearing::Early] || means_[Hearing::Partly];
    std::string evidence = who_if_other(*holder) + say_old();
    evidence += known ? fmt::format(", {}{} after the swap", long_ago ? "" : "only ",
                                    reloadtrace::say(now_ - since))
                      : ", which was replaced, since when is not known";
    say(long_ago && !hears ? no_unless_told() : kUnknown, cause_of_old(),
        evidence + say_other_means(), holder);
    return true;
  }

  bool judge_watches() {
    if (const auto& once = means_[Hearing::Once]) {
      say(kUnknown, Cause::WatchLost,
          who_if_other(*once.process) + say_once(*once.thing) + say_build_of(*once.process),
          once.process);
    } else if (const auto& early = means_[Hearing::Early]) {
      say(kUnknown, Cause::ReadTooEarly,
          fmt::format(
              "{}{}, which lets only what comes before a swap pass: it may reread too early",
              who_if_other(*early.process), say_watch(*early.thing)),
          early.process);
      report_.advice = "add IN_MOVED_TO to the mask, and reread on that";
    } else if (const auto& partly = means_[Hearing::Partly]) {
      say(kUnknown, Cause::MaskMissesSwap,
          fmt::format("{}{}, which {}", who_if_other(*partly.process), say_watch(*partly.thing),
                      swapped() ? "hears of looks at the volume, not of the swap"
                                : "matches some ways to publish and not others"),
          partly.process);
    } else if (const auto& link = means_[Hearing::Link]) {
      say(no_unless_told(), Cause::WatchOnSymlink,
          fmt::format(
              "{}watches the symlink {} itself (IN_DONT_FOLLOW), which a swap does not touch",
              who_if_other(*link.process), name_target(*link.thing, world_)) +
              say_other_means(),
          link.process);
    } else if (const auto& deaf = means_[Hearing::Deaf]) {
      say(no_unless_told(), Cause::MaskMissesSwap,
          fmt::format("{}{}, which no event of a {} matches", who_if_other(*deaf.process),
                      say_watch(*deaf.thing), word()) +
              say_other_means(),
          deaf.process);
    } else {
      return false;
    }
    return true;
  }

  // It watches nothing of the volume.
  void judge_untold() {
    if (!means_.any || !means_.all_seen) {
      say(kUnknown, std::nullopt,
          means_.any ? "what its processes watch and hold could not be looked at"
                     : "none of its processes is known yet");
      return;
    }
    const Process* main = world_.process(usage_.reader->main);
    const std::string nothing = "watches nothing of the volume";
    if (means_.handler != nullptr) {
      const bool hangup = means_.signals.front() == SIGHUP;
      if (hangup && main != nullptr && main != means_.handler && main->program &&
          drops_hangup(*main->program)) {
        say(kUnknown, Cause::SignalIgnored,
            fmt::format("{} and handles {}, but pid 1 of its container is {}, which drops it",
                        who(*means_.handler) + " " + nothing, say_signals(), who(*main)),
            means_.handler);
        report_.advice = fmt::format(
            "send it to {} itself after each {}, or start that with exec so that it is pid 1",
            who(*means_.handler), word());
        return;
      }
      say(kUnknown, Cause::NoWatcher,
          fmt::format("{}{}; handles {}, and may reread when told so",
                      who_if_other(*means_.handler), nothing, say_signals()),
          means_.handler);
      report_.advice = fmt::format("send it {} after each {}, as a reloader sidecar does",
                                   say_signal(means_.signals.front()), word());
    } else if (means_.server != nullptr) {
      const std::string& request = means_.server->program->reload_request;
      say(kUnknown, Cause::NoWatcher,
          fmt::format("{}{}; takes {}, as its command line says{}", who_if_other(*means_.server),
                      nothing, request, say_build_of(*means_.server)),
          means_.server);
      report_.advice =
          fmt::format("send it {} after each {}, as a reloader sidecar does", request, word());
    } else {
      say(kUnknown, Cause::NoWatcher,
          nothing + "; whether it looks at intervals cannot be seen from outside" +
              (main != nullptr ? say_build_of(*main) : ""));
      report_.advice = fmt::format(
          "trace a {} to see whether it looks at intervals; if not, have it watch the directory, "
          "or "
          "restart it after each {}",
          word(), word());
    }
  }

  void say(const char* can_reload,
           std::optional<Cause> cause,
           std::string evidence,
           const Process* subject = nullptr) {
    report_.at = now_;
    report_.reader = describe(*usage_.reader, world_);
    report_.volume = describe(volume_, usage_.path);
    report_.can_reload = can_reload;
    report_.cause = cause;
    report_.evidence = std::move(evidence);
    report_.advice = cause ? advice_for(*cause) : std::string();
    subject_ = subject;
  }

  void list(const Process& process) {
    for (const Watch& watch : process.watches) {
      if (watch.alive && watch.volume == usage_.volume) {
        report_.watches.push_back({watch.path.empty() ? "." : watch.path,
                                   std::string(name_of(watch.kind)), say_mask(watch),
                                   process.tgid});
      }
    }
    if (report_.programs.size() < kMaxPrograms) {
      report_.programs.push_back(describe_program(process));
    }
  }

  bool swapped() const { return volume_.fact.atomic_links; }
  const char* word() const { return swapped() ? "swap" : "publish"; }

  // Nothing is said for sure while a process was not looked at, or may be told otherwise.
  const char* no_unless_told() const {
    return means_.all_seen && !means_.can_be_told() ? kNo : kUnknown;
  }

  bool is_bound_file(const MountFact& mount) const {
    const auto& files = volume_.fact.current.files;
    return std::any_of(files.begin(), files.end(),
                       [&](const FileFact& file) { return file.path == mount.sub_path; });
  }

  Cause cause_of_old() const {
    return means_.old.thing->fd < 0 ? Cause::MappedOldFile : Cause::HeldOldFd;
  }

  // The row names the main process already.
  std::string who_if_other(const Process& process) const {
    return process.tgid == usage_.reader->main ? std::string() : who(process) + " ";
  }

  static std::string say_mask(const Watch& watch) {
    return watch.fanotify ? say_fanotify_mask(watch.mask) : say_inotify_mask(watch.mask);
  }

  std::string say_watch(const Watch& watch) const {
    return fmt::format("watches {} {}with mask {}", name_target(watch, world_),
                       watch.fanotify ? "by fanotify " : "", say_mask(watch));
  }

  std::string say_once(const Watch& watch) const {
    const std::string target = name_target(watch, world_);
    if (!watch.fanotify && (watch.mask & IN_ONESHOT) != 0) {
      return fmt::format(
          "watches {} for one event (IN_ONESHOT): it works on only if it sets the watch again",
          target);
    }
    return fmt::format(
        "watches {} itself: the watch ends with the old {} at the next {}, and works "
        "on only if it is set again",
        target, thing(watch.kind), swapped() ? "swap" : "rename onto it");
  }

  std::string say_old() const {
    const HeldFact& held = *means_.old.thing;
    const std::string of = held.generation.empty() ? "" : " of " + held.generation;
    const char* gone = held.unlinked ? " (deleted)" : "";
    return held.fd < 0 ? fmt::format("still maps {}{}{}", held.path, of, gone)
                       : fmt::format("still holds {}{}{} open as descriptor {}", held.path, of,
                                     gone, held.fd);
  }

  std::string say_signals() const {
    std::vector<std::string> names;
    for (const std::uint32_t signal : means_.signals) {
      names.push_back(say_signal(signal));
    }
    return say_files(names);
  }

  std::string say_other_means() const {
    if (means_.handler != nullptr) {
      return fmt::format("; {}handles {}", who_if_other(*means_.handler), say_signals());
    }
    return means_.server != nullptr ? "; takes " + means_.server->program->reload_request : "";
  }

  // "; built with go1.22.1 with fsnotify v1.6.0": where that explains something.
  static std::string say_build_of(const Process& process) {
    const bool go = process.program && process.program->runtime == Runtime::Go;
    return go ? "; built with " + say_build(*process.program) : "";
  }

  std::string say_pinned() const {
    std::string out;
    for (std::size_t i = 0; i < std::min(usage_.pinned.size(), kMaxPinsNamed); ++i) {
      const MountFact& mount = usage_.pinned[i];
      out += fmt::format("{}{} is bound to {}{}", i == 0 ? "" : ", ", mount.path,
                         mount.sub_path == "." ? "the directory" : mount.sub_path,
                         mount.generation.empty() ? "" : " of " + mount.generation);
    }
    if (usage_.pinned.size() > kMaxPinsNamed) {
      out += fmt::format(", and {} more", usage_.pinned.size() - kMaxPinsNamed);
    }
    if (swapped()) {
      out += ", which a swap can never replace";
      const MountFact& first = usage_.pinned.front();
      if (!first.generation.empty() && first.generation != volume_.fact.current.name) {
        out += "; the volume is at " + volume_.fact.current.name + " by now";
      }
    }
    return out;
  }

  const Usage& usage_;
  const Volume& volume_;
  const World& world_;
  Duration deadline_;
  Timestamp now_;
  ReloadMeans means_;
  ReaderReport report_;
  const Process* subject_ = nullptr;
};

}  // namespace

ReaderReport judge_capability(const Usage& usage,
                              const World& world,
                              Duration deadline,
                              Timestamp now) {
  return Capability(usage, *world.volume(usage.volume), world, deadline, now).judge();
}

}  // namespace reloadtrace
