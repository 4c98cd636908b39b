// SPDX-License-Identifier: Apache-2.0
// Whether a reader can reload, before anything is published: each row of the table in capability.h.
#include "userspace/engine/capability.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/fanotify.h>

#include "tests/unit/engine/told_engine.h"

namespace reloadtrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::uint64_t bit(int signal) {
  return std::uint64_t{1} << static_cast<unsigned>(signal - 1);
}

class Capable : public EngineTest {
 protected:
  // "no (held_old_fd)", of the only reader of the only volume.
  std::string said() {
    told_.engine.advance_to(story_.now());
    const auto reports = told_.engine.capabilities();
    EXPECT_EQ(reports.size(), 1U);
    report_ = reports.empty() ? ReaderReport{} : reports.front();
    return report_.can_reload +
           (report_.cause ? " (" + std::string(name_of(*report_.cause)) + ")" : "");
  }
  const std::string& evidence() const { return report_.evidence; }

  ProgramFact program(const StoryProcess& process, Runtime runtime = Runtime::Native) {
    ProgramFact fact;
    fact.at = story_.tick();
    fact.tgid = process.tgid;
    fact.runtime = runtime;
    fact.signals_known = true;
    return fact;
  }
  void handles(const StoryProcess& process, int signal, Runtime runtime = Runtime::Native) {
    ProgramFact fact = program(process, runtime);
    fact.caught = bit(signal);
    story_.deliver(fact);
  }

  ReaderReport report_;
};

// A container that mounts a ConfigMap.
class CapableInPod : public Capable {
 protected:
  StoryVolume& config_ = story_.config_map();
  StoryContainer app_ = story_.container("app", {&config_});
};

TEST_F(CapableInPod, is_who_watches_the_directory_for_what_a_swap_does) {
  story_.watch(app_.main, config_, "", IN_MOVED_TO | IN_CREATE);
  EXPECT_EQ(said(), "yes");
  EXPECT_EQ(evidence(),
            "watches the directory with mask IN_MOVED_TO|IN_CREATE, so it is told of each swap; "
            "reading is up to it");
  EXPECT_THAT(report_.advice, IsEmpty());
  ASSERT_EQ(report_.watches.size(), 1U);
  EXPECT_EQ(report_.watches[0].target, ".");
  EXPECT_EQ(report_.watches[0].pid, app_.main.tgid);
}

TEST_F(CapableInPod, is_who_has_one_such_watch_among_others) {
  story_.watch(app_.main, config_, "app.yaml", kFileMask);
  story_.watch(app_.main, config_, "", IN_MODIFY);
  const StoryProcess worker = story_.child(app_.main, "worker");
  story_.watch(worker, config_, "", IN_MOVED_TO);
  EXPECT_EQ(said(), "yes");
  EXPECT_THAT(evidence(), HasSubstr("worker[" + std::to_string(worker.tgid) + "] watches"));
  EXPECT_EQ(report_.process->pid, worker.tgid);
}

TEST_F(CapableInPod, is_also_who_has_a_mark_of_fanotify) {
  story_.mark(app_.main, config_, FAN_MOVED_TO | FAN_ONDIR);
  EXPECT_EQ(said(), "yes");
  EXPECT_THAT(evidence(), HasSubstr("by fanotify with mask FAN_MOVED_TO"));
}

TEST_F(CapableInPod, is_not_known_of_who_is_told_of_what_comes_before_the_swap) {
  story_.watch(app_.main, config_, "", IN_CREATE);
  EXPECT_EQ(said(), "unknown (read_too_early)");
}

TEST_F(CapableInPod, is_not_known_of_who_watches_the_file_itself) {
  story_.watch(app_.main, config_, "app.yaml", kFileMask);
  EXPECT_EQ(said(), "unknown (watch_lost)");
  EXPECT_EQ(evidence(),
            "watches app.yaml itself: the watch ends with the old file at the next swap, and works "
            "on only if it is set again");
}

TEST_F(CapableInPod, is_not_known_of_who_watches_what_data_points_to_or_data_itself) {
  story_.watch(app_.main, config_, "..data", kDirectoryMask);
  EXPECT_EQ(said(), "unknown (watch_lost)");
  EXPECT_THAT(evidence(), HasSubstr("what ..data points to"));
  story_.exec(app_.main, "app");
  story_.watch(app_.main, config_, "..data", kDirectoryMask | IN_DONT_FOLLOW);
  EXPECT_EQ(said(), "unknown (watch_lost)");
}

TEST_F(CapableInPod, is_not_known_of_who_watches_for_one_event) {
  story_.watch(app_.main, config_, "", IN_MOVED_TO | IN_ONESHOT);
  EXPECT_EQ(said(), "unknown (watch_lost)");
  EXPECT_THAT(evidence(), HasSubstr("IN_ONESHOT"));
}

