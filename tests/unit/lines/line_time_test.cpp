// SPDX-License-Identifier: Apache-2.0
#include "userspace/lines/line_time.h"

#include <gtest/gtest.h>

namespace reloadtrace {
namespace {

TEST(LineTime, counts_nanoseconds_since_1970) {
  EXPECT_EQ(unix_nanoseconds_of("1970-01-01T00:00:00.000000001Z"), 1);
  EXPECT_EQ(unix_nanoseconds_of("2026-11-22T12:00:00.012345678Z"), 1'795'348'800'012'345'678);
  EXPECT_EQ(unix_nanoseconds_of("2024-02-29T23:59:60.000000000Z"), 1'709'251'200'000'000'000);
}

TEST(LineTime, takes_no_other_form_and_no_date_that_does_not_exist) {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T12:00:00Z", "2026-11-22T12:00:00.012345678+01:00",
        "2026-02-29T12:00:00.000000000Z", "2026-13-01T12:00:00.000000000Z",
        "2026-11-22T24:00:00.000000000Z", "9999-11-22T12:00:00.000000000Z",
        "1969-11-22T12:00:00.000000000Z", "2026-11-22T12:00:00.0123456789"}) {
    EXPECT_EQ(unix_nanoseconds_of(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace reloadtrace
