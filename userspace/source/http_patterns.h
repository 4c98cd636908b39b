// SPDX-License-Identifier: Apache-2.0
// Request lines that count as reload requests.
//
// A pattern is `[METHOD ]PATH[*]`: METHOD in capitals, PATH from its slash on, without a query.
// Without a METHOD it stands for POST and for PUT. A `*` at its end matches any rest; else the
// request's path must end where the pattern does, or go on with a query:
//
//   /-/reload               POST /-/reload HTTP/1.1, PUT /-/reload?token=… HTTP/1.1
//   GET /admin/refresh*     GET /admin/refresh/all HTTP/1.1
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"

struct reloadtrace_http_pattern;  // bpf/filter.h

namespace reloadtrace {

struct HttpPattern {
  std::string text;  // with its method, and with its `*`: what an event shows
  bool any_rest = false;

  // What a request must begin with.
  std::string_view compared() const {
    return std::string_view(text).substr(0, text.size() - (any_rest ? 1 : 0));
  }
};

// Those that are always looked for (Prometheus and its family, Spring, HAProxy's data plane), then
// these. Fails for one that is ill-formed or too long, and for too many.
Result<std::vector<HttpPattern>> http_patterns(const std::vector<std::string>& more);

// What the kernel side asks before it compares: see requests.bpf.c.
struct HttpFilter {
  std::uint32_t count = 0;
  std::uint32_t first_letters = 0;  // that a pattern begins with, as 1 << (letter - 'A')
  std::uint32_t shortest = 0;       // bytes of the shortest request that can match
};

// Into the form in which the kernel side compares; `to` has room for them and is all zero.
HttpFilter encode(const std::vector<HttpPattern>& patterns, std::span<reloadtrace_http_pattern> to);

}  // namespace reloadtrace