TEST_F(CapableInPod, is_denied_to_who_watches_the_link_of_a_file) {
  story_.watch(app_.main, config_, "app.yaml", kFileMask | IN_DONT_FOLLOW);
  EXPECT_EQ(said(), "no (watch_on_symlink)");
  handles(app_.main, SIGHUP);
  EXPECT_EQ(said(), "unknown (watch_on_symlink)");
  EXPECT_THAT(evidence(), HasSubstr("handles SIGHUP"));
}

TEST_F(CapableInPod, is_denied_to_whose_mask_lets_nothing_pass) {
  story_.watch(app_.main, config_, "", IN_MODIFY | IN_CLOSE_WRITE);
  EXPECT_EQ(said(), "no (mask_misses_swap)");
  EXPECT_THAT(evidence(), HasSubstr("IN_MODIFY|IN_CLOSE_WRITE, which no event of a swap matches"));
}

TEST_F(CapableInPod, is_not_denied_to_whose_mask_hears_of_looks) {
  story_.watch(app_.main, config_, "", IN_OPEN);
  EXPECT_EQ(said(), "unknown (mask_misses_swap)");
}

TEST_F(CapableInPod, is_not_denied_by_a_watch_while_another_may_work) {
  story_.watch(app_.main, config_, "", IN_MODIFY);
  story_.watch(app_.main, config_, "app.yaml", kFileMask);
  EXPECT_EQ(said(), "unknown (watch_lost)");
}

TEST_F(CapableInPod, is_not_counted_by_a_watch_that_has_ended) {
  const auto watch = story_.watch(app_.main, config_, "", IN_MOVED_TO);
  story_.notify(watch, IN_IGNORED);
  EXPECT_EQ(said(), "unknown (no_watcher)");
}

TEST_F(CapableInPod, is_denied_to_who_still_holds_the_old_file_long_after_the_swap) {
  const StoryGeneration old = config_.now;
  story_.publish(config_);
  story_.pass(Story::kDeadline);
  story_.inspect(app_.main, {}, {Story::holds(config_, old, "app.yaml", 4)});
  EXPECT_EQ(said(), "no (held_old_fd)");
  EXPECT_THAT(evidence(), HasSubstr("still holds app.yaml of " + old.fact.name));
  EXPECT_THAT(evidence(), HasSubstr("open as descriptor 4, 2 min after the swap"));
}

TEST_F(CapableInPod, is_denied_to_who_still_maps_the_old_file) {
  const StoryGeneration old = config_.now;
  story_.publish(config_);
  story_.pass(Story::kDeadline);
  story_.inspect(app_.main, {}, {Story::holds(config_, old, "app.yaml", -1)});
  EXPECT_EQ(said(), "no (mapped_old_file)");
}

TEST_F(CapableInPod, is_not_denied_right_after_the_swap_nor_when_its_time_is_not_known) {
  held_ = {Story::holds(config_, config_.now, "app.yaml", 4)};
  story_.publish(config_);
  story_.inspect(app_.main, {}, held_);
  EXPECT_EQ(said(), "unknown (held_old_fd)");
  EXPECT_THAT(evidence(), HasSubstr("only 0.0"));
  config_.fact.current = config_.now.fact;
  config_.fact.published = {};
  story_.deliver(config_.fact);
  story_.pass(Story::kDeadline);
  EXPECT_EQ(said(), "unknown (held_old_fd)");
  EXPECT_THAT(evidence(), HasSubstr("since when is not known"));
}

TEST_F(CapableInPod, is_not_denied_to_who_holds_the_new_file_beside_the_old) {
  const StoryGeneration old = config_.now;
  story_.publish(config_);
  story_.pass(Story::kDeadline);
  story_.inspect(app_.main, {},
                 {Story::holds(config_, old, "app.yaml", 4),
                  Story::holds(config_, config_.now, "app.yaml", 5)});
  EXPECT_EQ(said(), "unknown (no_watcher)");
}

TEST_F(CapableInPod, is_not_sure_of_who_is_told_and_holds_the_old_file) {
  const StoryGeneration old = config_.now;
  const auto watch = story_.watch(app_.main, config_, "", IN_MOVED_TO);
  story_.publish(config_);
  story_.pass(Story::kDeadline);
  story_.inspect(app_.main, {watch}, {Story::holds(config_, old, "app.yaml", 4)});
  EXPECT_EQ(said(), "unknown (held_old_fd)");
  EXPECT_THAT(evidence(), HasSubstr("yet still holds"));
}

TEST_F(CapableInPod, is_not_known_of_who_watches_nothing_for_polls_cannot_be_seen) {
  EXPECT_EQ(said(), "unknown (no_watcher)");
  EXPECT_THAT(evidence(), HasSubstr("whether it looks at intervals cannot be seen"));
}

