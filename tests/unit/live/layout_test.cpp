// SPDX-License-Identifier: Apache-2.0
// Whole screens, as text.
#include "userspace/live/layout.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "tests/unit/live/stage.h"

namespace reloadtrace::live {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ReaderInfo sidecar() {
  ReaderInfo reader = test::container("sidecar", 2210, "nginx");
  reader.container_id = "beef";
  return reader;
}

ReloadReport stale() {
  ReloadReport report = test::stale();
  report.reader = sidecar();
  return report;
}

// A container that reloaded, one that did not, and a process that is still waited for.
Stage usual(Charset charset = Charset::Utf8) {
  Stage stage(charset);
  stage.take(test::start());
  stage.take(std::vector{entry(test::container("app", 1234, "java")), entry(sidecar()),
                         entry(test::host_process(77, "cron"))});
  stage.model().say("ready: 1 volumes, 3 readers");
  stage.take(published(3));
  stage.take(test::reloaded());
  stage.take(stale());
  stage.tick_to(at_ms(121'203));
  return stage;
}

TEST(LiveLayout, shows_who_where_what_and_when) {
  EXPECT_EQ(
      usual().screen({138, 12}),
      R"(reloadtrace 1.0  node n1  kernel 6.12.117  1 volume, 3 readers  hooks 2/3  12:02:01 UTC
✘ 1 stale  → 1 waiting  ✔ 1 reloaded
  POD               CONTAINER   VOLUME            GENERATION                       VERDICT↓      CAUSE         LATENCY   PUBLISHED
▸ risk/engine-7d9f  sidecar     configmap config  ..2026_11_19_08_14_55.77         ✘ stale       no_watcher      2 min   2 min ago
                    cron[77]    configmap config  ..2026_11_19_08_14_55.77         → waiting                     2 min   2 min ago
  risk/engine-7d9f  app         configmap config  ..2026_11_22_12_00_01.491364466  ✔ reloaded                   2.4 ms   2 min ago




ready: 1 volumes, 3 readers
q quit  Enter open  s sort  r reverse  / filter  ? help
)");
}

TEST(LiveLayout, leaves_out_columns_that_a_narrow_terminal_has_no_room_for) {
  EXPECT_EQ(usual().screen({80, 11}),
            R"(reloadtrace 1.0  node n1  kernel 6.12.117  1 volume, 3 readers  hooks 2/3
  12:02:01 UTC
✘ 1 stale  → 1 waiting  ✔ 1 reloaded
  POD          CONTAINER   VOLUME            VERDICT↓      CAUSE         LATENCY
▸ risk/…-7d9f  sidecar     configmap config  ✘ stale       no_watcher      2 min
               cron[77]    configmap config  → waiting                     2 min
  risk/…-7d9f  app         configmap config  ✔ reloaded                   2.4 ms


ready: 1 volumes, 3 readers
q quit  Enter open  s sort  r reverse  / filter  ? help
)");
}

TEST(LiveLayout, shows_rows_above_all_where_there_is_hardly_any_room) {
  EXPECT_EQ(usual().screen({20, 5}), R"(✘ 1 stale
  CONTAINER   VERDIC
▸ sidecar     ✘ sta…
  cron[77]    → wai…
q quit  Enter open
)");
}

TEST(LiveLayout, does_with_ascii) {
  Stage stage = usual(Charset::Ascii);
  stage.press({KeyName::Enter});
  stage.screen({100, 30});
  stage.press({KeyName::Escape});
  EXPECT_EQ(stage.screen({60, 6}), R"(x 1 stale  -> 1 waiting  + 1 reloaded
  CONTAINER   VOLUME            VERDICTv      CAUSE
> sidecar     configmap config  x stale       no_watcher
  cron[77]    configmap config  -> waiting
ready: 1 volumes, 3 readers
q quit  Enter open  s sort  r reverse  / filter  ? help
)");
}

TEST(LiveLayout, fills_terminals_of_every_size_exactly_and_goes_beyond_none) {
  for (const char* key : {"", "/", "?", "\r"}) {
    Stage stage = usual();
    stage.take(test::loss());
    if (*key == '\r') {
      stage.press({KeyName::Enter});
    } else {
      stage.type(key);
    }
    for (std::size_t columns = 1; columns <= 150; columns += columns < 40 ? 1 : 11) {
      for (std::size_t rows = 1; rows <= 40; rows += rows < 12 ? 1 : 7) {
        const Frame frame = stage.frame({columns, rows});
        ASSERT_EQ(frame.size(), rows) << columns << "x" << rows;
        for (const Line& line : frame) {
          ASSERT_LE(line.width(), columns) << columns << "x" << rows << ": " << plain(line);
        }
      }
    }
  }
}

TEST(LiveLayout, says_what_was_lost_in_red) {
  Stage stage = usual();
  EXPECT_THAT(stage.screen({100, 12}), Not(HasSubstr("lost")));
  stage.take(test::loss());
  stage.take(test::drop());
  const Frame frame = stage.frame({120, 12});
  const auto line = std::find_if(frame.begin(), frame.end(), [](const Line& one) {
    return plain(one).find("lost") != std::string::npos;
  });
  ASSERT_NE(line, frame.end());
  EXPECT_EQ(plain(*line),
            "! 1240 events lost (map_full 40, ring_full 1200)  ! 12 lines dropped: the output was "
            "read too slowly");
  EXPECT_EQ(line->pieces.front().style, Style::Bad);
  EXPECT_THAT(stage.screen({60, 5}), HasSubstr("! 1240 events lost")) << "also without room";
}

TEST(LiveLayout, counts_the_seconds_of_what_is_waited_for) {
  Stage stage;
  stage.take(std::vector{entry(test::host_process(77, "cron"))});
  stage.take(published());
  stage.tick_to(at_ms(6303));
  EXPECT_THAT(stage.screen({100, 12}), HasSubstr("→ waiting           5 s     5 s ago"));
  stage.tick_to(at_ms(7303));
  EXPECT_THAT(stage.screen({100, 12}), HasSubstr("→ waiting           6 s     6 s ago"));
}

TEST(LiveLayout, says_when_there_is_nothing_to_show) {
  Stage stage;
  EXPECT_THAT(stage.screen(), HasSubstr("looking at what is on this node"));
  stage.take(test::start());
  EXPECT_THAT(stage.screen(), HasSubstr("nobody uses a volume that is watched"));
  Stage filtered = usual();
  filtered.type("/nowhere");
  EXPECT_THAT(filtered.screen(), HasSubstr("filter \"nowhere\": 0 of 3"));
  EXPECT_THAT(filtered.screen(), HasSubstr("Esc ends the filter"));
  EXPECT_THAT(filtered.screen(), HasSubstr("/nowhere_"));
}

TEST(LiveLayout, marks_the_column_that_is_sorted_by) {
  Stage stage = usual();
  stage.type("s");
  EXPECT_THAT(stage.screen(), HasSubstr("POD↓"));
  stage.type("r");
  EXPECT_THAT(stage.screen(), HasSubstr("POD↑"));
}

TEST(LiveLayout, opens_a_reader_with_evidence_advice_and_its_last_verdicts) {
  Stage stage = usual();
  stage.press({KeyName::Enter});
  EXPECT_EQ(
      stage.screen({90, 24}),
      R"(reloadtrace 1.0  node n1  kernel 6.12.117  1 volume, 3 readers  hooks 2/3  12:02:01 UTC
✘ 1 stale  → 1 waiting  ✔ 1 reloaded
 risk/engine-7d9f  sidecar  configmap config

  ✘ stale  2 min  no_watcher  said at 12:02:01.203
    last read 3 d ago, watches nothing, got no signal
    → send SIGHUP after the swap, or run a reloader sidecar

  publish     12:00:01.203  2 min ago  by kubelet[900]
  generation  ..2026_11_22_12_00_01.491364466
  before      ..2026_11_19_08_14_55.77
  files       modified app.yaml
  runs        nginx[2210]  /usr/bin/nginx
  container   beef
  sees it at  /etc/config
  on the node /var/lib/kubelet/pods/u1/config
  has read    ..2026_11_19_08_14_55.77  the newest is ..2026_11_22_12_00_01.491364466

  verdicts    the latest first
    12:02:01.203  ✘ stale         2 min  no_watcher  → ..2026_11_22_12_00_01.491364466


ready: 1 volumes, 3 readers
Esc back  j k scroll  ? help
)");
}

TEST(LiveLayout, tells_how_a_reader_reloaded_and_which_of_its_processes_did) {
  Stage stage = usual();
  ReloadReport report = test::reloaded();
  report.publish.config_version = "2.4.2";
  ProcessUse worker{{55, "worker", ""}, ProcessState::Old, false, {}, {"app.yaml of ..old"}};
  report.processes = {{{1234, "java", ""}, ProcessState::Reread, false, {}, {}}, worker};
  stage.take(report);
  stage.press({KeyName::End});
  stage.press({KeyName::Enter});
  const std::string screen = stage.screen({100, 40});
  for (const char* line :
       {"  trigger     inotify  IN_MOVED_TO ..data\n",
        "  latency     notified +0.4 ms  opened +2.1 ms  read +2.4 ms\n",
        "  read        app.yaml  812 of 812 B  of ..2026_11_22_12_00_01.491364466\n",
        "  process     worker[55]  old  still holds app.yaml of ..old\n",
        "  not counted cat[4321]  read it from outside the application\n",
        "  has read    2.4.2\n"}) {
    EXPECT_THAT(screen, HasSubstr(line));
  }
}

TEST(LiveLayout, tells_no_sizes_of_a_secret) {
  Stage stage;
  ReloadReport report = test::reloaded();
  report.volume = test::secret();
  report.evidence = "read it";
  stage.take(report);
  stage.press({KeyName::Enter});
  EXPECT_THAT(stage.screen({100, 40}), Not(HasSubstr("812")));
  EXPECT_THAT(stage.screen({100, 40}), HasSubstr("app.yaml  all of it"));
}

TEST(LiveLayout, lets_no_name_move_the_cursor_or_change_a_colour) {
  const std::string hostile = "a\x1b[2J\x1b]0;x\x07\r\nb\xff\xe2\x80\xaez\t";
  Stage stage;
  ReaderInfo reader = test::container(hostile, 1, hostile);
  reader.pod = hostile;
  VolumeInfo volume = test::directory();
  volume.host_path = volume.path = hostile;
  StartReport start = test::start();
  start.node = start.kernel = hostile;
  stage.take(start);
  stage.take(std::vector{entry(reader, volume), entry(test::host_process(7, hostile), volume)});
  ReloadReport report = test::verdict(Verdict::Stale, reader, at_ms(2000));
  report.volume = volume;
  report.evidence = report.advice = report.publish.to = report.publish.config_version = hostile;
  report.files = {{hostile, hostile, 1, 2, false}};
  report.publish.changed = {{hostile, "modified"}};
  report.trigger = TriggerInfo{TriggerKind::Http, hostile};
  stage.take(report);
  stage.model().say(hostile);
  for (const char* keys : {"", "/\x1b", "\r"}) {
    if (*keys == '\r') {
      stage.press({KeyName::Escape});
      stage.press({KeyName::Enter});
    } else {
      stage.type(keys);
    }
    for (const Line& line : stage.frame({300, 40})) {
      for (const char byte : plain(line)) {
        EXPECT_TRUE(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7f) << plain(line);
      }
      EXPECT_THAT(plain(line), Not(HasSubstr("\xff")));
      EXPECT_THAT(plain(line), Not(HasSubstr("\xe2\x80\xae"))) << "turns the direction of text";
    }
  }
}

TEST(LiveLayout, aligns_names_by_the_columns_that_they_take) {
  Stage stage;
  ReaderInfo wide = test::container("設定リーダー", 1, "x");
  wide.container_id = "wide";
  stage.take(std::vector{entry(wide), entry(test::host_process(77, "cron"))});
  std::vector<std::size_t> begins;
  for (const Line& line : stage.frame({100, 12})) {
    const std::string text = plain(line);
    if (const std::size_t at = text.find("configmap"); at != std::string::npos) {
      begins.push_back(display_width(text.substr(0, at)));
    }
  }
  ASSERT_EQ(begins.size(), 2U);
  EXPECT_EQ(begins[0], begins[1]);
}

TEST(LiveLayout, keeps_the_cursor_in_the_window) {
  Stage stage;
  std::vector<RosterEntry> roster;
  for (int i = 10; i < 60; ++i) {
    roster.push_back(entry(numbered(i)));
  }
  stage.take(std::move(roster));
  const Size size{80, 12};
  stage.press({KeyName::End}, size);
  EXPECT_THAT(stage.screen(size), HasSubstr("▸ risk/engine-7d9f  app-59"));
  EXPECT_THAT(stage.screen({80, 6}), HasSubstr("▸ risk/engine-7d9f  app-59"));
  stage.press({KeyName::Up}, size);
  EXPECT_THAT(stage.screen(size), HasSubstr("▸ risk/engine-7d9f  app-58"));
  EXPECT_THAT(stage.screen(size), HasSubstr("  risk/engine-7d9f  app-59"));
}

}  // namespace
}  // namespace reloadtrace::live
