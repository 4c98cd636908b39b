// SPDX-License-Identifier: Apache-2.0
// Real applications in real containers on one volume, three swaps, and what is said of each.
//
// One session for all of them: nobody may be blamed for what a neighbour did. Programs and
// configurations lie in applications/; each says there whom it imitates.
#include <signal.h>
#include <unistd.h>

#include "tests/e2e/story.h"
#include "tests/support/places.h"
#include "tests/support/temporary_directory.h"

namespace reloadtrace::testing {
namespace {

using std::chrono::seconds;

// Above the slowest poller's period: tail -F opens the file anew after six looks at the old one.
constexpr const char* kPollerDeadline = "9";
constexpr const char* kDeadline = "4";
constexpr seconds kVerdictTimeout{15};
constexpr const char* kReload = "http://127.0.0.1:9090/-/reload";

struct Application {
  std::string name;
  std::vector<std::string> needs;  // programs of the host, or paths
  std::vector<std::string> command;
  Row at[3];  // the swaps
  std::string ready = "ready";
  int signal = 0;            // to its first process after each swap
  bool http_reload = false;  // POST /-/reload after each swap
  std::string subpath = "";  // this key alone, in place of the volume
};

Row reloaded_by(const std::string& trigger) {
  return {"reloaded", "", trigger};
}
Row stale(const std::string& cause) {
  return {"stale", cause, ""};
}

std::vector<std::string> nginx(const std::string& configuration) {
  return {"nginx", "-e", "stderr", "-c", "/etc/config/" + configuration};
}
// What it says on standard error is what tells that it is ready.
std::vector<std::string> talking(const std::string& command) {
  return {"sh", "-c", "exec " + command + " 2>&1"};
}
std::vector<std::string> prometheus(const std::string& more = "") {
  return talking(
      "prometheus --config.file=/etc/config/prometheus.yml "
      "--storage.tsdb.path=/tmp/tsdb " +
      more);
}
std::vector<std::string> gunicorn(const std::string& more = "") {
  return talking("gunicorn --chdir /applications --bind 127.0.0.1:8082 " + more +
                 " gunicorn_application:application");
}
std::vector<std::string> dnsmasq(const std::string& more) {
  return talking("dnsmasq --no-daemon --user=root --port=8083 --conf-file=/dev/null --no-hosts " +
                 more);
}

constexpr const char* kFile = "/etc/config/app.yaml";
constexpr const char* kNginxReady = "start worker process ";
constexpr const char* kWatching = "Watches established.";
constexpr const char* kPrometheusReady = "Server is ready to receive web requests";

const Row kUntold = stale("no_watcher");
const Row kPinned = stale("subpath_pinned");
const Row kIgnored = stale("event_ignored");
const Row kLost = stale("watch_lost");
const Row kByInotify = reloaded_by("inotify");
const Row kByPoll = reloaded_by("poll");
const Row kBySignal = reloaded_by("signal");
const Row kRestarted = {"restarted", "", "restart"};
const Row kByHttp = reloaded_by("http");

std::vector<Application> told_from_outside() {
  return {
      {"nginx-untold", {"nginx"}, nginx("nginx.conf"), {kUntold, kUntold, kUntold}, kNginxReady},
      {"nginx-hup",
       {"nginx"},
       nginx("nginx.conf"),
       {kBySignal, kBySignal, kBySignal},
       kNginxReady,
       SIGHUP},
      // It did reread, and refused what it read.
      {"nginx-hup-broken",
       {"nginx"},
       nginx("broken.conf"),
       {kBySignal, kBySignal, kBySignal},
       kNginxReady,
       SIGHUP},
      {"nginx-subpath",
       {"nginx"},
       nginx("nginx.conf"),
       {kPinned, kPinned, kPinned},
       kNginxReady,
       SIGHUP,
       false,
       "nginx.conf"},
      // The shell is the first process of its pid namespace and has no handler: the kernel drops
      // the signal, and nginx below it never hears of it.
      {"nginx-below-a-shell",
       {"nginx"},
       {"sh", "-c", "nginx -e stderr -c /etc/config/nginx.conf; true"},
       {stale("signal_ignored"), stale("signal_ignored"), stale("signal_ignored")},
       kNginxReady,
       SIGHUP},
      // It has a handler, which closes its files and reads no configuration.
      {"rsyslog-hup",
       {"rsyslogd"},
       {"rsyslogd", "-n", "-i", "/run/rsyslogd.pid", "-f", "/etc/config/rsyslog.conf"},
       {stale("signal_no_reread"), stale("signal_no_reread"), stale("signal_no_reread")},
       "start",
       SIGHUP},
      // Its master executes itself, so that what read the file began after the swap.
      {"haproxy-usr2",
       {"haproxy"},
       talking("haproxy -W -f /etc/config/haproxy.cfg"),
       {kRestarted, kRestarted, kRestarted},
       "Loading success",
       SIGUSR2},
      {"gunicorn-hup",
       {"gunicorn"},
       gunicorn(),
       {kBySignal, kBySignal, kBySignal},
       "ready",
       SIGHUP},
      // New workers, forked from a master that imported the old file.
      {"gunicorn-hup-preload",
       {"gunicorn"},
       gunicorn("--preload"),
       {stale("signal_no_reread"), stale("signal_no_reread"), stale("signal_no_reread")},
       "ready",
       SIGHUP},
      {"prometheus-lifecycle",
       {"prometheus"},
       prometheus("--web.enable-lifecycle"),
       {kByHttp, kByHttp, kByHttp},
       kPrometheusReady,
       0,
       true},
      {"prometheus-refusing",
       {"prometheus"},
       prometheus(),
       {stale("http_refused"), stale("http_refused"), stale("http_refused")},
       kPrometheusReady,
       0,
       true},
  };
}

std::vector<Application> watching() {
  return {
      {"node-watch-file",
       {"node"},
       {"node", "/applications/watch_file.js", kFile},
       {kByInotify, kLost, kLost}},
      {"node-watch-directory",
       {"node"},
       {"node", "/applications/watch_directory.js", kFile},
       {kByInotify, kByInotify, kByInotify}},
      {"node-watch-name",
       {"node"},
       {"node", "/applications/watch_directory.js", kFile, "app.yaml"},
       {kIgnored, kIgnored, kIgnored}},
      {"java-watch-data",
       {"java"},
       {"java", "/applications/WatchDirectory.java", kFile, "..data"},
       {kByInotify, kByInotify, kByInotify}},
      {"java-watch-name",
       {"java"},
       {"java", "/applications/WatchDirectory.java", kFile, "app.yaml"},
       {kIgnored, kIgnored, kIgnored}},
      {"inotifywait-file-anew",
       {"inotifywait"},
       {"/applications/wait_for_file.sh", kFile},
       {kByInotify, kByInotify, kByInotify},
       kWatching},
      {"inotifywait-file-monitor",
       {"inotifywait"},
       {"/applications/monitor.sh", kFile, kFile, "modify"},
       {kLost, kLost, kLost},
       kWatching},
      {"inotifywait-directory",
       {"inotifywait"},
       {"/applications/monitor.sh", kFile, "/etc/config", "moved_to"},
       {kByInotify, kByInotify, kByInotify},
       kWatching},
      {"inotifywait-directory-cp",
       {"inotifywait"},
       {"/applications/copy.sh", kFile},
       {kByInotify, kByInotify, kByInotify},
       kWatching},
      {"inotifywait-directory-modify",
       {"inotifywait"},
       {"/applications/monitor.sh", kFile, "/etc/config", "modify"},
       {stale("mask_misses_swap"), stale("mask_misses_swap"), stale("mask_misses_swap")},
       kWatching},
      // It follows the link and watches the directory that the file is in: the generation.
      {"dnsmasq-resolv-file",
       {"dnsmasq"},
       dnsmasq("--resolv-file=/etc/config/resolv.conf"),
       {kLost, kLost, kLost},
       "started"},
      // Names that begin with a dot are none of a hosts file.
      {"dnsmasq-hosts-directory",
       {"dnsmasq"},
       dnsmasq("--no-resolv --hostsdir=/etc/config"),
       {kIgnored, kIgnored, kIgnored},
       "started"},
      {"python-watchdog-file",
       {"python3", "/usr/lib/python3/dist-packages/watchdog"},
       {"python3", "/applications/watchdog_file.py", kFile},
       {stale("watch_on_symlink"), stale("watch_on_symlink"), stale("watch_on_symlink")}},
  };
}

std::vector<Application> polling() {
  return {
      {"node-watch-stat",
       {"node"},
       {"node", "/applications/watch_by_stat.js", kFile},
       {kByPoll, kByPoll, kByPoll}},
      {"python-poll-mtime",
       {"python3"},
       {"python3", "/applications/poll_mtime.py", kFile},
       {kByPoll, kByPoll, kByPoll}},
      {"shell-poll-checksum",
       {"md5sum"},
       {"/applications/checksum.sh", kFile},
       {kByPoll, kByPoll, kByPoll}},
      // No inotify where a name is a link: it looks at the descriptor it has once a second, and
      // after six looks opens the name anew.
      {"tail-follow-name",
       {"tail"},
       {"tail", "-F", kFile},
       {kByPoll, kByPoll, kByPoll},
       "release:"},
  };
}

// A neighbour in the pod, or anybody on the node, that keeps the old file open: IN_DELETE_SELF does
// not come before the last descriptor is closed, and who waits for it waits in vain. The link count
// falls at once, which is IN_ATTRIB.
std::vector<Application> beside_one_that_holds_the_old_file() {
  const Row held = stale("held_old_fd");
  return {
      {"tail-follow-descriptor", {"tail"}, {"tail", "-f", kFile}, {held, held, held}, "release:"},
      {"inotifywait-file-anew",
       {"inotifywait"},
       {"/applications/wait_for_file.sh", kFile},
       {kLost, kLost, kLost},
       kWatching},
      {"node-watch-file",
       {"node"},
       {"node", "/applications/watch_file.js", kFile},
       {kByInotify, kLost, kLost}},
  };
}

bool is_there(const std::string& need) {
  for (const char* directory : {"", "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"}) {
    if (::access((directory + need).c_str(), F_OK) == 0) {
      return true;
    }
  }
  return false;
}

class Applications : public Story {
 protected:
  // All of them on one volume.
  void start_all(const std::vector<Application>& applications) {
    for (const Application& application : applications) {
      if (!lacks_a_program(application)) {
        start_one(application);
      }
    }
  }

