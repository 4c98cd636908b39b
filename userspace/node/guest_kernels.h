// SPDX-License-Identifier: Apache-2.0
// Programs that run a kernel of their own for what is in a container: system calls that are made in
// there never reach ours.
#pragma once

#include <string>
#include <string_view>

namespace reloadtrace::node {

// The name of such a program, from a process' executable, or its comm where that cannot be read;
// empty for every other.
std::string guest_kernel_of(std::string_view executable, std::string_view comm);

}  // namespace reloadtrace::node
