// SPDX-License-Identifier: Apache-2.0
// From what the engine remembers to what a report says.
#pragma once

#include "userspace/engine/judge.h"
#include "userspace/engine/report.h"
#include "userspace/engine/world.h"

namespace reloadtrace {

ProcessInfo describe(const Process& process);
ReaderInfo describe(const Reader& reader, const World& world);
// `path` is where the reader sees it; empty = the host path.
VolumeInfo describe(const Volume& volume, const std::string& path);
PublishInfo describe(const Publish& publish);

// For each required file the use that matters most: of the new generation, else the latest.
std::vector<FileRead> describe_reads(const Usage& usage,
                                     const Judgement& judgement,
                                     const World& world);

std::string_view name_of(LossCause cause);
std::string_view name_of(VolumeKind kind);
std::string_view name_of(ChangeKind kind);
std::string_view name_of(TargetKind kind);
std::string_view name_of(HookState state);

}  // namespace reloadtrace
