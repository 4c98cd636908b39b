// SPDX-License-Identifier: Apache-2.0
// One function a style; publish() chooses among them.
#pragma once

#include "tools/publisher/publisher.h"

namespace reloadtrace::publisher {

// What every writer does when its new content is complete and not yet visible.
void pause_before_swap(const Options& options);

Result<Outcome> write_atomically(const std::string& volume, const Payload& payload, const Options&);
Result<Outcome> write_like_git_sync(const std::string& root,
                                    const Payload& payload,
                                    const Options&);
Result<Outcome> write_like_vault(const std::string& directory, const Payload&, const Options&);
Result<Outcome> write_by_moving(const std::string& root, const Payload& payload, const Options&);
Result<Outcome> write_by_exchange(const std::string& root, const Payload& payload, const Options&);
Result<Outcome> write_in_place(const std::string& directory, const Payload&, const Options&);

}  // namespace reloadtrace::publisher
