#include "learning/encoding/codec_choice.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {
namespace {

bool names_both(std::string_view codec) {
    return codec.find('+') != std::string_view::npos;
}

}  // namespace

Codec choose_codec(std::string_view codec) {
    return make_codec(codec.empty() ? "raw" : codec);
}

std::shared_ptr<const ValueCodec> choose_value_codec(std::string_view encoder,
                                                     std::string_view codec) {
    const Codec both = choose_codec(codec);
    const bool has_raw_values = both.values->is_raw();
    // One name that means both, such as lz4, fits; a codec of indices asked for by name does not.
    if (!both.indices->is_raw() && (names_both(codec) || has_raw_values)) {
        throw std::invalid_argument(
            fmt::format("sharing {}: sends no indices, got codec '{}', allowed codecs of values",
                        encoder,
                        codec));
    }
    return has_raw_values ? nullptr : both.values;
}

std::shared_ptr<const IndexCodec> choose_index_codec(std::string_view encoder,
                                                     std::string_view codec) {
    const Codec both = choose_codec(codec);
    if (!both.values->is_raw() && (names_both(codec) || both.indices->is_raw())) {
        throw std::invalid_argument(
            fmt::format("sharing {}: packs its values itself, got codec '{}', allowed codecs of "
                        "indices",
                        encoder,
                        codec));
    }
    return both.indices;
}

}  // namespace murmur
