// SPDX-License-Identifier: Apache-2.0
// Lambdas as one visitor of a std::variant.
#pragma once

namespace reloadtrace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace reloadtrace
