// SPDX-License-Identifier: Apache-2.0
#include "userspace/report/page.h"

#include <cassert>

#include "userspace/report/page_data.h"
#include "userspace/report/page_parts.h"

namespace reloadtrace {
namespace {

// Takes what stands before `mark` off the template, and the mark.
std::string_view take_until(std::string_view& rest, std::string_view mark) {
  const auto at = rest.find(mark);
  assert(at != std::string_view::npos);
  const std::string_view before = rest.substr(0, at);
  rest.remove_prefix(at + mark.size());
  return before;
}

}  // namespace

std::string html_page(const History& history, std::string_view source, std::string_view version) {
  const std::string data = page_data(history, source, version);
  std::string_view rest = page_template();
  std::string page;
  page.reserve(rest.size() + page_style().size() + page_script().size() + data.size());
  page.append(take_until(rest, "{{style}}")).append(page_style());
  page.append(take_until(rest, "{{data}}")).append(data);
  page.append(take_until(rest, "{{script}}")).append(page_script());
  return page.append(rest);
}

}  // namespace reloadtrace
