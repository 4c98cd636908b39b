// SPDX-License-Identifier: Apache-2.0
#include "userspace/engine/engine.h"

namespace reloadtrace {

void Engine::on(const SignalEvent&) {}
void Engine::on(const HttpEvent&) {}
void Engine::on(const FanotifyMarkEvent&) {}
void Engine::on(const FanotifyEvent&) {}
void Engine::on(const PollFact&) {}
void Engine::on(const WatchFailedFact&) {}

}  // namespace reloadtrace
