#include "learning/model_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {

namespace {

void require_length(const ParameterVector& vector, std::size_t length) {
    if (vector.size() != length) {
        throw std::invalid_argument(fmt::format(
            "a change of a model: got {} values, allowed {}, the model's", vector.size(), length));
    }
}

}  // namespace

Parameters change_between(const ParameterVector& before,
                          const ParameterVector& after,
                          const ParameterLayout& layout) {
    require_length(after, before.size());
    auto change = std::make_shared<ParameterVector>(before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        change->values()[i] = after.values()[i] - before.values()[i];
    }
    for_each_buffer(layout, [&](std::size_t begin, std::size_t size) {
        std::ranges::copy(after.values().subspan(begin, size),
                          change->values().subspan(begin).begin());
    });
    return change;
}

Parameters add_changes(const ParameterVector& x,
                       std::span<const WeightedChange> changes,
                       const ParameterLayout& layout) {
    auto sum = copy_of(x);
    for (const WeightedChange& each : changes) {
        require_length(*each.change, x.size());
        const auto weight = static_cast<float>(each.weight);
        for (std::size_t i = 0; i < x.size(); ++i) {
            sum->values()[i] += weight * each.change->values()[i];
        }
    }
    const auto share = 1.0F / static_cast<float>(changes.size());
    for_each_buffer(layout, [&](std::size_t begin, std::size_t size) {
        for (std::size_t i = begin; i < begin + size; ++i) {
            float mean = 0;
            for (const WeightedChange& each : changes) {
                mean += share * each.change->values()[i];
            }
            sum->values()[i] = mean;
        }
    });
    return sum;
}

}  // namespace murmur