  void expect_rows() {
    for (std::size_t swap = 1; swap <= 3; ++swap) {
      publish(swap);
      for (const Running& running : running_) {
        tell(running);
      }
      for (const Running& running : running_) {
        const std::optional<Line> said = said_of(running.container, swap);
        ASSERT_TRUE(said) << running.application.name << " at swap " << swap;
        Row row = row_of(*said);
        const Row& expected = running.application.at[swap - 1];
        // A clock shows after a few looks. The slow ones have not had them at the first swap, and
        // tail opens a name again so seldom that a publish may come first each time.
        const bool slow = swap == 1 || running.application.name == "tail-follow-name";
        if (slow && expected == kByPoll && row == reloaded_by("unknown")) {
          row = kByPoll;
        }
        EXPECT_EQ(row, expected) << running.application.name << " at swap " << swap << ": "
                                 << said->at("evidence");
      }
    }
    report_missing();
  }

  void publish(std::size_t swap) const {
    const auto configuration = [swap](const std::string& file) {
      return read_file(in_project("tests/e2e/applications/" + file)) + "# release " +
             std::to_string(swap) + "\n";
    };
    const std::string nginx = configuration("nginx.conf");
    volume_.publish({{"app.yaml", "release: " + std::to_string(swap) + "\n"},
                     {"nginx.conf", nginx},
                     {"broken.conf", swap == 0 ? nginx : nginx + "no_such_directive on;\n"},
                     {"rsyslog.conf", configuration("rsyslog.conf")},
                     {"haproxy.cfg", configuration("haproxy.cfg")},
                     {"resolv.conf", configuration("resolv.conf")},
                     {"prometheus.yml", configuration("prometheus.yml")}});
  }

