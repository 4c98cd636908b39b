// SPDX-License-Identifier: Apache-2.0
// Every input that was ever of interest, above all those that once broke something, through what it
// is for. Sanitizers say what is wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/target.h"
#include "tests/support/places.h"

namespace reloadtrace::fuzz {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Corpus, is_borne_by_each_target) {
  ASSERT_FALSE(targets().empty());
  for (const auto& [name, target] : targets()) {
    std::size_t inputs = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(testing::in_project("tests/fuzz/corpus/" + name))) {
      SCOPED_TRACE(entry.path());
      target(read_file(entry.path()));
      ++inputs;
    }
    EXPECT_GT(inputs, 0U) << name;
    target("");
  }
}

TEST(Corpus, has_a_target_for_each_folder) {
  for (const auto& entry :
       std::filesystem::directory_iterator(testing::in_project("tests/fuzz/corpus"))) {
    EXPECT_TRUE(std::any_of(targets().begin(), targets().end(), [&](const auto& target) {
      return target.first == entry.path().filename();
    })) << entry.path();
  }
}

}  // namespace
}  // namespace reloadtrace::fuzz
