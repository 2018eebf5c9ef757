#include "learning/encoding/fftw_plan.h"
#include "learning/encoding/transform.h"
#include "learning/parameters.h"

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
Complex times_i(Complex a) {
    return {-a.imaginary, a.real};
}
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

/// The transform of m complex numbers, where m has a large prime factor, by way of a longer one of
/// small factors: the vector divided by the window's transform, with zeros between its halves, has
/// a spectrum from which the window interpolates the frequencies asked for.
///
/// - [Dutt, 1993] A. Dutt and V. Rokhlin. Fast Fourier transforms for nonequispaced data. SIAM
///   Journal on Scientific Computing 14(6):1368-1393.
class InterpolatedTransform {
  public:
    explicit InterpolatedTransform(std::size_t size)
        : size_(size),
          longer_(longer_length(size)),
          plan_(FftwPlan::complex(longer_)),
          correction_(size / 2 + 1),
          first_(correction_.size()),
          weights_(first_.size() * kTaps) {
        const double sigma = static_cast<double>(longer_) / static_cast<double>(size);
        const Window window(sigma);
        for (std::size_t k = 0; k < correction_.size(); ++k) {
            const double frequency =
                2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(longer_);
            correction_[k] = static_cast<float>(1 / window.transform_at(frequency));
            const double place = static_cast<double>(k) * sigma;
            const double begin = std::floor(place - Window::kHalfWidth) + 1;
            first_[k] = static_cast<std::uint32_t>(begin + kMargin);
            for (std::size_t tap = 0; tap < kTaps; ++tap) {
                const double distance = begin + static_cast<double>(tap) - place;
                weights_[k * kTaps + tap] = static_cast<float>(window.at(distance));
            }
        }
    }

    /// Transforms what `read(k)` returns for each k below m, and gives the results two by two to
    /// `write(k, Y_k, Y_{m - k})`, for k = 0 to m / 2; Y_m is Y_0.
    template <class Read, class Write>
    void run(const Read& read, const Write& write) const {
        ComplexVector padded(longer_);
        Complex* const __restrict front = padded.data();
        for (std::size_t k = 0; k < num_front(); ++k) {
            front[k] = correction_[k] * read(k);
        }
        std::fill(front + num_front(), front + longer_ - num_back(), Complex{0, 0});
        for (std::size_t k = 1; k <= num_back(); ++k) {
            front[longer_ - k] = correction_[k] * read(size_ - k);
        }
        ComplexVector spectrum(longer_);
        plan_.run(front, spectrum.data());
        ParameterVector memory(4 * (longer_ / 2 + 1 + 2 * kMargin));
        auto* const pairs = reinterpret_cast<Pair*>(memory.values().data());
        pair_mirrored(spectrum.data(), pairs);
        const float* __restrict weights = weights_.data();
        for (std::size_t k = 0; k <= size_ / 2; ++k, weights += kTaps) {
            const Pair sum = weighted_sum(pairs + first_[k], weights);
            write(k, Complex{sum[0], sum[1]}, Complex{sum[2], sum[3]});
        }
    }

  private:
    static constexpr std::size_t kTaps = 10;
    static constexpr std::size_t kMargin = 5;

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

    /// Two complex numbers in a vector register; GCC and Clang add and multiply them at once.
    using Pair = float __attribute__((vector_size(4 * sizeof(float))));

    /// Writes the values at l and at N - l, for l from -kMargin to N / 2 + kMargin.
    void pair_mirrored(const Complex* __restrict values, Pair* __restrict pairs) const {
        const auto pair = [&](std::size_t front, std::size_t back) {
            return Pair{values[front].real,
                        values[front].imaginary,
                        values[back].real,
                        values[back].imaginary};
        };
        for (std::size_t l = 1; l <= kMargin; ++l) {
            pairs[kMargin - l] = pair(longer_ - l, l);
        }
        pairs[kMargin] = pair(0, 0);
        for (std::size_t l = 1; l <= longer_ / 2 + kMargin; ++l) {
            pairs[kMargin + l] = pair(l, longer_ - l);
        }
    }

    static Pair weighted_sum(const Pair* __restrict taps, const float* __restrict weights) {
        Pair sum{};
        for (std::size_t tap = 0; tap < kTaps; ++tap) {
            sum += weights[tap] * taps[tap];
        }
        return sum;
    }

    [[nodiscard]] std::size_t num_front() const { return (size_ + 1) / 2; }
    [[nodiscard]] std::size_t num_back() const { return size_ / 2; }

