// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/cost_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "userspace/sink/check_report.h"

namespace reloadtrace {
namespace {

CostReport cost() {
  return {2.0, "3 volumes tracked", {{"on_exit", 0, 0}, {"on_syscall", 1000, 52'000'000}}};
}

TEST(CostReport, puts_the_dearest_program_first_and_the_total_last) {
  EXPECT_EQ(to_table(cost()),
            "cost of the BPF programs over 2.0 s, 3 volumes tracked\n\n"
            "  program                      runs      ns in all ns a run % of one CPU\n"
            "  on_syscall                   1000       52000000    52000        2.600\n"
            "  on_exit                         0              0        0        0.000\n"
            "  total                        1000       52000000    52000        2.600\n");
}

TEST(CostReport, says_the_same_as_json) {
  const auto said = json_of(cost());
  EXPECT_EQ(said.at("seconds"), 2.0);
  EXPECT_EQ(said.at("of"), "3 volumes tracked");
  EXPECT_EQ(said.at("programs").size(), 2U);
  EXPECT_EQ(said.at("programs").at(0).at("program"), "on_syscall");
  EXPECT_EQ(said.at("programs").at(1).at("ns_per_run"), 0.0);
  EXPECT_EQ(said.at("total").at("runs"), 1000);
  EXPECT_EQ(said.at("total").at("run_ns"), 52'000'000);
  EXPECT_EQ(said.at("total").at("cpu_percent"), 2.6);
}

TEST(CheckReport, says_of_a_running_tracer_what_it_costs_alone) {
  const CheckReport report{.version = "1", .kernel = "6", .attached = false, .cost = cost()};
  const auto said = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(said.size(), 3U);
  EXPECT_EQ(said.at("cost").at("total").at("runs"), 1000);
  EXPECT_EQ(to_table(report), "reloadtrace 1  kernel 6\n\n" + to_table(cost()));
}

TEST(CheckReport, names_what_was_not_tried_and_what_is_silent) {
  CheckReport report{.version = "1", .kernel = "6"};
  report.hooks = {{"read", "tracepoint", HookTrial::Delivers, "reads"},
                  {"exec", "tracepoint", HookTrial::NotTried, "programs"},
                  {"poll", "missing", HookTrial::Silent, "looks"},
                  {"http", "missing", HookTrial::NotTried, "requests"}};
  EXPECT_EQ(to_table(report),
            "reloadtrace 1  kernel 6\n"
            "can trace here: 2 of 4 hooks\n\n"
            "  read            tracepoint  reads\n"
            "  exec            tracepoint  programs\n"
            "  poll            missing     looks (it attaches, and delivers nothing)\n"
            "  http            missing     requests\n"
            "\nthe others were seen to deliver; not tried: exec\n");
  const auto said = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(said.at("self_test").dump(),
            R"({"exec":"not_tried","http":"not_tried","poll":"silent","read":"delivers"})");
}

TEST(CheckReport, says_when_nothing_could_be_tried) {
  CheckReport report{.version = "1", .kernel = "6"};
  report.hooks = {{"read", "tracepoint", HookTrial::NotTried, "reads"}};
  EXPECT_NE(to_table(report).find(
                "\nwhether they deliver was not tried: there is no tmpfs to do it in\n"),
            std::string::npos);
}

}  // namespace
}  // namespace reloadtrace
