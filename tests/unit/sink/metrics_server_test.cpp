// SPDX-License-Identifier: Apache-2.0
// The endpoint against clients of every kind, over real sockets of this machine.
#include "userspace/sink/metrics_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace reloadtrace {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

MetricsAddress loopback() {
  return *parse_metrics_address("127.0.0.1:0");
}

std::unique_ptr<MetricsServer> serve(MetricsLimits limits = {}) {
  auto server = MetricsServer::listen(loopback(), limits);
  EXPECT_TRUE(server) << server.error().message;
  (*server)->serve();
  return std::move(*server);
}

// One connection, by hand.
class Client {
 public:
  explicit Client(const MetricsServer& server)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const MetricsAddress address = *parse_metrics_address(server.address());
    const auto* generic = reinterpret_cast<const sockaddr*>(&address.address);
    EXPECT_EQ(::connect(fd_.get(), generic, address.length), 0);
  }

  // False when the server has cut the connection.
  bool send(const std::string& bytes) {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // All that comes until the server closes; "(timeout)" at the end when it does not.
  std::string read_all(std::chrono::milliseconds timeout = 10s) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::string out;
    char chunk[4096];
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      pollfd waiting{fd_.get(), POLLIN, 0};
      if (left <= 0ms || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
        return out + "(timeout)";
      }
      const ssize_t n = ::recv(fd_.get(), chunk, sizeof chunk, 0);
      if (n <= 0) {
        return out;
      }
      out.append(chunk, static_cast<std::size_t>(n));
    }
  }
  std::string ask(const std::string& request) {
    send(request);
    return read_all();
  }

 private:
  UniqueFd fd_;
};

std::string get(const MetricsServer& server, const std::string& path) {
  return Client(server).ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
}

TEST(MetricsServer, gives_the_page_that_was_published_last) {
  const auto server = serve();
  server->publish("one 1\n");
  server->publish("two 2\n");
  const std::string answer = get(*server, "/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\ntwo 2\n"));
  EXPECT_THAT(get(*server, "/metrics?name=x"), EndsWith("\r\n\r\ntwo 2\n"));
}

