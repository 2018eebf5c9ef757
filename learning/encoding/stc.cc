#include "learning/encoding/codec_choice.h"
#include "learning/encoding/encoders.h"
#include "learning/encoding/selection.h"
#include "learning/encoding/ternary_message.h"
#include "learning/value_io.h"

#include <vector>

namespace murmur {
namespace {

/// Sparse ternary compression, for protocols with a server [Sattler et al., 2019, Robust and
/// Communication-Efficient Federated Learning from Non-IID Data, Algorithm 2].
///
/// Server and clients hold the same reference r, at first x(0), and travel by ternary updates
/// t = ternary(v), the error of which stays in a residual e for the next one:
///
///     encode(x):  v = x - r + e,  t = ternary(v),  e <- v - t
///
/// - A client merges what the server sends, r <- r + sum_j w_j t_j, and goes on from r.
/// - The server merges its clients' updates into r + sum_j w_j t_j, but r itself moves only when it
///   sends: r <- r + t, which is what all clients then hold.
///
/// So every client must start from the server's x(0) and merge every update that the server sends.
class StcEncoder final : public MergingEncoder {
  public:
    StcEncoder(double alpha, std::shared_ptr<const IndexCodec> codec)
        : alpha_(alpha), codec_(std::move(codec)) {}

    [[nodiscard]] bool needs_server() const override { return true; }
    [[nodiscard]] std::unique_ptr<EncoderState> initial_state(const Parameters& start,
                                                              SharingRole role) const override {
        auto state = std::make_unique<State>();
        state->role = role;
        state->reference = start;
        state->residual.assign(start->size(), 0.0F);
        return state;
    }

    [[nodiscard]] std::optional<MessageSize> message_size(
        std::size_t num_parameters, const SharingContext& /*context*/) const override {
        const std::size_t count = entries_in_budget(alpha_, num_parameters);
        const auto indices = count == num_parameters ? 0 : codec_->encoded_bytes(count);
        if (!indices) {
            return std::nullopt;
        }
        return MessageSize{(count + 7) / 8 + sizeof(float),
                           TernaryMessage::kHeaderBytes + *indices};
    }

    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(
        EncoderState& state,
        const Parameters& trained,
        const SharingContext& /*context*/) const override {
        auto& own = dynamic_cast<State&>(state);
        const std::size_t size = trained->size();
        const float* const x = trained->values().data();
        const float* const r = own.reference->values().data();
        for (std::size_t i = 0; i < size; ++i) {
            own.residual[i] += x[i] - r[i];
        }
        const TernaryUpdate update = make_ternary(own.residual, entries_in_budget(alpha_, size));
        update.add_to(own.residual, -1.0F);
        if (own.role == SharingRole::kServer) {
            const auto moved = copy_of(*own.reference);
            update.add_to(moved->values(), 1.0F);
            own.reference = moved;
        }
        return encode_ternary(update, *codec_, size);
    }

    [[nodiscard]] std::unique_ptr<EncoderState> read_state(ByteSource& source) const override {
        auto state = std::make_unique<State>();
        state->role = source.u8() == 1 ? SharingRole::kServer : SharingRole::kPeer;
        state->reference = read_parameters(source);
        state->residual = source.floats();
        return state;
    }

    /// The entries of t.
    [[nodiscard]] ModelView decode(const EncodedModel& message,
                                   std::size_t num_coordinates,
                                   std::uint32_t /*from*/) const override {
        TernaryUpdate update = decode_ternary(message, *codec_, num_coordinates);
        std::vector<float> values = update.values();
        return {std::move(update.indices), std::move(values)};
    }

    [[nodiscard]] Parameters merge(EncoderState& state,
                                   const Parameters& /*trained*/,
                                   double /*self_weight*/,
                                   std::span<const WeightedMessage> neighbors) const override {
        auto& own = dynamic_cast<State&>(state);
        const auto merged = copy_of(*own.reference);
        for (const WeightedMessage& neighbor : neighbors) {
            decode_ternary(*neighbor.message, *codec_, merged->size())
                .add_to(merged->values(), static_cast<float>(neighbor.weight));
        }
        if (own.role == SharingRole::kPeer) {
            own.reference = merged;
        }
        return merged;
    }

  private:
    struct State final : EncoderState {
        SharingRole role = SharingRole::kPeer;
        Parameters reference;         ///< r
        std::vector<float> residual;  ///< e

        void write(ByteSink& sink) const override {
            sink.u8(role == SharingRole::kServer ? 1 : 0);
            write_value(reference, sink);
            sink.floats(residual);
        }
    };

    double alpha_;
    std::shared_ptr<const IndexCodec> codec_;
};

}  // namespace

void register_stc(EncoderRegistry& registry) {
    registry.add({"stc",
                  "sparse ternary updates with error feedback, for protocols with a server",
                  {alpha_option("0.01")}},
                 {[](const Options& options, std::string_view codec, const ParameterLayout&) {
                     return std::make_unique<StcEncoder>(options.fraction("alpha"),
                                                         choose_index_codec("stc", codec));
                 }});
}

}  // namespace murmur
