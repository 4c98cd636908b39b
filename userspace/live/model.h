// SPDX-License-Identifier: Apache-2.0
// What the screen is about: every reader with every volume that it uses, and what was said of them.
//
// Pure. Who is there is told by rosters; publishes and verdicts come between them, in order. Memory
// is bounded by who is there: those that ended go after a while.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "userspace/engine/report.h"
#include "userspace/engine/roster.h"
#include "userspace/live/row.h"

namespace reloadtrace::live {

class Model {
 public:
  // How long, and how many, readers that ended are still shown.
  static constexpr Duration kShowEnded = std::chrono::seconds(60);
  static constexpr std::size_t kMaxEnded = 256;

  explicit Model(Charset charset) : charset_(charset) {}

  void take(const Report& report);
  // Readers that are not in it have ended.
  void take(const Roster& roster, Timestamp now);
  // A sentence for people.
  void say(std::string sentence) { message_ = std::move(sentence); }
  // Lines that somebody else dropped.
  void count_dropped(std::uint64_t reports) { dropped_ += reports; }

  Charset charset() const { return charset_; }
  const std::optional<StartReport>& start() const { return start_; }
  const std::unordered_map<std::string, Row>& rows() const { return rows_; }
  const Row* row(const std::string& key) const;
  std::size_t readers() const { return readers_; }  // that are there
  std::size_t volumes() const { return volumes_; }
  const std::map<std::string, std::uint64_t>& lost() const { return lost_; }  // events, by cause
  std::uint64_t dropped() const { return dropped_; }                          // lines of an output
  const std::string& message() const { return message_; }
  std::int64_t wall_offset_ns() const { return start_ ? start_->wall_offset_ns : 0; }

  // Another one whenever the rows, or what is in them, changed.
  std::uint64_t version() const { return version_; }

 private:
  Row& row_for(const ReaderInfo& reader, const VolumeInfo& volume);
  void learn(const StartReport& report);
  void learn(const PublishReport& report);
  void learn(const ReloadReport& report);
  void learn(const LossReport& report);
  void learn(const ShedReport& report);
  void learn(const DropReport& report) { dropped_ += report.reports; }
  // Evidence is for lines; the end of the session is told when the screen has gone.
  void learn(const EventReport&) {}
  void learn(const ReaderReport&) {}
  void learn(const StopReport&) {}
  void forget_ended(Timestamp now);

  Charset charset_;
  std::optional<StartReport> start_;
  std::unordered_map<std::string, Row> rows_;  // by key
  std::size_t readers_ = 0;
  std::size_t volumes_ = 0;
  std::map<std::string, std::uint64_t> lost_;
  std::uint64_t dropped_ = 0;
  std::string message_;
  std::uint64_t version_ = 0;
};

}  // namespace reloadtrace::live
