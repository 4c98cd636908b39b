// SPDX-License-Identifier: Apache-2.0
#include "tests/support/container.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/support/built.h"
#include "tests/support/janitor.h"

namespace reloadtrace::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// A virtual machine of Java on a busy node takes its time.
constexpr std::chrono::seconds kReadyTimeout{30};

constexpr const char* kBusybox = "/bin/busybox";
constexpr const char* kApplets[] = {"cat",  "cp",    "echo", "env",  "head", "id",
                                    "kill", "ls",    "ps",   "read", "sh",   "sleep",
                                    "stat", "touch", "true", "wget"};

// Where Debian, and a distribution that has not merged /usr, keeps programs and libraries; and what
// those look up in /etc.
constexpr const char* kHostPrograms[] = {"usr",
                                         "bin",
                                         "sbin",
                                         "lib",
                                         "lib32",
                                         "lib64",
                                         "libx32",
                                         "etc/alternatives",
                                         "etc/group",
                                         "etc/passwd",
                                         "etc/ld.so.cache",
                                         "etc/java-17-openjdk",
                                         "etc/localtime",
                                         "etc/nsswitch.conf"};

void make_root(const fs::path& root) {
  for (const char* directory : {"bin", "dev", "etc", "proc", "tmp"}) {
    fs::create_directories(root / directory);
  }
  fs::copy_file(kBusybox, root / "bin/busybox");
  fs::copy_file(built_actor(), root / "bin/actor");
  for (const char* applet : kApplets) {
    fs::create_symlink("busybox", root / "bin" / applet);
  }
}

// The links of a merged /usr are copied, the rest is mounted.
void make_host_root(const fs::path& root) {
  for (const char* directory : {"dev", "etc", "proc", "run", "tmp", "var/lib", "var/log"}) {
    fs::create_directories(root / directory);
  }
  for (const char* path : kHostPrograms) {
    const fs::path host = fs::path("/") / path;
    if (fs::is_symlink(host)) {
      fs::copy_symlink(host, root / path);
    }
  }
}

json host_mounts() {
  json mounts = json::array();
  for (const char* path : kHostPrograms) {
    const fs::path host = fs::path("/") / path;
    if (fs::exists(host) && !fs::is_symlink(host)) {
      mounts.push_back({{"destination", host},
                        {"type", "bind"},
                        {"source", host},
                        {"options", {"bind", "rprivate", "ro"}}});
    }
  }
  return mounts;
}

// What containerd grants by default, as far as a test may need it.
json capabilities() {
  const json granted = {"CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER",  "CAP_FSETID", "CAP_KILL",
                        "CAP_SETGID", "CAP_SETUID",       "CAP_SETPCAP", "CAP_SETFCAP"};
  return {{"bounding", granted}, {"effective", granted}, {"permitted", granted}};
}

json mounts_of(const ContainerOptions& options) {
  json mounts = {{{"destination", "/proc"}, {"type", "proc"}, {"source", "proc"}},
                 {{"destination", "/dev"}, {"type", "tmpfs"}, {"source", "tmpfs"}}};
  if (options.host_programs) {
    for (const json& mount : host_mounts()) {
      mounts.push_back(mount);
    }
  }
  for (const Mount& mount : options.mounts) {
    mounts.push_back({{"destination", mount.destination},
                      {"type", "bind"},
                      {"source", mount.source},
                      {"options", {"rbind", "rprivate", mount.read_only ? "ro" : "rw"}}});
  }
  return mounts;
}

json config_of(const ContainerOptions& options, const std::string& cgroup) {
  json environment = options.environment;
  environment.push_back(options.host_programs ? "PATH=/usr/bin:/bin:/usr/sbin:/sbin" : "PATH=/bin");
  json namespaces = json::array();
  for (const char* type : {"mount", "ipc", "uts", "network"}) {
    namespaces.push_back({{"type", type}});
  }
  if (!options.host_pid) {
    namespaces.push_back({{"type", "pid"}});
    if (options.shares_pids_of != 0) {
      namespaces.back()["path"] = "/proc/" + std::to_string(options.shares_pids_of) + "/ns/pid";
    }
  }
  return {{"ociVersion", "1.0.2"},
          {"hostname", options.name},
          {"root", {{"path", "rootfs"}}},
          {"process",
           {{"user", {{"uid", options.uid}, {"gid", options.uid}}},
            {"args", options.command},
            {"env", environment},
            {"cwd", "/"},
            {"capabilities", capabilities()}}},
          {"mounts", mounts_of(options)},
          {"linux", {{"cgroupsPath", cgroup}, {"namespaces", namespaces}}}};
}

