#include "learning/encoding/codec_choice.h"
#include "learning/encoding/encoders.h"
#include "learning/encoding/selective.h"

namespace murmur {

void register_wavelet(EncoderRegistry& registry) {
    registry.add({"wavelet",
                  "the wavelet coefficients that changed most",
                  {wavelet_family_option(),
                   wavelet_level_option(),
                   alpha_option(),
                   accumulation_option(Accumulation::kNone)}},
                 {[](const Options& options, std::string_view codec, const ParameterLayout&) {
                     return std::make_unique<SelectiveEncoder>(SelectiveOptions{
                         .transform = read_wavelet(options),
                         .alphas = {options.fraction("alpha")},
                         .accumulation = read_accumulation(options),
                         .codec = choose_codec(codec),
                     });
                 }});
}

}  // namespace murmur
