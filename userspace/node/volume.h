// SPDX-License-Identifier: Apache-2.0
// One tracked volume: where it is, and what its current generation holds.
//
// No descriptor of it is kept: even an O_PATH one would make kubelet's umount of a tmpfs volume
// fail with EBUSY (seen on 6.18). Each look opens the root by its path and makes sure that it still
// is the same inode.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/config/version_key.h"
#include "userspace/node/content_ids.h"
#include "userspace/node/inventory.h"
#include "userspace/wire/fact.h"

namespace reloadtrace::node {

// An inode of a volume that a watch or a descriptor may refer to.
struct KnownInode {
  std::uint64_t ino = 0;
  TargetKind kind = TargetKind::Root;
  std::string path;  // from the root; "" for the root itself
};

// Where a path from the volume's root leads.
struct PlaceInVolume {
  std::string generation;  // name; empty = not below a generation directory
  std::string path;        // below the generation, or below the root
};

struct VolumeSite {
  std::string host_path;  // without symlinks
  std::string link;       // the symlink that the current generation is behind; empty in a plain one
  std::vector<std::string> aliases;  // other texts that lead to the root
  VolumeKind kind = VolumeKind::Directory;
  std::string name;     // as the pod calls it, or the directory's last component
  std::string pod_uid;  // of the pod that it belongs to; empty for a directory
};

class Volume {
 public:
  // `device` and `fs_path` as the mount table has them; see find_mount_of().
  Volume(VolumeSite site, VolumeId id, dev_t stat_device, std::string fs_path);

  VolumeId id() const { return id_; }
  dev_t stat_device() const { return stat_device_; }  // what stat() says: differs on btrfs
  const VolumeSite& site() const { return site_; }
  const std::string& fs_path() const { return fs_path_; }  // from the root of its file system
  const GenerationFact& current() const { return current_; }
  bool plain() const { return site_.link.empty(); }
  // Nobody outside of this pod is a reader of it: not kubelet, not a node agent.
  bool of_pod() const { return !site_.pod_uid.empty(); }
  // Nothing in it can be of a Secret: projected and CSI volumes may hold such, also when somebody
  // named their directory with --path.
  bool open_to_all() const;
  // The current generation's directory from the root: "..2026_…", ".worktrees/sha"; "" in a plain
  // volume. Differs from the generation's name after a change in place.
  const std::string& directory() const { return directory_; }
  VolumeFact fact(Timestamp at) const;

  // The root, O_PATH; owns nothing when the path leads elsewhere by now.
  UniqueFd open_root() const;

  // Where the link points now, relative to the root; nothing when it does not lead to a directory
  // inside.
  std::optional<std::string> read_target(int root) const;

  // When that link was made, on the monotonic clock; zero when it is older than this boot, or there
  // is none. A publisher that sets time stamps can make it lie.
  Timestamp read_link_time(int root) const;

  // Names each generation that is read from now on; `keys` outlive the volume.
  void name_versions_by(const std::vector<config::VersionKey>& keys) { version_keys_ = &keys; }

  // Reads everything anew; for a volume just found.
  void read(ContentIds& contents);

  // A plain volume in which `link` has just appeared has generation directories from now on.
  void adopt_link(std::string link);

  void add_alias(std::string path);

  // The generation in `directory`, read from disk; nothing when the directory is gone.
  struct Reading {
    GenerationFact generation;
    Inventory inventory;
  };
  std::optional<Reading> read_generation(int root,
                                         const std::string& directory,
                                         ContentIds& contents) const;

  // Makes what was read the current generation.
  void become(const std::string& directory, Reading reading);

  // The current generation with other files, and the name that follows.
  void revise(std::vector<FileFact> files);
  std::string next_name() const;

  // Everything known under this inode number; the first of several links to a file.
  const KnownInode* find(std::uint64_t ino) const;

  PlaceInVolume place(std::string_view below_root) const;

 private:
  std::size_t generation_depth() const;
  void index(int root, const Inventory& inventory);
  void index_files();
  void learn_version(int root);

  VolumeSite site_;
  VolumeId id_;
  dev_t stat_device_;
  std::string fs_path_;
  GenerationFact current_;
  std::string directory_;
  unsigned revision_ = 1;  // within this directory
  Timestamp published_;    // of the generation that read() found
  bool been_read_ = false;
  const std::vector<config::VersionKey>* version_keys_ = nullptr;
  std::vector<KnownInode> places_;  // all but files, sorted by inode
  std::vector<KnownInode> files_;   // sorted by inode
};

// The target of a symlink as a path from the directory that holds it: "./a//b/" → "a/b"; nothing
// when it leaves that directory.
std::optional<std::string> target_inside(std::string_view target, const std::string& holder);

}  // namespace reloadtrace::node
