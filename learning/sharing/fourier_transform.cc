#include "learning/parameters.h"
#include "learning/sharing/fftw_plan.h"
#include "learning/sharing/transform.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <numbers>
#include <vector>

namespace murmur {
namespace {

Complex conjugate(Complex a) {
    return {a.real, -a.imaginary};
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

/// A window that reaches `kHalfWidth` entries to either side and whose Fourier transform is all but
/// zero where the frequencies of a vector that zeros make sigma times longer come again: the
/// Kaiser-Bessel window, time and frequency swapped.  With sigma >= 1.4 what comes again is less
/// than float's rounding.
///
/// - [Keiner, 2009] J. Keiner, S. Kunis and D. Potts. Using NFFT 3: a software library for various
///   nonequispaced fast Fourier transforms. ACM Transactions on Mathematical Software 36(4), 19.
class Window {
  public:
    static constexpr double kHalfWidth = 5;

    explicit Window(double sigma) : shape_(std::numbers::pi * (2 - 1 / sigma)) {}

    /// Returns the window at a distance in entries of the longer vector.
    [[nodiscard]] double at(double distance) const {
        const double square = kHalfWidth * kHalfWidth - distance * distance;
        if (square <= 0) {
            return 0;
        }
        const double root = std::sqrt(square);
        return std::sinh(shape_ * root) / (std::numbers::pi * root);
    }

    /// Returns its Fourier transform at an angular frequency below pi / sigma.
    [[nodiscard]] double transform_at(double frequency) const {
        return std::cyl_bessel_i(0.0,
                                 kHalfWidth * std::sqrt(shape_ * shape_ - frequency * frequency));
    }

  private:
    double shape_;
};

/// The coefficients of a real vector, continued at both ends: those of -k and n - k are the
/// conjugates of that of k.
class Spectrum {
  public:
    explicit Spectrum(std::size_t num_reals)
        : num_reals_(num_reals), values_(num_reals / 2 + 1 + 2 * kMargin) {}

    /// The first coefficient; aligned as FFTW wants it.
    [[nodiscard]] Complex* data() { return values_.data() + kMargin; }

    void continue_ends() {
        Complex* const front = data();
        Complex* const end = front + num_reals_ / 2 + 1;
        for (std::size_t k = 1; k <= kMargin; ++k) {
            *(front - k) = conjugate(front[k]);
        }
        for (std::size_t k = 0; k < kMargin; ++k) {
            end[k] = conjugate(front[num_reals_ - (num_reals_ / 2 + 1 + k)]);
        }
    }

  private:
    static constexpr std::size_t kMargin = 8;
    std::size_t num_reals_;
    ComplexVector values_;
};

/// Interpolates a spectrum of `from` real numbers at the frequencies of one of `to`: each result is
/// the sum of the `kTaps` coefficients around it, weighted by the window.
template <std::size_t kTaps>
class Interpolation {
  public:
    Interpolation(std::size_t from, std::size_t to, const Window& window)
        : first_(to / 2 + 1), weights_(first_.size() * kTaps) {
        const double longer = static_cast<double>(std::max(from, to));
        const double scale = longer / static_cast<double>(from);
        for (std::size_t k = 0; k < first_.size(); ++k) {
            const double place =
                static_cast<double>(k) * static_cast<double>(from) / static_cast<double>(to);
            const double begin = std::floor(place - Window::kHalfWidth / scale) + 1;
            first_[k] = static_cast<std::int32_t>(begin);
            for (std::size_t tap = 0; tap < kTaps; ++tap) {
                const double distance = scale * (begin + static_cast<double>(tap) - place);
                weights_[k * kTaps + tap] = static_cast<float>(window.at(distance));
            }
        }
    }

    void run(const Complex* spectrum, Complex* __restrict result) const {
        const float* weights = weights_.data();
        for (std::size_t k = 0; k < first_.size(); ++k, weights += kTaps) {
            const Complex* const __restrict taps = spectrum + first_[k];
            Complex even{0, 0};
            Complex odd{0, 0};
            for (std::size_t tap = 0; tap < kTaps; tap += 2) {
                even.real += weights[tap] * taps[tap].real;
                even.imaginary += weights[tap] * taps[tap].imaginary;
                odd.real += weights[tap + 1] * taps[tap + 1].real;
                odd.imaginary += weights[tap + 1] * taps[tap + 1].imaginary;
            }
            result[k] = {even.real + odd.real, even.imaginary + odd.imaginary};
        }
    }

  private:
    std::vector<std::int32_t> first_;
    std::vector<float> weights_;
};

/// The transform of n real numbers, where n has a large prime factor, by way of a longer one of
/// small factors: the vector divided by the window's transform, with zeros between its halves, has
/// a spectrum from which the window interpolates the frequencies asked for.  Takes half the time of
/// Bluestein's algorithm, which needs two transforms of 2 n, for 89,834 = 2 x 44,917.  The rounding
/// error is that of the longer transform.
///
/// - [Dutt, 1993] A. Dutt and V. Rokhlin. Fast Fourier transforms for nonequispaced data. SIAM
///   Journal on Scientific Computing 14(6):1368-1393.
class InterpolatedPlan final : public RealPlan {
  public:
    explicit InterpolatedPlan(std::size_t size)
        : size_(size),
          longer_(longer_length(size)),
          window_(static_cast<double>(longer_) / static_cast<double>(size)),
          to_complex_(FftwPlan::real_to_complex(longer_)),
          to_real_(FftwPlan::complex_to_real(longer_)),
          shorten_(longer_, size, window_),
          lengthen_(size, longer_, window_),
          correction_(size / 2 + 1) {
        for (std::size_t j = 0; j < correction_.size(); ++j) {
            const double frequency =
                2 * std::numbers::pi * static_cast<double>(j) / static_cast<double>(longer_);
            correction_[j] = static_cast<float>(1 / window_.transform_at(frequency));
        }
    }

    void forward(std::span<const float> x, std::span<Complex> z) const override {
        ParameterVector padded(longer_);
        float* const __restrict front = padded.values().data();
        float* const __restrict end = front + longer_;
        std::fill(front + num_front(), end - num_back(), 0.0F);
        for (std::size_t j = 0; j < num_front(); ++j) {
            front[j] = correction_[j] * x[j];
        }
        for (std::size_t j = 1; j <= num_back(); ++j) {
            *(end - j) = correction_[j] * x[size_ - j];
        }
        Spectrum spectrum(longer_);
        to_complex_.run(front, spectrum.data());
        spectrum.continue_ends();
        shorten_.run(spectrum.data(), z.data());
    }

    void inverse(std::span<const Complex> z, std::span<float> x) const override {
        Spectrum spectrum(size_);
        std::ranges::copy(z, spectrum.data());
        // No real vector has others; what is there is ignored, as by FFTW and NumPy.
        spectrum.data()[0].imaginary = 0;
        if (size_ % 2 == 0) {
            spectrum.data()[size_ / 2].imaginary = 0;
        }
        spectrum.continue_ends();
        ComplexVector longer(longer_ / 2 + 1);
        lengthen_.run(spectrum.data(), longer.data());
        ParameterVector padded(longer_);
        const float* const __restrict front = padded.values().data();
        const float* const __restrict end = front + longer_;
        to_real_.run(longer.data(), padded.values().data());
        const float scale = 1.0F / static_cast<float>(size_);
        for (std::size_t j = 0; j < num_front(); ++j) {
            x[j] = scale * correction_[j] * front[j];
        }
        for (std::size_t j = 1; j <= num_back(); ++j) {
            x[size_ - j] = scale * correction_[j] * *(end - j);
        }
    }

  private:
    static constexpr std::size_t kTaps = 10;  ///< of an interpolation in the longer spectrum
    static constexpr std::size_t kTapsOfShorter = 8;  ///< at least 10 / sigma

    /// Returns 1.4 to 1.75 times `size`: the next length of a kind for which FFTW estimates good
    /// plans.
    static std::size_t longer_length(std::size_t size) {
        const std::size_t least = size + 2 * size / 5 + 1;
        const std::size_t sixteenth = std::bit_floor(least) / 16;
        for (const std::size_t count : {16U, 20U, 25U, 30U}) {
            if (count * sixteenth >= least) {
                return count * sixteenth;
            }
        }
        return 32 * sixteenth;
    }

    [[nodiscard]] std::size_t num_front() const { return (size_ + 1) / 2; }
    [[nodiscard]] std::size_t num_back() const { return size_ / 2; }

    std::size_t size_;
    std::size_t longer_;
    Window window_;
    FftwPlan to_complex_;
    FftwPlan to_real_;
    Interpolation<kTaps> shorten_;
    Interpolation<kTapsOfShorter> lengthen_;
    std::vector<float> correction_;  ///< 1 / the window's transform, by the distance from entry 0
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
    static constexpr std::size_t kSmall = 1000;  ///< FFTW takes any such length in no time

    [[nodiscard]] const RealPlan& plan_for(std::size_t size) const {
        const std::lock_guard lock(mutex_);
        auto& plan = plans_[size];
        if (!plan) {
            if (size >= kSmall && has_large_prime_factor(size)) {
                plan = std::make_unique<InterpolatedPlan>(size);
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
