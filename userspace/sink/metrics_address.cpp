// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/metrics_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

namespace reloadtrace {
namespace {

constexpr int kBacklog = 16;

// sockaddr_storage is the one object that all kinds of addresses may be stored in.
sockaddr* generic(sockaddr_storage& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

MetricsAddress make_v4(in_addr host, std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr = host;
  MetricsAddress out;
  std::memcpy(&out.address, &v4, sizeof v4);
  out.length = sizeof v4;
  return out;
}

MetricsAddress make_v6(in6_addr host, std::uint16_t port) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = host;
  MetricsAddress out;
  std::memcpy(&out.address, &v6, sizeof v6);
  out.length = sizeof v6;
  return out;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return port;
}

std::uint16_t port_of(const MetricsAddress& address) {
  std::uint16_t port = 0;
  // At the same place in both kinds.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  std::memcpy(&port,
              reinterpret_cast<const char*>(&address.address) + offsetof(sockaddr_in, sin_port),
              sizeof port);
  return ntohs(port);
}

Result<UniqueFd> try_listen(MetricsAddress& address) {
  const std::string doing = "listen at " + address.text();
  UniqueFd fd(::socket(address.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) {
    return system_error(errno, doing);
  }
  const int on = 1;
  const int v6_only = address.both_families ? 0 : 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.address.ss_family == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
  }
  if (::bind(fd.get(), generic(address.address), address.length) != 0 ||
      ::listen(fd.get(), kBacklog) != 0 ||
      ::getsockname(fd.get(), generic(address.address), &address.length) != 0) {
    return system_error(errno, doing);
  }
  return fd;
}

}  // namespace

std::string MetricsAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> host{};
  const bool is_v6 = address.ss_family == AF_INET6;
  const char* bytes = reinterpret_cast<const char*>(&address);
  ::inet_ntop(address.ss_family,
              bytes + (is_v6 ? offsetof(sockaddr_in6, sin6_addr) : offsetof(sockaddr_in, sin_addr)),
              host.data(), host.size());
  const std::string port = ":" + std::to_string(port_of(*this));
  return is_v6 ? "[" + std::string(host.data()) + "]" + port : host.data() + port;
}

Result<MetricsAddress> parse_metrics_address(std::string_view text) {
  const Error bad{std::make_error_code(std::errc::invalid_argument),
                  "not an address to listen at: " + std::string(text) +
                      " (like 127.0.0.1:9464, [::1]:9464, or :9464 for all addresses)"};
  const auto colon = text.rfind(':');
  const auto port = parse_port(colon == text.npos ? text : text.substr(colon + 1));
  if (!port) {
    return bad;
  }
  std::string host(colon == text.npos ? "localhost" : text.substr(0, colon));
  if (host.empty()) {
    MetricsAddress all = make_v6(in6addr_any, *port);
    all.both_families = true;
    return all;
  }
  if (host == "localhost") {
    host = "127.0.0.1";
  }
  if (in_addr v4{}; ::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return make_v4(v4, *port);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (in6_addr v6{}; ::inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
      return make_v6(v6, *port);
    }
  }
  return bad;
}

Result<UniqueFd> listen_at(MetricsAddress& address) {
  auto fd = try_listen(address);
  if (!fd && address.both_families && fd.error().code == std::errc::address_family_not_supported) {
    address = make_v4({htonl(INADDR_ANY)}, port_of(address));
    fd = try_listen(address);
  }
  if (!fd && fd.error().code == std::errc::address_in_use) {
    return Error{fd.error().code,
                 fd.error().message + ": end what listens there, or choose another port"};
  }
  return fd;
}

}  // namespace reloadtrace
