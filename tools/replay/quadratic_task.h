#pragma once

namespace murmur::replay {

/// Adds to what options may name: the dataset `quadratic:FILE`, the `problem` of a file of rounds
/// with a sample a node; the model `point`, whose parameters are x itself; and the partition
/// `in-order`, sample i for node i.  Trained in one batch, a step takes the exact gradient
/// A_i (x - B_i).  To call it again changes nothing.
void register_quadratic_task();

}  // namespace murmur::replay
