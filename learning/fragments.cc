#include "learning/fragments.h"

#include <algorithm>
#include <string_view>

namespace murmur {
namespace {

std::string_view module_of(const ParameterBlock& block) {
    const std::size_t dot = block.name.rfind('.');
    return dot == std::string::npos ? std::string_view{} : std::string_view(block.name).substr(0, dot);
}

std::vector<ValueRange> layers_of(const ParameterLayout& layout) {
    std::vector<ValueRange> layers;
    std::size_t begin = 0;
    std::string_view module;
    for (const ParameterBlock& block : layout) {
        const std::string_view name = module_of(block);
        if (layers.empty() || name.empty() || name != module) {
            layers.push_back({begin, 0});
        }
        module = name;
        layers.back().size += block.size();
        begin += block.size();
    }
    return layers;
}

void append(Fragment& fragment, ValueRange range) {
    if (range.size == 0) {
        return;
    }
    if (!fragment.empty() && fragment.back().begin + fragment.back().size == range.begin) {
        fragment.back().size += range.size;
    } else {
        fragment.push_back(range);
    }
}

}  // namespace

std::vector<Fragment> fragments_of(const ParameterLayout& layout,
                                   std::size_t num_parameters,
                                   std::size_t count,
                                   FragmentOrder order) {
    std::vector<Fragment> fragments(count);
    const std::vector<ValueRange> layers = layers_of(layout);
    if (layers.size() < count) {
        for (std::size_t p = 0; p < count; ++p) {
            const std::size_t begin = p * num_parameters / count;
            append(fragments[p], {begin, (p + 1) * num_parameters / count - begin});
        }
        return fragments;
    }
    if (order == FragmentOrder::kStrided) {
        for (std::size_t layer = 0; layer < layers.size(); ++layer) {
            append(fragments[layer % count], layers[layer]);
        }
        return fragments;
    }
    std::size_t layer = 0;
    for (std::size_t p = 0; p < count; ++p) {
        const std::size_t begin = layers[layer].begin;
        const std::size_t others = count - 1 - p;
        const std::size_t end = begin + (num_parameters - begin) / (others + 1);
        // A layer belongs where most of it is; each of the others keeps one at least.
        do {
            append(fragments[p], layers[layer]);
            ++layer;
        } while (layers.size() - layer > others &&
                 (others == 0 || layers[layer].begin + layers[layer].size / 2 < end));
    }
    return fragments;
}

std::size_t size_of(const Fragment& fragment) {
    std::size_t size = 0;
    for (const ValueRange& range : fragment) {
        size += range.size;
    }
    return size;
}

Parameters gather(const ParameterVector& vector, const Fragment& fragment) {
    auto gathered = std::make_shared<ParameterVector>(size_of(fragment));
    auto to = gathered->values().begin();
    for (const ValueRange& range : fragment) {
        to = std::ranges::copy(vector.values().subspan(range.begin, range.size), to).out;
    }
    return gathered;
}

void scatter(std::span<const float> values, const Fragment& fragment, std::span<float> vector) {
    for (const ValueRange& range : fragment) {
        std::ranges::copy(values.first(range.size), vector.subspan(range.begin).begin());
        values = values.subspan(range.size);
    }
}

}  // namespace murmur
