// SPDX-License-Identifier: Apache-2.0
// What the parts of the diagnosis share.
#pragma once

#include <string>
#include <utility>

#include "userspace/engine/diagnosis.h"

namespace reloadtrace {

inline Diagnosis found(Cause cause, std::uint32_t tgid, std::string evidence) {
  return {cause, std::move(evidence), advice_for(cause), tgid};
}

// "swap" where a link is swapped; a rename onto a file or a write in place is none.
inline const char* word_for(const Publish& publish) {
  return publish.fact.style == PublishStyle::LinkSwap ? "swap" : "publish";
}

// "nginx[12]"
inline std::string who(const Process& process) {
  return process.comm + "[" + std::to_string(process.tgid) + "]";
}

// What a watch is on: "the directory", "what ..data points to", "app.yaml".
std::string name_target(const Watch& watch, const World& world);

// "file", "link", "directory"
const char* thing(TargetKind kind);

// A sentence when the reader runs on a kernel of its own; else empty. See blindness.cpp.
std::string guest_kernel(const Reader& reader);

template <typename Visit>
void each_application(const Usage& usage, const World& world, Visit visit) {
  for (const std::uint32_t tgid : usage.reader->processes) {
    const Process* process = world.process(tgid);
    if (process != nullptr && process->role == ProcessRole::Application) {
      visit(*process);
    }
  }
}

// From the reader's watches and what it took from their queues; null when these explain nothing.
// `holds_old`: it holds an older file, which keeps the watch on that file silent.
std::optional<Diagnosis> diagnose_watches(const Usage& usage,
                                          const Judgement& judgement,
                                          const World& world,
                                          Timestamp now,
                                          bool holds_old);

// From the signals and HTTP requests that asked the reader to reload; null when there were none.
std::optional<Diagnosis> diagnose_requests(const Usage& usage, const Judgement& judgement);

// From how it looks at its files. `by_clock`: only looks that keep to a period say anything.
std::optional<Diagnosis> diagnose_polls(const Usage& usage,
                                        const Judgement& judgement,
                                        Timestamp now,
                                        bool by_clock);

// A watch that it wanted and did not get, and has not got since.
std::optional<Diagnosis> diagnose_setup(const Usage& usage,
                                        const Judgement& judgement,
                                        const World& world);

// Its files were read once, when it began, by a process that has ended: what runs has a copy.
std::optional<Diagnosis> diagnose_copy(const Usage& usage,
                                       const Judgement& judgement,
                                       const World& world);

}  // namespace reloadtrace
