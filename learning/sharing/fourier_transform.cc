#include "learning/parameters.h"
#include "learning/sharing/fftw_plan.h"
#include "learning/sharing/transform.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>
#include <vector>

namespace murmur {
namespace {

Complex operator+(Complex a, Complex b) {
    return {a.real + b.real, a.imaginary + b.imaginary};
}
Complex operator-(Complex a, Complex b) {
    return {a.real - b.real, a.imaginary - b.imaginary};
}
Complex operator*(Complex a, Complex b) {
    return {a.real * b.real - a.imaginary * b.imaginary,
            a.real * b.imaginary + a.imaginary * b.real};
}
Complex operator*(float factor, Complex a) {
    return {factor * a.real, factor * a.imaginary};
}
Complex conjugate(Complex a) {
    return {a.real, -a.imaginary};
}
Complex times_i(Complex a) {
    return {-a.imaginary, a.real};
}

/// Complex numbers in memory as FFTW wants it, recycled between transforms.
class ComplexVector {
  public:
    explicit ComplexVector(std::size_t size) : floats_(2 * size) {}
    [[nodiscard]] Complex* data() { return reinterpret_cast<Complex*>(floats_.values().data()); }

  private:
    ParameterVector floats_;
};

std::size_t without_factor(std::size_t number, std::size_t factor) {
    while (number % factor == 0) {
        number /= factor;
    }
    return number;
}

bool has_large_prime_factor(std::size_t number) {
    constexpr std::size_t kLarge = 50;
    for (std::size_t factor = 2; factor < kLarge; ++factor) {
        number = without_factor(number, factor);
    }
    return number > 1;
}

std::size_t next_fast_length(std::size_t length) {
    while (without_factor(without_factor(without_factor(length, 2), 3), 5) > 1) {
        ++length;
    }
    return length;
}

/// Returns exp(-2 pi i multiple / period).
Complex root_of_unity(std::size_t multiple, std::size_t period) {
    const double angle = -2 * std::numbers::pi * static_cast<double>(multiple % period) /
                         static_cast<double>(period);
    return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
}

/// The transform of real vectors of one length.  Memory of any alignment is copied: what FFTW
/// computes must not depend on where its caller's vectors lie.
class RealPlan {
  public:
    virtual ~RealPlan() = default;
    virtual void forward(std::span<const float> x, std::span<Complex> z) const = 0;
    virtual void inverse(std::span<const Complex> z, std::span<float> x) const = 0;
};

/// FFTW's own transform of real vectors.
class DirectPlan final : public RealPlan {
  public:
    explicit DirectPlan(std::size_t size)
        : to_complex_(FftwPlan::real_to_complex(size)), to_real_(FftwPlan::complex_to_real(size)) {}

    void forward(std::span<const float> x, std::span<Complex> z) const override {
        ParameterVector in(x.size());
        ComplexVector out(z.size());
        std::ranges::copy(x, in.values().begin());
        to_complex_.run(in.values().data(), out.data());
        std::copy_n(out.data(), z.size(), z.begin());
    }

    void inverse(std::span<const Complex> z, std::span<float> x) const override {
        ComplexVector in(z.size());
        ParameterVector out(x.size());
        std::ranges::copy(z, in.data());
        to_real_.run(in.data(), out.values().data());
        const float scale = 1.0F / static_cast<float>(x.size());
        std::ranges::transform(out.values(), x.begin(), [&](float value) { return scale * value; });
    }

  private:
    FftwPlan to_complex_;
    FftwPlan to_real_;
};

/// The transform of 2 m real numbers, where m has a large prime factor, by two shortcuts that
/// together take three quarters of FFTW's own time for 89,834 = 2 x 44,917:
///
/// - even and odd entries make the real and imaginary parts of m complex numbers;
/// - their transform is a convolution, computed with a length of small factors [Bluestein, 1970, A
///   linear filtering approach to the computation of discrete Fourier transform].
class ChirpPlan final : public RealPlan {
  public:
    explicit ChirpPlan(std::size_t size)
        : m_(size / 2),
          padded_(next_fast_length(2 * m_ - 1)),
          transform_(FftwPlan::complex(padded_, FftwPlan::Direction::kForward)),
          invert_(FftwPlan::complex(padded_, FftwPlan::Direction::kInverse)),
          kernel_(padded_) {
        for (std::size_t k = 0; k < m_; ++k) {
            chirp_.push_back(root_of_unity(k * k, 2 * m_));
            twiddle_.push_back(root_of_unity(k, 2 * m_));
        }
        ComplexVector mirrored(padded_);
        std::fill_n(mirrored.data(), padded_, Complex{0, 0});
        mirrored.data()[0] = conjugate(chirp_[0]);
        for (std::size_t k = 1; k < m_; ++k) {
            mirrored.data()[k] = mirrored.data()[padded_ - k] = conjugate(chirp_[k]);
        }
        ComplexVector kernel(padded_);
        transform_.run(mirrored.data(), kernel.data());
        const float scale = 1.0F / static_cast<float>(padded_);
        std::transform(kernel.data(), kernel.data() + padded_, kernel_.begin(), [&](Complex value) {
            return scale * value;
        });
    }

