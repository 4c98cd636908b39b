// SPDX-License-Identifier: Apache-2.0
// The texts of /proc, taken from real nodes and bent by hand.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/places.h"
#include "userspace/node/cgroup_path.h"
#include "userspace/node/cgroup_tree.h"
#include "userspace/node/fdinfo.h"
#include "userspace/node/files.h"
#include "userspace/node/mountinfo.h"
#include "userspace/node/proc_fs.h"
#include "userspace/node/proc_maps.h"

namespace reloadtrace::node {

namespace {

constexpr const char* kPod = "480482f5-dc39-4cda-878e-3f3b840da0df";
const std::string kId = "69b1345a4e1f2105012b99eb21d49545d13ad5b718df8614db93a5e0871f2593";

TEST(Mountinfo, decodes_octal_escapes_in_paths) {
  EXPECT_EQ(decode_octal("/a\\040b\\011c\\012d\\134e"), "/a b\tc\nd\\e");
  EXPECT_EQ(decode_octal("/a\\04"), "/a\\04");
  EXPECT_EQ(decode_octal("/a\\999"), "/a\\999");
  EXPECT_EQ(decode_octal("/\xff\\303\\251"), "/\xff\xc3\xa9");
}

TEST(Mountinfo, reads_a_line_that_kubelet_caused) {
  const auto mount = parse_mount(
      "131 111 254:0 /var/lib/kubelet/pods/p/volumes/kubernetes.io~configmap/cfg /etc/app "
      "ro,relatime - ext4 /dev/vda rw,discard");
  ASSERT_TRUE(mount);
  EXPECT_EQ(mount->id, 131U);
  EXPECT_EQ(mount->device, 254U << 20U);
  EXPECT_EQ(mount->root, "/var/lib/kubelet/pods/p/volumes/kubernetes.io~configmap/cfg");
  EXPECT_EQ(mount->point, "/etc/app");
  EXPECT_EQ(mount->type, "ext4");
  EXPECT_FALSE(mount->deleted);
}

TEST(Mountinfo, reads_optional_fields_and_a_deleted_root) {
  const auto mount = parse_mount(
      "54 45 254:0 /v/..2026/app.yaml//deleted /sub/3 rw shared:1 master:2 - ext4 /dev/vda rw");
  ASSERT_TRUE(mount);
  EXPECT_EQ(mount->root, "/v/..2026/app.yaml");
  EXPECT_TRUE(mount->deleted);
  EXPECT_EQ(mount->type, "ext4");
}

TEST(Mountinfo, skips_lines_that_make_no_sense) {
  for (const char* line : {"", "1", "x y z", "1 2 3 / /", "1 2 a:b / / rw", "1 2 99999:0 / / rw",
                           "1 2 8:99999999999999999999 / / rw", "1 2 8:1"}) {
    EXPECT_FALSE(parse_mount(line)) << line;
  }
}

TEST(Mountinfo, stands_twenty_thousand_lines) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += std::to_string(i) + " 1 0:" + std::to_string(i % 100) + " / /m" + std::to_string(i) +
            " rw - tmpfs t rw\n";
  }
  int found = 0;
  for_each_mount(
      text, [](DeviceId device) { return device == 7; }, [&](const Mount&) { ++found; });
  EXPECT_EQ(found, 200);
}

struct Shape {
  const char* what;
  std::string path;
  std::string id;
  std::string pod_uid;
};

class CgroupPath : public ::testing::TestWithParam<Shape> {};

TEST_P(CgroupPath, names_the_container) {
  const Shape& shape = GetParam();
  const auto container = container_of(shape.path);
  if (shape.id.empty()) {
    EXPECT_FALSE(container) << container->id;
    return;
  }
  ASSERT_TRUE(container);
  EXPECT_EQ(container->id, shape.id);
  EXPECT_EQ(container->pod_uid, shape.pod_uid);
  // What is nested belongs to the same container, and its cgroup is the container's.
  const auto nested = container_of(shape.path + "/init.scope/" + std::string(64, 'f'));
  ASSERT_TRUE(nested);
  EXPECT_EQ(nested->id, shape.id);
  EXPECT_EQ(nested->cgroup, shape.path);
}

const std::string kSlice =
    "/kubepods.slice/kubepods-burstable.slice/"
    "kubepods-burstable-pod480482f5_dc39_4cda_878e_3f3b840da0df.slice/";

