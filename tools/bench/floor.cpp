// SPDX-License-Identifier: Apache-2.0
// Attaches programs that do nothing, so that what hooks cost by themselves can be measured.
//
//   reloadtrace-floor dispatcher     one at tp_btf/sys_exit
//   reloadtrace-floor tracepoints    one each at tp/syscalls/sys_exit_{openat,read,close}
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

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc == 2 ? argv[1] : "";
  if (kind != "dispatcher" && kind != "tracepoints") {
    std::fprintf(stderr, "usage: reloadtrace-floor dispatcher|tracepoints\n");
    return 2;
  }
  const std::unique_ptr<floor_bpf, Destroy> skeleton(floor_bpf__open());
  if (!skeleton) {
    return fail("open");
  }
  const bool dispatcher = kind == "dispatcher";
  bpf_program__set_autoload(skeleton->progs.on_syscall, dispatcher);
  for (bpf_program* program :
       {skeleton->progs.on_openat, skeleton->progs.on_read, skeleton->progs.on_close}) {
    bpf_program__set_autoload(program, !dispatcher);
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
