// SPDX-License-Identifier: Apache-2.0
#include "userspace/wire/recording.h"

#include <fcntl.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "bpf/events.h"
#include "userspace/wire/fact_codec.h"

namespace reloadtrace {
namespace {

constexpr std::uint32_t kFormat = 1;
constexpr std::uint32_t kKernelRecord = 1;
constexpr std::uint32_t kFact = 2;
// A frame is a record of at most a few KiB, or the files of one volume. More is damage.
constexpr std::uint32_t kMaxFrame = 16U << 20U;
constexpr int kGzip = 15 + 16;  // zlib.h: largest window, gzip framing

struct FileHeader {
  std::array<char, 8> magic{'R', 'E', 'L', 'O', 'A', 'D', 'T', 'R'};
  std::uint32_t format = kFormat;
  std::uint32_t abi = RELOADTRACE_ABI_VERSION;
  std::array<char, 16> state{};
};
static_assert(sizeof(FileHeader) == 32);

struct FrameHeader {
  std::uint32_t size = 0;
  std::uint32_t kind = 0;
};

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

// The first member. Stored, so that it has one length and can be written over in place.
std::vector<std::byte> make_header_member(std::string_view state) {
  FileHeader header;
  std::memcpy(header.state.data(), state.data(), state.size());
  z_stream stream{};
  deflateInit2(&stream, Z_NO_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY);
  std::vector<std::byte> out(128);
  stream.next_in = reinterpret_cast<Bytef*>(&header);
  stream.avail_in = sizeof header;
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Error damaged(const std::string& path, const char* how) {
  return Error{std::make_error_code(std::errc::bad_message), path + ": " + how};
}

}  // namespace

struct RecordingWriter::Deflate {
  z_stream stream{};
  std::array<std::byte, std::size_t{64} * 1024> out;

  Deflate() { deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY); }
  ~Deflate() { deflateEnd(&stream); }
  Deflate(const Deflate&) = delete;
  Deflate& operator=(const Deflate&) = delete;
};

RecordingWriter::RecordingWriter(UniqueFd fd, std::string path)
    : fd_(std::move(fd)), path_(std::move(path)), deflate_(std::make_unique<Deflate>()) {}

RecordingWriter::~RecordingWriter() = default;

Result<std::unique_ptr<RecordingWriter>> RecordingWriter::create(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) {
    return system_error(errno, "--record " + path);
  }
  std::unique_ptr<RecordingWriter> writer(new RecordingWriter(std::move(fd), path));
  if (auto begun = writer->begin(); !begun) {
    return begun.error();
  }
  return writer;
}

Result<> RecordingWriter::begin() {
  return write_all(make_header_member("INCOMPLETE"));
}

Result<> RecordingWriter::write(const Event& event, std::span<const std::byte> record) {
  if (!is_fact(event)) {
    return deflate_frame(kKernelRecord, record);
  }
  encoded_.clear();
  encode_fact(event, encoded_);
  return deflate_frame(kFact, encoded_);
}

Result<> RecordingWriter::flush() {
  return deflate_bytes({}, Z_SYNC_FLUSH);
}

Result<> RecordingWriter::close() {
  if (auto finished = deflate_bytes({}, Z_FINISH); !finished) {
    return finished.error();
  }
  const std::vector<std::byte> header = make_header_member("COMPLETE");
  if (::pwrite(fd_.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())) {
    return system_error(errno, path_);
  }
  fd_.reset();
  return Unit{};
}

Result<> RecordingWriter::deflate_frame(std::uint32_t kind, std::span<const std::byte> payload) {
  const FrameHeader header{static_cast<std::uint32_t>(payload.size()), kind};
  if (auto put = deflate_bytes(bytes_of(header), Z_NO_FLUSH); !put) {
    return put.error();
  }
  return deflate_bytes(payload, Z_NO_FLUSH);
}

