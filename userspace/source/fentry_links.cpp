// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/fentry_links.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace reloadtrace {
namespace {

// arch/*/include/asm/syscall_wrapper.h
#if defined(__x86_64__)
constexpr std::string_view kFunctionPrefix = "__x64_sys_";
constexpr bool kHasLegacyCalls = true;
#elif defined(__aarch64__)
constexpr std::string_view kFunctionPrefix = "__arm64_sys_";
constexpr bool kHasLegacyCalls = false;
#else
#error "add how this architecture names the functions of its system calls"
#endif

constexpr const char* kLicense = "Dual BSD/GPL";

struct BtfDeleter {
  void operator()(btf* b) const { btf__free(b); }
};
using BtfPtr = std::unique_ptr<btf, BtfDeleter>;

bool is_wanted(const FentryTarget& target) {
  return kHasLegacyCalls || !target.legacy;
}

struct Found {
  std::uint32_t function;
  std::uint32_t prototype;
};

// One walk over the ~100,000 types instead of one for each name. Some kernels (6.1) have a function
// twice, with both prototypes: each may be used, and both are kept.
std::multimap<std::string_view, Found> find_in(const btf& types) {
  std::multimap<std::string_view, Found> found;
  const std::uint32_t count = btf__type_cnt(&types);
  for (std::uint32_t id = 1; id < count; ++id) {
    const btf_type* const type = btf__type_by_id(&types, id);
    if (!btf_is_func(type)) {
      continue;
    }
    std::string_view name = btf__name_by_offset(&types, type->name_off);
    if (name.starts_with(kFunctionPrefix)) {
      name.remove_prefix(kFunctionPrefix.size());
      found.emplace(name, Found{id, type->type});
    }
  }
  return found;
}

// The most frequent ones among those that are wanted.
std::vector<std::uint32_t> prototypes_of(const std::multimap<std::string_view, Found>& found) {
  std::map<std::uint32_t, std::size_t> uses;
  for (const FentryTarget& target : kFentryTargets) {
    const auto [begin, end] = found.equal_range(target.syscall);
    std::for_each(begin, end, [&](const auto& one) { ++uses[one.second.prototype]; });
  }
  std::vector<std::uint32_t> prototypes;
  prototypes.reserve(uses.size());
  for (const auto& [prototype, count] : uses) {
    prototypes.push_back(prototype);
  }
  std::ranges::stable_sort(prototypes, std::greater(), [&](auto one) { return uses[one]; });
  return prototypes;
}

Result<UniqueFd> load_program(const SyscallFunction& function, std::span<const bpf_insn> code) {
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = BPF_TRACE_FEXIT;
  options.attach_btf_id = function.btf_id;
  const std::string name = fmt::format("{}{}", kStubPrefix, function.target->syscall).substr(0, 15);
  UniqueFd program(bpf_prog_load(BPF_PROG_TYPE_TRACING, name.c_str(), kLicense, code.data(),
                                 code.size(), &options));
  if (!program) {
    return system_error(errno, fmt::format("load a program for {}", function.name));
  }
  return program;
}

// Empty when it is refused; errno says why.
UniqueFd attach_program(const UniqueFd& program) {
  return UniqueFd(bpf_raw_tracepoint_open(nullptr, program.get()));
}

// `act` on each of them in a thread of its own, if there are threads to be had.
template <typename Link, typename Act>
void at_once(std::vector<Link>& links, const Act& act) {
  std::vector<std::jthread> threads;
  for (Link& link : links) {
    try {
      threads.emplace_back([&link, &act] { act(link); });
    } catch (const std::system_error&) {
      act(link);
    }
  }
}

constexpr bpf_insn instruction(int code, int to, int from, int immediate) {
  bpf_insn made{};
  made.code = static_cast<__u8>(code);
  made.dst_reg = static_cast<__u8>(to) & 0xF;
  made.src_reg = static_cast<__u8>(from) & 0xF;
  made.imm = immediate;
  return made;
}
constexpr bpf_insn kReturnZero = instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0);
constexpr bpf_insn kExit = instruction(BPF_JMP | BPF_EXIT, 0, 0, 0);

}  // namespace

const SyscallFunction* SyscallFunctions::any_of(std::size_t prototype) const {
  const auto one = std::ranges::find(found, prototype, &SyscallFunction::prototype);
  return one == found.end() ? nullptr : &*one;
}

