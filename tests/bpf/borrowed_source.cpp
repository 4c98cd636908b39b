// SPDX-License-Identifier: Apache-2.0
#include "tests/bpf/borrowed_source.h"

#include <cstdlib>
#include <set>
#include <utility>
#include <vector>

namespace reloadtrace::testing {
namespace {

using Lender = std::unique_ptr<BpfSource>;

Lender& left_behind() {
  static Lender source;
  return source;
}

// Undoes at its end what can be undone, and leaves the source to the next one; after what cannot be
// undone nobody gets it.
class BorrowedSource final : public BpfSource {
 public:
  explicit BorrowedSource(Lender source) : source_(std::move(source)) {}
  ~BorrowedSource() override {
    bool clean = !spent_;
    for (const VolumeId& volume : volumes_) {
      clean = clean && source_->forget_volume(volume);
    }
    for (const std::uint64_t cgroup : cgroups_) {
      clean = clean && source_->forget_cgroup(cgroup);
    }
    // Queues that ended: their addresses are given out again.
    if (clean && source_->adopt_watchers()) {
      left_behind() = std::move(source_);
    }
  }
  BorrowedSource(const BorrowedSource&) = delete;
  BorrowedSource& operator=(const BorrowedSource&) = delete;

  Result<Progress> poll(std::chrono::milliseconds timeout, const Callback& deliver) override {
    return source_->poll(timeout, deliver);
  }
  Timestamp horizon() const override { return source_->horizon(); }
  std::vector<HookStatus> hooks() const override { return source_->hooks(); }
  HookProof proof_of(HookId id) const override { return source_->proof_of(id); }
  std::vector<ProgramCost> costs() const override { return source_->costs(); }
  HookSet there() const override { return source_->there(); }

  Result<> track_volume(VolumeId volume) override {
    volumes_.push_back(volume);
    return source_->track_volume(volume);
  }
  Result<> forget_volume(VolumeId volume) override { return source_->forget_volume(volume); }
  Result<> scope_cgroup(std::uint64_t cgroup_id, CgroupScope scope) override {
    cgroups_.insert(cgroup_id);
    return source_->scope_cgroup(cgroup_id, scope);
  }
  Result<> forget_cgroup(std::uint64_t cgroup_id) override {
    return source_->forget_cgroup(cgroup_id);
  }
  Result<> adopt_watchers() override { return source_->adopt_watchers(); }

  void shed(HookId id) override { spend().shed(id); }
  Result<> track_process(std::uint32_t tgid) override { return spend().track_process(tgid); }
  Result<> add_file_name(std::string_view name) override { return spend().add_file_name(name); }
  Result<> add_directory_name(std::string_view name) override {
    return spend().add_directory_name(name);
  }
  Result<> announce_volumes() override { return spend().announce_volumes(); }

 private:
  BpfSource& spend() {
    spent_ = true;
    return *source_;
  }

  Lender source_;
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
  Lender source = std::move(left_behind());
  if (!source) {
    auto opened = BpfSource::open(options);
    if (!opened) {
      return std::move(opened).error();
    }
    source = *std::move(opened);
  }
  return Result<std::unique_ptr<BpfSource>>(std::make_unique<BorrowedSource>(std::move(source)));
}

}  // namespace reloadtrace::testing
