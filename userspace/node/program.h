// SPDX-License-Identifier: Apache-2.0
// What a process is: which runtime executes it, what is built into it, which signals it takes.
//
// Executables are the containers' own: each is opened without waiting for anybody, read only as a
// regular file of a file system that this kernel serves itself, and once.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/node/go_build_info.h"
#include "userspace/node/proc_fs.h"
#include "userspace/wire/fact.h"

namespace reloadtrace::node {

class Programs {
 public:
  explicit Programs(const ProcFs& proc) : proc_(proc) {}

  ProgramFact look_at(std::uint32_t tgid, Timestamp now);

 private:
  // An executable by what changes when another one takes its place.
  struct Identity {
    InodeId inode;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  // seconds, …
    std::uint32_t modified_ns = 0;

    // NOLINTNEXTLINE(modernize-use-nullptr): as in Timestamp
    auto operator<=>(const Identity&) const = default;
  };
  struct Build {
    bool read = false;  // false: it could not be looked into
    std::optional<GoBuildInfo> go;
  };

  const Build* build_of(std::uint32_t tgid);
  bool is_served_here(std::uint32_t tgid, std::uint64_t mount_id) const;

  const ProcFs& proc_;
  std::map<Identity, Build> builds_;
};

// By the name of an executable; `comm` tells the applets of busybox apart. Native when the name
// says nothing.
Runtime runtime_named(std::string_view executable, std::string_view comm);

// Fills in what /proc/PID/status says of signals, and whether it is the first of its namespace.
void parse_signals(std::string_view status, ProgramFact& fact);

// The request that an argument of this command line (NUL after each) makes it take; empty if none.
std::string reload_request_in(std::string_view cmdline);

}  // namespace reloadtrace::node