 private:
  struct Running {
    const Application& application;
    const Container& container;
  };

  std::optional<Line> said_of(const Container& container, std::size_t swap) {
    const Lines said = tracer_->wait_for(
        [&container](const Line& line) {
          return line.value("kind", "") == "reload" &&
                 line.at("reader").value("container_id", "") == container.id();
        },
        swap, kVerdictTimeout);
    return said.size() < swap ? std::nullopt : std::optional(said.back());
  }

  void start_one(const Application& application) {
    const std::string& key = application.subpath;
    const Mount config = key.empty() ? volume_.mounted_at(kMount)
                                     : volume_.subpath_mounted_at(key, kMount + ("/" + key));
    running_.push_back(
        {application,
         start({.name = application.name,
                .command = application.command,
                .mounts = {config, {in_project("tests/e2e/applications"), "/applications"}},
                .host_programs = true,
                .ready = application.ready})});
  }

  bool lacks_a_program(const Application& application) {
    for (const std::string& need : application.needs) {
      if (!is_there(need)) {
        missing_ += " " + need;
        return true;
      }
    }
    return false;
  }

  static void tell(const Running& running) {
    if (running.application.signal != 0) {
      running.container.signal(running.application.signal);
    }
    if (running.application.http_reload) {
      // As a sidecar of the same pod does. Refused is what some of them are here for.
      running.container.exec({"busybox", "wget", "-q", "-O", "-", "--post-data=", kReload});
    }
  }