Result<> RecordingWriter::deflate_bytes(std::span<const std::byte> bytes, int flush) {
  if (failed_) {
    return Error{std::make_error_code(std::errc::io_error), path_ + ": an earlier write failed"};
  }
  z_stream& stream = deflate_->stream;
  // zlib's interface predates const; it only reads.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  do {
    stream.next_out = reinterpret_cast<Bytef*>(deflate_->out.data());
    stream.avail_out = static_cast<uInt>(deflate_->out.size());
    deflate(&stream, flush);
    const std::size_t made = deflate_->out.size() - stream.avail_out;
    if (auto put = write_all(std::span(deflate_->out).first(made)); !put) {
      failed_ = true;
      return put.error();
    }
  } while (stream.avail_out == 0);
  return Unit{};
}

Result<> RecordingWriter::write_all(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return system_error(errno, path_);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return Unit{};
}

struct RecordingReader::Inflate {
  gzFile file = nullptr;

  ~Inflate() {
    if (file != nullptr) {
      gzclose_r(file);
    }
  }
};

RecordingReader::RecordingReader(std::string path)
    : path_(std::move(path)), inflate_(std::make_unique<Inflate>()) {}

RecordingReader::~RecordingReader() = default;

Result<std::unique_ptr<RecordingReader>> RecordingReader::open(const std::string& path) {
  std::unique_ptr<RecordingReader> reader(new RecordingReader(path));
  errno = 0;
  reader->inflate_->file = gzopen(path.c_str(), "rbe");
  if (reader->inflate_->file == nullptr) {
    return system_error(errno == 0 ? ENOMEM : errno, path);
  }
  gzbuffer(reader->inflate_->file, 256 * 1024);
  FileHeader header;
  const auto got = reader->read(std::as_writable_bytes(std::span(&header, 1)));
  if (!got || *got != sizeof header || header.magic != FileHeader{}.magic) {
    return damaged(path, "is not a recording of reloadtrace");
  }
  if (header.format != kFormat || header.abi != RELOADTRACE_ABI_VERSION) {
    return Error{std::make_error_code(std::errc::not_supported),
                 path + ": is of format " + std::to_string(header.format) + ", event ABI " +
                     std::to_string(header.abi) + "; this reloadtrace reads format " +
                     std::to_string(kFormat) + ", ABI " + std::to_string(RELOADTRACE_ABI_VERSION) +
                     ": replay it with the version that made it"};
  }
  reader->complete_ =
      std::string_view(header.state.data(), header.state.size()).starts_with("COMPLETE");
  return reader;
}

Result<std::size_t> RecordingReader::read(std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const int n =
        gzread(inflate_->file, into.data() + done, static_cast<unsigned>(into.size() - done));
    if (n < 0) {
      return damaged(path_, "is damaged or cut off");
    }
    if (n == 0) {
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Result<std::optional<RecordingReader::Item>> RecordingReader::next() {
  for (;;) {
    FrameHeader frame;
    const auto got = read(std::as_writable_bytes(std::span(&frame, 1)));
    if (!got) {
      return got.error();
    }
    if (*got == 0) {
      int state = Z_OK;
      gzerror(inflate_->file, &state);
      if (!begun_) {
        return damaged(path_, "is damaged or cut off");  // behind the first member
      }
      if (state == Z_BUF_ERROR || !complete_) {
        return damaged(path_, "is incomplete: the tracer that wrote it did not end by itself");
      }
      return std::optional<Item>{};
    }
    if (*got < sizeof frame || frame.size > kMaxFrame) {
      return damaged(path_, "is damaged or cut off");
    }
    begun_ = true;
    payload_.resize(frame.size);
    const auto body = read(payload_);
    if (!body || *body < frame.size) {
      return damaged(path_, "is damaged or cut off");
    }
    if (frame.kind != kKernelRecord && frame.kind != kFact) {
      ++undecodable_;
      continue;
    }
    auto event = frame.kind == kFact ? decode_fact(payload_) : decode(payload_);
    if (!event) {
      ++undecodable_;
      continue;
    }
    return std::optional<Item>(Item{std::move(*event), frame.kind == kFact
                                                           ? std::span<const std::byte>{}
                                                           : std::span<const std::byte>(payload_)});
  }
}

}  // namespace reloadtrace
