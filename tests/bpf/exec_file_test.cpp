// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

class BpfExecFile : public LiveSourceTest {
 protected:
  // A program in the volume's generation, reached through ..data as applications do.
  void make_executable(const std::string& name) const {
    ASSERT_EQ(::chmod(at("volume/..one/" + name).c_str(), 0755), 0);
  }
  std::string by_link(const std::string& name) const { return at("volume/..data/" + name); }

  // Whether the script was opened, and its last byte read, by somebody.
  void expect_read_to_end(const std::vector<Event>& events, const std::string& name) const {
    const InodeId script = inode_of(at("volume/..one/" + name));
    std::size_t opened = 0;
    std::uint64_t end = 0;
    for (const OpenEvent& open : of<OpenEvent>(events)) {
      opened += open.file.inode() == script ? 1 : 0;
    }
    for (const ReadEvent& read : of<ReadEvent>(events)) {
      if (read.file.inode() == script) {
        end = std::max(end, read.offset + read.count);
      }
    }
    EXPECT_GE(opened, 1U);
    EXPECT_EQ(end, std::filesystem::file_size(at("volume/..one/" + name)));
  }
};

TEST_F(BpfExecFile, counts_as_a_mapping_of_the_whole_program) {
  start();
  std::filesystem::copy_file("/bin/true", at("volume/..one/program"));
  make_executable("program");
  const auto events =
      trace([&] { return ::execl(by_link("program").c_str(), "program", nullptr) == 0; });
  const auto maps = of<MapEvent>(events);
  ASSERT_FALSE(maps.empty());
  EXPECT_EQ(maps[0].path, "..one/program");
  EXPECT_EQ(maps[0].file.generation(), inode_of(at("volume/..one")));
  EXPECT_EQ(maps[0].offset, 0U);
  EXPECT_EQ(maps[0].length, std::filesystem::file_size("/bin/true"));
  EXPECT_EQ(maps[0].fd, -1);
  EXPECT_EQ(maps[0].origin.comm, "program");
  EXPECT_EQ(of<ExecEvent>(events).size(), 1U);
}

TEST_F(BpfExecFile, says_nothing_of_programs_elsewhere) {
  start();
  std::filesystem::copy_file("/bin/true", at("other/program"));
  ASSERT_EQ(::chmod(at("other/program").c_str(), 0755), 0);
  EXPECT_TRUE(of<MapEvent>(trace([&] {
                return ::execl(at("other/program").c_str(), "program", nullptr) == 0;
              })).empty());
}

TEST_F(BpfExecFile, needs_nothing_for_a_script_because_its_interpreter_reads_it) {
  start();
  const std::vector<std::string> interpreters{"/bin/sh", "/bin/bash", "/bin/busybox sh",
                                              "/usr/bin/python3"};
  std::size_t tried = 0;
  for (const std::string& interpreter : interpreters) {
    if (::access(interpreter.substr(0, interpreter.find(' ')).c_str(), X_OK) != 0) {
      continue;
    }
    SCOPED_TRACE(interpreter);
    const std::string name = "script" + std::to_string(++tried);
    write_file(at("volume/..one/" + name), "#!" + interpreter + "\n# as long as it is\n");
    make_executable(name);
    const auto events =
        trace([&] { return ::execl(by_link(name).c_str(), name.c_str(), nullptr) == 0; });
    expect_read_to_end(events, name);
    EXPECT_TRUE(of<MapEvent>(events).empty());
  }
  EXPECT_GE(tried, 1U);
}

}  // namespace
}  // namespace reloadtrace::testing
