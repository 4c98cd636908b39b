// SPDX-License-Identifier: Apache-2.0
// The BPF programs, opened and not loaded yet. Included by bpf_programs.cpp alone: what the
// generated headers define is not inline.
#pragma once

#include <bpf/libbpf.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "reloadtrace.skel.h"
#include "reloadtrace_without_btf.skel.h"
#include "userspace/source/bpf_programs.h"

namespace reloadtrace {

// Both sets of programs have the same names, knobs and state: what is written for one skeleton
// serves the other.
static_assert(sizeof(reloadtrace_bpf::maps) == sizeof(reloadtrace_without_btf_bpf::maps));
static_assert(sizeof(reloadtrace_bpf::progs) == sizeof(reloadtrace_without_btf_bpf::progs));
static_assert(sizeof(*reloadtrace_bpf::rodata) == sizeof(*reloadtrace_without_btf_bpf::rodata));
static_assert(sizeof(*reloadtrace_bpf::bss) == sizeof(*reloadtrace_without_btf_bpf::bss));

// `btf`: a file with the kernel's types, for one that was built without; the programs are then
// those that need none in the kernel itself (bpf/loads.bpf.h). Empty = the kernel's own. The text
// must live as long as the skeleton. NULL and errno when libbpf refuses them.
inline SkeletonPtr open_skeleton(const std::string& btf) {
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  if (btf.empty()) {
    return SkeletonPtr(reloadtrace_bpf::open(&options));
  }
  options.btf_custom_path = btf.c_str();
  // As the generated function does, with the other programs in their place.
  SkeletonPtr opened(static_cast<reloadtrace_bpf*>(std::calloc(1, sizeof(reloadtrace_bpf))));
  if (!opened || reloadtrace_bpf__create_skeleton(opened.get()) != 0) {
    errno = ENOMEM;
    return nullptr;
  }
  auto& skeleton = *opened->skeleton;
  skeleton.data = const_cast<void*>(reloadtrace_without_btf_bpf::elf_bytes(&skeleton.data_sz));
  if (const int error = bpf_object__open_skeleton(&skeleton, &options); error != 0) {
    errno = -error;
    return nullptr;
  }
  return opened;
}

}  // namespace reloadtrace
