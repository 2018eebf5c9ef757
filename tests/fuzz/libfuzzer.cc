// The entry points of LLVM's libFuzzer, which passes over arguments that begin with two dashes:
//   fuzz --target=NAME [--seeds=FOLDER] [libFuzzer's own -options] [corpus folders or files]
// GCC tells of branches by a call that libFuzzer has, but does not heed; the linker leads it here.
#include "tests/fuzz/targets.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>

namespace {

std::optional<murmur::fuzz::Target> target;

/// libFuzzer takes what it finds in this section for counters of branches, and clears them.
constexpr std::size_t kCounters = 1 << 15;
__attribute__((section("__libfuzzer_extra_counters"))) std::uint8_t counters[kCounters];

}  // namespace

/// Called at every branch: counts it by its address.
extern "C" __attribute__((no_sanitize_coverage, no_sanitize("address", "undefined"))) void
__wrap___sanitizer_cov_trace_pc() {
    const auto address = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
    constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15;
    ++counters[address * kGoldenGamma >> 49];
}

// Numbers that are compared lead libFuzzer to what would make them equal; not so floats.
extern "C" void __sanitizer_cov_trace_cmpf(float /*left*/, float /*right*/) {}
extern "C" void __sanitizer_cov_trace_cmpd(double /*left*/, double /*right*/) {}

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    try {
        target = murmur::fuzz::chosen_target(*argc, *argv);
    } catch (const std::invalid_argument& error) {
        std::cerr << error.what() << "\n";
        std::exit(2);
    }
    const std::string seeds = murmur::fuzz::argument(*argc, *argv, "seeds", "");
    if (!seeds.empty()) {
        murmur::fuzz::write_seeds(*target, seeds);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    murmur::fuzz::read(*target, {data, size});
    return 0;
}
