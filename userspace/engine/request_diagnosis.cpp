// SPDX-License-Identifier: Apache-2.0
// What became of the requests to reload that a reader was sent: signals, and HTTP requests.
#include <fmt/format.h>

#include <algorithm>

#include "userspace/engine/diagnosis_support.h"
#include "userspace/engine/trigger.h"
#include "userspace/engine/wording.h"

namespace reloadtrace {
namespace {

// A request that came this long before the publish was meant for it: kubelet takes up to 90 s to
// deliver what an operator has just edited, and as long again where it caches (kubelet.md).
constexpr Duration kMeant = std::chrono::seconds(180);

std::string after(const Request& request, const Publish& publish) {
  return fmt::format("{} after the {}", say(std::max(request.at - publish.at(), Duration{})),
                     word_for(publish));
}

std::string target_of(const SignalEvent& signal) {
  const std::string name = fmt::format("{}[{}]", signal.target_comm, signal.target);
  return signal.target_pid == 1 ? name + ", pid 1 of its container," : name;
}

Diagnosis refused(const Request& request, const Publish& publish) {
  const SignalEvent& signal = request.signal;
  const std::string target =
      signal.target != 0 ? target_of(signal) : fmt::format("pid {}", signal.target_pid);
  Diagnosis out =
      found(Cause::SignalRefused, request.tgid,
            fmt::format("{}[{}] sent {} to {} {}, and kill failed with {}", signal.origin.comm,
                        signal.origin.tgid, say_signal(signal.signal), target,
                        after(request, publish), say_errno(signal.error)));
  if (signal.error == ESRCH) {
    out.advice =
        "send it to a process that exists: share the pid namespace (shareProcessNamespace)";
  }
  return out;
}

Diagnosis diagnose_signal(const Request& request, const Publish& publish) {
  const SignalEvent& signal = request.signal;
  if (signal.outcome == SignalOutcome::Refused) {
    return refused(request, publish);
  }
  const std::string target = target_of(signal);
  const std::string what =
      fmt::format("{}, which came {}", say_request(request), after(request, publish));
  if (signal.handling == SignalHandling::Ignored) {
    return found(Cause::SignalIgnored, request.tgid,
                 fmt::format("{} ignores {} (SIG_IGN)", target, what));
  }
  if (signal.handling == SignalHandling::Default) {
    return found(Cause::SignalIgnored, request.tgid,
                 fmt::format("{} has no handler for {}: {}", target, what,
                             signal.outcome == SignalOutcome::Dropped
                                 ? "the kernel dropped it, and nobody passed it on"
                                 : "it was ended by it"));
  }
  return found(Cause::SignalNoReread, request.tgid,
               fmt::format("{} handles {}, and nothing was reread", target, what));
}

Diagnosis diagnose_http(const Request& request, const Publish& publish) {
  const std::string asked = fmt::format("{} came {}", request.http.line, after(request, publish));
  if (!request.answered) {
    return found(Cause::HttpNoReread, request.tgid,
                 asked + ", was not answered, and nothing was reread");
  }
  const std::string answered = fmt::format("{} and was answered {}", asked, request.http.status);
  return request.http.status >= 400
             ? found(Cause::HttpRefused, request.tgid, answered)
             : found(Cause::HttpNoReread, request.tgid, answered + ", yet nothing was reread");
}

// The reader reread the old generation because it was asked to, before the swap, and not after.
std::optional<Diagnosis> asked_too_early(const Usage& usage,
                                         const Judgement& judgement,
                                         const Request& request) {
  const Publish& publish = *judgement.publish;
  if (!was_taken(request) || request.at <= usage.last_reload ||
      publish.at() - request.at > kMeant) {
    return std::nullopt;
  }
  for (const auto& [key, use] : usage.uses) {
    const bool required = std::find(judgement.required.begin(), judgement.required.end(),
                                    use.file) != judgement.required.end();
    if (required && !is_of(use, publish) && use.opened >= request.at && use.opened < publish.at() &&
        is_complete(use)) {
      Diagnosis out =
          found(Cause::ReadTooEarly, use.tgid,
                fmt::format("was asked to reload ({}) {} before the {} and not after it, so it "
                            "reread {} of {}",
                            say_request(request), say(publish.at() - request.at), word_for(publish),
                            use.file, use.generation));
      out.advice =
          "ask for the reload after the swap, not after the edit: kubelet takes up to 90 s to "
          "deliver";
      return out;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Diagnosis> diagnose_requests(const Usage& usage, const Judgement& judgement) {
  const Publish& publish = *judgement.publish;
  const Timestamp visible = visible_since(usage, publish);
  const Request* latest = nullptr;
  for (const Request& request : usage.reader->requests) {
    // One that was taken says more than one that got lost on the way.
    if (request.at >= visible && (latest == nullptr || was_taken(request) || !was_taken(*latest))) {
      latest = &request;
    }
  }
  if (latest != nullptr) {
    return latest->kind == TriggerKind::Http ? diagnose_http(*latest, publish)
                                             : diagnose_signal(*latest, publish);
  }
  for (const Request& request : usage.reader->requests) {
    if (auto early = asked_too_early(usage, judgement, request)) {
      return early;
    }
  }
  return std::nullopt;
}

}  // namespace reloadtrace
