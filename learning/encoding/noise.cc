#include "learning/encoding/encoders.h"
#include "learning/privacy/gaussian_noise.h"
#include "learning/random_stream.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace murmur {
namespace {

/// Has another encoder encode x + N(0, sigma^2) in x's place, drawn anew in each round.  What is
/// chosen and rounded depends on x by that alone; the node itself goes on from x without noise.
/// @tparam Base  what the other is: an `Encoder`, or one that merges
template <class Base>
class NoisyEncoder : public Base {
  public:
    NoisyEncoder(double sigma, std::unique_ptr<const Base> encoder)
        : sigma_(sigma), encoder_(std::move(encoder)) {}

    bool needs_static_overlay() const override { return encoder_->needs_static_overlay(); }
    bool needs_server() const override { return encoder_->needs_server(); }

    std::unique_ptr<EncoderState> initial_state(const Parameters& start,
                                                SharingRole role) const override {
        return encoder_->initial_state(start, role);
    }
    std::unique_ptr<EncoderState> read_state(ByteSource& source) const override {
        return encoder_->read_state(source);
    }
    std::optional<MessageSize> message_size(std::size_t num_parameters,
                                            const SharingContext& context) const override {
        return encoder_->message_size(num_parameters, context);
    }
    std::shared_ptr<const EncodedModel> encode(EncoderState& state,
                                               const Parameters& trained,
                                               const SharingContext& context) const override {
        const std::uint64_t seed = stream_seed(context.stream_seed, "noise");
        return encoder_->encode(state, with_noise(*trained, {}, sigma_, seed), context);
    }
    ModelView decode(const EncodedModel& message,
                     std::size_t num_coordinates,
                     std::uint32_t from) const override {
        return encoder_->decode(message, num_coordinates, from);
    }
    Parameters to_coordinates(EncoderState& state, const Parameters& trained) const override {
        return encoder_->to_coordinates(state, trained);
    }
    Parameters from_coordinates(EncoderState& state,
                                const Parameters& merged,
                                std::size_t num_parameters) const override {
        return encoder_->from_coordinates(state, merged, num_parameters);
    }

  protected:
    const Base& encoder() const { return *encoder_; }

  private:
    double sigma_;
    std::unique_ptr<const Base> encoder_;
};

class NoisyMergingEncoder final : public NoisyEncoder<MergingEncoder> {
  public:
    using NoisyEncoder<MergingEncoder>::NoisyEncoder;

    Parameters merge(EncoderState& state,
                     const Parameters& trained,
                     double self_weight,
                     std::span<const WeightedMessage> neighbors) const override {
        return encoder().merge(state, trained, self_weight, neighbors);
    }
};

std::unique_ptr<const Encoder> make_noise(const Options& options,
                                          std::string_view codec,
                                          const ParameterLayout& layout) {
    const double sigma = options.number("sigma", {0, 1e30});
    const auto inner = encoders().select(options.text("encoder"));
    if (inner.text.name == "noise") {
        // Both would draw the same numbers, and add up to 2 sigma where sqrt(2) sigma is meant.
        options.refuse("got noise within noise, allowed once: variances of noise add up");
    }
    if (!inner.make.aggregation.empty()) {
        options.refuse(
            fmt::format("got {}, which stands for an aggregation as well, allowed full "
                        "with --aggregation={}",
                        inner.text.name,
                        inner.make.aggregation));
    }
    auto encoder = inner.make.encoder(inner.options, codec, layout);
    if (const auto* const merging = dynamic_cast<const MergingEncoder*>(encoder.get())) {
        (void)encoder.release();
        return std::make_unique<NoisyMergingEncoder>(
            sigma, std::unique_ptr<const MergingEncoder>(merging));
    }
    return std::make_unique<NoisyEncoder<Encoder>>(sigma, std::move(encoder));
}

}  // namespace

void register_noise(EncoderRegistry& registry) {
    registry.add({"noise",
                  "another encoder's message of the model with Gaussian noise on it",
                  {positional("sigma", "SIGMA", "deviation of the noise in each parameter"),
                   rest("encoder", "ENCODER", "what is sent of that, with its options")}},
                 {make_noise});
}

}  // namespace murmur
