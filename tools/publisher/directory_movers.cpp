// SPDX-License-Identifier: Apache-2.0
// Deployments by mv: a whole new directory takes the place of the old one, and no link is involved.
#include <fcntl.h>
#include <stdio.h>

#include "tools/publisher/files.h"
#include "tools/publisher/writers.h"

namespace reloadtrace::publisher {
namespace {

// Makes `fresh`, complete, visible as `visible`; says what is left over of the old one.
using Replace = Result<std::string> (*)(const std::string& fresh, const std::string& visible);

// mv current current.old; mv current.new current. For a moment there is none.
Result<std::string> move_away(const std::string& fresh, const std::string& visible) {
  const std::string old = visible + ".old";
  if (auto moved = rename_onto(visible, old); !moved) {
    return moved.error();
  }
  if (auto moved = rename_onto(fresh, visible); !moved) {
    return moved.error();
  }
  return old;
}

// mv --exchange: at no moment is there none.
Result<std::string> exchange(const std::string& fresh, const std::string& visible) {
  if (auto moved =
          checked(::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, visible.c_str(), RENAME_EXCHANGE),
                  "renameat2", visible);
      !moved) {
    return moved.error();
  }
  return fresh;
}

Result<Outcome> write_directory(const std::string& root,
                                const Payload& payload,
                                const Options& options,
                                Replace replace) {
  const std::string visible = inside(root, options.link);
  const std::string fresh = visible + ".new";
  auto there = exists(visible);
  if (!there) {
    return there.error();
  }
  if (*there) {
    auto now = current_payload(root, options);
    if (!now) {
      return now.error();
    }
    if (*now == payload) {
      return Outcome{false, options.link};
    }
  }
  if (auto made = make_directory(fresh, 0755); !made) {
    return made.error();
  }
  for (const auto& [key, content] : payload) {
    if (auto written = write_file_below(fresh, key, content, options.mode); !written) {
      return written.error();
    }
  }
  pause_before_swap(options);
  if (!*there) {
    if (auto moved = rename_onto(fresh, visible); !moved) {
      return moved.error();
    }
    return Outcome{true, options.link};
  }
  auto left = replace(fresh, visible);
  if (!left) {
    return left.error();
  }
  pause_for(options.delay_remove);
  if (auto removed = remove_all(root, left->substr(root.size() + 1)); !removed) {
    return removed.error();
  }
  return Outcome{true, options.link};
}

}  // namespace

Result<Outcome> write_by_moving(const std::string& root,
                                const Payload& payload,
                                const Options& options) {
  return write_directory(root, payload, options, move_away);
}

Result<Outcome> write_by_exchange(const std::string& root,
                                  const Payload& payload,
                                  const Options& options) {
  return write_directory(root, payload, options, exchange);
}

}  // namespace reloadtrace::publisher
