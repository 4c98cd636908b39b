// SPDX-License-Identifier: Apache-2.0
#include "userspace/wire/fact_codec.h"

#include <concepts>
#include <cstring>
#include <type_traits>
#include <utility>
namespace reloadtrace {
namespace {

// Persisted: never renumbered, retired by leaving a hole.
enum class FactKind : std::uint16_t {
  Session = 1,
  Ready = 2,
  End = 3,
  Volume = 4,
  VolumeGone = 5,
  Container = 6,
  ContainerGone = 7,
  Process = 8,
  Publish = 9,
  Watch = 10,
  Held = 11,
  Inspected = 12,
  OpenFailed = 13,
  Loss = 14,
  Poll = 15,
  WatchFailed = 16,
  Program = 17,
  Shed = 18,
};

template <class Enum>
constexpr auto number_of(Enum value) {
  return static_cast<std::underlying_type_t<Enum>>(value);
}

constexpr FactKind kind_of(const SessionFact&) {
  return FactKind::Session;
}
constexpr FactKind kind_of(const ReadyFact&) {
  return FactKind::Ready;
}
constexpr FactKind kind_of(const EndFact&) {
  return FactKind::End;
}
constexpr FactKind kind_of(const VolumeFact&) {
  return FactKind::Volume;
}
constexpr FactKind kind_of(const VolumeGoneFact&) {
  return FactKind::VolumeGone;
}
constexpr FactKind kind_of(const ContainerFact&) {
  return FactKind::Container;
}
constexpr FactKind kind_of(const ContainerGoneFact&) {
  return FactKind::ContainerGone;
}
constexpr FactKind kind_of(const ProcessFact&) {
  return FactKind::Process;
}
constexpr FactKind kind_of(const PublishFact&) {
  return FactKind::Publish;
}
constexpr FactKind kind_of(const WatchFact&) {
  return FactKind::Watch;
}
constexpr FactKind kind_of(const HeldFact&) {
  return FactKind::Held;
}
constexpr FactKind kind_of(const InspectedFact&) {
  return FactKind::Inspected;
}
constexpr FactKind kind_of(const OpenFailedFact&) {
  return FactKind::OpenFailed;
}
constexpr FactKind kind_of(const PollFact&) {
  return FactKind::Poll;
}
constexpr FactKind kind_of(const WatchFailedFact&) {
  return FactKind::WatchFailed;
}
constexpr FactKind kind_of(const ProgramFact&) {
  return FactKind::Program;
}
constexpr FactKind kind_of(const LossFact&) {
  return FactKind::Loss;
}

constexpr FactKind kind_of(const ShedFact&) {
  return FactKind::Shed;
}

// A field that came later stands at the end of its whole fact, even one of a part of it: only there
// may a recording end early.

// The one list of each fact's fields, read by the encoder and the decoder alike.
template <class A>
void fields(A& a, Timestamp& v) {
  a(v.ns);
}
template <class A>
void fields(A& a, InodeId& v) {
  a(v.dev, v.ino);
}
template <class A>
void fields(A& a, HookStatus& v) {
  a(v.name, v.state);
}
template <class A>
void fields(A& a, FileFact& v) {
  a(v.path, v.ino, v.size, v.content);
}
template <class A>
void fields(A& a, GenerationFact& v) {
  a(v.name, v.directory, v.files);
}
template <class A>
void fields(A& a, MountFact& v) {
  a(v.volume, v.path, v.sub_path, v.generation);
}
template <class A>
void fields(A& a, FileChange& v) {
  a(v.path, v.kind);
}
template <class A>
void fields(A& a, KeyChange& v) {
  a(v.key, v.kind, v.before, v.after);
}
template <class A>
void fields(A& a, FileDiff& v) {
  a(v.path, v.not_compared, v.keys, v.more, v.ignored);
}
template <class A>
void fields(A& a, LossCount& v) {
  a(v.cause, v.count);
}
template <class A>
void fields(A& a, SessionFact& v) {
  a(v.at, v.wall_offset_ns, v.deadline_ns, v.tracer_version, v.kernel, v.node, v.hooks);
}
template <class A>
void fields(A& a, ReadyFact& v) {
  a(v.at);
}
template <class A>
void fields(A& a, EndFact& v) {
  a(v.at);
}
template <class A>
void fields(A& a, VolumeFact& v) {
  a(v.at, v.id, v.kind, v.name, v.host_path, v.pod_uid, v.atomic_links, v.link, v.current,
    v.published, v.current.config_version);
}
template <class A>
void fields(A& a, VolumeGoneFact& v) {
  a(v.at, v.id);
}
template <class A>
void fields(A& a, ContainerFact& v) {
  a(v.at, v.id, v.cgroup_ids, v.name, v.pod, v.pod_namespace, v.pod_uid, v.main, v.mounts,
    v.restarts, v.guest);
}
template <class A>
void fields(A& a, ContainerGoneFact& v) {
  a(v.at, v.id);
}
template <class A>
void fields(A& a, ProcessFact& v) {
  a(v.at, v.tgid, v.started, v.parent, v.comm, v.exe, v.container_id, v.role);
}
template <class A>
void fields(A& a, PublishFact& v) {
  a(v.at, v.volume, v.style, v.from, v.to, v.writer_tgid, v.writer_comm, v.contents_known,
    v.changed, v.to.config_version, v.diffs);
}
template <class A>
void fields(A& a, WatchFact& v) {
  a(v.at, v.tgid, v.fd, v.wd, v.mask, v.volume, v.target, v.kind, v.path, v.fanotify);
}
template <class A>
void fields(A& a, HeldFact& v) {
  a(v.at, v.tgid, v.fd, v.volume, v.inode, v.generation, v.path, v.unlinked);
}
template <class A>
void fields(A& a, InspectedFact& v) {
  a(v.at, v.tgid, v.complete, v.io_uring, v.compat);
}
template <class A>
void fields(A& a, OpenFailedFact& v) {
  a(v.at, v.tgid, v.volume, v.path, v.error, v.uid, v.file_uid, v.file_gid, v.file_mode);
}
template <class A>
void fields(A& a, PollFact& v) {
  a(v.at, v.first, v.tgid, v.volume, v.kind, v.path, v.call, v.error, v.count);
}
template <class A>
void fields(A& a, WatchFailedFact& v) {
  a(v.at, v.tgid, v.volume, v.path, v.call, v.error, v.uid);
}
template <class A>
void fields(A& a, ModuleFact& v) {
  a(v.path, v.version);
}
template <class A>
void fields(A& a, ProgramFact& v) {
  a(v.at, v.tgid, v.runtime, v.version, v.main_package, v.modules_known, v.modules, v.signals_known,
    v.caught, v.ignored, v.blocked, v.namespace_init, v.reload_request);
}
template <class A>
void fields(A& a, LossFact& v) {
  a(v.at, v.since, v.lost);
}
template <class A>
void fields(A& a, ShedFact& v) {
  a(v.at, v.hook, v.cost_ppm, v.limit_ppm);
}

class Encoder {
 public:
  explicit Encoder(std::vector<std::byte>& out) : out_(out) {}

