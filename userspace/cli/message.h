// SPDX-License-Identifier: Apache-2.0
// Sentences for people, on standard error.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace reloadtrace {

// From any thread.
void say_to_user(std::string_view sentence);

// While it lives, `listener` gets each sentence too, on the thread that says it; where standard
// error is a terminal, which then shows something else, they are printed when this goes. There is
// one at a time.
class MessageDetour {
 public:
  explicit MessageDetour(std::function<void(const std::string&)> listener);
  MessageDetour(const MessageDetour&) = delete;
  MessageDetour& operator=(const MessageDetour&) = delete;
  ~MessageDetour();

  // From here on sentences are only kept.
  void stop_listening();
  // Those that were kept will not be printed.
  void forget();
};

}  // namespace reloadtrace
