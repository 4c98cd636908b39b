// SPDX-License-Identifier: Apache-2.0
// A recording: everything that the engine was fed, in order, so that a replay concludes the same.
//
// A gzip file of two members. The first is stored, not deflated, and 32 bytes long when read:
//   char magic[8] = "RELOADTR" · u32 format = 1 · u32 ABI version (bpf/events.h)
//   char state[16] = "INCOMPLETE" while it is written, "COMPLETE" once it was closed cleanly
// The second holds frames until the end: u32 size of the payload · u32 kind · payload, where kind 1
// is a kernel record (bpf/events.h) and kind 2 a fact (fact_codec.h). Little-endian. Frames of
// unknown kind are passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/wire/event.h"

namespace reloadtrace {

class RecordingWriter {
 public:
  static Result<std::unique_ptr<RecordingWriter>> create(const std::string& path);
  ~RecordingWriter();
  RecordingWriter(const RecordingWriter&) = delete;
  RecordingWriter& operator=(const RecordingWriter&) = delete;

  // `record` is what a kernel event was decoded from; facts are encoded here. After an error the
  // recording stays readable up to it, and later writes fail alike.
  Result<> write(const Event& event, std::span<const std::byte> record);

  // Puts everything so far where a reader finds it, even if we are killed next.
  Result<> flush();

  // Marks the recording as complete.
  Result<> close();

 private:
  struct Deflate;
  RecordingWriter(UniqueFd fd, std::string path);
  Result<> begin();
  Result<> deflate_frame(std::uint32_t kind, std::span<const std::byte> payload);
  Result<> deflate_bytes(std::span<const std::byte> bytes, int flush);
  Result<> write_all(std::span<const std::byte> bytes);

  UniqueFd fd_;
  std::string path_;
  std::unique_ptr<Deflate> deflate_;
  std::vector<std::byte> encoded_;
  bool failed_ = false;
};

class RecordingReader {
 public:
  // Fails for what is no recording, or is one of another version.
  static Result<std::unique_ptr<RecordingReader>> open(const std::string& path);
  ~RecordingReader();
  RecordingReader(const RecordingReader&) = delete;
  RecordingReader& operator=(const RecordingReader&) = delete;

  struct Item {
    Event event;
    std::span<const std::byte> record;  // of a kernel event; valid until the next call
  };
  // Null at the end. An error where the file is cut off or damaged: nothing can be read behind it.
  // Frames that hold no event that this version knows are counted and passed over.
  Result<std::optional<Item>> next();

  bool complete() const { return complete_; }
  std::uint64_t undecodable() const { return undecodable_; }

 private:
  struct Inflate;
  explicit RecordingReader(std::string path);
  // Bytes read, fewer only at the end.
  Result<std::size_t> read(std::span<std::byte> into);

  std::string path_;
  std::unique_ptr<Inflate> inflate_;
  std::vector<std::byte> payload_;
  bool complete_ = false;
  bool begun_ = false;  // a frame was read: even the shortest session has its first fact
  std::uint64_t undecodable_ = 0;
};

}  // namespace reloadtrace
