// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "userspace/base/unique_fd.h"
#include "userspace/node/files.h"
#include "userspace/node/foreign_files.h"
#include "userspace/node/mountinfo.h"
#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

namespace {

// A node runs some hundred different programs.
constexpr std::size_t kMaxBuilds = 1024;
constexpr std::size_t kMaxStatus = 64U << 10U;
constexpr std::size_t kMaxCommandLine = 128U << 10U;

// Somebody else answers for these, and may never do so.
constexpr std::array<std::string_view, 8> kServedElsewhere = {"fuse", "nfs",  "cifs", "smb",
                                                              "9p",   "ceph", "afs",  "virtiofs"};

struct NamedRuntime {
  std::string_view name;
  Runtime runtime;
  bool prefix = false;  // a version may follow: "python3.11"
};
constexpr std::array<NamedRuntime, 16> kRuntimes = {{
    {"java", Runtime::Jvm},
    {"node", Runtime::Node},
    {"nodejs", Runtime::Node},
    {"python", Runtime::Python, true},
    {"pypy", Runtime::Python, true},
    {"ruby", Runtime::Ruby, true},
    {"perl", Runtime::Perl, true},
    {"dotnet", Runtime::Dotnet},
    {"sh", Runtime::Shell},
    {"ash", Runtime::Shell},
    {"dash", Runtime::Shell},
    {"bash", Runtime::Shell},
    {"zsh", Runtime::Shell},
    {"ksh", Runtime::Shell},
    {"mksh", Runtime::Shell},
    {"hush", Runtime::Shell},
}};

bool is_version(std::string_view text) {
  return text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

Runtime runtime_named(std::string_view executable, std::string_view comm) {
  std::string_view name = base_name(executable);
  if (name == "busybox" || name == "toybox") {
    name = comm;
  }
  for (const NamedRuntime& known : kRuntimes) {
    if (name == known.name || (known.prefix && name.starts_with(known.name) &&
                               is_version(name.substr(known.name.size())))) {
      return known.runtime;
    }
  }
  return Runtime::Native;
}

void parse_signals(std::string_view status, ProgramFact& fact) {
  int masks = 0;
  while (!status.empty()) {
    std::string_view line = take_line(status);
    const std::string_view key = take_until(line, ':');
    if (key == "NSpid") {
      // Outermost first.
      std::string_view innermost;
      for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
        innermost = word;
      }
      fact.namespace_init = innermost == "1";
      continue;
    }
    std::uint64_t* const mask = key == "SigBlk"   ? &fact.blocked
                                : key == "SigIgn" ? &fact.ignored
                                : key == "SigCgt" ? &fact.caught
                                                  : nullptr;
    const auto value =
        mask != nullptr ? parse_number(take_word(line), 16) : std::optional<std::uint64_t>();
    if (value) {
      *mask = *value;
      ++masks;
    }
  }
  fact.signals_known = masks == 3;
}

std::string reload_request_in(std::string_view cmdline) {
  // Prometheus, and what was made after it.
  constexpr std::string_view kLifecycle = "--web.enable-lifecycle";
  while (!cmdline.empty()) {
    const std::string_view argument = take_until(cmdline, '\0');
    if (argument == kLifecycle ||
        (argument.starts_with(kLifecycle) && argument.substr(kLifecycle.size()) == "=true")) {
      return "POST /-/reload";
    }
  }
  return {};
}

ProgramFact Programs::look_at(std::uint32_t tgid, Timestamp now) {
  ProgramFact fact;
  fact.at = now;
  fact.tgid = tgid;
  parse_signals(read_file(proc_.path(tgid, "status"), kMaxStatus).value_or(""), fact);
  const std::string executable = executable_of(proc_, tgid);
  if (executable.empty()) {
    return fact;
  }
  const auto stat = parse_stat(proc_.read(tgid, "stat").value_or(""));
  fact.runtime = runtime_named(executable, stat ? stat->comm : "");
  if (fact.runtime != Runtime::Native) {
    return fact;
  }
  const Build* const build = build_of(tgid);
  if (build == nullptr || !build->read) {
    fact.runtime = Runtime::Unknown;
  } else if (build->go) {
    fact.runtime = Runtime::Go;
    fact.version = build->go->version;
    fact.main_package = build->go->main_package;
    fact.modules_known = build->go->modules_known;
    fact.modules = build->go->modules;
    fact.reload_request =
        reload_request_in(read_file(proc_.path(tgid, "cmdline"), kMaxCommandLine).value_or(""));
  }
  return fact;
}

const Programs::Build* Programs::build_of(std::uint32_t tgid) {
  // The link leads to the file itself, whatever became of its name. O_PATH asks nobody.
  const UniqueFd place(::open(proc_.path(tgid, "exe").c_str(), O_PATH | O_CLOEXEC));
  struct statx status {};
  if (!place || ::statx(place.get(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
                        STATX_BASIC_STATS | STATX_MNT_ID, &status) != 0) {
    return nullptr;
  }
  const DeviceId device =
      (DeviceId{status.stx_dev_major} << 20U) | (status.stx_dev_minor & 0xFFFFFU);
  const Identity identity{
      {device, status.stx_ino}, status.stx_size, status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec};
  if (const auto known = builds_.find(identity); known != builds_.end()) {
    return &known->second;
  }
  if (builds_.size() >= kMaxBuilds) {
    builds_.clear();  // those that still run will be looked at again
  }
  Build build;
  const bool mounted = (status.stx_mask & STATX_MNT_ID) != 0;
  if (S_ISREG(status.stx_mode) && mounted && is_served_here(tgid, status.stx_mnt_id)) {
    struct stat opened {};
    const UniqueFd file = open_regular(place.get(), opened);
    build.read = static_cast<bool>(file);
    build.go = file ? read_go_build_info(file.get()) : std::nullopt;
  }
  return &builds_.emplace(identity, std::move(build)).first->second;
}

// A mount that its table does not show (taken away while in use) may be of any kind.
bool Programs::is_served_here(std::uint32_t tgid, std::uint64_t mount_id) const {
  bool here = false;
  for_each_mount(
      proc_.read(tgid, "mountinfo").value_or(""), [](DeviceId) { return true; },
      [&](const Mount& mount) {
        if (mount.id == mount_id) {
          here =
              std::none_of(kServedElsewhere.begin(), kServedElsewhere.end(),
                           [&](std::string_view served) { return mount.type.starts_with(served); });
        }
      });
  return here;
}

}  // namespace reloadtrace::node
