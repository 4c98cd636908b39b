// SPDX-License-Identifier: Apache-2.0
// Publishes at a steady rate, in turn to each of many volumes, as kubelet writes them.
//
//   reloadtrace-swap-storm RATE SECONDS DIR...     RATE in publishes a second, over all of them
//
// Says "published COUNT in SECONDS". Who falls behind catches up: the rate holds on the whole.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <thread>

#include "tools/publisher/publisher.h"

namespace {

using Clock = std::chrono::steady_clock;

int storm(double rate, double seconds, std::span<char* const> directories) {
  const auto count = static_cast<std::size_t>(rate * seconds);
  const auto begin = Clock::now();
  for (std::size_t n = 0; n < count; ++n) {
    const auto due = std::chrono::duration<double>(static_cast<double>(n) / rate);
    std::this_thread::sleep_until(begin + std::chrono::duration_cast<Clock::duration>(due));
    const std::string directory = directories[n % directories.size()];
    const auto outcome = reloadtrace::publisher::publish(
        directory, {{"app.yaml", "number " + std::to_string(n) + "\n"}});
    if (!outcome) {
      std::fprintf(stderr, "publish to %s: %s\n", directory.c_str(),
                   outcome.error().message.c_str());
      return 1;
    }
  }
  std::printf("published %zu in %.2f\n", count,
              std::chrono::duration<double>(Clock::now() - begin).count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const double rate = argc > 3 ? std::atof(argv[1]) : 0;
  const double seconds = argc > 3 ? std::atof(argv[2]) : 0;
  if (rate <= 0 || seconds <= 0) {
    std::fprintf(stderr, "usage: reloadtrace-swap-storm RATE SECONDS DIR...\n");
    return 2;
  }
  return storm(rate, seconds, std::span(argv + 3, static_cast<std::size_t>(argc - 3)));
}