INSTANTIATE_TEST_SUITE_P(
    Shapes,
    CgroupPath,
    ::testing::Values(
        Shape{"cgroupfs", std::string("/kubepods/burstable/pod") + kPod + "/" + kId, kId, kPod},
        Shape{"guaranteed", std::string("/kubepods/pod") + kPod + "/" + kId, kId, kPod},
        Shape{"systemd_containerd", kSlice + "cri-containerd-" + kId + ".scope", kId, kPod},
        Shape{"systemd_crio", kSlice + "crio-" + kId + ".scope", kId, kPod},
        Shape{"systemd_docker", kSlice + "docker-" + kId + ".scope", kId, kPod},
        Shape{"cgroupfs_crio", std::string("/kubepods/pod") + kPod + "/crio-" + kId, kId, kPod},
        Shape{"kind_nested_kubelet",
              "/kubelet.slice/kubelet" + kSlice + "cri-containerd-" + kId + ".scope", kId, kPod},
        Shape{"one_component",
              "/system.slice/containerd.service/kubepods-burstable-"
              "pod480482f5_dc39_4cda_878e_3f3b840da0df.slice:cri-containerd:" +
                  kId,
              kId, kPod},
        Shape{"docker_scope", "/system.slice/docker-" + kId + ".scope", kId, ""},
        Shape{"docker_cgroupfs", "/docker/" + kId, kId, ""},
        Shape{"podman", "/machine.slice/libpod-" + kId + ".scope", kId, ""},
        Shape{"plain_runc", "/kubepods/burstable/podtest-1/app", "app", "test-1"},
        Shape{"static_pod", "/kubepods/pod0123456789abcdef0123456789abcdef/" + kId, kId,
              "0123456789abcdef0123456789abcdef"},
        Shape{"host_service", "/system.slice/nginx.service", "", ""},
        Shape{"user_session", "/user.slice/user-1000.slice/session-2.scope", "", ""},
        Shape{"the_pod_itself", std::string("/kubepods/burstable/pod") + kPod, "", ""},
        Shape{"podman_service", "/system.slice/podman.service", "", ""},
        Shape{"crio_monitor", kSlice + "crio-conmon-" + kId + ".scope", "", ""},
        Shape{"root", "/", "", ""},
        Shape{"nothing", "", "", ""}),
    [](const auto& test) { return test.param.what; });

TEST(CgroupFile, prefers_the_pids_hierarchy_of_v1) {
  const std::string text = "9:name=systemd:/s\n8:net_cls,pids:/a/b\n0::/c\n";
  EXPECT_EQ(hierarchy_of(text), CgroupHierarchy::PidsV1);
  EXPECT_EQ(cgroup_path_in(text, CgroupHierarchy::PidsV1), "/a/b");
  EXPECT_EQ(cgroup_path_in(text, CgroupHierarchy::Unified), "/c");
  EXPECT_EQ(hierarchy_of("0::/c:d\n"), CgroupHierarchy::Unified);
  EXPECT_EQ(cgroup_path_in("0::/c:d\n", CgroupHierarchy::Unified), "/c:d");
}

TEST(CgroupFile, takes_off_what_a_cgroup_namespace_puts_in_front) {
  EXPECT_EQ(cgroup_path_in("0::/../../kubepods/x\n", CgroupHierarchy::Unified), "/kubepods/x");
  EXPECT_EQ(cgroup_path_in("0::/..\n", CgroupHierarchy::Unified), "/");
  EXPECT_FALSE(cgroup_path_in("", CgroupHierarchy::Unified));
}

TEST(CgroupFile, puts_back_what_a_cgroup_namespace_hides_when_its_root_is_known) {
  const CgroupView view(CgroupHierarchy::Unified, "/kubepods/besteffort/podX/tracer");
  EXPECT_EQ(cgroup_path_in("0::/../../../burstable/podY/app\n", view),
            "/kubepods/burstable/podY/app");
  EXPECT_EQ(cgroup_path_in("0::/../sidecar\n", view), "/kubepods/besteffort/podX/sidecar");
  EXPECT_EQ(cgroup_path_in("0::/\n", view), "/kubepods/besteffort/podX/tracer");
  EXPECT_EQ(cgroup_path_in("0::/../../../../system.slice/kubelet.service\n", view),
            "/system.slice/kubelet.service");
  EXPECT_EQ(cgroup_path_in("0::/../../../..\n", view), "/");
}

TEST(CgroupTree, finds_the_root_of_its_own_cgroup_namespace) {
  const std::string root = testing::in_project("tests/proc_root/cgroup");
  CgroupTree tree(root, CgroupHierarchy::PidsV1);
  EXPECT_EQ(tree.view().root, "");
  tree.learn_namespace(1100, "/");
  EXPECT_TRUE(tree.view().root.starts_with("/kubepods/burstable/pod")) << tree.view().root;
  tree.learn_namespace(900, "/kubelet.service");
  EXPECT_EQ(tree.view().root, "/system.slice");
}

