#include "learning/aggregation/middle_mean.h"

#include "learning/aggregation/distances.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <vector>

namespace murmur {
namespace {

constexpr std::size_t kBlock = 512;
/// A stretch of one vector.
using Row = std::array<float, kBlock>;

/// Sorts the values at each place of the rows.
void sort_places(std::span<Row> rows) {
    // Whole rows are compared at once, four or more places an instruction, which for few rows is
    // several times faster than one sort after the other.
    constexpr std::size_t kFewRows = 32;
    if (rows.size() <= kFewRows) {
        for (std::size_t last = rows.size() - 1; last > 0; --last) {
            for (std::size_t row = 0; row < last; ++row) {
                float* const __restrict lower = rows[row].data();
                float* const __restrict upper = rows[row + 1].data();
                for (std::size_t i = 0; i < kBlock; ++i) {
                    // Written with one comparison GCC branches, at ten times the cost.
                    const float least = std::min(lower[i], upper[i]);
                    upper[i] = std::max(lower[i], upper[i]);
                    lower[i] = least;
                }
            }
        }
        return;
    }
    std::vector<float> place(rows.size());
    for (std::size_t i = 0; i < kBlock; ++i) {
        std::ranges::transform(rows, place.begin(), [i](const Row& row) { return row[i]; });
        std::ranges::sort(place);
        for (std::size_t row = 0; row < rows.size(); ++row) {
            rows[row][i] = place[row];
        }
    }
}

/// Writes the mean of the rows at each place.
void write_means(std::span<const Row> rows, std::span<float> means) {
    std::array<double, kBlock> sums{};
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < kBlock; ++i) {
            sums[i] += row[i];
        }
    }
    for (std::size_t i = 0; i < means.size(); ++i) {
        means[i] = static_cast<float>(sums[i] / static_cast<double>(rows.size()));
    }
}

}  // namespace

Parameters middle_mean(const Parameters& own,
                       std::span<const WeightedView> neighbors,
                       std::size_t cut) {
    const std::vector<Parameters> vectors = own_first(own, neighbors);
    auto merged = std::make_shared<ParameterVector>(own->size());
    std::vector<Row> rows(vectors.size(), Row{});
    for (std::size_t begin = 0; begin < own->size(); begin += kBlock) {
        const std::size_t count = std::min(kBlock, own->size() - begin);
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const float* const values = vectors[row]->values().data() + begin;
            for (std::size_t i = 0; i < count; ++i) {
                constexpr float kInfinity = std::numeric_limits<float>::infinity();
                rows[row][i] = values[i] == values[i] ? values[i] : kInfinity;
            }
        }
        sort_places(rows);
        write_means(std::span<const Row>(rows).subspan(cut, rows.size() - 2 * cut),
                    merged->values().subspan(begin, count));
    }
    return merged;
}

}  // namespace murmur
