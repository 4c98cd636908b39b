// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/program.h"

#include <fmt/format.h>
#include <signal.h>

#include <bit>

#include "userspace/engine/report_builder.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

constexpr std::uint32_t kReloadSignals[] = {SIGHUP, SIGUSR1, SIGUSR2};

bool contains(std::uint64_t mask, std::uint32_t signal) {
  return (mask >> (signal - 1) & 1U) != 0;
}

// Runtimes that catch what would end them. Who catches nearly all that there are is one of them,
// under whatever name.
bool catches_for_itself(const ProgramFact& program) {
  constexpr int kNearlyAll = 32;
  const Runtime runtime = program.runtime;
  return std::popcount(program.caught) >= kNearlyAll || runtime == Runtime::Go ||
         runtime == Runtime::Jvm || runtime == Runtime::Ruby || runtime == Runtime::Dotnet ||
         runtime == Runtime::Unknown;
}

// "fsnotify" of "github.com/fsnotify/fsnotify"; "koanf" of "github.com/knadh/koanf/v2".
std::string_view short_name(std::string_view module) {
  auto slash = module.rfind('/');
  if (slash != std::string_view::npos && module.substr(slash).starts_with("/v")) {
    module = module.substr(0, slash);
    slash = module.rfind('/');
  }
  return slash == std::string_view::npos ? module : module.substr(slash + 1);
}

}  // namespace

std::string_view name_of(Runtime runtime) {
  switch (runtime) {
    case Runtime::Unknown:
      return "unknown";
    case Runtime::Native:
      return "native";
    case Runtime::Go:
      return "go";
    case Runtime::Jvm:
      return "jvm";
    case Runtime::Node:
      return "node";
    case Runtime::Python:
      return "python";
    case Runtime::Ruby:
      return "ruby";
    case Runtime::Dotnet:
      return "dotnet";
    case Runtime::Perl:
      return "perl";
    case Runtime::Shell:
      return "shell";
  }
  return "unknown";
}

std::vector<std::uint32_t> reload_signals(const ProgramFact& program) {
  std::vector<std::uint32_t> out;
  for (const std::uint32_t signal : kReloadSignals) {
    const bool takes = contains(program.caught, signal) || contains(program.blocked, signal);
    if (program.signals_known && takes && !contains(program.ignored, signal) &&
        !catches_for_itself(program)) {
      out.push_back(signal);
    }
  }
  return out;
}

bool drops_hangup(const ProgramFact& program) {
  return program.runtime == Runtime::Shell && program.signals_known && program.namespace_init &&
         !contains(program.caught, SIGHUP) && !contains(program.blocked, SIGHUP);
}

std::string say_build(const ProgramFact& program) {
  std::string out = program.version.empty() ? "Go" : program.version;
  for (std::size_t i = 0; i < program.modules.size(); ++i) {
    const ModuleFact& module = program.modules[i];
    const char* joint = i == 0 ? " with " : i + 1 == program.modules.size() ? " and " : ", ";
    out += fmt::format("{}{} {}", joint, short_name(module.path), module.version);
  }
  return out;
}

ProgramInfo describe_program(const Process& process) {
  ProgramInfo out;
  out.process = describe(process);
  if (!process.program) {
    out.runtime = name_of(Runtime::Unknown);
    return out;
  }
  const ProgramFact& program = *process.program;
  out.runtime = name_of(program.runtime);
  out.version = program.version;
  out.main_package = program.main_package;
  for (const ModuleFact& module : program.modules) {
    out.modules.emplace_back(module.path, module.version);
  }
  for (const std::uint32_t signal : reload_signals(program)) {
    out.handles.push_back(say_signal(signal));
  }
  return out;
}

}  // namespace reloadtrace
