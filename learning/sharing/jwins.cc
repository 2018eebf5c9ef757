#include "learning/sharing/codec_choice.h"
#include "learning/sharing/selective.h"
#include "learning/sharing/strategies.h"

namespace murmur {

// The defaults are the settings published in [Dhasade et al., 2023, Get More for Less in
// Decentralized Learning Systems].  They send every coefficient, without indices, from a budget of
// one half on: indices would cost more than the coefficients that they spare.
std::unique_ptr<const Sharing> make_jwins_sharing(const Spec& spec, std::string_view codec) {
    const SpecOptions options(
        "sharing jwins", spec, {"family", "level", "alphas", "full-from", "accumulation"});
    return std::make_unique<SelectiveSharing>(SelectiveOptions{
        .transform = read_wavelet("sharing jwins", options),
        .alphas = options.fractions("alphas", {0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 1.0}),
        .full_from = options.fraction("full-from", 0.5),
        .accumulation = read_accumulation(options, Accumulation::kAveraging),
        .codec = choose_codec(codec.empty() ? "elias+fpzip" : codec),
    });
}

}  // namespace murmur
