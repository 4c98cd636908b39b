// SPDX-License-Identifier: Apache-2.0
// The live session: the kernel's events and the node's facts, through one pipeline.
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "userspace/cli/clocks.h"
#include "userspace/cli/commands.h"
#include "userspace/cli/cost_watch.h"
#include "userspace/cli/descriptors.h"
#include "userspace/cli/exit_code.h"
#include "userspace/cli/hook_choice.h"
#include "userspace/cli/live_view.h"
#include "userspace/cli/message.h"
#include "userspace/cli/metrics_endpoint.h"
#include "userspace/cli/node_places.h"
#include "userspace/cli/pipeline.h"
#include "userspace/cli/signals.h"
#include "userspace/confine/confine.h"
#include "userspace/node/node.h"
#include "userspace/source/bpf_source.h"

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

// How long a poll may wait: bounds how late a deadline is judged and a signal is obeyed. Each turn
// costs an idle machine about 0.1 ms.
constexpr auto kPollTimeout = 100ms;
constexpr auto kIdlePollTimeout = 250ms;
constexpr Duration kRefreshInterval = 1s;
// Longer than records gather in the rings: what happened before the stop is still delivered.
constexpr auto kLastPoll = 5ms;

SessionFact describe_session(const BpfSource& source, const std::string& node, Duration deadline) {
  utsname name{};
  ::uname(&name);
  SessionFact fact;
  fact.at = monotonic_now();
  fact.wall_offset_ns = wall_offset_ns();
  fact.deadline_ns = deadline.count();
  fact.tracer_version = RELOADTRACE_VERSION;
  fact.kernel = name.release;
  fact.node = node.empty() ? name.nodename : node;
  fact.hooks = source.hooks();
  return fact;
}

NodeOptions options_of_node(const TraceOptions& options) {
  NodeOptions out = node_options(options.places);
  for (const std::string& text : options.version_keys) {
    if (auto key = config::VersionKey::parse(text)) {  // the command line let no other through
      out.version_keys.push_back(std::move(*key));
    }
  }
  out.diff.detail = options.diff == "values" ? config::Detail::Values
                    : options.diff == "keys" ? config::Detail::Keys
                                             : config::Detail::Off;
  for (const std::string& pattern : options.ignored_keys) {
    static_cast<void>(out.diff.ignored.add(pattern));  // likewise
  }
  return out;
}

// One run of `trace`, once everything is open.
class LiveSession {
 public:
  LiveSession(const TraceOptions& options,
              BpfSource& source,
              Outputs& outputs,
              MetricsEndpoint* metrics,
              LiveView* live,
              std::unique_ptr<RecordingWriter> recorder)
      : options_(options),
        source_(source),
        outputs_(outputs),
        metrics_(metrics),
        live_(live),
        engine_options_(engine_options(options.view, EngineOptions{}.deadline)),
        pipeline_(engine_options_,
                  outputs,
                  std::move(recorder),
                  [this](std::span<const std::uint32_t> tgids, Timestamp now) {
                    node_->inspect(tgids, now, feed_);
                  }),
        node_(Node::create(options_of_node(options), source, [](const std::string& sentence) {
          say_to_user(sentence);
        })) {
    if (options.bpf_stats || options.max_overhead) {
      cost_.emplace(source, options.bpf_stats ? metrics : nullptr, options.max_overhead,
                    [this](const ShedFact& fact) { pipeline_.feed(fact, {}); });
    }
  }

  Result<> begin() {
    pipeline_.feed(describe_session(source_, options_.node, engine_options_.deadline), {});
    if (auto found = node_->discover_volumes(monotonic_now(), feed_); !found) {
      return found.error();
    }
    if (auto adopted = source_.adopt_watchers(); !adopted) {
      say_to_user(adopted.error().message + "; watches set before now may go unheard");
    }
    node_->discover_readers(monotonic_now(), feed_);
    const Timestamp now = monotonic_now();
    pipeline_.feed(ReadyFact{now}, {});
    begun_ = refreshed_ = now;
    publish_state();
    say_to_user(fmt::format("ready: {} volumes, {} readers", pipeline_.engine().volumes(),
                            pipeline_.engine().readers()));
    for (const std::string& who : pipeline_.engine().awaited()) {
      say_to_user("waiting for " + who);
    }
    return Unit{};
  }

  Result<> run() {
    while (!over()) {
      const auto progress = source_.poll(poll_timeout(), deliver_);
      if (!progress) {
        return progress.error();
      }
      pipeline_.advance_to(source_.horizon());
      const Timestamp now = monotonic_now();
      if (cost_) {
        cost_->advance_to(now);
      }
      if (now - refreshed_ >= kRefreshInterval) {
        refreshed_ = now;
        node_->refresh(now, feed_);
        pipeline_.flush_recording();
        outputs_.refresh();
        publish_state();
      }
      if (take_reopen_request()) {
        outputs_.reopen();
      }
    }
    return Unit{};
  }

  // False when a recording that was asked for is not whole.
  bool end() {
    if (!enough()) {
      // What happened before the stop counts; an error here changes nothing any more.
      for (int i = 0; i < 2; ++i) {
        static_cast<void>(source_.poll(kLastPoll, deliver_).has_value());
      }
    }
    return pipeline_.finish(monotonic_now());
  }

