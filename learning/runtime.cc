#include "learning/runtime.h"

#include <ATen/Parallel.h>

#include <dlfcn.h>
#include <malloc.h>

namespace murmur {
namespace {

/// OpenBLAS has a thread pool of its own, which LibTorch does not know.  Looked up by name: any
/// other BLAS may stand in its place.
void use_single_threaded_blas() {
    using Setter = void (*)(int);
    if (void* symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
        reinterpret_cast<Setter>(symbol)(1);
    }
}

}  // namespace

void use_single_threaded_kernels() {
    use_single_threaded_blas();
    use_single_threaded_kernels_here();
}

void use_single_threaded_kernels_here() {
    thread_local bool done = false;
    if (!done) {
        at::set_num_threads(1);
        done = true;
    }
}

void tune_process_for_learning() {
    use_single_threaded_kernels();
#ifdef __GLIBC__
    // Above the largest temporary of a step; glibc allows at most 32 MiB on 64-bit machines.
    constexpr int kMmapThresholdBytes = 32 << 20;
    // Above all temporaries of a step of a model of ten million parameters: what goes back to the
    // system comes as fresh pages in the next step, which cost more than the arithmetic on them.
    // A thread's heap is of 64 MiB, and goes back unless as much may lie idle before the next one.
    constexpr int kTrimThresholdBytes = 256 << 20;
    constexpr int kTopPadBytes = 64 << 20;
    mallopt(M_MMAP_THRESHOLD, kMmapThresholdBytes);
    mallopt(M_TRIM_THRESHOLD, kTrimThresholdBytes);
    mallopt(M_TOP_PAD, kTopPadBytes);
#endif
}

}  // namespace murmur
