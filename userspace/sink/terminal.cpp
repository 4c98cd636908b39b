// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace reloadtrace {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

Charset charset_of_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view locale = variable(name);
    if (locale.empty()) {
      continue;
    }
    for (const std::string_view utf8 : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
      if (locale.find(utf8) != std::string_view::npos) {
        return Charset::Utf8;
      }
    }
    return Charset::Ascii;
  }
  return Charset::Utf8;
}

}  // namespace

TerminalInfo look_at_terminal(int fd) {
  TerminalInfo info;
  info.charset = charset_of_locale();
  info.is_terminal = ::isatty(fd) == 1;
  if (!info.is_terminal) {
    return info;
  }
  const std::string_view term = variable("TERM");
  info.colour = !term.empty() && term != "dumb" && variable("NO_COLOR").empty();
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    info.columns = size.ws_col;
  }
  return info;
}

}  // namespace reloadtrace
