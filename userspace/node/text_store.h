// SPDX-License-Identifier: Apache-2.0
// What the files of each volume's current generation say, kept for --diff: kubelet deletes the old
// directory a millisecond after the swap.
//
// Nothing that may be of a Secret is kept or looked into: projected and CSI volumes hold such, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "userspace/config/difference.h"
#include "userspace/node/content_ids.h"
#include "userspace/node/volume.h"
#include "userspace/wire/fact.h"

namespace reloadtrace::node {

class TextStore {
 public:
  // Of all volumes together. What there is no room for is compared by its bytes.
  static constexpr std::size_t kMaxBytes = 64U << 20U;

  // `contents` is that which gave the volumes' files their numbers. Both outlive this.
  TextStore(const config::DiffOptions& options,
            ContentIds& contents,
            std::size_t max_bytes = kMaxBytes)
      : options_(options), contents_(contents), max_bytes_(max_bytes) {}

  // Of a volume just found.
  void keep(const Volume& volume);
  // `volume` has just become what `changed` led to: compares each file that was modified with what
  // was kept of it, and keeps what it holds now.
  std::vector<FileDiff> turn(const Volume& volume, const std::vector<FileChange>& changed);
  void forget(VolumeId volume);

 private:
  struct Text {
    std::uint64_t content = 0;  // as in FileFact
    std::string bytes;
    std::string missing;  // why there are none; empty when there are
  };
  using Texts = std::map<std::string, Text, std::less<>>;

  bool off() const { return options_.detail == config::Detail::Off; }
  Text read(int generation, const FileFact& file);
  // Those of before that still hold, and what is new.
  Texts texts_of(const Volume& volume, Texts before);

  const config::DiffOptions& options_;
  ContentIds& contents_;
  const std::size_t max_bytes_;
  std::unordered_map<VolumeId, Texts> volumes_;
  std::size_t bytes_ = 0;
};

}  // namespace reloadtrace::node