// The pod's cgroup, in every hierarchy, when no other container is in it.
void remove_cgroups_of(const Pod& pod) {
  const std::string base = "/sys/fs/cgroup";
  ::rmdir((base + pod.cgroup()).c_str());
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(base, ignored)) {
    ::rmdir((entry.path().string() + pod.cgroup()).c_str());
  }
}

}  // namespace

std::string actor_binary() {
  return built_actor();
}

std::vector<std::string> actor(const std::string& behaviour,
                               const std::string& directory,
                               const std::vector<std::string>& more) {
  std::vector<std::string> command = {"/bin/actor", behaviour, directory};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

// One run of the container: from runc run to runc delete.
class Container::Instance {
 public:
  explicit Instance(const Pod& pod)
      : pod_(pod),
        state_(pod.directory() + "/runc"),
        bundle_(pod.directory() + "/bundles/" + id_),
        janitor_(kCleanUp, {state_, id_, pod.cgroup(), bundle_}) {}
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() {
    try {
      run(runc({"delete", "--force", id_}));
      first_.wait(std::chrono::seconds(5));
      fs::remove_all(bundle_);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "end container %s: %s\n", id_.c_str(), error.what());
      janitor_.run();  // tries once more
    }
    remove_cgroups_of(pod_);
  }

  void start(const ContainerOptions& options) {
    // Its first process becomes our child when runc ends, so that we can wait for it.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const fs::path root = fs::path(bundle_) / "rootfs";
    const std::string cgroup = pod_.cgroup_of(id_);
    json config = options.config;
    if (config.is_null()) {
      options.host_programs ? make_host_root(root) : make_root(root);
      config = config_of(options, cgroup);
    } else {
      fs::create_directories(bundle_);
      fs::copy(options.root, root, fs::copy_options::recursive);
      config["root"]["path"] = "rootfs";
      config["linux"]["cgroupsPath"] = cgroup;
    }
    write_file(bundle_ + "/config.json", config.dump());
    const std::string pid_file = bundle_ + "/pid";
    runc_ = std::make_unique<Process>(
        runc({"run", "--detach", "--pid-file", pid_file, "--bundle", bundle_, id_}));
    if (runc_->wait(std::chrono::seconds(20)) != 0) {
      throw std::runtime_error("start container " + options.name + ": " + runc_->errors().text());
    }
    first_ = ProcessHandle(std::stoi(read_file(pid_file)));
  }

  Command runc(const std::vector<std::string>& arguments) const {
    Command command{{"runc", "--root", state_}};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    return command;
  }
  const std::string& id() const { return id_; }
  Process& process() { return *runc_; }
  ProcessHandle& first() { return first_; }

 private:
  static constexpr const char* kCleanUp =
      "runc --root \"$1\" delete --force \"$2\"\n"
      "rmdir /sys/fs/cgroup$3 /sys/fs/cgroup/*$3 2>/dev/null\n"
      "rm -rf \"$4\"\n";

  const Pod& pod_;
  std::string id_ = random_hex(64);
  std::string state_;
  std::string bundle_;
  Janitor janitor_;
  std::unique_ptr<Process> runc_;  // long gone itself, but its pipes are the container's
  ProcessHandle first_;
};

Container::Container(const Pod& pod, ContainerOptions options)
    : pod_(pod), options_(std::move(options)) {
  start();
}

Container::~Container() = default;

void Container::start() {
  instance_ = std::make_unique<Instance>(pod_);
  instance_->start(options_);
  if (options_.logged) {
    log();
  }
  if (!options_.ready.empty() && !output().wait_for(options_.ready, kReadyTimeout)) {
    throw std::runtime_error("container " + options_.name + " never said \"" + options_.ready +
                             "\" but: " + output().text() + errors().text());
  }
}

void Container::log() {
  pod_.log_container(options_.name, id(), starts_++);
}

const std::string& Container::id() const {
  return instance_->id();
}
pid_t Container::pid() const {
  return instance_->first().pid();
}
std::string Container::cgroup() const {
  return pod_.cgroup_of(id());
}
LineBuffer& Container::output() {
  return instance_->process().output();
}
LineBuffer& Container::errors() {
  return instance_->process().errors();
}

Completed Container::exec(const std::vector<std::string>& command) const {
  std::vector<std::string> arguments = {"exec", id()};
  arguments.insert(arguments.end(), command.begin(), command.end());
  return run(instance_->runc(arguments));
}

void Container::signal(int number) const {
  instance_->first().signal(number);
}

std::optional<int> Container::wait(milliseconds timeout) {
  return instance_->first().wait(timeout);
}

void Container::restart() {
  instance_.reset();
  start();
}

void Container::restart(std::vector<Mount> mounts) {
  options_.mounts = std::move(mounts);
  restart();
}

}  // namespace reloadtrace::testing