TEST(Fdinfo, reads_hexadecimal_watches_and_skips_the_rest) {
  const auto watches = parse_inotify_watches(
      "pos:\t0\nflags:\t02004000\n"
      "inotify wd:1 ino:aa8001 sdev:fe00000 mask:3c6 ignored_mask:0 fhandle-bytes:8\n"
      "inotify wd:1f ino:2 sdev:29 mask:80000002\n"
      "inotify wd:x ino:2 sdev:29 mask:2\ninotify\ninotify wd:3 ino:0 sdev:1 mask:1\n");
  ASSERT_EQ(watches.size(), 2U);
  EXPECT_EQ(watches[0].wd, 1);
  EXPECT_EQ(watches[0].target, (InodeId{254U << 20U, 0xaa8001}));
  EXPECT_EQ(watches[0].mask, 0x3c6U);
  EXPECT_EQ(watches[1].wd, 0x1f);
}

TEST(Maps, reads_a_mapping_of_a_deleted_file) {
  const auto mapping = parse_mapping(
      "7f2c10000000-7f2c10001000 r--s 00000000 fe:01 1234       /etc/a b/..2026/x (deleted)");
  ASSERT_TRUE(mapping);
  EXPECT_EQ(mapping->inode, (InodeId{254U << 20U | 1U, 1234}));
  EXPECT_EQ(mapping->path, "/etc/a b/..2026/x");
  EXPECT_TRUE(mapping->deleted);
}

TEST(Maps, skips_what_is_no_file) {
  EXPECT_FALSE(parse_mapping("7ffc0-7ffc1 rw-p 00000000 00:00 0 [stack]"));
  EXPECT_FALSE(parse_mapping("7ffc0-7ffc1 rw-p 00000000 00:00 0"));
  EXPECT_FALSE(parse_mapping(""));
}

TEST(Stat, survives_a_comm_with_parentheses_and_spaces) {
  const auto stat =
      parse_stat("42 (a) (b c) S 7 42 42 0 -1 2097216 0 0 0 0 0 0 0 0 20 0 1 0 12345 0 0");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->comm, "a) (b c");
  EXPECT_EQ(stat->parent, 7U);
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->threads, 1U);
  EXPECT_EQ(stat->flags, 2097216U);
  EXPECT_EQ(stat->start_ticks, 12345U);
  EXPECT_FALSE(parse_stat("42 (a S 7"));
  EXPECT_FALSE(parse_stat(""));
  EXPECT_FALSE(parse_stat("42 (a) S 7"));
}

TEST(Status, counts_the_namespaces_of_a_pid) {
  EXPECT_EQ(count_namespace_pids("Name:\tx\nNSpid:\t1000\t7\nNSsid:\t1\n"), 2U);
  EXPECT_EQ(count_namespace_pids("Name:\tx\n"), 0U);
}

TEST(Paths, are_normalized_by_text) {
  EXPECT_EQ(normalize("/a//b/./c/"), "/a/b/c");
  EXPECT_EQ(normalize("/a/../../b"), "/b");
  EXPECT_EQ(normalize("../a/../b"), "../b");
  EXPECT_EQ(normalize("/"), "/");
  EXPECT_EQ(normalize("./"), "");
  EXPECT_EQ(below("/etc/app/x", "/etc/app"), "x");
  EXPECT_EQ(below("/etc/app", "/etc/app"), "");
  EXPECT_FALSE(below("/etc/apple", "/etc/app"));
  EXPECT_EQ(below("/etc", "/"), "etc");
}

TEST(Fdinfo, reads_marks_of_inodes_and_no_others) {
  const auto marks = parse_fanotify_marks(
      "pos:\t0\nflags:\t02000002\nfanotify flags:0 event-flags:8000\n"
      "fanotify ino:4f969 sdev:fe00000 mflags:0 mask:180 ignored_mask:0 fhandle-bytes:8 "
      "fhandle-type:1 f_handle:69f90400\n"
      "fanotify sdev:fe00001 mflags:0 mask:80 ignored_mask:0\n"
      "fanotify mnt_id:12 mflags:0 mask:38 ignored_mask:0\n"
      "fanotify ino:1 sdev:2 mflags:40 mask:0 ignored_mask:40\n");
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_EQ(marks[0].target, (InodeId{0xfe00000, 0x4f969}));
  EXPECT_EQ(marks[0].mask, 0x180U);
}

}  // namespace

}  // namespace reloadtrace::node
