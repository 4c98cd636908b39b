// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/libbpf.h>

#include <string_view>

#include "userspace/base/result.h"

namespace reloadtrace {

// Has a BPF iterator that puts nothing out run over all it is for. `doing` is what its error says.
Result<> walk_kernel(const bpf_link& iterator, std::string_view doing);

}  // namespace reloadtrace
