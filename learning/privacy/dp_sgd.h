#pragma once

#include "learning/random_stream.h"
#include "tools/text/registry.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace murmur {

/// Differentially private gradients [Abadi, 2016, algorithm 1] in the form of Opacus: each sample
/// is in a step's batch with probability q = B / n, independently; with g_s its gradient over all
/// trained tensors,
///
///     g = (sum_s min(1, C / (|g_s| + 1e-6)) g_s + N(0, (sigma C)^2)) / B
///
/// where B is the batch size that is expected and n the samples of the node.  Any optimizer takes
/// a step of g.
/// - [Abadi, 2016] M. Abadi et al. Deep learning with differential privacy. CCS.
struct DpSgd {
    double clip;   ///< C
    double noise;  ///< sigma, in units of C
    double delta;  ///< of the (eps, delta) that results tell
};

/// Makes the rule by which training is private; nothing where it is not.
/// @throws std::invalid_argument  where an option is wrong
using PrivacyMake = std::function<std::optional<DpSgd>(const Options& options)>;
using PrivacyRegistry = Registry<PrivacyMake>;

/// Returns what `--privacy` may name: `none`, `dp-sgd`.
[[nodiscard]] PrivacyRegistry& privacies();
[[nodiscard]] std::optional<DpSgd> make_privacy(std::string_view spec);

/// Returns the probability q that a sample is in a batch.
/// @param batch_size  0: all samples
[[nodiscard]] double sampling_probability(std::int64_t partition_size, std::int64_t batch_size);

/// Batches that hold each sample of a partition with the same probability, independently.
class PoissonBatches {
  public:
    PoissonBatches(std::span<const std::int64_t> partition, double probability, std::uint64_t seed);

    /// Returns the samples of the next batch, in the partition's order; there may be none.
    [[nodiscard]] std::span<const std::int64_t> next();

  private:
    std::span<const std::int64_t> partition_;
    double probability_;
    RandomStream stream_;
    std::vector<std::int64_t> batch_;
};

/// A part of the gradient of one sample: where it begins in the whole one, and its values.
struct GradientPart {
    std::size_t offset;
    std::span<const float> values;
};

/// The gradient of one step, sample by sample.
class PrivateGradient {
  public:
    /// @param size  values of the whole gradient
    PrivateGradient(const DpSgd& rule, std::size_t size) : rule_(rule), sum_(size) {}

    /// Adds the gradient of a sample; what no part speaks of is zero.
    void add(std::span<const GradientPart> parts);
    /// Adds noise to every value, divides, and returns g, which lives as long as this.
    [[nodiscard]] std::span<float> finish(double expected_batch, RandomStream noise);

  private:
    DpSgd rule_;
    std::vector<float> sum_;
};

}  // namespace murmur
