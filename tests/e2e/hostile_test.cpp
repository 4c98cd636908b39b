// SPDX-License-Identifier: Apache-2.0
// A container that does what no application should. The tracer goes on, its lines stay lines, a
// neighbour on the same volume gets its own verdict while it happens, and nobody is accused of what
// was not seen. TearDown checks each line against the schema, and that the replay says the same.
#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/e2e/story.h"
#include "tests/support/patience.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::seconds;

const Row kByInotify{"reloaded", "", "inotify"};
const Row kByPoll{"reloaded", "", "poll"};
const Row kUnknown{"unknown"};
// More than it gets done before the test is over.
const std::string kWithoutEnd = "4000000000";

// As tools/actor/hostile.cpp has them. Each tries to end a line, a quoted string, a terminal's
// state or an UTF-8 decoder.
Keys odd_keys(const std::string& value) {
  Keys keys = {{"app.yaml", value}};
  for (const char* name :
       {"new\nline", "\"quoted\", 'twice'", "tab\tand\\backslash", "\x1b[31mred", "bell\x07\x7f",
        "bad\xff\xfeutf8", "cut\xe2\x82", "{\"json\":1}", "<script>x</script>", "%s%n%x", " "}) {
    keys[name] = value;
  }
  keys[std::string(255, 'n')] = value;
  return keys;
}

// A key below that many directories.
std::string deep_key(int levels) {
  std::string key;
  for (int level = 0; level < levels; ++level) {
    key += "k/";
  }
  return key + "deep";
}

// With sanitizers, or where each of its instructions is emulated, the tracer is several times
// slower than what is shipped, and cannot keep up with every storm.
bool tracer_is_slow() {
#ifdef __SANITIZE_ADDRESS__
  return true;
#else
  return cpu_is_emulated();
#endif
}

class Hostile : public Story {
 protected:
  // Watches the directory and rereads at each swap, as one should.
  const Container& start_neighbour() { return start("directory-watcher"); }

  // It may write into the volume.
  Container& start_hostile(const std::string& behaviour,
                           std::vector<std::string> options = {},
                           const std::string& file = "app.yaml") {
    options.insert(options.begin(), file);
    return start({.command = actor(behaviour, kMount, options),
                  .mounts = {{volume_.path(), kMount, /*read_only=*/false}}});
  }

  void expect(const Container& container, const Row& row, std::size_t nth = 1) {
    const Line said = verdict(container, nth);
    EXPECT_EQ(row_of(said), row) << said.dump(1);
  }

  // What was lost is said, and then it is nobody's fault.
  bool was_lost(const Line& said) {
    return row_of(said) == kUnknown && !of_kind(tracer_->lines(), "loss").empty();
  }

  // What told it may be among the lost, which the confidence says then.
  static bool is_right(const Line& said, const Row& row) {
    const bool lost = tracer_is_slow() && said.at("confidence") == "degraded";
    return lost ? row_of(said).verdict == row.verdict : row_of(said) == row;
  }

  // Publishes a few times while the hostile one is at it: the neighbour rereads each time.
  void disturb(const Container& neighbour, const Container& hostile, const Row& row) {
    for (std::size_t nth = 1; nth <= 3; ++nth) {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      const std::string now = volume_.publish({{"app.yaml", "now " + std::to_string(nth)}});
      if (const Line said = verdict(neighbour, nth); !was_lost(said)) {
        EXPECT_TRUE(is_right(said, kByInotify)) << said.dump(1);
        EXPECT_EQ(generation_of(said, "app.yaml"), now);
      } else {
        EXPECT_TRUE(tracer_is_slow()) << said.dump(1);
      }
      const Line said = verdict(hostile, nth);
      EXPECT_TRUE(is_right(said, row) || was_lost(said)) << said.dump(1);
    }
  }
};

TEST_F(Hostile, names_end_no_line_and_hide_no_reread) {
  volume_.publish(odd_keys("one"));
  trace();
  const Container& neighbour = start_neighbour();
  const Container& hostile = start_hostile("odd-names");
  const Keys keys = odd_keys("two");
  volume_.publish(keys);
  expect(neighbour, kByInotify);
  expect(hostile, kByInotify);
  const Line said = verdict(hostile);
  EXPECT_EQ(said.at("confidence"), "exact");
  EXPECT_EQ(said.at("publish").at("changed").size(), keys.size());
  EXPECT_EQ(said.at("files").size(), keys.size()) << "it reads all of them";
}

TEST_F(Hostile, depths_within_the_volume_are_seen_to_be_read) {
  const std::string deep = deep_key(14);  // as far down as the volume is compared
  volume_.publish({{"app.yaml", "one"}, {deep, "one"}});
  trace();
  const Container& neighbour = start_neighbour();
  const Container& hostile = start_hostile("directory-watcher", {}, deep);
  // Reads what it made 60 levels below the root, where no generation is: the swap is not about it.
  const Container& elsewhere = start_hostile("deep-reader");
  volume_.publish({{"app.yaml", "two"}, {deep, "two"}});
  expect(neighbour, kByInotify);
  expect(hostile, kByInotify);
  expect(elsewhere, {"unchanged"});
}