 private:
  void publish_state() {
    if (metrics_ != nullptr) {
      metrics_->publish(pipeline_.census());
    }
    if (live_ != nullptr) {
      live_->show(pipeline_.roster());
    }
  }

  bool enough() const {
    return options_.view.count && pipeline_.verdicts() >= *options_.view.count;
  }

  Duration left() const {
    const std::chrono::duration<double> wanted(*options_.duration_seconds);
    return std::chrono::duration_cast<Duration>(wanted) - (monotonic_now() - begun_);
  }

  bool over() const {
    return stop_requested() || outputs_.closed() || enough() ||
           (options_.duration_seconds && left() <= Duration{});
  }

  std::chrono::milliseconds poll_timeout() const {
    const std::chrono::milliseconds longest =
        pipeline_.engine().idle() ? kIdlePollTimeout : kPollTimeout;
    if (!options_.duration_seconds) {
      return longest;
    }
    return std::clamp(std::chrono::ceil<std::chrono::milliseconds>(left()), 0ms, longest);
  }

  const TraceOptions& options_;
  BpfSource& source_;
  Outputs& outputs_;
  MetricsEndpoint* metrics_;  // null without --metrics
  LiveView* live_;            // null without --live
  EngineOptions engine_options_;
  Pipeline pipeline_;
  std::unique_ptr<Node> node_;
  std::optional<CostWatch> cost_;
  Timestamp begun_;
  Timestamp refreshed_;
  Node::Emit feed_ = [this](const Event& fact) { pipeline_.feed(fact, {}); };
  EventSource::Callback deliver_ = [this](const Event& event, std::span<const std::byte> record) {
    if (metrics_ != nullptr) {
      metrics_->count(event);
    }
    if (!enough()) {
      node_->observe(event, feed_);
      pipeline_.feed(event, record);
    }
  };
};

// What is open stays open; what is opened from now on takes no more than what is left.
void give_up_privileges(const TraceOptions& options) {
  const Confinement left =
      confine({options.bpf_stats || options.max_overhead.has_value(), options.view.output});
  for (const std::string& what : left.failed) {
    say_to_user(what + "; goes on with more privileges than it needs");
  }
}

Result<std::unique_ptr<Outputs>> open_outputs(const TraceOptions& options) {
  if (options.live && options.view.output.empty()) {
    return Outputs::nowhere();
  }
  return Outputs::open(options.view, Outputs::Pace::Detached);
}

}  // namespace

int run(const TraceOptions& options) {
  if (auto somewhere = require_places(options.places); !somewhere) {
    say_to_user(somewhere.error().message);
    return kUsage;
  }
  if (options.live) {
    if (auto possible = can_be_live(options.view); !possible) {
      say_to_user(possible.error().message);
      return kUsage;
    }
  }
  take_signals(!options.view.output.empty());
  if (auto room = make_room_for_descriptors(); !room) {
    say_to_user(room.error().message);
    return kUnsupported;
  }
  auto outputs = open_outputs(options);
  if (!outputs) {
    say_to_user(outputs.error().message);
    return kFailed;
  }
  std::unique_ptr<RecordingWriter> recorder;
  if (!options.record.empty()) {
    auto created = RecordingWriter::create(options.record);
    if (!created) {
      say_to_user(created.error().message);
      return kFailed;
    }
    recorder = std::move(*created);
  }
  std::unique_ptr<MetricsEndpoint> metrics;
  if (!options.metrics.empty()) {
    auto opened = MetricsEndpoint::open(options.metrics, options.metrics_per_pod);
    if (!opened) {
      say_to_user(opened.error().message);
      return kFailed;
    }
    metrics = std::move(*opened);
    (*outputs)->add(metrics->sink());
  }
  if (options.bpf_stats || options.max_overhead) {
    if (const auto counting = RunCounting::begin(); !counting) {
      say_to_user(counting.error().message);
      return kUnsupported;
    }
  }
  BpfOptions bpf;
  bpf.proc = options.places.proc;
  bpf.hooks = hook_choice(options.hooks);
  bpf.btf = options.btf;
  bpf.without_hooks = options.without_hooks;
  if (options.ring_bytes != 0) {
    bpf.facts_ring = bpf.activity_ring = options.ring_bytes;
  }
  bpf.muted_hooks = options.muted_hooks;
  bpf.http_triggers = options.http_triggers;
  auto source = BpfSource::open(bpf);
  if (!source) {
    say_to_user(source.error().message);
    return kUnsupported;
  }
  give_up_privileges(options);
  if (metrics) {
    metrics->serve();
  }
  std::unique_ptr<LiveView> live;
  if (options.live) {
    auto opened = LiveView::open();
    if (!opened) {
      say_to_user(opened.error().message);
      return kFailed;
    }
    live = std::move(*opened);
    (*outputs)->add(*live);
  }
  LiveSession session(options, **source, **outputs, metrics.get(), live.get(), std::move(recorder));
  if (auto begun = session.begin(); !begun) {
    say_to_user(begun.error().message);
    return kUsage;
  }
  const auto ran = session.run();
  if (!ran) {
    say_to_user(ran.error().message);
  }
  const bool recorded = session.end();
  if (live) {
    live->end();
  }
  const bool written = (*outputs)->finish();
  return ran && recorded && written ? kDone : kFailed;
}

}  // namespace reloadtrace
