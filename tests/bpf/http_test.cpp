// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "tests/bpf/live_source.h"

namespace reloadtrace::testing {
namespace {

using namespace std::string_view_literals;

class BpfHttp : public LiveSourceTest {
 protected:
  // What a server in scope says to each of these requests, on one connection. A request is read,
  // then answered: `serve` does both with its end of the connection and this many bytes to read.
  using Serve = std::function<bool(int connection, std::size_t request_length)>;

  std::vector<HttpEvent> http(const std::vector<std::string>& requests, const Serve& serve) {
    return of<HttpEvent>(trace([&] {
      const auto [client, server] = pair();
      bool well = open_and_read(at("volume/app.yaml"));  // that brings it into scope
      for (const std::string& request : requests) {
        well = well && ::write(client, request.data(), request.size()) ==
                           static_cast<ssize_t>(request.size());
        well = well && serve(server, request.size());
      }
      return well;
    }));
  }
  static std::pair<int, int> pair() {
    std::array<int, 2> ends{-1, -1};
    ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data());
    return {ends[0], ends[1]};
  }
};

constexpr auto kRequest = "POST /-/reload HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr auto kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"sv;

bool say(int fd, std::string_view what) {
  return ::write(fd, what.data(), what.size()) == static_cast<ssize_t>(what.size());
}
bool hear(int fd, std::size_t length) {
  std::string buffer(length, '\0');
  return ::read(fd, buffer.data(), length) == static_cast<ssize_t>(length);
}
bool serve_plainly(int fd, std::size_t length) {
  return hear(fd, length) && say(fd, kAnswer);
}
// Two pieces of a message as iovecs, cut at `cut`.
std::array<iovec, 2> in_two(char* at, std::size_t length, std::size_t cut) {
  return {iovec{at, cut}, iovec{at + cut, length - cut}};
}

TEST_F(BpfHttp, reports_a_reload_request_and_the_status_of_its_answer) {
  start();
  const auto said = http({kRequest}, serve_plainly);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0].line, "POST /-/reload");
  EXPECT_EQ(said[0].status, 0U);
  EXPECT_EQ(said[0].requested, said[0].origin.at);
  EXPECT_NE(said[0].socket_ino, 0U);
  EXPECT_EQ(said[1].line, "POST /-/reload");
  EXPECT_EQ(said[1].status, 200U);
  EXPECT_EQ(said[1].socket_ino, said[0].socket_ino);
  EXPECT_LT(said[1].requested, said[1].origin.at);
}

TEST_F(BpfHttp, reports_each_request_of_a_connection_that_is_kept) {
  start();
  const auto said = http(
      {kRequest, "GET / HTTP/1.1\r\n\r\n", "PUT /actuator/refresh?token=secret HTTP/1.1\r\n\r\n"},
      serve_plainly);
  ASSERT_EQ(said.size(), 4U);
  EXPECT_EQ(said[2].line, "PUT /actuator/refresh");
  EXPECT_EQ(said[3].status, 200U);
}

TEST_F(BpfHttp, keeps_nothing_of_a_query) {
  start();
  const auto said = http({"POST /-/reload?token=secret HTTP/1.1\r\n\r\n"}, serve_plainly);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0].line, "POST /-/reload");
}

TEST_F(BpfHttp,
       knows_a_request_through_each_call_that_reads_and_an_answer_through_each_that_writes) {
  start();
  const std::vector<std::pair<std::string, Serve>> ways{
      {"readv, writev",
       [](int fd, std::size_t length) {
         std::string b(length, '\0');
         std::string answer(kAnswer);
         auto in = in_two(b.data(), length, 3);
         auto out = in_two(answer.data(), answer.size(), 10);
         return ::readv(fd, in.data(), 2) > 0 && ::writev(fd, out.data(), 2) > 0;
       }},
      {"recvfrom, sendto",
       [](int fd, std::size_t length) {
         std::string b(length, '\0');
         return ::recv(fd, b.data(), length, 0) > 0 &&
                ::send(fd, kAnswer.data(), kAnswer.size(), 0) > 0;
       }},
      {"recvmsg, sendmsg",
       [](int fd, std::size_t length) {
         std::string b(length, '\0');
         std::string answer(kAnswer);
         auto in = in_two(b.data(), length, 17);
         auto out = in_two(answer.data(), answer.size(), 1);
         msghdr message{};
         message.msg_iov = in.data();
         message.msg_iovlen = in.size();
         if (::recvmsg(fd, &message, 0) <= 0) {
           return false;
         }
         message.msg_iov = out.data();
         return ::sendmsg(fd, &message, 0) > 0;
       }},
  };
  for (const auto& [name, serve] : ways) {
    SCOPED_TRACE(name);
    const auto said = http({kRequest}, serve);
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0].line, "POST /-/reload");
    EXPECT_EQ(said[1].status, 200U);
  }
}

