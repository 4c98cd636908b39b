// SPDX-License-Identifier: Apache-2.0
#include "userspace/report/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "userspace/lines/line_time.h"
#include "userspace/sink/text.h"

namespace reloadtrace {
namespace {

constexpr std::size_t kShortId = 12;  // of a container, as runtimes show it

std::int64_t when(std::string_view time) {
  return unix_nanoseconds_of(time).value_or(0);
}

// Length before text: no name can be made to look like two others.
template <typename... Parts>
std::string key_of(const Parts&... parts) {
  std::string key;
  ((key += fmt::format("{}:{}", fmt::formatted_size("{}", parts), parts)), ...);
  return key;
}

}  // namespace

void History::observe(const Line& line) {
  if (line.kind == LineKind::Publish) {
    publish_of(line);
  } else if (line.kind == LineKind::Reload) {
    observe_verdict(line);
  } else if (line.kind == LineKind::Loss) {
    observe_loss(line);
  }
}

Names::Id History::text(std::string_view text) {
  return text.empty() ? 0 : names_.id_of(printable(text, Charset::Utf8));
}

Names::Id History::process(const Line::Process& process) {
  return process.pid == 0 ? text(process.comm)
                          : text(fmt::format("{}[{}]", process.comm, process.pid));
}

Names::Id History::pod(const Line::Reader& reader) {
  return reader.pod.empty() ? 0 : text(fmt::format("{}/{}", reader.pod_namespace, reader.pod));
}

std::size_t History::publish_of(const Line& line) {
  const auto [found, added] =
      publish_index_.try_emplace(key_of(line.node, line.volume.kind, line.volume.name,
                                        line.volume.host_path, line.publish.time, line.publish.to),
                                 publishes_.size());
  if (!added) {
    return found->second;
  }
  PublishStory story;
  story.at = when(line.publish.time);
  story.node = text(line.node);
  story.volume_kind = text(line.volume.kind);
  story.volume_name = text(line.volume.name);
  story.host_path = text(line.volume.host_path);
  story.from = text(line.publish.from);
  story.to = text(line.publish.to);
  story.version = text(line.config_version);
  story.writer = process(line.publish.writer);
  for (const std::string_view changed : line.publish.changed) {
    story.changed.push_back(text(changed));
  }
  publishes_.push_back(std::move(story));
  return found->second;
}

void History::observe_verdict(const Line& line) {
  VerdictStory story;
  story.publish = publish_of(line);
  story.at = when(line.time);
  story.verdict = text(line.verdict);
  story.cause = text(line.cause);
  story.evidence = text(line.evidence);
  story.advice = text(line.advice);
  story.degraded = line.confidence == "degraded";
  const Line::Reader& reader = line.reader;
  const std::string_view short_id = reader.container_id.substr(0, kShortId);
  story.pod = pod(reader);
  story.reader = reader.kind != "container" ? process(reader.process)
                 : reader.container.empty() ? text(short_id)
                                            : text(reader.container);
  story.container = text(short_id);
  story.path = text(line.volume.path);
  story.process = process(line.process);
  story.exe = text(line.process.exe);
  story.trigger = text(line.trigger);
  story.trigger_detail = text(line.trigger_detail);
  story.latency = line.latency;
  for (const Line::Process& one : line.processes) {
    story.processes.emplace_back(process(one), text(one.state));
  }
  for (const Line::Process& one : line.observers) {
    story.observers.push_back(process(one));
  }
  PublishStory& publish = publishes_[story.publish];
  if (publish.pod == 0 && publish.volume_kind != names_.id_of("directory")) {
    publish.pod = story.pod;  // the line of a publish does not name it
  }
  const auto [found, added] =
      verdict_index_.try_emplace(key_of(story.publish, reader.kind, reader.container_id,
                                        reader.pod_uid, reader.container, reader.process.pid),
                                 verdicts_.size());
  if (added) {
    verdicts_.push_back(std::move(story));
  } else if (story.at >= verdicts_[found->second].at) {
    verdicts_[found->second] = std::move(story);
  }
}

void History::observe_loss(const Line& line) {
  LossStory story;
  story.node = text(line.node);
  story.since = when(line.since);
  story.until = when(line.until);
  for (const auto& [cause, count] : line.lost) {
    story.lost.emplace_back(text(cause), count);
  }
  losses_.push_back(std::move(story));
}

void History::arrange() {
  std::vector<std::size_t> order(publishes_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [this](std::size_t i) { return publishes_[i].at; });
  std::vector<PublishStory> sorted;
  std::vector<std::size_t> place(publishes_.size());
  for (const std::size_t i : order) {
    place[i] = sorted.size();
    sorted.push_back(std::move(publishes_[i]));
  }
  publishes_ = std::move(sorted);
  for (VerdictStory& verdict : verdicts_) {
    verdict.publish = place[verdict.publish];
  }
  std::ranges::stable_sort(verdicts_, {}, [](const VerdictStory& verdict) {
    return std::pair(verdict.publish, verdict.at);
  });
  publish_index_.clear();
  verdict_index_.clear();
}

}  // namespace reloadtrace
