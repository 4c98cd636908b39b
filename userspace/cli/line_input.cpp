// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/line_input.h"

#include "userspace/cli/message.h"

namespace reloadtrace {

void read_lines(const std::string& path,
                std::initializer_list<LineKind> wanted,
                Flaws& flaws,
                const std::function<void(const Line&)>& take) {
  auto reader = LineReader::open(path, wanted, flaws);
  if (!reader) {
    flaws.add(Flaw::Unreadable, path, 0, reader.error().code.message());
    return;
  }
  if (reader->is_compressed()) {
    flaws.add(Flaw::Unreadable, path, 0,
              "it is a recording, or compressed: make lines of it first, with reloadtrace replay "
              "--format json or zcat");
    return;
  }
  while (const Line* line = reader->next()) {
    take(*line);
  }
}

bool say_flaws(const Flaws& flaws) {
  for (const std::string& sentence : flaws.sentences()) {
    say_to_user(sentence);
  }
  return flaws.any();
}

}  // namespace reloadtrace
