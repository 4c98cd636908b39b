// SPDX-License-Identifier: Apache-2.0
// One look at the node, and what it says of each reader. Needs no BPF.
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <memory>

#include "userspace/cli/clocks.h"
#include "userspace/cli/commands.h"
#include "userspace/cli/exit_code.h"
#include "userspace/cli/message.h"
#include "userspace/cli/node_places.h"
#include "userspace/cli/pipeline.h"
#include "userspace/cli/signals.h"
#include "userspace/node/node.h"
#include "userspace/sink/doctor_report.h"

namespace reloadtrace {
namespace {

// Nothing is traced, so nobody needs to be told what.
class NoScope final : public Scope {
 public:
  Result<> track_volume(VolumeId) override { return Unit{}; }
  Result<> forget_volume(VolumeId) override { return Unit{}; }
  Result<> scope_cgroup(std::uint64_t, CgroupScope) override { return Unit{}; }
  Result<> forget_cgroup(std::uint64_t) override { return Unit{}; }
  Result<> track_process(std::uint32_t) override { return Unit{}; }
  Result<> add_file_name(std::string_view) override { return Unit{}; }
  Result<> add_directory_name(std::string_view) override { return Unit{}; }
  Result<> adopt_watchers() override { return Unit{}; }
  Result<> announce_volumes() override { return Unit{}; }
};

SessionFact describe_session() {
  utsname name{};
  ::uname(&name);
  SessionFact fact;
  fact.at = monotonic_now();
  fact.wall_offset_ns = wall_offset_ns();
  fact.tracer_version = RELOADTRACE_VERSION;
  fact.kernel = name.release;
  fact.node = name.nodename;
  return fact;
}

// Whether the kernel lets us see what processes of others hold. Not told by an example: the first
// process may be out of reach for reasons of its own, and root without this lists what it may not
// see.
bool may_look_at_others() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  return ::syscall(SYS_capget, &header, sets) == 0 &&
         (sets[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective & CAP_TO_MASK(CAP_SYS_PTRACE)) != 0;
}

Result<> put_out(const ViewOptions& view, const DoctorReport& report) {
  auto output = view.output.empty() ? Output::standard_output() : Output::open(view.output);
  if (!output) {
    return output.error();
  }
  const TerminalInfo terminal = look_at_terminal(output->fd());
  const bool table = wants_table(view.format, terminal);
  const auto written =
      output->write(table ? to_table(report, {terminal.colour, terminal.columns, terminal.charset})
                          : to_json_lines(report));
  return written || output->closed() ? Result<>(Unit{}) : written;
}

}  // namespace

int run(const DoctorOptions& options) {
  if (options.view.format == Format::Otlp) {
    say_to_user("--format otlp tells of publishes; what doctor says comes as table or json");
    return kUsage;
  }
  if (auto somewhere = require_places(options.places); !somewhere) {
    say_to_user(somewhere.error().message);
    return kUsage;
  }
  take_signals(false);
  NoScope scope;
  const auto node = Node::create(node_options(options.places), scope, say_to_user);
  Engine engine(
      engine_options(options.view, EngineOptions{}.deadline), [](const Report&) {}, nullptr);
  const auto learn = [&engine](const Event& fact) { engine.observe(fact); };

  const SessionFact session = describe_session();
  learn(session);
  if (auto found = node->discover_volumes(monotonic_now(), learn); !found) {
    say_to_user(found.error().message);
    return kUsage;
  }
  node->discover_readers(monotonic_now(), learn);
  engine.advance_to(monotonic_now());

  DoctorReport report{session.tracer_version,
                      {session.node, session.wall_offset_ns},
                      engine.volumes(),
                      engine.capabilities()};
  sort_by_urgency(report.readers);
  for (const std::string& who : engine.awaited()) {
    say_to_user("there is no " + who + " that uses these volumes");
  }
  if (const auto written = put_out(options.view, report); !written) {
    say_to_user(written.error().message);
    return kFailed;
  }
  if (!may_look_at_others()) {
    say_to_user(
        "needs CAP_SYS_PTRACE to look at the processes of other users (run with sudo): what these "
        "use is not known");
    return kUnsupported;
  }
  return kDone;
}

}  // namespace reloadtrace
