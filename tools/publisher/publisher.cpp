// SPDX-License-Identifier: Apache-2.0
#include "tools/publisher/publisher.h"

#include "tools/publisher/files.h"
#include "tools/publisher/writers.h"

namespace reloadtrace::publisher {

Result<Outcome> publish(const std::string& directory,
                        const Payload& payload,
                        const Options& options) {
  for (const auto& [key, content] : payload) {
    if (auto fine = check_key(key); !fine) {
      return fine.error();
    }
  }
  switch (options.style) {
    case Style::GitSync:
      return write_like_git_sync(directory, payload, options);
    case Style::Vault:
      return write_like_vault(directory, payload, options);
    case Style::InPlace:
      return write_in_place(directory, payload, options);
    case Style::Move:
      return write_by_moving(directory, payload, options);
    case Style::Exchange:
      return write_by_exchange(directory, payload, options);
    case Style::Atomic:
      break;
  }
  return write_atomically(directory, payload, options);
}

void pause_before_swap(const Options& options) {
  pause_for(options.delay);
  if (options.before_swap) {
    options.before_swap();
  }
}

Result<Payload> current_payload(const std::string& directory, const Options& options) {
  std::string visible = directory;
  if (options.style == Style::Atomic || options.style == Style::GitSync) {
    auto target =
        read_link(directory + "/" + (options.style == Style::Atomic ? "..data" : options.link));
    if (!target) {
      return target.error();
    }
    if (!*target) {
      return Payload{};
    }
    visible += "/" + **target;
  }
  if (options.style == Style::Move || options.style == Style::Exchange) {
    visible = inside(directory, options.link);
    auto there = exists(visible);
    if (!there) {
      return there.error();
    }
    if (!*there) {
      return Payload{};
    }
  }
  auto keys = files_below(visible);
  if (!keys) {
    return keys.error();
  }
  Payload payload;
  for (const std::string& key : *keys) {
    auto content = read_file(inside(visible, key));
    if (!content) {
      return content.error();
    }
    payload[key] = std::move(*content);
  }
  return payload;
}

Result<> check_key(const std::string& key) {
  const bool escapes = key.find("/../") != std::string::npos || key.ends_with("/..");
  if (key.empty() || key.front() == '/' || key.back() == '/' || key.starts_with("..") || escapes) {
    return Error{std::make_error_code(std::errc::invalid_argument),
                 "key \"" + key + "\": must be a relative path that does not begin with \"..\""};
  }
  return Unit{};
}

}  // namespace reloadtrace::publisher
