#include "learning/encoding/codec_choice.h"
#include "learning/encoding/encoders.h"
#include "learning/encoding/whole_model.h"

namespace murmur {

void register_full(EncoderRegistry& registry) {
    registry.add({"full", "whole models"},
                 {[](const Options&, std::string_view codec, const ParameterLayout&) {
                     return std::make_unique<WholeModelEncoder>(choose_value_codec("full", codec));
                 }});
}

}  // namespace murmur
