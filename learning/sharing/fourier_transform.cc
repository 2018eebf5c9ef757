#include "learning/sharing/transform.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace murmur {
namespace {

/// Returns a tensor that looks into `values`; it is only read.
at::Tensor view_of(std::span<const float> values, at::IntArrayRef shape) {
    return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat);
}

class FourierTransform final : public Transform {
  public:
    [[nodiscard]] std::size_t width() const override { return 2; }
    [[nodiscard]] std::size_t num_coefficients(std::size_t num_parameters) const override {
        return num_parameters / 2 + 1;
    }
    [[nodiscard]] bool is_bijective() const override { return true; }

    void forward(std::span<const float> parameters, std::span<float> coefficients) const override {
        const at::Tensor z =
            at::fft_rfft(view_of(parameters, {static_cast<std::int64_t>(parameters.size())}));
        std::copy_n(
            at::view_as_real(z).data_ptr<float>(), coefficients.size(), coefficients.data());
    }

    void inverse(std::span<const float> coefficients, std::span<float> parameters) const override {
        const at::Tensor z = at::view_as_complex(
            view_of(coefficients, {static_cast<std::int64_t>(coefficients.size() / 2), 2}));
        // The length tells odd from even: both have the same number of coefficients as a neighbor.
        const at::Tensor x = at::fft_irfft(z, static_cast<std::int64_t>(parameters.size()));
        std::copy_n(x.data_ptr<float>(), parameters.size(), parameters.data());
    }
};

}  // namespace

std::unique_ptr<const Transform> make_fourier_transform() {
    return std::make_unique<FourierTransform>();
}

}  // namespace murmur
