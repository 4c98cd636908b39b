// SPDX-License-Identifier: Apache-2.0
// --live: the screen in place of lines on standard output, and what is said when it has gone.
#pragma once

#include <memory>
#include <optional>

#include "userspace/cli/command_line.h"
#include "userspace/cli/message.h"
#include "userspace/live/screen.h"
#include "userspace/sink/sink.h"

namespace reloadtrace {

// Whether what the user asked for goes together, and standard output can show a screen.
Result<> can_be_live(const ViewOptions& view);

class LiveView : public Sink {
 public:
  static Result<std::unique_ptr<LiveView>> open();
  // As end().
  ~LiveView() override { end(); }
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  Result<> write(const Report& report) override;
  void show(Roster roster);

  // Gives the terminal back, and prints what was said meanwhile and how the session ended.
  // Idempotent.
  void end();

 private:
  explicit LiveView(std::unique_ptr<live::Screen> screen);

  std::unique_ptr<live::Screen> screen_;   // null when it has gone
  std::optional<MessageDetour> messages_;  // to the screen
  std::optional<StartReport> start_;
  std::optional<StopReport> stop_;
};

}  // namespace reloadtrace
