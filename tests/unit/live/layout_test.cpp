// SPDX-License-Identifier: Apache-2.0
// Whole screens, as text.
#include "userspace/live/layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/unit/live/stage.h"

namespace reloadtrace::live {
namespace {

TEST(LiveScreen, todo) {
  Stage stage;
  stage.take(test::start());
  ReaderInfo sidecar = test::container("sidecar", 2210, "nginx");
  sidecar.container_id = "beef";
  stage.take(Roster{entry(test::container("app", 1234, "java")), entry(sidecar),
                    entry(test::host_process(77, "cron"))});
  stage.take(published(2));
  stage.take(test::reloaded());
  ReloadReport stale = test::stale();
  stale.reader.container_id = "beef";
  stage.take(stale);
  stage.model().say("ready: 24 volumes, 3 readers");
  stage.tick_to(at_ms(121'203));
  printf("%s\n", stage.screen({140, 12}).c_str());
  printf("%s\n", stage.screen({100, 12}).c_str());
  printf("%s\n", stage.screen({80, 12}).c_str());
  printf("%s\n", stage.screen({40, 8}).c_str());
  printf("%s\n", stage.screen({20, 5}).c_str());
  stage.press({KeyName::Enter});
  printf("%s\n", stage.screen({100, 24}).c_str());
  printf("%s\n", stage.screen({40, 24}).c_str());
  stage.type("?");
  printf("%s\n", stage.screen({100, 24}).c_str());
}

}  // namespace
}  // namespace reloadtrace::live
