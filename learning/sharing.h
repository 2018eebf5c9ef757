#pragma once

#include "learning/parameters.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace murmur {

/// What one node sends: parameters in encoded form.  Each strategy derives its own.
class EncodedModel {
  public:
    virtual ~EncodedModel() = default;
    /// Returns the exact bytes of values, indices and metadata on the wire, framing apart.
    [[nodiscard]] virtual std::uint64_t content_bytes() const = 0;
};

/// What a strategy remembers of one node between rounds (residuals, references, ...).  Each
/// strategy derives its own; strategies themselves are const.
class SharingState {
  public:
    virtual ~SharingState() = default;
};

/// Where and when an encoding happens; all that it may depend on beside model and state.
struct SharingContext {
    std::uint32_t node = 0;
    std::uint64_t round = 0;
    std::uint32_t degree = 0;       ///< neighbors averaged this round
    std::uint64_t stream_seed = 0;  ///< seed of this node's random stream for this round
};

/// One neighbor's message with the weight that the receiver gives it.
struct WeightedMessage {
    std::uint32_t from;
    double weight;
    std::shared_ptr<const EncodedModel> message;
};

/// A sharing strategy: what is sent, and how it is merged.
class Sharing {
  public:
    virtual ~Sharing() = default;

    /// Returns the state of a node that starts from these parameters.
    [[nodiscard]] virtual std::unique_ptr<SharingState> initial_state(
        const Parameters& start) const;

    /// Returns the size of every message where it follows from the model's size alone; nothing
    /// where it depends on the values, so that a sender has to wait for the encoding.
    [[nodiscard]] virtual std::optional<std::uint64_t> content_bytes(
        std::size_t num_parameters) const = 0;

    /// Encodes a node's trained parameters.
    [[nodiscard]] virtual std::shared_ptr<const EncodedModel> encode(
        SharingState& state, const Parameters& trained, const SharingContext& context) const = 0;

    /// Merges a node's trained parameters with its neighbors' messages.
    /// @param neighbors  in ascending order of `from`; float addition is not associative
    [[nodiscard]] virtual Parameters merge(SharingState& state,
                                           const Parameters& trained,
                                           double self_weight,
                                           std::span<const WeightedMessage> neighbors) const = 0;
};

/// Makes the strategy that `spec` names: `full` (mixing weights), `plain-average`.
/// @throws std::invalid_argument  on an unknown name or option
[[nodiscard]] std::unique_ptr<const Sharing> make_sharing(std::string_view spec);

/// Lists every strategy with one line of help each.
[[nodiscard]] std::string sharing_help();

}  // namespace murmur
