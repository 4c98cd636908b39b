// SPDX-License-Identifier: Apache-2.0
// Which file of which generation an event was about, and how far its process has come with it.
#pragma once

#include <cstdint>
#include <string>

#include "userspace/engine/model.h"
#include "userspace/wire/event.h"

namespace reloadtrace {

// The use of this file by this process; made when new. `path` is from the volume's root; empty when
// the event has none.
FileUse& use_of(
    Usage& usage, Volume& volume, const FileRef& file, std::uint32_t tgid, const std::string& path);

// What follows the generation in a path from the volume's root; the path itself where files lie in
// the root.
std::string below_generation(const Volume& volume, const std::string& path);

// Notes an open: its time, and the burst that it is part of.
void note_open(Usage& usage, FileUse& use, Timestamp at);

// A publisher opened this file to write it: what was read of an earlier file with the same inode is
// nothing of it.
void note_write_open(Volume& volume, const WriteOpenEvent& event);

// Readers may still hold what was published before; of the new generation is what they read of it,
// even before.
void turn_to(Usage& usage, const Volume& volume, const Publish& publish, Timestamp keep_from);

// Forgets the names of files that nobody can speak of any more.
void forget_old_names(Volume& volume, const GenerationFact& before);

}  // namespace reloadtrace