  template <class... Ts>
  void operator()(Ts&... values) {
    (put(values), ...);
  }

 private:
  template <class T>
  void put(T& value) {
    if constexpr (std::is_enum_v<T>) {
      raw(number_of(value));
    } else if constexpr (std::same_as<T, bool>) {
      raw(static_cast<std::uint8_t>(value ? 1 : 0));
    } else if constexpr (std::integral<T>) {
      raw(value);
    } else if constexpr (std::same_as<T, std::string>) {
      raw(static_cast<std::uint32_t>(value.size()));
      const auto* bytes = reinterpret_cast<const std::byte*>(value.data());
      out_.insert(out_.end(), bytes, bytes + value.size());
    } else {
      fields(*this, value);
    }
  }
  template <class T>
  void put(std::vector<T>& values) {
    raw(static_cast<std::uint32_t>(values.size()));
    for (T& value : values) {
      put(value);
    }
  }
  // All machines that Kubernetes nodes run on here are little-endian.
  template <class T>
  void raw(T value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    out_.insert(out_.end(), bytes, bytes + sizeof value);
  }

  std::vector<std::byte>& out_;
};

// Reads past the end give defaults (a field that an older recording lacks) unless they are in the
// middle of a value; then ok() is false.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> in) : in_(in) {}

  bool ok() const { return ok_; }

  template <class... Ts>
  void operator()(Ts&... values) {
    (get(values), ...);
  }

