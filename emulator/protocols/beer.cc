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

/// The vectors that a node keeps.  As with CHOCO, h and g are what all have heard of its x and v,
/// and their mixed ones what it has heard of all, itself included: sum_j w_ij h_j.
struct BeerVectors {
    enum Place : std::uint8_t { kV, kU, kH, kMixedH, kG, kMixedG, kNext, kCount };

    std::span<float> v, u, h, mixed_h, g, mixed_g;
    std::span<float> next;  ///< x of the next round, once the message is made

    /// Looks into what is kept, all 0 at first.
    BeerVectors(KeptVectors& kept, std::size_t size) {
        if (kept.vectors.empty()) {
            kept.vectors.assign(kCount, std::vector<float>(size));
        }
        std::span<float>* const of[] = {&v, &u, &h, &mixed_h, &g, &mixed_g, &next};
        for (std::size_t i = 0; i < kCount; ++i) {
            *of[i] = kept.vectors[i];
        }
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
            [options = options_, format = &format_, places = &buffers(), is_first](
                const Parameters& x, const Parameters& after, KeptVectors& kept) -> Encoded {
                const std::vector<float> changes =
                    step(options, *places, *x, *after, BeerVectors(kept, x->size()));
                return format->encode(changes, chosen(options, changes, is_first), 0);
            },
            std::move(done),
            std::move(start),
            std::move(trained),
            kept_);
    }

    /// Takes the step, and returns x - h and v - g, one behind the other.
    static std::vector<float> step(const BeerOptions& options,
                                   const BufferPlaces& buffers,
                                   const ParameterVector& x,
                                   const ParameterVector& after,
                                   const BeerVectors& own) {
        const std::size_t size = x.size();
        std::vector<float> changes(2 * size);
        for (std::size_t i = 0; i < size; ++i) {
            const double start = x.values()[i];
            const double u = after.values()[i] - start;
            const double v = own.v[i] + options.gamma * (own.mixed_g[i] - own.g[i]) + u - own.u[i];
            own.v[i] = static_cast<float>(v);
            own.u[i] = static_cast<float>(u);
        }
        for (const auto& [begin, end] : buffers.ranges()) {
            std::copy(own.u.begin() + static_cast<std::ptrdiff_t>(begin),
                      own.u.begin() + static_cast<std::ptrdiff_t>(end),
                      own.v.begin() + static_cast<std::ptrdiff_t>(begin));
        }
        for (std::size_t i = 0; i < size; ++i) {
            const double pulled = options.gamma * (own.mixed_h[i] - own.h[i]);
            own.next[i] = static_cast<float>(x.values()[i] + pulled + own.v[i]);
            changes[i] = own.next[i] - own.h[i];
            changes[size + i] = own.v[i] - own.g[i];
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
        const std::uint64_t values_read =
            size + 4 * (received.size() + 1) * entries_in_budget(options_.alpha, size);
        node().compute(
            {.kind = TaskKind::kMerge, .round = node().round(), .values_read = values_read},
            [format = &format_, weights = std::move(weights), size](
                const Encoded& sent, const std::vector<Encoded>& others, KeptVectors& kept) {
                const BeerVectors of_node(kept, size);
                add(*format, *sent, 1, of_node.h, of_node.g);
                add(*format, *sent, weights.self, of_node.mixed_h, of_node.mixed_g);
                for (std::size_t j = 0; j < others.size(); ++j) {
                    add(*format, *others[j], weights.others[j], of_node.mixed_h, of_node.mixed_g);
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
                    std::span<float> first,
                    std::span<float> second) {
        const std::size_t size = first.size();
        const ModelView entries = format.decode(message, 2 * size, 0);
        const auto add_one = [&](std::size_t index, float value) {
            float& to = index < size ? first[index] : second[index - size];
            to = static_cast<float>(to + weight * value);
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
