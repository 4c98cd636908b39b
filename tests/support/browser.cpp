// SPDX-License-Identifier: Apache-2.0
#include "tests/support/browser.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "tests/support/patience.h"
#include "tests/support/requirements.h"

namespace reloadtrace::testing {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatience{30};  // for one answer

std::string browser_program() {
  for (const char* name : {"chromium-headless-shell", "chromium", "google-chrome"}) {
    if (std::string program = find_program(name); !program.empty()) {
      return program;
    }
  }
  return "";
}

// Both ways at once: opening then waits for nobody.
UniqueFd open_fifo(const std::string& path) {
  if (::mkfifo(path.c_str(), 0600) != 0) {
    throw std::runtime_error("mkfifo " + path);
  }
  return UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
}

std::string decode_base64(const std::string& text) {
  static const std::string kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == std::string::npos) {
      continue;
    }
    bits = bits << 6U | static_cast<unsigned>(digit);
    if ((count += 6) >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xffU);
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> why_browser_cannot_run() {
  if (browser_program().empty()) {
    return "needs Chromium: install the package chromium-headless-shell";
  }
  return std::nullopt;
}

Browser::Browser()
    : commands_(open_fifo(directory_.at("commands"))),
      messages_(open_fifo(directory_.at("messages"))) {
  // Descriptors 3 and 4 are where --remote-debugging-pipe expects them.
  process_ = std::make_unique<Process>(
      Command{{"sh", "-c", "exec \"$@\" 3<\"$0/commands\" 4>\"$0/messages\"",
               directory_.path().string(), browser_program(), "--headless", "--no-sandbox",
               "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
               "--disable-background-networking", "--hide-scrollbars", "--window-size=1280,900",
               "--remote-debugging-pipe", "--user-data-dir=" + directory_.at("profile")}});
  const json target = call("Target.createTarget", {{"url", "about:blank"}});
  session_ = call("Target.attachToTarget", {{"targetId", target.at("targetId")}, {"flatten", true}})
                 .at("sessionId");
  for (const char* domain : {"Page.enable", "Runtime.enable", "Log.enable", "Network.enable"}) {
    call(domain);
  }
}

Browser::~Browser() {
  process_->terminate();  // before the profile goes
}

void Browser::open(const std::string& path) {
  loaded_ = false;
  url_ = "file://" + path;
  const json answer = call("Page.navigate", {{"url", url_}});
  if (answer.contains("errorText")) {
    throw std::runtime_error(url_ + ": " + answer.at("errorText").get<std::string>());
  }
  while (!loaded_) {
    take_event(next_message());
  }
}

json Browser::evaluate(const std::string& expression) {
  const json answer =
      call("Runtime.evaluate",
           {{"expression", expression}, {"returnByValue", true}, {"awaitPromise", true}});
  if (answer.contains("exceptionDetails")) {
    throw std::runtime_error(expression + ": " + answer.at("exceptionDetails").dump());
  }
  return answer.at("result").value("value", json());
}

void Browser::prefer(const std::string& colours) {
  call("Emulation.setEmulatedMedia",
       {{"features", json::array({{{"name", "prefers-color-scheme"}, {"value", colours}}})}});
}

void Browser::screenshot(const std::string& path) {
  const json answer =
      call("Page.captureScreenshot", {{"format", "png"}, {"captureBeyondViewport", true}});
  write_file(path, decode_base64(answer.at("data")));
}

json Browser::call(const std::string& method, json parameters) {
  const int id = ++last_call_;
  json message = {{"id", id}, {"method", method}};
  message["params"] = parameters.is_null() ? json::object() : std::move(parameters);
  if (!session_.empty()) {
    message["sessionId"] = session_;
  }
  const std::string text = message.dump() + '\0';
  if (::write(commands_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("cannot write to the browser");
  }
  for (;;) {
    const json answer = next_message();
    if (answer.value("id", 0) != id) {
      take_event(answer);
    } else if (answer.contains("error")) {
      throw std::runtime_error(method + ": " + answer.at("error").dump());
    } else {
      return answer.at("result");
    }
  }
}

json Browser::next_message() {
  const auto deadline = std::chrono::steady_clock::now() + patient(kPatience);
  for (;;) {
    if (const auto end = received_.find('\0'); end != std::string::npos) {
      json message = json::parse(received_.substr(0, end));
      received_.erase(0, end + 1);
      return message;
    }
    pollfd ready{messages_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 200) > 0) {
      std::array<char, 65536> bytes;
      const ssize_t n = ::read(messages_.get(), bytes.data(), bytes.size());
      received_.append(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    } else if (!process_->running() || std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("the browser says nothing: " + process_->errors().text());
    }
  }
}

void Browser::take_event(const json& message) {
  const std::string method = message.value("method", "");
  if (method == "Page.loadEventFired") {
    loaded_ = true;
  } else if (method == "Runtime.consoleAPICalled" || method == "Runtime.exceptionThrown" ||
             method == "Log.entryAdded") {
    complaints_.push_back(message.at("params").dump());
  } else if (method == "Network.requestWillBeSent") {
    const std::string url = message.at("params").at("request").at("url");
    if (url != url_) {
      requests_.push_back(url);
    }
  }
}

}  // namespace reloadtrace::testing
