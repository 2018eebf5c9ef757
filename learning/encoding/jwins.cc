#include "learning/encoding/codec_choice.h"
#include "learning/encoding/encoders.h"
#include "learning/encoding/selective.h"

namespace murmur {

// The defaults are the settings published in [Dhasade et al., 2023, Get More for Less in
// Decentralized Learning Systems].  They send every coefficient, without indices, from a budget of
// one half on: indices would cost more than the coefficients that they spare.
void register_jwins(EncoderRegistry& registry) {
    registry.add(
        {"jwins",
         "wavelet with a random budget each round; codec elias+fpzip unless another is named",
         {wavelet_family_option(),
          wavelet_level_option(),
          named("alphas",
                ".1/.15/.2/.25/.3/.4/1",
                "fractions of the coefficients, one drawn each round"),
          named("full-from", "0.5", "fraction from which all are sent, without indices"),
          accumulation_option(Accumulation::kAveraging)}},
        {[](const Options& options, std::string_view codec, const ParameterLayout&) {
            return std::make_unique<SelectiveEncoder>(SelectiveOptions{
                .transform = read_wavelet(options),
                .alphas = options.fractions("alphas"),
                .full_from = options.fraction("full-from"),
                .accumulation = read_accumulation(options),
                .codec = choose_codec(codec.empty() ? "elias+fpzip" : codec),
            });
        }});
}

}  // namespace murmur