 private:
  template <class T>
  void get(T& value) {
    if constexpr (std::is_enum_v<T>) {
      auto number = number_of(value);
      raw(number);
      value = static_cast<T>(number);
    } else if constexpr (std::same_as<T, bool>) {
      std::uint8_t number = value ? 1 : 0;
      raw(number);
      value = number != 0;
    } else if constexpr (std::integral<T>) {
      raw(value);
    } else if constexpr (std::same_as<T, std::string>) {
      const std::size_t size = count(1);
      value.assign(reinterpret_cast<const char*>(in_.data()), size);
      in_ = in_.subspan(size);
    } else {
      fields(*this, value);
    }
  }
  template <class T>
  void get(std::vector<T>& values) {
    // Nothing is reserved: a hostile count makes no more elements than there are bytes for.
    const std::size_t size = count(1);
    values.clear();
    for (std::size_t i = 0; i < size && ok_; ++i) {
      ok_ = !in_.empty();  // an element that is not there at all is no field that was added later
      get(values.emplace_back());
    }
  }
  // A length that the rest of the bytes can hold; 0 and not ok() otherwise.
  std::size_t count(std::size_t at_least_each) {
    std::uint32_t size = 0;
    raw(size);
    if (size > in_.size() / at_least_each) {
      ok_ = false;
      return 0;
    }
    return size;
  }
  template <class T>
  void raw(T& value) {
    if (in_.empty()) {
      return;
    }
    if (in_.size() < sizeof value) {
      ok_ = false;
      in_ = {};
      return;
    }
    std::memcpy(&value, in_.data(), sizeof value);
    in_ = in_.subspan(sizeof value);
  }

  std::span<const std::byte> in_;
  bool ok_ = true;
};

template <class T>
concept Fact = requires(const T& fact) {
  kind_of(fact);
};

template <class T>
Result<Event> decode_as(std::span<const std::byte> bytes) {
  T fact;
  Decoder decoder(bytes);
  fields(decoder, fact);
  if (!decoder.ok()) {
    return Error{std::make_error_code(std::errc::bad_message), "fact is cut off"};
  }
  return Event{std::move(fact)};
}

}  // namespace

bool is_fact(const Event& event) {
  return std::visit([]<class T>(const T&) { return Fact<T>; }, event);
}

void encode_fact(const Event& event, std::vector<std::byte>& out) {
  std::visit(
      [&]<class T>(const T& fact) {
        if constexpr (Fact<T>) {
          Encoder encoder(out);
          auto kind = number_of(kind_of(fact));
          encoder(kind);
          // The encoder only reads; `fields` is shared with the decoder, which writes.
          fields(encoder, const_cast<T&>(fact));
        }
      },
      event);
}

Result<Event> decode_fact(std::span<const std::byte> bytes) {
  std::uint16_t kind = 0;
  if (bytes.size() < sizeof kind) {
    return Error{std::make_error_code(std::errc::bad_message), "fact is cut off"};
  }
  std::memcpy(&kind, bytes.data(), sizeof kind);
  bytes = bytes.subspan(sizeof kind);
  switch (static_cast<FactKind>(kind)) {
    case FactKind::Session:
      return decode_as<SessionFact>(bytes);
    case FactKind::Ready:
      return decode_as<ReadyFact>(bytes);
    case FactKind::End:
      return decode_as<EndFact>(bytes);
    case FactKind::Volume:
      return decode_as<VolumeFact>(bytes);
    case FactKind::VolumeGone:
      return decode_as<VolumeGoneFact>(bytes);
    case FactKind::Container:
      return decode_as<ContainerFact>(bytes);
    case FactKind::ContainerGone:
      return decode_as<ContainerGoneFact>(bytes);
    case FactKind::Process:
      return decode_as<ProcessFact>(bytes);
    case FactKind::Publish:
      return decode_as<PublishFact>(bytes);
    case FactKind::Watch:
      return decode_as<WatchFact>(bytes);
    case FactKind::Held:
      return decode_as<HeldFact>(bytes);
    case FactKind::Inspected:
      return decode_as<InspectedFact>(bytes);
    case FactKind::OpenFailed:
      return decode_as<OpenFailedFact>(bytes);
    case FactKind::Poll:
      return decode_as<PollFact>(bytes);
    case FactKind::WatchFailed:
      return decode_as<WatchFailedFact>(bytes);
    case FactKind::Program:
      return decode_as<ProgramFact>(bytes);
    case FactKind::Loss:
      return decode_as<LossFact>(bytes);
    case FactKind::Shed:
      return decode_as<ShedFact>(bytes);
  }
  return Error{std::make_error_code(std::errc::bad_message),
               "unknown kind of fact " + std::to_string(kind)};
}

}  // namespace reloadtrace
