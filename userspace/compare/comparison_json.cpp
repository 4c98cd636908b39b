// SPDX-License-Identifier: Apache-2.0
#include "userspace/compare/comparison_json.h"

#include <optional>
#include <string_view>

#include "userspace/sink/json_text.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace {
namespace {

std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

std::optional<std::string> time(std::int64_t ns) {
  return ns == 0 ? std::nullopt : std::optional(rfc3339({static_cast<std::uint64_t>(ns)}, 0));
}

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::Current:
      return "current";
    case Standing::Behind:
      return "behind";
    case Standing::Undecided:
      break;
  }
  return "undecided";
}

template <typename Counts>
void put_counts(JsonText& out, const Counts& counts) {
  out.field("consistent", !counts.differs())
      .field("consistency", consistency(counts.current, counts.behind))
      .field("readers", counts.readers())
      .field("current", counts.current)
      .field("behind", counts.behind)
      .field("undecided", counts.undecided);
}

void put_reader(JsonText& out, const ComparedReader& reader) {
  out.field("standing", name_of(reader.standing)).field("node", reader.node);
  if (reader.container) {
    out.field("pod", unless_empty(reader.pod))
        .field("container", unless_empty(reader.container_name))
        .field("container_id", unless_empty(reader.container_id));
  } else {
    out.field("pid", reader.pid).field("comm", reader.comm);
  }
  out.field("compared_by", reader.measure == Measure::Version ? "config_version" : "publish")
      .field("config_version", unless_empty(reader.config_version))
      .field("published", time(reader.published))
      .field("verdict", reader.verdict)
      .field("cause", unless_empty(reader.cause));
}

void put_volume(JsonText& out, const ComparedVolume& volume) {
  out.field("namespace", unless_empty(volume.pod_namespace))
      .field("kind", volume.kind)
      .field("name", volume.name)
      .field("host_path", unless_empty(volume.host_path));
  put_counts(out, volume);
  out.field("compared_by_config_version", volume.by_version)
      .field("config_version", unless_empty(volume.config_version));
  out.list("generations", volume.generations, [&](const Generation& one) {
    out.object([&] {
      out.field("standing", name_of(one.standing))
          .field("config_version", unless_empty(one.config_version))
          .field("readers", one.readers)
          .field("first_published", time(one.first_published))
          .field("last_published", time(one.last_published));
      out.list("nodes", one.nodes, [&](const std::string& node) { out.put(node); });
    });
  });
  out.list("others", volume.others,
           [&](const ComparedReader& reader) { out.object([&] { put_reader(out, reader); }); });
}

}  // namespace

std::string to_json(const Comparison& comparison) {
  JsonText out;
  out.object([&] {
    put_counts(out, comparison);
    out.list("nodes", comparison.nodes, [&](const std::string& node) { out.put(node); });
    out.list("volumes", comparison.volumes,
             [&](const ComparedVolume& volume) { out.object([&] { put_volume(out, volume); }); });
  });
  out.end_line();
  return std::string(out.view());
}

}  // namespace reloadtrace