TEST_F(Hostile, depths_beyond_what_is_compared_are_nobodys_fault) {
  may_lose_ = true;  // the kernel side climbs 64 levels
  volume_.publish({{"app.yaml", "one"}, {deep_key(60), "one"}, {deep_key(70), "one"}});
  trace();
  const Container& neighbour = start_neighbour();
  std::vector<const Container*> hostile;
  for (const int levels : {60, 70}) {
    hostile.push_back(&start_hostile("directory-watcher", {}, deep_key(levels)));
  }
  volume_.publish({{"app.yaml", "two"}, {deep_key(60), "two"}, {deep_key(70), "two"}});
  expect(neighbour, kByInotify);
  for (const Container* container : hostile) {
    expect(*container, kUnknown);
  }
}

TEST_F(Hostile, descriptors_of_high_numbers_are_followed) {
  volume_.publish({{"app.yaml", "one"}});
  trace();
  const Container& neighbour = start_neighbour();
  Container& hostile = start_hostile("high-descriptor");
  disturb(neighbour, hostile, kByInotify);
  const auto said = hostile.output().wait_for("descriptor ", seconds(5));
  ASSERT_TRUE(said);
  EXPECT_GE(std::stoi(said->substr(said->rfind(' '))), 1000);  // as many as this machine allows
}

struct Nuisance {
  const char* behaviour;
  Row row;
  bool loses = false;  // more than the tracer can hold
};

void PrintTo(const Nuisance& nuisance, std::ostream* out) {
  *out << nuisance.behaviour;
}

class Disturbed : public Hostile, public ::testing::WithParamInterface<Nuisance> {};

TEST_P(Disturbed, neighbours_reload_all_the_same) {
  const Nuisance& nuisance = GetParam();
  may_lose_ = nuisance.loses || tracer_is_slow();
  volume_.publish({{"app.yaml", "one"}});
  trace({}, "1");
  const Container& neighbour = start_neighbour();
  Container& hostile = start_hostile(nuisance.behaviour, {"--count", kWithoutEnd});
  disturb(neighbour, hostile, nuisance.row);
  EXPECT_EQ(hostile.output().text().find("done"), std::string::npos);
}

// Pages that come and go below the buffer of a read, descriptors that are closed while they are
// read, and more events and reads than anybody has use for.
INSTANTIATE_TEST_SUITE_P(
    While,
    Disturbed,
    ::testing::Values(Nuisance{"buffer-unmapper", {"stale", "event_ignored"}, true},
                      Nuisance{"descriptor-closer", {"stale", "held_old_fd"}},
                      Nuisance{"event-storm", kByInotify, true},
                      Nuisance{"read-storm", kByPoll, true}),
    [](const auto& tested) {
      std::string name = tested.param.behaviour;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

// Rings of 64 KiB hold some hundred records: a storm pushes out most of what others do.
class Flooded : public Hostile, public ::testing::WithParamInterface<const char*> {};

TEST_P(Flooded, rings_accuse_nobody_who_reread) {
  may_lose_ = true;
  volume_.publish({{"app.yaml", "one"}});
  trace({"--ring-size", "65536"}, "1");
  const Container& neighbour = start_neighbour();
  for (int storm = 0; storm < 2; ++storm) {
    start_hostile(GetParam(), {"--count", kWithoutEnd});
  }
  for (std::size_t nth = 1; nth <= 4; ++nth) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    volume_.publish({{"app.yaml", "now " + std::to_string(nth)}});
    const Line said = verdict(neighbour, nth);
    EXPECT_TRUE(said.at("verdict") == "reloaded" || said.at("verdict") == "unknown")
        << said.dump(1);
  }
  EXPECT_FALSE(of_kind(tracer_->lines(), "loss").empty()) << "the rings were large enough";
  for (const Line& said : of_kind(tracer_->lines(), "reload")) {
    const std::string verdict = said.at("verdict");
    EXPECT_TRUE(verdict != "stale" && verdict != "torn" && verdict != "partial") << said.dump(1);
  }
}

INSTANTIATE_TEST_SUITE_P(By,
                         Flooded,
                         ::testing::Values("event-storm", "read-storm"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_F(Hostile, forks_by_the_ten_thousand_are_followed) {
  may_lose_ = true;
  volume_.publish({{"app.yaml", "one"}});
  trace({}, "1");
  const Container& neighbour = start_neighbour();
  Container& hostile = start_hostile("forker", {"--count", "20000", "--stay"});
  disturb(neighbour, hostile, kByPoll);
  // To fork takes a process with sanitizers a millisecond, and some machines two.
  EXPECT_TRUE(hostile.output().wait_for("done", seconds(180)));
  std::this_thread::sleep_for(
      seconds(3));  // what the storm left in the ring is lost by then, or read
  volume_.publish({{"app.yaml", "after the storm"}});
  expect(neighbour, kByInotify, 4);
}

// The same whether the watches were there before the tracer, or came while it looked.
TEST_F(Hostile, watches_by_the_hundred_thousand_are_borne) {
  volume_.publish({{"app.yaml", "one"}});
  const std::vector<std::string> for_long = {"--count", "50000", "--interval", "600000"};
  Container& before = start_hostile("watch-hoarder", for_long);
  trace({}, "1");
  const Container& neighbour = start_neighbour();
  Container& after = start_hostile("watch-hoarder", for_long);
  for (Container* hostile : {&before, &after}) {
    EXPECT_NE(hostile->output().text().find("watches 500"), std::string::npos);
  }
  volume_.publish({{"app.yaml", "two"}});
  expect(neighbour, kByInotify);
  for (Container* hostile : {&before, &after}) {
    expect(*hostile, {"stale", "event_not_consumed"});
  }
}

}  // namespace
}  // namespace reloadtrace::testing
