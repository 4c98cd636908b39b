// SPDX-License-Identifier: Apache-2.0
// What a Go program says of its own build (as `go version -m` shows it): which Go made it, and
// which modules are in it.
//
// The linker leaves a header in the section .go.buildinfo (cmd/link/internal/ld/data.go,
// debug/buildinfo):
//
//   0  "\xff Go buildinf:"   14 bytes, at an address that is a multiple of 16
//   14 size of a pointer     0 where strings are inline
//   15 flags                 1 = big-endian, 2 = strings are inline (since Go 1.18)
//   16 two pointers to Go strings (data, length) until 1.17; since 1.18 the strings themselves at
//      32, each behind its length as a varint: the version, then the list of modules
//
// The list stands between two marks of 16 bytes. Some builds take all of this out (esbuild's): what
// is left to know a Go program by are sections that no other has.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/wire/fact.h"

namespace reloadtrace::node {

struct GoBuildInfo {
  std::string version;  // "go1.22.1"; empty when it was taken out
  std::string main_package;
  bool modules_known = false;       // false: built without modules (GOPATH), as distributions do
  std::vector<ModuleFact> modules;  // those that watch files, with what replaced them
};

// `fd` is that of a regular file, which is not trusted. Nothing when it is no Go program.
std::optional<GoBuildInfo> read_go_build_info(int fd);

// The list of modules, without its marks: "path\tcmd/x\nmod\t…\ndep\tPATH\tVERSION\tSUM\n=>\t…".
void parse_modules(std::string_view text, GoBuildInfo& info);

}  // namespace reloadtrace::node
