// SPDX-License-Identifier: Apache-2.0
// All that knows the skeleton: loads and attaches the programs, tests them, and delivers what they
// report.
#include "userspace/source/bpf_source.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <utility>

#include "bpf/filter.h"
#include "userspace/base/unique_fd.h"
#include "userspace/source/event_delivery.h"
#include "userspace/source/fentry_links.h"
#include "userspace/source/hook_plan.h"
#include "userspace/source/http_patterns.h"
#include "userspace/source/kernel_btf.h"
#include "userspace/source/kernel_probe.h"
#include "userspace/source/kernel_scope.h"
#include "userspace/source/load_log.h"
#include "userspace/source/preemption.h"
#include "userspace/source/record_rings.h"
#include "userspace/source/refusal.h"
#include "userspace/source/self_test.h"
#include "userspace/source/skeleton.h"
#include "userspace/wire/record.h"

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;

constexpr auto kLossLookInterval = 50ms;
constexpr auto kPollSweepInterval = 1s;

struct LinkDeleter {
  void operator()(bpf_link* l) const { bpf_link__destroy(l); }
};
using LinkPtr = std::unique_ptr<bpf_link, LinkDeleter>;

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

class LiveSource final : public BpfSource {
 public:
  explicit LiveSource(const BpfOptions& options)
      : options_(options),
        plan_(hooks_to_do_without(options), options.muted_hooks),
        rings_([this](std::span<const std::byte> record) { take(record); }, options.gathering),
        delivery_(monotonic_now()) {}

  Result<> start() {
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
    if (auto chosen = choose_tier(); !chosen) {
      return chosen;
    }
    bool again = true;
    while (again) {
      if (auto loaded = load_and_attach(log); !loaded) {
        return loaded;
      }
      scope_.emplace(memory_of_scope(), adoption_.get());
      if (auto opened = open_rings(); !opened) {
        return opened;
      }
      auto judged = test_hooks();
      if (!judged) {
        return std::move(judged).error();
      }
      again = *judged;
    }
    return Unit{};
  }

  Result<Progress> poll(std::chrono::milliseconds timeout, const Callback& deliver) override;
  Timestamp horizon() const override { return delivery_.horizon(); }
  std::vector<HookStatus> hooks() const override { return plan_.states(); }
  HookProof proof_of(HookId id) const override { return plan_.proof_of(id); }
  std::vector<ProgramCost> costs() const override;
  HookSet there() const override { return plan_.there(); }
  void shed(HookId id) override;

  Result<> track_volume(VolumeId volume) override { return scope_->track_volume(volume); }
  Result<> forget_volume(VolumeId volume) override { return scope_->forget_volume(volume); }
  Result<> scope_cgroup(std::uint64_t cgroup_id, CgroupScope scope) override {
    return scope_->scope_cgroup(cgroup_id, scope);
  }
  Result<> forget_cgroup(std::uint64_t cgroup_id) override {
    return scope_->forget_cgroup(cgroup_id);
  }
  Result<> track_process(std::uint32_t tgid) override { return scope_->track_process(tgid); }
  Result<> add_file_name(std::string_view name) override { return scope_->add_file_name(name); }
  Result<> add_directory_name(std::string_view name) override {
    return scope_->add_directory_name(name);
  }
  Result<> adopt_watchers() override { return scope_->adopt_watchers(); }
  Result<> announce_volumes() override { return scope_->announce_volumes(); }

 private:
  Result<> choose_tier();
  Result<> load_and_attach(LoadLog& log);
  Result<> load_once(LoadLog& log, std::string& failed);
  Result<> attach_all(std::string& failed);
  Result<> attach_fentry(LoadLog& log, HookSet& without);
  bpf_program* fentry_handler(std::size_t prototype) const;
  void set_fentry_targets();
  void unload();
  void configure();
  void configure_http();
  ScopeMemory memory_of_scope() const;
  Result<> open_rings();
  Result<bool> test_hooks();  // whether all is to be loaded once more

  void take(std::span<const std::byte> record);
  void look_at_losses();
  void ask_for_polls(Timestamp now);
  bool misses_runs() const { return may_miss_runs_ && plan_.fentry().any(); }

