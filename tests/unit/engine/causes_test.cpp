// SPDX-License-Identifier: Apache-2.0
// What every entry of the catalogue must hold.
#include "userspace/engine/causes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>

#include "tests/support/places.h"
#include "userspace/engine/diagnosis.h"

namespace reloadtrace {
namespace {

// Their stories are still to be written. Take out what gets one: a test fails until then.

bool matches(std::string_view text, const char* pattern) {
  return std::regex_match(text.begin(), text.end(), std::regex(pattern));
}

bool is_sentence(std::string_view text) {
  return text.ends_with('.') &&
         (std::isupper(static_cast<unsigned char>(text[0])) != 0 ||
          !std::isalpha(static_cast<unsigned char>(text[0])) || text.starts_with("kill()") ||
          text.starts_with("inotify") || text.starts_with("stat"));
}

TEST(Causes, have_a_name_as_the_contract_writes_names) {
  std::set<std::string_view> names;
  for (const CauseEntry& entry : cause_catalogue()) {
    EXPECT_TRUE(matches(entry.name, "[a-z]+(_[a-z]+)*")) << entry.name;
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_EQ(name_of(entry.cause), entry.name);
    EXPECT_EQ(cause_named(entry.name), entry.cause);
  }
  EXPECT_EQ(cause_named("no_idea"), std::nullopt);
}

TEST(Causes, have_a_meaning_a_signature_and_an_advice) {
  for (const CauseEntry& entry : cause_catalogue()) {
    EXPECT_FALSE(entry.meaning.empty()) << entry.name;
    EXPECT_FALSE(entry.meaning.ends_with('.')) << entry.name;
    EXPECT_TRUE(is_sentence(entry.signature)) << entry.name;
    EXPECT_TRUE(entry.remedy.empty() || entry.remedy.ends_with('.')) << entry.name;
    EXPECT_EQ(advice_for(entry.cause), entry.advice);
    EXPECT_FALSE(entry.advice.empty()) << entry.name;
    EXPECT_FALSE(entry.advice.ends_with('.')) << entry.name;
  }
}

TEST(Causes, never_claim_that_a_configuration_was_applied) {
  for (const CauseEntry& entry : cause_catalogue()) {
    for (const std::string_view text :
         {entry.meaning, entry.signature, entry.advice, entry.remedy}) {
      EXPECT_EQ(text.find("appli"), text.find("application")) << entry.name << ": " << text;
    }
  }
}

TEST(Causes, say_which_failure_modes_they_cover_and_where_these_were_seen) {
  for (const CauseEntry& entry : cause_catalogue()) {
    EXPECT_TRUE(matches(entry.modes, "F[1-9][0-9]?( F[1-9][0-9]?)*")) << entry.name;
    EXPECT_TRUE(entry.seen_in.empty() ||
                matches(entry.seen_in, "[A-Za-z0-9_/ .-]+#[0-9]+(, [A-Za-z0-9_/ .-]+#[0-9]+)*"))
        << entry.name;
  }
}

TEST(Causes, are_shown_by_a_story_that_exists) {
  for (const CauseEntry& entry : cause_catalogue()) {
    const std::string golden =
        testing::in_project("tests/scenarios/golden/" + std::string(entry.story) + ".jsonl");
    EXPECT_TRUE(std::filesystem::exists(golden)) << golden;
  }
}

TEST(Verdicts, have_a_meaning_and_what_to_do_next) {
  for (const VerdictEntry& entry : verdict_catalogue()) {
    EXPECT_EQ(name_of(entry.verdict), entry.name);
    EXPECT_EQ(verdict_named(entry.name), entry.verdict);
    EXPECT_FALSE(entry.meaning.empty() || entry.meaning.ends_with('.')) << entry.name;
    EXPECT_TRUE(is_sentence(entry.next)) << entry.name;
    EXPECT_EQ(cause_named(entry.name), std::nullopt) << "explain could not tell them apart";
  }
}

}  // namespace
}  // namespace reloadtrace
