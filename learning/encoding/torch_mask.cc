#include "learning/encoding/torch_mask.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace murmur {
namespace {

/// The state of mt19937, with all of its words drawn at once: the compiler fills vector registers.
class BlockTwister {
  public:
    static constexpr std::size_t kBlock = 624;
    using Block = std::array<std::uint32_t, kBlock>;

    explicit BlockTwister(std::uint32_t seed) {
        state_[0] = seed;
        for (std::uint32_t i = 1; i < kBlock; ++i) {
            state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
        }
    }

    /// Returns the next draws.
    Block next() {
        for (std::size_t i = 0; i < kBlock - kShift; ++i) {
            state_[i] = state_[i + kShift] ^ twist(state_[i], state_[i + 1]);
        }
        for (std::size_t i = kBlock - kShift; i < kBlock - 1; ++i) {
            state_[i] = state_[i - (kBlock - kShift)] ^ twist(state_[i], state_[i + 1]);
        }
        state_[kBlock - 1] = state_[kShift - 1] ^ twist(state_[kBlock - 1], state_[0]);

        Block draws;
        for (std::size_t i = 0; i < kBlock; ++i) {
            std::uint32_t y = state_[i];
            y ^= y >> 11;
            y ^= (y << 7) & 0x9d2c5680U;
            y ^= (y << 15) & 0xefc60000U;
            draws[i] = y ^ (y >> 18);
        }
        return draws;
    }

  private:
    static constexpr std::size_t kShift = 397;

    static std::uint32_t twist(std::uint32_t high, std::uint32_t low) {
        const std::uint32_t y = (high & 0x80000000U) | (low & 0x7fffffffU);
        return (y >> 1) ^ ((0U - (low & 1U)) & 0x9908b0dfU);
    }

    Block state_{};
};

/// Returns the largest of the 2^24 values of a draw whose uniform float is at most alpha.
std::uint32_t largest_kept(double alpha) {
    // The comparison is one of floats: alpha is rounded to a float first.
    const double steps = std::floor(static_cast<double>(static_cast<float>(alpha)) * 0x1p24);
    return static_cast<std::uint32_t>(std::min(steps, 0x1p24 - 1));
}

}  // namespace

std::vector<std::uint32_t> torch_mask(std::uint64_t seed, std::size_t size, double alpha) {
    const std::uint32_t largest = largest_kept(alpha);
    BlockTwister twister(static_cast<std::uint32_t>(seed));
    std::vector<std::uint32_t> indices;
    indices.reserve(static_cast<std::size_t>(alpha * static_cast<double>(size)) + size / 64 + 1);
    for (std::size_t begin = 0; begin < size; begin += BlockTwister::kBlock) {
        const BlockTwister::Block draws = twister.next();
        const std::size_t count = std::min(BlockTwister::kBlock, size - begin);
        std::array<std::uint32_t, BlockTwister::kBlock> kept;
        std::size_t num_kept = 0;
        for (std::size_t i = 0; i < count; ++i) {
            kept[num_kept] = static_cast<std::uint32_t>(begin + i);
            num_kept += static_cast<std::size_t>((draws[i] & 0xffffffU) <= largest);
        }
        indices.insert(indices.end(), kept.begin(), kept.begin() + num_kept);
    }
    return indices;
}

}  // namespace murmur
