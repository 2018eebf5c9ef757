#include "learning/random_stream.h"

#include "tools/text/hash.h"

#include <bit>
#include <cmath>

namespace murmur {
namespace {

constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15;

/// The finalizer of SplitMix64 (variant 13 of Stafford's mixers): a bijection of 64 bits in which
/// every input bit flips every output bit with a probability of about one half.
std::uint64_t mix(std::uint64_t bits) {
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
}

/// Returns what goes into the next link of the chain; mix(0) is 0, hence the addition.
std::uint64_t chain(std::uint64_t hash, std::uint64_t value) {
    return mix((hash ^ value) + kGoldenGamma);
}

}  // namespace

std::uint64_t stream_seed(std::uint64_t run_seed,
                          std::string_view purpose,
                          std::uint64_t node,
                          std::uint64_t round) {
    // A chain, not a sum or an XOR of the four: (node 1, round 2) must not equal (2, 1).
    return chain(chain(chain(mix(run_seed + kGoldenGamma), hash_text(purpose)), node), round);
}

RandomStream::RandomStream(std::uint64_t seed) {
    // SplitMix64, as xoshiro's authors advise: it never yields the forbidden all-zero state.
    for (std::uint64_t& word : state_) {
        seed += kGoldenGamma;
        word = mix(seed);
    }
}

std::uint64_t RandomStream::operator()() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

double RandomStream::uniform() {
    return static_cast<double>((*this)() >> 11) * 0x1.0p-53;
}

double RandomStream::uniform(double low, double high) {
    const double value = low + (high - low) * uniform();
    return value < high ? value : low;  // the sum may round up to `high`
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
    // Lemire (2019), "Fast random integer generation in an interval": the high word of a 128-bit
    // product, redrawn where the low word falls into the part that would favor some results.
    using Wide = unsigned __int128;
    Wide product = static_cast<Wide>((*this)()) * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
        const std::uint64_t threshold = (0 - bound) % bound;
        while (static_cast<std::uint64_t>(product) < threshold) {
            product = static_cast<Wide>((*this)()) * bound;
        }
    }
    return static_cast<std::uint64_t>(product >> 64);
}

double RandomStream::normal() {
    // The method yields a pair; the second is dropped, so that the stream has no hidden state.
    while (true) {
        const double x = uniform(-1, 1);
        const double y = uniform(-1, 1);
        const double squared_radius = x * x + y * y;
        if (squared_radius > 0 && squared_radius < 1) {
            return x * std::sqrt(-2 * std::log(squared_radius) / squared_radius);
        }
    }
}

double RandomStream::gamma(double shape) {
    if (shape < 1) {
        const double boosted = gamma(shape + 1);
        return boosted * std::pow(1 - uniform(), 1 / shape);
    }
    const double d = shape - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    while (true) {
        const double x = normal();
        const double v = std::pow(1 + c * x, 3);
        const double u = 1 - uniform();
        if (1 + c * x > 0 && std::log(u) < x * x / 2 + d * (1 - v + std::log(v))) {
            return d * v;
        }
    }
}

}  // namespace murmur
