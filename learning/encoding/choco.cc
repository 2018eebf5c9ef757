#include "learning/encoding/codec_choice.h"
#include "learning/encoding/encoders.h"
#include "learning/encoding/selection.h"
#include "learning/encoding/sparse_message.h"
#include "learning/value_io.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace murmur {
namespace {

/// Neighbors keep in s_i = sum_j w_ij x^_j what all of them, the node itself included, have made
/// public; q_i, the top-k part of x_i - x^_i, brings x^_i closer to x_i.  Merged, with step gamma:
///
///     x^_i <- x^_i + q_i,   s_i <- s_i + w_ii q_i + sum_j w_ij q_j,   x_i <- x_i + gamma (s_i -
///     x^_i)
///
/// [Koloskova et al., 2019, Decentralized Stochastic Optimization and Gossip Algorithms with
/// Compressed Communication, Algorithm 2, in the memory-efficient form of the appendix].  The sums
/// hold for neighbors and weights that never change.
class ChocoEncoder final : public MergingEncoder {
  public:
    ChocoEncoder(double alpha, double gamma, Codec codec)
        : alpha_(alpha), gamma_(static_cast<float>(gamma)), format_{std::move(codec)} {}

    [[nodiscard]] bool needs_static_overlay() const override { return true; }

    [[nodiscard]] std::unique_ptr<EncoderState> initial_state(const Parameters& start,
                                                              SharingRole /*role*/) const override {
        auto state = std::make_unique<State>();
        state->published.assign(start->size(), 0.0F);
        state->mixed.assign(start->size(), 0.0F);
        return state;
    }

    [[nodiscard]] std::optional<MessageSize> message_size(
        std::size_t num_parameters, const SharingContext& /*context*/) const override {
        return format_.message_size(entries_in_budget(alpha_, num_parameters), num_parameters);
    }

    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(
        EncoderState& state,
        const Parameters& trained,
        const SharingContext& context) const override {
        auto& own = dynamic_cast<State&>(state);
        const std::span<const float> x = trained->values();
        std::vector<float> difference(x.size());
        std::ranges::transform(x, own.published, difference.begin(), std::minus<>());
        const auto indices =
            largest_magnitudes(difference, entries_in_budget(alpha_, difference.size()));
        own.sent = format_.encode(difference, indices, context.stream_seed);
        return own.sent;
    }

    [[nodiscard]] std::unique_ptr<EncoderState> read_state(ByteSource& source) const override {
        auto state = std::make_unique<State>();
        state->published = source.floats();
        state->mixed = source.floats();
        state->sent = std::dynamic_pointer_cast<const SparseMessage>(
            ValueReader<std::shared_ptr<const EncodedModel>>::read(source));
        return state;
    }

    /// The entries of q.
    [[nodiscard]] ModelView decode(const EncodedModel& message,
                                   std::size_t num_coordinates,
                                   std::uint32_t from) const override {
        return format_.decode(message, num_coordinates, from);
    }

    [[nodiscard]] Parameters merge(EncoderState& state,
                                   const Parameters& trained,
                                   double self_weight,
                                   std::span<const WeightedMessage> neighbors) const override {
        auto& own = dynamic_cast<State&>(state);
        const std::size_t size = trained->size();
        if (own.sent) {
            // As the neighbors decode it: a lossy codec must not drive the copies of x^ apart.
            const ModelView q = decode(*own.sent, size, 0);
            add(q, 1.0F, own.published);
            add(q, static_cast<float>(self_weight), own.mixed);
            own.sent.reset();
        }
        for (const WeightedMessage& neighbor : neighbors) {
            const ModelView q = decode(*neighbor.message, size, neighbor.from);
            add(q, static_cast<float>(neighbor.weight), own.mixed);
        }
        auto merged = std::make_shared<ParameterVector>(size);
        const float* const x = trained->values().data();
        float* const sum = merged->values().data();
        for (std::size_t i = 0; i < size; ++i) {
            sum[i] = x[i] + gamma_ * (own.mixed[i] - own.published[i]);
        }
        return merged;
    }

  private:
    struct State final : EncoderState {
        std::vector<float> published;               ///< x^_i
        std::vector<float> mixed;                   ///< s_i
        std::shared_ptr<const SparseMessage> sent;  ///< q_i, until it is merged

        void write(ByteSink& sink) const override {
            sink.floats(published);
            sink.floats(mixed);
            write_value(std::shared_ptr<const EncodedModel>(sent), sink);
        }
    };

    static void add(const ModelView& entries, float weight, std::vector<float>& sum) {
        const float* value = entries.values().data();
        for (const std::uint32_t index : entries.indices()) {
            sum[index] += weight * *value++;
        }
    }

    double alpha_;
    float gamma_;
    SparseFormat format_;
};

}  // namespace

void register_choco(EncoderRegistry& registry) {
    registry.add({"choco",
                  "CHOCO-SGD, the largest differences from what is public; for static overlays",
                  {alpha_option(), named("gamma", "0.4", "step of consensus, above 0, at most 1")}},
                 {[](const Options& options, std::string_view codec, const ParameterLayout&) {
                     return std::make_unique<ChocoEncoder>(
                         options.fraction("alpha"), options.fraction("gamma"), choose_codec(codec));
                 }});
}

}  // namespace murmur
