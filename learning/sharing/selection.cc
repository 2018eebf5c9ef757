#include "learning/sharing/selection.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>

namespace murmur {
namespace {

/// The bits of |value|: as integers they order magnitudes, NaN last.
std::uint32_t magnitude(float value) {
    return std::bit_cast<std::uint32_t>(value) & 0x7fffffffU;
}

/// Exponent and first three bits of the mantissa.
constexpr unsigned kBucketShift = 20;
constexpr std::size_t kNumBuckets = std::size_t{1} << (31 - kBucketShift);

std::uint32_t bucket_of(float value) {
    return magnitude(value) >> kBucketShift;
}

/// Counts how many values fall into each bucket.
std::array<std::uint32_t, kNumBuckets> count_buckets(std::span<const float> values) {
    // Neighbors often share a bucket, and a counter that was just written is slow to read: four
    // tables in turn.
    constexpr std::size_t kTables = 4;
    std::array<std::array<std::uint32_t, kNumBuckets>, kTables> tables{};
    std::size_t i = 0;
    for (; i + kTables <= values.size(); i += kTables) {
        for (std::size_t table = 0; table < kTables; ++table) {
            ++tables[table][bucket_of(values[i + table])];
        }
    }
    for (; i < values.size(); ++i) {
        ++tables[0][bucket_of(values[i])];
    }
    for (std::size_t bucket = 0; bucket < kNumBuckets; ++bucket) {
        tables[0][bucket] += tables[1][bucket] + tables[2][bucket] + tables[3][bucket];
    }
    return tables[0];
}

/// Appends the index of every value that `is_taken`, without a branch that would be mispredicted.
template <class Predicate>
std::vector<std::uint32_t> indices_where(std::size_t size,
                                         std::size_t most,
                                         const Predicate& is_taken) {
    std::vector<std::uint32_t> indices(most + 1);  // one more to write what is then not taken
    std::size_t count = 0;
    for (std::size_t i = 0; i < size; ++i) {
        indices[count] = static_cast<std::uint32_t>(i);
        count += static_cast<std::size_t>(is_taken(i));
    }
    indices.resize(count);
    return indices;
}

/// The smallest magnitude that is taken, and how many entries of that very magnitude are.
struct Threshold {
    std::uint32_t magnitude;
    std::size_t ties;
};

/// Finds the magnitude of the `count`-th largest value.
Threshold find_threshold(std::span<const float> values, std::size_t count) {
    const auto sizes = count_buckets(values);
    std::size_t bucket = kNumBuckets;
    std::size_t above = 0;  // in higher buckets
    do {
        --bucket;
        above += sizes[bucket];
    } while (above < count);
    above -= sizes[bucket];

    std::vector<std::uint32_t> inside =
        indices_where(values.size(), sizes[bucket], [&](std::size_t i) {
            return bucket_of(values[i]) == bucket;
        });
    std::ranges::transform(
        inside, inside.begin(), [&](std::uint32_t i) { return magnitude(values[i]); });
    const auto wanted = inside.begin() + static_cast<std::ptrdiff_t>(count - above - 1);
    std::ranges::nth_element(inside, wanted, std::greater<>());
    const auto larger = static_cast<std::size_t>(
        std::count_if(inside.begin(), wanted, [&](std::uint32_t m) { return m > *wanted; }));
    return {*wanted, count - above - larger};
}

/// Returns the index of the last of the first `ties` entries of this magnitude.
std::size_t find_last_tie(std::span<const float> values, const Threshold& threshold) {
    std::size_t remaining = threshold.ties;
    std::size_t i = 0;
    for (;; ++i) {
        remaining -= static_cast<std::size_t>(magnitude(values[i]) == threshold.magnitude);
        if (remaining == 0) {
            return i;
        }
    }
}

}  // namespace

std::size_t entries_in_budget(double alpha, std::size_t count) {
    return static_cast<std::size_t>(std::nearbyint(alpha * static_cast<double>(count)));
}

std::vector<std::uint32_t> largest_magnitudes(std::span<const float> values, std::size_t count) {
    if (count == 0) {
        return {};
    }
    if (count == values.size()) {
        return all_indices(count);
    }
    const Threshold threshold = find_threshold(values, count);
    const std::size_t last_tie = find_last_tie(values, threshold);
    return indices_where(values.size(), count, [&](std::size_t i) {
        const std::uint32_t m = magnitude(values[i]);
        return (m > threshold.magnitude) | ((m == threshold.magnitude) & (i <= last_tie));
    });
}

std::vector<std::uint32_t> all_indices(std::size_t count) {
    std::vector<std::uint32_t> indices(count);
    std::iota(indices.begin(), indices.end(), 0U);
    return indices;
}

}  // namespace murmur
