// SPDX-License-Identifier: Apache-2.0
// A recording gives back what was written, however it ended and whatever was done to it.
#include "userspace/wire/recording.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/stories/kernel_records.h"
#include "tests/support/stories/story.h"
#include "userspace/wire/fact_codec.h"

namespace reloadtrace::testing {
namespace {

using Bytes = std::vector<std::byte>;

// What distinguishes an event: the bytes it is kept as.
Bytes bytes_of(const Event& event) {
  Bytes bytes = kernel_record(event);
  encode_fact(event, bytes);
  return bytes;
}

class RecordingTest : public ::testing::Test {
 protected:
  void record(const std::vector<Event>& events, bool close = true) {
    auto writer = RecordingWriter::create(path_);
    ASSERT_TRUE(writer) << writer.error().message;
    for (const Event& event : events) {
      ASSERT_TRUE((*writer)->write(event, kernel_record(event)));
    }
    ASSERT_TRUE(close ? (*writer)->close() : (*writer)->flush());
  }

  struct Read {
    std::vector<Bytes> events;
    std::string error;  // empty = the end was reached
    bool complete = false;
    std::uint64_t undecodable = 0;
  };
  Read read_all() const {
    Read out;
    auto reader = RecordingReader::open(path_);
    if (!reader) {
      out.error = reader.error().message;
      return out;
    }
    out.complete = (*reader)->complete();
    for (;;) {
      auto item = (*reader)->next();
      if (!item) {
        out.error = item.error().message;
        break;
      }
      if (!*item) {
        break;
      }
      const Event& event = (*item)->event;
      EXPECT_EQ(is_fact(event), (*item)->record.empty());
      out.events.push_back(bytes_of(event));
    }
    out.undecodable = (*reader)->undecodable();
    return out;
  }

