#pragma once

#include "learning/encoder.h"
#include "learning/encoding/sparse_message.h"
#include "learning/encoding/transform.h"
#include "tools/text/spec.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace murmur {

/// What a node remembers of changes that it could not send.
enum class Accumulation : std::uint8_t {
    kNone,
    kChanges,    ///< those of training, until they are sent
    kAveraging,  ///< those of merging, too
};

/// What sets a selective encoder apart.
struct SelectiveOptions {
    std::shared_ptr<const Transform> transform;  ///< null: entries are parameters
    std::vector<double> alphas;                  ///< one of them is drawn each round
    double full_from = 1.0;                      ///< from this budget on every entry is sent
    Accumulation accumulation = Accumulation::kNone;
    Codec codec;
};

/// Sends the entries that have changed most, of the parameters or of a transform of them.
///
/// With T the transform, u = T(x) and b the model after the last merge, c = T(x - b) is the change.
/// Those entries I are sent for which |v| is largest, v being c, or A + c with accumulated changes
/// A. What is sent is their values u[I], not their changes; then A[I] <- 0.  Messages speak of u,
/// and so does the merge, which gives z; x' = T^-1(z).  With the weighted mean this is
///
///     z = u + sum_j w_j 1_{I_j} (u_j - u)
///
/// After it A <- A + T(x' - b) where changes of averaging are accumulated, and b <- x'.
/// Sources: [Dhasade et al., 2023, Get More for Less in Decentralized Learning Systems, Algorithm
/// 1; Alistarh et al., 2018, The Convergence of Sparsified Gradient Methods].
class SelectiveEncoder final : public Encoder {
  public:
    explicit SelectiveEncoder(SelectiveOptions options);

    [[nodiscard]] std::unique_ptr<EncoderState> initial_state(const Parameters& start,
                                                              SharingRole role) const override;
    [[nodiscard]] std::unique_ptr<EncoderState> read_state(ByteSource& source) const override;
    [[nodiscard]] std::optional<MessageSize> message_size(
        std::size_t num_parameters, const SharingContext& context) const override;
    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(
        EncoderState& state,
        const Parameters& trained,
        const SharingContext& context) const override;
    [[nodiscard]] ModelView decode(const EncodedModel& message,
                                   std::size_t num_coordinates,
                                   std::uint32_t from) const override;
    /// Returns u = T(trained).
    [[nodiscard]] Parameters to_coordinates(EncoderState& state,
                                            const Parameters& trained) const override;
    [[nodiscard]] Parameters from_coordinates(EncoderState& state,
                                              const Parameters& merged,
                                              std::size_t num_parameters) const override;

  private:
    struct State;

    [[nodiscard]] std::size_t num_entries(std::size_t num_parameters) const;
    /// Returns how many of `entries` entries are sent in this context.
    [[nodiscard]] std::size_t budget(std::size_t entries, const SharingContext& context) const;
    /// Returns T(parameters).
    [[nodiscard]] Parameters transformed(const Parameters& parameters) const;
    /// Returns T(trained), and keeps it for the merge that follows the encoding.
    [[nodiscard]] const Parameters& coefficients(State& state, const Parameters& trained) const;
    /// Adds to the accumulated changes what has changed since they were last counted.
    void count_change(State& state, const Parameters& u) const;
    /// Returns the `count` indices that are sent, and forgets their accumulated changes.
    [[nodiscard]] std::vector<std::uint32_t> select(State& state,
                                                    const Parameters& u,
                                                    std::size_t count) const;

    SelectiveOptions options_;
    SparseFormat format_;
};

/// Options that several of these encoders take, and how they are read.
[[nodiscard]] OptionForm accumulation_option(Accumulation fallback);
[[nodiscard]] OptionForm wavelet_family_option();
[[nodiscard]] OptionForm wavelet_level_option();
[[nodiscard]] Accumulation read_accumulation(const Options& options);
[[nodiscard]] std::unique_ptr<const Transform> read_wavelet(const Options& options);

}  // namespace murmur
