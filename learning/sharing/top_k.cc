#include "learning/sharing/codec_choice.h"
#include "learning/sharing/selective.h"
#include "learning/sharing/strategies.h"

namespace murmur {

void register_top_k(StrategyRegistry& registry) {
    registry.add({"top-k",
                  "the parameters that changed most",
                  {alpha_option(), accumulation_option(Accumulation::kNone)}},
                 [](const Options& options, std::string_view codec) {
                     return std::make_unique<SelectiveSharing>(SelectiveOptions{
                         .transform = nullptr,
                         .alphas = {options.fraction("alpha")},
                         .accumulation = read_accumulation(options),
                         .codec = choose_codec(codec),
                     });
                 });
}

}  // namespace murmur
