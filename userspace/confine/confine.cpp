// SPDX-License-Identifier: Apache-2.0
#include "userspace/confine/confine.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>

#include "userspace/confine/capabilities.h"
#include "userspace/confine/system_calls.h"

namespace reloadtrace {
namespace {

// Texts of files may lie in memory (--diff). Not dumpable: then no dump goes to a program that
// collects them either, which the limit alone would not prevent.
Result<> forbid_core_dumps() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return system_error(errno, "forbid core dumps");
  }
  return Unit{};
}

Result<> renounce_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return system_error(errno, "set no_new_privs");
  }
  return Unit{};
}

}  // namespace

Confinement confine(const Needs& needs) {
  Confinement out;
  const auto holds = [&](const Result<>& done) {
    if (!done) {
      out.failed.push_back(done.error().message);
    }
    return done.has_value();
  };
  out.kept = capabilities_needed(needs);
  out.dumps_core = !holds(forbid_core_dumps());
  out.no_new_privileges = holds(renounce_new_privileges());
  holds(keep_only(out.kept));
  out.filters_system_calls = holds(filter_system_calls());
  return out;
}

}  // namespace reloadtrace
