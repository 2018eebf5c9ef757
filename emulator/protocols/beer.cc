// BEER: gradient tracking whose nodes send the largest changes of model and tracked update alone.
// - [Zhao, 2022] H. Zhao, B. Li, Z. Li, P. Richtarik, Y. Chi. BEER: Fast O(1/T) rate for
//   decentralized nonconvex optimization with communication compression. NeurIPS 35, algorithm 1.

#include "emulator/protocols/mixing_protocol.h"
#include "learning/encoding/codec_choice.h"
#include "learning/encoding/selection.h"
#include "learning/encoding/sparse_message.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace murmur {

namespace {

struct BeerOptions {
    double alpha = 0.1;
    double gamma = 0.4;
};

/// A vector of sums of about 48 bits, each in two float32.  What each round adds to h and to the
/// mixed h is rounded apart; in float32 the difference would stay for ever, and of g each round
/// would add it to v once more: nodes would leave the optimum, the farther the longer they run.
struct FineVector {
    std::span<float> high, low;

    [[nodiscard]] double operator[](std::size_t i) const {
        return static_cast<double>(high[i]) + low[i];
    }
    void add(std::size_t i, double more) const {
        const double sum = (*this)[i] + more;
        high[i] = static_cast<float>(sum);
        low[i] = static_cast<float>(sum - high[i]);
    }
};

/// The vectors that a node keeps.  As with CHOCO, h and g are what all have heard of its x and v,
/// and their mixed ones what it has heard of all, itself included: sum_j w_ij h_j.  Where nodes
/// leave, it keeps what it has heard of each neighbor apart instead, to leave out who is gone.
struct BeerVectors {
    static constexpr std::size_t kCount = 11;

    std::span<float> v, u;
    std::span<float> next;  ///< x of the next round, once the message is made
    FineVector h, mixed_h, g, mixed_g;
    std::vector<FineVector> others_h, others_g;  ///< [neighbors], where nodes leave

    /// Looks into what is kept, all 0 at first.
    /// @param apart  how many neighbors are kept apart
    BeerVectors(KeptVectors& kept, std::size_t size, std::size_t apart) {
        if (kept.vectors.empty()) {
            kept.vectors.assign(kCount + 4 * apart, std::vector<float>(size));
        }
        std::span<float>* const of[kCount] = {&v,
                                              &u,
                                              &next,
                                              &h.high,
                                              &h.low,
                                              &mixed_h.high,
                                              &mixed_h.low,
                                              &g.high,
                                              &g.low,
                                              &mixed_g.high,
                                              &mixed_g.low};
        for (std::size_t i = 0; i < kCount; ++i) {
            *of[i] = kept.vectors[i];
        }
        for (std::size_t i = kCount; i < kept.vectors.size(); i += 4) {
            others_h.push_back({kept.vectors[i], kept.vectors[i + 1]});
            others_g.push_back({kept.vectors[i + 2], kept.vectors[i + 3]});
        }
    }

    // sum_j w_ij (h_j - h), and the same of g.
    /// @param weights  of neighbors that are kept apart: 0 of those that are gone
    [[nodiscard]] double pull_h(std::size_t i, const std::vector<double>& weights) const {
        return weights.empty() ? mixed_h[i] - h[i] : pull(h, others_h, weights, i);
    }
    [[nodiscard]] double pull_g(std::size_t i, const std::vector<double>& weights) const {
        return weights.empty() ? mixed_g[i] - g[i] : pull(g, others_g, weights, i);
    }

