#include "learning/encoding/fftw_plan.h"

#include "learning/parameters.h"

#include <fftw3.h>
#include <mutex>

namespace murmur {
namespace {

static_assert(sizeof(Complex) == sizeof(fftwf_complex));

fftwf_complex* as_fftw(Complex* values) {
    return reinterpret_cast<fftwf_complex*>(values);
}

/// Held by whoever plans or destroys: those threads must not do together, running plans they may.
std::mutex& planner_mutex() {
    static std::mutex mutex;
    return mutex;
}

/// Plans between two vectors that are aligned as all others will be.
template <class Plan>
fftwf_plan plan_between_vectors(std::size_t size, const Plan& plan) {
    // A transform of n real numbers has n / 2 + 1 complex ones.
    ParameterVector in(2 * size + 2);
    ParameterVector out(2 * size + 2);
    const std::lock_guard lock(planner_mutex());
    return plan(static_cast<int>(size), in.values().data(), out.values().data());
}

fftwf_complex* as_complex(float* values) {
    return reinterpret_cast<fftwf_complex*>(values);
}

}  // namespace

void FftwPlan::Destroy::operator()(fftwf_plan_s* plan) const {
    const std::lock_guard lock(planner_mutex());
    fftwf_destroy_plan(plan);
}

FftwPlan FftwPlan::complex(std::size_t size) {
    return FftwPlan(plan_between_vectors(size, [](int n, float* in, float* out) {
        return fftwf_plan_dft_1d(n, as_complex(in), as_complex(out), FFTW_FORWARD, FFTW_ESTIMATE);
    }));
}

FftwPlan FftwPlan::real_to_complex(std::size_t size) {
    return FftwPlan(plan_between_vectors(size, [](int n, float* in, float* out) {
        return fftwf_plan_dft_r2c_1d(n, in, as_complex(out), FFTW_ESTIMATE);
    }));
}

FftwPlan FftwPlan::complex_to_real(std::size_t size) {
    return FftwPlan(plan_between_vectors(size, [](int n, float* in, float* out) {
        return fftwf_plan_dft_c2r_1d(n, as_complex(in), out, FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
    }));
}

void FftwPlan::run(Complex* in, Complex* out) const {
    fftwf_execute_dft(plan_.get(), as_fftw(in), as_fftw(out));
}

void FftwPlan::run(float* in, Complex* out) const {
    fftwf_execute_dft_r2c(plan_.get(), in, as_fftw(out));
}

void FftwPlan::run(Complex* in, float* out) const {
    fftwf_execute_dft_c2r(plan_.get(), as_fftw(in), out);
}

}  // namespace murmur
