#pragma once
#include "userspace/engine/evidence.h"
#include "userspace/engine/world.h"
namespace reloadtrace {
template <class E>
void tell(bool, const E&, const Usage&, const Process&, World&, const SayReport&) {}
inline std::string say_signal(unsigned s) {
  return s == 1 ? "SIGHUP" : s == 10 ? "SIGUSR1" : "SIGUSR2";
}
inline std::string say_fanotify_mask(std::uint64_t) {
  return "FAN";
}
}  // namespace reloadtrace
