// SPDX-License-Identifier: Apache-2.0
// JSON lines from a file or a pipe, one after the other, in the memory of a single buffer.
//
// What is wrong is accounted for in Flaws and passed over: the rest is used. Lines of kinds that
// nobody asked for are told by how our lines begin, and cost no more than finding their end.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/lines/flaws.h"
#include "userspace/lines/line_parser.h"

namespace reloadtrace {

class LineReader {
 public:
  // `flaws` outlives the reader. "-" is standard input.
  static Result<LineReader> open(const std::string& path,
                                 std::initializer_list<LineKind> wanted,
                                 Flaws& flaws);
  // Any descriptor; `name` is what messages call it.
  LineReader(UniqueFd fd, std::string name, std::initializer_list<LineKind> wanted, Flaws& flaws);

  // Whether it begins as gzip does: a recording, or compressed lines. Nothing is consumed.
  bool is_compressed();

  // The next line of a wanted kind, valid until the next call; null at the end, also when reading
  // fails, which is a flaw too.
  const Line* next();

  // Bytes that were read so far.
  std::uint64_t bytes() const { return bytes_; }

 private:
  enum class Ending { Newline, EndOfFile };

  bool take_line(std::string_view& text, Ending& ending);
  bool fill();
  void compact();
  bool is_uninteresting(std::string_view text) const;
  const Line* parse(std::string_view text, Ending ending);
  bool wants(LineKind kind) const { return (wanted_ & (1U << static_cast<unsigned>(kind))) != 0; }

  UniqueFd fd_;
  std::string name_;
  unsigned wanted_ = 0;  // a bit for each kind
  Flaws* flaws_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;  // of what was not given out yet
  std::size_t end_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t line_number_ = 0;
  bool at_end_ = false;
  bool skipping_ = false;     // within a line that is too long
  std::string_view pending_;  // a line that began within another one
  Ending pending_ending_ = Ending::Newline;
  LineParser parser_;
};

}  // namespace reloadtrace
