#include "learning/aggregation/distances.h"

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>

namespace murmur {
namespace {

/// Sums of so many places run side by side, as one vector instruction adds them.
constexpr std::size_t kLanes = 16;

/// Returns the squared distance of the entries that a view holds from those of `own`.
double entry_distance(const ParameterVector& own, const ModelView& view) {
    double sum = 0;
    const float* value = view.values().data();
    for (const std::uint32_t index : view.indices()) {
        for (std::size_t part = 0; part < view.width(); ++part) {
            const double difference =
                static_cast<double>(*value++) -
                static_cast<double>(own.values()[index * view.width() + part]);
            sum += difference * difference;
        }
    }
    return sum;
}

template <std::size_t kSize>
double squared_distance_of_blocks(const std::array<double, kSize>& a,
                                  const std::array<double, kSize>& b) {
    constexpr std::size_t kSums = 8;
    static_assert(kSize % kSums == 0);
    std::array<double, kSums> sums{};
    for (std::size_t i = 0; i < kSize; i += kSums) {
        for (std::size_t lane = 0; lane < kSums; ++lane) {
            const double difference = a[i + lane] - b[i + lane];
            sums[lane] += difference * difference;
        }
    }
    return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

double squared_distance(std::span<const float> a, std::span<const float> b) {
    std::array<double, kLanes> sums{};
    const std::size_t whole = a.size() / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes) {
        const float* const __restrict x = a.data() + i;
        const float* const __restrict y = b.data() + i;
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const double difference = static_cast<double>(x[lane]) - static_cast<double>(y[lane]);
            sums[lane] += difference * difference;
        }
    }
    double sum = std::accumulate(sums.begin(), sums.end(), 0.0);
    for (std::size_t i = whole; i < a.size(); ++i) {
        const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        sum += difference * difference;
    }
    return sum;
}

std::vector<double> squared_distances(const ParameterVector& own,
                                      std::span<const WeightedView> neighbors) {
    std::vector<double> squares;
    squares.reserve(neighbors.size());
    for (const WeightedView& neighbor : neighbors) {
        const bool has_all = neighbor.view.values().size() == own.size();
        squares.push_back(has_all ? squared_distance(neighbor.view.values(), own.values())
                                  : entry_distance(own, neighbor.view));
    }
    return squares;
}

std::vector<Parameters> own_first(const Parameters& own, std::span<const WeightedView> neighbors) {
    std::vector<Parameters> vectors{own};
    for (const WeightedView& neighbor : neighbors) {
        vectors.push_back(neighbor.view.completed(*own));
    }
    return vectors;
}

std::vector<std::vector<double>> pairwise_squares(std::span<const Parameters> vectors) {
    std::vector<std::vector<double>> squares(vectors.size(), std::vector<double>(vectors.size()));
    const std::size_t size = vectors.empty() ? 0 : vectors.front()->size();
    // Block by block: a vector is read and made double once, not once for each other one.
    constexpr std::size_t kBlock = 256;
    std::vector<std::array<double, kBlock>> blocks(vectors.size());
    for (std::size_t begin = 0; begin < size; begin += kBlock) {
        const std::size_t count = std::min(kBlock, size - begin);
        for (std::size_t k = 0; k < vectors.size(); ++k) {
            const float* const values = vectors[k]->values().data() + begin;
            std::copy_n(values, count, blocks[k].begin());
            std::fill(blocks[k].begin() + count, blocks[k].end(), 0.0);
        }
        for (std::size_t i = 0; i < vectors.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                squares[i][j] += squared_distance_of_blocks(blocks[i], blocks[j]);
            }
        }
    }
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            squares[j][i] = squares[i][j];
        }
    }
    return squares;
}

std::vector<std::size_t> places_of_least(std::span<const double> values, std::size_t count) {
    std::vector<std::size_t> places(values.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::ranges::stable_sort(places, {}, [&](std::size_t place) { return values[place]; });
    places.resize(std::min(count, places.size()));
    // Sums go by place, so that a rule that leaves nothing out is the mean to the bit.
    std::ranges::sort(places);
    return places;
}

Parameters combination(std::span<const Parameters> vectors, std::span<const double> weights) {
    const std::size_t size = vectors.front()->size();
    auto result = std::make_shared<ParameterVector>(size);
    // Block by block, so that the running sums stay in the first cache level.
    constexpr std::size_t kBlock = 1024;
    std::array<double, kBlock> sums;
    for (std::size_t begin = 0; begin < size; begin += kBlock) {
        const std::size_t count = std::min(kBlock, size - begin);
        sums.fill(0);
        for (std::size_t k = 0; k < vectors.size(); ++k) {
            const float* const __restrict values = vectors[k]->values().data() + begin;
            const double weight = weights[k];
            for (std::size_t i = 0; i < count; ++i) {
                sums[i] += weight * static_cast<double>(values[i]);
            }
        }
        float* const __restrict merged = result->values().data() + begin;
        for (std::size_t i = 0; i < count; ++i) {
            merged[i] = static_cast<float>(sums[i]);
        }
    }
    return result;
}

Parameters mean_of(std::span<const Parameters> vectors, std::span<const std::size_t> places) {
    if (places.size() == 1) {
        return vectors[places.front()];
    }
    std::vector<Parameters> chosen;
    for (const std::size_t place : places) {
        chosen.push_back(vectors[place]);
    }
    const std::vector<double> weights(places.size(), 1.0 / static_cast<double>(places.size()));
    return combination(chosen, weights);
}

}  // namespace murmur
