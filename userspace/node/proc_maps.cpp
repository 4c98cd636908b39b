// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/proc_maps.h"

#include "userspace/node/files.h"
#include "userspace/node/mountinfo.h"
#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

std::optional<FileMapping> parse_mapping(std::string_view line) {
  take_word(line);
  take_word(line);
  take_word(line);
  std::string_view device = take_word(line);
  const auto ino = parse_number(take_word(line));
  const auto device_major = parse_number(take_until(device, ':'), 16);
  const auto device_minor = parse_number(device, 16);
  if (!ino || *ino == 0 || !device_major || !device_minor || *device_major > 0xFFF ||
      *device_minor > 0xFFFFF) {
    return std::nullopt;
  }
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos) {
    return std::nullopt;
  }
  FileMapping mapping;
  mapping.inode = {static_cast<DeviceId>(*device_major << 20U | *device_minor), *ino};
  mapping.path = decode_octal(line.substr(begin));
  mapping.deleted = take_deleted_mark(mapping.path);
  return mapping;
}

bool take_deleted_mark(std::string& path) {
  bool taken = false;
  for (const std::string_view mark : {" (deleted)", "//deleted"}) {
    if (path.ends_with(mark)) {
      path.resize(path.size() - mark.size());
      taken = true;
    }
  }
  return taken;
}

}  // namespace reloadtrace::node
