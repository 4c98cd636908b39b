// SPDX-License-Identifier: Apache-2.0
// All that knows the skeleton.
#include "userspace/source/bpf_programs.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <utility>

#include "bpf/filter.h"
#include "userspace/source/kernel_btf.h"
#include "userspace/source/kernel_walk.h"
#include "userspace/source/load_log.h"
#include "userspace/source/preemption.h"
#include "userspace/source/refusal.h"
#include "userspace/source/skeleton.h"

namespace reloadtrace {
namespace {

// Listens to libbpf for as long as it lives; afterwards libbpf is silent, and what fails is an
// error.
class LoadLogScope {
 public:
  explicit LoadLogScope(LoadLog& log) {
    current = &log;
    libbpf_set_print(&on_line);
  }
  ~LoadLogScope() {
    current = nullptr;
    libbpf_set_print(nullptr);
  }
  LoadLogScope(const LoadLogScope&) = delete;
  LoadLogScope& operator=(const LoadLogScope&) = delete;

 private:
  static int on_line(libbpf_print_level level, const char* format, va_list arguments) {
    std::array<char, 512> line{};
    if (level == LIBBPF_WARN && current != nullptr) {
      std::vsnprintf(line.data(), line.size(), format, arguments);
      current->add(line.data());
    }
    return 0;
  }

  inline static thread_local LoadLog* current = nullptr;
};

// To walk the descriptors of all processes takes BTF in the kernel.
std::vector<std::string> hooks_to_do_without(const BpfOptions& options) {
  auto names = options.without_hooks;
  if (!options.btf.empty()) {
    names.emplace_back(name_of(HookId::Adopt));
  }
  return names;
}

// The verifier's own refusals have EACCES and EINVAL. No system call at all is what some seccomp
// filters answer.
bool is_refusal(const Error& error) {
  return error.code == std::errc::operation_not_permitted ||
         error.code == std::errc::function_not_supported;
}

}  // namespace

void SkeletonDeleter::operator()(reloadtrace_bpf* s) const {
  reloadtrace_bpf::destroy(s);
}
void LinkDeleter::operator()(bpf_link* l) const {
  bpf_link__destroy(l);
}

BpfPrograms::BpfPrograms(const BpfOptions& options)
    : options_(options), plan_(hooks_to_do_without(options), options.muted_hooks) {}

Result<> BpfPrograms::prepare() {
  auto devices = probe_kernel();
  if (!devices) {
    return std::move(devices).error();
  }
  devices_ = *devices;
  auto patterns = http_patterns(options_.http_triggers);
  if (!patterns) {
    return std::move(patterns).error();
  }
  http_patterns_ = *std::move(patterns);
  LoadLog log;
  const LoadLogScope scope(log);
  if (auto types = require_btf(options_.btf); !types) {
    return types;
  }
  return choose_tier();
}

Result<> BpfPrograms::choose_tier() {
  if (options_.hooks == HookChoice::Tracepoint) {
    return Unit{};
  }
  const bool only = options_.hooks == HookChoice::Fentry;
  if (!options_.btf.empty()) {
    return only ? Result<>(no_fentry(not_in_kernel())) : Unit{};
  }
  preempted_ = kernel_may_preempt_itself();
  if (preempted_ && !only) {
    return Unit{};
  }
  auto functions = find_syscall_functions();
  const SyscallFunction* const one = functions ? functions->any_of(0) : nullptr;
  const Result<> tried = one == nullptr ? Result<>(not_in_btf()) : try_fentry(*one);
  if (!tried) {
    return only ? Result<>(no_fentry(tried.error())) : Unit{};
  }
  functions_ = *std::move(functions);
  plan_.prefer_fentry(functions_.complete, only);
  return Unit{};
}

Result<> BpfPrograms::load() {
  LoadLog log;
  const LoadLogScope scope(log);
  // Each refusal leaves out one thing more, so this ends.
  while (true) {
    if (const Hook* hook = plan_.missing_required()) {
      return Error{
          std::make_error_code(std::errc::not_supported),
          fmt::format("this kernel refuses the hook {}, without which nothing can be said: "
                      "{}",
                      hook->name, log.reason())};
    }
    log.clear();
    std::string failed;
    auto loaded = load_once(log, failed);
    if (loaded) {
      HookSet without;
      if (attach_fentry(log, without)) {
        return Unit{};
      }
      unload();
      plan_.give_up_fentry(without);
      continue;
    }
    unload();
    if (is_refusal(loaded.error()) || own_privileges().is_confidential()) {
      return Error{std::make_error_code(std::errc::operation_not_permitted),
                   why_bpf_is_refused(own_privileges(), log.reason())};
    }
    if (failed.empty() || !plan_.give_way(failed)) {
      return Error{loaded.error().code, loaded.error().message + ": " + log.reason()};
    }
  }
}

void BpfPrograms::unload() {
  fentry_.clear();
  links_.clear();
  adoption_.reset();
  skeleton_.reset();
}

Result<> BpfPrograms::load_once(LoadLog& log, std::string& failed) {
  skeleton_ = open_skeleton(options_.btf);
  if (!skeleton_) {
    return system_error(errno, "open BPF programs");
  }
  configure();
  if (const int err = reloadtrace_bpf::load(skeleton_.get()); err != 0) {
    failed = log.failed_program();
    return system_error(err, "load BPF programs");
  }
  return attach_all(failed);
}

void BpfPrograms::configure() {
  auto* knobs = skeleton_->rodata;
  knobs->self_tgid =
      options_.self_tgid != 0 ? options_.self_tgid : static_cast<std::uint32_t>(::getpid());
  knobs->anon_inode_dev = devices_.anon_inodes;
  knobs->cgroup_of_pids = !own_cgroup_hierarchy().is_v2();
  knobs->hook_open = plan_.seen_by(HookId::Open);
  knobs->hook_read = plan_.seen_by(HookId::Read);
  knobs->hook_mmap = plan_.seen_by(HookId::Mmap);
  knobs->hook_publish = plan_.seen_by(HookId::Publish);
  knobs->hook_symlink = plan_.seen_by(HookId::Symlink);
  knobs->hook_inotify = plan_.seen_by(HookId::Inotify);
  knobs->hook_write_close = plan_.seen_by(HookId::WriteClose);
  knobs->hook_poll = plan_.seen_by(HookId::Poll);
  knobs->hook_signal = plan_.seen_by(HookId::Signal);
  knobs->hook_fanotify = plan_.seen_by(HookId::Fanotify);
  knobs->hook_io_uring = plan_.seen_by(HookId::IoUring);
  knobs->hook_mount = plan_.seen_by(HookId::Mount);
  knobs->node_mount_namespace = find_node_mount_namespace(options_.proc);
  configure_http();
  // Renamed after 6.1. When neither is there, loading says so.
  if (plan_.has(HookId::IoUringFailed) && options_.btf.empty()) {
    bpf_program* const submission = skeleton_->progs.on_ring_submission;
    if (bpf_program__set_attach_target(submission, 0, "io_uring_submit_req") != 0) {
      bpf_program__set_attach_target(submission, 0, "io_uring_submit_sqe");
    }
  }
  bpf_map__set_max_entries(skeleton_->maps.facts, options_.facts_ring);
  bpf_map__set_max_entries(skeleton_->maps.activity, options_.activity_ring);

  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    bpf_program__set_autoload(program, plan_.has_program(bpf_program__name(program)));
  }
  set_fentry_targets();
}