  BpfOptions options_;
  HookPlan plan_;
  SyscallFunctions functions_;  // none when all is seen by the tracepoint
  bool may_miss_runs_ = false;  // of stubs, since the kernel preempts itself
  KernelDevices devices_;
  std::vector<HttpPattern> http_patterns_;
  // Order matters: links and rings refer to what the skeleton owns, so they are destroyed first.
  SkeletonPtr skeleton_;
  std::vector<std::pair<std::string_view, LinkPtr>> links_;  // by the program's name
  LinkPtr adoption_;
  FentryLinks fentry_;
  RecordRings rings_;

  std::optional<KernelScope> scope_;
  EventDelivery delivery_;
  std::unique_ptr<SelfTest> testing_;  // while it runs: takes all records
  Timestamp polls_swept_;
  std::vector<std::byte> counters_;
  std::uint64_t losses_noted_ = 0;  // as of the last look at them
  bool untold_losses_ = false;      // there were some since
};

// ---- loading ----

// The verifier's own refusals have EACCES and EINVAL. No system call at all is what some seccomp
// filters answer.
bool is_refusal(const Error& error) {
  return error.code == std::errc::operation_not_permitted ||
         error.code == std::errc::function_not_supported;
}

Result<> LiveSource::choose_tier() {
  if (options_.hooks == HookChoice::Tracepoint) {
    return Unit{};
  }
  const bool only = options_.hooks == HookChoice::Fentry;
  if (!options_.btf.empty()) {
    return only ? Result<>(no_fentry(not_in_kernel())) : Unit{};
  }
  may_miss_runs_ = kernel_may_preempt_itself();
  if (may_miss_runs_ && !only) {
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

Result<> LiveSource::load_and_attach(LoadLog& log) {
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

void LiveSource::unload() {
  rings_.close();
  scope_.reset();
  fentry_.clear();
  links_.clear();
  adoption_.reset();
  skeleton_.reset();
}

Result<> LiveSource::load_once(LoadLog& log, std::string& failed) {
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

void LiveSource::configure() {
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

bpf_program* LiveSource::fentry_handler(std::size_t prototype) const {
  const TwoForms& names = kFentryHandlers[prototype];
  const auto name = plan_.has_program(names.direct) ? names.direct : names.probing;
  return bpf_object__find_program_by_name(skeleton_->obj, name.data());
}

// A handler is made for the functions of one prototype: as if it were attached to one of them.
void LiveSource::set_fentry_targets() {
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

void LiveSource::configure_http() {
  auto* knobs = skeleton_->rodata;
  knobs->hook_http = plan_.seen_by(HookId::Http);
  knobs->socket_dev = devices_.sockets;
  const HttpFilter filter = encode(http_patterns_, knobs->http_patterns);
  knobs->http_pattern_count = filter.count;
  knobs->http_first_letters = filter.first_letters;
  knobs->http_shortest = filter.shortest;
}

Result<> LiveSource::attach_all(std::string& failed) {
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
Result<> LiveSource::attach_fentry(LoadLog& log, HookSet& without) {
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
  }
  return attached;
}

ScopeMemory LiveSource::memory_of_scope() const {
  const auto& maps = skeleton_->maps;
  auto& state = *skeleton_->bss;
  return {maps.volumes,        maps.cgroups,         maps.processes,
          maps.inotify_groups, maps.fanotify_groups, state.root_bits,
          state.device_bits,   state.file_name_bits, state.directory_name_bits,
          state.cgroup_bits,   state.process_bits,   state.volumes_tracked,
          state.announcing,    state.adoption};
}

// ---- self-test ----

Result<bool> LiveSource::test_hooks() {
  testing_ = SelfTest::prepare();
  if (!testing_) {
    return false;
  }
  const auto ended = testing_->conduct(*scope_, [this] { rings_.drain(); });
  const auto test = std::move(testing_);
  test->each_of_others([this](std::span<const std::byte> record) { delivery_.push(record); });
  if (auto cleared = ended ? scope_->forget_names_and_queues() : ended; !cleared) {
    return std::move(cleared).error();
  }
  // Where something was lost, silence proves nothing.
  const bool lost = std::atomic_ref(skeleton_->bss->losses_noted).load() != 0;
  if (plan_.judge(lost ? test->seen() : test->tried(), test->seen())) {
    unload();
    return true;
  }
  if (const Hook* hook = plan_.missing_required()) {
    return silent_hook(hook->name, options_.btf);
  }
  return false;
}

std::vector<ProgramCost> LiveSource::costs() const {
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

void LiveSource::shed(HookId id) {
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

// ---- delivery ----

Result<> LiveSource::open_rings() {
  if (auto opened =
          rings_.open(bpf_map__fd(skeleton_->maps.facts), bpf_map__fd(skeleton_->maps.activity));
      !opened) {
    return opened;
  }
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) {
    return system_error(cpus, "count the CPUs");
  }
  counters_.resize(size_of_counters() * static_cast<std::size_t>(cpus));
  return Unit{};
}

void LiveSource::take(std::span<const std::byte> record) {
  if (testing_) {
    testing_->observe(record);
  } else {
    delivery_.push(record);
  }
}

// Looks at paths that the kernel side counted and has not reported yet, and its idle entries.
void LiveSource::ask_for_polls(Timestamp now) {
  auto* state = skeleton_->bss;
  const bool sweep =
      std::atomic_ref(state->polls_kept).load() > 0 && now - polls_swept_ >= kPollSweepInterval;
  if (std::atomic_ref(state->polls_pending).exchange(0) == 0 && !sweep) {
    return;
  }
  polls_swept_ = now;
  std::uint64_t at = now.ns;
  bpf_test_run_opts run{};
  run.sz = sizeof(run);
  run.ctx_in = &at;
  run.ctx_size_in = sizeof(at);
  bpf_prog_test_run_opts(bpf_program__fd(skeleton_->progs.on_polls_asked), &run);
}

void LiveSource::look_at_losses() {
  const Timestamp now = monotonic_now();
  const std::uint64_t noted = std::atomic_ref(skeleton_->bss->losses_noted).load();
  if (now - delivery_.last_look() < kLossLookInterval) {
    untold_losses_ = noted != losses_noted_ || misses_runs();
    return;
  }
  losses_noted_ = noted;
  untold_losses_ = false;
  if (plan_.has(HookId::Poll)) {
    ask_for_polls(now);
  }
  const std::uint32_t zero = 0;
  if (bpf_map__lookup_elem(skeleton_->maps.stats, &zero, sizeof(zero), counters_.data(),
                           counters_.size(), 0) != 0) {
    return;  // not looked: the horizon stays where it is
  }
  LossTotals totals{};
  for (std::size_t at = 0; at < counters_.size(); at += size_of_counters()) {
    add_counters(std::span(counters_).subspan(at, size_of_counters()), totals);
  }
  if (misses_runs()) {
    totals[static_cast<std::size_t>(LossCause::MissedRuns)] = fentry_.missed();
  }
  delivery_.look(now, totals);
}

Result<Progress> LiveSource::poll(std::chrono::milliseconds timeout, const Callback& deliver) {
  const Timestamp deadline = monotonic_now() + timeout;
  while (true) {
    auto waited = rings_.wait(deadline, delivery_.oldest().has_value());
    if (!waited) {
      return std::move(waited).error();
    }
    if (!*waited) {
      return Progress::TimedOut;
    }
    rings_.drain();
    look_at_losses();
    // A deadline in the time of a loss must not be judged without it: what came since the last look
    // waits for the next one.
    const Timestamp drained = rings_.drained();
    const std::size_t released = delivery_.deliver_until(
        untold_losses_ ? std::min(drained, delivery_.last_look()) : drained, deliver);
    if (released > 0) {
      return Progress::Delivered;
    }
    if (monotonic_now() >= deadline) {
      return Progress::TimedOut;
    }
  }
}

}  // namespace

Result<std::unique_ptr<BpfSource>> BpfSource::open(const BpfOptions& options) {
  auto source = std::make_unique<LiveSource>(options);
  if (auto started = source->start(); !started) {
    return std::move(started).error();
  }
  return std::unique_ptr<BpfSource>(std::move(source));
}

}  // namespace reloadtrace
