// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/kernel_scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <vector>

#include "bpf/filter.h"
#include "userspace/source/kernel_walk.h"

namespace reloadtrace {

Result<> KernelScope::put(bpf_map* map,
                          const void* key,
                          std::size_t key_size,
                          const void* value,
                          std::size_t value_size,
                          std::string_view doing) {
  const int err = bpf_map__update_elem(map, key, key_size, value, value_size, BPF_ANY);
  if (err == -E2BIG) {
    return Error{
        std::make_error_code(std::errc::not_enough_memory),
        fmt::format("{}: the kernel's map is full ({} entries)", doing, bpf_map__max_entries(map))};
  }
  if (err != 0) {
    return system_error(err, doing);
  }
  return Unit{};
}

Result<> KernelScope::remove(bpf_map* map,
                             const void* key,
                             std::size_t key_size,
                             std::string_view doing) {
  const int err = bpf_map__delete_elem(map, key, key_size, 0);
  if (err != 0 && err != -ENOENT) {
    return system_error(err, doing);
  }
  return Unit{};
}

reloadtrace_volume_key volume_key(VolumeId volume) {
  return {.ino = volume.ino, .dev = volume.dev, .reserved = 0};
}

Result<> KernelScope::track_volume(VolumeId volume) {
  const auto key = volume_key(volume);
  const std::uint64_t not_met = 0;
  // The map first: a bit without an entry costs time, an entry without its bit is never asked for.
  if (auto done =
          put(memory_.volumes, &key, sizeof(key), &not_met, sizeof(not_met), "track volume");
      !done) {
    return done;
  }
  filter_.add(volume);
  return Unit{};
}

Result<> KernelScope::forget_volume(VolumeId volume) {
  const auto key = volume_key(volume);
  if (auto done = remove(memory_.volumes, &key, sizeof(key), "forget volume"); !done) {
    return done;
  }
  filter_.remove(volume);
  return Unit{};
}

Result<> KernelScope::scope_cgroup(std::uint64_t cgroup_id, CgroupScope scope) {
  if (auto done = put(memory_.cgroups, &cgroup_id, sizeof(cgroup_id), &scope, sizeof(scope),
                      "scope cgroup");
      !done) {
    return done;
  }
  if (scope == CgroupScope::Tracked) {
    set_id(memory_.cgroup_bits, cgroup_id);
  }
  return Unit{};
}

Result<> KernelScope::forget_cgroup(std::uint64_t cgroup_id) {
  return remove(memory_.cgroups, &cgroup_id, sizeof(cgroup_id), "forget cgroup");
}

Result<> KernelScope::track_process(std::uint32_t tgid) {
  const std::uint8_t one = 1;
  if (auto done = put(memory_.processes, &tgid, sizeof(tgid), &one, sizeof(one), "track process");
      !done) {
    return done;
  }
  set_id(memory_.process_bits, tgid);
  return Unit{};
}

Result<> KernelScope::add_file_name(std::string_view name) {
  set_name(memory_.file_name_bits, name);
  return Unit{};
}

Result<> KernelScope::add_directory_name(std::string_view name) {
  set_name(memory_.directory_name_bits, name);
  return Unit{};
}

Result<> KernelScope::announce_volumes() {
  std::atomic_ref(memory_.announcing).store(1);
  return Unit{};
}

Result<> KernelScope::adopt_watchers() {
  if (adoption_ == nullptr) {
    return Unit{};
  }
  std::atomic_ref(memory_.adoption).fetch_add(1);
  if (auto walked = walk_kernel(*adoption_, "walk over the descriptors of all processes");
      !walked) {
    return walked;
  }
  auto done = forget_dead_groups(memory_.inotify_groups);
  return done ? forget_dead_groups(memory_.fanotify_groups) : done;
}

// Instances end unseen, and their addresses are given out again.
Result<> KernelScope::forget_dead_groups(bpf_map* map) {
  const std::uint32_t now = std::atomic_ref(memory_.adoption).load();
  std::vector<std::uint64_t> dead;
  std::uint64_t key = 0;
  for (const std::uint64_t* previous = nullptr;
       bpf_map__get_next_key(map, previous, &key, sizeof(key)) == 0; previous = &key) {
    std::uint32_t seen = 0;
    if (bpf_map__lookup_elem(map, &key, sizeof(key), &seen, sizeof(seen), 0) == 0 && seen != now) {
      dead.push_back(key);
    }
  }
  for (const std::uint64_t group : dead) {
    if (auto done = remove(map, &group, sizeof(group), "forget a queue"); !done) {
      return done;
    }
  }
  return Unit{};
}

Result<> KernelScope::forget_names_and_queues() {
  std::ranges::fill(memory_.file_name_bits, 0);
  std::atomic_ref(memory_.adoption).fetch_add(1);
  for (bpf_map* map : {memory_.inotify_groups, memory_.fanotify_groups}) {
    if (auto done = forget_dead_groups(map); !done) {
      return done;
    }
  }
  return Unit{};
}

}  // namespace reloadtrace
