// SPDX-License-Identifier: Apache-2.0
// Names from kubelet's log directories, which come late, lie broken, or loop.
#include "userspace/node/log_names.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>

#include "fake_node.h"

namespace reloadtrace::node {
namespace {

namespace fs = std::filesystem;

constexpr char kUid[] = "480482f5-dc39-4cda-878e-3f3b840da0df";
const std::string kId(64, 'a');
const std::string kOtherId(64, 'b');

class LogNamesTest : public ::testing::Test {
 protected:
  LogNamesTest() { fs::create_directories(directory_.path() + "/containers"); }

  void make_pod() {
    fs::create_directories(directory_.path() + "/pods/default_reload-pod_" + kUid + "/app");
  }
  void make_link(const std::string& name, const std::string& target) {
    fs::create_symlink(target, directory_.path() + "/containers/" + name);
  }

  TemporaryDirectory directory_;
  LogNames names_{directory_.path()};
};

TEST_F(LogNamesTest, come_from_the_link_that_has_the_containers_id) {
  make_link("reload-pod_default_app-" + kId + ".log",
            std::string("/var/log/pods/default_reload-pod_") + kUid + "/app/3.log");
  const ContainerNames names = names_.find(kId, kUid);
  EXPECT_EQ(names.pod_namespace, "default");
  EXPECT_EQ(names.pod, "reload-pod");
  EXPECT_EQ(names.container, "app");
  EXPECT_EQ(names.restarts, 3U);
}

TEST_F(LogNamesTest, are_those_of_the_pod_while_the_link_is_not_there_yet) {
  make_pod();
  EXPECT_EQ(names_.find(kId, kUid).pod, "reload-pod");
  EXPECT_EQ(names_.find(kId, kUid).container, "");
  make_link("reload-pod_default_app-" + kId + ".log", "/var/log/pods/x/app/0.log");
  EXPECT_EQ(names_.find(kId, kUid).container, "app");
}

// Directories are listed again when their time stamp has changed, which moves in steps.
TEST_F(LogNamesTest, of_a_link_made_in_the_same_step_of_the_clock_are_not_missed) {
  for (int i = 0; i < 200; ++i) {
    const std::string id = std::string(60, 'c') + std::to_string(1000 + i);
    make_link("pod_ns_app-" + id + ".log", "x");
    ASSERT_EQ(names_.find(id, "").pod, "pod") << i;
  }
}

TEST_F(LogNamesTest, keep_the_container_apart_from_the_one_it_replaced) {
  make_link("pod_ns_app-" + kId + ".log", "/p/app/0.log");
  make_link("pod_ns_app-" + kOtherId + ".log", "/p/app/1.log");
  EXPECT_EQ(names_.find(kId, "").restarts, 0U);
  EXPECT_EQ(names_.find(kOtherId, "").restarts, 1U);
}

TEST_F(LogNamesTest, are_told_from_a_name_that_the_file_system_cut) {
  const std::string pod(150, 'p');
  const std::string container(60, 'c');
  std::string name = pod + "_ns_" + container + "-" + kId;
  name.resize(251);
  make_link(name + ".log", "x");
  EXPECT_EQ(names_.find(kId, "").container, container);
  EXPECT_EQ(names_.find(kOtherId, "").container, "");
}

TEST_F(LogNamesTest, survive_links_that_loop_and_names_that_are_none) {
  make_link("pod_ns_app-" + kId + ".log", "pod_ns_app-" + kId + ".log");
  for (const char* name :
       {"x", ".log", "_.log", "a_b.log", "a_b_-.log", "a_b_c-.log", "__-x.log"}) {
    make_link(name, "/nowhere");
  }
  EXPECT_EQ(names_.find(kId, "").container, "app");
  EXPECT_EQ(names_.find("x", "").container, "");
}

TEST_F(LogNamesTest, are_unknown_without_log_directories) {
  LogNames nothing(directory_.path() + "/nowhere");
  EXPECT_EQ(nothing.find(kId, kUid), ContainerNames{});
}

TEST(RestartsOfLog, are_the_number_of_the_file) {
  EXPECT_EQ(restarts_of_log("/var/log/pods/a/app/12.log"), 12U);
  EXPECT_EQ(restarts_of_log("/var/log/pods/a/app/0.log"), 0U);
  EXPECT_EQ(restarts_of_log("/var/log/pods/a/app/x.log"), 0U);
  EXPECT_EQ(restarts_of_log("99999999999.log"), 0U);
  EXPECT_EQ(restarts_of_log(""), 0U);
}

}  // namespace
}  // namespace reloadtrace::node
