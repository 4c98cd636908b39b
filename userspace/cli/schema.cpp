// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/schema.h"

#include <unistd.h>

#include <cerrno>

#include "userspace/cli/commands.h"
#include "userspace/cli/exit_code.h"

namespace reloadtrace {

int run(const SchemaOptions&) {
  std::string_view rest = json_schema();
  while (!rest.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (n < 0) {
      return errno == EPIPE ? kDone : kFailed;
    }
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return kDone;
}

}  // namespace reloadtrace
