// SPDX-License-Identifier: Apache-2.0
#include "userspace/sink/metrics_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <fmt/format.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace reloadtrace {
namespace {

using Clock = std::chrono::steady_clock;

constexpr ev_ssize_t kMaxHeaders = 8192;
constexpr ev_ssize_t kMaxBody = 0;
// How soon the end of a connection is noticed, and how late it may be cut.
constexpr auto kSweepInterval = std::chrono::milliseconds(50);

constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kPrometheusText[] = "text/plain; version=0.0.4; charset=utf-8";

struct BaseDeleter {
  void operator()(event_base* base) const { event_base_free(base); }
};
struct HttpDeleter {
  void operator()(evhttp* http) const { evhttp_free(http); }
};
struct EventDeleter {
  void operator()(event* e) const { event_free(e); }
};
using EventPtr = std::unique_ptr<event, EventDeleter>;

timeval to_timeval(std::chrono::milliseconds time) {
  return {time.count() / 1000, (time.count() % 1000) * 1000};
}

struct Page {
  std::shared_ptr<const std::string> text;  // null: nothing published yet
  Clock::time_point at;
};

// Releases the reference that a reply holds on a page when its last byte is out.
void release_page(const void*, std::size_t, void* page) {
  delete static_cast<std::shared_ptr<const std::string>*>(page);
}

void reply(
    evhttp_request* request, int code, const char* reason, const char* type, evbuffer* body) {
  evkeyvalq* headers = evhttp_request_get_output_headers(request);
  evhttp_add_header(headers, "Content-Type", type);
  evhttp_add_header(headers, "Connection", "close");
  evhttp_send_reply(request, code, reason, body);
}

void reply(evhttp_request* request, int code, const char* reason, const std::string& sentence) {
  evbuffer* body = evbuffer_new();
  evbuffer_add_printf(body, "%s\n", sentence.c_str());
  reply(request, code, reason, kText, body);
  evbuffer_free(body);
}

}  // namespace

// What the thread runs. All but `page_` belongs to it alone once it runs.
class MetricsServer::Loop {
 public:
  explicit Loop(MetricsLimits limits) : limits_(limits) {}
  ~Loop() {
    if (thread_.joinable()) {
      eventfd_write(stop_.get(), 1);
      thread_.join();
    }
    http_.reset();
    for (const Connection& connection : connections_) {
      bufferevent_decref(connection.socket);
    }
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Result<> listen(MetricsAddress address) {
    auto socket = listen_at(address);
    if (!socket) {
      return std::move(socket).error();
    }
    address_ = address.text();
    stop_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stop_) {
      return system_error(errno, "make an eventfd");
    }
    if (!prepare(std::move(*socket))) {
      return Error{std::make_error_code(std::errc::not_enough_memory), "start the metrics server"};
    }
    return Unit{};
  }

  void serve() {
    // Signals are the main thread's: they must interrupt its poll. Blocked SIGPIPE makes a write
    // to a connection that has gone fail.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { event_base_dispatch(base_.get()); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void publish(std::string text) {
    Page page{std::make_shared<const std::string>(std::move(text)), Clock::now()};
    const std::lock_guard lock(mutex_);
    std::swap(page_, page);
  }

  const std::string& address() const { return address_; }

 private:
  struct Connection {
    bufferevent* socket = nullptr;
    Clock::time_point deadline;
  };

