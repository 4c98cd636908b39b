// SPDX-License-Identifier: Apache-2.0
// What a process' program shows of the ways to have it reload.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/engine/model.h"
#include "userspace/engine/report.h"

namespace reloadtrace {

std::string_view name_of(Runtime runtime);  // "go"

// The signals among SIGHUP, SIGUSR1 and SIGUSR2 that the application itself takes: by a handler, or
// blocked for a signalfd. (Who waits in sigwait shows nothing: the kernel takes those out of the
// mask meanwhile.) Runtimes that catch signals to end in good order (Go, the JVM, Ruby, .NET) show
// a handler whether or not the application has one, and block signals for moments: of these nothing
// is said.
std::vector<std::uint32_t> reload_signals(const ProgramFact& program);

// A shell that is the first process of its pid namespace and has no trap for SIGHUP: the kernel
// drops it. Only of shells it is known that they do not wait for signals, as tini does.
bool drops_hangup(const ProgramFact& program);

// Of a Go program: "go1.22.1 with fsnotify v1.6.0 and viper v1.12.0".
std::string say_build(const ProgramFact& program);

ProgramInfo describe_program(const Process& process);

}  // namespace reloadtrace
