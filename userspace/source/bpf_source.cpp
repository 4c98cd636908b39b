// SPDX-License-Identifier: Apache-2.0
// Tests the programs that were loaded, and delivers what they report.
#include "userspace/source/bpf_source.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "userspace/source/bpf_programs.h"
#include "userspace/source/event_delivery.h"
#include "userspace/source/kernel_probe.h"
#include "userspace/source/kernel_scope.h"
#include "userspace/source/record_rings.h"
#include "userspace/source/self_test.h"

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

constexpr auto kLossLookInterval = 50ms;
constexpr auto kPollSweepInterval = 1s;

class LiveSource final : public BpfSource {
 public:
  explicit LiveSource(const BpfOptions& options)
      : types_(options.btf),
        programs_(options),
        rings_([this](std::span<const std::byte> record) { take(record); }, options.gathering),
        delivery_(monotonic_now()) {}

  Result<> start();

  Result<Progress> poll(std::chrono::milliseconds timeout, const Callback& deliver) override;
  Timestamp horizon() const override { return delivery_.horizon(); }
  std::vector<HookStatus> hooks() const override { return programs_.plan().states(); }
  HookProof proof_of(HookId id) const override { return programs_.plan().proof_of(id); }
  std::vector<ProgramCost> costs() const override { return programs_.costs(); }
  HookSet there() const override { return programs_.plan().there(); }
  void shed(HookId id) override { programs_.shed(id); }

  Result<> track_volume(VolumeId volume) override { return scope_->track_volume(volume); }
  Result<> forget_volume(VolumeId volume) override { return scope_->forget_volume(volume); }
  Result<> scope_cgroup(std::uint64_t cgroup_id, CgroupScope scope) override {
    return scope_->scope_cgroup(cgroup_id, scope);
  }
  Result<> forget_cgroup(std::uint64_t cgroup_id) override {
    return scope_->forget_cgroup(cgroup_id);
  }
  Result<> track_process(std::uint32_t tgid) override { return scope_->track_process(tgid); }
  Result<> add_file_name(std::string_view name) override { return scope_->add_file_name(name); }
  Result<> add_directory_name(std::string_view name) override {
    return scope_->add_directory_name(name);
  }
  Result<> adopt_watchers() override { return scope_->adopt_watchers(); }
  Result<> announce_volumes() override { return scope_->announce_volumes(); }

 private:
  Result<bool> test_hooks();  // whether all is to be loaded once more

  void take(std::span<const std::byte> record);
  void look_at_losses();
  void ask_for_polls(Timestamp now);

  std::string types_;  // the file that they came from; empty = the kernel
  BpfPrograms programs_;
  // These refer to the maps of the programs, so they are destroyed first.
  RecordRings rings_;
  std::optional<KernelScope> scope_;

  EventDelivery delivery_;
  std::unique_ptr<SelfTest> testing_;  // while it runs: takes all records
  Timestamp polls_swept_;
  std::uint64_t losses_noted_ = 0;  // as of the last look at them
  bool untold_losses_ = false;      // there were some since
};

Result<> LiveSource::start() {
  if (auto prepared = programs_.prepare(); !prepared) {
    return prepared;
  }
  bool again = true;
  while (again) {
    if (auto loaded = programs_.load(); !loaded) {
      return loaded;
    }
    scope_.emplace(programs_.scope_memory(), programs_.adoption());
    if (auto opened = rings_.open(programs_.facts_ring(), programs_.activity_ring()); !opened) {
      return opened;
    }
    auto judged = test_hooks();
    if (!judged) {
      return std::move(judged).error();
    }
    again = *judged;
    if (again) {
      rings_.close();
      scope_.reset();
      programs_.unload();
    }
  }
  return Unit{};
}

Result<bool> LiveSource::test_hooks() {
  testing_ = SelfTest::prepare();
  if (!testing_) {
    return false;
  }
  const auto ended = testing_->conduct(*scope_, [this] { rings_.drain(); });
  const auto test = std::move(testing_);
  test->each_of_others([this](std::span<const std::byte> record) { delivery_.push(record); });
  if (auto cleared = ended ? scope_->forget_names_and_queues() : ended; !cleared) {
    return std::move(cleared).error();
  }
  // Where something was lost, silence proves nothing.
  const bool lost = programs_.losses_noted() != 0;
  HookPlan& plan = programs_.plan();
  if (plan.judge(lost ? test->seen() : test->tried(), test->seen())) {
    return true;
  }
  if (const Hook* hook = plan.missing_required()) {
    return silent_hook(hook->name, types_);
  }
  return false;
}

void LiveSource::take(std::span<const std::byte> record) {
  if (testing_) {
    testing_->observe(record);
  } else {
    delivery_.push(record);
  }
}

void LiveSource::ask_for_polls(Timestamp now) {
  const bool sweep = programs_.keeps_polls() && now - polls_swept_ >= kPollSweepInterval;
  if (programs_.take_pending_polls() || sweep) {
    polls_swept_ = now;
    programs_.report_polls(now);
  }
}

void LiveSource::look_at_losses() {
  const Timestamp now = monotonic_now();
  const std::uint64_t noted = programs_.losses_noted();
  if (now - delivery_.last_look() < kLossLookInterval) {
    untold_losses_ = noted != losses_noted_ || programs_.may_miss_runs();
    return;
  }
  losses_noted_ = noted;
  untold_losses_ = false;
  if (programs_.plan().has(HookId::Poll)) {
    ask_for_polls(now);
  }
  if (const auto losses = programs_.losses()) {
    delivery_.look(now, *losses);
  }  // else not looked: the horizon stays where it is
}

Result<Progress> LiveSource::poll(std::chrono::milliseconds timeout, const Callback& deliver) {
  const Timestamp deadline = monotonic_now() + timeout;
  while (true) {
    auto waited = rings_.wait(deadline, delivery_.oldest().has_value());
    if (!waited) {
      return std::move(waited).error();
    }
    if (!*waited) {
      return Progress::TimedOut;
    }
    rings_.drain();
    look_at_losses();
    // A deadline in the time of a loss must not be judged without it: what came since the last look
    // waits for the next one.
    const Timestamp drained = rings_.drained();
    const std::size_t released = delivery_.deliver_until(
        untold_losses_ ? std::min(drained, delivery_.last_look()) : drained, deliver);
    if (released > 0) {
      return Progress::Delivered;
    }
    if (monotonic_now() >= deadline) {
      return Progress::TimedOut;
    }
  }
}

}  // namespace

Result<std::unique_ptr<BpfSource>> BpfSource::open(const BpfOptions& options) {
  auto source = std::make_unique<LiveSource>(options);
  if (auto started = source->start(); !started) {
    return std::move(started).error();
  }
  return std::unique_ptr<BpfSource>(std::move(source));
}

}  // namespace reloadtrace
