// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/inspector.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "userspace/node/fdinfo.h"
#include "userspace/node/files.h"
#include "userspace/node/proc_maps.h"
#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

std::vector<Event> Inspector::inspect(std::uint32_t tgid,
                                      const Container* container,
                                      Timestamp now) const {
  std::vector<Event> facts;
  InspectedFact end{now, tgid, false, false};
  const bool descriptors = inspect_descriptors(tgid, container, end, facts);
  const bool mappings = inspect_mappings(tgid, container, now, facts);
  end.complete = descriptors && mappings;
  facts.emplace_back(end);
  return facts;
}

bool Inspector::inspect_descriptors(std::uint32_t tgid,
                                    const Container* container,
                                    InspectedFact& end,
                                    std::vector<Event>& facts) const {
  const Timestamp now = end.at;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(proc_.path(tgid, "fd").c_str()),
                                                      ::closedir);
  if (!directory) {
    return false;
  }
  const int at = ::dirfd(directory.get());
  while (const dirent* entry = ::readdir(directory.get())) {
    const auto fd = parse_number(entry->d_name);
    if (!fd || *fd > 0x7FFFFFFF) {
      continue;
    }
    auto path = read_link(at, entry->d_name);
    if (!path) {
      if (errno == EACCES || errno == EPERM) {
        return false;  // root without CAP_SYS_PTRACE may list descriptors, and see none of them
      }
      continue;
    }
    if (*path == "anon_inode:inotify") {
      inspect_watches(tgid, container, static_cast<int>(*fd), now, facts);
      continue;
    }
    if (*path == "anon_inode:[fanotify]") {
      inspect_marks(tgid, container, static_cast<int>(*fd), now, facts);
      continue;
    }
    end.io_uring |= *path == "anon_inode:[io_uring]";
    if (!path->starts_with('/')) {
      continue;  // a socket, a pipe
    }
    const auto status = quick_stat(at, entry->d_name);
    if (!status || !S_ISREG(status->st_mode)) {
      continue;
    }
    const auto& neighbours = volumes_.on_stat_device(status->st_dev);
    if (neighbours.empty()) {
      continue;
    }
    HeldFact fact;
    fact.at = now;
    fact.tgid = tgid;
    fact.fd = static_cast<int>(*fd);
    fact.inode = {neighbours.front()->id().dev, status->st_ino};
    fact.unlinked = take_deleted_mark(*path) || status->st_nlink == 0;
    if (relate(container, *path, fact)) {
      facts.emplace_back(std::move(fact));
    }
  }
  return true;
}

bool Inspector::inspect_mappings(std::uint32_t tgid,
                                 const Container* container,
                                 Timestamp now,
                                 std::vector<Event>& facts) const {
  const auto text = proc_.read(tgid, "maps");
  if (!text) {
    return false;
  }
  std::vector<InodeId> seen;  // one file is usually mapped in several pieces
  for (std::string_view rest = *text; !rest.empty();) {
    const auto mapping = parse_mapping(take_line(rest));
    if (!mapping || !volumes_.on_device(mapping->inode.dev) ||
        std::find(seen.begin(), seen.end(), mapping->inode) != seen.end()) {
      continue;
    }
    HeldFact fact;
    fact.at = now;
    fact.tgid = tgid;
    fact.inode = mapping->inode;
    fact.unlinked = mapping->deleted;
    if (relate(container, mapping->path, fact)) {
      seen.push_back(mapping->inode);
      facts.emplace_back(std::move(fact));
    }
  }
  return true;
}

void Inspector::inspect_watches(std::uint32_t tgid,
                                const Container* container,
                                int fd,
                                Timestamp now,
                                std::vector<Event>& facts) const {
  const auto text = proc_.read(tgid, "fdinfo/" + std::to_string(fd));
  for (const InotifyWatch& watch : parse_inotify_watches(text ? *text : std::string_view())) {
    for (const Volume* const volume : volumes_in_sight(volumes_, container)) {
      const KnownInode* const known =
          volume->id().dev == watch.target.dev ? volume->find(watch.target.ino) : nullptr;
      if (known == nullptr) {
        continue;
      }
      WatchFact fact;
      fact.at = now;
      fact.tgid = tgid;
      fact.fd = fd;
      fact.wd = watch.wd;
      fact.mask = watch.mask;
      fact.volume = volume->id();
      fact.target = watch.target;
      fact.kind = known->kind;
      fact.path = known->path;
      facts.emplace_back(std::move(fact));
      break;
    }
  }
}

void Inspector::inspect_marks(std::uint32_t tgid,
                              const Container* container,
                              int fd,
                              Timestamp now,
                              std::vector<Event>& facts) const {
  const auto text = proc_.read(tgid, "fdinfo/" + std::to_string(fd));
  for (const FanotifyMark& mark : parse_fanotify_marks(text ? *text : std::string_view())) {
    for (const Volume* const volume : volumes_in_sight(volumes_, container)) {
      const KnownInode* const known =
          volume->id().dev == mark.target.dev ? volume->find(mark.target.ino) : nullptr;
      if (known != nullptr) {
        facts.emplace_back(WatchFact{now, tgid, fd, -1, mark.mask, volume->id(), mark.target,
                                     known->kind, known->path, true});
        break;
      }
    }
  }
}

bool Inspector::relate(const Container* container, std::string_view path, HeldFact& fact) const {
  // A file of a current generation is known by its inode, whatever path led to it.
  for (const Volume* const volume : volumes_in_sight(volumes_, container)) {
    const KnownInode* const known =
        volume->id().dev == fact.inode.dev ? volume->find(fact.inode.ino) : nullptr;
    if (known != nullptr && known->kind == TargetKind::File) {
      PlaceInVolume place = volume->place(known->path);
      fact.volume = volume->id();
      fact.generation = std::move(place.generation);
      fact.path = std::move(place.path);
      return true;
    }
  }
  auto location = locator_.by_text(container, path);
  if (!location || location->volume->id().dev != fact.inode.dev ||
      (container == nullptr && location->volume->of_pod())) {
    return false;
  }
  PlaceInVolume place = location->volume->place(location->below_root);
  fact.volume = location->volume->id();
  fact.generation = std::move(place.generation);
  fact.path = std::move(place.path);
  return true;
}

}  // namespace reloadtrace::node
