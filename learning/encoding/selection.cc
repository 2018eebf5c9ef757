#include "learning/encoding/selection.h"

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

/// The bucket of the smallest magnitude that is taken, and how many entries lie above it.
struct Border {
    std::uint32_t bucket;
    std::size_t above;
    std::size_t inside;
};

Border find_border(std::span<const float> values, std::size_t count) {
    const auto sizes = count_buckets(values);
    std::uint32_t bucket = kNumBuckets - 1;
    std::size_t above = 0;
    while (above + sizes[bucket] < count) {
        above += sizes[bucket];
        --bucket;
    }
    return {bucket, above, sizes[bucket]};
}

/// The smallest magnitude that is taken, and how many entries of that very magnitude are.
struct Threshold {
    std::uint32_t magnitude;
    std::size_t ties;
};

/// Finds the magnitude of the `count`-th largest value.
/// @param indices  of all values in the bucket of the border and above it
Threshold find_threshold(std::span<const float> values,
                         std::span<const std::uint32_t> indices,
                         const Border& border,
                         std::size_t count) {
    std::vector<std::uint32_t> inside(border.inside + 1);
    std::size_t size = 0;
    for (const std::uint32_t index : indices) {
        inside[size] = magnitude(values[index]);
        size += static_cast<std::size_t>(bucket_of(values[index]) == border.bucket);
    }
    inside.pop_back();
    const auto wanted = inside.begin() + static_cast<std::ptrdiff_t>(count - border.above - 1);
    std::ranges::nth_element(inside, wanted, std::greater<>());
    const auto larger = static_cast<std::size_t>(
        std::count_if(inside.begin(), wanted, [&](std::uint32_t m) { return m > *wanted; }));
    return {*wanted, count - border.above - larger};
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
    const Border border = find_border(values, count);
    std::vector<std::uint32_t> indices =
        indices_where(values.size(), border.above + border.inside, [&](std::size_t i) {
            return bucket_of(values[i]) >= border.bucket;
        });
    Threshold threshold = find_threshold(values, indices, border, count);
    std::size_t taken = 0;
    for (const std::uint32_t index : indices) {
        const std::uint32_t m = magnitude(values[index]);
        const bool is_tie = m == threshold.magnitude && threshold.ties > 0;
        threshold.ties -= static_cast<std::size_t>(is_tie);
        indices[taken] = index;
        taken += static_cast<std::size_t>(is_tie | (m > threshold.magnitude));
    }
    indices.resize(taken);
    return indices;
}

std::vector<std::uint32_t> all_indices(std::size_t count) {
    std::vector<std::uint32_t> indices(count);
    std::iota(indices.begin(), indices.end(), 0U);
    return indices;
}

}  // namespace murmur
