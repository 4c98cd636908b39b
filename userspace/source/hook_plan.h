// SPDX-License-Identifier: Apache-2.0
// Which hooks are wanted, and what to leave out when the kernel refuses one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/source/hook_table.h"
#include "userspace/wire/fact.h"

namespace reloadtrace {

// What is known of a hook beyond that the kernel took it.
enum class HookProof : std::uint8_t {
  NotTried,  // or not there
  Delivers,  // it was seen to report what it should
  Silent,    // it attached, and reported nothing of what it should: it counts as missing
};

// Shrinks with each refusal, one hook at a time.
class HookPlan {
 public:
  // All but those that are named; `muted` ones are wanted, and do not fire (for tests).
  explicit HookPlan(const std::vector<std::string>& without,
                    const std::vector<std::string>& muted = {});

  bool has(HookId id) const { return wanted_[place_of(id)]; }
  bool fires(HookId id) const { return has(id) && !muted_[place_of(id)]; }
  // RELOADTRACE_TIER_* of who sees the system calls of this hook; 0 when it is off or muted.
  std::uint8_t seen_by(HookId id) const;
  // Whether this BPF program is to be let go once it is attached.
  bool mutes(std::string_view program) const;
  // Whether this BPF program is to be loaded.
  bool has_program(std::string_view program) const;
  // The first that is required and not wanted any more; null when all are there.
  const Hook* missing_required() const;

  // From now on, those of these hooks that see by system calls do so in the tier `fentry`.
  // `or_missing`: where they cannot, they are missing, instead of seeing by the tracepoint.
  void prefer_fentry(const HookSet& hooks, bool or_missing);
  // Those that are wanted and see so.
  HookSet fentry() const { return wanted_ & fentry_; }
  // It cannot be had for these. False: it was wanted for none of them.
  bool give_up_fentry(const HookSet& hooks);

  // Answers the refusal of a program by leaving something out. False: nothing is left to leave out.
  bool give_way(std::string_view program);

  // Takes in what the self-test saw, of those it tried. Who was silent is not wanted any more, or
  // shall see by the tracepoint, together with those that could not be tried: then this is true,
  // and all is to be loaded once more.
  bool judge(const HookSet& tried, const HookSet& seen);
  HookProof proof_of(HookId id) const;
  // Given up while running. Its program stays what it is: what was reported last is still taken in.
  void shed(HookId id) { shed_.set(place_of(id)); }
  HookSet there() const { return wanted_ & ~shed_; }

  std::vector<HookStatus> states() const;

 private:
  void drop(HookId id) { wanted_[place_of(id)] = false; }
  bool needs(const TwoForms& program) const;
  std::string_view form_of(const TwoForms& program) const {
    return probing_ ? program.probing : program.direct;
  }

  HookSet wanted_;
  HookSet fentry_;
  HookSet muted_;
  HookSet proven_;
  HookSet silent_;
  HookSet shed_;
  bool probing_ = false;
  bool fentry_or_missing_ = false;
};

}  // namespace reloadtrace
