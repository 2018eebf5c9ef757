#include "learning/encoding/transform.h"
#include "learning/encoding/wavelet_filter.h"
#include "learning/parameters.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace murmur {
namespace {

constexpr std::size_t kMaxPairs = 8;

/// The taps of a low-pass and a high-pass filter in pairs: every other tap meets every other value.
struct FilterBank {
    std::size_t num_pairs = 0;
    std::array<float, kMaxPairs> low_even{};
    std::array<float, kMaxPairs> low_odd{};
    std::array<float, kMaxPairs> high_even{};
    std::array<float, kMaxPairs> high_odd{};
};

FilterBank make_filter_bank(std::span<const double> low) {
    // The high-pass filter of an orthogonal wavelet is the low-pass one reversed, with alternating
    // signs: high[j] = (-1)^j low[F - 1 - j].
    FilterBank bank;
    bank.num_pairs = low.size() / 2;
    for (std::size_t pair = 0; pair < bank.num_pairs; ++pair) {
        bank.low_even[pair] = static_cast<float>(low[2 * pair]);
        bank.low_odd[pair] = static_cast<float>(low[2 * pair + 1]);
        bank.high_even[pair] = static_cast<float>(low[low.size() - 1 - 2 * pair]);
        bank.high_odd[pair] = static_cast<float>(-low[low.size() - 2 - 2 * pair]);
    }
    return bank;
}

/// Returns the place of entry `t` of a vector that is mirrored at both ends, its last value
/// included, over and over: ... 1 0 | 0 1 2 | 2 1 0 0 1 ...
std::size_t mirrored(std::ptrdiff_t t, std::size_t size) {
    const auto period = static_cast<std::ptrdiff_t>(2 * size);
    const auto place = static_cast<std::size_t>(((t % period) + period) % period);
    return place < size ? place : 2 * size - 1 - place;
}

/// A mirrored vector, its even and odd entries apart so that filters read contiguous memory.
struct Padded {
    float* even;
    float* odd;
};

/// Fills `pairs` pairs, the first of which begins `margin` entries before the vector.
void pad(std::span<const float> x, std::size_t margin, std::size_t pairs, Padded padded) {
    const auto entry = [&](std::size_t i) {
        return x[mirrored(static_cast<std::ptrdiff_t>(i) - static_cast<std::ptrdiff_t>(margin),
                          x.size())];
    };
    // `margin` is even: inside, pair i holds x[2 i - margin] and the next.
    const std::size_t first = std::min(margin / 2, pairs);
    const std::size_t last = std::max(first, std::min(pairs, (margin + x.size()) / 2));
    for (std::size_t i = 0; i < first; ++i) {
        padded.even[i] = entry(2 * i);
        padded.odd[i] = entry(2 * i + 1);
    }
    const float* const inside = x.data();
    for (std::size_t i = first; i < last; ++i) {
        padded.even[i] = inside[2 * (i - first)];
        padded.odd[i] = inside[2 * (i - first) + 1];
    }
    for (std::size_t i = last; i < pairs; ++i) {
        padded.even[i] = entry(2 * i);
        padded.odd[i] = entry(2 * i + 1);
    }
}

/// low[i] = sum_j low_filter[j] x[2 i + j], high likewise.
template <std::size_t kPairs>
void analyze(const FilterBank& bank,
             Padded x,
             std::size_t size,
             float* __restrict low,
             float* __restrict high) {
    const float* const __restrict even = x.even;
    const float* const __restrict odd = x.odd;
    for (std::size_t i = 0; i < size; ++i) {
        float low_sum = 0;
        float high_sum = 0;
        for (std::size_t j = 0; j < kPairs; ++j) {
            low_sum += bank.low_even[j] * even[i + j] + bank.low_odd[j] * odd[i + j];
            high_sum += bank.high_even[j] * even[i + j] + bank.high_odd[j] * odd[i + j];
        }
        low[i] = low_sum;
        high[i] = high_sum;
    }
}

/// x[2 i] = sum_j low_filter[2 j] low[i + F/2 - 1 - j] + the same of high; x[2 i + 1] with the odd
/// taps.
template <std::size_t kPairs>
void synthesize(const FilterBank& bank,
                const float* __restrict low,
                const float* __restrict high,
                std::size_t size,
                float* __restrict x) {
    for (std::size_t i = 0; i < size; ++i) {
        float even_sum = 0;
        float odd_sum = 0;
        for (std::size_t j = 0; j < kPairs; ++j) {
            const std::size_t k = i + kPairs - 1 - j;
            even_sum += bank.low_even[j] * low[k] + bank.high_even[j] * high[k];
            odd_sum += bank.low_odd[j] * low[k] + bank.high_odd[j] * high[k];
        }
        x[2 * i] = even_sum;
        x[2 * i + 1] = odd_sum;
    }
}

using Analysis = void (*)(const FilterBank&, Padded, std::size_t, float*, float*);
using Synthesis = void (*)(const FilterBank&, const float*, const float*, std::size_t, float*);

/// The two loops for a filter length known to the compiler.
template <std::size_t... kIndex>
Analysis analysis_for(std::size_t pairs, std::index_sequence<kIndex...> /*unused*/) {
    constexpr std::array<Analysis, kMaxPairs> kTable{analyze<kIndex + 1>...};
    return kTable[pairs - 1];
}

template <std::size_t... kIndex>
Synthesis synthesis_for(std::size_t pairs, std::index_sequence<kIndex...> /*unused*/) {
    constexpr std::array<Synthesis, kMaxPairs> kTable{synthesize<kIndex + 1>...};
    return kTable[pairs - 1];
}

class WaveletTransform final : public Transform {
  public:
    WaveletTransform(std::span<const double> filter, std::size_t level)
        : bank_(make_filter_bank(filter)),
          level_(level),
          analyze_(analysis_for(bank_.num_pairs, std::make_index_sequence<kMaxPairs>())),
          synthesize_(synthesis_for(bank_.num_pairs, std::make_index_sequence<kMaxPairs>())) {}

