// SPDX-License-Identifier: Apache-2.0
#include "tests/support/requirements.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "tests/support/tracer.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::testing {

std::string hooks_to_test() {
  const char* const tier = std::getenv("RELOADTRACE_TEST_HOOKS");
  return tier == nullptr ? "auto" : tier;
}

std::string btf_to_test() {
  const char* const file = std::getenv("RELOADTRACE_TEST_BTF");
  return file == nullptr ? "" : file;
}

std::string find_program(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    std::string candidate = directory;
    candidate.append("/").append(program);
    if (::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return "";
}

bool must_run() {
  const char* value = std::getenv("RELOADTRACE_REQUIRE_BPF");
  return value != nullptr && std::strcmp(value, "1") == 0;
}

std::optional<std::string> why_containers_cannot_run() {
  if (::geteuid() != 0) {
    return "needs root to start containers: run with sudo";
  }
  if (find_program("runc").empty()) {
    return "needs runc: install the package runc";
  }
  if (::access("/bin/busybox", X_OK) != 0) {
    return "needs a static /bin/busybox: install the package busybox-static";
  }
  return std::nullopt;
}

std::optional<std::string> why_bpf_cannot_run() {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.map_type = BPF_MAP_TYPE_RINGBUF;
  attributes.max_entries = static_cast<__u32>(::sysconf(_SC_PAGESIZE));
  const UniqueFd map(
      static_cast<int>(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes)));
  if (!map) {
    return std::string("needs BPF ring buffers (CAP_BPF and CAP_PERFMON, or root): ") +
           std::strerror(errno);
  }
  return std::nullopt;
}

std::optional<std::string> why_tracer_cannot_run() {
  const std::string binary = tracer_binary();
  if (binary.empty() || ::access(binary.c_str(), X_OK) != 0) {
    return "needs the tracer: build it, or set RELOADTRACE_BINARY";
  }
  return why_bpf_cannot_run();
}

void ContainerTest::SetUp() {
  RELOADTRACE_REQUIRE(why_containers_cannot_run());
}

void TracerTest::SetUp() {
  RELOADTRACE_REQUIRE(why_containers_cannot_run());
  RELOADTRACE_REQUIRE(why_tracer_cannot_run());
}

}  // namespace reloadtrace::testing
