// SPDX-License-Identifier: Apache-2.0
// One look at containers that can reload, that cannot, and of which nobody can tell: no publish is
// waited for, and no BPF is needed.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <thread>

#include "tests/e2e/story.h"
#include "tests/support/places.h"
#include "tests/support/schema_validator.h"

namespace reloadtrace::testing {
namespace {

struct Ability {
  std::string can_reload;
  std::string cause = "";  // "" = null

  bool operator==(const Ability&) const = default;
};

void PrintTo(const Ability& ability, std::ostream* out) {
  *out << ability.can_reload << " cause=" << ability.cause;
}

Ability ability_of(const Line& line) {
  return {line.value("can_reload", ""),
          line.at("cause").is_null() ? "" : line.at("cause").get<std::string>()};
}

const Ability kYes{"yes"};

Ability no(const char* cause) {
  return {"no", cause};
}
Ability unknown(const char* cause) {
  return {"unknown", cause};
}

class DoctorOfReaders : public Story {
 protected:
  void SetUp() override {
    Story::SetUp();
    publish("one");
  }

  void publish(const std::string& release) const {
    const auto file = [](const char* name) {
      return read_file(in_project("tests/e2e/applications/" + std::string(name)));
    };
    volume_.publish({{"app.yaml", release},
                     {"nginx.conf", file("nginx.conf") + "# " + release + "\n"},
                     {"prometheus.yml", file("prometheus.yml")}});
  }

  Container& start_program(const std::string& name,
                           const std::vector<std::string>& command,
                           const std::string& ready = "ready") {
    return start({.name = name,
                  .command = command,
                  .mounts = {volume_.mounted_at(kMount),
                             {in_project("tests/e2e/applications"), "/applications"}},
                  .host_programs = true,
                  .ready = ready});
  }

  // A container that is set up in another way than by an actor's behaviour alone.
  Container& start_pinned() {
    return start({.command = actor("no-watcher", "/etc/pinned", {"app.yaml"}),
                  .mounts = {volume_.subpath_mounted_at("app.yaml", "/etc/pinned/app.yaml")}});
  }

  Completed look(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {
        "doctor", "--path", volume_.path(), "--format", "json", "--deadline", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tracer(arguments);
  }

  void look_at_all() {
    const Completed looked = look();
    ASSERT_EQ(looked.exit_code, 0) << looked.errors;
    lines_ = parse_lines(looked.output);
    EXPECT_EQ(SchemaValidator::from_tracer().errors_in(lines_), "");
  }

  Line of(const Container& container) const {
    const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line& one) {
      return one.at("reader").value("container_id", "") == container.id();
    });
    return line == lines_.end() ? Line({{"can_reload", "not said"}, {"cause", nullptr}}) : *line;
  }

  static std::string evidence(const Line& line) { return line.value("evidence", ""); }
  // Of the process that its container began with.
  static Line program(const Line& line) { return line.at("programs").front(); }

