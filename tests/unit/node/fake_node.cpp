// SPDX-License-Identifier: Apache-2.0
#include "fake_node.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>

#include "tests/support/places.h"
#include "userspace/node/volume_finder.h"

namespace reloadtrace {

namespace fs = std::filesystem;

namespace {

using Words = std::function<std::string(const std::string& word)>;

std::string replace_words(std::string text, const Words& words) {
  for (std::size_t begin = text.find('@'); begin != std::string::npos;
       begin = text.find('@', begin)) {
    const std::size_t end = text.find('@', begin + 1);
    if (end == std::string::npos) {
      break;
    }
    const std::string value = words(text.substr(begin + 1, end - begin - 1));
    text.replace(begin, end - begin + 1, value);
    begin += value.size();
  }
  return text;
}

std::string read_text(const fs::path& path) {
  return node::read_file(path.string()).value_or("");
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  // In memory where that is possible: a copy of the tree takes 10 ms instead of 300 ms.
  const bool shared_memory = std::getenv("TMPDIR") == nullptr && ::access("/dev/shm", W_OK) == 0;
  const fs::path parent = shared_memory ? fs::path("/dev/shm") : fs::temp_directory_path();
  std::string name = (parent / "reloadtrace-node-XXXXXX").string();
  path_ = fs::canonical(::mkdtemp(name.data())).string();
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void write_file(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::trunc) << text;
}

struct stat stat_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

FakeNode::FakeNode(const std::vector<std::string>& volumes,
                   bool real_proc,
                   const std::string& kubelet,
                   const std::vector<std::string>& version_keys,
                   config::DiffOptions diff) {
  const std::string& tree = tree_.path();
  fs::copy(testing::in_project("tests/proc_root"), tree,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks |
               fs::copy_options::overwrite_existing);
  struct statx status {};
  ::statx(AT_FDCWD, tree.c_str(), 0, STATX_MNT_ID, &status);
  const DeviceId stat_device = node::device_of(stat_of(tree).st_dev);
  const auto mounted = node::MountTable(read_text("/proc/self/mountinfo"))
                           .find(tree, status.stx_mnt_id, stat_device);
  const unsigned device_major = mounted.device >> 20U;
  const unsigned device_minor = mounted.device & 0xFFFFFU;
  const Words words = [&](const std::string& word) -> std::string {
    if (word == "TREE") {
      return tree;
    }
    if (word == "FS") {
      return mounted.fs_path;
    }
    if (word == "DEV") {
      return fmt::format("{}:{}", device_major, device_minor);
    }
    if (word == "HEXDEV") {
      return fmt::format("{:02x}:{:02x}", device_major, device_minor);
    }
    if (word == "SDEV") {
      return fmt::format("{:x}", mounted.device);
    }
    const std::string file = word.substr(word.find(':') + 1);
    const auto ino = stat_of(path(file)).st_ino;
    return word.starts_with("HEX") ? fmt::format("{:x}", ino) : fmt::format("{}", ino);
  };
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    if (entry.is_symlink()) {
      const std::string old_target = fs::read_symlink(entry.path()).string();
      const std::string target = replace_words(old_target, words);
      if (target != old_target) {
        fs::remove(entry.path());
        fs::create_symlink(target, entry.path());
      }
    } else if (entry.is_regular_file() && entry.path().string().starts_with(tree + "/proc/")) {
      const std::string old_text = read_text(entry.path());
      const std::string text = replace_words(old_text, words);
      if (text != old_text) {
        write_file(entry.path().string(), text);
      }
    }
  }
  NodeOptions options;
  options.proc = real_proc ? "/proc" : path("proc");
  options.cgroups = real_proc ? "/sys/fs/cgroup" : path("cgroup");
  options.self_tgid = 999'999;
  if (!kubelet.empty()) {
    options.kubelet_dirs.push_back(path(kubelet));
  }
  for (const std::string& key : version_keys) {
    options.version_keys.push_back(*config::VersionKey::parse(key));
  }
  options.diff = std::move(diff);
  for (const std::string& volume : volumes) {
    options.paths.push_back(volume.starts_with('/') ? volume : path(volume));
  }
  node = Node::create(std::move(options), scope,
                      [this](const std::string& sentence) { warnings.push_back(sentence); });
}

InodeId FakeNode::inode(const std::string& in_tree) const {
  // All of the copy lies on one device, and the node was told which.
  return {scope.volumes.empty() ? 0 : scope.volumes.begin()->dev, stat_of(path(in_tree)).st_ino};
}

std::uint64_t FakeNode::cgroup(const std::string& in_tree) const {
  return stat_of(path("cgroup/pids/" + in_tree)).st_ino;
}

Result<> FakeNode::discover_volumes() {
  return node->discover_volumes({now}, [this](const Event& fact) { facts.push_back(fact); });
}

void FakeNode::discover() {
  const auto result = discover_volumes();
  EXPECT_TRUE(result) << result.error().message;
  node->discover_readers({now}, [this](const Event& fact) { facts.push_back(fact); });
}

void FakeNode::observe(const Event& event) {
  node->observe(event, [this](const Event& fact) { facts.push_back(fact); });
}

Origin origin_of_writer(std::uint64_t at) {
  return {{at}, {}, 4711, 900, 901, "kubelet"};
}

std::vector<Event> FakeNode::atomic_swap(
    const std::string& volume,
    const std::string& generation,
    const std::vector<std::pair<std::string, std::string>>& files) {
  const std::string root = path(volume);
  std::vector<Event> events;
  const std::string old_generation = fs::read_symlink(root + "/..data").string();
  for (const auto& [name, text] : files) {
    write_file(root + "/" + generation + "/" + name, text);
    WriteOpenEvent open{origin_of_writer(++now), {}, generation + "/" + name, 5, 0};
    open.file.dev = inode(volume).dev;
    open.file.volume_ino = inode(volume).ino;
    open.file.generation_ino = inode(volume + "/" + generation).ino;
    open.file.ino = inode(volume + "/" + generation + "/" + name).ino;
    events.emplace_back(open);
  }
  fs::create_symlink(generation, root + "/..data_tmp");
  events.emplace_back(SymlinkEvent{origin_of_writer(++now), generation, root + "/..data_tmp"});
  fs::rename(root + "/..data_tmp", root + "/..data");
  events.emplace_back(
      RenameEvent{origin_of_writer(++now), root + "/..data_tmp", root + "/..data", {}, {}, false});
  fs::remove_all(root + "/" + old_generation);
  return events;
}

const ContainerFact* FakeNode::container(const std::string& id_prefix) const {
  const ContainerFact* latest = nullptr;
  for (const Event& fact : facts) {
    const auto* const container = std::get_if<ContainerFact>(&fact);
    if (container != nullptr && container->id.starts_with(id_prefix)) {
      latest = container;
    }
  }
  return latest;
}

const ProcessFact* FakeNode::process(std::uint32_t tgid) const {
  const ProcessFact* latest = nullptr;
  for (const Event& fact : facts) {
    const auto* const process = std::get_if<ProcessFact>(&fact);
    if (process != nullptr && process->tgid == tgid) {
      latest = process;
    }
  }
  return latest;
}

}  // namespace reloadtrace
