// SPDX-License-Identifier: Apache-2.0
// Puts the parts together; each of them is in a file of its own.
#include "userspace/node/node.h"

#include <utility>

#include "userspace/base/overloaded.h"
#include "userspace/node/cgroup_tree.h"
#include "userspace/node/content_ids.h"
#include "userspace/node/inspector.h"
#include "userspace/node/log_names.h"
#include "userspace/node/open_failures.h"
#include "userspace/node/path_facts.h"
#include "userspace/node/path_locator.h"
#include "userspace/node/proc_fs.h"
#include "userspace/node/program.h"
#include "userspace/node/publish_resolver.h"
#include "userspace/node/reader_table.h"
#include "userspace/node/readers.h"
#include "userspace/node/scope_names.h"
#include "userspace/node/volume_set.h"
#include "userspace/node/volume_tracker.h"

namespace reloadtrace {

namespace node {

namespace {

class LocalNode final : public Node {
 public:
  LocalNode(NodeOptions options, Scope& scope, Warn warn)
      : options_(std::move(options)),
        proc_(options_.proc),
        cgroups_(options_.cgroups, hierarchy_of(proc_.cgroup_of_self())),
        scope_(scope, std::move(warn)),
        names_(options_.logs),
        tracker_(proc_,
                 options_.paths,
                 options_.version_keys,
                 KubeletVolumes(options_.kubelet_dirs, options_.service_accounts),
                 volumes_,
                 contents_,
                 texts_,
                 scope_),
        locator_(proc_, volumes_),
        inspector_(proc_, volumes_, locator_),
        programs_(proc_),
        readers_(proc_,
                 cgroups_,
                 volumes_,
                 inspector_,
                 programs_,
                 scope_,
                 names_,
                 table_,
                 options_.self_tgid),
        publishes_(volumes_, locator_, contents_, texts_, scope_),
        failures_(locator_),
        path_facts_(locator_) {
    if (proc_.in_cgroup_namespace()) {
      const auto shown = cgroup_path_in(proc_.cgroup_of_self(), cgroups_.view());
      cgroups_.learn_namespace(options_.self_tgid, shown.value_or("/"));
    }
  }

  Result<> discover_volumes(Timestamp now, const Emit& emit) override {
    if (!options_.kubelet_dirs.empty()) {
      scope_.announce();
    }
    return tracker_.discover(now, emit);
  }

  void discover_readers(Timestamp now, const Emit& emit) override {
    readers_.discover(now, emit);
    tracker_.follow({[this](const Volume& volume, Timestamp at, const Emit& tell) {
                       readers_.volume_came(volume, at, tell);
                     },
                     [this](VolumeId volume) { readers_.volume_gone(volume); }});
  }

  void observe(const Event& event, const Emit& emit) override {
    std::visit(
        Overloaded{
            [&](const OpenEvent& e) { readers_.touched(e.origin, e.file.volume(), emit); },
            [&](const ReadEvent& e) { readers_.touched(e.origin, e.file.volume(), emit); },
            [&](const MapEvent& e) { readers_.touched(e.origin, e.file.volume(), emit); },
            [&](const WatchAddEvent& e) { readers_.touched(e.origin, e.target.volume(), emit); },
            [&](const ForkEvent& e) { readers_.forked(e, emit); },
            [&](const ExecEvent& e) { readers_.executed(e, emit); },
            [&](const ExitEvent& e) { readers_.exited(e, emit); },
            [&](const WriteOpenEvent& e) { publishes_.remember(e); },
            [&](const SymlinkEvent& e) { publishes_.remember(e); },
            [&](const RenameEvent& e) { renamed(e, emit); },
            [&](const MountEvent& e) { tracker_.mounted(e.path, e.origin.at, emit); },
            [&](const CgroupCreatedEvent& e) { cgroup_created(e, emit); },
            [&](const CgroupRemovedEvent& e) { readers_.cgroup_removed(e, emit); },
            [&](const WriteClosedEvent& e) { publishes_.written(e, emit); },
            [&](const OpenFailedEvent& e) { failed(e, emit); },
            [&](const PollEvent& e) { looked(e, emit); },
            [&](const WatchFailedEvent& e) { not_watched(e, emit); },
            [](const auto&) {},
        },
        event);
  }

