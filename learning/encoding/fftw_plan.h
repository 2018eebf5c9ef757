#pragma once

#include <cstddef>
#include <memory>

struct fftwf_plan_s;  // of fftw3.h

namespace murmur {

/// A complex number as FFTW has it in memory.
struct Complex {
    float real;
    float imaginary;
};

/// How FFTW transforms vectors of one length, unscaled.
///
/// Plans are estimated, not timed: the same steps, and so the same rounding, in every run on
/// processors of a kind.  Any thread may make, run and destroy plans.  Vectors must be aligned to
/// 64 bytes, as those of `ParameterVector` are.
///
/// - [Frigo, 2005] M. Frigo and S. G. Johnson. The design and implementation of FFTW3. Proceedings
///   of the IEEE 93(2):216-231.
class FftwPlan {
  public:
    [[nodiscard]] static FftwPlan complex(std::size_t size);
    [[nodiscard]] static FftwPlan real_to_complex(std::size_t size);
    [[nodiscard]] static FftwPlan complex_to_real(std::size_t size);

    /// Run a plan of the kind that their types say, between two vectors.  The input of a transform
    /// to real numbers is lost.
    void run(Complex* in, Complex* out) const;
    void run(float* in, Complex* out) const;
    void run(Complex* in, float* out) const;

  private:
    struct Destroy {
        void operator()(fftwf_plan_s* plan) const;
    };
    explicit FftwPlan(fftwf_plan_s* plan) : plan_(plan) {}

    std::unique_ptr<fftwf_plan_s, Destroy> plan_;
};

}  // namespace murmur
