// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/mountinfo.h"

#include "userspace/node/files.h"
#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

namespace {

constexpr std::string_view kDeleted = "//deleted";

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

std::optional<DeviceId> parse_device(std::string_view text) {
  const auto device_major = parse_number(take_until(text, ':'));
  const auto device_minor = parse_number(text);
  if (!device_major || !device_minor || *device_major > 0xFFF || *device_minor > 0xFFFFF) {
    return std::nullopt;
  }
  return static_cast<DeviceId>(*device_major << 20U | *device_minor);
}

}  // namespace

std::string decode_octal(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && text[i + 1] <= '3' &&
        is_octal(text[i + 2]) && is_octal(text[i + 3])) {
      decoded += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                   (text[i + 3] - '0'));
      i += 3;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::optional<DeviceId> device_of_mount(std::string_view line) {
  take_word(line);
  take_word(line);
  return parse_device(take_word(line));
}

std::optional<Mount> parse_mount(std::string_view line) {
  const auto id = parse_number(take_word(line));
  take_word(line);
  const auto device = parse_device(take_word(line));
  std::string_view root = take_word(line);
  const std::string_view point = take_word(line);
  if (!id || !device || root.empty() || point.empty()) {
    return std::nullopt;
  }
  Mount mount;
  mount.id = *id;
  mount.device = *device;
  mount.deleted = root.ends_with(kDeleted);
  if (mount.deleted) {
    root.remove_suffix(kDeleted.size());
  }
  mount.root = decode_octal(root);
  mount.point = decode_octal(point);
  // Optional fields end with a lone dash.
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
    if (word == "-") {
      mount.type = std::string(take_word(line));
      break;
    }
  }
  return mount;
}

void for_each_mount(std::string_view text,
                    const std::function<bool(DeviceId)>& wanted,
                    const std::function<void(Mount)>& take) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const auto device = device_of_mount(line);
    if (!device || !wanted(*device)) {
      continue;
    }
    if (auto mount = parse_mount(line)) {
      take(std::move(*mount));
    }
  }
}

}  // namespace reloadtrace::node