  bool prepare(UniqueFd socket) {
    base_.reset(event_base_new());
    http_.reset(base_ ? evhttp_new(base_.get()) : nullptr);
    if (!http_) {
      return false;
    }
    stop_event_.reset(event_new(
        base_.get(), stop_.get(), EV_READ,
        [](evutil_socket_t, short, void* base) {
          event_base_loopbreak(static_cast<event_base*>(base));
        },
        base_.get()));
    sweep_.reset(event_new(
        base_.get(), -1, 0,
        [](evutil_socket_t, short, void* self) { static_cast<Loop*>(self)->sweep(); }, this));
    if (!stop_event_ || !sweep_ || event_add(stop_event_.get(), nullptr) != 0) {
      return false;
    }
    listener_ =
        evconnlistener_new(base_.get(), nullptr, nullptr, LEV_OPT_CLOSE_ON_FREE, 0, socket.get());
    if (listener_ == nullptr) {
      return false;
    }
    static_cast<void>(socket.release());
    evhttp_bind_listener(http_.get(), listener_);
    evhttp_set_max_headers_size(http_.get(), kMaxHeaders);
    evhttp_set_max_body_size(http_.get(), kMaxBody);
    evhttp_set_allowed_methods(http_.get(), EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    const timeval patience = to_timeval(limits_.patience);
    evhttp_set_timeout_tv(http_.get(), &patience);
    evhttp_set_bevcb(
        http_.get(),
        [](event_base*, void* self) { return static_cast<Loop*>(self)->make_connection(); }, this);
    evhttp_set_gencb(
        http_.get(),
        [](evhttp_request* request, void* self) { static_cast<Loop*>(self)->answer(request); },
        this);
    return true;
  }

  // evhttp bounds neither the number of connections nor how long one may drip. So each is kept
  // here, with a reference of ours, until evhttp has let go of it: then its callbacks are gone.
  bufferevent* make_connection() {
    bufferevent* socket = bufferevent_socket_new(base_.get(), -1, BEV_OPT_CLOSE_ON_FREE);
    if (socket == nullptr) {
      return nullptr;
    }
    bufferevent_incref(socket);
    connections_.push_back({socket, Clock::now() + limits_.patience});
    if (connections_.size() >= limits_.connections) {
      evconnlistener_disable(listener_);
    }
    look_again();
    return socket;
  }

  void look_again() {
    const timeval soon = to_timeval(kSweepInterval);
    event_add(sweep_.get(), &soon);
  }

  void sweep() {
    std::erase_if(connections_, [](const Connection& connection) {
      bufferevent_data_cb read = nullptr;
      bufferevent_getcb(connection.socket, &read, nullptr, nullptr, nullptr);
      if (read != nullptr) {
        return false;
      }
      bufferevent_decref(connection.socket);
      return true;
    });
    for (const Connection& connection : connections_) {
      if (connection.deadline <= Clock::now()) {
        // What evhttp takes for the client's end, in whatever state it is.
        ::shutdown(bufferevent_getfd(connection.socket), SHUT_RDWR);
      }
    }
    if (connections_.size() < limits_.connections) {
      evconnlistener_enable(listener_);
    }
    if (!connections_.empty()) {
      look_again();
    }
  }

  Page page() const {
    const std::lock_guard lock(mutex_);
    return page_;
  }

  void answer(evhttp_request* request) {
    const evhttp_uri* uri = evhttp_request_get_evhttp_uri(request);
    const char* path = uri != nullptr ? evhttp_uri_get_path(uri) : nullptr;
    const std::string_view wanted = path != nullptr ? path : "";
    if (wanted != "/metrics" && wanted != "/healthz") {
      reply(request, HTTP_NOTFOUND, "Not Found", "there are /metrics and /healthz");
      return;
    }
    const Page page = this->page();
    if (!page.text) {
      reply(request, HTTP_SERVUNAVAIL, "Service Unavailable", "not tracing yet");
    } else if (wanted == "/metrics") {
      give(request, page.text);
    } else {
      tell_health(request, Clock::now() - page.at);
    }
  }

  void tell_health(evhttp_request* request, Clock::duration silence) const {
    if (silence < limits_.silence) {
      reply(request, HTTP_OK, "OK", "tracing");
      return;
    }
    reply(request, HTTP_SERVUNAVAIL, "Service Unavailable",
          fmt::format("the tracer has shown no sign of life for {} s",
                      std::chrono::duration_cast<std::chrono::seconds>(silence).count()));
  }

  static void give(evhttp_request* request, const std::shared_ptr<const std::string>& text) {
    evbuffer* body = evbuffer_new();
    auto held = std::make_unique<std::shared_ptr<const std::string>>(text);
    if (evbuffer_add_reference(body, text->data(), text->size(), &release_page, held.get()) == 0) {
      static_cast<void>(held.release());
    }
    reply(request, HTTP_OK, "OK", kPrometheusText, body);
    evbuffer_free(body);
  }

  MetricsLimits limits_;
  std::string address_;
  UniqueFd stop_;
  // Order matters: what lives in the base is freed before it.
  std::unique_ptr<event_base, BaseDeleter> base_;
  EventPtr stop_event_;
  EventPtr sweep_;
  std::unique_ptr<evhttp, HttpDeleter> http_;
  evconnlistener* listener_ = nullptr;  // http_ owns it
  std::vector<Connection> connections_;
  mutable std::mutex mutex_;
  Page page_;
  std::thread thread_;
};

MetricsServer::MetricsServer(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(MetricsAddress address,
                                                             MetricsLimits limits) {
  auto loop = std::make_unique<Loop>(limits);
  if (auto listening = loop->listen(address); !listening) {
    return with_context(std::move(listening).error(), "metrics");
  }
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(loop)));
}

void MetricsServer::serve() {
  loop_->serve();
}

void MetricsServer::publish(std::string page) {
  loop_->publish(std::move(page));
}

std::string MetricsServer::address() const {
  return loop_->address();
}

}  // namespace reloadtrace
