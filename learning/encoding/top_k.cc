#include "learning/encoding/codec_choice.h"
#include "learning/encoding/encoders.h"
#include "learning/encoding/selective.h"

namespace murmur {

void register_top_k(EncoderRegistry& registry) {
    registry.add({"top-k",
                  "the parameters that changed most",
                  {alpha_option(), accumulation_option(Accumulation::kNone)}},
                 {[](const Options& options, std::string_view codec, const ParameterLayout&) {
                     return std::make_unique<SelectiveEncoder>(SelectiveOptions{
                         .transform = nullptr,
                         .alphas = {options.fraction("alpha")},
                         .accumulation = read_accumulation(options),
                         .codec = choose_codec(codec),
                     });
                 }});
}

}  // namespace murmur
