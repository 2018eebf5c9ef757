#pragma once

#include "learning/byte_stream.h"
#include "learning/model_view.h"
#include "learning/parameter_layout.h"
#include "learning/parameters.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace murmur {

/// The exact bytes of a message on the wire, framing apart.
struct MessageSize {
    std::uint64_t values = 0;
    std::uint64_t metadata = 0;  ///< indices, seed, degree, round
    [[nodiscard]] std::uint64_t total() const { return values + metadata; }
};

/// What one node sends: parameters in encoded form.  Each encoder derives its own.
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

/// What an encoder remembers of one node between rounds (residuals, references, ...).  Each encoder
/// derives its own; encoders themselves are const.
class EncoderState {
  public:
    virtual ~EncoderState() = default;
    /// Writes what `Encoder::read_state` reads.
    virtual void write(ByteSink& /*sink*/) const {}
};

/// What a node sends, and how whoever gets it understands it.
///
/// Messages speak of a vector of *coordinates*: the parameters themselves, or a transform of them,
/// such as a wavelet's coefficients.  A receiver takes its own model there, has an aggregator merge
/// it with what the messages say, and takes the result back:
///
///     u = to_coordinates(x),   z = aggregate(u, decode(m_1), decode(m_2), ...),
///     x' = from_coordinates(z)
class Encoder {
  public:
    virtual ~Encoder() = default;

    /// Returns whether it remembers what each neighbor has sent, so that neighbors must stay the
    /// same.
    [[nodiscard]] virtual bool needs_static_overlay() const { return false; }
    /// Returns whether nodes must share with a server that sends every update to all of them.
    [[nodiscard]] virtual bool needs_server() const { return false; }
    /// Returns whether messages hold every value as it is, so that a mean of them is a mean.
    [[nodiscard]] virtual bool sends_exact_values() const { return false; }

    /// Returns the state of a node that starts from these parameters.
    [[nodiscard]] virtual std::unique_ptr<EncoderState> initial_state(const Parameters& start,
                                                                      SharingRole role) const;
    /// Reads the state of a node that `EncoderState::write` wrote.
    /// @throws std::invalid_argument  on damaged bytes
    [[nodiscard]] virtual std::unique_ptr<EncoderState> read_state(ByteSource& source) const;

    /// Returns the size of the message that `encode` makes in this context, where it follows from
    /// the model's size and the context alone; nothing where it depends on the values, so that a
    /// sender has to wait for the encoding.
    [[nodiscard]] virtual std::optional<MessageSize> message_size(
        std::size_t num_parameters, const SharingContext& context) const = 0;

    /// Encodes a node's trained parameters.
    [[nodiscard]] virtual std::shared_ptr<const EncodedModel> encode(
        EncoderState& state, const Parameters& trained, const SharingContext& context) const = 0;

    /// Returns what a message says of its sender's coordinates.
    /// @param num_coordinates  of any node, as `to_coordinates` has them
    /// @param from             the sender, for messages
    /// @throws std::invalid_argument  on a message about a vector of another length
    [[nodiscard]] virtual ModelView decode(const EncodedModel& message,
                                           std::size_t num_coordinates,
                                           std::uint32_t from) const = 0;

    /// Returns a node's parameters as messages speak of them: here the parameters themselves.
    [[nodiscard]] virtual Parameters to_coordinates(EncoderState& state,
                                                    const Parameters& trained) const;
    /// Returns the parameters that have the merged coordinates, and counts the merge: the node goes
    /// on from there.
    /// @pre `to_coordinates` has been called with the node's own parameters of this merge
    [[nodiscard]] virtual Parameters from_coordinates(EncoderState& state,
                                                      const Parameters& merged,
                                                      std::size_t num_parameters) const;
};

/// An encoder whose merge is part of its algorithm, so that no aggregator can stand in for it: its
/// messages are changes to what nodes remember of each other, not models.
class MergingEncoder : public Encoder {
  public:
    /// Merges a node's trained parameters with its neighbors' messages.
    /// @param neighbors  in ascending order of `from`; float addition is not associative
    [[nodiscard]] virtual Parameters merge(EncoderState& state,
                                           const Parameters& trained,
                                           double self_weight,
                                           std::span<const WeightedMessage> neighbors) const = 0;
};

/// Makes the encoder that `spec` names, such as `full` or `top-k:alpha=0.1`.
/// @param codec   as `make_codec` takes it; empty for the encoder's own
/// @param layout  of the vectors that it encodes; empty where it is not known
/// @throws std::invalid_argument  on an unknown name or option, or a codec that does not fit
[[nodiscard]] std::unique_ptr<const Encoder> make_encoder(std::string_view spec,
                                                          std::string_view codec = {},
                                                          const ParameterLayout& layout = {});

}  // namespace murmur