  void inspect(std::span<const std::uint32_t> tgids, Timestamp now, const Emit& emit) override {
    for (const std::uint32_t tgid : tgids) {
      const KnownProcess* const known = table_.find(tgid);
      const Container* const container = known != nullptr ? known->container : nullptr;
      for (const Event& fact : inspector_.inspect(tgid, container, now)) {
        emit(fact);
      }
    }
  }

  void refresh(Timestamp now, const Emit& emit) override {
    tracker_.take_turn(
        now, [&](Volume& volume, int root) { publishes_.look_for_missed(volume, root, now, emit); },
        emit);
    readers_.refresh(now, emit);
  }

 private:
  void renamed(const RenameEvent& event, const Emit& emit) {
    readers_.refresh(event.origin.at,
                     emit);  // verdicts follow: with the names that are there by now
    if (!tracker_.first_published(event, emit)) {
      publishes_.renamed(event, container_of_process(event.origin), emit);
    }
  }

  void cgroup_created(const CgroupCreatedEvent& event, const Emit& emit) {
    readers_.cgroup_created(event);
    if (const auto ref = container_of(event.path); ref && !ref->pod_uid.empty()) {
      tracker_.pod_started(ref->pod_uid, event.origin.at, emit);
    }
  }

  const Container* container_of_process(const Origin& origin) {
    const KnownProcess* const known = table_.find(origin.tgid);
    return known != nullptr ? known->container : table_.by_cgroup(origin.cgroup_id);
  }

  void failed(const OpenFailedEvent& event, const Emit& emit) {
    if (event.origin.tgid == options_.self_tgid) {
      return;
    }
    const auto fact = failures_.resolve(event, container_of_process(event.origin));
    if (fact) {
      readers_.touched(event.origin, fact->volume, emit);
      emit(*fact);
    }
  }

  // A look makes nobody a reader: outside of containers it counts for those who are one already.
  void looked(const PollEvent& event, const Emit& emit) {
    const std::uint32_t tgid = event.origin.tgid;
    const Container* const container = container_of_process(event.origin);
    if (tgid == options_.self_tgid || (container == nullptr && table_.find(tgid) == nullptr)) {
      return;
    }
    if (const auto fact = path_facts_.resolve(event, container)) {
      if (container != nullptr) {
        readers_.touched(event.origin, fact->volume, emit);
      }
      emit(*fact);
    }
  }

  void not_watched(const WatchFailedEvent& event, const Emit& emit) {
    const std::uint32_t tgid = event.origin.tgid;
    const Container* const container = container_of_process(event.origin);
    if (tgid == options_.self_tgid) {
      return;
    }
    const auto fact = path_facts_.resolve(event, container);
    if (!fact) {
      return;
    }
    if (fact->volume != VolumeId{}) {
      readers_.touched(event.origin, fact->volume, emit);
    } else if (container == nullptr && table_.find(tgid) == nullptr) {
      return;  // of no volume, by nobody who uses one
    }
    emit(*fact);
  }

  NodeOptions options_;
  ProcFs proc_;
  CgroupTree cgroups_;
  ScopeNames scope_;
  ContentIds contents_;
  TextStore texts_{options_.diff, contents_};
  VolumeSet volumes_;
  LogNames names_;
  VolumeTracker tracker_;
  ReaderTable table_;
  PathLocator locator_;
  Inspector inspector_;
  Programs programs_;
  Readers readers_;
  PublishResolver publishes_;
  OpenFailures failures_;
  PathFacts path_facts_;
};

}  // namespace

}  // namespace node

std::unique_ptr<Node> Node::create(NodeOptions options, Scope& scope, Warn warn) {
  return std::make_unique<node::LocalNode>(std::move(options), scope, std::move(warn));
}

}  // namespace reloadtrace
