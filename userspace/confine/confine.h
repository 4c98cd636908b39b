// SPDX-License-Identifier: Apache-2.0
// What the process gives up once it is attached, for good: capabilities, the right to gain any by
// executing something, core dumps, and the system calls that tracing does not need.
//
// Whoever takes the tracer over, by whatever it reads, has then what is left of it: it may look at
// files and processes, and can execute, mount, load, connect to or trace nothing.
#pragma once

#include <string>
#include <vector>

#include "userspace/base/result.h"

namespace reloadtrace {

// What the session was asked for, as far as it takes privileges.
struct Needs {
  bool counts_runs = false;  // of BPF programs: --bpf-stats, --max-overhead, check --cost
  std::string output = {};   // a file that SIGHUP opens anew; empty: none
};

struct KeptCapability {
  std::string name;  // "CAP_SYS_PTRACE"
  std::string why;
};

struct Confinement {
  std::vector<KeptCapability> kept;
  bool no_new_privileges = false;
  bool filters_system_calls = false;
  bool dumps_core = true;
  // What could not be given up, in words; empty when all was. The rest was all the same.
  std::vector<std::string> failed;
};

// To be called once, after the last program is attached and before any thread is started: the
// capabilities of other threads would stay. Threads that come later have no more than this one.
Confinement confine(const Needs& needs);

}  // namespace reloadtrace
