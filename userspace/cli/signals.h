// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM end a session, SIGHUP reopens the output file.
#pragma once

namespace reloadtrace {

// Installs the handlers, without SA_RESTART, so that a waiting poll comes back. SIGHUP is taken
// only when there is a file to reopen; else it ends the session like SIGTERM. SIGPIPE and SIGXFSZ
// are ignored: a write says so itself.
void take_signals(bool reopen_on_hangup);

bool stop_requested();
// As SIGINT does it: also interrupts a poll of the main thread. From any thread.
void request_stop();

// True once for each SIGHUP.
bool take_reopen_request();

}  // namespace reloadtrace
