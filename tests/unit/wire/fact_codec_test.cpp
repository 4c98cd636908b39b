// SPDX-License-Identifier: Apache-2.0
// Every field of every fact survives; hostile bytes neither crash nor take much memory. The fields
// are bound by position, so that one added to fact.h does not compile here until it is tested.
#include "userspace/wire/fact_codec.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <type_traits>

namespace reloadtrace {
namespace {

template <typename T>
std::string text(const T& v);

template <typename... Ts>
std::string join(const Ts&... fields) {
  std::string out = "{";
  ((out += text(fields) + ","), ...);
  return out + "}";
}

std::string fields(const Timestamp& v) {
  return fmt::format("@{}", v.ns);
}
std::string fields(const InodeId& v) {
  const auto& [dev, ino] = v;
  return join(dev, ino);
}
std::string fields(const HookStatus& v) {
  const auto& [a, b] = v;
  return join(a, b);
}
std::string fields(const FileFact& v) {
  const auto& [a, b, c, d] = v;
  return join(a, b, c, d);
}
std::string fields(const GenerationFact& v) {
  const auto& [a, b, c, d] = v;
  return join(a, b, c, d);
}
std::string fields(const MountFact& v) {
  const auto& [a, b, c, d] = v;
  return join(a, b, c, d);
}
std::string fields(const FileChange& v) {
  const auto& [a, b] = v;
  return join(a, b);
}
std::string fields(const KeyChange& v) {
  const auto& [a, b, c, d] = v;
  return join(a, b, c, d);
}
std::string fields(const FileDiff& v) {
  const auto& [a, b, c, d, e] = v;
  return join(a, b, c, d, e);
}
std::string fields(const LossCount& v) {
  const auto& [a, b] = v;
  return join(a, b);
}
std::string fields(const SessionFact& v) {
  const auto& [a, b, c, d, e, f, g] = v;
  return join(a, b, c, d, e, f, g);
}
std::string fields(const ReadyFact& v) {
  const auto& [a] = v;
  return join(a);
}
std::string fields(const EndFact& v) {
  const auto& [a] = v;
  return join(a);
}
std::string fields(const VolumeFact& v) {
  const auto& [a, b, c, d, e, f, g, h, i, j] = v;
  return join(a, b, c, d, e, f, g, h, i, j);
}
std::string fields(const VolumeGoneFact& v) {
  const auto& [a, b] = v;
  return join(a, b);
}
std::string fields(const ContainerFact& v) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k] = v;
  return join(a, b, c, d, e, f, g, h, i, j, k);
}
std::string fields(const ContainerGoneFact& v) {
  const auto& [a, b] = v;
  return join(a, b);
}
std::string fields(const ProcessFact& v) {
  const auto& [a, b, c, d, e, f, g, h] = v;
  return join(a, b, c, d, e, f, g, h);
}
std::string fields(const PublishFact& v) {
  const auto& [a, b, c, d, e, f, g, h, i, j] = v;
  return join(a, b, c, d, e, f, g, h, i, j);
}
std::string fields(const WatchFact& v) {
  const auto& [a, b, c, d, e, f, g, h, i, j] = v;
  return join(a, b, c, d, e, f, g, h, i, j);
}
std::string fields(const HeldFact& v) {
  const auto& [a, b, c, d, e, f, g, h] = v;
  return join(a, b, c, d, e, f, g, h);
}
std::string fields(const InspectedFact& v) {
  const auto& [a, b, c, d, e] = v;
  return join(a, b, c, d, e);
}
std::string fields(const PollFact& v) {
  const auto& [a, b, c, d, e, f, g, h, i] = v;
  return join(a, b, c, d, e, f, g, h, i);
}
std::string fields(const WatchFailedFact& v) {
  const auto& [a, b, c, d, e, f, g] = v;
  return join(a, b, c, d, e, f, g);
}
std::string fields(const ModuleFact& v) {
  const auto& [a, b] = v;
  return join(a, b);
}
std::string fields(const ProgramFact& v) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = v;
  return join(a, b, c, d, e, f, g, h, i, j, k, l, m);
}
std::string fields(const OpenFailedFact& v) {
  const auto& [a, b, c, d, e, f, g, h, i] = v;
  return join(a, b, c, d, e, f, g, h, i);
}
std::string fields(const LossFact& v) {
  const auto& [a, b, c] = v;
  return join(a, b, c);
}
std::string fields(const ShedFact& v) {
  const auto& [a, b, c, d] = v;
  return join(a, b, c, d);
}

