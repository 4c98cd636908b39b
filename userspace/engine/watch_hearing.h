// SPDX-License-Identifier: Apache-2.0
// What a living watch will hear of a publish that is still to come.
//
// The events of an AtomicWriter's swap at the root, in their order (measured on ext4 and tmpfs):
// CREATE and ATTRIB of the new directory, CREATE ..data_tmp, MOVED_FROM ..data_tmp, MOVED_TO
// ..data, DELETE of the old directory. What comes before MOVED_FROM is too early: a reread then
// finds the old files. Everything below the root goes with the generation that it belongs to.
#pragma once

#include "userspace/engine/model.h"

namespace reloadtrace {

enum class Hearing {
  Told,    // of each publish, once it is visible
  Once,    // of the next one at most: the watch ends with what it is on, or with its first event
  Early,   // of each swap, by what comes before it
  Partly,  // of some kinds of publish, or only of looks at the volume
  Deaf,    // of none: the mask lets nothing pass
  Link,    // of none: it is on a symlink that no swap touches
};

// `watch` is alive and on this volume.
Hearing hearing_of(const Watch& watch, const Volume& volume);

}  // namespace reloadtrace