TEST(MetricsServer, is_unavailable_until_tracing_has_begun) {
  const auto server = serve();
  EXPECT_THAT(get(*server, "/healthz"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(get(*server, "/metrics"), StartsWith("HTTP/1.1 503 "));
  server->publish("");
  EXPECT_THAT(get(*server, "/healthz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get(*server, "/metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST(MetricsServer, is_unhealthy_when_the_tracer_shows_no_sign_of_life) {
  MetricsLimits limits;
  limits.silence = 0ms;
  const auto server = serve(limits);
  server->publish("one 1\n");
  const std::string answer = get(*server, "/healthz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("no sign of life"));
  EXPECT_THAT(get(*server, "/metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST(MetricsServer, answers_nothing_but_its_two_paths) {
  const auto server = serve();
  server->publish("one 1\n");
  for (const char* path :
       {"/", "/metrics/", "/healthz/..", "//metrics", "/debug/pprof", "/%6detrics"}) {
    EXPECT_THAT(get(*server, path), StartsWith("HTTP/1.1 404 ")) << path;
  }
  const std::string post =
      Client(*server).ask("DELETE /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(post, Not(HasSubstr(" 200 "))) << post;
}

TEST(MetricsServer, survives_garbage) {
  const auto server = serve();
  server->publish("one 1\n");
  const std::string bad[] = {"\r\n\r\n",
                             "GET\r\n\r\n",
                             "GET /metrics HTTP/9.9\r\n\r\n",
                             "GET /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                             "GET /metrics HTTP/1.1\r\nno colon\r\n\r\n",
                             std::string("GET /\0 HTTP/1.1\r\n\r\n", 19),
                             "\x16\x03\x01\x02\x05\x01\x80\xff not tls \r\n\r\n",
                             std::string(100'000, 'a')};
  for (const std::string& bytes : bad) {
    Client client(*server);
    client.send(bytes);
  }
  EXPECT_THAT(get(*server, "/metrics"), EndsWith("one 1\n"));
}

TEST(MetricsServer, takes_no_large_headers_and_no_body) {
  const auto server = serve();
  server->publish("one 1\n");
  const std::string headers = Client(*server).ask(
      "GET /metrics HTTP/1.1\r\nX: " + std::string(64 * 1024, 'x') + "\r\n\r\n");
  EXPECT_THAT(headers, Not(HasSubstr("one 1")));
  EXPECT_THAT(headers, Not(HasSubstr("(timeout)")));
  const std::string body = Client(*server).ask(
      "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nbody");
  EXPECT_THAT(body, Not(HasSubstr("one 1")));
  EXPECT_THAT(body, Not(HasSubstr("(timeout)")));
}

TEST(MetricsServer, cuts_off_who_drips_and_who_says_nothing) {
  MetricsLimits limits;
  limits.patience = 300ms;
  const auto server = serve(limits);
  server->publish("one 1\n");
  Client silent(*server);
  Client dripping(*server);
  const auto begun = std::chrono::steady_clock::now();
  while (dripping.send("G") && std::chrono::steady_clock::now() - begun < 10s) {
    std::this_thread::sleep_for(20ms);  // always sooner than a timeout between two bytes
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_THAT(silent.read_all(), Not(HasSubstr("(timeout)")));
}

TEST(MetricsServer, lets_others_in_when_those_that_fill_it_are_cut_off) {
  MetricsLimits limits;
  limits.patience = 500ms;
  limits.connections = 3;
  const auto server = serve(limits);
  server->publish("one 1\n");
  std::vector<std::unique_ptr<Client>> greedy;
  for (int i = 0; i < 8; ++i) {
    greedy.push_back(std::make_unique<Client>(*server));
  }
  EXPECT_THAT(get(*server, "/metrics"), EndsWith("one 1\n"));
}

TEST(MetricsServer, is_not_held_up_by_a_client_that_does_not_read) {
  MetricsLimits limits;
  limits.patience = 500ms;
  const auto server = serve(limits);
  server->publish(std::string(32 << 20, 'x') + "\n");
  Client lazy(*server);
  lazy.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto begun = std::chrono::steady_clock::now();
  server->publish("two 2\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 400ms);
  EXPECT_THAT(get(*server, "/metrics"), EndsWith("two 2\n"));
  std::this_thread::sleep_for(700ms);
  EXPECT_LT(lazy.read_all().size(), std::size_t{32} << 20);  // cut, not finished
}

TEST(MetricsServer, serves_many_at_once_while_pages_change) {
  const auto server = serve();
  server->publish("page 0\n");
  std::atomic<bool> stop = false;
  std::thread publisher([&] {
    for (int i = 1; !stop; ++i) {
      server->publish("page " + std::to_string(i) + "\n");
    }
  });
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      for (int j = 0; j < 25; ++j) {
        good += get(*server, "/metrics").find("\r\n\r\npage ") != std::string::npos ? 1 : 0;
      }
    });
  }
  for (std::thread& client : clients) {
    client.join();
  }
  stop = true;
  publisher.join();
  EXPECT_EQ(good, 100);
}

TEST(MetricsServer, says_that_the_port_is_in_use_and_what_to_do) {
  const auto first = serve();
  const auto second = MetricsServer::listen(*parse_metrics_address(first->address()));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "metrics: listen at " + first->address() +
                                        ": Address already in use: end what listens there, or "
                                        "choose another port");
}

TEST(MetricsServer, ends_at_once_with_connections_open) {
  auto server = serve();
  Client silent(*server);
  Client half(*server);
  half.send("GET /metrics HT");
  const auto begun = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
  EXPECT_THAT(silent.read_all(), Not(HasSubstr("(timeout)")));
}

TEST(MetricsAddress, is_this_machine_alone_unless_told_otherwise) {
  const auto shown = [](const char* text) {
    const auto address = parse_metrics_address(text);
    return address ? address->text() : address.error().message;
  };
  EXPECT_EQ(shown("9464"), "127.0.0.1:9464");
  EXPECT_EQ(shown("localhost:9464"), "127.0.0.1:9464");
  EXPECT_EQ(shown("127.0.0.1:9464"), "127.0.0.1:9464");
  EXPECT_EQ(shown("[::1]:9464"), "[::1]:9464");
  EXPECT_EQ(shown("0.0.0.0:9464"), "0.0.0.0:9464");
  EXPECT_EQ(shown(":9464"), "[::]:9464");
}

TEST(MetricsAddress, is_refused_with_an_example_when_it_is_none) {
  for (const char* bad :
       {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:-1", "::1:9464", "[::1]",
        "[:9464", "node-1:9464", "1.2.3:9464", "127.0.0.1:94 64"}) {
    const auto address = parse_metrics_address(bad);
    ASSERT_FALSE(address) << bad;
    EXPECT_THAT(address.error().message, HasSubstr("like 127.0.0.1:9464"));
  }
}

TEST(MetricsAddress, of_all_addresses_takes_both_families) {
  const auto server = MetricsServer::listen(*parse_metrics_address(":0"));
  ASSERT_TRUE(server) << server.error().message;
  (*server)->publish("one 1\n");
  const std::string address = (*server)->address();
  const std::string port = address.substr(address.rfind(':'));
  const MetricsAddress v4 = *parse_metrics_address("127.0.0.1" + port);
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&v4.address), v4.length), 0);
}

}  // namespace
}  // namespace reloadtrace