template <typename T>
std::string text(const T& v) {
  if constexpr (std::is_enum_v<T>) {
    return fmt::format("#{}", static_cast<unsigned>(v));
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return fmt::format("{}", v);
  } else if constexpr (requires { v.begin(); }) {
    std::string out = "[";
    for (const auto& item : v) {
      out += text(item) + ",";
    }
    return out + "]";
  } else {
    return fields(v);
  }
}

GenerationFact generation() {
  return {"..2026_11_22", {7, 8}, {{"a/b.yaml", 9, 10, 11}, {"c", 12, 0xFFFFFFFFFFFFFFFF, 13}}};
}

std::vector<Event> one_of_each() {
  return {
      SessionFact{{1}, -2, 3, "0.1.0", "6.12", "node", {{"open", HookState::Fentry}}},
      ReadyFact{{4}},
      EndFact{{5}},
      VolumeFact{{6},
                 {1, 2},
                 VolumeKind::Csi,
                 "config",
                 "/var",
                 "uid",
                 true,
                 "..data",
                 generation(),
                 {41}},
      VolumeGoneFact{{7}, {1, 2}},
      ContainerFact{{8},
                    "id",
                    {3, 4},
                    "app",
                    "pod",
                    "ns",
                    "uid",
                    99,
                    {{{1, 2}, "/etc/config", "app.yaml", "..2026"}, {{3, 4}, "/x", "", ""}},
                    42,
                    "qemu-system-x86_64"},
      ContainerGoneFact{{9}, "id"},
      ProcessFact{{10}, 11, {12}, 13, "java", "/bin/java", "id", ProcessRole::Observer},
      PublishFact{{14},
                  {1, 2},
                  PublishStyle::InPlace,
                  "..from",
                  generation(),
                  15,
                  "kubelet",
                  false,
                  {{"a", ChangeKind::Removed}, {"b", ChangeKind::Added}},
                  {{"c", "", {{"log.level", ChangeKind::Modified, "info", "debug"}}, 51, 52},
                   {"d", "larger than 1 MiB", {}, 0, 0}}},
      WatchFact{{16}, 17, 18, 19, 20, {1, 2}, {3, 4}, TargetKind::Link, "app.yaml", true},
      HeldFact{{21}, 22, 23, {1, 2}, {3, 4}, "..old", "app.yaml", true},
      InspectedFact{{24}, 25, true, true, true},
      OpenFailedFact{{26}, 27, {1, 2}, "app.yaml", 28, 29, 30, 31, 0400},
      PollFact{{36}, {37}, 38, {1, 2}, TargetKind::Link, "..data", PollCall::Readlink, 39, 40},
      WatchFailedFact{{41}, 42, {1, 2}, "app.yaml", WatchCall::Add, 43, 44},
      ProgramFact{{46},
                  47,
                  Runtime::Go,
                  "go1.22.1",
                  "example.com/app",
                  true,
                  {{"github.com/fsnotify/fsnotify", "v1.6.0"}, {"x", ""}},
                  true,
                  48,
                  49,
                  50,
                  true,
                  "POST /-/reload"},
      LossFact{{32}, {33}, {{LossCause::Undecodable, 34}, {LossCause::MapFull, 35}}},
      ShedFact{{36}, "poll", 37, 38},
  };
}

std::vector<std::byte> encoded(const Event& fact) {
  std::vector<std::byte> bytes;
  encode_fact(fact, bytes);
  return bytes;
}

std::string said(const Event& event) {
  return std::visit(
      []<typename T>(const T& fact) -> std::string {
        if constexpr (requires { fields(fact); }) {
          return fields(fact);
        } else {
          return "not a fact";
        }
      },
      event);
}

