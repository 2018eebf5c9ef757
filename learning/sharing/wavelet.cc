#include "learning/sharing/codec_choice.h"
#include "learning/sharing/selective.h"
#include "learning/sharing/strategies.h"

namespace murmur {

void register_wavelet(StrategyRegistry& registry) {
    registry.add({"wavelet",
                  "the wavelet coefficients that changed most",
                  {wavelet_family_option(),
                   wavelet_level_option(),
                   alpha_option(),
                   accumulation_option(Accumulation::kNone)}},
                 [](const Options& options, std::string_view codec) {
                     return std::make_unique<SelectiveSharing>(SelectiveOptions{
                         .transform = read_wavelet(options),
                         .alphas = {options.fraction("alpha")},
                         .accumulation = read_accumulation(options),
                         .codec = choose_codec(codec),
                     });
                 });
}

}  // namespace murmur
