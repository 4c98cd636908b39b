// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/proc_fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>

#include "userspace/node/files.h"
#include "userspace/node/proc_maps.h"
#include "userspace/node/text_scan.h"

namespace reloadtrace::node {

namespace {

constexpr std::uint32_t kKernelThread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h

}  // namespace

std::string ProcFs::path(std::uint32_t tgid, std::string_view name) const {
  return root_ + "/" + std::to_string(tgid) + "/" + std::string(name);
}

std::optional<std::string> ProcFs::read(std::uint32_t tgid, std::string_view name) const {
  return read_file(path(tgid, name));
}

std::optional<std::string> ProcFs::link(std::uint32_t tgid, std::string_view name) const {
  return read_link(AT_FDCWD, path(tgid, name));
}

std::string ProcFs::mountinfo_of_self() const {
  return read_file(root_ + "/self/mountinfo").value_or("");
}

std::string ProcFs::cgroup_of_self() const {
  return read_file(root_ + "/self/cgroup").value_or("");
}

bool ProcFs::in_cgroup_namespace() const {
  // PROC_CGROUP_INIT_INO, include/linux/proc_ns.h
  constexpr std::string_view kFirst = "cgroup:[4026531835]";
  const auto own = read_link(AT_FDCWD, root_ + "/self/ns/cgroup");
  return own && *own != kFirst;
}

std::vector<std::uint32_t> ProcFs::processes() const {
  std::vector<std::uint32_t> tgids;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(root_.c_str()), ::closedir);
  while (directory) {
    const dirent* const entry = ::readdir(directory.get());
    if (entry == nullptr) {
      break;
    }
    const auto tgid = parse_number(entry->d_name);
    if (tgid && *tgid > 0 && *tgid <= 0xFFFFFFFF) {
      tgids.push_back(static_cast<std::uint32_t>(*tgid));
    }
  }
  return tgids;
}

std::optional<ProcessStat> parse_stat(std::string_view text) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  ProcessStat stat;
  stat.comm = std::string(text.substr(open + 1, close - open - 1));
  text.remove_prefix(close + 1);
  // proc(5) counts from 1 and the comm is field 2.
  for (int field = 3; field <= 22; ++field) {
    const std::string_view word = take_word(text);
    if (word.empty()) {
      return std::nullopt;
    }
    const std::uint64_t number = parse_number(word).value_or(0);
    if (field == 3) {
      stat.state = word.front();
    } else if (field == 4) {
      stat.parent = static_cast<std::uint32_t>(number);
    } else if (field == 9) {
      stat.flags = static_cast<std::uint32_t>(number);
    } else if (field == 20) {
      stat.threads = number;
    } else if (field == 22) {
      stat.start_ticks = number;
    }
  }
  return stat;
}

Timestamp ProcFs::start_at(std::uint64_t ticks) const {
  const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return clock_.monotonic(ticks * (1'000'000'000 / per_second));
}

std::optional<Process> read_process(const ProcFs& proc,
                                    std::uint32_t tgid,
                                    const CgroupView& view) {
  const auto text = proc.read(tgid, "stat");
  auto stat = text ? parse_stat(*text) : std::nullopt;
  if (!stat) {
    return std::nullopt;
  }
  Process process;
  process.tgid = tgid;
  process.parent = stat->parent;
  process.started = proc.start_at(stat->start_ticks);
  process.comm = std::move(stat->comm);
  process.kernel_thread = (stat->flags & kKernelThread) != 0;
  // The first thread may end before the others.
  process.ended = (stat->state == 'Z' || stat->state == 'X') && stat->threads <= 1;
  if (const auto cgroup = proc.read(tgid, "cgroup")) {
    process.cgroup = cgroup_path_in(*cgroup, view).value_or("");
  }
  return process;
}

std::uint64_t pid_namespace_of(const ProcFs& proc, std::uint32_t tgid) {
  const auto text = proc.link(tgid, "ns/pid");
  if (!text || !text->starts_with("pid:[") || !text->ends_with(']')) {
    return 0;
  }
  return parse_number(std::string_view(*text).substr(5, text->size() - 6)).value_or(0);
}

std::size_t count_namespace_pids(std::string_view status) {
  while (!status.empty()) {
    std::string_view line = take_line(status);
    if (take_until(line, ':') != "NSpid") {
      continue;
    }
    std::size_t count = 0;
    while (!take_word(line).empty()) {
      ++count;
    }
    return count;
  }
  return 0;
}

std::size_t pid_depth_of(const ProcFs& proc, std::uint32_t tgid) {
  return count_namespace_pids(proc.read(tgid, "status").value_or(""));
}

std::string executable_of(const ProcFs& proc, std::uint32_t tgid) {
  std::string path = proc.link(tgid, "exe").value_or("");
  take_deleted_mark(path);
  return path;
}

}  // namespace reloadtrace::node