  Lines lines_;
};

TEST_F(DoctorOfReaders, tells_each_reader_what_it_can_do) {
  Container& fd_keeper = start("fd-keeper");
  Container& mapper = start("mapper");
  Container& pinned = start_pinned();
  publish("two");
  Container& directory_watcher = start("directory-watcher");
  Container& file_watcher = start("file-watcher-once");
  Container& link_watcher = start("link-watcher");
  Container& mask_misser = start("mask-misser");
  Container& fanotify_watcher = start("fanotify-watcher");
  Container& no_watcher = start("no-watcher");
  Container& signal_reader = start("signal-reader");
  Container& signalfd_reader = start("signalfd-reader");
  std::this_thread::sleep_for(std::chrono::seconds(2));  // beyond the deadline
  look_at_all();

  EXPECT_EQ(lines_.size(), 11U);
  EXPECT_EQ(ability_of(of(fd_keeper)), no("held_old_fd")) << of(fd_keeper);
  EXPECT_EQ(ability_of(of(mapper)), no("mapped_old_file")) << of(mapper);
  EXPECT_EQ(ability_of(of(pinned)), no("subpath_pinned")) << of(pinned);
  EXPECT_NE(evidence(of(pinned)).find("the volume is at " + volume_.generation()),
            std::string::npos)
      << of(pinned);
  EXPECT_EQ(ability_of(of(directory_watcher)), kYes) << of(directory_watcher);
  EXPECT_EQ(ability_of(of(file_watcher)), unknown("watch_lost")) << of(file_watcher);
  EXPECT_EQ(ability_of(of(link_watcher)), no("watch_on_symlink")) << of(link_watcher);
  EXPECT_EQ(ability_of(of(mask_misser)), no("mask_misses_swap")) << of(mask_misser);
  EXPECT_EQ(ability_of(of(fanotify_watcher)), kYes) << of(fanotify_watcher);
  EXPECT_EQ(ability_of(of(no_watcher)), unknown("no_watcher")) << of(no_watcher);
  for (const Container* container : {&signal_reader, &signalfd_reader}) {
    EXPECT_EQ(ability_of(of(*container)), unknown("no_watcher"));
    EXPECT_EQ(program(of(*container)).at("handles"), Line::array({"SIGHUP"})) << of(*container);
  }

  const auto urgency = [](const Line& line) {
    const std::string can = line.at("can_reload");
    return can == "no" ? 0 : can == "unknown" ? 1 : 2;
  };
  EXPECT_TRUE(std::is_sorted(lines_.begin(), lines_.end(), [&](const Line& a, const Line& b) {
    return urgency(a) < urgency(b);
  })) << "those who cannot come first";
}

// What an accusation rests on must still be so when the next publish comes.
TEST_F(DoctorOfReaders, is_borne_out_by_the_next_publish) {
  const std::vector<std::pair<const char*, bool>> expected = {
      {"directory-watcher", true}, {"link-watcher", false}, {"mask-misser", false}};
  for (const auto& [behaviour, reloads] : expected) {
    start(behaviour);
  }
  look_at_all();
  trace();
  publish("two");
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool reloads = expected[i].second;
    EXPECT_EQ(of(*containers_[i]).at("can_reload"), reloads ? "yes" : "no");
    EXPECT_EQ(verdict(*containers_[i]).at("verdict"), reloads ? "reloaded" : "stale");
  }
}

