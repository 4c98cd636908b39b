// SPDX-License-Identifier: Apache-2.0
// The build info that the Go linker leaves, in the forms it had, and in forms that it never had.
#include "userspace/node/go_build_info.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "elf_maker.h"

namespace reloadtrace::node {

namespace {

const std::string kMark(16, '\x7e');
const std::string kModules =
    "path\texample.com/app/cmd/app\n"
    "mod\texample.com/app\t(devel)\t\n"
    "dep\tgithub.com/fsnotify/fsnotify\tv1.6.0\th1:abc=\n"
    "dep\tgithub.com/knadh/koanf/v2\tv2.1.0\th1:def=\n"
    "dep\tgithub.com/spf13/cobra\tv1.8.0\th1:ghi=\n"
    "dep\tsigs.k8s.io/controller-runtime\tv0.15.0\n"
    "=>\texample.com/fork/controller-runtime\tv0.16.2\th1:jkl=\n"
    "build\t-compiler=gc\n";

std::string magic(char pointer_size, char flags) {
  return "\xff Go buildinf:" + std::string(1, pointer_size) + flags;
}

std::string varint(std::size_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7U) {
    out += static_cast<char>((value & 0x7FU) | 0x80U);
  }
  return out + static_cast<char>(value);
}

std::string inline_strings(const std::string& version, const std::string& modules) {
  const std::string marked = modules.empty() ? "" : kMark + modules + kMark;
  return magic(0, 2) + std::string(16, '\0') + varint(version.size()) + version +
         varint(marked.size()) + marked;
}

// As Go did it until 1.17: two pointers to headers of strings, which lie behind.
std::string by_pointers(const ElfMaker& maker, int width) {
  const std::string version = "go1.17.5";
  const std::string marked = kMark + kModules + kMark;
  const auto w = static_cast<std::uint64_t>(width);
  const std::uint64_t headers = ElfMaker::kAddress + 32;
  const std::uint64_t texts = headers + 4 * w;
  std::string out = magic(static_cast<char>(width), maker.big_endian ? 1 : 0);
  out += maker.number(headers, width) + maker.number(headers + 2 * w, width);
  out.resize(32);
  out += maker.number(texts, width) + maker.number(version.size(), width);
  out += maker.number(texts + version.size(), width) + maker.number(marked.size(), width);
  return out + version + marked;
}

std::optional<GoBuildInfo> read(const std::string& bytes) {
  return read_go_build_info(file_of(bytes).get());
}

// "go1.17.5 example.com/app/cmd/app: github.com/fsnotify/fsnotify v1.6.0, …"
std::string said(const std::optional<GoBuildInfo>& info) {
  if (!info) {
    return "none";
  }
  std::string out = info->version + " " + info->main_package + (info->modules_known ? ":" : "");
  for (const ModuleFact& module : info->modules) {
    out += " " + module.path + " " + module.version;
  }
  return out;
}

const std::string kSaid =
    " example.com/app/cmd/app: github.com/fsnotify/fsnotify v1.6.0 github.com/knadh/koanf/v2 "
    "v2.1.0 "
    "sigs.k8s.io/controller-runtime v0.16.2";

TEST(GoBuildInfo, names_the_version_the_package_and_the_modules_that_watch_files) {
  EXPECT_EQ(said(read(ElfMaker{}.make(inline_strings("go1.22.1", kModules)))), "go1.22.1" + kSaid);
}

TEST(GoBuildInfo, follows_the_pointers_of_older_programs) {
  ElfMaker maker;
  EXPECT_EQ(said(read(maker.make(by_pointers(maker, 8)))), "go1.17.5" + kSaid);
  EXPECT_EQ(said(read(maker.make(by_pointers(maker, 4)))), "go1.17.5" + kSaid);
  maker.big_endian = true;
  EXPECT_EQ(said(read(maker.make(by_pointers(maker, 8)))), "go1.17.5" + kSaid);
}

TEST(GoBuildInfo, finds_it_in_the_data_of_a_program_without_sections) {
  ElfMaker maker;
  maker.with_sections = false;
  EXPECT_EQ(said(read(maker.make(std::string(48, '\0') + inline_strings("go1.22.1", kModules)))),
            "go1.22.1" + kSaid);
}

TEST(GoBuildInfo, tells_a_build_without_modules_from_one_without_watchers) {
  EXPECT_EQ(said(read(ElfMaker{}.make(inline_strings("go1.19.8", "path\tcmd/x\n")))),
            "go1.19.8 cmd/x");
  EXPECT_EQ(said(read(ElfMaker{}.make(inline_strings("go1.19.8", "path\tcmd/x\nmod\tcmd\tv1\n")))),
            "go1.19.8 cmd/x:");
  EXPECT_EQ(said(read(ElfMaker{}.make(inline_strings("go1.19.8", "")))), "go1.19.8 ");
}

TEST(GoBuildInfo, knows_a_go_program_whose_build_info_was_taken_out) {
  ElfMaker maker;
  for (const char* name : {".go.module", ".gopclntab", ".data.rel.ro.gopclntab"}) {
    maker.name = name;
    EXPECT_EQ(said(read(maker.make(std::string(64, 'x')))), " ") << name;
  }
  maker.name = ".go";
  EXPECT_EQ(said(read(maker.make(std::string(64, 'x')))), "none");
}

TEST(GoBuildInfo, says_nothing_of_what_is_no_go_program) {
  EXPECT_EQ(said(read("")), "none");
  EXPECT_EQ(said(read("#!/bin/sh\n")), "none");
  ElfMaker longer;
  longer.name = ".data";
  EXPECT_EQ(said(read(longer.make(std::string(64, 'x')))), "none");
  EXPECT_EQ(said(read(longer.make(std::string(64, 'x') + inline_strings("go1", kModules)))),
            "go1" + kSaid);  // by the data segment
  const UniqueFd self(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(said(read_go_build_info(self.get())), "none");
  EXPECT_EQ(said(read_go_build_info(-1)), "none");
}

TEST(GoBuildInfo, survives_a_program_that_is_cut_off_anywhere) {
  ElfMaker maker;
  for (const std::string& whole :
       {maker.make(inline_strings("go1.22.1", kModules)), maker.make(by_pointers(maker, 8))}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto info = read(whole.substr(0, size));
      EXPECT_TRUE(!info || info->version.empty() || info->version.starts_with("go1"));
    }
  }
}

TEST(GoBuildInfo, survives_any_byte_that_is_something_else) {
  ElfMaker maker;
  for (const std::string& whole :
       {maker.make(inline_strings("go1.22.1", kModules)), maker.make(by_pointers(maker, 8))}) {
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const char byte : {'\0', '\x7f', '\xff'}) {
        std::string bent = whole;
        bent[at] = byte;
        const auto info = read(bent);
        EXPECT_TRUE(!info || info->modules.size() <= 8U);
      }
    }
  }
}

