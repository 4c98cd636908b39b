// SPDX-License-Identifier: Apache-2.0
// Attaches programs that do nothing, so that what hooks cost by themselves can be measured.
//
//   reloadtrace-floor dispatcher|tracepoints|fexit|fentry    floor.bpf.c says where
//
// Says "ready", and keeps them until its standard input ends.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#include "floor.skel.h"

namespace {

struct Destroy {
  void operator()(floor_bpf* skeleton) const { floor_bpf__destroy(skeleton); }
};

int fail(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  return 1;
}

// False when there is none of that kind.
bool choose(bpf_object* object, std::string_view kind) {
  bool found = false;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    const bool chosen = std::string_view(bpf_program__name(program)).starts_with(kind);
    bpf_program__set_autoload(program, chosen);
    found = found || chosen;
  }
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  const std::unique_ptr<floor_bpf, Destroy> skeleton(floor_bpf__open());
  if (!skeleton) {
    return fail("open");
  }
  if (argc != 2 || *argv[1] == '\0' || !choose(skeleton->obj, argv[1])) {
    std::fprintf(stderr, "usage: reloadtrace-floor dispatcher|tracepoints|fexit|fentry\n");
    return 2;
  }
  if (floor_bpf__load(skeleton.get()) != 0) {
    return fail("load");
  }
  if (floor_bpf__attach(skeleton.get()) != 0) {
    return fail("attach");
  }
  std::puts("ready");
  std::fflush(stdout);
  char ignored = 0;
  while (::read(STDIN_FILENO, &ignored, 1) > 0) {
  }
}
