// SPDX-License-Identifier: Apache-2.0
// A live source that test after test uses. To load the programs takes an emulated CPU seconds;
// where each test is a process of its own, nothing is shared.
#pragma once

#include <memory>

#include "userspace/source/bpf_source.h"

namespace reloadtrace::testing {

// One with these options: the one that the test before left behind, when $RELOADTRACE_SHARE_SOURCE
// is set and they are the default ones; else a new one. Whoever has it is alone with it.
Result<std::unique_ptr<BpfSource>> borrow_source(const BpfOptions& options);

}  // namespace reloadtrace::testing
