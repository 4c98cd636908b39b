// SPDX-License-Identifier: Apache-2.0
// Machines that forbid what the tracer needs, and those that only look as if they did.
#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/e2e/story.h"
#include "tests/support/kernel_version.h"
#include "tests/support/temporary_directory.h"

namespace reloadtrace::testing {
namespace {

// Forbids bpf() by a seccomp filter, and runs the rest of the command line.
constexpr const char* kWithoutBpf = R"(
import ctypes, os, platform, struct, sys
bpf = {"x86_64": 321, "aarch64": 280}[platform.machine()]
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, bpf), (0x06, 0, 0, 0x00050000 | 1), (0x06, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code)))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execv(sys.argv[1], sys.argv[1:])
)";

class Refusals : public Story {
 protected:
  static Completed check_under(std::vector<std::string> words,
                               const std::vector<std::string>& options = {}) {
    words.insert(words.end(), {tracer_binary(), "check"});
    words.insert(words.end(), options.begin(), options.end());
    return run({words}, std::chrono::seconds(30));
  }
  static void expect_all_hooks(const Completed& ended) {
    EXPECT_EQ(ended.exit_code, 0) << ended.output;
    EXPECT_NE(ended.output.find("can trace here: 19 of 19 hooks"), std::string::npos)
        << ended.output;
  }
  static void expect_refusal(const Completed& ended, const std::string& reason) {
    EXPECT_EQ(ended.exit_code, 3) << ended.output;
    EXPECT_NE(ended.output.find(reason), std::string::npos) << ended.output;
  }
};

TEST_F(Refusals, name_the_capabilities_that_a_root_in_a_container_lacks) {
  expect_refusal(check_under({"setpriv", "--bounding-set=-all"}), "which this root lacks");
}

TEST_F(Refusals, name_the_seccomp_filter_that_forbids_bpf) {
  expect_refusal(check_under({"python3", "-c", kWithoutBpf}), "seccomp filter forbids bpf()");
}

TEST_F(Refusals, name_the_file_system_that_is_not_mounted) {
  expect_refusal(
      check_under({"unshare", "--mount", "sh", "-c", "umount -l /sys && exec \"$@\"", "sh"}),
      "/sys is not mounted");
}

// Here it has BTF all the same: nothing of it is found, neither by the tracer nor by libbpf.
TEST_F(Refusals, name_the_option_for_a_kernel_without_btf_and_then_are_none) {
  TemporaryDirectory directory;
  const std::string types = directory.at("types.btf");
  std::filesystem::copy_file("/sys/kernel/btf/vmlinux", types);
  const std::vector<std::string> without_btf = {
      "unshare", "--mount", "sh", "-c", "mount -t tmpfs none /sys/kernel/btf && exec \"$@\"", "sh"};
  expect_refusal(check_under(without_btf), "this kernel has no BTF");
  expect_refusal(check_under(without_btf), "--btf FILE");
  const Completed ended = check_under(without_btf, {"--btf", types});
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  // Without adopt, and before 6.3 without io_uring_failed.
  const std::string hooks = is_kernel_since(6, 3) ? "18" : "17";
  EXPECT_NE(ended.output.find("can trace here: " + hooks + " of 19 hooks"), std::string::npos)
      << ended.output;
  EXPECT_NE(ended.output.find("adopt           missing"), std::string::npos) << ended.output;
  EXPECT_NE(ended.output.find("not tried: exec, mount, cgroup\n"), std::string::npos)
      << ended.output;
}

TEST_F(Refusals, name_the_file_of_types_that_is_none) {
  TemporaryDirectory directory;
  write_file(directory.at("cut"), read_file("/sys/kernel/btf/vmlinux").substr(0, 100'000));
  expect_refusal(check_under({}, {"--btf", directory.at("nothing")}),
                 "nothing: No such file or directory");
  expect_refusal(check_under({}, {"--btf", tracer_binary()}), "this file has no BTF");
  expect_refusal(check_under({}, {"--btf", directory.at("cut")}), "cut: this file has no BTF");
}

TEST_F(Refusals, name_what_forbids_fentry_programs_where_no_others_are_wanted) {
  const Completed ended = check_under({}, {"--hooks", "fentry"});
  if (ended.exit_code == 0) {
    GTEST_SKIP() << "this kernel takes fentry programs";
  }
  expect_refusal(ended, "takes no fentry programs (");
  expect_refusal(ended, "--hooks auto does without");
  expect_all_hooks(check_under({}, {"--hooks", "auto"}));
}

TEST_F(Refusals, are_none_without_tracefs_and_debugfs) {
  expect_all_hooks(check_under(
      {"unshare", "--mount", "sh", "-c",
       "umount -l /sys/kernel/tracing; umount -l /sys/kernel/debug; exec \"$@\"", "sh"}));
}

TEST_F(Refusals, are_none_where_perf_events_are_for_nobody) {
  const std::string knob = "/proc/sys/kernel/perf_event_paranoid";
  std::string before;
  std::ifstream(knob) >> before;
  std::ofstream(knob) << "4\n";
  expect_all_hooks(check_under({}));
  std::ofstream(knob) << before << "\n";
}

TEST_F(Refusals, are_none_where_another_tracer_has_the_same_hooks) {
  volume_.publish({{"app.yaml", "one"}});
  start("directory-watcher");
  trace();
  expect_all_hooks(check_under({}));
  Process another({{tracer_binary(), "--path", volume_.path(), "--count", "1"}});
  ASSERT_TRUE(another.errors().wait_for("ready:", std::chrono::seconds(20)))
      << another.errors().text();
  volume_.publish({{"app.yaml", "two"}});
  EXPECT_EQ(row_of(verdict()), (Row{"reloaded", "", "inotify"}));
  EXPECT_EQ(another.wait(std::chrono::seconds(20)), 0);
  // Each reads what was published, and is no reader to the other.
  for (const Line& line : tracer_->lines()) {
    if (line.at("kind") == "publish") {
      EXPECT_EQ(line.at("readers"), 1) << line.dump(1);
    }
  }
}

}  // namespace
}  // namespace reloadtrace::testing
