// SPDX-License-Identifier: Apache-2.0
#include "userspace/report/trace_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "userspace/sink/json_text.h"
#include "userspace/sink/text.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace {
namespace {

constexpr int kSwaps = 1;  // the thread of a process that has its publishes

class TraceEvents {
 public:
  TraceEvents(const History& history, JsonText& out) : history_(history), out_(out) {}

  std::int64_t began() const {
    return history_.publishes().empty() ? 0 : history_.publishes().front().at;
  }

  // Each is an item of the list that is open.
  void put_all() {
    for (const PublishStory& publish : history_.publishes()) {
      put_swap(publish);
    }
    for (const VerdictStory& verdict : history_.verdicts()) {
      put_verdict(verdict);
    }
  }

 private:
  struct Thread {
    int number = 0;
    std::int64_t busy_until = 0;
  };

  void put_swap(const PublishStory& publish) {
    const int process = process_of(publish.node, publish.pod);
    event("i", "swap of " + name(publish.volume_kind) + " " + name(publish.volume_name), process,
          kSwaps, [&] {
            out_.field("s", "p").field("ts", microseconds(publish.at));
            out_.object("args", [&] {
              field("from", publish.from);
              field("to", publish.to);
              field("config_version", publish.version);
              field("writer", publish.writer);
              field("host_path", publish.host_path);
            });
          });
  }

  void put_verdict(const VerdictStory& verdict) {
    const PublishStory& publish = history_.publishes()[verdict.publish];
    const int process = process_of(publish.node, verdict.pod);
    const std::int64_t begin = publish.at;
    const std::int64_t end = std::max(
        begin, verdict.latency.read ? begin + nanoseconds(*verdict.latency.read) : verdict.at);
    const int thread = thread_of(process, verdict, begin, end);
    const std::string what = verdict.cause == 0
                                 ? name(verdict.verdict)
                                 : name(verdict.verdict) + ": " + name(verdict.cause);
    span(what, process, thread, begin, end, [&] {
      out_.field("volume", name(publish.volume_kind) + " " + name(publish.volume_name));
      field("evidence", verdict.evidence);
      field("advice", verdict.advice);
      field("trigger", verdict.trigger);
      field("process", verdict.process);
      field("generation", publish.to);
      field("config_version", publish.version);
    });
    std::int64_t at = begin;
    const auto step = [&](const char* to, const std::optional<double>& latency) {
      const std::int64_t then = latency ? begin + nanoseconds(*latency) : at;
      if (then > at && then <= end) {
        span(to, process, thread, at, then, [] {});
        at = then;
      }
    };
    step("to the notice", verdict.latency.notified);
    step("to the open", verdict.latency.opened);
    step("to the end of reading", verdict.latency.read);
  }

  // `fill` puts the arguments.
  template <typename Fill>
  void span(std::string_view what,
            int process,
            int thread,
            std::int64_t begin,
            std::int64_t end,
            Fill fill) {
    event("X", what, process, thread, [&] {
      out_.field("ts", microseconds(begin)).field("dur", static_cast<double>(end - begin) / 1e3);
      out_.object("args", fill);
    });
  }

  template <typename Fill>
  void event(std::string_view phase, std::string_view what, int process, int thread, Fill fill) {
    out_.object([&] {
      out_.field("ph", phase)
          .field("name", what)
          .field("cat", "reload")
          .field("pid", process)
          .field("tid", thread);
      fill();
    });
  }

  int process_of(Names::Id node, Names::Id pod) {
    const auto [found, added] =
        processes_.try_emplace({node, pod}, static_cast<int>(processes_.size()) + 1);
    if (added) {
      describe("process_name", found->second, 0,
               pod == 0 ? name(node) : name(node) + " " + name(pod));
      describe("thread_name", found->second, kSwaps, "publishes");
    }
    return found->second;
  }

  // Spans of one thread must nest: what overlaps an open verdict gets a thread beside it.
  int thread_of(int process, const VerdictStory& verdict, std::int64_t begin, std::int64_t end) {
    std::vector<Thread>& threads = threads_[{process, verdict.reader, verdict.container}];
    auto free = std::ranges::find_if(
        threads, [&](const Thread& thread) { return thread.busy_until <= begin; });
    if (free == threads.end()) {
      threads.push_back({++last_thread_, 0});
      free = std::prev(threads.end());
      describe("thread_name", process, free->number,
               threads.size() == 1 ? name(verdict.reader)
                                   : fmt::format("{} ({})", name(verdict.reader), threads.size()));
    }
    free->busy_until = end;
    return free->number;
  }

  void describe(std::string_view what, int process, int thread, std::string_view value) {
    event("M", what, process, thread,
          [&] { out_.object("args", [&] { out_.field("name", value); }); });
  }

  void field(std::string_view key, Names::Id id) {
    if (id != 0) {
      out_.field(key, name(id));
    }
  }

  const std::string& name(Names::Id id) const { return history_.names()[id]; }
  double microseconds(std::int64_t at) const { return static_cast<double>(at - began()) / 1e3; }
  static std::int64_t nanoseconds(double milliseconds) {
    constexpr double kYear = 366.0 * 86'400'000;
    return static_cast<std::int64_t>(std::clamp(milliseconds, 0.0, kYear) * 1e6);
  }

  const History& history_;
  JsonText& out_;
  std::map<std::pair<Names::Id, Names::Id>, int> processes_;  // by node and pod
  std::map<std::tuple<int, Names::Id, Names::Id>, std::vector<Thread>> threads_;
  int last_thread_ = kSwaps;
};

}  // namespace

std::string trace_events(const History& history,
                         std::string_view source,
                         std::string_view version) {
  JsonText out;
  TraceEvents events(history, out);
  out.object([&] {
    out.field("displayTimeUnit", "ms");
    out.object("otherData", [&] {
      out.field("source", printable(source, Charset::Utf8))
          .field("version", version)
          .field("began", rfc3339({static_cast<std::uint64_t>(events.began())}, 0));
    });
    out.list("traceEvents", [&] { events.put_all(); });
  });
  out.end_line();
  return std::string(out.view());
}

}  // namespace reloadtrace