  private:
    static double pull(const FineVector& own,
                       const std::vector<FineVector>& others,
                       const std::vector<double>& weights,
                       std::size_t i) {
        double sum = 0;
        for (std::size_t j = 0; j < others.size(); ++j) {
            sum += weights[j] * (others[j][i] - own[i]);
        }
        return sum;
    }
};

/// One round, with u = -eta g, the local update, in the place of gradients, and v for -eta V:
///
///     v <- v + gamma (sum_j w_ij g_j - g) + u - u_prev                (v = u at first)
///     x <- x + gamma (sum_j w_ij h_j - h) + v
///     send  top-k(x - h), top-k(v - g);   every h and g grows by what was sent of it
///
/// which is [Zhao, 2022] with both changes of a round in one message.  h and g begin at 0, and of
/// the first v nothing is sent.  All v sum to the sum of all u, whatever is compressed.  Running
/// statistics are not tracked: their v is u.
class Beer final : public MixingProtocol {
  public:
    Beer(NodeContext& node, const BeerOptions& options)
        : MixingProtocol(node, {}, false),
          options_(options),
          format_{choose_codec("")},
          kept_(node.id(), "beer", {}) {}

  private:
    void make_message(ModelHandle start,
                      ModelHandle trained,
                      NodeContext::EncodedCallback done) override {
        const std::size_t size = node().num_parameters();
        const bool is_first = node().round() == 0;
        const std::size_t entries = entries_in_budget(options_.alpha, size) * (is_first ? 1 : 2);
        node().encode_with(
            {.round = node().round(),
             .values_read = 8 * size,
             .size = format_.message_size(entries, 2 * size)},
            [options = options_,
             format = &format_,
             places = &buffers(),
             is_first,
             weights = weights_apart()](
                const Parameters& x, const Parameters& after, KeptVectors& kept) -> Encoded {
                const std::vector<float> changes =
                    step(options,
                         *places,
                         *x,
                         *after,
                         BeerVectors(kept, x->size(), weights.size()),
                         weights);
                return format->encode(changes, chosen(options, changes, is_first), 0);
            },
            std::move(done),
            std::move(start),
            std::move(trained),
            kept_);
    }

    /// Returns the weights of neighbors where nodes leave, 0 of those that are gone: their edges
    /// pull at nothing.  Empty where nobody leaves.
    [[nodiscard]] std::vector<double> weights_apart() const {
        std::vector<double> weights;
        if (node().has_churn()) {
            for (const NeighborWeight& edge : node().neighbors(node().round()).in) {
                weights.push_back(node().is_present(edge.neighbor) ? edge.weight : 0);
            }
        }
        return weights;
    }

    /// Takes the step, and returns x - h and v - g, one behind the other.
    static std::vector<float> step(const BeerOptions& options,
                                   const BufferPlaces& buffers,
                                   const ParameterVector& x,
                                   const ParameterVector& after,
                                   const BeerVectors& own,
                                   const std::vector<double>& weights) {
        const std::size_t size = x.size();
        std::vector<float> changes(2 * size);
        for (std::size_t i = 0; i < size; ++i) {
            const double start = x.values()[i];
            const double u = after.values()[i] - start;
            const double v = own.v[i] + options.gamma * own.pull_g(i, weights) + u - own.u[i];
            own.v[i] = static_cast<float>(v);
            own.u[i] = static_cast<float>(u);
        }
        for (const auto& [begin, end] : buffers.ranges()) {
            std::copy(own.u.begin() + static_cast<std::ptrdiff_t>(begin),
                      own.u.begin() + static_cast<std::ptrdiff_t>(end),
                      own.v.begin() + static_cast<std::ptrdiff_t>(begin));
        }
        for (std::size_t i = 0; i < size; ++i) {
            const double pulled = options.gamma * own.pull_h(i, weights);
            own.next[i] = static_cast<float>(x.values()[i] + pulled + own.v[i]);
            changes[i] = static_cast<float>(own.next[i] - own.h[i]);
            changes[size + i] = static_cast<float>(own.v[i] - own.g[i]);
        }
        for (const auto& [begin, end] : buffers.ranges()) {
            std::fill(changes.begin() + static_cast<std::ptrdiff_t>(size + begin),
                      changes.begin() + static_cast<std::ptrdiff_t>(size + end),
                      0.0F);
        }
        return changes;
    }

