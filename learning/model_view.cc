#include "learning/model_view.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace murmur {

ModelView::ModelView(Parameters values) : whole_(std::move(values)) {}

ModelView::ModelView(std::vector<std::uint32_t> indices,
                     std::vector<float> values,
                     std::size_t width)
    : indices_(std::move(indices)), values_(std::move(values)), width_(width) {}

Parameters ModelView::completed(const ParameterVector& own) const {
    if (is_whole()) {
        return whole_;
    }
    auto vector = copy_of(own);
    const float* value = values_.data();
    for (const std::uint32_t index : indices_) {
        std::copy_n(value, width_, &vector->values()[index * width_]);
        value += width_;
    }
    return vector;
}

}  // namespace murmur