TEST(FactCodec, gives_back_every_field_of_every_fact) {
  for (const Event& fact : one_of_each()) {
    ASSERT_TRUE(is_fact(fact));
    const auto decoded = decode_fact(encoded(fact));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(decoded->index(), fact.index());
    EXPECT_EQ(said(*decoded), said(fact));
  }
}

TEST(FactCodec, encodes_no_kernel_event) {
  EXPECT_FALSE(is_fact(ReadEvent{}));
  EXPECT_TRUE(encoded(ReadEvent{}).empty());
}

TEST(FactCodec, leaves_fields_at_their_defaults_that_an_older_recording_lacks) {
  const Event fact = one_of_each().front();
  std::vector<std::byte> bytes = encoded(fact);
  bytes.resize(2 + 8 + 8);  // kind, time, offset: then it ends
  const auto decoded = decode_fact(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<SessionFact>(*decoded).wall_offset_ns, -2);
  EXPECT_EQ(std::get<SessionFact>(*decoded).deadline_ns, 0);
  EXPECT_EQ(std::get<SessionFact>(*decoded).node, "");
}

TEST(FactCodec, keeps_what_a_generation_calls_itself_and_reads_recordings_without_it) {
  PublishFact publish;
  publish.to.name = "..2026_1";
  publish.to.config_version = "1.4.2";
  publish.changed = {{"app.yaml", ChangeKind::Added}};
  std::vector<std::byte> bytes = encoded(publish);
  EXPECT_EQ(std::get<PublishFact>(*decode_fact(bytes)).to.config_version, "1.4.2");
  // The length and the text of it, and what came later still: as they were written before.
  bytes.resize(bytes.size() - 4 - 5 - 4);
  const auto older = decode_fact(bytes);
  ASSERT_TRUE(older);
  EXPECT_EQ(std::get<PublishFact>(*older).to.config_version, "");
  EXPECT_EQ(std::get<PublishFact>(*older).changed.at(0).kind, ChangeKind::Added);

  VolumeFact volume;
  volume.current.config_version = "7f3c";
  EXPECT_EQ(std::get<VolumeFact>(*decode_fact(encoded(volume))).current.config_version, "7f3c");
}

TEST(FactCodec, ignores_fields_that_a_newer_recording_has) {
  for (const Event& fact : one_of_each()) {
    std::vector<std::byte> bytes = encoded(fact);
    bytes.resize(bytes.size() + 16, std::byte{0xEE});
    const auto decoded = decode_fact(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(said(*decoded), said(fact));
  }
}

TEST(FactCodec, survives_being_cut_off_anywhere) {
  for (const Event& fact : one_of_each()) {
    const std::vector<std::byte> bytes = encoded(fact);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto decoded = decode_fact(std::span(bytes).first(size));
      if (decoded) {
        EXPECT_EQ(decoded->index(), fact.index());
      }
    }
  }
}

TEST(FactCodec, refuses_an_unknown_kind) {
  const std::byte bytes[] = {std::byte{0xFF}, std::byte{0x7F}, std::byte{0}};
  ASSERT_FALSE(decode_fact(bytes));
}

TEST(FactCodec, refuses_a_count_that_the_bytes_cannot_hold) {
  std::vector<std::byte> bytes = encoded(LossFact{{1}, {2}, {}});
  const std::uint32_t count = 0xFFFFFFFF;
  std::memcpy(bytes.data() + bytes.size() - sizeof count, &count, sizeof count);
  EXPECT_FALSE(decode_fact(bytes));
}

TEST(FactCodec, makes_no_more_elements_than_there_are_bytes_for) {
  // As many losses as there are bytes behind the count, though each takes nine of them.
  std::vector<std::byte> bytes = encoded(LossFact{{1}, {2}, {}});
  const std::uint32_t count = 9000;
  std::memcpy(bytes.data() + bytes.size() - sizeof count, &count, sizeof count);
  bytes.resize(bytes.size() + count);
  EXPECT_FALSE(decode_fact(bytes));
}

}  // namespace
}  // namespace reloadtrace
