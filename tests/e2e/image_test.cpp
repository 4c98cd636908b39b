// SPDX-License-Identifier: Apache-2.0
// What is shipped, where it is to run: nothing there but the kernel, and the privileges that the
// manifests ask for.
#include <algorithm>
#include <iostream>
#include <thread>

#include "tests/e2e/daemonset.h"
#include "tests/support/places.h"

namespace reloadtrace::testing {
namespace {

constexpr const char* kManifests[] = {"daemonset.yaml", "daemonset-least-privilege.yaml"};

using ImageTest = DaemonSetTest;

TEST_F(ImageTest, holds_the_binary_and_nothing_else) {
  EXPECT_EQ(Image(in_project("build/dist/image")).files(), std::vector<std::string>{"reloadtrace"});
}

TEST_F(ImageTest, has_a_binary_that_runs_where_there_is_nothing_else) {
  Image(in_project("build/dist/image")).unpack(root_.path().string());
  const Completed version = run({{"chroot", root_.path().string(), "/reloadtrace", "--version"}});
  EXPECT_EQ(version.exit_code, 0) << version.errors;
  EXPECT_EQ(version.output.rfind("reloadtrace ", 0), 0U) << version.output;
  const Completed check =
      run({{"unshare", "--mount", "sh", "-c",
            "mkdir -p \"$1/proc\" \"$1/sys\" && mount -t proc proc \"$1/proc\" && "
            "mount -t sysfs sysfs \"$1/sys\" && exec chroot \"$1\" /reloadtrace check",
            "sh", root_.path().string()}},
          std::chrono::seconds(30));
  EXPECT_EQ(check.exit_code, 0) << check.output << check.errors;
}

class ManifestTest : public DaemonSetTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(ManifestTest, gives_the_tracer_what_it_needs_for_right_verdicts) {
  const Container& early = start("early", "directory-watcher");
  ASSERT_TRUE(deploy(GetParam())) << tracer_->errors().text();
  const Container& good = start("good", "directory-watcher");
  const Container& deaf = start("deaf", "no-watcher");
  volume_.publish({{"app.yaml", "level: debug"}});
  for (const Container* reader : {&early, &good}) {
    const Line said = verdict(*reader);
    EXPECT_EQ(said.at("verdict"), "reloaded") << said.dump(1);
    EXPECT_EQ(said.at("confidence"), "exact") << said.dump(1);
    EXPECT_EQ(said.at("trigger").at("kind"), "inotify") << said.dump(1);
    EXPECT_EQ(said.at("node"), "node-1");
  }
  const Line said = verdict(deaf);
  EXPECT_EQ(said.at("verdict"), "stale") << said.dump(1);
  EXPECT_EQ(said.at("cause"), "no_watcher") << said.dump(1);
  EXPECT_EQ(said.at("confidence"), "exact") << said.dump(1);

  std::this_thread::sleep_for(std::chrono::milliseconds(1500));  // pages are made each second
  EXPECT_EQ(get("/healthz"), "tracing\n");
  const std::string page = get("/metrics");
  EXPECT_NE(page.find("verdict=\"stale\",cause=\"no_watcher\",trigger=\"\"} 1\n"),
            std::string::npos)
      << page;
}

// What becomes of a reader that nothing tells, in words.
class LeastPrivilegeTest : public DaemonSetTest {
 protected:
  std::string outcome_without(const std::string& capability) {
    const auto drop = [&](nlohmann::json& spec) {
      auto& added = spec["containers"][0]["securityContext"]["capabilities"]["add"];
      added.erase(std::remove(added.begin(), added.end(), capability), added.end());
    };
    if (!deploy("daemonset-least-privilege.yaml", drop)) {
      const auto code = tracer_->wait(std::chrono::seconds(10));
      return "exit " + (code ? std::to_string(*code) : "never") + ": " + tracer_->errors().text();
    }
    volume_.publish({{"app.yaml", "level: " + std::to_string(++publishes_)}});
    const auto said = verdict_if_any(*applications_.front());
    if (!said) {
      return "no verdict: " + tracer_->errors().text();
    }
    return said->at("verdict").get<std::string>() + " " + said->at("cause").dump() + " " +
           said->at("confidence").get<std::string>();
  }

  int publishes_ = 0;
};

TEST_F(LeastPrivilegeTest, asks_for_each_capability_because_it_cannot_do_without) {
  start("deaf", "no-watcher");
  const std::string right = "stale \"no_watcher\" exact";
  ASSERT_EQ(outcome_without("nothing"), right);
  const nlohmann::json security =
      pod_spec("daemonset-least-privilege.yaml").at("containers").at(0).at("securityContext");
  for (const std::string capability : security.at("capabilities").at("add")) {
    const std::string outcome = outcome_without(capability);
    EXPECT_NE(outcome, right) << capability;
    // Where nothing can be said, it is said why.
    EXPECT_TRUE(!outcome.starts_with("no verdict") ||
                outcome.find("CAP_" + capability) != std::string::npos)
        << outcome;
    std::cout << "without " << capability << ": " << outcome << "\n";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kubernetes, ManifestTest, ::testing::ValuesIn(kManifests), [](const auto& tested) {
      return std::string(tested.param) == "daemonset.yaml" ? "privileged" : "least_privilege";
    });

}  // namespace
}  // namespace reloadtrace::testing
