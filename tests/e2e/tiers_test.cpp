// SPDX-License-Identifier: Apache-2.0
// The tiers of hooks, side by side on one volume: what they see of system calls comes from other
// programs at other places of the kernel, what they say must be the same.
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "tests/e2e/story.h"
#include "tests/support/temporary_directory.h"

namespace reloadtrace::testing {
namespace {

struct Member {
  const char* behaviour;
  std::vector<std::string> arguments = {"app.yaml"};
};

const std::vector<std::string> kOften = {"app.yaml", "--interval", "300"};

// All ways to read, to notice, and to fail that depend on system calls.
const std::vector<Member> kCorpus = {
    {"directory-watcher"},
    {"data-watcher"},
    {"file-watcher-rearming"},
    {"file-watcher-once"},
    {"file-watcher-deaf"},
    {"link-watcher"},
    {"mask-misser"},
    {"mask-adder"},
    {"many-queues"},
    {"event-ignorer"},
    {"queue-neglecter"},
    {"fanotify-watcher"},
    {"instances-taken"},
    {"missing-watch"},
    {"no-watcher"},
    {"fd-keeper"},
    {"mapper"},
    {"remapper"},
    {"exiter"},
    {"self-restarter"},
    {"child-copier"},
    {"early-reader"},
    {"partial-reader"},
    {"torn-reader", {"app.yaml", "limits.conf"}},
    {"first-file-reader", {"app.yaml", "limits.conf"}},
    {"open-poller", kOften},
    {"stat-poller", kOften},
    {"readlink-poller", kOften},
    {"access-poller", kOften},
    {"link-poller", kOften},
    {"sendfile-reader"},
    {"splice-reader"},
    {"copy-range-reader"},
    {"backward-reader"},
    {"readv-reader"},
    {"preadv2-reader"},
    {"uring-reader"},
    {"uring-openat2-reader"},
};

constexpr const char* kFromFile = "types from a file";

// What is the same whoever saw it.
using Said = std::map<std::string, Line>;

bool takes_fentry() {
  return run_tracer({"check", "--hooks", "fentry"}, std::chrono::seconds(60)).exit_code == 0;
}

class Tiers : public Story {
 protected:
  std::unique_ptr<Tracer> traced_by(const std::vector<std::string>& choice) {
    std::vector<std::string> arguments = {"--path", volume_.path(), "--deadline", "15"};
    arguments.insert(arguments.end(), choice.begin(), choice.end());
    return std::make_unique<Tracer>(TracerOptions{.arguments = std::move(arguments),
                                                  .start_timeout = std::chrono::seconds(60)});
  }

  std::string behaviour_of(const std::string& container) const {
    for (std::size_t i = 0; i < containers_.size(); ++i) {
      if (containers_[i]->id() == container) {
        return kCorpus.at(i).behaviour;
      }
    }
    return container;
  }

  Said said_by(Tracer& tracer) const {
    // The other tracer looks into the volume, too, and is a reader without a container.
    const auto is_verdict = [](const Line& line) {
      return line.value("kind", "") == "reload" && line.at("reader").contains("container_id");
    };
    Said said;
    for (const Line& line : tracer.wait_for(is_verdict, kCorpus.size(), std::chrono::seconds(90))) {
      Line& one = said[behaviour_of(line.at("reader").at("container_id"))];
      one = {{"verdict", line.at("verdict")}, {"cause", line.at("cause")}};
      one["trigger"] = line.at("trigger").is_null() ? Line() : line.at("trigger").at("kind");
      one["confidence"] = line.at("confidence");
      for (const Line& file : line.at("files")) {
        one["files"][file.at("file").get<std::string>()] = file.at("generation");
      }
    }
    return said;
  }
};

// The third are the programs for a kernel without BTF of its own. A kernel that takes no fentry
// programs has two.
TEST_F(Tiers, say_the_same_of_every_behaviour) {
  volume_.publish({{"app.yaml", "level: info"}, {"limits.conf", "files: 10"}});
  TemporaryDirectory directory;
  std::filesystem::copy_file("/sys/kernel/btf/vmlinux", directory.at("types.btf"));
  const auto by_tracepoint = traced_by({"--hooks", "tracepoint"});
  std::map<std::string, std::unique_ptr<Tracer>> others;
  others[kFromFile] = traced_by({"--btf", directory.at("types.btf")});
  if (takes_fentry()) {
    others["fentry"] = traced_by({"--hooks", "fentry"});
  }
  for (const Member& member : kCorpus) {
    start(member.behaviour, member.arguments);
  }
  std::this_thread::sleep_for(std::chrono::seconds(3));  // the pollers look
  volume_.publish({{"app.yaml", "level: debug"}, {"limits.conf", "files: 99"}},
                  {.delay = milliseconds(200)});
  Said expected = said_by(*by_tracepoint);
  std::set<std::string> verdicts;
  for (const auto& [behaviour, said] : expected) {
    verdicts.insert(said.at("verdict").get<std::string>());
    EXPECT_EQ(said.at("confidence"), "exact") << behaviour;
  }
  EXPECT_EQ(expected.size(), kCorpus.size());
  EXPECT_GE(verdicts.size(), 4U);  // so it is a corpus
  for (const auto& [tier, tracer] : others) {
    SCOPED_TRACE(tier);
    const Said other = said_by(*tracer);
    for (auto& [behaviour, said] : expected) {
      said["confidence"] = tier == kFromFile ? "degraded" : "exact";  // the hook `adopt` is missing
      EXPECT_EQ(other.contains(behaviour) ? other.at(behaviour) : Line(), said) << behaviour;
    }
  }
}

}  // namespace
}  // namespace reloadtrace::testing
