#include "learning/sharing/full.h"
#include "learning/sharing/strategies.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

// Whole models, each value rounded at random to one of a few levels so that its mean stays
// [Alistarh et al., 2017, QSGD: Communication-Efficient SGD via Gradient Quantization and
// Encoding].
std::unique_ptr<const Sharing> make_qsgd_sharing(const Spec& spec, std::string_view codec) {
    const SpecOptions options("sharing qsgd", spec, {"levels", "bucket"});
    if (!codec.empty()) {
        throw std::invalid_argument(
            fmt::format("sharing qsgd: is a codec itself, got codec '{}', allowed none", codec));
    }
    const std::string values = spec.has_argument ? "qsgd:" + spec.argument : "qsgd";
    return std::make_unique<FullSharing>(make_codec(values).values);
}

}  // namespace murmur