    std::size_t size_;
    std::size_t longer_;
    FftwPlan plan_;
    std::vector<float> correction_;     ///< 1 / the window's transform, by the distance from 0
    std::vector<std::uint32_t> first_;  ///< tap, counted from -kMargin, by frequency up to m / 2
    std::vector<float> weights_;        ///< [m / 2 + 1, kTaps]
};

/// The transform of an even number 2 m of real ones, where m has a large prime factor: even and odd
/// entries are the real and imaginary parts of m complex numbers.  Takes half the time of
/// Bluestein's algorithm for 89,834 = 2 x 44,917.
class PairedPlan final : public RealPlan {
  public:
    explicit PairedPlan(std::size_t size) : m_(size / 2), transform_(m_), twiddle_(m_ / 2 + 1) {
        for (std::size_t k = 0; k < twiddle_.size(); ++k) {
            const double angle =
                -std::numbers::pi * static_cast<double>(k) / static_cast<double>(m_);
            twiddle_[k] = {static_cast<float>(std::cos(angle)),
                           static_cast<float>(std::sin(angle))};
        }
    }

    void forward(std::span<const float> x, std::span<Complex> z) const override {
        transform_.run(
            [&](std::size_t k) {
                return Complex{x[2 * k], x[2 * k + 1]};
            },
            [&](std::size_t k, Complex front, Complex back) {
                // The transforms of the even entries and of the odd ones.
                const Complex even = 0.5F * (front + conjugate(back));
                const Complex odd = -0.5F * times_i(front - conjugate(back));
                const Complex turned = twiddle_[k] * odd;
                z[k] = even + turned;
                z[m_ - k] = conjugate(even - turned);
            });
    }

    void inverse(std::span<const Complex> z, std::span<float> x) const override {
        const float scale = 1.0F / static_cast<float>(m_);
        // The conjugate of the inverse is the transform of the conjugate.
        transform_.run(
            [&](std::size_t k) {
                if (k == 0) {
                    // No real vector has imaginary parts here; they are ignored, as by FFTW.
                    return Complex{0.5F * (z[0].real + z[m_].real),
                                   -0.5F * (z[0].real - z[m_].real)};
                }
                const Complex back = conjugate(z[m_ - k]);
                const Complex root =
                    2 * k <= m_ ? conjugate(twiddle_[k]) : -1.0F * twiddle_[m_ - k];
                const Complex odd = (z[k] - back) * root;
                return conjugate(0.5F * (z[k] + back + times_i(odd)));
            },
            [&](std::size_t k, Complex front, Complex back) {
                x[2 * k] = scale * front.real;
                x[2 * k + 1] = -scale * front.imaginary;
                if (k > 0) {
                    x[2 * (m_ - k)] = scale * back.real;
                    x[2 * (m_ - k) + 1] = -scale * back.imaginary;
                }
            });
    }

  private:
    std::size_t m_;
    InterpolatedTransform transform_;
    std::vector<Complex> twiddle_;  ///< exp(-pi i k / m)
};

/// The transform of an odd number of real ones that has a large prime factor.
class OddPlan final : public RealPlan {
  public:
    explicit OddPlan(std::size_t size) : size_(size), transform_(size) {}

    void forward(std::span<const float> x, std::span<Complex> z) const override {
        transform_.run(
            [&](std::size_t k) {
                return Complex{x[k], 0};
            },
            [&](std::size_t k, Complex front, Complex /*back*/) { z[k] = front; });
    }

    void inverse(std::span<const Complex> z, std::span<float> x) const override {
        const float scale = 1.0F / static_cast<float>(size_);
        transform_.run(
            [&](std::size_t k) {
                return k == 0         ? Complex{z[0].real, 0}
                       : k < z.size() ? conjugate(z[k])
                                      : z[size_ - k];
            },
            [&](std::size_t k, Complex front, Complex back) {
                x[k] = scale * front.real;
                if (k > 0) {
                    x[size_ - k] = scale * back.real;
                }
            });
    }

  private:
    std::size_t size_;
    InterpolatedTransform transform_;
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
    static std::unique_ptr<const RealPlan> make_plan(std::size_t size) {
        constexpr std::size_t kSmall = 1000;  // FFTW takes any such length in no time
        if (size < kSmall || !has_large_prime_factor(size)) {
            return std::make_unique<DirectPlan>(size);
        }
        if (size % 2 == 0) {
            return std::make_unique<PairedPlan>(size);
        }
        return std::make_unique<OddPlan>(size);
    }

    [[nodiscard]] const RealPlan& plan_for(std::size_t size) const {
        const std::lock_guard lock(mutex_);
        auto& plan = plans_[size];
        if (!plan) {
            plan = make_plan(size);
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
