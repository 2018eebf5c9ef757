#include "learning/encoder.h"

#include "learning/encoding/encoders.h"

#include <utility>

namespace murmur {

std::unique_ptr<EncoderState> Encoder::initial_state(const Parameters& /*start*/,
                                                     SharingRole /*role*/) const {
    return std::make_unique<EncoderState>();
}

std::unique_ptr<EncoderState> Encoder::read_state(ByteSource& /*nothing*/) const {
    return std::make_unique<EncoderState>();
}

Parameters Encoder::to_coordinates(EncoderState& /*state*/, const Parameters& trained) const {
    return trained;
}

Parameters Encoder::from_coordinates(EncoderState& /*state*/,
                                     const Parameters& merged,
                                     std::size_t /*num_parameters*/) const {
    return merged;
}

EncoderRegistry& encoders() {
    static EncoderRegistry registry("sharing", register_all);
    return registry;
}

std::unique_ptr<const Encoder> make_encoder(std::string_view spec,
                                            std::string_view codec,
                                            const ParameterLayout& layout) {
    const auto chosen = encoders().select(spec);
    return chosen.make.encoder(chosen.options, codec, layout);
}

OptionForm alpha_option(std::string fallback) {
    return named(
        "alpha", std::move(fallback), "fraction of the entries to send, above 0, at most 1");
}

}  // namespace murmur
