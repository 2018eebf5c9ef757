#pragma once

namespace murmur {

/// Holds every kernel library of this process to one thread per caller; call before any thread
/// starts.  Parallelism comes from nodes, not from kernels.
void use_single_threaded_kernels();

/// Holds the kernels that the calling thread starts to that thread; cheap when repeated.  Part of
/// what `use_single_threaded_kernels` sets belongs to one thread only, so a learner calls this
/// itself on whichever thread it works.
void use_single_threaded_kernels_here();

/// Makes this process fit for learning: single-threaded kernels, and memory that one training step
/// returns kept for the next.  glibc's default thresholds give every large temporary back to the
/// kernel, and page faults then cost a quarter of a convolutional step.  Call first in `main`.
void tune_process_for_learning();

}  // namespace murmur
