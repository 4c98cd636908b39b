// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/causes.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>

#include "userspace/engine/diagnosis.h"

namespace reloadtrace {
namespace {

constexpr std::array kCatalogue = {
    CauseEntry{
        .cause = Cause::SubpathPinned,
        .name = "subpath_pinned",
        .meaning = "the container mounts a file of an old generation by subPath; no swap can "
                   "replace it. Said at once",
        .signature =
            "/proc/PID/mountinfo shows a mount whose root lies in an old generation, mostly with "
            "//deleted behind it: the link ..data was followed once, when the container started. "
            "Opens succeed and give the old bytes, also after a reload by signal.",
        .advice = "mount the directory instead of a subPath; until then only a restart brings the "
                  "new file",
        .remedy = "A projected volume puts keys of several objects into one directory; let the "
                  "application's argument, or a link in its image, point there.",
        .seen_in = "kubernetes#50345, cloudwatch_exporter#169, apisix-helm-chart#253",
        .modes = "F1",
        .story = "cause_subpath_pinned",
    },
    CauseEntry{
        .cause = Cause::OpenFailed,
        .name = "open_failed",
        .meaning = "it tried to open the new file and got an error",
        .signature = "An open of a changed file returned an error after the publish. The evidence "
                     "has the errno, the user of the process, and mode and owner of the file.",
        .advice = "give the process access to the new file (defaultMode, fsGroup, runAsUser)",
        .remedy = "ENOENT means that the key was removed or renamed, EMFILE that the process has "
                  "too many files open. Kubelets before 1.27 set fsGroup only after the swap.",
        .seen_in = "kubernetes#114461, envoy#39498, controller-runtime#1719",
        .modes = "F27",
        .story = "cause_open_failed",
    },
    CauseEntry{
        .cause = Cause::DanglingLink,
        .name = "dangling_link",
        .meaning = "it tried to open the new file, whose visible link is missing",
        .signature = "An open failed with ENOENT though the new generation has the file: ..data "
                     "was swapped, the link beside it that names the file was not made.",
        .advice =
            "delete the pod so that kubelet writes the volume anew (fixed by kubernetes #122807)",
        .remedy = "",
        .seen_in = "kubernetes#121472",
        .modes = "F31",
        .story = "cause_dangling_link",
    },
    CauseEntry{
        .cause = Cause::ReadTooEarly,
        .name = "read_too_early",
        .meaning = "it reread before the swap and not after it, and so stays one generation behind",
        .signature = "The first event of the burst, the creation of the new directory, was read "
                     "from the queue, or a request to reload came; the old file was read to its "
                     "end; then came the rename onto ..data, and nothing was opened after it.",
        .advice = "reread on IN_MOVED_TO of ..data, not on the first event of a burst",
        .remedy = "A debounce must wait for the last event and reread then. Who asks for a reload "
                  "must wait for the files: kubelet brings them up to 90 s after the edit.",
        .seen_in = "falco-talon#799, fluent-bit#8918",
        .modes = "F4 F12",
        .story = "cause_read_too_early",
    },
    CauseEntry{
        .cause = Cause::MixedGenerations,
        .name = "mixed_generations",
        .meaning = "one burst of reads got one file from the old generation and another from the "
                   "new one",
        .signature = "Two changed files were opened in one go, one below each generation: the swap "
                     "came between. The first was not opened again.",
        .advice = "resolve ..data once and open all files beneath it, or reread all when it "
                  "changed meanwhile",
        .remedy = "A certificate and a key that do not match are the usual sign.",
        .seen_in = "etcd#7865, ingress-nginx#515, kubernetes#127538, coredns#6243",
        .modes = "F13",
        .story = "torn",
    },
    CauseEntry{
        .cause = Cause::IncompleteRead,
        .name = "incomplete_read",
        .meaning = "it reread some of the changed files that it uses, or not to their end",
        .signature =
            "The new file was opened and fewer bytes were read than it has; or one file of several "
            "was read and the others, which the same reader used before, were not opened.",
        .advice = "read every changed file to its end at each reload",
        .remedy = "Files that a main configuration includes are often forgotten, and so are those "
                  "that only a watcher of their own rereads.",
        .seen_in = "coredns#2633",
        .modes = "F29",
        .story = "cause_incomplete_read",
    },
    CauseEntry{
        .cause = Cause::HeldOldFd,
        .name = "held_old_fd",
        .meaning = "it goes on with a descriptor of the old file",
        .signature = "Reads went to a descriptor that was opened before the publish, or "
                     "/proc/PID/fd shows one of an old generation; nothing newer was opened. An "
                     "open descriptor also keeps a watch on that file silent.",
        .advice = "close the file and open it again by its path",
        .remedy = "Seeking back to the beginning reads the old bytes for ever.",
        .seen_in = "",
        .modes = "F14",
        .story = "cause_held_old_fd",
    },
    CauseEntry{
        .cause = Cause::MappedOldFile,
        .name = "mapped_old_file",
        .meaning = "it goes on with a mapping of the old file",
        .signature = "/proc/PID/maps shows a mapping of a file of an old generation, mostly "
                     "(deleted), and nothing newer was mapped or opened.",
        .advice = "map the file again by its path after the swap",
        .remedy = "",
        .seen_in = "libmaxminddb#256, ngx_http_geoip2_module#134",
        .modes = "F15",
        .story = "cause_mapped_old_file",
    },
    CauseEntry{
        .cause = Cause::SignalIgnored,
        .name = "signal_ignored",
        .meaning = "it was sent a signal that nobody there handles",
        .signature = "A SIGHUP, SIGUSR1 or SIGUSR2 came after the publish; the process that got it "
                     "ignores it, or is pid 1 of its container and has no handler, for which the "
                     "kernel drops it. A shell as pid 1 passes nothing on to its child.",
        .advice = "exec the application in the entrypoint, or run it under tini -g: nobody there "
                  "handles the signal",
        .remedy = "With shareProcessNamespace pid 1 is the pause container: signal the "
                  "application by its own pid.",
        .seen_in = "configmap-reload#73, opentelemetry-helm-charts#1219",
        .modes = "F20 F21",
        .story = "cause_signal_ignored",
    },
    CauseEntry{
        .cause = Cause::SignalRefused,
        .name = "signal_refused",
        .meaning = "somebody was not allowed to send it a signal, or found no process to send it "
                   "to",
        .signature = "kill() failed after the publish: EPERM where the users differ and CAP_KILL "
                     "is missing (held against the container that the signal was for), ESRCH "
                     "where the pid is not, or no longer, there (against the one that sent it).",
        .advice = "send the signal as the same user, or with CAP_KILL",
        .remedy = "A sidecar sees the application's processes only with shareProcessNamespace; a "
                  "pid file may be that of a process that has gone.",
        .seen_in = "configmap-reload#73",
        .modes = "F20",
        .story = "cause_signal_refused",
    },
    CauseEntry{
        .cause = Cause::SignalNoReread,
        .name = "signal_no_reread",
        .meaning = "it took the signal and reread nothing",
        .signature = "The signal was delivered to a process that handles it, after the publish; no "
                     "changed file was opened since. Workers may have been forked anew from a "
                     "master that still has the old bytes.",
        .advice = "find out which signal makes it reread: it handles this one, and opened nothing",
        .remedy = "For many programs SIGHUP only reopens logs. gunicorn --preload replaces its "
                  "workers and reads nothing: leave preload out, or restart.",
        .seen_in = "gunicorn#2449",
        .modes = "F28",
        .story = "cause_signal_no_reread",
    },
    CauseEntry{
        .cause = Cause::HttpRefused,
        .name = "http_refused",
        .meaning = "its reload endpoint refused the request",
        .signature = "A reload request was read from a socket after the publish and answered with "
                     "a status of 400 or more; no changed file was opened.",
        .advice = "enable or authorise the reload endpoint: the evidence has its status",
        .remedy = "403 and 404 mean that it is switched off (Prometheus: --web.enable-lifecycle; "
                  "Spring: expose the endpoint), 401 that credentials are missing.",
        .seen_in = "grafana helm-charts#1046, grafana helm-charts#981",
        .modes = "F23",
        .story = "cause_http_refused",
    },
    CauseEntry{
        .cause = Cause::HttpNoReread,
        .name = "http_no_reread",
        .meaning = "its reload endpoint was asked, and nothing was reread",
        .signature = "A reload request was read from a socket after the publish and answered with "
                     "success, or not at all; no changed file was opened since.",
        .advice =
            "find out what the endpoint reloads: it was asked, and no changed file was opened",
        .remedy = "It may reload other files than these, or what it was given in its environment.",
        .seen_in = "",
        .modes = "F23",
        .story = "cause_http_no_reread",
    },
    CauseEntry{
        .cause = Cause::WatchSetupFailed,
        .name = "watch_setup_failed",
        .meaning = "it wanted a watch and did not get one",
        .signature =
            "inotify_init or inotify_add_watch (or their fanotify kin) failed and was not done "
            "again with success: EMFILE for a user with too many instances, ENOSPC with too many "
            "watches, ENOENT or EACCES for the path.",
        .advice =
            "raise fs.inotify.max_user_instances or max_user_watches, or watch a path that exists",
        .remedy = "The limits are those of a user on the whole node: all pods that run as that "
                  "user share them. EMFILE can also mean the process' own limit of open files.",
        .seen_in = "kubernetes#46230, k0s#8113, containerd#10468, kubeblocks#8460",
        .modes = "F25",
        .story = "cause_watch_setup_failed",
    },
    CauseEntry{
        .cause = Cause::EventIgnored,
        .name = "event_ignored",
        .meaning = "the event was taken from the queue and no changed file was opened",
        .signature = "An event of the swap was read from the inotify queue, mostly IN_MOVED_TO "
                     "with the name ..data; no open of a changed file followed.",
        .advice = "react to IN_MOVED_TO of ..data: no event ever carries the name of the file "
                  "itself",
        .remedy = "Filters on the file's name, or on writes alone, never match a swap. Envoy: "
                  "watched_directory. Traefik: watch the directory, not the filename.",
        .seen_in = "envoy#9359, traefik#5037, limitador#95, OliveTin#552",
        .modes = "F9",
        .story = "cause_event_ignored",
    },
    CauseEntry{
        .cause = Cause::EventNotConsumed,
        .name = "event_not_consumed",
        .meaning = "the watch is good, and nobody reads its queue",
        .signature = "A live watch on the right directory, with a mask that lets the swap pass; "
                     "its inotify descriptor was not read after the publish.",
        .advice = "read the inotify queue: the thread that should is blocked or gone",
        .remedy = "",
        .seen_in = "controller-runtime#1719",
        .modes = "F11",
        .story = "cause_event_not_consumed",
    },
    CauseEntry{
        .cause = Cause::QueueOverflow,
        .name = "queue_overflow",
        .meaning = "its event queue overflowed, and it looked at nothing",
        .signature = "IN_Q_OVERFLOW was read from the queue: it held fs.inotify.max_queued_events "
                     "(16384) and the kernel dropped what came then. No open followed.",
        .advice = "after IN_Q_OVERFLOW look at the whole directory: events were dropped",
        .remedy = "A recursive watch of a busy tree, or a reader that sleeps, fills the queue; "
                  "watch less, and read it in a thread of its own.",
        .seen_in = "fsnotify#149, golang/go#16392",
        .modes = "F26",
        .story = "cause_queue_overflow",
    },
    CauseEntry{
        .cause = Cause::WatchLost,
        .name = "watch_lost",
        .meaning = "the watch died with the old file and was not set again",
        .signature = "The watch was on a file of the generation that the swap replaced. The kernel "
                     "sent IN_DELETE_SELF and IN_IGNORED and removed it; no inotify_add_watch "
                     "followed. Often the first publish is noticed, and none after it.",
        .advice = "watch the directory and react to ..data, or add the watch again after "
                  "IN_IGNORED",
        .remedy = "A path that goes through a link is followed once, when the watch is set. "
                  "Marks by fanotify end the same way, without any event.",
        .seen_in = "flagd#42, moorara/konfig#47, kubernetes#111947, spring-boot#44807",
        .modes = "F6 F7 F33",
        .story = "cause_watch_lost",
    },
    CauseEntry{
        .cause = Cause::WatchOnSymlink,
        .name = "watch_on_symlink",
        .meaning = "the watch is on the link itself, which a swap does not touch",
        .signature = "inotify_add_watch with IN_DONT_FOLLOW on the name of a file of the volume: "
                     "that is a link to ..data/file, made once. The watch lives and gets nothing.",
        .advice = "watch the directory: the link itself never changes, only ..data behind it",
        .remedy = "Python's watchdog does so when a file is scheduled; schedule its directory.",
        .seen_in = "corefx#27232, kubernetes#40123",
        .modes = "F8",
        .story = "cause_watch_on_symlink",
    },
    CauseEntry{
        .cause = Cause::MaskMissesSwap,
        .name = "mask_misses_swap",
        .meaning = "the mask of the directory watch matches no event of a publish",
        .signature = "A live watch on the directory whose mask has neither IN_MOVED_TO nor "
                     "IN_CREATE. The kernel queues only what the mask names: the queue stays "
                     "empty.",
        .advice = "add IN_MOVED_TO to the mask (IN_CLOSE_WRITE for files that are written in "
                  "place)",
        .remedy = "inotifywait: -e moved_to; a swap is never a modify.",
        .seen_in = "kadalu#714, istio#20229",
        .modes = "F10",
        .story = "cause_mask_misses_swap",
    },
    CauseEntry{
        .cause = Cause::PollMissed,
        .name = "poll_missed",
        .meaning = "it looked at the file after the publish and took it for unchanged",
        .signature = "stat, lstat, readlink or access of the file or its directory after the "
                     "publish, and no open. lstat sees the link, whose time never changes; times "
                     "in whole seconds miss two publishes within one.",
        .advice = "compare what the link ..data points to, or the inode, or a hash: not the time "
                  "of the link itself",
        .remedy = "",
        .seen_in = "dotnet/runtime#36091, spring-boot#43859, kubernetes#24215",
        .modes = "F17",
        .story = "cause_poll_missed",
    },
    CauseEntry{
        .cause = Cause::PollPending,
        .name = "poll_pending",
        .meaning = "it looks at intervals, and the next look was not due yet",
        .signature = "Looks at the file, or opens of it, at a steady period; the latest came "
                     "before the publish, and less than that period has passed.",
        .advice = "wait for the next look, shorten its interval, or raise --deadline above it",
        .remedy = "No failure of its own: the verdict says late when the reread comes.",
        .seen_in = "prometheus-operator#2705",
        .modes = "F18",
        .story = "cause_poll_pending",
    },
    CauseEntry{
        .cause = Cause::CopiedAtStart,
        .name = "copied_at_start",
        .meaning = "it works with a copy that was made when it started",
        .signature = "The files were read once, at the start, by a process that has ended since "
                     "(cp, envsubst, an entrypoint); what runs now never opened them.",
        .advice = "read the volume itself, or copy again after each publish",
        .remedy = "A sidecar that copies and then signals does it without a change to the image.",
        .seen_in = "fluentd-cloudwatch#5210, helm/charts#7239",
        .modes = "F19",
        .story = "cause_copied_at_start",
    },
    CauseEntry{
        .cause = Cause::NoWatcher,
        .name = "no_watcher",
        .meaning = "nothing told it: no watch, no look, no signal, no request",
        .signature = "No inotify watch or fanotify mark on the volume, no open or look after the "
                     "publish, no signal or reload request. It read the files when it started.",
        .advice = "tell it after the publish (SIGHUP, its reload endpoint or a reloader sidecar), "
                  "or have it watch the directory",
        .remedy = "What cannot reload needs a restart: kubectl rollout restart, or a hash of the "
                  "configuration as an annotation of the pod template.",
        .seen_in = "grafana#12878, fluent-bit#2005",
        .modes = "F5",
        .story = "cause_no_watcher",
    },
    CauseEntry{
        .cause = Cause::NotObservable,
        .name = "not_observable",
        .meaning = "it runs on a kernel of its own, whose system calls are not seen here",
        .signature = "The container belongs to a sandboxed runtime (Kata, gVisor): its processes "
                     "open, read and watch inside the guest, and the host sees only the sandbox.",
        .advice = "look inside the guest: its system calls never reach this kernel",
        .remedy = "Nothing is claimed about such a reader. Through virtiofs inotify does not work; "
                  "applications in a guest should look at intervals.",
        .seen_in = "",
        .modes = "F32",
        .story = "cause_not_observable",
    },
};

constexpr bool has_each_cause_once() {
  for (int i = 0; i <= static_cast<int>(kLastCause); ++i) {
    int entries = 0;
    for (const CauseEntry& entry : kCatalogue) {
      entries += entry.cause == static_cast<Cause>(i) ? 1 : 0;
    }
    if (entries != 1) {
      return false;
    }
  }
  return true;
}
static_assert(has_each_cause_once(), "each Cause of verdict.h has one entry here");

}  // namespace

std::span<const CauseEntry> cause_catalogue() {
  return kCatalogue;
}

const CauseEntry& entry_of(Cause cause) {
  const auto* entry = std::find_if(kCatalogue.begin(), kCatalogue.end(),
                                   [&](const CauseEntry& one) { return one.cause == cause; });
  assert(entry != kCatalogue.end());
  return *entry;
}

std::optional<Cause> cause_named(std::string_view name) {
  for (const CauseEntry& entry : kCatalogue) {
    if (entry.name == name) {
      return entry.cause;
    }
  }
  return std::nullopt;
}

std::string_view name_of(Cause cause) {
  return entry_of(cause).name;
}

std::string advice_for(Cause cause) {
  return std::string(entry_of(cause).advice);
}

}  // namespace reloadtrace
