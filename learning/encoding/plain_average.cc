#include "learning/encoding/codec_choice.h"
#include "learning/encoding/encoders.h"
#include "learning/encoding/whole_model.h"

namespace murmur {

void register_plain_average(EncoderRegistry& registry) {
    registry.add({"plain-average", "full with --aggregation=equal"},
                 {.encoder =
                      [](const Options&, std::string_view codec, const ParameterLayout&) {
                          return std::make_unique<WholeModelEncoder>(
                              choose_value_codec("plain-average", codec));
                      },
                  .aggregation = "equal"});
}

}  // namespace murmur
