// SPDX-License-Identifier: Apache-2.0
// What the properties are about, as events: every story of the scenarios and every recording, each
// as it is and with nothing more happening until all deadlines have passed, and stories made up by
// a seed; and what became of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "userspace/base/timestamp.h"
#include "userspace/engine/engine.h"
#include "userspace/wire/event.h"

namespace reloadtrace::testing {

struct Tale {
  std::string name;
  Duration deadline{};
  std::vector<Event> events;
};

// Fails loudly when a recording cannot be read.
std::vector<Tale> all_tales();

// A verdict about one publish at one reader.
struct Word {
  std::string about;  // volume, generation, reader
  Verdict verdict = Verdict::Unknown;
  std::optional<Cause> cause;

  bool operator==(const Word&) const = default;
};

std::string describe(const Word& word);
// Those about the same in the order in which they were given.
std::string describe(const std::vector<Word>& words);

class Listener {
 public:
  explicit Listener(Duration deadline, Engine::Inspect inspect = nullptr);

  Engine& engine() { return engine_; }
  // Sorted by what they are about; those about the same in their order.
  std::vector<Word> take_words();

 private:
  std::vector<Word> words_;
  Engine engine_;
};

// As it was told.
std::vector<Word> words_of(const Tale& tale);

}  // namespace reloadtrace::testing
