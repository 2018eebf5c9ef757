#include "learning/aggregation/weighted_sum.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace murmur {
namespace {

struct Term {
    const float* values;
    float weight;
};

/// Writes the weighted sum of all terms, `size` values each.
void sum_terms(std::span<const Term> terms, std::size_t size, float* sum) {
    // Block by block, so that the running sum stays in the first cache level and every vector is
    // read once.  Each value is still summed in the order of the terms.
    constexpr std::size_t kBlock = 2048;
    for (std::size_t begin = 0; begin < size; begin += kBlock) {
        const std::size_t end = std::min(begin + kBlock, size);
        for (std::size_t i = begin; i < end; ++i) {
            sum[i] = terms[0].weight * terms[0].values[i];
        }
        for (const Term& term : terms.subspan(1)) {
            for (std::size_t i = begin; i < end; ++i) {
                sum[i] += term.weight * term.values[i];
            }
        }
    }
}

/// sum += weight * (values - own)
void add_all(std::span<const float> values,
             float weight,
             const float* __restrict own,
             float* __restrict sum) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        sum[i] += weight * (values[i] - own[i]);
    }
}

/// The same at the places of entries of `kWidth` values; 0: of as many as the view says.
template <std::size_t kWidth>
void add_entries(const ModelView& view,
                 float weight,
                 const float* __restrict own,
                 float* __restrict sum) {
    const std::size_t width = kWidth == 0 ? view.width() : kWidth;
    const float* __restrict value = view.values().data();
    for (const std::uint32_t index : view.indices()) {
        for (std::size_t part = 0; part < width; ++part) {
            const std::size_t i = index * width + part;
            sum[i] += weight * (*value++ - own[i]);
        }
    }
}

}  // namespace

Parameters weighted_sum(const ParameterVector& own,
                        double self_weight,
                        std::span<const WeightedView> neighbors,
                        const std::function<double(const WeightedView&)>& weight_of) {
    auto result = std::make_shared<ParameterVector>(own.size());
    float* const sum = result->values().data();
    const float* const u = own.values().data();
    if (std::ranges::all_of(neighbors, [](const auto& n) { return n.view.is_whole(); })) {
        std::vector<Term> terms{{u, static_cast<float>(self_weight)}};
        for (const WeightedView& neighbor : neighbors) {
            terms.push_back(
                {neighbor.view.values().data(), static_cast<float>(weight_of(neighbor))});
        }
        sum_terms(terms, own.size(), sum);
        return result;
    }
    std::ranges::copy(own.values(), sum);
    for (const WeightedView& neighbor : neighbors) {
        const auto weight = static_cast<float>(weight_of(neighbor));
        if (neighbor.view.values().size() == own.size()) {
            add_all(neighbor.view.values(), weight, u, sum);
        } else if (neighbor.view.width() == 1) {
            add_entries<1>(neighbor.view, weight, u, sum);
        } else {
            add_entries<0>(neighbor.view, weight, u, sum);
        }
    }
    return result;
}

}  // namespace murmur
