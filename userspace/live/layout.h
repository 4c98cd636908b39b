// SPDX-License-Identifier: Apache-2.0
// The model as a screen of some size: a header, rows or a text, the last message, keys. Pure.
#pragma once

#include "userspace/live/frame.h"
#include "userspace/live/model.h"
#include "userspace/live/view.h"

namespace reloadtrace::live {

// Exactly `size.rows` lines, none wider than `size.columns`. The view's window follows its cursor.
Frame lay_out(const Model& model, View& view, Size size, Timestamp now);

}  // namespace reloadtrace::live
