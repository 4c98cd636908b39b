// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/otlp_ids.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>

namespace reloadtrace {
namespace {

// 128 bits that no standard library's choice of std::hash can change. Not for secrets.
class IdHash {
 public:
  // Each field ends where it ends: "ab", "c" differ from "a", "bc".
  IdHash& add(std::string_view field) {
    for (const char c : field) {
      mix(static_cast<unsigned char>(c));
    }
    return add(std::uint64_t{field.size()});
  }
  IdHash& add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      mix((number >> shift) & 0xff);
    }
    return *this;
  }

  std::string hex16() const { return fmt::format("{:016x}", half(first_)); }
  std::string hex32() const { return fmt::format("{:016x}{:016x}", half(first_), half(second_)); }

 private:
  void mix(std::uint64_t byte) {
    first_ = (first_ ^ byte) * 0x100000001b3;                        // FNV-1a
    second_ = (std::rotl(second_, 23) ^ byte) * 0x9e3779b97f4a7c15;  // another, so that both differ
  }

  // The finalizer of splitmix64: FNV leaves the high bits of short inputs nearly equal. Zero is no
  // id.
  static std::uint64_t half(std::uint64_t state) {
    state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
    state ^= state >> 31;
    return state == 0 ? 1 : state;
  }

  std::uint64_t first_ = 0xcbf29ce484222325;
  std::uint64_t second_ = 0x6c62272e07bb0142;
};

}  // namespace

std::string publish_trace_id(const Session& session,
                             const VolumeInfo& volume,
                             const PublishInfo& publish) {
  return IdHash()
      .add(session.node)
      .add(volume.host_path)
      .add(unix_nanoseconds(publish.at, session.wall_offset_ns))
      .add(publish.to)
      .hex32();
}

std::string publish_span_id(std::string_view trace_id) {
  return IdHash().add(trace_id).add("config.publish").hex16();
}

std::string reload_span_id(std::string_view trace_id, const ReloadReport& report) {
  const ReaderInfo& reader = report.reader;
  IdHash hash;
  hash.add(trace_id).add("config.reload").add(report.volume.path);
  if (reader.container) {
    hash.add(reader.container_id);
  } else {
    hash.add(reader.process.pid);
  }
  return hash.add(report.verdict == Verdict::Late ? "late" : "").hex16();
}

std::string step_span_id(std::string_view reload_span_id, std::string_view step) {
  return IdHash().add(reload_span_id).add(step).hex16();
}

}  // namespace reloadtrace
