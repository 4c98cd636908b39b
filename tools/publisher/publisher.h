// SPDX-License-Identifier: Apache-2.0
// Publishes a new generation of a config directory the way a real writer does.
//
// Stands in for kubelet, git-sync, vault-agent and plain overwriting: the same system calls in the
// same order with the same names, so that what a tracer or an inotify watch sees cannot be told
// apart.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "userspace/base/result.h"

namespace reloadtrace::publisher {

// Contents by key. A key may lie in a subdirectory: "conf.d/a.yaml".
using Payload = std::map<std::string, std::string>;

enum class Style {
  Atomic,    // kubelet's AtomicWriter: ..data_tmp renamed onto ..data
  GitSync,   // tmp-link renamed onto a link to .worktrees/<hash>
  Vault,     // vault-agent: each file written beside its destination and renamed onto it
  InPlace,   // truncated and written again
  Move,      // a directory: the old one renamed away, the new one into its place
  Exchange,  // a directory: both renamed at once
};

struct Options {
  Style style = Style::Atomic;
  // Between the new content being complete and the rename; in place: halfway through each file.
  std::chrono::milliseconds delay{0};
  // Between the rename and the removal of the old generation.
  std::chrono::milliseconds delay_remove{0};
  // Links of new keys before the rename, as kubelets before 1.21 do, so that they dangle for a
  // moment.
  bool links_first = false;
  mode_t mode = 0644;  // of the files
  std::string link =
      "current";  // git-sync: the link that readers follow; move, exchange: the directory
  // Called after `delay`, so that several publishers can wait for each other.
  std::function<void()> before_swap;
};

struct Outcome {
  bool changed = false;
  // What became visible: the generation's directory, or the keys written; unchanged: what is
  // visible.
  std::string name;
};

// Makes `payload`, and nothing else, visible in `directory`. Writes nothing when it already is.
Result<Outcome> publish(const std::string& directory,
                        const Payload& payload,
                        const Options& options = {});

// What is visible in `directory` now; empty when nothing was published yet.
Result<Payload> current_payload(const std::string& directory, const Options& options = {});

// Rejects keys that would leave the directory or collide with the writer's own names.
Result<> check_key(const std::string& key);

}  // namespace reloadtrace::publisher
