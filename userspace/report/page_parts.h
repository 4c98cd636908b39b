// SPDX-License-Identifier: Apache-2.0
// The files of page/, as this binary carries them.
#pragma once

#include <string_view>

namespace reloadtrace {

std::string_view page_template();  // has {{style}}, {{data}} and {{script}}, in this order
std::string_view page_style();
std::string_view page_script();

}  // namespace reloadtrace
