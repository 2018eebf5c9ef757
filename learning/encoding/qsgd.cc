#include "learning/encoding/encoders.h"
#include "learning/encoding/whole_model.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

// Whole models, each value rounded at random to one of a few levels so that its mean stays
// [Alistarh et al., 2017, QSGD: Communication-Efficient SGD via Gradient Quantization and
// Encoding].
void register_qsgd(EncoderRegistry& registry) {
    registry.add({"qsgd",
                  "whole models, values rounded at random to a few levels",
                  {named("levels", "16", "of a value's magnitude"),
                   named("bucket", "512", "values that share one norm")}},
                 {[](const Options& options, std::string_view codec, const ParameterLayout&) {
                     if (!codec.empty()) {
                         options.refuse(
                             fmt::format("is a codec itself, got codec '{}', allowed none", codec));
                     }
                     const std::string values = fmt::format("qsgd:levels={},bucket={}",
                                                            options.text("levels"),
                                                            options.text("bucket"));
                     return std::make_unique<WholeModelEncoder>(make_codec(values).values);
                 }});
}

}  // namespace murmur