bpf_program* BpfPrograms::fentry_handler(std::size_t prototype) const {
  const TwoForms& names = kFentryHandlers[prototype];
  const auto name = plan_.has_program(names.direct) ? names.direct : names.probing;
  return bpf_object__find_program_by_name(skeleton_->obj, name.data());
}

// A handler is made for the functions of one prototype: as if it were attached to one of them.
void BpfPrograms::set_fentry_targets() {
  for (std::size_t prototype = 0; prototype < kFentryPrototypes; ++prototype) {
    bpf_program* const handler = fentry_handler(prototype);
    const SyscallFunction* const one = functions_.any_of(prototype);
    if (one == nullptr) {
      bpf_program__set_autoload(handler, false);
    } else if (bpf_program__autoload(handler)) {
      bpf_program__set_attach_target(handler, 0, one->name.c_str());
    }
  }
}

void BpfPrograms::configure_http() {
  auto* knobs = skeleton_->rodata;
  knobs->hook_http = plan_.seen_by(HookId::Http);
  knobs->socket_dev = devices_.sockets;
  const HttpFilter filter = encode(http_patterns_, knobs->http_patterns);
  knobs->http_pattern_count = filter.count;
  knobs->http_first_letters = filter.first_letters;
  knobs->http_shortest = filter.shortest;
}

Result<> BpfPrograms::attach_all(std::string& failed) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    const std::string_view name = bpf_program__name(program);
    // A program of the kind syscall runs when it is asked, a handler when a stub jumps to it.
    if (!bpf_program__autoload(program) || bpf_program__type(program) == BPF_PROG_TYPE_SYSCALL ||
        is_fentry_handler(name)) {
      continue;
    }
    bpf_link* link = bpf_program__attach(program);
    if (link == nullptr) {
      failed = name;
      return system_error(errno, fmt::format("attach {}", name));
    }
    LinkPtr owned(link);
    if (!plan_.mutes(name)) {
      (name == "on_adoption" ? adoption_ : links_.emplace_back(name, nullptr).second) =
          std::move(owned);
    }
  }
  return Unit{};
}