TEST_F(CapableInPod, may_come_by_a_signal_that_the_application_handles) {
  handles(app_.main, SIGHUP);
  EXPECT_EQ(said(), "unknown (no_watcher)");
  EXPECT_THAT(evidence(), HasSubstr("handles SIGHUP"));
  EXPECT_EQ(report_.advice, "send it SIGHUP after each swap, as a reloader sidecar does");
  ASSERT_EQ(report_.programs.size(), 1U);
  EXPECT_THAT(report_.programs[0].handles, ::testing::ElementsAre("SIGHUP"));
}

TEST_F(CapableInPod, may_come_by_a_signal_that_it_blocks_for_a_signalfd) {
  ProgramFact fact = program(app_.main, Runtime::Python);
  fact.blocked = bit(SIGUSR1);
  story_.deliver(fact);
  EXPECT_EQ(said(), "unknown (no_watcher)");
  EXPECT_THAT(evidence(), HasSubstr("handles SIGUSR1"));
}

TEST_F(CapableInPod, does_not_come_by_a_handler_that_every_program_of_its_runtime_has) {
  for (const Runtime runtime : {Runtime::Go, Runtime::Jvm, Runtime::Ruby, Runtime::Unknown}) {
    ProgramFact fact = program(app_.main, runtime);
    fact.caught = bit(SIGHUP);
    fact.blocked = bit(SIGUSR1);  // for a moment, as Go does
    story_.deliver(fact);
    EXPECT_EQ(said(), "unknown (no_watcher)");
    EXPECT_THAT(evidence(), Not(HasSubstr("SIG")));
  }
}

TEST_F(CapableInPod, does_not_come_by_a_handler_of_who_catches_nearly_everything) {
  ProgramFact fact = program(app_.main);
  fact.caught = 0xfffffffd7fc1fefdU;  // a Go program that nothing shows to be one
  story_.deliver(fact);
  said();
  EXPECT_THAT(evidence(), Not(HasSubstr("SIGHUP")));
}

TEST_F(CapableInPod, does_not_come_by_a_signal_that_it_ignores) {
  ProgramFact fact = program(app_.main);
  fact.caught = fact.ignored = bit(SIGHUP);
  story_.deliver(fact);
  said();
  EXPECT_THAT(evidence(), Not(HasSubstr("SIGHUP")));
}

TEST_F(CapableInPod, is_hampered_by_a_pid_1_that_drops_what_its_child_would_handle) {
  ProgramFact shell = program(app_.main, Runtime::Shell);
  shell.namespace_init = true;
  story_.deliver(shell);
  const StoryProcess server = story_.child(app_.main, "nginx");
  handles(server, SIGHUP);
  EXPECT_EQ(said(), "unknown (signal_ignored)");
  const std::string name = "nginx[" + std::to_string(server.tgid) + "]";
  EXPECT_THAT(evidence(), HasSubstr(name + " watches nothing of the volume and handles SIGHUP"));
  EXPECT_THAT(evidence(), HasSubstr("app[" + std::to_string(app_.main.tgid) + "], which drops it"));
  EXPECT_THAT(report_.advice, HasSubstr("send it to " + name + " itself"));
}

TEST_F(CapableInPod, is_not_hampered_by_a_pid_1_that_may_wait_for_signals) {
  ProgramFact init = program(app_.main, Runtime::Native);  // tini, which passes them on
  init.namespace_init = true;
  story_.deliver(init);
  handles(story_.child(app_.main, "nginx"), SIGHUP);
  EXPECT_EQ(said(), "unknown (no_watcher)");
}

TEST_F(CapableInPod, may_come_by_a_request_that_its_command_line_enables) {
  ProgramFact fact = program(app_.main, Runtime::Go);
  fact.version = "go1.22.1";
  fact.modules = {{"github.com/fsnotify/fsnotify", "v1.6.0"}, {"github.com/knadh/koanf/v2", "v2"}};
  fact.reload_request = "POST /-/reload";
  story_.deliver(fact);
  EXPECT_EQ(said(), "unknown (no_watcher)");
  EXPECT_EQ(evidence(),
            "watches nothing of the volume; takes POST /-/reload, as its command line says; built "
            "with go1.22.1 with fsnotify v1.6.0 and koanf v2");
  EXPECT_THAT(report_.advice, HasSubstr("send it POST /-/reload after each swap"));
}

