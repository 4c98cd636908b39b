// SPDX-License-Identifier: Apache-2.0
#include "userspace/lines/line_time.h"

#include <chrono>

namespace reloadtrace {
namespace {

constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.dddddddddZ";

bool has_form(std::string_view time) {
  if (time.size() != kForm.size()) {
    return false;
  }
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool right = kForm[i] == 'd' ? time[i] >= '0' && time[i] <= '9' : time[i] == kForm[i];
    if (!right) {
      return false;
    }
  }
  return true;
}

int number(std::string_view digits) {
  int value = 0;
  for (const char digit : digits) {
    value = value * 10 + (digit - '0');
  }
  return value;
}

}  // namespace

std::optional<std::int64_t> unix_nanoseconds_of(std::string_view time) {
  using namespace std::chrono;
  if (!has_form(time)) {
    return std::nullopt;
  }
  const year_month_day date{year(number(time.substr(0, 4))),
                            month(static_cast<unsigned>(number(time.substr(5, 2)))),
                            day(static_cast<unsigned>(number(time.substr(8, 2))))};
  const int hour = number(time.substr(11, 2));
  const int minute = number(time.substr(14, 2));
  const int second = number(time.substr(17, 2));
  // What 64 bits of nanoseconds hold ends in the years 1677 and 2262.
  if (!date.ok() || date.year() < year(1970) || date.year() > year(2261) || hour > 23 ||
      minute > 59 || second > 60) {
    return std::nullopt;
  }
  const auto at = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
  return duration_cast<nanoseconds>(at.time_since_epoch()).count() + number(time.substr(20, 9));
}

}  // namespace reloadtrace
