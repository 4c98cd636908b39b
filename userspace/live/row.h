// SPDX-License-Identifier: Apache-2.0
// One reader and one volume: what the screen knows of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "userspace/engine/report.h"
#include "userspace/engine/roster.h"
#include "userspace/sink/table_words.h"

namespace reloadtrace::live {

// A verdict that was given, as the list of a reader's last ones has it.
struct Told {
  Timestamp at;
  Timestamp published;
  Verdict verdict = Verdict::Unknown;
  std::optional<Cause> cause;
  std::string latency;     // as latency_of() has it
  std::string generation;  // label of what was published
};

// What needs attention comes first.
enum class Attention : std::uint8_t {
  Failed,   // stale, partial, torn
  Late,     // reread in the end
  Unknown,  // nothing could be proven
  Waiting,  // published, no verdict yet
  Quiet,    // superseded, unchanged, pending: nothing to do
  Good,     // reloaded, restarted
  Nothing,  // no publish since the trace began
  Ended,    // the reader has gone
};

class Row {
 public:
  // Of each of its verdicts the latest so many are kept.
  static constexpr std::size_t kMaxTold = 32;

  Row(std::string key, Charset charset) : key_(std::move(key)), charset_(charset) {}

  void take(const RosterEntry& entry);
  // The volume has a new generation, and this reader is asked about it.
  void take(const PublishReport& report);
  void take(const ReloadReport& report);
  void end(Timestamp at);

  const std::string& key() const { return key_; }
  const ReaderInfo& reader() const { return reader_; }
  const VolumeInfo& volume() const { return volume_; }
  Timestamp published() const { return published_; }  // the volume's newest; zero = not known
  Timestamp ended() const { return ended_; }          // zero while it is there
  bool awaited() const { return awaited_; }
  Attention attention() const;
  const std::optional<ReloadReport>& last() const { return last_; }
  const std::deque<Told>& told() const { return told_; }  // newest first
  // Of the last reread, or since when there is none; what is waited for goes on until `now`.
  std::optional<Duration> latency(Timestamp now) const;

  // Cells of the list, harmless.
  const std::string& pod_cell() const { return pod_; }
  const std::string& reader_cell() const { return name_; }
  const std::string& volume_cell() const { return where_; }
  const std::string& cause_cell() const { return cause_; }
  // What the reader is known to have read: its version, or its name; "?" where nothing is known.
  const std::string& generation_cell() const { return has_; }
  // The volume's newest.
  const std::string& newest() const { return newest_; }
  bool behind() const { return has_ != newest_; }
  // All of these and the verdict, in lower case: what a filter is looked for in.
  const std::string& text() const { return text_; }

 private:
  void describe(const ReaderInfo& reader, const VolumeInfo& volume);
  void note_generation(const ReloadReport& report);
  void refresh_text();
  std::string safe(std::string_view text) const { return printable(text, charset_); }
  std::string label(const PublishInfo& publish) const;

  std::string key_;
  Charset charset_;
  ReaderInfo reader_;
  VolumeInfo volume_;
  Timestamp published_;
  Timestamp ended_;
  bool awaited_ = false;
  std::optional<ReloadReport> last_;
  std::deque<Told> told_;
  std::string pod_;
  std::string name_;
  std::string where_;
  std::string cause_;
  std::string has_;
  std::string newest_;
  std::string text_;
};

// The same for a reader and its volume in every report and roster.
std::string key_of(const ReaderInfo& reader, const VolumeInfo& volume);

// "java[1234]"
std::string process_name(const ProcessInfo& process, Charset charset);

// Without regard to case, of ASCII letters.
std::string lower(std::string_view text);

}  // namespace reloadtrace::live
