// SPDX-License-Identifier: Apache-2.0
#include "userspace/source/detached_mount.h"

#include <sys/mount.h>

namespace reloadtrace {

UniqueFd detached_mount(const char* type) {
  const UniqueFd fs(::fsopen(type, FSOPEN_CLOEXEC));
  if (!fs || ::fsconfig(fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return {};
  }
  return UniqueFd(::fsmount(fs.get(), FSMOUNT_CLOEXEC,
                            MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
}

}  // namespace reloadtrace
