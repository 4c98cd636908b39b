// SPDX-License-Identifier: Apache-2.0
// Applications that reload when asked by HTTP, and a client that asks. One connection at a time, on
// 127.0.0.1: POST or PUT of --reload-path reloads, other paths are 404, other methods 405.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <sstream>

#include "tools/actor/behaviour.h"
#include "tools/actor/files.h"
#include "userspace/base/unique_fd.h"

namespace reloadtrace::actor {
namespace {

// The system calls that languages and libraries differ in.
ssize_t take(const Settings& settings, int socket, char* bytes, std::size_t size) {
  const std::size_t half = size / 2;
  std::array<iovec, 2> parts = {iovec{bytes, half}, iovec{bytes + half, size - half}};
  if (settings.socket_calls == "recv") {
    return ::recv(socket, bytes, size, 0);
  }
  if (settings.socket_calls == "vector") {
    return ::readv(socket, parts.data(), 2);
  }
  if (settings.socket_calls == "message") {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = 2;
    return ::recvmsg(socket, &message, 0);
  }
  return ::read(socket, bytes, size);
}

void give(const Settings& settings, int socket, std::string text) {
  const std::size_t half = text.size() / 2;
  std::array<iovec, 2> parts = {iovec{text.data(), half},
                                iovec{text.data() + half, text.size() - half}};
  ssize_t put = 0;
  if (settings.socket_calls == "recv") {
    put = ::send(socket, text.data(), text.size(), 0);
  } else if (settings.socket_calls == "vector") {
    put = ::writev(socket, parts.data(), 2);
  } else if (settings.socket_calls == "message") {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = 2;
    put = ::sendmsg(socket, &message, 0);
  } else {
    put = ::write(socket, text.data(), text.size());
  }
  if (put < 0) {
    say("answer failed");
  }
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Says "port N" when it was free to choose.
UniqueFd listen_on(std::uint16_t port) {
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), 16) != 0 ||
      ::getsockname(listener.get(), generic, &size) != 0) {
    die("listen on port " + std::to_string(port));
  }
  if (port == 0) {
    say("port " + std::to_string(ntohs(address.sin_port)));
  }
  return listener;
}

// The head of a request or answer, and whatever came with it.
std::string take_head(const Settings& settings, int socket) {
  std::string head;
  std::array<char, 4096> buffer;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = take(settings, socket, buffer.data(), buffer.size());
    if (got <= 0) {
      break;
    }
    head.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return head;
}

std::string answer(int status) {
  const std::string reason = status == 200   ? "OK"
                             : status == 403 ? "Forbidden"
                             : status == 404 ? "Not Found"
                             : status == 405 ? "Method Not Allowed"
                                             : "Internal Server Error";
  return "HTTP/1.1 " + std::to_string(status) + " " + reason +
         "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
}

// 0 when it asks for a reload; else the status that refuses it.
int refusal(const Settings& settings, const std::string& head) {
  std::istringstream line(head);
  std::string method;
  std::string path;
  line >> method >> path;
  if (!settings.reload_path.empty() && path != settings.reload_path) {
    return 404;
  }
  return method == "POST" || method == "PUT" ? 0 : 405;
}

// What a request for a reload does before the answer, its status, and what it does after.
struct Reload {
  bool reread_before = false;
  int status = 200;
  bool reread_after = false;
};

[[noreturn]] void serve(const Settings& settings, const Reload& reload) {
  std::signal(SIGPIPE, SIG_IGN);  // of clients that do not wait for the answer
  reread(settings);
  const UniqueFd listener = listen_on(settings.port);
  say_ready(settings);
  for (;;) {
    const UniqueFd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) {
      continue;
    }
    const std::string head = take_head(settings, socket.get());
    if (const int refused = refusal(settings, head); refused != 0) {
      give(settings, socket.get(), answer(refused));
      continue;
    }
    say("noticed " + head.substr(0, head.find('\r')));
    if (reload.reread_before) {
      reread(settings);
    }
    give(settings, socket.get(), answer(reload.status));
    if (reload.reread_after) {
      reread(settings);
    }
  }
}

void http_reloader(const Settings& settings) {
  serve(settings, {.reread_before = true});
}

void http_later_reloader(const Settings& settings) {
  serve(settings, {.reread_after = true});
}

void http_refuser(const Settings& settings) {
  serve(settings, {.status = 403});
}

void http_waster(const Settings& settings) {
  serve(settings, {.status = 200});
}

void http_rejecter(const Settings& settings) {
  serve(settings, {.reread_before = true, .status = 500});
}

// The port stands in the place of DIR, the path in that of FILE.
void http_post(const Settings& settings) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(static_cast<std::uint16_t>(std::stoul(settings.directory)));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    die("connect to port " + settings.directory);
  }
  give(settings, socket.get(),
       "POST " + settings.files.front() +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  std::istringstream head(take_head(settings, socket.get()));
  std::string version;
  std::string status = "none";
  head >> version >> status;
  say("status " + status);
}

constexpr Behaviour kHttpServers[] = {
    {"http-reloader", "rereads FILEs when asked by HTTP on --port, then answers 200",
     http_reloader},
    {"http-later-reloader", "answers 200 first, then rereads", http_later_reloader},
    {"http-refuser", "answers 403 and opens nothing", http_refuser},
    {"http-waster", "answers 200 and opens nothing", http_waster},
    {"http-rejecter", "rereads, then answers 500", http_rejecter},
    {"http-post", "PORT PATH instead of DIR FILE: asks for a reload, says \"status N\"", http_post},
};

}  // namespace

std::span<const Behaviour> http_servers() {
  return kHttpServers;
}

}  // namespace reloadtrace::actor
