// SPDX-License-Identifier: Apache-2.0
// The ways in which readers are told, beside inotify: signals, HTTP requests, polls, fanotify; and
// how each of them fails.
#include <sys/fanotify.h>

#include <array>
#include <cerrno>

#include "tests/scenarios/scenario.h"

namespace reloadtrace::testing {
namespace {

// ---- signals ----

void told_by_signal(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(3s);
  story.hang_up(one.app.main, SignalHandling::Handled);
  story.pass(2ms);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

// `sh -c "app; x"` as the init of its pid namespace.
void signal_ignored(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(3s);
  story.hang_up(one.app.main, SignalHandling::Default, SignalOutcome::Dropped);
  one.come_to_deadline();
  story.end();
}

// A sidecar of another user, without CAP_KILL.
void signal_refused(Story& story) {
  OneReader one(story);
  const StoryContainer sidecar = story.container("sidecar", {});
  story.publish(*one.config);
  story.pass(1s);
  story.refuse(sidecar.main, one.app.main);
  one.come_to_deadline();
  story.end();
}

// The pid file is that of a process that has gone.
void signal_to_nobody(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(1s);
  story.refuse(one.app.main, 7);
  one.come_to_deadline();
  story.end();
}

void signal_no_reread(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(1s);
  story.hang_up(one.app.main, SignalHandling::Handled);
  one.come_to_deadline();
  story.end();
}

// helm upgrade && kubectl exec … kill -HUP 1: kubelet has not delivered it yet.
void signal_came_too_early(Story& story) {
  OneReader one(story);
  story.hang_up(one.app.main, SignalHandling::Handled);
  story.pass(2ms);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.pass(40s);
  story.publish(*one.config);
  one.come_to_deadline();
  story.end();
}

// It was for the publish before, and brought a reload of that.
void signal_of_the_publish_before(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(1s);
  story.hang_up(one.app.main, SignalHandling::Handled);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.pass(40s);
  story.publish(*one.config, {{"app.yaml", "three"}});
  one.come_to_deadline();
  story.end();
}

// ---- HTTP ----

void told_by_http(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(2s);
  story.post(one.app.main, "POST /-/reload");
  story.pass(1ms);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.answer(one.app.main, 200);
  story.end();
}

void http_refused(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(2s);
  story.post(one.app.main, "POST /-/reload");
  story.answer(one.app.main, 403);
  one.come_to_deadline();
  story.end();
}

void http_no_reread(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(2s);
  story.post(one.app.main, "POST /-/reload");
  story.answer(one.app.main, 200);
  one.come_to_deadline();
  story.end();
}

// ---- polls ----

void look_every(Story& story,
                OneReader& one,
                Duration period,
                int times,
                PollCall call = PollCall::Stat,
                TargetKind kind = TargetKind::File) {
  for (int i = 0; i < times; ++i) {
    story.pass(period);
    story.look(one.app.main, *one.config, "app.yaml", call, kind);
  }
}

void told_by_poll(Story& story) {
  OneReader one(story);
  look_every(story, one, 5s, 4);
  story.pass(1s);
  story.publish(*one.config);
  story.pass(4s);
  story.look(one.app.main, *one.config, "app.yaml", PollCall::Stat);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

void poll_missed(Story& story) {
  OneReader one(story);
  look_every(story, one, 30s, 3, PollCall::Lstat, TargetKind::Link);
  story.pass(15s);
  story.publish(*one.config);
  story.pass(15s);
  story.look(one.app.main, *one.config, "app.yaml", PollCall::Lstat, TargetKind::Link);
  look_every(story, one, 30s, 3, PollCall::Lstat, TargetKind::Link);
  story.pass(15s);
  story.inspect(one.app.main);
  story.end();
}

void poll_pending(Story& story) {
  OneReader one(story);
  look_every(story, one, 300s, 3);
  story.pass(10s);
  story.publish(*one.config);
  one.come_to_deadline();
  story.end();
}

// ---- fanotify ----

void told_by_fanotify(Story& story) {
  OneReader one(story);
  story.mark(one.app.main, *one.config, FAN_MOVED_TO | FAN_CREATE | FAN_ONDIR);
  story.publish(*one.config);
  story.pass(300us);
  story.fanotify(one.app.main, FAN_MOVED_TO, "..data");
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

void fanotify_ignored(Story& story) {
  OneReader one(story);
  story.mark(one.app.main, *one.config, FAN_MOVED_TO | FAN_CREATE | FAN_ONDIR);
  story.publish(*one.config);
  story.pass(300us);
  story.fanotify(one.app.main, FAN_MOVED_TO, "..data");
  one.come_to_deadline();
  story.end();
}

// ---- setting up ----

void watch_setup_failed(Story& story) {
  OneReader one(story);
  story.fail_watch(one.app.main, WatchCall::Init, EMFILE);
  story.pass(60s);
  story.publish(*one.config);
  one.come_to_deadline();
  story.end();
}

void copied_at_start(Story& story) {
  story.begin();
  StoryVolume& config = story.config_map();
  const auto app = story.container("app", {&config});
  story.ready();
  const auto copier = story.child(app.main, "cp");
  story.reread(copier, config, "app.yaml");
  story.exit(copier);
  story.pass(1h);
  story.publish(config);
  story.pass(Story::kDeadline);
  story.inspect(app.main);
  story.end();
}

// Kata: what runs in the container is a virtual machine monitor.
void not_observable(Story& story) {
  story.begin();
  StoryVolume& config = story.config_map();
  auto app = story.container("app", {&config});
  app.fact.guest = "firecracker";
  story.deliver(app.fact);
  story.ready();
  story.publish(config);
  story.pass(Story::kDeadline);
  story.inspect(app.main);
  story.end();
}

// ---- processes ----

// The master rereads; its workers go on with what they were given at their start.
void workers_keep_the_old_file(Story& story) {
  OneReader one(story);
  const auto worker = story.child(one.app.main, "worker");
  story.open(worker, *one.config, "app.yaml");
  story.read(worker, *one.config, "app.yaml");
  story.publish(*one.config);
  story.pass(1s);
  story.hang_up(one.app.main, SignalHandling::Handled);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

constexpr std::array kStories{
    Scenario{"told_by_signal", told_by_signal, true},
    Scenario{"cause_signal_ignored", signal_ignored, false},
    Scenario{"cause_signal_refused", signal_refused, false},
    Scenario{"signal_to_nobody", signal_to_nobody, false},
    Scenario{"cause_signal_no_reread", signal_no_reread, false},
    Scenario{"signal_came_too_early", signal_came_too_early, false},
    Scenario{"signal_of_the_publish_before", signal_of_the_publish_before, false},
    Scenario{"told_by_http", told_by_http, true},
    Scenario{"cause_http_refused", http_refused, false},
    Scenario{"cause_http_no_reread", http_no_reread, false},
    Scenario{"told_by_poll", told_by_poll, true},
    Scenario{"cause_poll_missed", poll_missed, false},
    Scenario{"cause_poll_pending", poll_pending, false},
    Scenario{"told_by_fanotify", told_by_fanotify, true},
    Scenario{"fanotify_ignored", fanotify_ignored, false},
    Scenario{"cause_watch_setup_failed", watch_setup_failed, true},
    Scenario{"cause_copied_at_start", copied_at_start, false},
    Scenario{"cause_not_observable", not_observable, false},
    Scenario{"workers_keep_the_old_file", workers_keep_the_old_file, false},
};

}  // namespace

std::span<const Scenario> notice_stories() {
  return kStories;
}

}  // namespace reloadtrace::testing
