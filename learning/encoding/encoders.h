#pragma once

#include "learning/encoder.h"
#include "tools/text/registry.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace murmur {

/// What a name of `--sharing` stands for.
struct EncoderMake {
    /// Makes the encoder.
    /// @param codec   as `make_codec` takes it; empty for the encoder's own
    /// @param layout  of the vectors that it encodes; empty where it is not known
    /// @throws std::invalid_argument  on a wrong option, or a codec that does not fit
    std::function<std::unique_ptr<const Encoder>(
        const Options& options, std::string_view codec, const ParameterLayout& layout)>
        encoder;
    /// The aggregator that the name stands for as well; empty: any may be asked for.
    std::string aggregation{};
};
using EncoderRegistry = Registry<EncoderMake>;

/// Returns the encoders that `--sharing` may name: ours, and those that a program adds.
[[nodiscard]] EncoderRegistry& encoders();

/// Registers those of this folder's files.
void register_all(EncoderRegistry& registry);

/// The option of an encoder that sends a fraction of the entries.
[[nodiscard]] OptionForm alpha_option(std::string fallback = "0.1");

}  // namespace murmur
