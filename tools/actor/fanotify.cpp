// SPDX-License-Identifier: Apache-2.0
// Applications that watch their config with fanotify.
#include <fcntl.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::actor {
namespace {

UniqueFd new_group(unsigned flags) {
  UniqueFd group(::fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | flags, O_RDONLY | O_CLOEXEC));
  if (!group) {
    die("fanotify_init");
  }
  return group;
}

void mark(const UniqueFd& group, std::uint64_t mask, const std::string& path) {
  if (::fanotify_mark(group.get(), FAN_MARK_ADD, mask, AT_FDCWD, path.c_str()) != 0) {
    die("fanotify_mark " + path);
  }
}

// Blocks until there are events; calls `react` with each.
template <class React>
void take_events(const UniqueFd& group, React react) {
  alignas(fanotify_event_metadata) std::array<char, 4096> buffer;
  ssize_t left = ::read(group.get(), buffer.data(), buffer.size());
  if (left < 0 && errno != EINTR) {
    die("read fanotify");
  }
  auto* event = reinterpret_cast<fanotify_event_metadata*>(buffer.data());
  for (; FAN_EVENT_OK(event, left); event = FAN_EVENT_NEXT(event, left)) {
    const UniqueFd file(event->fd);  // open, unless the group reports names
    react(*event);
  }
}

// The name in the first record after the metadata; empty when there is none.
std::string name_in(const fanotify_event_metadata& event) {
  const auto* start = reinterpret_cast<const char*>(&event) + event.metadata_len;
  const auto* record = reinterpret_cast<const fanotify_event_info_fid*>(start);
  if (event.event_len <= event.metadata_len ||
      record->hdr.info_type != FAN_EVENT_INFO_TYPE_DFID_NAME) {
    return "";
  }
  const auto* handle = reinterpret_cast<const file_handle*>(record->handle);
  return reinterpret_cast<const char*>(handle->f_handle) + handle->handle_bytes;
}

void fanotify_watcher(const Settings& settings) {
  reread(settings);
  const UniqueFd group = new_group(FAN_REPORT_DFID_NAME);
  mark(group, FAN_CREATE | FAN_MOVED_TO | FAN_CLOSE_WRITE | FAN_EVENT_ON_CHILD | FAN_ONDIR,
       settings.directory);
  say_ready(settings);
  for (;;) {
    bool swapped = false;
    take_events(group, [&](const fanotify_event_metadata& event) {
      const std::string name = name_in(event);
      say("noticed " + name);
      swapped = swapped || ((event.mask & FAN_CREATE) == 0 && name == "..data");
      for (const std::string& file : settings.files) {
        swapped = swapped || ((event.mask & FAN_CREATE) == 0 && name == file);
      }
    });
    if (swapped) {
      reread(settings);
    }
  }
}

// The mark is on the inode of the old generation and goes with it. Needs CAP_SYS_ADMIN.
void fanotify_file_watcher(const Settings& settings) {
  reread(settings);
  const UniqueFd group = new_group(0);
  for (const std::string& file : settings.files) {
    mark(group, FAN_MODIFY | FAN_CLOSE_WRITE, path_of(settings, file));
  }
  say_ready(settings);
  for (;;) {
    bool written = false;
    take_events(group, [&written](const fanotify_event_metadata& event) {
      written = written || (event.mask & FAN_CLOSE_WRITE) != 0;
    });
    if (written) {
      reread(settings);
    }
  }
}

constexpr Behaviour kFanotifyUsers[] = {
    {"fanotify-watcher", "marks DIR by fanotify with names, rereads when ..data is swapped",
     fanotify_watcher},
    {"fanotify-file-watcher", "marks FILEs by fanotify, sees them written but not swapped",
     fanotify_file_watcher},
};

}  // namespace

std::span<const Behaviour> fanotify_users() {
  return kFanotifyUsers;
}

}  // namespace reloadtrace::actor