  std::string file() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put_file(std::string_view bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  // A file as another hand would make it.
  static void append(std::string& out, const void* bytes, std::size_t size) {
    out.append(static_cast<const char*>(bytes), size);
  }
  static std::string header(std::uint32_t format, std::uint32_t abi) {
    std::string out = "RELOADTR";
    append(out, &format, sizeof format);
    append(out, &abi, sizeof abi);
    out.append("COMPLETE");
    out.resize(32);
    return out;
  }
  static std::string frame(std::uint32_t kind, std::string_view payload) {
    std::string out;
    const auto size = static_cast<std::uint32_t>(payload.size());
    append(out, &size, sizeof size);
    append(out, &kind, sizeof kind);
    return out.append(payload);
  }
  static std::string fact_frame(const Event& fact) {
    const Bytes bytes = bytes_of(fact);
    return frame(2, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  void put_members(const std::string& first, const std::string& second) const {
    for (const auto& [mode, bytes] : {std::pair("wb", &first), std::pair("ab", &second)}) {
      gzFile file = gzopen(path_.c_str(), mode);
      gzwrite(file, bytes->data(), static_cast<unsigned>(bytes->size()));
      gzclose(file);
    }
  }

  // In memory: some tests write it a thousand times.
  UniqueFd memory_{::memfd_create("recording", MFD_CLOEXEC)};
  std::string path_ = "/proc/self/fd/" + std::to_string(memory_.get());
};

std::vector<Event> every_kind() {
  std::vector<Event> events;
  Story story([&](const Event& event) { events.push_back(event); });
  story.begin();
  StoryVolume& config = story.config_map({{"conf.d/app.yaml", "one"}});
  const auto app = story.container("app", {&config});
  const auto watch = story.watch(app.main, config, "", 0x180);
  story.ready();
  story.publish(config, {{"conf.d/app.yaml", "two"}});
  story.notify(watch, 0x80, "..data");
  story.reread(app.main, config, "conf.d/app.yaml");
  story.map(app.main, config, "conf.d/app.yaml");
  story.fail_open(app.main, config, "conf.d/app.yaml", 13);
  const auto child = story.child(app.main, "worker");
  story.inspect(child, {watch}, {Story::holds(config, config.old, "conf.d/app.yaml", 4)});
  auto main = app.main;
  story.exec(main, "app2");
  story.exit(child);
  const Origin origin = story.origin(app.main);
  story.deliver(OpenFailedEvent{origin, "/etc/config/app.yaml", 13, 65534, -100});
  story.deliver(RenameEvent{origin, "..data_tmp", "..data", {1, 2}, {1, 3}, false});
  story.deliver(SymlinkEvent{origin, "..2026_11", "..data_tmp"});
  story.deliver(WriteClosedEvent{origin, Story::file_ref(config, config.now, "conf.d/app.yaml"),
                                 "..2026/conf.d/app.yaml"});
  story.deliver(WatchRemoveEvent{origin, 5, 1});
  story.mark(app.main, config, 0x180);
  story.fanotify(app.main, 0x80, "..data");
  story.fail_watch(app.main, WatchCall::Init, 24);
  story.deliver(WatchFailedEvent{origin, WatchCall::Add, 28, 1000, 0x180, -100, "/etc/config"});
  ProgramFact program;
  program.at = story.tick();
  program.tgid = app.main.tgid;
  program.runtime = Runtime::Go;
  program.modules = {{"github.com/fsnotify/fsnotify", "v1.7.0"}};
  story.deliver(program);
  story.deliver(CgroupCreatedEvent{origin, 77, "/kubepods/burstable/pod5d1c/c0ffee"});
  story.deliver(MountEvent{origin, "/var/lib/kubelet/pods/5d1c/volumes/secret", false});
  story.deliver(CgroupRemovedEvent{origin, 77});
  story.look(app.main, config, "conf.d/app.yaml", PollCall::Access);
  story.deliver(
      PollEvent{origin, origin.at, origin.at, 3, PollCall::Lstat, 2, -100, "/etc/config/..data"});
  story.hang_up(app.main, SignalHandling::Handled);
  story.post(app.main, "POST /-/reload");
  story.answer(app.main, 200);
  story.lose(LossCause::MapFull, 3);
  story.shed("poll");
  story.gone(app);
  story.deliver(VolumeGoneFact{story.tick(), config.fact.id});
  story.end();
  return events;
}

std::vector<Bytes> bytes_of(const std::vector<Event>& events) {
  std::vector<Bytes> out;
  for (const Event& event : events) {
    out.push_back(bytes_of(event));
  }
  return out;
}

TEST_F(RecordingTest, gives_back_every_kind_of_event_and_fact) {
  const std::vector<Event> events = every_kind();
  std::vector<bool> seen(std::variant_size_v<AnyEvent>);
  for (const Event& event : events) {
    seen[event.index()] = true;
  }
  for (std::size_t kind = 0; kind < seen.size(); ++kind) {
    EXPECT_TRUE(seen[kind]) << "the story lacks kind " << kind;
  }
  record(events);
  const Read read = read_all();
  EXPECT_EQ(read.events, bytes_of(events));
  EXPECT_EQ(read.error, "");
  EXPECT_TRUE(read.complete);
  EXPECT_EQ(read.undecodable, 0U);
}

TEST_F(RecordingTest, is_incomplete_until_it_was_closed) {
  const std::vector<Event> events = every_kind();
  record(events, /*close=*/false);
  const Read read = read_all();
  EXPECT_FALSE(read.complete);
  EXPECT_EQ(read.events, bytes_of(events));
  EXPECT_NE(read.error.find("did not end by itself"), std::string::npos) << read.error;
}

TEST_F(RecordingTest, holds_after_a_flush_all_that_was_written_even_if_we_are_killed) {
  const std::vector<Event> events = every_kind();
  auto writer = RecordingWriter::create(path_);
  ASSERT_TRUE(writer);
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_TRUE((*writer)->write(events[i], kernel_record(events[i])));
    ASSERT_TRUE((*writer)->flush());
    ASSERT_EQ(read_all().events.size(), i + 1);
  }
}

TEST_F(RecordingTest, gives_whatever_lies_before_the_byte_at_which_it_was_cut_off) {
  const std::vector<Event> events = every_kind();
  std::vector<std::size_t> ends;  // size of the file when the event was in it
  auto writer = RecordingWriter::create(path_);
  ASSERT_TRUE(writer);
  for (const Event& event : events) {
    ASSERT_TRUE((*writer)->write(event, kernel_record(event)));
    ASSERT_TRUE((*writer)->flush());
    ends.push_back(file().size());
  }
  ASSERT_TRUE((*writer)->close());
  const std::string whole = file();
  const std::vector<Bytes> expected = bytes_of(events);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put_file(std::string_view(whole).substr(0, size));
    const Read read = read_all();
    ASSERT_NE(read.error, "") << size;
    ASSERT_LE(read.events.size(), expected.size());
    for (std::size_t i = 0; i < read.events.size(); ++i) {
      ASSERT_EQ(read.events[i], expected[i]) << size;
    }
    const auto there = std::upper_bound(ends.begin(), ends.end(), size) - ends.begin();
    ASSERT_GE(read.events.size(), static_cast<std::size_t>(there)) << size;
  }
}

TEST_F(RecordingTest, survives_a_flipped_bit_anywhere) {
  record(every_kind());
  const std::string whole = file();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    put_file(damaged);
    const Read read = read_all();
    ASSERT_LE(read.events.size(), every_kind().size());
  }
}

TEST_F(RecordingTest, refuses_what_is_no_recording) {
  for (const std::string& foreign :
       {std::string(), std::string("{\"schema\":1}\n"), std::string(4096, 'x')}) {
    put_file(foreign);
    EXPECT_NE(read_all().error.find("is not a recording"), std::string::npos);
  }
  put_members(std::string(32, 'x'), "");
  EXPECT_NE(read_all().error.find("is not a recording"), std::string::npos);
  const auto missing = RecordingReader::open("/nonexistent/recording");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("No such file"), std::string::npos);
}

TEST_F(RecordingTest, refuses_another_version_and_says_which) {
  put_members(header(2, 1), "");
  EXPECT_NE(read_all().error.find("format 2"), std::string::npos) << read_all().error;
  put_members(header(1, 77), "");
  EXPECT_NE(read_all().error.find("ABI 77"), std::string::npos) << read_all().error;
}

TEST_F(RecordingTest, passes_over_frames_that_it_does_not_know) {
  put_members(header(1, 1), frame(77, "from the future") + fact_frame(ReadyFact{{5}}) +
                                frame(2, std::string("\xff\x7f", 2)) + frame(1, "no record") +
                                frame(2, "") + fact_frame(EndFact{{6}}));
  const Read read = read_all();
  EXPECT_EQ(read.events, bytes_of({ReadyFact{{5}}, EndFact{{6}}}));
  EXPECT_EQ(read.undecodable, 4U);
  EXPECT_EQ(read.error, "");
}

TEST_F(RecordingTest, stops_at_a_frame_that_claims_to_be_huge) {
  std::string huge = frame(2, "");
  const std::uint32_t size = 0xFFFFFFFF;
  std::memcpy(huge.data(), &size, sizeof size);
  put_members(header(1, 1), fact_frame(ReadyFact{{5}}) + huge + fact_frame(EndFact{{6}}));
  const Read read = read_all();
  EXPECT_EQ(read.events.size(), 1U);
  EXPECT_NE(read.error, "");
}

TEST_F(RecordingTest, says_so_when_the_disk_is_full) {
  const auto full = RecordingWriter::create("/dev/full");
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().message.find("No space left"), std::string::npos);
  EXPECT_NE(full.error().message.find("/dev/full"), std::string::npos);
}

