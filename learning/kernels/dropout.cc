#include "learning/kernels/dropout.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>

namespace murmur {

at::Tensor dropout(const at::Tensor& x, double rate, const ForwardContext& context) {
    if (context.pass == Pass::kTesting || rate == 0) {
        return x;
    }
    if (context.random == nullptr) {
        throw std::logic_error("dropout: a training pass without a random stream");
    }
    // LibTorch's own draws from the generator of the process, which all nodes would share.
    at::Tensor factors = at::empty(x.sizes(), at::kFloat);
    float* const values = factors.data_ptr<float>();
    const std::int64_t size = factors.numel();
    const auto kept = static_cast<float>(1 / (1 - rate));
    const auto dropped_below = static_cast<std::uint64_t>(std::ldexp(rate, 32));
    // One draw serves two values, 32 bits each.
    for (std::int64_t i = 0; i < size; i += 2) {
        const std::uint64_t draw = (*context.random)();
        values[i] = (draw & 0xffffffffU) < dropped_below ? 0.0F : kept;
        if (i + 1 < size) {
            values[i + 1] = draw >> 32 < dropped_below ? 0.0F : kept;
        }
    }
    return x * factors;
}

}  // namespace murmur
