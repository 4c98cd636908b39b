// SPDX-License-Identifier: Apache-2.0
// Where to look for volumes, containers and their names.
#pragma once

#include "userspace/base/result.h"
#include "userspace/cli/command_line.h"
#include "userspace/node/node.h"

namespace reloadtrace {

// An error, with what to do, when nobody said where to look and this is no node of Kubernetes.
Result<> require_places(const NodePlaces& places);

NodeOptions node_options(const NodePlaces& places);

}  // namespace reloadtrace
