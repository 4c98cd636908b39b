// SPDX-License-Identifier: Apache-2.0
// A JSON line, read back: what is asked of lines afterwards, not all that is in them.
//
// Texts are as they stood in the line: maybe no UTF-8, maybe hostile. An empty one is null, or was
// not there. They live in the parser until its next line.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace reloadtrace {

enum class LineKind { Start, Publish, Reload, Event, Reader, Loss, Stop, Other };

std::optional<LineKind> line_kind_named(std::string_view name);

struct Line {
  struct Process {
    std::uint64_t pid = 0;  // 0: none
    std::string_view comm;
    std::string_view exe;
    std::string_view state = {};  // in `processes` alone
  };
  struct Volume {
    std::string_view kind;
    std::string_view name;
    std::string_view path;
    std::string_view host_path;
    std::string_view pod_uid;
  };
  struct Reader {
    std::string_view kind;  // "container" or "process"
    std::string_view pod_namespace;
    std::string_view pod;
    std::string_view container;
    std::string_view container_id;
    std::string_view pod_uid;
    Process process;  // of a "process"
  };
  struct Publish {
    std::string_view time;
    std::string_view from;
    std::string_view to;
    Process writer;
    std::vector<std::string_view> changed;
  };
  struct Latency {  // milliseconds from the publish
    std::optional<double> notified;
    std::optional<double> opened;
    std::optional<double> read;
  };

  LineKind kind = LineKind::Other;
  std::string_view time;
  std::string_view node;

  Volume volume;
  Reader reader;
  Publish publish;  // of a publish line: itself
  std::string_view config_version;
  std::uint64_t readers = 0;  // of a publish line: how many reload lines will follow

  std::string_view verdict;
  std::string_view cause;
  std::string_view evidence;
  std::string_view advice;
  std::string_view confidence;
  Process process;
  std::string_view trigger;
  std::string_view trigger_detail;
  Latency latency;
  std::vector<Process> processes;
  std::vector<Process> observers;

  // Of start and loss lines.
  std::string_view version;
  std::string_view kernel;
  std::string_view since;
  std::string_view until;
  std::vector<std::pair<std::string_view, std::uint64_t>> lost;  // cause, count
};

}  // namespace reloadtrace
