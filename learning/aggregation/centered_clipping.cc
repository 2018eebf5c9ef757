#include "learning/aggregation/aggregators.h"
#include "learning/aggregation/clipping.h"
#include "learning/aggregation/distances.h"
#include "learning/value_io.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace murmur {
namespace {

/// Own and received vectors, each clipped to a distance from a center, which moves to their mean:
///
///     v <- v + (1/n) sum_k clip(x_k - v, tau)
///
/// [Karimireddy, He and Jaggi, 2021, Learning from History for Byzantine Robust Optimization].  The
/// center is what the last merge gave (byzfl), in the first the vector that the node starts from
/// (there 0); or the node's own vector.
class CenteredClipping final : public Aggregator {
  public:
    enum class Center { kLast, kOwn };

    CenteredClipping(double tau, std::int64_t iterations, Center center)
        : tau_(tau), iterations_(iterations), center_(center) {}

    [[nodiscard]] bool uses_weights() const override { return false; }
    [[nodiscard]] std::unique_ptr<AggregatorState> initial_state(
        const Parameters& start) const override {
        return std::make_unique<State>(center_ == Center::kLast ? start : nullptr);
    }
    [[nodiscard]] std::unique_ptr<AggregatorState> read_state(ByteSource& source) const override {
        return std::make_unique<State>(center_ == Center::kLast ? read_parameters(source)
                                                                : nullptr);
    }
    [[nodiscard]] Parameters aggregate(AggregatorState& state,
                                       const Parameters& own,
                                       double /*self_weight*/,
                                       std::span<const WeightedView> neighbors) const override {
        Parameters& last = static_cast<State&>(state).last;
        Parameters center = center_ == Center::kLast ? last : own;
        std::vector<Parameters> vectors = own_first(own, neighbors);
        for (std::int64_t step = 0; step < iterations_; ++step) {
            center = moved(center, vectors);
        }
        if (center_ == Center::kLast) {
            last = center;
        }
        return center;
    }

  private:
    struct State final : AggregatorState {
        explicit State(Parameters center) : last(std::move(center)) {}
        void write(ByteSink& sink) const override {
            if (last) {
                write_value(last, sink);
            }
        }
        Parameters last;  ///< null where the node's own vector is the center
    };

    [[nodiscard]] Parameters moved(const Parameters& center,
                                   const std::vector<Parameters>& vectors) const {
        std::vector<double> squares;
        for (const Parameters& vector : vectors) {
            squares.push_back(squared_distance(vector->values(), center->values()));
        }
        const double equal = 1.0 / static_cast<double>(vectors.size());
        std::vector<double> weights = clipping_factors(squares, tau_, equal);
        double own_share = 1;
        for (const double weight : weights) {
            own_share -= weight;
        }
        std::vector<Parameters> all = vectors;
        all.push_back(center);
        weights.push_back(own_share);
        return combination(all, weights);
    }

    double tau_;
    std::int64_t iterations_;
    Center center_;
};

}  // namespace

void register_centered_clipping(AggregatorRegistry& registry) {
    using Center = CenteredClipping::Center;
    registry.add(
        {"centered-clipping",
         "the mean of own and received, each clipped to a distance from a center; ignores weights",
         {named("tau", "100", "the longest distance from the center that counts in full"),
          named("iterations", "1", "how often the center moves"),
          word("center", {"last", "own"}, "what the last merge gave, or a node's own vector")}},
        [](const Options& options) {
            return std::make_unique<CenteredClipping>(
                options.number("tau", {0, 1e300}),
                options.integer("iterations", {1, 1000}),
                options.choice<Center>("center", {{"last", Center::kLast}, {"own", Center::kOwn}}));
        });
}

}  // namespace murmur
