// SPDX-License-Identifier: Apache-2.0
// The catalogue of causes and verdicts as text: for a terminal, and for the README.
#pragma once

#include <string>
#include <string_view>

#include "userspace/engine/verdict.h"
#include "userspace/sink/table_layout.h"

namespace reloadtrace {

// What it means, how the kernel shows it, what to change.
std::string explain(Cause cause, const TableOptions& options);
std::string explain(Verdict verdict, const TableOptions& options);

// Each name with its meaning.
std::string list_explained(const TableOptions& options);

// The same as two tables in Markdown.
std::string explain_in_markdown();

// The name of a cause or verdict that `name` most likely meant; empty when it resembles none.
std::string_view nearest_name(std::string_view name);

}  // namespace reloadtrace
