#pragma once

#include "learning/random_stream.h"

namespace murmur {

/// What a forward pass is for.  Batch normalization takes the averages of the batch and keeps
/// running ones while training, and takes the running ones in tests.
enum class Pass { kTraining, kTesting };

/// What a forward pass depends on beside parameters and inputs.
struct ForwardContext {
    Pass pass = Pass::kTesting;
    /// Where a training pass draws from, such as dropout does: the stream of this node and round.
    /// Null in tests, which draw nothing.
    RandomStream* random = nullptr;
};

}  // namespace murmur