TEST_F(CapableInPod, is_not_known_of_who_was_not_looked_at) {
  StoryProcess before = app_.main;
  before.tgid = 77;
  before.started = {1};  // long before the trace
  story_.deliver(ProcessFact{story_.tick(), before.tgid, before.started, app_.main.tgid, "old", "",
                             app_.fact.id, ProcessRole::Application});
  EXPECT_EQ(said(), "unknown");
  EXPECT_THAT(evidence(), HasSubstr("could not be looked at"));
  // What another process has set up is known, but it may be not all.
  story_.watch(app_.main, config_, "", IN_MODIFY);
  EXPECT_EQ(said(), "unknown (mask_misses_swap)");
}

TEST_F(CapableInPod, is_not_told_by_who_was_injected) {
  const StoryProcess cat = story_.injected(app_, "inotifywait");
  story_.watch(cat, config_, "", IN_MOVED_TO);
  EXPECT_EQ(said(), "unknown (no_watcher)");
}

TEST_F(Capable, is_denied_by_a_subpath_mount) {
  StoryVolume& config = story_.config_map();
  const MountFact mount = Story::sub_path(config, "app.yaml");
  story_.container_with("app", {mount});
  EXPECT_EQ(said(), "no (subpath_pinned)");
  EXPECT_EQ(evidence(), mount.path + " is bound to app.yaml of " + mount.generation +
                            ", which a swap can never replace");
  story_.publish(config);
  said();
  EXPECT_THAT(evidence(), HasSubstr("; the volume is at " + config.now.fact.name + " by now"));
}

TEST_F(Capable, is_limited_by_a_subpath_mount_beside_the_volume) {
  StoryVolume& config = story_.config_map();
  const auto app =
      story_.container_with("app", {Story::mount(config), Story::sub_path(config, "app.yaml")});
  story_.watch(app.main, config, "", IN_MOVED_TO);
  EXPECT_EQ(said(), "yes");
  EXPECT_THAT(evidence(), HasSubstr("is bound to app.yaml of"));
}

TEST_F(Capable, is_not_observable_on_a_guest_kernel) {
  StoryVolume& config = story_.config_map();
  StoryContainer app = story_.container("app", {&config});
  app.fact.guest = "qemu-system-x86";
  story_.deliver(app.fact);
  EXPECT_EQ(said(), "unknown (not_observable)");
}

TEST_F(Capable, in_a_plain_directory_needs_a_mask_for_renames_and_for_writes) {
  StoryVolume& plain = story_.plain_directory();
  const auto app = story_.process("app");
  story_.watch(app, plain, "", IN_MOVED_TO | IN_CLOSE_WRITE);
  EXPECT_EQ(said(), "yes");
  EXPECT_THAT(evidence(), HasSubstr("told of each publish"));
  const auto other = story_.process("other");
  for (const auto& [mask, expected] :
       {std::pair{IN_MOVED_TO, "unknown"}, {IN_CLOSE_WRITE, "unknown"}, {IN_DELETE_SELF, "no"}}) {
    story_.watch(other, plain, "", static_cast<std::uint32_t>(mask));
    const auto reports = told_.engine.capabilities();
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[1].can_reload, expected) << mask;
    EXPECT_EQ(reports[1].cause, Cause::MaskMissesSwap);
    story_.exec(const_cast<StoryProcess&>(other), "other");
  }
}

TEST_F(Capable, in_a_plain_directory_ends_with_the_file_that_is_watched) {
  StoryVolume& plain = story_.plain_directory();
  story_.watch(story_.process("app"), plain, "app.yaml", IN_MODIFY);
  EXPECT_EQ(said(), "unknown (watch_lost)");
  EXPECT_THAT(evidence(), HasSubstr("at the next rename onto it"));
}

TEST_F(Capable, in_a_plain_directory_a_bound_file_shows_writes_alone) {
  StoryVolume& plain = story_.plain_directory();
  MountFact mount = Story::sub_path(plain, "app.yaml");
  mount.generation.clear();
  story_.container_with("app", {mount});
  EXPECT_EQ(said(), "unknown (subpath_pinned)");
}

TEST_F(Capable, behind_a_git_link_is_told_by_the_directory_that_holds_the_link) {
  StoryVolume& git = story_.git_volume();
  const auto app = story_.container("app", {&git});
  story_.watch(app.main, git, "", IN_DELETE);
  EXPECT_EQ(said(), "no (mask_misses_swap)");  // the old worktree goes elsewhere, and later
  story_.watch(app.main, git, "", IN_MOVED_TO);
  EXPECT_EQ(said(), "yes");
}

TEST_F(Capable, is_asked_of_the_selected_readers_alone) {
  ToldEngine told({.selection = {{"web"}, {}}});
  Story story([&](const Event& event) { told.engine.observe(event); });
  story.begin();
  StoryVolume& config = story.config_map();
  story.container("app", {&config});
  story.container("web", {&config});
  const auto reports = told.engine.capabilities();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].reader.name, "web");
}

}  // namespace
}  // namespace reloadtrace::testing
