#include "learning/sharing/codec_choice.h"
#include "learning/sharing/selective.h"
#include "learning/sharing/strategies.h"

namespace murmur {

void register_fft(StrategyRegistry& registry) {
    registry.add({"fft",
                  "the Fourier coefficients that changed most",
                  {alpha_option(), accumulation_option(Accumulation::kNone)}},
                 [](const Options& options, std::string_view codec) {
                     return std::make_unique<SelectiveSharing>(SelectiveOptions{
                         .transform = make_fourier_transform(),
                         .alphas = {options.fraction("alpha")},
                         .accumulation = read_accumulation(options),
                         .codec = choose_codec(codec),
                     });
                 });
}

}  // namespace murmur
