// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/program_cost.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iterator>
#include <thread>

#include "tests/bpf/live_source.h"
#include "userspace/source/cost_sampler.h"

namespace reloadtrace::testing {
namespace {

class BpfProgramCost : public LiveSourceTest {
 protected:
  bool use_the_file(int times) {
    trace([=, this] {
      bool well = true;
      for (int i = 0; i < times; ++i) {
        well = well && open_and_read(at("volume/app.yaml"));
      }
      return well;
    });
    return true;
  }
};

// Of the dispatcher, or of the stubs at single system calls.
ProgramCost of_syscalls(const std::vector<ProgramCost>& costs) {
  ProgramCost sum;
  for (const ProgramCost& cost : costs) {
    if (cost.program.starts_with("on_syscall") || cost.program.starts_with("sys_")) {
      sum.runs += cost.runs;
      sum.run_ns += cost.run_ns;
    }
  }
  return sum;
}

TEST_F(BpfProgramCost, is_counted_as_long_as_somebody_asks_for_it) {
  start();
  const auto before = source().costs();
  {
    const auto counting = RunCounting::begin();
    ASSERT_TRUE(counting) << counting.error().message;
    use_the_file(100);
  }
  const auto counted = source().costs();
  const ProgramCost cost = of_syscalls(difference(before, counted));
  EXPECT_GE(cost.runs, 400U);  // open, two reads and close, each time
  EXPECT_GT(cost.run_ns, 0U);
  use_the_file(1);
  EXPECT_EQ(of_syscalls(difference(counted, source().costs())).runs, 0U);
}

TEST_F(BpfProgramCost, is_sampled_in_windows_and_summed_up) {
  start();
  CostSampler sampler({std::chrono::seconds(1), std::chrono::seconds(10)},
                      [this] { return source().costs(); });
  const auto advance = [&](std::uint64_t seconds) {
    const auto ended = sampler.advance_to({seconds * 1'000'000'000});
    return ended && *ended;
  };
  EXPECT_FALSE(advance(100));
  use_the_file(100);
  EXPECT_TRUE(advance(102));  // later than it should have been
  const std::uint64_t first = of_syscalls(sampler.cost().programs).runs;
  EXPECT_GE(first, 400U);
  EXPECT_EQ(sampler.cost().measured, std::chrono::seconds(2));
  EXPECT_GT(sampler.cost().last_percent, 0.0);
  use_the_file(100);  // between two windows
  EXPECT_FALSE(advance(109));
  EXPECT_FALSE(advance(110));
  use_the_file(100);
  EXPECT_TRUE(advance(111));
  EXPECT_GE(of_syscalls(sampler.cost().programs).runs, first + 400);
  EXPECT_EQ(sampler.cost().measured, std::chrono::seconds(3));
}

TEST_F(BpfProgramCost, of_another_process_is_found_by_its_descriptors) {
  start();
  const auto counting = RunCounting::begin();
  ASSERT_TRUE(counting) << counting.error().message;
  const auto self = static_cast<std::uint32_t>(::getpid());
  const auto before = costs_of_process(self);
  ASSERT_TRUE(before) << before.error().message;
  use_the_file(100);
  const auto after = costs_of_process(self);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(before->size(), after->size());
  EXPECT_GE(of_syscalls(difference(*before, *after)).runs, 400U);
}

TEST_F(BpfProgramCost, of_a_process_without_programs_is_an_error) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::close_range(3, ~0U, 0);
    ::pause();
    ::_exit(0);
  }
  while (std::distance(std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", child)),
                       std::filesystem::directory_iterator()) > 3) {
    std::this_thread::yield();
  }
  const auto costs = costs_of_process(static_cast<std::uint32_t>(child));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_FALSE(costs);
  EXPECT_EQ(costs.error().message, "process " + std::to_string(child) + " has no BPF programs");
  const auto gone = costs_of_process(static_cast<std::uint32_t>(child));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().message,
            "look at process " + std::to_string(child) + ": No such file or directory");
}

}  // namespace
}  // namespace reloadtrace::testing
