// SPDX-License-Identifier: Apache-2.0
// Kubelet's directories: which of them are config volumes, and what of which pod.
#include "userspace/node/kubelet_volumes.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "fake_node.h"

namespace reloadtrace::node {
namespace {

namespace fs = std::filesystem;

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kUid[] = "480482f5-dc39-4cda-878e-3f3b840da0df";

class KubeletVolumesTest : public ::testing::Test {
 protected:
  // An AtomicWriter volume with these keys.
  void add(const std::string& directory, const std::vector<std::string>& keys = {"app.yaml"}) {
    const std::string volume = root_.path() + "/pods/" + directory;
    fs::create_directories(volume + "/..2026_1");
    fs::create_symlink("..2026_1", volume + "/..data");
    for (const std::string& key : keys) {
      write_file(volume + "/..2026_1/" + key, "x");
      fs::create_symlink("..data/" + key, volume + "/" + key);
    }
  }

  static std::vector<std::string> names(const std::vector<KubeletVolume>& volumes) {
    std::vector<std::string> out;
    for (const KubeletVolume& volume : volumes) {
      out.push_back(volume.pod_uid + " " + volume.name);
    }
    return out;
  }

  KubeletVolumes volumes(bool service_accounts = false) const {
    return KubeletVolumes({root_.path()}, service_accounts);
  }

  TemporaryDirectory root_;
};

TEST_F(KubeletVolumesTest, finds_every_kind_of_config_volume_of_every_pod) {
  add("p1/volumes/kubernetes.io~configmap/cfg");
  add("p1/volumes/kubernetes.io~secret/tls");
  add("p1/volumes/kubernetes.io~projected/all");
  add("p2/volumes/kubernetes.io~downward-api/info");
  add("p2/volumes/kubernetes.io~csi/secrets/mount");
  add("p2/volumes/kubernetes.io~empty-dir/scratch");
  EXPECT_THAT(names(volumes().all()),
              UnorderedElementsAre("p1 cfg", "p1 tls", "p1 all", "p2 info", "p2 secrets"));
  EXPECT_THAT(names(volumes().of_pod("p2")), UnorderedElementsAre("p2 info", "p2 secrets"));
}

TEST_F(KubeletVolumesTest, leaves_service_account_tokens_out_unless_they_are_asked_for) {
  add("p1/volumes/kubernetes.io~projected/kube-api-access-x7k2p", {"token"});
  add("p1/volumes/kubernetes.io~secret/default-token-abcde", {"ca.crt", "namespace", "token"});
  add("p1/volumes/kubernetes.io~secret/tls", {"ca.crt", "tls.crt", "tls.key"});
  EXPECT_THAT(names(volumes().all()), UnorderedElementsAre("p1 tls"));
  EXPECT_EQ(volumes(true).all().size(), 3U);
}

// The disk of a database comes by CSI, too.
TEST_F(KubeletVolumesTest, takes_a_csi_volume_only_when_it_holds_configuration) {
  const std::string volume = root_.path() + "/pods/p1/volumes/kubernetes.io~csi/pvc-1";
  fs::create_directories(volume);
  fs::create_symlink("/proc", volume + "/mount");  // some file system that is no tmpfs
  EXPECT_THAT(volumes().all(), IsEmpty());
  add("p1/volumes/kubernetes.io~csi/vault/mount");
  EXPECT_THAT(names(volumes().all()), UnorderedElementsAre("p1 vault"));
}

TEST_F(KubeletVolumesTest, passes_over_what_kubelet_is_removing) {
  add("p1/volumes/kubernetes.io~configmap/wrapped_cfg.deleting~042");
  EXPECT_THAT(volumes().all(), IsEmpty());
}

TEST_F(KubeletVolumesTest, holds_nothing_where_there_is_no_kubelet) {
  EXPECT_THAT(KubeletVolumes({root_.path() + "/nowhere"}, false).all(), IsEmpty());
}

TEST(KubeletPath, is_told_by_its_tail_whatever_kubelet_calls_its_root) {
  for (const std::string root :
       {"/var/lib/kubelet", "/var/snap/microk8s/common/var/lib/kubelet", "/srv/pods/volumes", ""}) {
    const auto volume =
        parse_kubelet_path(root + "/pods/" + kUid + "/volumes/kubernetes.io~secret/tls/..data");
    ASSERT_TRUE(volume) << root;
    EXPECT_EQ(volume->kind, VolumeKind::Secret);
    EXPECT_EQ(volume->name, "tls");
    EXPECT_EQ(volume->pod_uid, kUid);
    EXPECT_EQ(volume->path, std::string("pods/") + kUid + "/volumes/kubernetes.io~secret/tls");
  }
}

TEST(KubeletPath, of_a_csi_volume_ends_in_its_mount) {
  const auto volume = parse_kubelet_path("/k/pods/u/volumes/kubernetes.io~csi/vault/mount/..data");
  ASSERT_TRUE(volume);
  EXPECT_EQ(volume->path, "pods/u/volumes/kubernetes.io~csi/vault/mount");
}

TEST(KubeletPath, is_nothing_else) {
  for (const char* path :
       {"/k/pods/u/volumes/kubernetes.io~empty-dir/x/..data", "/k/pods/u/volumes",
        "/k/pods//volumes", "/k/tripods/u/volumes/kubernetes.io~secret/x",
        "/k/pods/u/plugins/kubernetes.io~secret/x", "/etc/app/..data", "", "pods/"}) {
    EXPECT_FALSE(parse_kubelet_path(path)) << path;
  }
}

}  // namespace
}  // namespace reloadtrace::node
