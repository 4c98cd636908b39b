// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/message.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <exception>
#include <mutex>
#include <utility>

#include "userspace/sink/text.h"

namespace reloadtrace {
namespace {

// Of a long session the latest; who wants all of them sends standard error to a file.
constexpr std::size_t kMaxKept = 100;

struct Detour {
  std::mutex mutex;
  std::function<void(const std::string&)> listener;
  bool later = false;  // sentences are kept: standard error is a terminal
  std::deque<std::string> kept;
};

Detour& detour() {
  static Detour one;
  return one;
}

// Whether anybody reads it is no concern of ours: fmt::print() would throw.
// Names in it may be an application's.
void print(std::string_view sentence) {
  const std::string line = fmt::format("reloadtrace: {}\n", printable(sentence, Charset::Utf8));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void say_to_user(std::string_view sentence) {
  Detour& to = detour();
  const std::lock_guard lock(to.mutex);
  if (to.listener) {
    to.listener(std::string(sentence));
  }
  if (!to.later) {
    print(sentence);
  } else {
    to.kept.emplace_back(sentence);
    if (to.kept.size() > kMaxKept) {
      to.kept.pop_front();
    }
  }
}

MessageDetour::MessageDetour(std::function<void(const std::string&)> listener) {
  const std::lock_guard lock(detour().mutex);
  detour().listener = std::move(listener);
  detour().later = ::isatty(STDERR_FILENO) == 1;
}

void MessageDetour::stop_listening() {
  const std::lock_guard lock(detour().mutex);
  detour().listener = nullptr;
}

void MessageDetour::forget() {
  const std::lock_guard lock(detour().mutex);
  detour().kept.clear();
}

MessageDetour::~MessageDetour() {
  try {
    const std::lock_guard lock(detour().mutex);
    detour().listener = nullptr;
    detour().later = false;
    for (const std::string& sentence : std::exchange(detour().kept, {})) {
      print(sentence);
    }
  } catch (const std::exception&) {  // out of memory: the sentences are lost
    return;
  }
}

}  // namespace reloadtrace
