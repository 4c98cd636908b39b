// SPDX-License-Identifier: Apache-2.0
// Errors as values: a result, or the reason there is none.
#pragma once

#include <cassert>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace reloadtrace {

// Why an operation failed: a code for the program, a sentence for the human.
struct Error {
  std::error_code code;
  std::string message;
};

// Captures an errno-style value. libbpf returns negative errno; either sign is accepted.
inline Error system_error(int err, std::string_view doing) {
  const std::error_code code(err < 0 ? -err : err, std::system_category());
  return Error{code, std::string(doing) + ": " + code.message()};
}

// Prepends what the caller was doing: "load BPF: map events: Operation not permitted".
inline Error with_context(Error error, std::string_view doing) {
  error.message = std::string(doing) + ": " + error.message;
  return error;
}

using Unit = std::monostate;

// A value or the reason there is none. A strict subset of std::expected's interface, so that it can
// become an alias for it: g++ 12 has no <expected> in C++20 mode and clang-tidy 14 in no mode.
template <typename T = Unit>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& operator*() & {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& operator*() const& {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& operator*() && {
    assert(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }

  const Error& error() const& {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    assert(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

}  // namespace reloadtrace
