#pragma once

#include "learning/dataset.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <vector>

namespace murmur::fuzz {

/// Sees that what was read keeps the promises of `Dataset`: a reader that lets wrong numbers pass
/// would crash whoever trains on them.
inline void check_dataset(const Dataset& data) {
    const auto require = [](bool holds) {
        if (!holds) {
            throw std::logic_error("read what is no dataset");
        }
    };
    require(data.size() > 0);
    const auto labels = data.labels();
    require(labels.empty() || static_cast<std::int64_t>(labels.size()) == data.size());
    require(std::ranges::all_of(
        labels, [&](std::int64_t label) { return label >= 0 && label < data.num_classes(); }));
    const auto users = data.user_offsets();
    require(users.empty() ||
            (users.front() == 0 && users.back() == data.size() && std::ranges::is_sorted(users)));
    // The first and the last samples: as floats, all of them may take more than the input
    // justifies.
    std::vector<std::int64_t> samples;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(16, data.size()); ++i) {
        samples.push_back(i);
        samples.push_back(data.size() - 1 - i);
    }
    const Batch batch = data.batch(samples);
    const std::vector<std::int64_t> ranges = data.input_ranges();
    if (!ranges.empty()) {
        const auto inputs = batch.inputs.accessor<std::int64_t, 2>();
        for (std::int64_t i = 0; i < inputs.size(0); ++i) {
            for (std::int64_t k = 0; k < inputs.size(1); ++k) {
                const std::int64_t range = ranges[ranges.size() == 1 ? 0 : k];
                require(inputs[i][k] >= 0 && inputs[i][k] < range);
            }
        }
    }
}

inline void check_dataset(const DatasetPair& pair) {
    check_dataset(*pair.train);
    check_dataset(*pair.test);
}

}  // namespace murmur::fuzz
