#pragma once

#include "learning/byte_stream.h"
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

/// The exact bytes of a message on the wire, framing apart.
struct MessageSize {
    std::uint64_t values = 0;
    std::uint64_t metadata = 0;  ///< indices, seed, degree, round
    [[nodiscard]] std::uint64_t total() const { return values + metadata; }
};

/// What one node sends: parameters in encoded form.  Each strategy derives its own.
class EncodedModel {
  public:
    virtual ~EncodedModel() = default;
    [[nodiscard]] virtual MessageSize size() const = 0;
    /// Returns the bytes of memory that it holds beside vectors of parameters, which count their
    /// own.
    [[nodiscard]] virtual std::size_t memory_bytes() const { return size().total(); }
    /// Returns what its type is called where it is written, see `register_encoded_model`; empty:
    /// it cannot be.
    [[nodiscard]] virtual std::string_view type_name() const { return {}; }
    virtual void write(ByteSink& /*sink*/) const {}
};

/// Whom a node shares with: with its peers, or as the server of all others.
enum class SharingRole : std::uint8_t { kPeer, kServer };

/// What a strategy remembers of one node between rounds (residuals, references, ...).  Each
/// strategy derives its own; strategies themselves are const.
class SharingState {
  public:
    virtual ~SharingState() = default;
    /// Writes what `Sharing::read_state` reads.
    virtual void write(ByteSink& /*sink*/) const {}
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

    /// Returns whether the strategy remembers what each neighbor has sent, so that neighbors must
    /// stay the same.
    [[nodiscard]] virtual bool needs_static_overlay() const { return false; }

    /// Returns whether nodes must share with a server that sends every update to all of them.
    [[nodiscard]] virtual bool needs_server() const { return false; }
    /// Returns whether a merge heeds the weights that it is given.
    [[nodiscard]] virtual bool uses_weights() const { return true; }
    /// Returns whether messages hold every value as it is, so that a mean of them is a mean.
    [[nodiscard]] virtual bool sends_exact_values() const { return false; }

    /// Returns the state of a node that starts from these parameters.
    [[nodiscard]] virtual std::unique_ptr<SharingState> initial_state(const Parameters& start,
                                                                      SharingRole role) const;
    /// Reads the state of a node that `SharingState::write` wrote.
    /// @throws std::invalid_argument  on damaged bytes
    [[nodiscard]] virtual std::unique_ptr<SharingState> read_state(ByteSource& source) const;

    /// Returns the size of the message that `encode` makes in this context, where it follows from
    /// the model's size and the context alone; nothing where it depends on the values, so that a
    /// sender has to wait for the encoding.
    [[nodiscard]] virtual std::optional<MessageSize> message_size(
        std::size_t num_parameters, const SharingContext& context) const = 0;

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

/// Makes the strategy that `spec` names, such as `full` or `top-k:alpha=0.1`.
/// @param codec  as `make_codec` takes it; empty for the strategy's own
/// @throws std::invalid_argument  on an unknown name or option, or a codec that does not fit
[[nodiscard]] std::unique_ptr<const Sharing> make_sharing(std::string_view spec,
                                                          std::string_view codec = {});

/// How coordinates that are not trained reach the neighbors.
enum class Travel : std::uint8_t {
    kEncoded,  ///< as any other: part of the vector that the strategy encodes
    kWhole,    ///< float32 beside what is encoded; merged with the weights of the merge
    kLocal,    ///< not at all: every node keeps its own
};

/// Reads `encoded`, `whole` or `local`.
/// @param where  what the word was given for, for messages: "--buffers"
/// @throws std::invalid_argument  on any other word
[[nodiscard]] Travel parse_travel(std::string_view where, std::string_view word);

/// What becomes of the coordinates that are not trained.
struct PartOptions {
    Travel buffers = Travel::kWhole;
    Travel frozen = Travel::kWhole;
};

/// Makes the strategy that `spec` names for models of this layout: it encodes what is trained, and
/// `parts` says what becomes of the rest.
/// @throws std::invalid_argument  as `make_sharing` does
[[nodiscard]] std::unique_ptr<const Sharing> make_sharing(std::string_view spec,
                                                          std::string_view codec,
                                                          const ParameterLayout& layout,
                                                          const PartOptions& parts);

}  // namespace murmur
