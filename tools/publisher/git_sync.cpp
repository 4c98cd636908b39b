// SPDX-License-Identifier: Apache-2.0
// git-sync v4 (publishSymlink in its main.go): a worktree named by its hash, tmp-link renamed onto
// the link, then the old worktree removed.
#include <cerrno>
#include <random>

#include "tools/publisher/files.h"
#include "tools/publisher/writers.h"

namespace reloadtrace::publisher {
namespace {

constexpr std::string_view kWorktrees = ".worktrees";

// Stands for a commit's hash: 40 hexadecimal digits.
std::string random_hash() {
  std::random_device random;
  std::string hash;
  while (hash.size() < 40) {
    hash += "0123456789abcdef"[random() % 16];
  }
  return hash;
}

}  // namespace

Result<Outcome> write_like_git_sync(const std::string& root,
                                    const Payload& payload,
                                    const Options& options) {
  const std::string link = root + "/" + options.link;
  const std::string worktrees = root + "/" + std::string(kWorktrees);
  auto old = read_link(link);
  if (!old) {
    return old.error();
  }
  if (*old) {
    auto now = current_payload(root, options);
    if (!now) {
      return now.error();
    }
    if (*now == payload) {
      return Outcome{false, **old};
    }
  }
  if (auto made = make_directory(worktrees, 0755); !made && made.error().code.value() != EEXIST) {
    return made.error();
  }
  const std::string hash = random_hash();
  if (auto made = make_directory(inside(worktrees, hash), 0755); !made) {
    return made.error();
  }
  for (const auto& [key, content] : payload) {
    if (auto written = write_file_below(inside(worktrees, hash), key, content, options.mode);
        !written) {
      return written.error();
    }
  }
  pause_before_swap(options);
  const std::string target = std::string(kWorktrees) + "/" + hash;
  if (auto linked = make_link(target, root + "/tmp-link"); !linked) {
    return linked.error();
  }
  if (auto renamed = rename_onto(root + "/tmp-link", link); !renamed) {
    return renamed.error();
  }
  if (*old) {
    pause_for(options.delay_remove);
    if (auto removed = remove_all(root, **old); !removed) {
      return removed.error();
    }
  }
  return Outcome{true, target};
}

}  // namespace reloadtrace::publisher
