#include "tests/reality/python_random.h"

#include <array>
#include <sstream>

namespace murmur::reality {

namespace {

constexpr std::size_t kWords = std::mt19937::state_size;

/// The state of CPython's generator after seed(): init_by_array() of Matsumoto and Nishimura with
/// a key of one word.
std::array<std::uint32_t, kWords> seeded_state(std::uint32_t seed) {
    std::array<std::uint32_t, kWords> state{};
    state[0] = 19650218U;
    for (std::uint32_t i = 1; i < kWords; ++i) {
        state[i] = 1812433253U * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
    }
    std::uint32_t i = 1;
    const auto step = [&state, &i] {
        if (++i >= kWords) {
            state[0] = state[kWords - 1];
            i = 1;
        }
    };
    for (std::size_t k = 0; k < kWords; ++k) {
        const std::uint32_t mixed = state[i - 1] ^ (state[i - 1] >> 30);
        state[i] = (state[i] ^ (mixed * 1664525U)) + seed;
        step();
    }
    for (std::size_t k = 0; k + 1 < kWords; ++k) {
        const std::uint32_t mixed = state[i - 1] ^ (state[i - 1] >> 30);
        state[i] = (state[i] ^ (mixed * 1566083941U)) - i;
        step();
    }
    state[0] = 0x80000000U;
    return state;
}

}  // namespace

PythonRandom::PythonRandom(std::uint32_t seed) {
    // The standard's way to set the state is its textual form: the words, and in libstdc++ the
    // position of the next one.
    std::stringstream text;
    for (const std::uint32_t word : seeded_state(seed)) {
        text << word << ' ';
    }
    text << kWords;
    text >> bits_;
}

double PythonRandom::fraction() {
    const std::uint32_t high = static_cast<std::uint32_t>(bits_()) >> 5;
    const std::uint32_t low = static_cast<std::uint32_t>(bits_()) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
}

double PythonRandom::uniform(double low, double high) {
    return low + (high - low) * fraction();
}

std::uint32_t PythonRandom::below(std::uint32_t limit) {
    int width = 0;
    while (width < 32 && (limit >> width) != 0) {
        ++width;
    }
    for (;;) {
        const std::uint32_t drawn = static_cast<std::uint32_t>(bits_()) >> (32 - width);
        if (drawn < limit) {
            return drawn;
        }
    }
}

}  // namespace murmur::reality
