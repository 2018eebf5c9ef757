#include "learning/sharing/codec_choice.h"
#include "learning/sharing/selective.h"
#include "learning/sharing/strategies.h"

namespace murmur {

std::unique_ptr<const Sharing> make_top_k_sharing(const Spec& spec, std::string_view codec) {
    const SpecOptions options("sharing top-k", spec, {"alpha", "accumulation"});
    return std::make_unique<SelectiveSharing>(SelectiveOptions{
        .transform = nullptr,
        .alphas = {options.fraction("alpha", 0.1)},
        .accumulation = read_accumulation(options, Accumulation::kNone),
        .codec = choose_codec(codec),
    });
}

}  // namespace murmur
