// SPDX-License-Identifier: Apache-2.0
// A recording that somebody sent: compressed, or its frames alone.
#include <zlib.h>

#include "tests/fuzz/target.h"
#include "userspace/wire/recording.h"

using namespace reloadtrace;
using namespace reloadtrace::fuzz;

namespace {

// As the frames of a recording lie in its file: otherwise a checksum would guard the reader.
std::string gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_NO_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

FUZZ_TARGET(recording) {
  const bool compressed = bytes.starts_with("\x1f\x8b");
  const UniqueFd file = file_of(compressed ? std::string(bytes) : gzip(bytes));
  auto reader = RecordingReader::open("/proc/self/fd/" + std::to_string(file.get()));
  if (!reader) {
    return;
  }
  while (true) {
    const auto item = (*reader)->next();
    if (!item || !*item) {
      return;
    }
  }
}
