// SPDX-License-Identifier: Apache-2.0
// Which keys a publish changed: told from what was kept of a directory that is gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fake_node.h"
#include "userspace/node/files.h"
#include "userspace/node/mount_table.h"
#include "userspace/node/text_store.h"
#include "userspace/node/volume_finder.h"

namespace reloadtrace {

namespace {

namespace fs = std::filesystem;

config::DiffOptions values() {
  config::DiffOptions options;
  options.detail = config::Detail::Values;
  return options;
}

// "app.yaml(log.level info→debug) x.conf(its name says no format)"
std::string keys_of(const PublishFact& publish) {
  std::string text;
  for (const FileDiff& diff : publish.diffs) {
    text += (text.empty() ? "" : " ") + diff.path + "(" + diff.not_compared;
    for (const KeyChange& key : diff.keys) {
      text += key.key + " " + key.before + "→" + key.after;
    }
    text += ")";
  }
  return text;
}

TEST(AtomicWriter, tells_which_keys_of_the_directory_that_is_gone_were_others) {
  FakeNode node({"volumes/cfg"}, false, "", {}, values());
  node.discover();
  using Swap = std::pair<std::string, std::string>;
  for (const auto& [name, text] :
       {Swap{"..1", "log: {level: a}\n"}, Swap{"..2", "# note\nlog: {level: b}\n"},
        Swap{"..3", "log:\n  level: b\n"}, Swap{"..4", "log: [\n"}, Swap{"..5", "log: 1\n"}}) {
    observe_all(node, node.atomic_swap("volumes/cfg", name,
                                       {{"app.yaml", text}, {"x.conf", "of " + name}}));
  }
  const auto publishes = node.all<PublishFact>();
  ASSERT_EQ(publishes.size(), 5U);
  const std::string other = " x.conf(its name says no format)";
  EXPECT_EQ(keys_of(publishes[1]), "app.yaml(log.level a→b)" + other);
  EXPECT_EQ(keys_of(publishes[2]), "app.yaml()" + other);
  EXPECT_TRUE(publishes[2].diffs[0].pseudo());
  EXPECT_FALSE(publishes[2].diffs[1].pseudo());
  EXPECT_THAT(keys_of(publishes[3]), testing::HasSubstr("app.yaml(not YAML: line "));
  EXPECT_THAT(keys_of(publishes[4]), testing::HasSubstr("app.yaml(before: not YAML: line "));
}

TEST(InPlaceWrite, tells_which_keys_are_others) {
  FakeNode node({"volumes/plain"}, false, "", {}, values());
  write_file(node.path("volumes/plain/a.ini"), "[a]\nx=1\n");
  node.discover();
  for (const char* text : {"[a]\nx=2\n", "[a]\n; two\nx = 2\n"}) {
    write_file(node.path("volumes/plain/a.ini"), text);
    node.observe(closed(node, "volumes/plain", "a.ini"));
  }
  ASSERT_EQ(node.all<PublishFact>().size(), 2U);
  EXPECT_EQ(keys_of(node.all<PublishFact>()[0]), "a.ini([a] x 1→2)");
  EXPECT_EQ(keys_of(node.all<PublishFact>()[1]), "a.ini()");
}

TEST(Publishes, are_compared_by_key_only_when_that_is_asked_for) {
  FakeNode node({"volumes/cfg"});
  node.discover();
  for (const std::string name : {"..1", "..2"}) {
    observe_all(node, node.atomic_swap("volumes/cfg", name, {{"app.yaml", "name: " + name}}));
  }
  ASSERT_EQ(node.all<PublishFact>().size(), 2U);
  EXPECT_EQ(keys_of(node.all<PublishFact>()[1]), "");
}

TEST(Publishes, compare_a_file_that_is_too_large_by_its_bytes_and_say_so) {
  FakeNode node({"volumes/cfg"}, false, "", {}, values());
  node.discover();
  const std::string large = "a: " + std::string(1U << 20U, 'x');
  observe_all(node, node.atomic_swap("volumes/cfg", "..1", {{"app.yaml", large}}));
  observe_all(node, node.atomic_swap("volumes/cfg", "..2", {{"app.yaml", "a: 1"}}));
  observe_all(node, node.atomic_swap("volumes/cfg", "..3", {{"app.yaml", large}}));
  const auto publishes = node.all<PublishFact>();
  ASSERT_EQ(publishes.size(), 3U);
  EXPECT_EQ(keys_of(publishes[1]), "app.yaml(before: larger than 1 MiB)");
  EXPECT_EQ(keys_of(publishes[2]), "app.yaml(larger than 1 MiB)");
}

// Found by kubelet's name for them, and also where somebody named the directory itself.
TEST(Secrets, are_never_looked_into_for_keys) {
  const std::string uid = "11111111-2222-3333-4444-555555555555";
  for (const bool named : {false, true}) {
    for (const std::string kind : {"secret", "projected", "csi"}) {
      const std::string in_tree = "kubelet/pods/" + uid + "/volumes/kubernetes.io~" + kind +
                                  "/app" + (kind == "csi" ? "/mount" : "");
      FakeNode node(named ? std::vector{in_tree} : std::vector<std::string>{}, false,
                    named ? "" : "kubelet", {}, values());
      const std::string volume = node.path(in_tree);
      fs::create_directories(volume + "/..first");
      fs::create_directory_symlink("..first", volume + "/..data");
      write_file(volume + "/..first/app.yaml", "planted: one\n");
      node.discover();
      observe_all(node, node.atomic_swap(in_tree, "..second", {{"app.yaml", "planted: two\n"}}));
      ASSERT_EQ(node.all<PublishFact>().size(), 1U) << kind;
      EXPECT_EQ(keys_of(node.all<PublishFact>()[0]),
                "app.yaml(a volume of its kind may hold Secrets)");
    }
  }
}

class Kept : public ::testing::Test {
 protected:
  std::unique_ptr<node::Volume> make(const std::string& name) {
    const std::string path = node_.path("volumes/" + name);
    fs::create_directories(path);
    write_file(path + "/a.yaml", "a: 0  # twenty bytes");
    auto volume =
        node::find_volume(path, node::MountTable(*node::read_file("/proc/self/mountinfo")));
    EXPECT_TRUE(volume);
    (*volume)->read(contents_);
    store_.keep(**volume);
    return std::move(*volume);
  }
  // Why its file was not compared when it became this; empty when it was.
  std::string becomes(node::Volume& volume, const std::string& text) {
    write_file(volume.site().host_path + "/a.yaml", text);
    volume.read(contents_);
    const auto diffs = store_.turn(volume, {{"a.yaml", ChangeKind::Modified}});
    return diffs.empty() ? "nothing was said" : diffs[0].not_compared;
  }

  FakeNode node_{{}};
  node::ContentIds contents_;
  const config::DiffOptions options_ = values();
  node::TextStore store_{options_, contents_, 30};
};

TEST_F(Kept, texts_take_no_more_than_their_room_and_give_it_back) {
  const auto first = make("first");
  const auto second = make("second");
  EXPECT_EQ(becomes(*first, "a: 1  # twenty bytes"), "");
  EXPECT_EQ(becomes(*second, "a: 1  # twenty bytes"),
            "no room to keep its text: too much is kept already");
  store_.forget(first->id());
  EXPECT_EQ(becomes(*second, "a: 2  # twenty bytes"),
            "before: no room to keep its text: too much is kept already");
  EXPECT_EQ(becomes(*second, "a: 3  # twenty bytes"), "");
}

}  // namespace

}  // namespace reloadtrace
