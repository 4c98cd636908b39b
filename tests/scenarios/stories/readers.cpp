// SPDX-License-Identifier: Apache-2.0
// Who reads, and who only seems to.
#include <array>

#include "tests/scenarios/scenario.h"

namespace reloadtrace::testing {
namespace {

void two_containers_of_which_one_reloads(Story& story) {
  story.begin();
  StoryVolume& config = story.config_map();
  const auto good = story.container("app", {&config});
  const auto bad = story.container("sidecar", {&config});
  story.ready();
  story.reread(good.main, config, "app.yaml");
  story.reread(bad.main, config, "app.yaml");
  const auto watch = story.watch(good.main, config, "", kDirectoryMask);
  story.pass(60s);
  story.publish(config);
  story.pass(1ms);
  story.notify_of_swap(watch, config);
  story.reread(good.main, config, "app.yaml");
  story.pass(Story::kDeadline);
  story.inspect(bad.main);
  story.end();
}

void injected_cat_is_an_observer(Story& story) {
  OneReader one(story);
  story.publish(*one.config);
  story.pass(9s);
  const auto cat = story.injected(one.app, "cat");
  story.reread(cat, *one.config, "app.yaml");
  story.exit(cat);
  one.come_to_deadline();
  story.end();
}

void workers_forked_by_a_master(Story& story) {
  OneReader one(story);
  const auto old_worker = story.child(one.app.main, "app");
  story.reread(old_worker, *one.config, "app.yaml");
  story.publish(*one.config);
  story.pass(300ms);
  const auto worker = story.child(one.app.main, "app");
  story.reread(worker, *one.config, "app.yaml");
  story.exit(old_worker);
  story.end();
}

void poller(Story& story) {
  OneReader one(story);
  for (int i = 0; i < 4; ++i) {
    story.reread(one.app.main, *one.config, "app.yaml");
    story.pass(30s);
  }
  story.pass(-10s);
  story.publish(*one.config);
  story.pass(10s);
  story.reread(one.app.main, *one.config, "app.yaml");
  story.end();
}

void process_outside_containers(Story& story) {
  story.begin();
  StoryVolume& config = story.plain_directory();
  const auto daemon = story.process("nginx");
  story.reread(daemon, config, "app.yaml");
  story.ready();
  story.publisher() = story.process("consul-template");
  story.rename_onto(config, "app.yaml", "level: debug");
  story.pass(Story::kDeadline);
  story.inspect(daemon);
  story.end();
}

void sidecar_that_reads_and_publishes(Story& story) {
  story.begin();
  StoryVolume& config = story.config_map();
  StoryVolume& output = story.plain_directory();
  const auto sidecar = story.container("reloader", {&config, &output});
  const auto app = story.container("app", {&output});
  const auto watch = story.watch(sidecar.main, config, "", kDirectoryMask);
  story.ready();
  story.publish(config);
  story.notify_of_swap(watch, config);
  story.reread(sidecar.main, config, "app.yaml");
  story.publisher() = sidecar.main;
  story.rename_onto(output, "app.yaml", "rendered");
  story.pass(5ms);
  story.reread(app.main, output, "app.yaml");
  story.end();
}

void secret(Story& story) {
  story.begin();
  StoryVolume& tls =
      story.atomic_volume(VolumeKind::Secret, "tls", {{"tls.crt", "one"}, {"tls.key", "one"}});
  const auto app = story.container("app", {&tls});
  story.ready();
  story.reread(app.main, tls, "tls.crt");
  story.reread(app.main, tls, "tls.key");
  story.pass(60s);
  story.publish(tls, {{"tls.crt", "number two"}, {"tls.key", "number two"}});
  story.pass(2ms);
  story.reread(app.main, tls, "tls.crt");
  story.reread(app.main, tls, "tls.key");
  story.pass(60s);
  story.publish(tls, {{"tls.crt", "number three"}, {"tls.key", "number three"}});
  story.pass(1s);
  story.reread(app.main, tls, "tls.crt");
  story.open(app.main, tls, "tls.key");
  story.read_part(app.main, tls, "tls.key", 0, 4);
  story.pass(Story::kDeadline);
  story.inspect(app.main);
  story.end();
}

void evidence(Story& story) {
  story.begin();
  StoryVolume& config = story.config_map();
  const auto app = story.container("app", {&config});
  story.container_with("exporter", {Story::sub_path(config, "app.yaml")});
  story.ready();
  const auto watch = story.watch(app.main, config, "", kDirectoryMask);
  story.publish(config);
  story.notify_of_swap(watch, config);
  story.reread(app.main, config, "app.yaml");
  story.exit(app.main);
  story.end();
}

// Which was taken for its main process, as long as there was no other.
void container_begun_by_a_helper_that_ended(Story& story) {
  story.begin();
  StoryVolume& config = story.config_map();
  story.ready();
  StoryContainer app = story.container("app", {&config});
  StoryProcess main = story.child(app.main, "runc:[2:INIT]");
  story.exit(app.main);
  story.gone(app);
  app.fact.main = main.tgid;
  app.fact.at = story.tick();
  story.deliver(app.fact);
  story.exec(main, "app");
  const auto watch = story.watch(main, config, "", kDirectoryMask);
  story.reread(main, config, "app.yaml");
  story.pass(60s);
  story.publish(config);
  story.notify_of_swap(watch, config);
  story.reread(main, config, "app.yaml");
  story.pass(60s);
  story.publish(config);
  story.notify_of_swap(watch, config);
  story.pass(Story::kDeadline);
  story.inspect(main, {watch});
  story.end();
}

constexpr std::array kStories{
    Scenario{"two_containers_of_which_one_reloads", two_containers_of_which_one_reloads},
    Scenario{"injected_cat_is_an_observer", injected_cat_is_an_observer},
    Scenario{"workers_forked_by_a_master", workers_forked_by_a_master},
    Scenario{"poller", poller},
    Scenario{"process_outside_containers", process_outside_containers},
    Scenario{"sidecar_that_reads_and_publishes", sidecar_that_reads_and_publishes},
    Scenario{"container_begun_by_a_helper_that_ended", container_begun_by_a_helper_that_ended},
    Scenario{"secret", secret},
    Scenario{"evidence", evidence, true},
};

}  // namespace

std::span<const Scenario> reader_stories() {
  return kStories;
}

}  // namespace reloadtrace::testing