Result<SyscallFunctions> find_syscall_functions() {
  const BtfPtr types(btf__load_vmlinux_btf());
  if (!types) {
    return system_error(errno, "read the kernel's BTF");
  }
  const auto there = find_in(*types);
  const auto prototypes = prototypes_of(there);
  SyscallFunctions functions;
  functions.complete.set();
  for (const FentryTarget& target : kFentryTargets) {
    if (!is_wanted(target)) {
      continue;
    }
    SyscallFunction one{fmt::format("{}{}", kFunctionPrefix, target.syscall), &target};
    one.prototype = kFentryPrototypes;
    const auto [begin, end] = there.equal_range(target.syscall);
    std::for_each(begin, end, [&](const auto& entry) {
      const auto at = std::ranges::find(prototypes, entry.second.prototype);
      const auto place = static_cast<std::size_t>(at - prototypes.begin());
      if (place < one.prototype) {
        one.prototype = place;
        one.btf_id = entry.second.function;
      }
    });
    if (one.btf_id == 0) {
      functions.complete &= ~one.hooks();
    } else {
      functions.found.push_back(std::move(one));
    }
  }
  return functions;
}

Result<> try_fentry(const SyscallFunction& function) {
  constexpr std::array kCode = {kReturnZero, kExit};
  auto program = load_program(function, kCode);
  if (!program) {
    return std::move(program).error();
  }
  if (!attach_program(*program)) {
    return system_error(errno, fmt::format("attach to {}", function.name));
  }
  return Unit{};
}

Result<> FentryLinks::set_handler(std::size_t prototype, int program) {
  UniqueFd jump(bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "jump", sizeof(std::uint32_t),
                               sizeof(std::uint32_t), 1, nullptr));
  const std::uint32_t zero = 0;
  if (!jump || bpf_map_update_elem(jump.get(), &zero, &program, BPF_ANY) != 0) {
    return system_error(errno, "make the jump to the handler of system calls");
  }
  jumps_.at(prototype) = std::move(jump);
  return Unit{};
}

Result<> FentryLinks::load(const SyscallFunction& function) {
  // r1 is the context already.
  const std::array code = {
      instruction(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_2, BPF_PSEUDO_MAP_FD,
                  jumps_.at(function.prototype).get()),
      instruction(0, 0, 0, 0),  // the upper half of what was loaded
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0),
      instruction(BPF_JMP | BPF_CALL, 0, 0, BPF_FUNC_tail_call),
      kReturnZero,
      kExit,
  };
  auto program = load_program(function, code);
  if (!program) {
    return std::move(program).error();
  }
  links_.push_back({function.target, *std::move(program), {}});
  return Unit{};
}

Result<> FentryLinks::attach(const FentryTarget*& refused) {
  std::vector<int> errors(links_.size(), 0);
  at_once(links_, [&](Link& link) {
    link.link = attach_program(link.program);
    errors[static_cast<std::size_t>(&link - links_.data())] = link.link ? 0 : errno;
  });
  const auto failed = std::ranges::find_if(errors, [](int error) { return error != 0; });
  if (failed == errors.end()) {
    std::vector<UniqueFd*> attached;
    std::ranges::transform(links_, std::back_inserter(attached),
                           [](Link& link) { return &link.link; });
    closer_.begin(attached);
    return Unit{};
  }
  refused = links_[static_cast<std::size_t>(failed - errors.begin())].target;
  return system_error(*failed, fmt::format("attach to the function of {}", refused->syscall));
}

void FentryLinks::keep_only(const HookSet& wanted) {
  const auto gone = std::stable_partition(links_.begin(), links_.end(), [&](const Link& link) {
    return (HookSet(link.target->hooks) & wanted).any();
  });
  std::for_each(gone, links_.end(), [this](Link& link) { closer_.close(link.link); });
  links_.erase(gone, links_.end());
}

void FentryLinks::clear() {
  links_.clear();
  closer_.end();
  jumps_ = {};
}

void FentryLinks::add_costs(std::vector<ProgramCost>& costs) const {
  for (const Link& link : links_) {
    if (auto cost = cost_of_program(link.program.get())) {
      cost->program = fmt::format("{}{}", kStubPrefix, link.target->syscall);
      costs.push_back(*std::move(cost));
    }
  }
}

std::uint64_t FentryLinks::missed() const {
  std::uint64_t sum = 0;
  for (const Link& link : links_) {
    bpf_prog_info info{};
    __u32 length = sizeof(info);
    if (bpf_obj_get_info_by_fd(link.program.get(), &info, &length) == 0) {
      sum += info.recursion_misses;
    }
  }
  return sum;
}

}  // namespace reloadtrace
