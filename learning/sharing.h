#pragma once

#include "learning/aggregator.h"
#include "learning/byte_stream.h"
#include "learning/encoder.h"
#include "learning/model_parts.h"
#include "learning/parameter_layout.h"
#include "learning/parameters.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace murmur {

/// What one node remembers between rounds of sharing: its encoder's state, and the aggregator's.
class SharingState {
  public:
    /// Writes what `Sharing::read_state` reads.
    void write(ByteSink& sink) const;

    /// Returns how many messages to the node were left out so far: some value of theirs is NaN or
    /// infinite.
    [[nodiscard]] std::uint64_t messages_not_finite() const { return messages_not_finite_; }

  private:
    friend class Sharing;
    std::uint64_t messages_not_finite_ = 0;
    std::unique_ptr<EncoderState> encoder_;
    std::unique_ptr<AggregatorState> encoded_;  ///< of what is encoded; null: the encoder merges
    std::unique_ptr<AggregatorState> whole_;    ///< of what travels whole; null: nothing does
};

/// How a node shares its model: an encoder says what is sent, an aggregator how what came is
/// merged.
///
/// An encoder whose merge is its own (`MergingEncoder`) keeps it; the aggregator then merges what
/// travels whole beside its messages.
class Sharing {
  public:
    /// @param parts  what of a model the encoder sees; default: all of it
    Sharing(std::unique_ptr<const Encoder> encoder,
            std::unique_ptr<const Aggregator> aggregator,
            ModelParts parts = {});

    [[nodiscard]] const Encoder& encoder() const { return *encoder_; }
    /// Returns whether the merge is the encoder's own.
    [[nodiscard]] bool has_own_merge() const { return merging_ != nullptr; }
    /// Returns whether a merge heeds the weights that it is given.
    [[nodiscard]] bool uses_weights() const {
        return has_own_merge() || aggregator_->uses_weights();
    }

    /// Returns the state of a node that starts from these parameters.
    [[nodiscard]] std::unique_ptr<SharingState> initial_state(const Parameters& start,
                                                              SharingRole role) const;
    /// Reads the state of a node that `SharingState::write` wrote.
    /// @throws std::invalid_argument  on damaged bytes
    [[nodiscard]] std::unique_ptr<SharingState> read_state(ByteSource& source) const;

    /// Returns the size of the message that `encode` makes, as `Encoder::message_size` does.
    [[nodiscard]] std::optional<MessageSize> message_size(std::size_t num_parameters,
                                                          const SharingContext& context) const;

    /// Encodes a node's trained parameters.
    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(SharingState& state,
                                                             const Parameters& trained,
                                                             const SharingContext& context) const;

    /// Returns the aggregator where it tests models on data of the node; null otherwise.
    [[nodiscard]] const TestingAggregator* testing() const { return testing_; }

    /// Merges a node's trained parameters with its neighbors' messages.
    ///
    /// A message with a value that is NaN or infinite is left out, and counted: the node's own
    /// model gets its weight.  So no such value enters a model, whatever the aggregator.  An
    /// encoder that merges by itself takes messages as they are.
    /// @param neighbors  in ascending order of `from`; float addition is not associative
    /// @param loss_of    tests models for an aggregator that does (`testing`)
    /// @throws std::invalid_argument  on a message about a model of another length
    [[nodiscard]] Parameters merge(SharingState& state,
                                   const Parameters& trained,
                                   double self_weight,
                                   std::span<const WeightedMessage> neighbors,
                                   const LossOf& loss_of = {}) const;

  private:
    [[nodiscard]] Parameters merge_encoded(SharingState& state,
                                           const Parameters& trained,
                                           double self_weight,
                                           std::span<const WeightedMessage> neighbors,
                                           const LossOf& loss_of) const;
    [[nodiscard]] Parameters aggregated(AggregatorState& state,
                                        const Parameters& own,
                                        double self_weight,
                                        std::span<const WeightedView> views,
                                        const LossOf& loss_of) const;
    [[nodiscard]] Parameters merge_whole(SharingState& state,
                                         const Parameters& trained,
                                         double self_weight,
                                         std::span<const WeightedMessage> neighbors) const;

    std::unique_ptr<const Encoder> encoder_;
    const MergingEncoder* merging_;  ///< the encoder, where it merges; null otherwise
    std::unique_ptr<const Aggregator> aggregator_;
    const TestingAggregator* testing_;  ///< the aggregator, where it tests models; null otherwise
    ModelParts parts_;
};

/// What is sent and how it is merged, as a user writes it.
struct SharingOptions {
    std::string sharing = "full";      ///< as `make_encoder` takes it
    std::string codec{};               ///< as `make_codec` takes it; empty: the encoder's own
    std::string aggregation = "mean";  ///< as `make_aggregator` takes it
    PartOptions parts{};
};

/// Makes the sharing that the options name, for models of this layout: the encoder sees what is
/// trained, and `parts` says what becomes of the rest.
/// @param layout  empty: of models of any length, all of which is encoded
/// @throws std::invalid_argument  on an unknown name or option, a codec that does not fit, or an
///                                aggregator beside an encoder that stands for another
[[nodiscard]] std::unique_ptr<const Sharing> make_sharing(const SharingOptions& options,
                                                          const ParameterLayout& layout = {});

/// Makes the sharing of models of any length, all of which is encoded.
[[nodiscard]] std::unique_ptr<const Sharing> make_sharing(std::string_view sharing,
                                                          std::string_view codec = {},
                                                          std::string_view aggregation = "mean");

/// Returns the aggregator that merges where `aggregation` is asked for: another where the name of
/// the encoder stands for that, as plain-average does for equal.
/// @throws std::invalid_argument  where the two do not go together
[[nodiscard]] std::string resolve_aggregation(std::string_view sharing,
                                              std::string_view aggregation);

}  // namespace murmur
