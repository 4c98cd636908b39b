// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <utility>

#include "tests/bpf/live_source.h"
#include "userspace/source/hook_table.h"
#include "userspace/source/preemption.h"

namespace reloadtrace::testing {
namespace {

class BpfSourceTest : public LiveSourceTest {};

HookState state_of(const BpfSource& source, const std::string& name) {
  const auto hooks = source.hooks();
  const auto found = std::ranges::find(hooks, name, &HookStatus::name);
  return found == hooks.end() ? HookState::Missing : found->state;
}

// How many were lost, and how many came too late.
std::pair<std::size_t, std::size_t> lost_and_late(const Event& event) {
  std::size_t lost = 0;
  std::size_t late = 0;
  if (const auto* fact = std::get_if<LossFact>(&event)) {
    for (const LossCount& one : fact->lost) {
      (one.cause == LossCause::OutOfOrder ? late : lost) += one.count;
    }
  }
  return {lost, late};
}

// Of the whole machine, for as long as it lives; false when the kernel would not.
class FtraceOff {
 public:
  FtraceOff() : off_(set("0")) {}
  FtraceOff(const FtraceOff&) = delete;
  FtraceOff& operator=(const FtraceOff&) = delete;
  ~FtraceOff() { set("1"); }
  explicit operator bool() const { return off_; }

