// SPDX-License-Identifier: Apache-2.0
// What the kernel side is asked to report, in its maps and bitmaps.
#pragma once

#include <bpf/libbpf.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "userspace/source/filter_bits.h"
#include "userspace/wire/scope.h"

namespace reloadtrace {

// Maps and variables of the loaded programs (bpf/maps.bpf.h), which outlive this.
struct ScopeMemory {
  bpf_map* volumes;
  bpf_map* cgroups;
  bpf_map* processes;
  bpf_map* inotify_groups;
  bpf_map* fanotify_groups;
  FilterBits root_bits;
  FilterBits device_bits;
  FilterBits file_name_bits;
  FilterBits directory_name_bits;
  FilterBits cgroup_bits;
  FilterBits process_bits;
  std::uint32_t& volumes_tracked;
  std::uint32_t& announcing;
  std::uint32_t& adoption;
};

class KernelScope final : public Scope {
 public:
  // `adoption` walks over all descriptors of the node; null without that hook.
  KernelScope(const ScopeMemory& memory, const bpf_link* adoption)
      : memory_(memory),
        adoption_(adoption),
        filter_(memory.root_bits, memory.device_bits, memory.volumes_tracked) {}

  Result<> track_volume(VolumeId volume) override;
  Result<> forget_volume(VolumeId volume) override;
  Result<> scope_cgroup(std::uint64_t cgroup_id, CgroupScope scope) override;
  Result<> forget_cgroup(std::uint64_t cgroup_id) override;
  Result<> track_process(std::uint32_t tgid) override;
  Result<> add_file_name(std::string_view name) override;
  Result<> add_directory_name(std::string_view name) override;
  Result<> adopt_watchers() override;
  Result<> announce_volumes() override;

  // Those of the self-test, while nothing else is known.
  Result<> forget_names_and_queues();

 private:
  Result<> put(bpf_map* map,
               const void* key,
               std::size_t key_size,
               const void* value,
               std::size_t value_size,
               std::string_view doing);
  Result<> remove(bpf_map* map, const void* key, std::size_t key_size, std::string_view doing);
  Result<> forget_dead_groups(bpf_map* map);

  ScopeMemory memory_;
  const bpf_link* adoption_;
  VolumeFilter filter_;
};

}  // namespace reloadtrace