    void forward(std::span<const float> x, std::span<Complex> z) const override {
        ComplexVector y(padded_);
        pair(x, y.data());
        convolve(y);
        multiply(y.data(), chirp_);
        split(y.data(), z.data());
    }

    void inverse(std::span<const Complex> z, std::span<float> x) const override {
        // The conjugate of the inverse is the transform of the conjugate.
        ComplexVector y(padded_);
        join(z.data(), y.data());
        convolve(y);
        unpair(y.data(), x.data());
    }

  private:
    // y_k are the pairs (x_2k, x_2k+1), Y_k their transform; `convolve` makes Y_k / chirp_k of
    // y_k chirp_k.

    void pair(std::span<const float> x, Complex* __restrict y) const {
        for (std::size_t k = 0; k < m_; ++k) {
            y[k] = Complex{x[2 * k], x[2 * k + 1]} * chirp_[k];
        }
    }

    void unpair(const Complex* __restrict y, float* __restrict x) const {
        const float scale = 1.0F / static_cast<float>(m_);
        for (std::size_t k = 0; k < m_; ++k) {
            const Complex value = y[k] * chirp_[k];
            x[2 * k] = scale * value.real;
            x[2 * k + 1] = -scale * value.imaginary;
        }
    }

    /// Writes the transform of all entries, made of those of the even and of the odd ones.
    void split(const Complex* __restrict y, Complex* __restrict z) const {
        z[0] = {y[0].real + y[0].imaginary, 0};
        z[m_] = {y[0].real - y[0].imaginary, 0};
        for (std::size_t k = 1; k < m_; ++k) {
            const Complex front = y[k];
            const Complex back = conjugate(y[m_ - k]);
            const Complex even = 0.5F * (front + back);
            const Complex odd = -0.5F * times_i(front - back);
            z[k] = even + twiddle_[k] * odd;
        }
    }

    void join(const Complex* __restrict z, Complex* __restrict y) const {
        y[0] = {0.5F * (z[0].real + z[m_].real), -0.5F * (z[0].real - z[m_].real)};
        for (std::size_t k = 1; k < m_; ++k) {
            const Complex front = z[k];
            const Complex back = conjugate(z[m_ - k]);
            const Complex odd = (front - back) * conjugate(twiddle_[k]);
            y[k] = conjugate(0.5F * (front + back + times_i(odd))) * chirp_[k];
        }
    }

    void convolve(ComplexVector& y) const {
        std::fill(y.data() + m_, y.data() + padded_, Complex{0, 0});
        ComplexVector spectrum(padded_);
        transform_.run(y.data(), spectrum.data());
        multiply(spectrum.data(), kernel_);
        invert_.run(spectrum.data(), y.data());
    }

    static void multiply(Complex* __restrict values, const std::vector<Complex>& factors) {
        for (std::size_t k = 0; k < factors.size(); ++k) {
            values[k] = values[k] * factors[k];
        }
    }

    std::size_t m_;
    std::size_t padded_;
    FftwPlan transform_;
    FftwPlan invert_;
    std::vector<Complex> chirp_;    ///< exp(-pi i k^2 / m)
    std::vector<Complex> kernel_;   ///< transform of the chirp's conjugate, mirrored and scaled
    std::vector<Complex> twiddle_;  ///< exp(-pi i k / m)
};

class FourierTransform final : public Transform {
  public:
    [[nodiscard]] std::size_t width() const override { return 2; }
    [[nodiscard]] std::size_t num_coefficients(std::size_t num_parameters) const override {
        return num_parameters / 2 + 1;
    }
    [[nodiscard]] bool is_bijective() const override { return true; }

    void forward(std::span<const float> parameters, std::span<float> coefficients) const override {
        plan_for(parameters.size())
            .forward(parameters,
                     {reinterpret_cast<Complex*>(coefficients.data()), coefficients.size() / 2});
    }

    void inverse(std::span<const float> coefficients, std::span<float> parameters) const override {
        // The length is given: two lengths have as many coefficients.
        plan_for(parameters.size())
            .inverse(
                {reinterpret_cast<const Complex*>(coefficients.data()), coefficients.size() / 2},
                parameters);
    }

  private:
    [[nodiscard]] const RealPlan& plan_for(std::size_t size) const {
        const std::lock_guard lock(mutex_);
        auto& plan = plans_[size];
        if (!plan) {
            if (size % 2 == 0 && has_large_prime_factor(size / 2)) {
                plan = std::make_unique<ChirpPlan>(size);
            } else {
                plan = std::make_unique<DirectPlan>(size);
            }
        }
        return *plan;
    }

    mutable std::mutex mutex_;
    mutable std::map<std::size_t, std::unique_ptr<const RealPlan>> plans_;
};

}  // namespace

std::unique_ptr<const Transform> make_fourier_transform() {
    return std::make_unique<FourierTransform>();
}

}  // namespace murmur
