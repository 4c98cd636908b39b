// SPDX-License-Identifier: Apache-2.0
// Writers without generations: each file replaced (vault-agent, consul-template) or overwritten.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/publisher/files.h"
#include "tools/publisher/writers.h"

namespace reloadtrace::publisher {
namespace {

using WriteOne = Result<> (*)(const std::string& path, const std::string& content, const Options&);

// Applies `write` to each file whose bytes differ and removes what `payload` lacks.
Result<Outcome> write_each(const std::string& directory,
                           const Payload& payload,
                           const Options& options,
                           WriteOne write) {
  auto now = current_payload(directory, options);
  if (!now) {
    return now.error();
  }
  Outcome outcome;
  const auto add = [&outcome](const std::string& key) {
    outcome.changed = true;
    outcome.name += (outcome.name.empty() ? "" : " ") + key;
  };
  for (const auto& [key, content] : payload) {
    const auto previous = now->find(key);
    if (previous != now->end() && previous->second == content) {
      continue;
    }
    if (auto made = make_parents(directory, key); !made) {
      return made.error();
    }
    if (auto written = write(inside(directory, key), content, options); !written) {
      return written.error();
    }
    add(key);
  }
  for (const auto& [key, content] : *now) {
    if (payload.contains(key)) {
      continue;
    }
    if (auto removed = remove_file(inside(directory, key)); !removed) {
      return removed.error();
    }
    add(key);
  }
  return outcome;
}

// renderer.AtomicWrite: a temporary file beside the destination, synced, then renamed onto it.
Result<> replace(const std::string& path, const std::string& content, const Options& options) {
  const std::string temporary = path.substr(0, path.rfind('/') + 1) + random_decimal();
  UniqueFd fd(::openat(AT_FDCWD, temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (auto opened = checked(fd.get(), "openat", temporary); !opened) {
    return opened;
  }
  if (auto written = write_all(fd.get(), content, temporary); !written) {
    return written;
  }
  if (auto synced = checked(::fsync(fd.get()), "fsync", temporary); !synced) {
    return synced;
  }
  fd.reset();
  if (auto set =
          checked(::fchmodat(AT_FDCWD, temporary.c_str(), options.mode, 0), "fchmodat", temporary);
      !set) {
    return set;
  }
  pause_before_swap(options);
  return rename_onto(temporary, path);
}

Result<> overwrite(const std::string& path, const std::string& content, const Options& options) {
  const UniqueFd fd(
      ::openat(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, options.mode));
  if (auto opened = checked(fd.get(), "openat", path); !opened) {
    return opened;
  }
  const std::string_view all = content;
  const std::size_t half = options.delay.count() > 0 ? all.size() / 2 : all.size();
  if (auto written = write_all(fd.get(), all.substr(0, half), path); !written) {
    return written;
  }
  pause_before_swap(options);
  return write_all(fd.get(), all.substr(half), path);
}

}  // namespace

Result<Outcome> write_like_vault(const std::string& directory,
                                 const Payload& payload,
                                 const Options& options) {
  return write_each(directory, payload, options, replace);
}

Result<Outcome> write_in_place(const std::string& directory,
                               const Payload& payload,
                               const Options& options) {
  return write_each(directory, payload, options, overwrite);
}

}  // namespace reloadtrace::publisher
