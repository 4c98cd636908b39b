// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/fdinfo.h"

#include "userspace/node/files.h"
#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

std::optional<InotifyWatch> parse_inotify_watch(std::string_view line) {
  if (take_word(line) != "inotify") {
    return std::nullopt;
  }
  InotifyWatch watch;
  bool has_wd = false;
  bool has_device = false;
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
    const std::string_view key = take_until(word, ':');
    const auto value = parse_number(word, 16);
    if (!value) {
      continue;
    }
    if (key == "wd" && *value <= 0x7FFFFFFF) {
      watch.wd = static_cast<int>(*value);
      has_wd = true;
    } else if (key == "ino") {
      watch.target.ino = *value;
    } else if (key == "sdev" && *value <= 0xFFFFFFFF) {
      watch.target.dev = static_cast<DeviceId>(*value);
      has_device = true;
    } else if (key == "mask") {
      watch.mask = static_cast<std::uint32_t>(*value);
    }
  }
  if (!has_wd || !has_device || !watch.target) {
    return std::nullopt;
  }
  return watch;
}

namespace {

std::optional<FanotifyMark> parse_fanotify_mark(std::string_view line) {
  if (take_word(line) != "fanotify") {
    return std::nullopt;
  }
  FanotifyMark mark;
  bool has_device = false;
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
    const std::string_view key = take_until(word, ':');
    const auto value = parse_number(word, 16);
    if (!value) {
      continue;
    }
    if (key == "ino") {
      mark.target.ino = *value;
    } else if (key == "sdev" && *value <= 0xFFFFFFFF) {
      mark.target.dev = static_cast<DeviceId>(*value);
      has_device = true;
    } else if (key == "mask") {
      mark.mask = static_cast<std::uint32_t>(*value);
    }
  }
  return has_device && mark.target && mark.mask != 0 ? std::optional(mark) : std::nullopt;
}

}  // namespace

std::vector<FanotifyMark> parse_fanotify_marks(std::string_view fdinfo) {
  std::vector<FanotifyMark> marks;
  while (!fdinfo.empty()) {
    if (const auto mark = parse_fanotify_mark(take_line(fdinfo))) {
      marks.push_back(*mark);
    }
  }
  return marks;
}

std::vector<InotifyWatch> parse_inotify_watches(std::string_view fdinfo) {
  std::vector<InotifyWatch> watches;
  while (!fdinfo.empty()) {
    if (const auto watch = parse_inotify_watch(take_line(fdinfo))) {
      watches.push_back(*watch);
    }
  }
  return watches;
}

}  // namespace reloadtrace::node
