// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/volume_tracker.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "userspace/node/files.h"
#include "userspace/node/volume_finder.h"

namespace reloadtrace::node {

namespace {

// Volumes looked at in one turn; a look costs about 5 µs.
constexpr std::size_t kLooksAtATime = 32;

constexpr std::string_view kAtomicWriterLink = "..data";

}  // namespace

VolumeTracker::VolumeTracker(const ProcFs& proc,
                             std::vector<std::string> paths,
                             const std::vector<config::VersionKey>& version_keys,
                             KubeletVolumes kubelet,
                             VolumeSet& volumes,
                             ContentIds& contents,
                             TextStore& texts,
                             ScopeNames& scope)
    : proc_(proc),
      paths_(std::move(paths)),
      version_keys_(version_keys),
      kubelet_(std::move(kubelet)),
      volumes_(volumes),
      contents_(contents),
      texts_(texts),
      scope_(scope) {}

Result<> VolumeTracker::discover(Timestamp now, const Emit& emit) {
  const MountTable mounts(proc_.mountinfo_of_self());
  std::string reasons;
  for (const std::string& path : paths_) {
    auto volume = find_volume(path, mounts);
    if (!volume) {
      const std::string reason = "--path " + volume.error().message;
      reasons += (reasons.empty() ? "" : "; ") + reason;
      scope_.warn_once(reason);
      continue;
    }
    if (Volume* const known = volumes_.find((*volume)->id())) {
      volumes_.add_alias(*known, path);
      continue;
    }
    track(std::move(*volume), now, emit);
  }
  if (volumes_.empty() && !paths_.empty() && kubelet_.roots().empty()) {
    return Error{std::make_error_code(std::errc::no_such_file_or_directory), reasons};
  }
  for (const std::string& root : kubelet_.roots()) {
    if (!quick_stat(AT_FDCWD, root)) {
      scope_.warn_once("--kubelet-dir " + root + ": is not there yet; waiting for it");
    }
  }
  for (const KubeletVolume& place : kubelet_.all()) {
    if (auto volume = find_volume(place, mounts); volume && !volumes_.find((*volume)->id())) {
      track(std::move(*volume), now, emit);
    }
  }
  return Unit{};
}

bool VolumeTracker::first_published(const RenameEvent& event, const Emit& emit) {
  if (kubelet_.roots().empty() || base_name(event.new_path) != kAtomicWriterLink ||
      !parse_kubelet_path(event.new_path)) {
    return false;
  }
  const auto [known, rest] = volumes_.holding(event.new_path);
  if (known != nullptr && !known->of_pod()) {
    return false;  // somebody named it with --path
  }
  const auto places = kubelet_.holding(event.new_path);
  add(places, event.origin.at, emit);
  return places.empty();
}

void VolumeTracker::pod_started(std::string_view uid, Timestamp now, const Emit& emit) {
  add(kubelet_.of_pod(uid), now, emit);
}

void VolumeTracker::mounted(const std::string& path, Timestamp now, const Emit& emit) {
  std::vector<VolumeId> gone;
  for (const auto& volume : volumes_) {
    if (below(volume->site().host_path, path) && !volume->open_root()) {
      gone.push_back(volume->id());
    }
  }
  for (const VolumeId id : gone) {
    forget(id, now, emit);
  }
  for (const std::string& root : kubelet_.roots()) {
    if (below(root, path)) {
      add(kubelet_.all(), now, emit);
      return;
    }
  }
}

void VolumeTracker::take_turn(Timestamp now, const Look& look, const Emit& emit) {
  std::vector<VolumeId> gone;
  for (std::size_t looks = std::min(kLooksAtATime, volumes_.size()); looks > 0; --looks) {
    next_look_ = next_look_ + 1 < volumes_.size() ? next_look_ + 1 : 0;
    Volume& volume = volumes_.at(next_look_);
    // One at a time: who holds a descriptor is in the way of an unmount.
    if (const UniqueFd root = volume.open_root()) {
      look(volume, root.get());
    } else {
      gone.push_back(volume.id());
    }
  }
  for (const VolumeId id : gone) {
    const Volume& volume = *volumes_.find(id);
    if (!volume.of_pod()) {
      scope_.warn_once("--path " + volume.site().host_path + ": vanished; it is no longer traced");
    }
    forget(id, now, emit);
  }
}

void VolumeTracker::add(const std::vector<KubeletVolume>& places, Timestamp now, const Emit& emit) {
  std::vector<KubeletVolume> fresh;
  std::copy_if(places.begin(), places.end(), std::back_inserter(fresh),
               [&](const KubeletVolume& place) { return !is_tracked(place, now, emit); });
  if (fresh.empty()) {
    return;
  }
  const MountTable mounts(proc_.mountinfo_of_self());
  for (const KubeletVolume& place : fresh) {
    auto found = find_volume(place, mounts);
    if (!found) {
      continue;  // gone again
    }
    // A device and inode that are used again: what had them before has gone.
    if (const Volume* const before = volumes_.find((*found)->id())) {
      if (before->open_root()) {
        volumes_.add_alias(*volumes_.find((*found)->id()), place.path);
        continue;
      }
      forget(before->id(), now, emit);
    }
    track(std::move(*found), now, emit);
  }
}

bool VolumeTracker::is_tracked(const KubeletVolume& place, Timestamp now, const Emit& emit) {
  const auto [volume, rest] = volumes_.holding(place.path);
  if (volume == nullptr || !rest.empty()) {
    return false;
  }
  if (volume->open_root()) {
    return true;
  }
  forget(volume->id(), now, emit);  // made anew under the same name
  return false;
}

void VolumeTracker::track(std::unique_ptr<Volume> found, Timestamp now, const Emit& emit) {
  Volume& volume = volumes_.add(std::move(found));
  if (::faccessat(AT_FDCWD, volume.site().host_path.c_str(), R_OK | X_OK, AT_EACCESS) != 0 &&
      errno == EACCES) {
    scope_.warn_once(volume.site().host_path +
                     ": may not be read: what is published there goes unseen (needs root, or "
                     "CAP_DAC_READ_SEARCH)");
  }
  // First the scope: a publish while the files are read is seen, and found to be known.
  scope_.track(volume.id());
  volume.name_versions_by(version_keys_);
  volume.read(contents_);
  texts_.keep(volume);
  scope_.contents(volume);
  emit(volume.fact(now));
  if (followers_.came) {
    followers_.came(volume, now, emit);
  }
}

void VolumeTracker::forget(VolumeId id, Timestamp now, const Emit& emit) {
  scope_.forget(id);
  if (followers_.gone) {
    followers_.gone(id);
  }
  texts_.forget(id);
  volumes_.remove(id);
  emit(VolumeGoneFact{now, id});
}

}  // namespace reloadtrace::node