TEST_F(BpfHttp, counts_a_request_once_that_was_peeked_at) {
  start();
  const auto said = http({kRequest}, [](int fd, std::size_t length) {
    std::string b(length, '\0');
    return ::recv(fd, b.data(), length, MSG_PEEK) > 0 && serve_plainly(fd, length);
  });
  EXPECT_EQ(said.size(), 2U);
}

TEST_F(BpfHttp, takes_the_answer_from_another_thread_and_passes_over_what_comes_before_it) {
  start();
  const auto said = http({kRequest}, [](int fd, std::size_t length) {
    bool well = hear(fd, length);
    std::thread([&] {
      well = well && say(fd, "HTTP/1.1 100 Continue\r\n\r\n") && say(fd, "x") &&
             say(fd, "HTTP/1.1 500 Internal Server Error\r\n\r\n") && say(fd, kAnswer);
    }).join();
    return well;
  });
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[1].status, 500U);
}

TEST_F(BpfHttp, takes_no_answer_from_a_socket_that_only_has_the_same_number) {
  start();
  const auto said = http({kRequest}, [](int fd, std::size_t length) {
    if (!hear(fd, length)) {
      return false;
    }
    const auto [one, two] = pair();
    return say(one, kAnswer) && ::dup2(two, fd) == fd && say(fd, kAnswer);
  });
  EXPECT_EQ(said.size(), 1U);
}

TEST_F(BpfHttp, says_nothing_of_other_requests) {
  start();
  EXPECT_TRUE(
      http({"GET /-/reload HTTP/1.1\r\n\r\n", "POST /-/reloaded HTTP/1.1\r\n\r\n",
            "POST /-/reloa HTTP/1.1\r\n\r\n", "POST /-/reload", "post /-/reload HTTP/1.1\r\n",
            " POST /-/reload HTTP/1.1\r\n", "POST http://x/-/reload HTTP/1.1\r\n"},
           serve_plainly)
          .empty());
}

TEST_F(BpfHttp, knows_the_users_patterns) {
  BpfOptions options;
  options.http_triggers = {"GET /admin/*", "/hooks/config"};
  start(options);
  const auto said =
      http({"GET /admin/refresh?all HTTP/1.1\r\n\r\n", "PUT /hooks/config HTTP/1.1\r\n\r\n",
            "GET /hooks/config HTTP/1.1\r\n\r\n"},
           hear);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0].line, "GET /admin/*");
  EXPECT_EQ(said[1].line, "PUT /hooks/config");
}

TEST_F(BpfHttp, refuses_a_pattern_that_is_ill_formed) {
  BpfOptions options;
  options.http_triggers = {"reload"};
  const auto opened = BpfSource::open(options);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("HTTP trigger \"reload\""), std::string::npos);
}

TEST_F(BpfHttp, says_nothing_of_a_server_out_of_scope_or_of_bytes_in_a_pipe) {
  start();
  const auto said = of<HttpEvent>(trace([&] {
    const auto [client, server] = pair();
    return say(client, kRequest) && serve_plainly(server, std::strlen(kRequest));
  }));
  EXPECT_TRUE(said.empty());
  const auto piped = of<HttpEvent>(trace([&] {
    std::array<int, 2> ends{};
    return open_and_read(at("volume/app.yaml")) && ::pipe(ends.data()) == 0 &&
           say(ends[1], kRequest) && hear(ends[0], std::strlen(kRequest));
  }));
  EXPECT_TRUE(piped.empty());
}

TEST_F(BpfHttp, knows_a_server_on_loopback) {
  start();
  const auto events = trace([&] {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener, generic, length) != 0 || ::listen(listener, 1) != 0 ||
        ::getsockname(listener, generic, &length) != 0 || !open_and_read(at("volume/app.yaml"))) {
      return false;
    }
    std::thread client([&] {
      const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
      ::connect(fd, generic, length);
      say(fd, kRequest);
      hear(fd, kAnswer.size());
    });
    const bool well = serve_plainly(::accept(listener, nullptr, nullptr), std::strlen(kRequest));
    client.join();
    return well;
  });
  const auto said = of<HttpEvent>(events);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[1].status, 200U);
}

TEST_F(BpfHttp, is_silent_without_its_hook) {
  BpfOptions options;
  options.without_hooks = {"http"};
  start(options);
  EXPECT_TRUE(http({kRequest}, serve_plainly).empty());
}

}  // namespace
}  // namespace reloadtrace::testing
