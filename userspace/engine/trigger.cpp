// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/trigger.h"

#include <fmt/format.h>
#include <sys/inotify.h>

#include <algorithm>

#include "userspace/engine/habit.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

// Whether the first notice says more of a publish than the second, of which it is the later: the
// one of the rename or the write rather than of what went before and after, any rather than
// IN_IGNORED.
bool tells_more(const Notice& notice, const Notice& other) {
  const auto rank = [](std::uint32_t mask) {
    if ((mask & IN_MOVED_TO) != 0) {
      return 3;
    }
    if ((mask & (IN_CLOSE_WRITE | IN_DELETE_SELF)) != 0) {
      return 2;
    }
    return (mask & IN_IGNORED) != 0 ? 0 : 1;
  };
  return rank(notice.mask) >= rank(other.mask);
}

std::optional<Trigger> restarted(const Publish& publish,
                                 const FileUse& reread,
                                 Timestamp visible,
                                 const World& world) {
  if (!began_after(reread.tgid, visible, world)) {
    return std::nullopt;
  }
  const Process* process = world.process(reread.tgid);
  const Timestamp began = std::max(process->started, process->executed);
  return Trigger{
      {TriggerKind::Restart, fmt::format("the process began {} after the publish",
                                         say(std::max(began - publish.at(), Duration{})))},
      began};
}

const Request* latest_request(const Reader& reader, Timestamp from, Timestamp until) {
  const auto it =
      std::find_if(reader.requests.rbegin(), reader.requests.rend(), [&](const Request& request) {
        return request.at >= from && request.at <= until && was_taken(request);
      });
  return it == reader.requests.rend() ? nullptr : &*it;
}

// Who looks by the clock says more than who has looked before, a look more than an open.
int rank(const Habit& habit) {
  return (period_of(habit) ? 2 : 0) + (habit.opens ? 0 : 1);
}

// The habit of looking that the process had when it opened the file; null when it had none.
const Habit* polling(const Usage& usage, const FileUse& reread, const World& world) {
  const Process* process = world.process(reread.tgid);
  const Habit* out = nullptr;
  for (const auto& [key, habit] : usage.habits) {
    const std::uint32_t owner = std::get<0>(key);
    const bool same = owner == reread.tgid || (process != nullptr && owner == process->parent);
    const bool concerns = habit.opens ? habit.path == reread.file
                                      : habit.kind != TargetKind::File || habit.path == reread.file;
    if (same && concerns && looks_again(habit) && (out == nullptr || rank(habit) > rank(*out))) {
      out = &habit;
    }
  }
  return out;
}

// What the reader heard or was asked between two moments.
struct Told {
  const Notice* notice = nullptr;
  const Request* request = nullptr;

  Timestamp at() const {
    return std::max(notice != nullptr ? notice->at : Timestamp{},
                    request != nullptr ? request->at : Timestamp{});
  }
};

Told told_between(const Usage& usage, Timestamp from, Timestamp until) {
  return {best_notice(usage, from, until), latest_request(*usage.reader, from, until)};
}

}  // namespace

const Notice* best_notice(const Usage& usage, Timestamp from, Timestamp until) {
  const Notice* best = nullptr;
  for (const Notice& notice : usage.notices) {
    if (notice.at >= from && notice.at <= until && (best == nullptr || tells_more(notice, *best))) {
      best = &notice;
    }
  }
  return best;
}

std::string say_notice(const Notice& notice) {
  const std::uint32_t bits = notice.mask & ~static_cast<std::uint32_t>(IN_ISDIR);
  const std::string mask = notice.fanotify ? say_fanotify_mask(bits) : say_inotify_mask(bits);
  return notice.name.empty() ? mask : mask + " " + notice.name;
}

std::string say_request(const Request& request) {
  if (request.kind == TriggerKind::Http) {
    return request.http.line;
  }
  const Origin& sender = request.signal.origin;
  const std::string name = say_signal(request.signal.signal);
  return sender.tgid == 0 ? name + " from the kernel"
                          : fmt::format("{} from {}[{}]", name, sender.comm, sender.tgid);
}

bool was_taken(const Request& request) {
  if (request.kind == TriggerKind::Http) {
    return true;
  }
  return (request.signal.outcome == SignalOutcome::Delivered ||
          request.signal.outcome == SignalOutcome::Pending) &&
         (request.signal.handling == SignalHandling::Handled ||
          request.signal.handling == SignalHandling::Blocked);
}

Trigger trigger_of(const Usage& usage,
                   const Publish& publish,
                   const FileUse& reread,
                   const World& world) {
  const Timestamp visible = visible_since(usage, publish);
  if (auto out = restarted(publish, reread, visible, world)) {
    return *out;
  }
  const Timestamp opened = reread.opened ? reread.opened : reread.last_read;
  // A publish that was found by comparing may have been made long before: but what came before the
  // last reload told of that.
  const bool compared = publish.fact.writer_tgid == 0;
  const Timestamp since =
      compared ? std::max(publish.prepared, usage.last_reload) : publish.prepared;
  const Timestamp early = std::min(visible, publish.at() - kEarlyNotice);
  const Timestamp from = compared ? std::max(early, since) : early;
  Told told = told_between(usage, from, opened);
  const Habit* habit = polling(usage, reread, world);
  // Who looks by the clock is told by the clock, unless something called it since its last look.
  const auto period = habit != nullptr ? period_of(*habit) : std::nullopt;
  if (habit != nullptr && (!told.at() || (period && opened - told.at() > *period))) {
    const bool seen = !habit->opens && habit->latest >= from && habit->latest <= opened;
    const std::string rhythm = period ? " every " + say(*period) : " again and again";
    return {{TriggerKind::Poll, say_habit(*habit) + rhythm}, seen ? habit->latest : Timestamp{}};
  }
  if (!told.at()) {
    // Told of the preparation, and so slow to open that the new file was there by then.
    told = told_between(usage, since, opened);
  }
  if (told.request != nullptr && told.request->at == told.at()) {
    return {{told.request->kind, say_request(*told.request)}, told.request->at};
  }
  if (told.notice != nullptr) {
    return {{told.notice->fanotify ? TriggerKind::Fanotify : TriggerKind::Inotify,
             say_notice(*told.notice)},
            told.notice->at};
  }
  return {{TriggerKind::Unknown, ""}, {}};
}

}  // namespace reloadtrace
