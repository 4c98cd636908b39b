// SPDX-License-Identifier: Apache-2.0
// Finding a volume by what a table or an event knows of it.
#include "userspace/node/volume_set.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "userspace/node/guest_kernels.h"
#include "userspace/node/mount_table.h"

namespace reloadtrace::node {
namespace {

std::unique_ptr<Volume> volume(const std::string& path, VolumeId id, const std::string& pod = "") {
  VolumeSite site;
  site.host_path = path;
  site.pod_uid = pod;
  return std::make_unique<Volume>(std::move(site), id, dev_t{id.dev}, path);
}

TEST(VolumeSet, finds_the_innermost_volume_that_a_path_lies_in) {
  VolumeSet set;
  Volume& outer = set.add(volume("/srv", {1, 10}));
  Volume& inner = set.add(volume("/srv/config", {1, 11}));
  EXPECT_EQ(set.holding("/srv/config/app.yaml").volume, &inner);
  EXPECT_EQ(set.holding("/srv/config/app.yaml").rest, "app.yaml");
  EXPECT_EQ(set.holding("/srv/config").rest, "");
  EXPECT_EQ(set.holding("/srv/configuration").volume, &outer);
  EXPECT_EQ(set.holding("/etc").volume, nullptr);
}

TEST(VolumeSet, tells_the_same_path_on_two_devices_apart) {
  VolumeSet set;
  Volume& one = set.add(volume("/", {41, 1}));
  Volume& two = set.add(volume("/x", {42, 1}));
  EXPECT_EQ(set.holding(41, "/..2026/password").volume, &one);
  EXPECT_EQ(set.holding(41, "/..2026/password").rest, "..2026/password");
  EXPECT_EQ(set.holding(42, "/x").volume, &two);
  EXPECT_EQ(set.holding(43, "/").volume, nullptr);
}

TEST(VolumeSet, keeps_its_neighbours_when_one_goes) {
  VolumeSet set;
  set.add(volume("/a", {1, 10}));
  Volume& stays = set.add(volume("/b", {1, 11}));
  set.add_alias(stays, "/alias");
  set.remove({1, 10});
  EXPECT_EQ(set.find({1, 10}), nullptr);
  EXPECT_EQ(set.holding("/a").volume, nullptr);
  EXPECT_EQ(set.holding("/alias/x").volume, &stays);
  EXPECT_TRUE(set.on_device(1));
  EXPECT_EQ(set.on_stat_device(1).size(), 1U);
  set.remove({1, 11});
  EXPECT_FALSE(set.on_device(1));
  EXPECT_TRUE(set.on_stat_device(1).empty());
  EXPECT_TRUE(set.empty());
}

TEST(VolumeSet, keeps_directories_apart_from_the_volumes_of_pods) {
  VolumeSet set;
  set.add(volume("/pod", {1, 10}, "uid"));
  Volume& named = set.add(volume("/named", {1, 11}));
  ASSERT_EQ(set.directories().size(), 1U);
  EXPECT_EQ(set.directories().front(), &named);
}

TEST(MountTable, places_a_directory_in_the_file_system_that_it_lies_on) {
  const MountTable mounts(
      "27 1 254:0 / / rw - ext4 /dev/vda rw\n"
      "40 27 8:16 / /var/lib/kubelet rw - ext4 /dev/sdb rw\n"
      "46 40 0:40 / /var/lib/kubelet/pods/u/volumes/kubernetes.io~secret/sec rw - tmpfs tmpfs rw\n"
      "47 46 0:41 / /var/lib/kubelet/pods/u/volumes/kubernetes.io~secret/sec rw - tmpfs tmpfs "
      "rw\n");
  const auto at = [&](const std::string& path, std::optional<std::uint64_t> id, DeviceId device) {
    const MountedAt found = mounts.find(path, id, device);
    return std::to_string(found.device) + found.fs_path;
  };
  EXPECT_EQ(at("/var/lib/kubelet/pods/u", 40, 8 << 20 | 16), "8388624/pods/u");
  EXPECT_EQ(at("/var/lib/kubelet/pods/u", {}, 8 << 20 | 16), "8388624/pods/u");
  EXPECT_EQ(at("/etc", {}, 254 << 20), "266338304/etc");
  const std::string secret = "/var/lib/kubelet/pods/u/volumes/kubernetes.io~secret/sec";
  EXPECT_EQ(at(secret, {}, 41), "41/");
  EXPECT_EQ(at(secret, {}, 40), "40/");  // covered by the other, and still asked for
  EXPECT_EQ(at("/etc", 99, 7), "7");     // of no mount that it has
}

TEST(GuestKernels, are_told_by_their_programs) {
  EXPECT_EQ(guest_kernel_of("/opt/kata/bin/qemu-system-x86_64", "qemu-system-x86"),
            "qemu-system-x86_64");
  EXPECT_EQ(guest_kernel_of("", "cloud-hyperviso"), "cloud-hyperviso");
  EXPECT_EQ(guest_kernel_of("/usr/local/bin/runsc", "exe"), "runsc");
  EXPECT_EQ(guest_kernel_of("", "runsc-sandbox"), "runsc-sandbox");
  EXPECT_EQ(guest_kernel_of("/usr/sbin/nginx", "nginx"), "");
  EXPECT_EQ(guest_kernel_of("", "fire"), "");
}

}  // namespace
}  // namespace reloadtrace::node
