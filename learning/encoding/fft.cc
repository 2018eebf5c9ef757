#include "learning/encoding/codec_choice.h"
#include "learning/encoding/encoders.h"
#include "learning/encoding/selective.h"

namespace murmur {

void register_fft(EncoderRegistry& registry) {
    registry.add({"fft",
                  "the Fourier coefficients that changed most",
                  {alpha_option(), accumulation_option(Accumulation::kNone)}},
                 {[](const Options& options, std::string_view codec, const ParameterLayout&) {
                     return std::make_unique<SelectiveEncoder>(SelectiveOptions{
                         .transform = make_fourier_transform(),
                         .alphas = {options.fraction("alpha")},
                         .accumulation = read_accumulation(options),
                         .codec = choose_codec(codec),
                     });
                 }});
}

}  // namespace murmur
