// SPDX-License-Identifier: Apache-2.0
#include "userspace/node/text_store.h"

#include <fcntl.h>

#include <optional>
#include <span>
#include <utility>

#include "userspace/config/document.h"
#include "userspace/node/files.h"
#include "userspace/node/foreign_files.h"

namespace reloadtrace::node {
namespace {

ChangeKind kind_of(config::KeyChangeKind kind) {
  switch (kind) {
    case config::KeyChangeKind::Modified:
      return ChangeKind::Modified;
    case config::KeyChangeKind::Added:
      return ChangeKind::Added;
    case config::KeyChangeKind::Removed:
      return ChangeKind::Removed;
  }
  return ChangeKind::Modified;
}

FileDiff diff_of(const std::string& path, config::Difference found) {
  FileDiff out{path, std::move(found.not_compared), {}, found.more, found.ignored};
  for (config::KeyChange& change : found.keys) {
    out.keys.push_back({std::move(change.key), kind_of(change.kind), std::move(change.before),
                        std::move(change.after)});
  }
  return out;
}

}  // namespace

void TextStore::keep(const Volume& volume) {
  if (!off() && volume.open_to_all()) {
    volumes_[volume.id()] = texts_of(volume, {});
  }
}

std::vector<FileDiff> TextStore::turn(const Volume& volume,
                                      const std::vector<FileChange>& changed) {
  std::vector<FileDiff> out;
  if (off()) {
    return out;
  }
  const bool looked_into = volume.open_to_all();
  Texts before;
  if (looked_into) {
    before = std::exchange(volumes_[volume.id()], {});
  }
  Texts old;  // of what changed
  for (const FileChange& change : changed) {
    if (auto node = before.extract(change.path)) {
      bytes_ -= node.mapped().bytes.size();
      old.insert(std::move(node));
    }
  }
  const Texts& now =
      looked_into ? volumes_[volume.id()] = texts_of(volume, std::move(before)) : before;
  for (const FileChange& change : changed) {
    if (change.kind != ChangeKind::Modified) {
      continue;
    }
    const auto was = old.find(change.path);
    const auto is = now.find(change.path);
    config::Difference found;
    if (!looked_into) {
      found.not_compared = "a volume of its kind may hold Secrets";
    } else if (was == old.end() || is == now.end()) {
      found.not_compared = "its text was not seen";
    } else if (!was->second.missing.empty() || !is->second.missing.empty()) {
      found.not_compared =
          is->second.missing.empty() ? "before: " + was->second.missing : is->second.missing;
    } else {
      found = config::difference(change.path, was->second.bytes, is->second.bytes, options_);
    }
    out.push_back(diff_of(change.path, std::move(found)));
  }
  return out;
}

void TextStore::forget(VolumeId volume) {
  if (const auto node = volumes_.extract(volume)) {
    for (const auto& [path, text] : node.mapped()) {
      bytes_ -= text.bytes.size();
    }
  }
}

TextStore::Text TextStore::read(int generation, const FileFact& file) {
  Text text{file.content, {}, {}};
  if (!config::format_of(file.path)) {
    return text;  // difference() says so
  }
  if (file.size > config::kMaxDocumentBytes) {
    text.missing = "larger than 1 MiB";
    return text;
  }
  if (bytes_ + file.size > max_bytes_) {
    text.missing = "no room to keep its text: too much is kept already";
    return text;
  }
  auto bytes = read_file_beneath(generation, file.path, config::kMaxDocumentBytes);
  // Written in place meanwhile, or replaced: what was hashed is what was compared.
  if (!bytes || file.content == 0 ||
      contents_.of(std::as_bytes(std::span(*bytes))) != file.content) {
    text.missing = "its text was gone before it could be read";
    return text;
  }
  text.bytes = std::move(*bytes);
  bytes_ += text.bytes.size();
  return text;
}

TextStore::Texts TextStore::texts_of(const Volume& volume, Texts before) {
  Texts out;
  std::optional<UniqueFd> generation;
  for (const FileFact& file : volume.current().files) {
    auto known = before.extract(file.path);
    if (known && known.mapped().content == file.content) {
      out.insert(std::move(known));
      continue;
    }
    if (known) {
      bytes_ -= known.mapped().bytes.size();
    }
    if (!generation) {
      const UniqueFd root = volume.open_root();
      generation =
          root ? open_beneath(root.get(), volume.directory(), O_PATH | O_DIRECTORY) : UniqueFd();
    }
    out.emplace(file.path, read(generation->get(), file));
  }
  for (const auto& [path, text] : before) {
    bytes_ -= text.bytes.size();  // of files that are no more
  }
  return out;
}

}  // namespace reloadtrace::node
