#pragma once

#include "learning/byte_stream.h"
#include "learning/model_view.h"
#include "learning/parameters.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace murmur {

/// What one neighbor's message says, with the weight that the receiver gives it.
struct WeightedView {
    std::uint32_t from;
    double weight;
    ModelView view;
};

/// What an aggregator remembers of one node between merges (momenta, ...).  Each aggregator derives
/// its own; aggregators themselves are const.
class AggregatorState {
  public:
    virtual ~AggregatorState() = default;
    /// Writes what `Aggregator::read_state` reads.
    virtual void write(ByteSink& /*sink*/) const {}
};

/// How what came is merged with what a node has.
///
/// It sees vectors as messages speak of them, which are parameters or a transform of them
/// (`Encoder::to_coordinates`), and knows nothing of what they mean.
class Aggregator {
  public:
    virtual ~Aggregator() = default;

    /// Returns whether a merge heeds the weights that it is given.
    [[nodiscard]] virtual bool uses_weights() const { return true; }

    /// Returns the state of a node that starts from this vector.
    [[nodiscard]] virtual std::unique_ptr<AggregatorState> initial_state(
        const Parameters& start) const;
    /// Reads the state of a node that `AggregatorState::write` wrote.
    /// @throws std::invalid_argument  on damaged bytes
    [[nodiscard]] virtual std::unique_ptr<AggregatorState> read_state(ByteSource& source) const;

    /// Returns what a node has after the merge.
    /// @param own        the node's vector
    /// @param neighbors  what came, of vectors as long as `own`, in ascending order of `from`, for
    ///                   float addition is not associative.  What a view does not hold was not
    ///                   sent; it counts as the node's own value, see `ModelView::completed`
    [[nodiscard]] virtual Parameters aggregate(AggregatorState& state,
                                               const Parameters& own,
                                               double self_weight,
                                               std::span<const WeightedView> neighbors) const = 0;
};

/// Returns the mean loss of a vector on a batch of the node's own samples, the same batch for all
/// vectors of one merge.
using LossOf = std::function<double(const Parameters& vector)>;

/// An aggregator that tests vectors on data of the node that merges.  Each test is a forward pass,
/// which costs that node's time.
class TestingAggregator : public Aggregator {
  public:
    /// Returns how many samples a batch has.
    [[nodiscard]] virtual std::int64_t test_samples() const = 0;
    /// Returns how many vectors a merge of so many neighbors' tests.
    [[nodiscard]] virtual std::size_t tests_of(std::size_t num_neighbors) const = 0;
    /// Merges as `aggregate` does, with equal weights.
    [[nodiscard]] virtual Parameters aggregate_tested(AggregatorState& state,
                                                      const Parameters& own,
                                                      std::span<const WeightedView> neighbors,
                                                      const LossOf& loss_of) const = 0;
    /// @throws std::logic_error  always: without tests there is no merge
    [[nodiscard]] Parameters aggregate(AggregatorState& state,
                                       const Parameters& own,
                                       double self_weight,
                                       std::span<const WeightedView> neighbors) const final;
};

/// Makes the aggregator that `spec` names, such as `mean` or `trimmed-mean:beta=0.2`.
/// @throws std::invalid_argument  on an unknown name or option
[[nodiscard]] std::unique_ptr<const Aggregator> make_aggregator(std::string_view spec);

}  // namespace murmur
