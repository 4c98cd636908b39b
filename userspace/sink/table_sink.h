// SPDX-License-Identifier: Apache-2.0
// The table for people: a block for each publish, and beneath it a row for each reader's verdict.
//
// Rows are printed as they come. When another publish came in between, a short dim header says
// again which block a row belongs to. Names are made harmless before they reach the terminal.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "userspace/sink/output.h"
#include "userspace/sink/sink.h"
#include "userspace/sink/table_layout.h"
#include "userspace/sink/wall_clock.h"

namespace reloadtrace {

class TableSink : public Sink {
 public:
  // `output` outlives the sink.
  TableSink(Output& output, TableOptions options, Session session = {});

  Result<> write(const Report& report) override;

  // The terminal has changed its size.
  void resize(int columns) { options_.columns = columns; }

 private:
  // The block that a row printed now would seem to belong to.
  struct Block {
    Timestamp at;
    std::string volume;
    std::string pod;                // "namespace/name" as last shown in it
    std::size_t lines_between = 0;  // of other kinds, since the last row
  };

  void print(const StartReport& start);
  void print(const PublishReport& report);
  void print(const ReloadReport& report);
  void print(const EventReport& report);
  void print(const ReaderReport& report);
  void print(const LossReport& report);
  void print(const DropReport& report);
  void print(const ShedReport& report);
  void print(const StopReport& report);

  void open_block(Block block);
  void enter_block(const ReloadReport& report);
  void print_row(const ReloadReport& report);
  void print_explanation(const ReloadReport& report, bool evidence_said);
  void print_processes(const ReloadReport& report);
  void print_date(Timestamp at);
  void print_missing(const StartReport& start);

  std::string safe(std::string_view text) const { return printable(text, options_.charset); }
  std::string clock(Timestamp at) const { return time_of_day(at, session_.wall_offset_ns); }
  std::string process_name(const ProcessInfo& process) const;
  std::string process_names(const std::vector<ProcessInfo>& processes) const;
  std::string process_cell(const ReloadReport& report, std::size_t width) const;
  std::string reader_cell(const ReaderInfo& reader) const;
  std::string volume_name(const VolumeInfo& volume) const;
  std::string pod_of(const VolumeInfo& volume) const;
  std::vector<Piece> timings(const ReloadReport& report) const;
  std::vector<Piece> changes(const std::vector<ChangedFile>& changed) const;
  std::vector<Piece> changed_keys(const ChangedFile& file) const;
  std::string details_of(const EventReport& report) const;
  std::string counts(const std::map<std::string, std::uint64_t>& counts) const;
  void learn_pod(const VolumeInfo& volume, const ReaderInfo& reader);
  void widen_columns(std::size_t reader, std::size_t process);

  Output& output_;
  TableOptions options_;
  Session session_;
  const Glyphs& glyphs_;
  Page page_;
  Block block_;
  Timestamp started_;
  std::string date_;                         // of the last header
  std::map<std::string, std::string> pods_;  // pod uid → "namespace/name"
  // Within a block columns only grow, so that its rows stay as aligned as names allow.
  static constexpr std::size_t kReaderWidth = 14;
  static constexpr std::size_t kProcessWidth = 16;
  static constexpr std::size_t kRowIndent = 4 + kReaderWidth + 2;  // of what explains a row
  std::size_t reader_width_ = kReaderWidth;
  std::size_t process_width_ = kProcessWidth;
};

}  // namespace reloadtrace