    static std::vector<std::uint32_t> chosen(const BeerOptions& options,
                                             std::span<const float> changes,
                                             bool is_first) {
        const std::size_t size = changes.size() / 2;
        const std::size_t count = entries_in_budget(options.alpha, size);
        std::vector<std::uint32_t> indices = largest_magnitudes(changes.first(size), count);
        if (!is_first) {
            for (const std::uint32_t index : largest_magnitudes(changes.subspan(size), count)) {
                indices.push_back(index + static_cast<std::uint32_t>(size));
            }
        }
        return indices;
    }

    void mix(MixingWeights weights,
             EncodedHandle own,
             std::vector<EncodedHandle> received,
             NodeContext::ModelCallback done) override {
        // What was not heard of a neighbor is no change of it: its weight goes to nobody.
        weights.self = node().neighbors(node().round()).self;
        const std::size_t size = node().num_parameters();
        const std::vector<NeighborWeight> neighbors = node().neighbors(node().round()).in;
        const std::size_t apart = node().has_churn() ? neighbors.size() : 0;
        std::vector<std::size_t> places;  // of the senders among the neighbors
        for (const NodeId from : weights.from) {
            const auto found = std::ranges::find(neighbors, from, &NeighborWeight::neighbor);
            places.push_back(static_cast<std::size_t>(found - neighbors.begin()));
        }
        const std::uint64_t values_read =
            size + 4 * (received.size() + 1) * entries_in_budget(options_.alpha, size);
        node().compute(
            {.kind = TaskKind::kMerge, .round = node().round(), .values_read = values_read},
            [format = &format_, weights = std::move(weights), places, size, apart](
                const Encoded& sent, const std::vector<Encoded>& others, KeptVectors& kept) {
                const BeerVectors of_node(kept, size, apart);
                add(*format, *sent, 1, of_node.h, of_node.g);
                add(*format, *sent, weights.self, of_node.mixed_h, of_node.mixed_g);
                for (std::size_t j = 0; j < others.size(); ++j) {
                    const bool is_apart = apart > 0;
                    add(*format,
                        *others[j],
                        is_apart ? 1 : weights.others[j],
                        is_apart ? of_node.others_h[places[j]] : of_node.mixed_h,
                        is_apart ? of_node.others_g[places[j]] : of_node.mixed_g);
                }
                auto next = std::make_shared<ParameterVector>(size);
                std::ranges::copy(of_node.next, next->values().begin());
                return Parameters(std::move(next));
            },
            std::move(done),
            std::move(own),
            std::move(received),
            kept_);
    }

    /// Adds what a message says, times a weight, to two vectors.
    static void add(const SparseFormat& format,
                    const EncodedModel& message,
                    double weight,
                    const FineVector& first,
                    const FineVector& second) {
        const std::size_t size = first.high.size();
        const ModelView entries = format.decode(message, 2 * size, 0);
        const auto add_one = [&](std::size_t index, float value) {
            const bool is_first = index < size;
            (is_first ? first : second).add(is_first ? index : index - size, weight * value);
        };
        const std::span<const float> values = entries.values();
        if (entries.is_whole()) {
            for (std::size_t i = 0; i < values.size(); ++i) {
                add_one(i, values[i]);
            }
            return;
        }
        for (std::size_t i = 0; i < values.size(); ++i) {
            add_one(entries.indices()[i], values[i]);
        }
    }

    BeerOptions options_;
    SparseFormat format_;
    StateCell<KeptVectors> kept_;
};

}  // namespace

void register_beer(ProtocolRegistry& registry) {
    registry.add({"beer",
                  "gradient tracking that sends the largest changes of model and tracked update",
                  {named("alpha", "0.1", "share of the entries of each, above 0, at most 1"),
                   named("gamma", "0.4", "step of consensus, above 0, at most 1")}},
                 [](const Options& options, NodeId) {
                     ProtocolPlan plan = plan_of<Beer>(BeerOptions{
                         .alpha = options.fraction("alpha"), .gamma = options.fraction("gamma")});
                     plan.needs_static_overlay = true;
                     plan.has_own_messages = true;
                     plan.check_overlay = check_symmetric;
                     plan.lives_with_churn = true;
                     plan.lives_with_returns = false;
                     return plan;
                 });
}

}  // namespace murmur
