// SPDX-License-Identifier: Apache-2.0
// What the output is, as far as it decides how to write to it.
#pragma once

#include "userspace/sink/text.h"

namespace reloadtrace {

struct TerminalInfo {
  bool is_terminal = false;
  bool colour = false;
  int columns = 100;
  Charset charset = Charset::Utf8;
};

// Asks the descriptor and the environment: TERM, NO_COLOR (https://no-color.org), LC_ALL, LC_CTYPE,
// LANG. Without any locale variable (a bare container, kubectl debug) UTF-8 is assumed.
TerminalInfo look_at_terminal(int fd);

}  // namespace reloadtrace
