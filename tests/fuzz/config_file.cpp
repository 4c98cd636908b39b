// SPDX-License-Identifier: Apache-2.0
// Config files of any format, for --diff and --version-key.
#include "tests/fuzz/target.h"
#include "userspace/config/difference.h"
#include "userspace/config/version_key.h"

using namespace reloadtrace;
using namespace reloadtrace::fuzz;

// "app.yaml\n", what the file was, "\n====\n", what it is.
FUZZ_TARGET(config_file) {
  const std::string_view file = take_until(bytes, "\n");
  const std::string_view before = take_until(bytes, "\n====\n");
  config::DiffOptions options;
  options.detail = config::Detail::Values;
  config::difference(file, before, bytes, options);
  if (const auto key = config::VersionKey::parse("app.yaml")) {
    key->find(before);
  }
}