 private:
  static bool set(const char* value) {
    return static_cast<bool>(std::ofstream("/proc/sys/kernel/ftrace_enabled")
                             << value << std::flush);
  }
  bool off_;
};

TEST_F(BpfSourceTest, has_every_hook_on_this_kernel) {
  start();
  EXPECT_EQ(source().hooks().size(), kHooks.size());
  const std::set<std::string> missing =
      btf_to_test().empty() ? std::set<std::string>{} : hooks_missing_without_btf();
  for (const HookStatus& hook : source().hooks()) {
    EXPECT_EQ(hook.state == HookState::Missing, missing.contains(hook.name)) << hook.name;
  }
}

TEST_F(BpfSourceTest, sees_system_calls_in_the_tier_that_was_asked_for) {
  for (const auto& [choice, state] : {std::pair(HookChoice::Tracepoint, HookState::Tracepoint),
                                      std::pair(HookChoice::Fentry, HookState::Fentry)}) {
    BpfOptions options;
    options.hooks = choice;
    auto opened = BpfSource::open(options);
    if (!opened && choice == HookChoice::Fentry) {
      EXPECT_NE(opened.error().message.find("takes no fentry programs"), std::string::npos)
          << opened.error().message;
      GTEST_SKIP() << opened.error().message;
    }
    ASSERT_TRUE(opened) << opened.error().message;
    for (const Hook& hook : kHooks) {
      EXPECT_EQ(state_of(**opened, std::string(hook.name)),
                hook.in_dispatcher ? state : HookState::Tracepoint)
          << hook.name;
    }
  }
}

TEST_F(BpfSourceTest, takes_fentry_by_itself_only_where_the_kernel_skips_no_run) {
  BpfOptions fentry;
  fentry.hooks = HookChoice::Fentry;
  const bool possible = BpfSource::open(fentry).has_value();
  const auto opened = BpfSource::open({});
  ASSERT_TRUE(opened) << opened.error().message;
  for (const Hook& hook : kHooks) {
    const bool expected = hook.in_dispatcher && possible && !kernel_may_preempt_itself();
    EXPECT_EQ(state_of(**opened, std::string(hook.name)),
              expected ? HookState::Fentry : HookState::Tracepoint)
        << hook.name;
  }
}

// While ftrace is off the kernel attaches a program to a function, and never calls it
// (kernel/trace/ftrace.c: ftrace_startup_enable). What attaches or lets go when it is switched may
// make it give up for good, so this has a machine that nobody uses afterwards.
TEST_F(BpfSourceTest, sees_by_the_tracepoint_what_is_silent_as_fentry) {
  if (std::getenv("RELOADTRACE_OWN_MACHINE") == nullptr) {
    GTEST_SKIP() << "would switch off ftrace of the whole machine: scripts/vm does";
  }
  const FtraceOff off;
  ASSERT_TRUE(off) << "is somebody tracing?";
  BpfOptions fentry;
  fentry.hooks = HookChoice::Fentry;
  const auto insists = BpfSource::open(fentry);
  ASSERT_FALSE(insists);
  EXPECT_NE(insists.error().message.find("attaches here and delivers nothing"), std::string::npos)
      << insists.error().message;
  const auto opened = BpfSource::open({});
  ASSERT_TRUE(opened) << opened.error().message;
  for (const HookStatus& hook : (*opened)->hooks()) {
    EXPECT_EQ(hook.state, HookState::Tracepoint) << hook.name;
  }
  EXPECT_EQ((*opened)->proof_of(HookId::Read), HookProof::Delivers);
}

TEST_F(BpfSourceTest, works_on_without_each_hook_that_is_not_required) {
  for (const Hook& hook : kHooks) {
    if (hook.required) {
      continue;
    }
    const std::string name(hook.name);
    SCOPED_TRACE(name);
    BpfOptions options;
    options.without_hooks = {name};
    start(options);
    EXPECT_EQ(state_of(source(), name), HookState::Missing);
    // Without completions there are no failed ones: the self-test finds that hook silent.
    const bool two =
        hook.id == HookId::IoUring && source().proof_of(HookId::IoUringFailed) == HookProof::Silent;
    EXPECT_EQ(std::ranges::count(source().hooks(), HookState::Missing, &HookStatus::state),
              two ? 2 : 1);
    EXPECT_TRUE(source().adopt_watchers());
    EXPECT_EQ(of<OpenEvent>(trace([&] { return open_and_read(at("volume/app.yaml")); })).size(),
              1U);
  }
}

TEST_F(BpfSourceTest, says_which_required_hook_is_missing) {
  for (const std::string name : {"open", "read", "publish", "exec", "exit"}) {
    BpfOptions options;
    options.without_hooks = {name};
    const auto opened = BpfSource::open(options);
    ASSERT_FALSE(opened) << name;
    EXPECT_NE(opened.error().message.find("hook " + name), std::string::npos)
        << opened.error().message;
  }
}

TEST_F(BpfSourceTest, counts_what_a_full_ring_could_not_take) {
  BpfOptions options;
  options.activity_ring = 4096;
  start(options);
  const auto events = trace([&] {
    bool well = true;
    for (int i = 0; i < 200; ++i) {
      well = well && open_and_read(at("volume/app.yaml"));
    }
    return well;
  });
  std::uint64_t lost = 0;
  for (const LossFact& fact : all<LossFact>(events)) {
    EXPECT_LT(fact.since, fact.at);
    for (const LossCount& one : fact.lost) {
      EXPECT_EQ(one.cause, LossCause::ActivityRingFull);
      lost += one.count;
    }
  }
  EXPECT_GT(lost, 0U);
  // Every open is an event or a loss, and so are its two reads.
  EXPECT_EQ(of<OpenEvent>(events).size() + of<ReadEvent>(events).size() + lost, 600U);
}

TEST_F(BpfSourceTest, keeps_facts_when_reads_overflow_their_ring) {
  BpfOptions options;
  options.activity_ring = 4096;
  start(options);
  const auto events = trace([&] {
    for (int i = 0; i < 200; ++i) {
      open_and_read(at("volume/app.yaml"));
    }
    return ::rename(at("volume/..one").c_str(), at("volume/..two").c_str()) == 0;
  });
  EXPECT_EQ(of<RenameEvent>(events).size(), 1U);
  EXPECT_EQ(of<ExitEvent>(events).size(), 1U);
}

// Four on all CPUs, each with records in both rings. None may come after a younger one, however
// long a CPU that is writing stands still.
TEST_F(BpfSourceTest, delivers_in_order_what_several_cpus_write_and_counts_what_it_loses) {
  start();
  std::set<unsigned> running;
  for (int i = 0; i < 4; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (int round = 0; round < 1000; ++round) {
        open_and_read(at("volume/app.yaml"));
        ::rename(at("volume/..one").c_str(), at("volume/..one").c_str());
      }
      ::_exit(0);
    }
    running.insert(static_cast<unsigned>(pid));
  }
  Timestamp last;
  std::size_t opens = 0;
  std::size_t disordered = 0;
  std::size_t lost = 0;
  const auto look_at = [&](const Event& event, Timestamp horizon) {
    const Origin* const origin = origin_of(event);
    if (origin == nullptr) {
      const auto [more, late] = lost_and_late(event);
      lost += more;
      disordered += late;
      return;
    }
    disordered += time_of(event) < last || time_of(event) < horizon ? 1 : 0;
    last = std::max(last, time_of(event));
    opens += running.contains(origin->tgid) && std::holds_alternative<OpenEvent>(event) ? 1 : 0;
    if (std::holds_alternative<ExitEvent>(event)) {
      running.erase(origin->tgid);
    }
  };
  while (!running.empty()) {
    const Timestamp horizon = source().horizon();
    ASSERT_TRUE(source().poll(
        std::chrono::milliseconds(10),
        [&](const Event& event, std::span<const std::byte>) { look_at(event, horizon); }));
  }
  for (const Event& event : drain()) {
    look_at(event, {});
  }
  while (::waitpid(-1, nullptr, 0) > 0) {
  }
  // On a busy machine the ring may fill up; where the kernel preempts itself a run of fentry may be
  // skipped. Both are said.
  EXPECT_GE(opens + lost, 4000U);
  EXPECT_LE(opens, 4000U);
  EXPECT_EQ(disordered, 0U);
}

TEST_F(BpfSourceTest, hands_over_the_bytes_that_an_event_came_from) {
  start();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::_exit(open_and_read(at("volume/app.yaml")) ? 0 : 1);
  }
  bool ended = false;
  while (!ended) {
    ASSERT_TRUE(source().poll(std::chrono::milliseconds(10),
                              [&](const Event& event, std::span<const std::byte> record) {
                                const auto again = decode(record);
                                ASSERT_TRUE(again);
                                EXPECT_EQ(again->index(), event.index());
                                ended |= std::holds_alternative<ExitEvent>(event) &&
                                         origin_of(event)->tgid == static_cast<unsigned>(pid);
                              }));
  }
}

TEST_F(BpfSourceTest, never_reports_the_tracer_itself) {
  start();
  EXPECT_TRUE(open_and_read(at("volume/app.yaml")));
  for (const Event& event : drain()) {
    const auto* origin = origin_of(event);
    EXPECT_TRUE(origin == nullptr || origin->tgid != static_cast<std::uint32_t>(::getpid()));
  }
}

}  // namespace
}  // namespace reloadtrace::testing
