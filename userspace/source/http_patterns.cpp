// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/http_patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "bpf/filter.h"

namespace reloadtrace {
namespace {

constexpr std::array kBuiltIn{"/-/reload", "/actuator/refresh", "/api/v2/reload"};

Error ill_formed(std::string_view pattern, std::string_view why) {
  return Error{std::make_error_code(std::errc::invalid_argument),
               fmt::format("HTTP trigger \"{}\": {}; write [METHOD ]PATH[*], as in \"POST "
                           "/-/reload\" or \"/admin/*\"",
                           pattern, why)};
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool belongs_to_path(char c) {
  return c > ' ' && c < '\x7f' && c != '?' && c != '#' && c != '*';
}

Result<> add(std::string_view pattern, std::vector<HttpPattern>& to) {
  const auto space = pattern.find(' ');
  const std::string_view method =
      space == std::string_view::npos ? std::string_view() : pattern.substr(0, space);
  std::string_view path = pattern.substr(space == std::string_view::npos ? 0 : space + 1);
  const bool any_rest = path.ends_with('*');
  const std::string_view compared = path.substr(0, path.size() - (any_rest ? 1 : 0));
  if (space != std::string_view::npos &&
      (method.empty() || !std::ranges::all_of(method, is_upper))) {
    return ill_formed(pattern, "the method is not in capitals");
  }
  if (!path.starts_with('/')) {
    return ill_formed(pattern, "the path does not begin with a slash");
  }
  if (!std::ranges::all_of(compared, belongs_to_path)) {
    return ill_formed(pattern, "the path has a character that a request's path cannot have there");
  }
  std::vector<std::string> methods{std::string(method)};
  if (method.empty()) {
    methods = {"POST", "PUT"};
  }
  for (const std::string& one : methods) {
    HttpPattern added{fmt::format("{} {}", one, path), any_rest};
    if (added.text.size() >= RELOADTRACE_HTTP_PATTERN_LEN) {
      return ill_formed(pattern, fmt::format("it is longer than {} bytes, method included",
                                             RELOADTRACE_HTTP_PATTERN_LEN - 1));
    }
    if (std::ranges::find(to, added.text, &HttpPattern::text) == to.end()) {
      to.push_back(std::move(added));
    }
  }
  return Unit{};
}

}  // namespace

Result<std::vector<HttpPattern>> http_patterns(const std::vector<std::string>& more) {
  std::vector<HttpPattern> patterns;
  for (const char* one : kBuiltIn) {
    if (auto added = add(one, patterns); !added) {
      return std::move(added).error();
    }
  }
  const std::size_t built_in = patterns.size();
  for (const std::string& one : more) {
    if (auto added = add(one, patterns); !added) {
      return std::move(added).error();
    }
  }
  if (patterns.size() > RELOADTRACE_HTTP_PATTERNS) {
    return Error{std::make_error_code(std::errc::argument_list_too_long),
                 fmt::format("too many HTTP triggers: there is room for {}, and one without a "
                             "method takes two places",
                             RELOADTRACE_HTTP_PATTERNS - built_in)};
  }
  return patterns;
}

HttpFilter encode(const std::vector<HttpPattern>& patterns,
                  std::span<reloadtrace_http_pattern> to) {
  HttpFilter filter{.count = static_cast<std::uint32_t>(patterns.size()),
                    .shortest = RELOADTRACE_HTTP_PATTERN_LEN};
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const std::string_view compared = patterns[i].compared();
    std::memcpy(to[i].text, patterns[i].text.data(), patterns[i].text.size());
    std::memset(to[i].mask, 0xff, compared.size());
    to[i].length = static_cast<std::uint32_t>(compared.size());
    to[i].any_rest = patterns[i].any_rest ? 1 : 0;
    filter.first_letters |= 1U << static_cast<unsigned>(compared.front() - 'A');
    filter.shortest = std::min(filter.shortest, to[i].length);
  }
  return filter;
}

}  // namespace reloadtrace
