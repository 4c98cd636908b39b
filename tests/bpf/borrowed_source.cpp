// SPDX-License-Identifier: Apache-2.0
#include "tests/bpf/borrowed_source.h"

#include <array>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace reloadtrace::testing {
namespace {

// Names cannot be forgotten, so there are two: one that was never given a name, and one that knows
// the names of all tests that gave it any.
struct Loaded {
  std::unique_ptr<BpfSource> source;
  std::set<std::string> names = {};
};

Loaded& left_behind(bool with_names) {
  static std::array<Loaded, 2> sources;
  return sources[with_names ? 1 : 0];
}

Result<Loaded> borrow(bool with_names, const BpfOptions& options) {
  Loaded loaded = std::exchange(left_behind(with_names), {});
  if (!loaded.source) {
    auto opened = BpfSource::open(options);
    if (!opened) {
      return std::move(opened).error();
    }
    loaded.source = *std::move(opened);
  }
  return Result<Loaded>(std::move(loaded));
}

// Undoes at its end what can be undone, and leaves the source to the next one; after what cannot be
// undone nobody gets it.
class BorrowedSource final : public BpfSource {
 public:
  BorrowedSource(Loaded loaded, const BpfOptions& options)
      : loaded_(std::move(loaded)), options_(options) {}
  ~BorrowedSource() override { give_back(); }
  BorrowedSource(const BorrowedSource&) = delete;
  BorrowedSource& operator=(const BorrowedSource&) = delete;

  Result<Progress> poll(std::chrono::milliseconds timeout, const Callback& deliver) override {
    return loaded_.source->poll(timeout, deliver);
  }
  Timestamp horizon() const override { return loaded_.source->horizon(); }
  std::vector<HookStatus> hooks() const override { return loaded_.source->hooks(); }
  HookProof proof_of(HookId id) const override { return loaded_.source->proof_of(id); }
  std::vector<ProgramCost> costs() const override { return loaded_.source->costs(); }
  HookSet there() const override { return loaded_.source->there(); }

  Result<> track_volume(VolumeId volume) override {
    volumes_.push_back(volume);
    return loaded_.source->track_volume(volume);
  }
  Result<> forget_volume(VolumeId volume) override { return loaded_.source->forget_volume(volume); }
  Result<> scope_cgroup(std::uint64_t cgroup_id, CgroupScope scope) override {
    cgroups_.insert(cgroup_id);
    return loaded_.source->scope_cgroup(cgroup_id, scope);
  }
  Result<> forget_cgroup(std::uint64_t cgroup_id) override {
    return loaded_.source->forget_cgroup(cgroup_id);
  }
  Result<> adopt_watchers() override { return loaded_.source->adopt_watchers(); }

  void shed(HookId id) override { spend().shed(id); }
  Result<> track_process(std::uint32_t tgid) override { return spend().track_process(tgid); }
  Result<> add_file_name(std::string_view name) override {
    return add(std::string(name), [&] { return loaded_.source->add_file_name(name); });
  }
  Result<> add_directory_name(std::string_view name) override {
    return add(std::string(name) + "/", [&] { return loaded_.source->add_directory_name(name); });
  }
  Result<> announce_volumes() override { return spend().announce_volumes(); }

 private:
  BpfSource& spend() {
    spent_ = true;
    return *loaded_.source;
  }

  template <typename Add>
  Result<> add(const std::string& name, const Add& add) {
    if (loaded_.names.empty()) {
      if (const auto changed = change_to_names(); !changed) {
        return changed;
      }
    }
    return loaded_.names.insert(name).second ? add() : Result<>(Unit{});
  }

  // Before anything was traced: what was seen until now stays with the one that is given back.
  Result<> change_to_names() {
    const std::vector<VolumeId> volumes = volumes_;
    give_back();
    auto loaded = borrow(true, options_);
    if (!loaded) {
      return std::move(loaded).error();
    }
    loaded_ = *std::move(loaded);
    for (const VolumeId& volume : volumes) {
      if (auto tracked = track_volume(volume); !tracked) {
        return tracked;
      }
    }
    return Unit{};
  }

  void give_back() {
    bool clean = !spent_ && loaded_.source != nullptr;
    for (const VolumeId& volume : std::exchange(volumes_, {})) {
      clean = clean && loaded_.source->forget_volume(volume);
    }
    for (const std::uint64_t cgroup : std::exchange(cgroups_, {})) {
      clean = clean && loaded_.source->forget_cgroup(cgroup);
    }
    // Queues that ended: their addresses are given out again.
    if (clean && loaded_.source->adopt_watchers()) {
      left_behind(!loaded_.names.empty()) = std::move(loaded_);
    }
  }

  Loaded loaded_;
  BpfOptions options_;
  std::vector<VolumeId> volumes_;
  std::set<std::uint64_t> cgroups_;
  bool spent_ = false;
};

}  // namespace

Result<std::unique_ptr<BpfSource>> borrow_source(const BpfOptions& options) {
  BpfOptions usual;
  usual.hooks = options.hooks;
  usual.btf = options.btf;
  if (std::getenv("RELOADTRACE_SHARE_SOURCE") == nullptr || options != usual) {
    return BpfSource::open(options);
  }
  auto loaded = borrow(false, options);
  if (!loaded) {
    return std::move(loaded).error();
  }
  return Result<std::unique_ptr<BpfSource>>(
      std::make_unique<BorrowedSource>(*std::move(loaded), options));
}

}  // namespace reloadtrace::testing
