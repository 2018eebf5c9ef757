#pragma once

#include "learning/encoder.h"
#include "learning/parameter_layout.h"
#include "learning/parameters.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace murmur {

/// How the drift of a worker's local work becomes a small message, with a residual of what was not
/// sent, and how the messages of all workers become the step that everybody takes.  Const; what
/// changes is the residual of a node.
///
/// What is not trained, buffers and frozen parameters, is not sent: each worker keeps its own.
class DriftCompressor {
  public:
    virtual ~DriftCompressor() = default;

    /// Returns the size of every message.
    [[nodiscard]] virtual MessageSize message_size() const = 0;

    /// Adds the drift before - after to a residual, takes a message out of it, and returns that.
    /// @param residual  [num_parameters], zeros at first
    [[nodiscard]] virtual std::shared_ptr<const EncodedModel> encode(
        std::span<float> residual,
        const ParameterVector& before,
        const ParameterVector& after) const = 0;

    /// Returns what a worker goes on from, once it has the messages of all, its own among them.
    /// @param before    where all have begun
    /// @param after     the worker's own, of which what is not trained is taken
    /// @param messages  in ascending order of their senders: float addition is not associative
    /// @throws std::invalid_argument  on a message about another model
    [[nodiscard]] virtual Parameters step(
        const ParameterVector& before,
        const ParameterVector& after,
        std::span<const std::shared_ptr<const EncodedModel>> messages) const = 0;
};

/// How an index within a tile travels.
enum class IndexForm : std::uint8_t {
    kPacked,  ///< in as many bits as the tile needs
    kInt64,   ///< in 8 bytes, as PyTorch's integers
};

/// Decoupled momentum [Peng, 2024]: the residual is a momentum, of which the fast components leave
/// the node:
///
///     delta <- decay delta + drift;   each tile of delta -> orthonormal DCT-II;
///     s = the k largest magnitudes of each tile (equal ones: lowest index first);   delta -= DCT^-1 s;
///     per index: mean over the workers that have sent it;
///     theta <- (1 - lr weight_decay) theta - lr sign(DCT^-1 mean)
///
/// A drift of one plain SGD step with the inner rate eta is eta g, as in the authors' code
/// (bloc97/DeMo, cab4606); the sign does not depend on the scale of eta.
/// - [Peng, 2024] B. Peng, J. Quesnelle, D. P. Kingma. DeMo: decoupled momentum optimization.
///   arXiv:2411.19870, algorithm 1.
struct DemoOptions {
    double lr = 1e-3;
    double decay = 0.999;
    double weight_decay = 0;
    std::size_t side = 64;   ///< longest side of a tile, see learning/drift/tiles.h
    std::size_t top_k = 32;  ///< of each tile; all of a smaller one
    IndexForm indices = IndexForm::kPacked;
};
[[nodiscard]] std::unique_ptr<const DriftCompressor> make_demo(const ParameterLayout& layout,
                                                               std::size_t num_parameters,
                                                               const DemoOptions& options);

/// SparseLoCo [Sarfi, 2025]: DiLoCo with error feedback in place of the outer momentum:
///
///     e <- beta e + drift;   s = Q(the k largest magnitudes of each tile of e);   e -= s;
///     theta <- theta - lr mean(s)
///
/// Q replaces a value by the mean of its bin: 2^bits bins of width 6 sigma / 2^bits around the mean
/// of the kept values of a tensor, sigma their standard deviation; outer values fall into the outer
/// bins.  That is the quantizer of tplr-ai/templar (27327c8), whose table and shift are sent as one
/// table here.
/// - [Sarfi, 2025] A. Sarfi et al. Communication efficient LLM pre-training with SparseLoCo.
///   arXiv:2508.15706, algorithm 1.
struct SparseLocoOptions {
    double lr = 1.0;
    double beta = 0.95;
    std::size_t side = 64;
    std::size_t top_k = 64;
    unsigned bits = 2;  ///< of a value, 1 ... 8
    /// Mean over the workers that have sent an index, as in templar, not over all, as in the paper.
    bool averages_senders = false;
    IndexForm indices = IndexForm::kPacked;
};
[[nodiscard]] std::unique_ptr<const DriftCompressor> make_sparse_loco(
    const ParameterLayout& layout, std::size_t num_parameters, const SparseLocoOptions& options);

}  // namespace murmur