  // Not silently green where an application could not be tried.
  void report_missing() const {
    RELOADTRACE_REQUIRE(missing_.empty()
                            ? std::nullopt
                            : std::optional("needs programs (see scripts/setup):" + missing_));
  }

  std::vector<Running> running_;
  std::string missing_;
};

TEST_F(Applications, reread_when_told_and_only_those_that_understand_it) {
  const std::vector<Application> applications = told_from_outside();
  publish(0);
  trace({}, kDeadline);
  start_all(applications);
  expect_rows();
}

TEST_F(Applications, reread_what_their_watches_can_see) {
  const std::vector<Application> applications = watching();
  publish(0);
  trace({}, kDeadline);
  start_all(applications);
  expect_rows();
}

TEST_F(Applications, reread_when_their_next_look_is_due) {
  const std::vector<Application> applications = polling();
  publish(0);
  trace({}, kPollerDeadline);
  start_all(applications);
  expect_rows();
}

TEST_F(Applications, hear_nothing_of_the_end_of_a_file_that_a_neighbour_holds) {
  const std::vector<Application> applications = beside_one_that_holds_the_old_file();
  publish(0);
  trace({}, kDeadline);
  start_all(applications);
  expect_rows();
}

// What an engineer does at 3 a.m.: everything has long been running.
TEST_F(Applications, get_the_same_rows_when_they_ran_before_the_tracer) {
  std::vector<Application> applications = told_from_outside();
  for (const std::vector<Application>& more : {watching(), polling()}) {
    applications.insert(applications.end(), more.begin(), more.end());
  }
  publish(0);
  start_all(applications);
  trace({}, kPollerDeadline);
  expect_rows();
}

// runc mounts the volume below the host's path of the root, then makes that the root.
TEST_F(Applications, know_the_volume_by_the_path_that_is_said) {
  publish(0);
  trace({}, kDeadline);
  const Container& tail = start({.command = {"tail", "-F", kFile},
                                 .mounts = {volume_.mounted_at(kMount)},
                                 .host_programs = true,
                                 .ready = "release:"});
  publish(1);
  EXPECT_EQ(verdict(tail).at("volume").at("path"), std::string(kMount));
}

}  // namespace
}  // namespace reloadtrace::testing
