// SPDX-License-Identifier: Apache-2.0
// Volumes of kubelet's that come and go while the node is traced.
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "fake_node.h"

namespace reloadtrace {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kUid[] = "11111111-dc39-4cda-878e-3f3b840da0df";

class KubeletNode : public ::testing::Test {
 protected:
  KubeletNode() : node_({}, false, "kubelet") {}

  std::string volume_path(const std::string& name) const {
    return node_.path("kubelet/pods/") + kUid + "/volumes/kubernetes.io~configmap/" + name;
  }

  // The first publish of a volume, as kubelet makes it; gives its rename.
  RenameEvent first_publish(const std::string& name) const {
    const std::string root = volume_path(name);
    fs::create_directories(root + "/..2026_1");
    write_file(root + "/..2026_1/app.yaml", name);
    fs::create_symlink("..2026_1", root + "/..data");
    return {origin_of_writer(5'000'000'000), root + "/..data_tmp", root + "/..data", {}, {}, false};
  }

  std::vector<std::string> found() const {
    std::vector<std::string> names;
    for (const auto& fact : node_.all<VolumeFact>()) {
      names.push_back(fact.pod_uid + " " + fact.name);
    }
    return names;
  }
  static std::string named(const std::string& name) { return std::string(kUid) + " " + name; }

  FakeNode node_;
};

TEST_F(KubeletNode, is_waited_for_and_said_to_be_missing_once) {
  node_.discover();
  node_.discover();
  EXPECT_THAT(found(), IsEmpty());
  ASSERT_EQ(node_.warnings.size(), 1U);
  EXPECT_NE(node_.warnings[0].find("waiting for it"), std::string::npos);
}

TEST_F(KubeletNode, tracks_a_volume_from_its_first_publish_on) {
  node_.discover();
  const RenameEvent event = first_publish("config");
  node_.observe(event);
  EXPECT_THAT(found(), ElementsAre(named("config")));
  EXPECT_EQ(node_.scope.volumes.size(), 1U);
  EXPECT_THAT(node_.all<PublishFact>(), IsEmpty());  // nobody can have read anything older
  node_.observe(event);
  EXPECT_EQ(found().size(), 1U);
}

TEST_F(KubeletNode, tracks_the_volumes_of_a_pod_when_a_cgroup_of_it_is_made) {
  node_.discover();
  first_publish("config");
  first_publish("more");
  node_.observe(CgroupCreatedEvent{
      origin_of_writer(6'000'000'000), 77,
      std::string("/kubepods/burstable/pod") + kUid + "/" + std::string(64, 'a')});
  EXPECT_EQ(found().size(), 2U);
}

TEST_F(KubeletNode, forgets_a_volume_that_is_unmounted_or_removed) {
  first_publish("config");
  node_.discover();
  fs::remove_all(volume_path("config"));
  node_.observe(MountEvent{origin_of_writer(6'000'000'000), volume_path("config"), true});
  EXPECT_EQ(node_.all<VolumeGoneFact>().size(), 1U);
  EXPECT_TRUE(node_.scope.volumes.empty());
}

TEST_F(KubeletNode, takes_a_directory_made_anew_under_the_same_name_for_another_volume) {
  first_publish("config");
  node_.discover();
  const VolumeId before = node_.all<VolumeFact>()[0].id;
  fs::rename(volume_path("config"), volume_path("gone"));  // so that its inode stays taken
  node_.observe(first_publish("config"));
  ASSERT_EQ(node_.all<VolumeFact>().size(), 2U);
  ASSERT_EQ(node_.all<VolumeGoneFact>().size(), 1U);
  EXPECT_EQ(node_.all<VolumeGoneFact>()[0].id, before);
  EXPECT_NE(node_.all<VolumeFact>()[1].id, before);
}

TEST_F(KubeletNode, knows_since_when_the_generation_has_been_there) {
  first_publish("config");
  node_.discover();
  EXPECT_TRUE(node_.all<VolumeFact>()[0].published);
}

}  // namespace
}  // namespace reloadtrace