TEST_F(DoctorOfReaders, knows_real_programs_by_what_they_are) {
  for (const char* program : {"nginx", "prometheus", "java", "node", "python3"}) {
    RELOADTRACE_REQUIRE(
        ::access(("/usr/bin/" + std::string(program)).c_str(), X_OK) == 0 ||
                ::access(("/usr/sbin/" + std::string(program)).c_str(), X_OK) == 0
            ? std::nullopt
            : std::optional("needs programs (see scripts/setup): " + std::string(program)));
  }
  const std::string nginx = "nginx -e stderr -c /etc/config/nginx.conf";
  const std::string prometheus =
      "exec prometheus --config.file=/etc/config/prometheus.yml --storage.tsdb.path=/tmp/tsdb ";
  constexpr const char* kNginxReady = "start worker process ";
  constexpr const char* kPrometheusReady = "Server is ready to receive web requests";
  Container& server = start_program("nginx", {"sh", "-c", "exec " + nginx}, kNginxReady);
  Container& below_shell =
      start_program("nginx-below", {"sh", "-c", nginx + "; true"}, kNginxReady);
  Container& lifecycle = start_program(
      "lifecycle", {"sh", "-c", prometheus + "--web.enable-lifecycle 2>&1"}, kPrometheusReady);
  Container& plain = start_program("plain", {"sh", "-c", prometheus + "2>&1"}, kPrometheusReady);
  constexpr const char* kFile = "/etc/config/app.yaml";
  Container& java =
      start_program("java", {"java", "/applications/WatchDirectory.java", kFile, "..data"});
  Container& node = start_program("node", {"node", "/applications/watch_file.js", kFile});
  Container& python = start_program("python", {"python3", "/applications/watchdog_file.py", kFile});
  look_at_all();

  EXPECT_EQ(ability_of(of(server)), unknown("no_watcher")) << of(server);
  EXPECT_NE(evidence(of(server)).find("handles SIGHUP"), std::string::npos) << of(server);
  EXPECT_EQ(program(of(server)).at("runtime"), "native");
  EXPECT_EQ(ability_of(of(below_shell)), unknown("signal_ignored")) << of(below_shell);
  EXPECT_EQ(program(of(below_shell)).at("runtime"), "shell");

  for (const Container* container : {&lifecycle, &plain}) {
    const Line line = of(*container);
    EXPECT_EQ(ability_of(line), unknown("no_watcher")) << line;
    EXPECT_EQ(program(line).at("runtime"), "go") << line;
    EXPECT_EQ(program(line).value("version", "").substr(0, 3), "go1") << line;
    EXPECT_EQ(program(line).value("main_package", ""),
              "github.com/prometheus/prometheus/cmd/prometheus");
    // Go catches every signal: that it handles SIGHUP as well cannot be told.
    EXPECT_EQ(program(line).at("handles"), Line::array()) << line;
  }
  EXPECT_NE(evidence(of(lifecycle)).find("takes POST /-/reload"), std::string::npos)
      << of(lifecycle);
  EXPECT_EQ(evidence(of(plain)).find("POST"), std::string::npos) << of(plain);

  EXPECT_EQ(ability_of(of(java)), kYes) << of(java);
  EXPECT_EQ(program(of(java)).at("runtime"), "jvm");
  EXPECT_EQ(ability_of(of(node)), unknown("watch_lost")) << of(node);
  EXPECT_EQ(program(of(node)).at("runtime"), "node");
  EXPECT_EQ(ability_of(of(python)), no("watch_on_symlink")) << of(python);
  EXPECT_EQ(program(of(python)).at("runtime"), "python");
}

TEST_F(DoctorOfReaders, looks_at_processes_outside_containers_too) {
  Process process({.argv = {actor_binary(), "mask-misser", volume_.path(), "app.yaml"}});
  ASSERT_TRUE(process.wait_for_line("ready", std::chrono::seconds(10)));
  look_at_all();
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0].at("reader").at("pid"), process.pid());
  EXPECT_EQ(ability_of(lines_[0]), no("mask_misses_swap"));
}

TEST_F(DoctorOfReaders, shows_the_chosen_readers_alone_and_says_who_is_not_there) {
  Container& wanted = start("directory-watcher");
  start("no-watcher");
  const Completed looked =
      look({"--container", wanted.id().substr(0, 12), "--container", "no-such-container"});
  EXPECT_EQ(looked.exit_code, 0);
  const Lines lines = parse_lines(looked.output);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("reader").at("container_id"), wanted.id());
  EXPECT_NE(looked.errors.find("there is no container no-such-container"), std::string::npos)
      << looked.errors;
}

// As the tracer is run, but without these capabilities.
Completed run_without(const std::string& capabilities, const Volume& volume) {
  return run({.argv = {"setpriv", "--bounding-set", capabilities, "--", tracer_binary(), "doctor",
                       "--path", volume.path(), "--format", "json"}});
}

TEST_F(DoctorOfReaders, needs_no_bpf) {
  start("directory-watcher");
  const Completed looked = run_without("-bpf,-perfmon,-sys_admin", volume_);
  EXPECT_EQ(looked.exit_code, 0) << looked.errors;
  const Lines lines = parse_lines(looked.output);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(ability_of(lines[0]), kYes);
}

TEST_F(DoctorOfReaders, says_what_it_lacks_and_accuses_nobody_that_it_cannot_look_at) {
  start("mask-misser");
  const Completed looked = run_without("-all", volume_);
  EXPECT_EQ(looked.exit_code, 3);
  EXPECT_NE(looked.errors.find("CAP_SYS_PTRACE"), std::string::npos) << looked.errors;
  for (const Line& line : parse_lines(looked.output)) {
    EXPECT_EQ(line.at("can_reload"), "unknown") << line;
  }
}

}  // namespace
}  // namespace reloadtrace::testing