// An error when some function was refused; `without` are then the hooks that need it.
Result<> BpfPrograms::attach_fentry(LoadLog& log, HookSet& without) {
  for (std::size_t prototype = 0; prototype < kFentryPrototypes; ++prototype) {
    const bpf_program* const handler = fentry_handler(prototype);
    if (!bpf_program__autoload(handler)) {
      continue;
    }
    if (auto set = fentry_.set_handler(prototype, bpf_program__fd(handler)); !set) {
      log.add(set.error().message);
      without = plan_.fentry();
      return set;
    }
  }
  for (const SyscallFunction& function : functions_.found) {
    if ((function.hooks() & plan_.fentry()).none()) {
      continue;
    }
    if (auto loaded = fentry_.load(function); !loaded) {
      log.add(loaded.error().message);
      without = function.hooks();
      return loaded;
    }
  }
  const FentryTarget* refused = nullptr;
  auto attached = fentry_.attach(refused);
  if (!attached) {
    log.add(attached.error().message);
    without = HookSet(refused->hooks);
    return attached;
  }
  auto listed = list_unfinished_reads();
  if (!listed) {
    log.add(listed.error().message);
    without = hooks_of_queues();
  }
  return listed;
}

// Once the stubs are there: what begins from now on is theirs.
Result<> BpfPrograms::list_unfinished_reads() const {
  const auto list = std::ranges::find(links_, kListOfUnfinishedReads,
                                      [](const auto& link) { return link.first; });
  return list == links_.end() ? Unit{} : walk_kernel(*list->second, "walk over all threads");
}

// ---- what they share with us ----

ScopeMemory BpfPrograms::scope_memory() const {
  const auto& maps = skeleton_->maps;
  auto& state = *skeleton_->bss;
  return {maps.volumes,        maps.cgroups,         maps.processes,
          maps.inotify_groups, maps.fanotify_groups, state.root_bits,
          state.device_bits,   state.file_name_bits, state.directory_name_bits,
          state.cgroup_bits,   state.process_bits,   state.volumes_tracked,
          state.announcing,    state.adoption};
}

int BpfPrograms::facts_ring() const {
  return bpf_map__fd(skeleton_->maps.facts);
}
int BpfPrograms::activity_ring() const {
  return bpf_map__fd(skeleton_->maps.activity);
}

std::uint64_t BpfPrograms::losses_noted() const {
  return std::atomic_ref(skeleton_->bss->losses_noted).load();
}

Result<LossTotals> BpfPrograms::losses() {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) {
    return system_error(cpus, "count the CPUs");
  }
  counters_.resize(size_of_counters() * static_cast<std::size_t>(cpus));
  const std::uint32_t zero = 0;
  if (const int err = bpf_map__lookup_elem(skeleton_->maps.stats, &zero, sizeof(zero),
                                           counters_.data(), counters_.size(), 0);
      err != 0) {
    return system_error(err, "read the counters of losses");
  }
  LossTotals totals{};
  for (std::size_t at = 0; at < counters_.size(); at += size_of_counters()) {
    add_counters(std::span(counters_).subspan(at, size_of_counters()), totals);
  }
  if (may_miss_runs()) {
    totals[static_cast<std::size_t>(LossCause::MissedRuns)] = fentry_.missed();
  }
  return totals;
}

bool BpfPrograms::keeps_polls() const {
  return std::atomic_ref(skeleton_->bss->polls_kept).load() > 0;
}

bool BpfPrograms::take_pending_polls() {
  return std::atomic_ref(skeleton_->bss->polls_pending).exchange(0) != 0;
}

void BpfPrograms::report_polls(Timestamp now) {
  std::uint64_t at = now.ns;
  bpf_test_run_opts run{};
  run.sz = sizeof(run);
  run.ctx_in = &at;
  run.ctx_size_in = sizeof(at);
  bpf_prog_test_run_opts(bpf_program__fd(skeleton_->progs.on_polls_asked), &run);
}

std::vector<ProgramCost> BpfPrograms::costs() const {
  std::vector<ProgramCost> costs;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    if (auto cost = cost_of_program(bpf_program__fd(program))) {
      cost->program = bpf_program__name(program);  // the kernel cuts it
      costs.push_back(*std::move(cost));
    }
  }
  fentry_.add_costs(costs);
  return costs;
}

void BpfPrograms::shed(HookId id) {
  plan_.shed(id);
  const std::uint32_t family = id == HookId::Poll   ? RELOADTRACE_SHED_POLL
                               : id == HookId::Http ? RELOADTRACE_SHED_HTTP
                               : id == HookId::Mmap ? RELOADTRACE_SHED_MMAP
                                                    : 0;
  std::atomic_ref(skeleton_->bss->families_shed).fetch_or(family);
  const Hook& hook = kHooks[place_of(id)];
  std::erase_if(links_, [&](const auto& link) { return hook.owns(link.first); });
  fentry_.keep_only(plan_.there());
}

}  // namespace reloadtrace
