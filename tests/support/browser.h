// SPDX-License-Identifier: Apache-2.0
// A page in headless Chromium, driven by the DevTools protocol over a pipe.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace reloadtrace::testing {

// The reason in words; nothing when it can.
std::optional<std::string> why_browser_cannot_run();

class Browser {
 public:
  Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;
  ~Browser();

  // Returns when the file has been loaded and its scripts have run.
  void open(const std::string& path);
  // The value of a JavaScript expression; throws with what the page threw.
  nlohmann::json evaluate(const std::string& expression);
  // What the page's user prefers: "dark" or "light".
  void prefer(const std::string& colours);
  // Of the page as far as its height, as PNG.
  void screenshot(const std::string& path);

  // Whatever the page said on the console or threw, and what its policy refused.
  const std::vector<std::string>& complaints() const { return complaints_; }
  void forget_complaints() { complaints_.clear(); }
  // What it asked for, beside the file itself.
  const std::vector<std::string>& requests() const { return requests_; }

 private:
  nlohmann::json call(const std::string& method, nlohmann::json parameters = {});
  nlohmann::json next_message();
  void take_event(const nlohmann::json& message);

  TemporaryDirectory directory_;
  UniqueFd commands_;
  UniqueFd messages_;
  std::unique_ptr<Process> process_;
  std::string received_;
  std::string session_;
  int last_call_ = 0;
  bool loaded_ = false;
  std::string url_;
  std::vector<std::string> complaints_;
  std::vector<std::string> requests_;
};

}  // namespace reloadtrace::testing
