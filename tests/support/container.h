// SPDX-License-Identifier: Apache-2.0
// A real container of a pod, run by runc: own pid, mount and network namespaces, own cgroup.
//
// Its root file system holds busybox and the actor, nothing else, or the host's programs, for real
// applications. The cgroup is where kubelet's cgroupfs driver puts it, on version 1, 2 and hybrid
// hierarchies. When the owner goes, so do the processes, the mounts and the cgroups; when the test
// crashes, a janitor process sees to it.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/pod.h"
#include "tests/support/process.h"
#include "tests/support/volume.h"

namespace reloadtrace::testing {

struct ContainerOptions {
  std::string name = "app";
  std::vector<std::string> command = {};  // see actor(); or busybox: {"sleep", "1000"}
  std::vector<Mount> mounts = {};
  std::vector<std::string> environment = {};  // NAME=VALUE
  unsigned uid = 0;
  // The host's programs, libraries and what they need of /etc, read-only, in place of busybox and
  // the actor. /etc, /run, /tmp and /var are the container's own.
  bool host_programs = false;
  bool host_pid = false;     // hostPID
  pid_t shares_pids_of = 0;  // shareProcessNamespace: some process of the pod; 0: pids of its own
  bool logged = true;        // false: the names in the log directory come later, by log()
  // A runtime configuration in place of all of the above but the name, and the files of its root.
  nlohmann::json config = {};
  std::string root = {};
  // The line on standard output to wait for before the constructor returns; empty: none.
  std::string ready = "ready";
};

// The actor as the host sees it.
std::string actor_binary();

// The command of an actor: its behaviour, DIR, FILE… and options.
std::vector<std::string> actor(const std::string& behaviour,
                               const std::string& directory,
                               const std::vector<std::string>& more = {});

class Container {
 public:
  Container(const Pod& pod, ContainerOptions options);
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;
  ~Container();

  const std::string& name() const { return options_.name; }
  const std::string& id() const;  // 64 hexadecimal digits; another one after each restart
  pid_t pid() const;              // of its first process, as the host sees it
  std::string cgroup() const;     // as Pod::cgroup_of() says
  LineBuffer& output();           // of what runs now
  LineBuffer& errors();

  // As kubectl exec does; waits for its end.
  Completed exec(const std::vector<std::string>& command) const;
  void signal(int number) const;
  // Exit code of the first process, or 128 + signal; nothing when it still runs.
  std::optional<int> wait(milliseconds timeout);

  // Leaves the names of what runs now in the log directory.
  void log();
  // As kubelet does it: ends the old container, starts a new one of the same name with a new id.
  void restart();
  // The same with other mounts: kubelet binds a subPath anew, from the newest generation.
  void restart(std::vector<Mount> mounts);

 private:
  class Instance;

  void start();

  const Pod& pod_;
  ContainerOptions options_;
  int starts_ = 0;
  std::unique_ptr<Instance> instance_;
};

}  // namespace reloadtrace::testing