std::size_t peak_kib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss);
}

TEST(GoBuildInfo, takes_little_memory_for_a_file_that_claims_to_be_huge) {
  constexpr std::uint64_t kHuge = 8ULL << 30U;
  ElfMaker maker;
  maker.claimed_size = kHuge;
  const UniqueFd claimed = file_of(maker.make(inline_strings("go1.22.1", kModules)));
  const UniqueFd sparse = file_of(maker.make(inline_strings("go1.22.1", kModules)));
  ASSERT_EQ(::ftruncate(sparse.get(), static_cast<off_t>(kHuge)), 0);
  // A string that claims to be as long.
  const UniqueFd varied = file_of(maker.make(magic(0, 2) + std::string(16, '\0') + varint(kHuge)));
  ASSERT_EQ(::ftruncate(varied.get(), static_cast<off_t>(kHuge)), 0);
  const std::size_t before = peak_kib();
  EXPECT_EQ(said(read_go_build_info(claimed.get())), "go1.22.1" + kSaid);
  EXPECT_EQ(said(read_go_build_info(sparse.get())), "go1.22.1" + kSaid);
  EXPECT_EQ(said(read_go_build_info(varied.get())), " ");
  EXPECT_LT(peak_kib() - before, 32U * 1024);
}

TEST(GoBuildInfo, does_not_count_sections_beyond_reason) {
  ElfMaker maker;
  std::string many = maker.make(inline_strings("go1.22.1", kModules));
  many.replace(60, 2, maker.number(0xFF00, 2));
  EXPECT_EQ(said(read(many)), "none");
  // Extended numbering: the count stands in the first section, and may be anything.
  std::string extended = maker.make(inline_strings("go1.22.1", kModules));
  extended.replace(60, 2, maker.number(0, 2));
  EXPECT_EQ(said(read(extended)), "none");
}

}  // namespace

}  // namespace reloadtrace::node
