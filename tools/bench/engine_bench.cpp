// SPDX-License-Identifier: Apache-2.0
// How many events a second the decoder, the engine and a whole replay take on one core.
#include <benchmark/benchmark.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/events.h"
#include "userspace/engine/engine.h"
#include "userspace/source/replay_source.h"
#include "userspace/wire/recording.h"

namespace reloadtrace {
namespace {

constexpr DeviceId kDevice = 0xfe00001;
constexpr std::uint64_t kVolume = 100;
constexpr std::uint64_t kGeneration = 200;
constexpr std::uint64_t kFile = 300;
constexpr std::uint32_t kReaders = 50;

reloadtrace_header header(std::uint16_t kind,
                          std::uint16_t size,
                          std::uint64_t at,
                          std::uint32_t tgid) {
  reloadtrace_header out{};
  out.ts_ns = at;
  out.start_ns = 1;
  out.tgid = out.tid = tgid;
  out.kind = kind;
  out.size = size;
  std::strcpy(out.comm, "reader");
  return out;
}

reloadtrace_file file() {
  reloadtrace_file out{};
  out.volume_ino = kVolume;
  out.generation_ino = kGeneration;
  out.ino = kFile;
  out.size = 812;
  out.dev = kDevice;
  out.mode = 0100644;
  return out;
}

template <class T>
std::vector<std::byte> bytes(const T& record) {
  const auto view = std::as_bytes(std::span(&record, 1));
  return {view.begin(), view.end()};
}

// What a reader that polls makes: an open, a read of everything, a read of the end.
std::vector<std::vector<std::byte>> poll_once(std::uint64_t at, std::uint32_t tgid) {
  reloadtrace_open_event open{};
  open.header = header(RELOADTRACE_EV_OPEN, sizeof open, at, tgid);
  open.file = file();
  constexpr std::string_view kNames("app.yaml\0..2026_11_22\0", 22);
  std::memcpy(open.tree.names, kNames.data(), kNames.size());
  open.tree.len = static_cast<std::uint16_t>(kNames.size());
  open.tree.components = 2;
  reloadtrace_read_event read{};
  read.header = header(RELOADTRACE_EV_READ, sizeof read, at + 1, tgid);
  read.file = file();
  read.count = 812;
  reloadtrace_read_event end = read;
  end.header.ts_ns = at + 2;
  end.offset = 812;
  end.count = 0;
  return {bytes(open), bytes(read), bytes(end)};
}

std::vector<std::vector<std::byte>> storm(std::size_t events) {
  std::vector<std::vector<std::byte>> out;
  for (std::uint64_t i = 0; out.size() < events; ++i) {
    for (auto& record : poll_once(1000 + i * 10, 1000 + static_cast<std::uint32_t>(i) % kReaders)) {
      out.push_back(std::move(record));
    }
  }
  return out;
}

VolumeFact volume() {
  VolumeFact fact;
  fact.at = {1};
  fact.id = {kDevice, kVolume};
  fact.atomic_links = true;
  fact.link = "..data";
  fact.current = {"..2026_11_22", {kDevice, kGeneration}, {{"app.yaml", kFile, 812, 1}}};
  return fact;
}

void decode_records(benchmark::State& state) {
  const auto records = storm(3000);
  while (state.KeepRunning()) {
    for (const auto& record : records) {
      benchmark::DoNotOptimize(decode(record));
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * records.size()));
}
BENCHMARK(decode_records);

void engine_observes(benchmark::State& state) {
  std::vector<Event> events;
  for (const auto& record : storm(3000)) {
    events.push_back(*decode(record));
  }
  Engine engine(
      {}, [](const Report&) {}, nullptr);
  engine.observe(volume());
  while (state.KeepRunning()) {
    for (const Event& event : events) {
      engine.observe(event);
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * events.size()));
}
BENCHMARK(engine_observes);

// From the gzip file to the engine, as `replay` does it.
void replay_of_a_recording(benchmark::State& state) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "reloadtrace-bench.recording").string();
  constexpr std::size_t kEvents = 1'000'000;
  {
    auto writer = RecordingWriter::create(path);
    static_cast<void>((*writer)->write(volume(), {}).has_value());
    for (const auto& record : storm(kEvents)) {
      static_cast<void>((*writer)->write(*decode(record), record).has_value());
    }
    static_cast<void>((*writer)->close().has_value());
  }
  while (state.KeepRunning()) {
    auto source = ReplaySource::open(path);
    Engine engine(
        {}, [](const Report&) {}, nullptr);
    for (;;) {
      const auto progress = (*source)->poll(
          {}, [&](const Event& event, std::span<const std::byte>) { engine.observe(event); });
      if (!progress || *progress == Progress::EndOfStream) {
        break;
      }
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kEvents));
  std::filesystem::remove(path);
}
BENCHMARK(replay_of_a_recording)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace reloadtrace

BENCHMARK_MAIN();