TEST_F(RecordingTest, stays_readable_up_to_the_write_that_failed) {
  auto writer = RecordingWriter::create(path_);
  ASSERT_TRUE(writer);
  const std::vector<Event> events = every_kind();
  ASSERT_TRUE((*writer)->write(events[0], kernel_record(events[0])));
  ASSERT_TRUE((*writer)->flush());

  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{file().size(), before.rlim_max};
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  ASSERT_TRUE((*writer)->write(events[1], kernel_record(events[1])));  // still in memory
  const auto flushed = (*writer)->flush();
  const auto written = (*writer)->write(events[2], kernel_record(events[2]));
  const auto closed = (*writer)->close();
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  EXPECT_FALSE(flushed);
  EXPECT_FALSE(written);
  EXPECT_FALSE(closed);
  const Read read = read_all();
  EXPECT_FALSE(read.complete);
  ASSERT_EQ(read.events.size(), 1U);
  EXPECT_EQ(read.events[0], bytes_of(events[0]));
}

TEST_F(RecordingTest, is_for_the_eyes_of_its_owner) {
  const std::string path = ::testing::TempDir() + "recording_test." + std::to_string(::getpid());
  ASSERT_TRUE(RecordingWriter::create(path));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  ::unlink(path.c_str());
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

}  // namespace
}  // namespace reloadtrace::testing
