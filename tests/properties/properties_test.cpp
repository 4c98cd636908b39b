// SPDX-License-Identifier: Apache-2.0
// Whatever the kernel side loses, delays or repeats: nobody is accused who would not have been
// without it, and where nothing was lost nothing changes.
//
// RELOADTRACE_CASES=N tries as many; RELOADTRACE_SEED=N tries that case alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>
#include <string>

#include "tests/properties/variation.h"

namespace reloadtrace::testing {
namespace {

constexpr std::uint64_t kCases = 1'000'000;
// Of one property; each is likely the same flaw again.
constexpr int kMaxFailures = 5;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Empty when it holds; else what broke it.
using Check = std::function<std::string(const Teller&, const Variation&)>;
using Vary = Variation (*)(const Tale&, Dice&);

// Undoes all that is not needed for the failure, one thing after the other.
Variation shrunk(const Teller& teller, Variation variation, const Check& check) {
  const auto still_fails_with = [&](auto undo, std::size_t i) {
    Variation simpler = variation;
    undo(simpler, i);
    if (!check(teller, simpler).empty()) {
      variation = std::move(simpler);
    }
  };
  for (std::size_t i = 0; i < variation.lost.size(); ++i) {
    still_fails_with([](Variation& v, std::size_t at) { v.lost[at] = false; }, i);
    still_fails_with([](Variation& v, std::size_t at) { v.copies[at] = 0; }, i);
    still_fails_with([](Variation& v, std::size_t at) { v.delays[at] = 0; }, i);
  }
  return variation;
}

class Properties : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    tales_ = new std::vector<Tale>(all_tales());
    tellers_ = new std::vector<Teller>(tales_->begin(), tales_->end());
  }
  static void TearDownTestSuite() {
    delete tellers_;
    delete tales_;
  }

  static std::string report(std::uint64_t seed,
                            const Teller& teller,
                            const Variation& found,
                            const Check& check) {
    const Variation least = shrunk(teller, found, check);
    return "RELOADTRACE_SEED=" + std::to_string(seed) + " " + teller.tale().name + ":\n" +
           check(teller, least) + "because of\n" + describe(teller.tale(), least);
  }

  // A share of all cases: `tenths`.
  static void hold(std::uint64_t tenths, Vary vary, const Check& check) {
    const std::uint64_t alone = from_environment("RELOADTRACE_SEED", ~std::uint64_t{0});
    const bool is_alone = alone != ~std::uint64_t{0};
    const std::uint64_t begin = is_alone ? alone : 0;
    const std::uint64_t end =
        is_alone ? alone + 1 : from_environment("RELOADTRACE_CASES", kCases) * tenths / 10;
    std::set<const Teller*> failed;
    for (std::uint64_t seed = begin; seed < end; ++seed) {
      Dice dice(seed);
      const Teller& teller = (*tellers_)[dice.below(tellers_->size())];
      const Variation variation = vary(teller.tale(), dice);
      if (!check(teller, variation).empty() && failed.insert(&teller).second) {
        ADD_FAILURE() << report(seed, teller, variation, check);
        ASSERT_LT(failed.size(), kMaxFailures);
      }
    }
  }

 private:
  static inline std::vector<Tale>* tales_ = nullptr;
  static inline std::vector<Teller>* tellers_ = nullptr;
};

bool accuses(const Word& word) {
  return is_failure(word.verdict);
}

// The verdict against somebody that was not there when nothing was lost.
std::string new_accusation(const std::vector<Word>& before, const std::vector<Word>& after) {
  for (const Word& word : after) {
    const bool known = std::any_of(before.begin(), before.end(), [&](const Word& earlier) {
      return earlier.about == word.about && earlier.verdict == word.verdict;
    });
    if (accuses(word) && !known) {
      return describe(word) + "\ninstead of\n" + describe(before);
    }
  }
  return {};
}

std::string difference(const std::vector<Word>& before, const std::vector<Word>& after) {
  return before == after ? std::string{} : describe(after) + "instead of\n" + describe(before);
}

TEST_F(Properties, a_loss_that_is_reported_accuses_nobody) {
  hold(6, with_losses, [](const Teller& teller, const Variation& variation) {
    return new_accusation(teller.words_on_a_host(), teller.tell_on_a_host(variation));
  });
}

TEST_F(Properties, records_out_of_order_and_repeated_change_no_verdict) {
  hold(3, without_losses, [](const Teller& teller, const Variation& variation) {
    return difference(teller.words(), teller.tell(variation));
  });
}

TEST_F(Properties, rings_that_deliver_within_the_bound_change_no_verdict) {
  hold(1, without_losses, [](const Teller& teller, const Variation& variation) {
    return difference(teller.words(), teller.tell_through_the_rings(variation));
  });
}

}  // namespace
}  // namespace reloadtrace::testing