    [[nodiscard]] std::size_t num_coefficients(std::size_t num_parameters) const override {
        std::size_t total = 0;
        std::size_t size = num_parameters;
        for (std::size_t i = 0; i < level_; ++i) {
            size = half(size);
            total += size;
        }
        return total + size;
    }

    // Mirroring at the borders adds coefficients that depend on others.
    [[nodiscard]] bool is_bijective() const override { return false; }

    void forward(std::span<const float> parameters, std::span<float> coefficients) const override {
        const std::size_t pairs = half(longest(parameters.size())) + bank_.num_pairs - 1;
        ParameterVector padding(2 * pairs);
        const Padded padded{padding.values().data(), padding.values().data() + pairs};
        // Each level reads the approximation of the one before, which ends up at the front.
        std::span<const float> x = parameters;
        std::size_t end = coefficients.size();
        for (std::size_t i = 0; i < level_; ++i) {
            const std::size_t size = half(x.size());
            pad(x, margin(), size + bank_.num_pairs - 1, padded);
            end -= size;
            analyze_(bank_, padded, size, coefficients.data(), coefficients.data() + end);
            x = coefficients.first(size);
        }
    }

    void inverse(std::span<const float> coefficients, std::span<float> parameters) const override {
        const std::vector<std::size_t> sizes = level_sizes(parameters.size());
        ParameterVector spare_a(longest(parameters.size()) + 1);
        ParameterVector spare_b(longest(parameters.size()) + 1);
        std::array<float*, 2> spare{spare_a.values().data(), spare_b.values().data()};
        const float* low = coefficients.data();
        std::size_t begin = sizes.back();  // of the details
        for (std::size_t i = level_; i > 0; --i) {
            const std::size_t size = sizes[i];
            // An approximation of odd length comes back with one value too many; it is ignored.
            synthesize_(
                bank_, low, coefficients.data() + begin, size - bank_.num_pairs + 1, spare[i % 2]);
            low = spare[i % 2];
            begin += size;
        }
        std::copy_n(low, parameters.size(), parameters.data());
    }

  private:
    /// Returns how many coefficients of either kind a vector has after one level.
    [[nodiscard]] std::size_t half(std::size_t size) const {
        return (size + 2 * bank_.num_pairs - 1) / 2;
    }
    /// Returns a bound on the approximations: those of a vector shorter than the filter grow.
    [[nodiscard]] std::size_t longest(std::size_t size) const {
        return std::max(size, 2 * bank_.num_pairs);
    }
    /// Returns how far the first filter position begins before the vector.
    [[nodiscard]] std::size_t margin() const { return 2 * bank_.num_pairs - 2; }

    /// Returns the length of the approximation at every level, that of the vector first.
    [[nodiscard]] std::vector<std::size_t> level_sizes(std::size_t num_parameters) const {
        std::vector<std::size_t> sizes{num_parameters};
        for (std::size_t i = 0; i < level_; ++i) {
            sizes.push_back(half(sizes.back()));
        }
        return sizes;
    }

    FilterBank bank_;
    std::size_t level_;
    Analysis analyze_;
    Synthesis synthesize_;
};

}  // namespace

std::unique_ptr<const Transform> make_wavelet_transform(std::string_view where,
                                                        std::string_view family,
                                                        std::int64_t level) {
    return std::make_unique<WaveletTransform>(wavelet_filter(where, family),
                                              static_cast<std::size_t>(level));
}

}  // namespace murmur
