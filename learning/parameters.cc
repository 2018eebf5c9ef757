#include "learning/parameters.h"

#include "learning/vector_storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace murmur {
namespace {

std::atomic<std::size_t> g_live_bytes{0};

std::size_t storage_bytes(std::size_t size) {
    const std::size_t bytes = std::max<std::size_t>(size, 1) * sizeof(float);
    return (bytes + kVectorAlignment - 1) / kVectorAlignment * kVectorAlignment;
}

}  // namespace

ParameterVector::ParameterVector(std::size_t size)
    : data_(take_vector_storage(storage_bytes(size))), size_(size) {
    g_live_bytes += storage_bytes(size);
}

ParameterVector::~ParameterVector() {
    g_live_bytes -= storage_bytes(size_);
    give_vector_storage(data_, storage_bytes(size_));
}

std::size_t ParameterVector::live_bytes() {
    return g_live_bytes;
}

Parameters make_parameters(std::span<const float> values) {
    auto parameters = std::make_shared<ParameterVector>(values.size());
    std::ranges::copy(values, parameters->values().begin());
    return parameters;
}

std::shared_ptr<ParameterVector> copy_of(const ParameterVector& x) {
    auto copy = std::make_shared<ParameterVector>(x.size());
    std::ranges::copy(x.values(), copy->values().begin());
    return copy;
}

Parameters apply_change(const ParameterVector& x,
                        const ParameterVector& before,
                        const ParameterVector& after,
                        const ParameterLayout& layout) {
    if (before.size() != x.size() || after.size() != x.size()) {
        throw std::invalid_argument(
            fmt::format("apply_change: vectors of different lengths, got {}, {} and {}",
                        x.size(),
                        before.size(),
                        after.size()));
    }
    auto changed = std::make_shared<ParameterVector>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        changed->values()[i] = x.values()[i] + (after.values()[i] - before.values()[i]);
    }
    for_each_buffer(layout, [&](std::size_t begin, std::size_t size) {
        std::ranges::copy(after.values().subspan(begin, size),
                          changed->values().subspan(begin).begin());
    });
    return changed;
}

}  // namespace murmur
