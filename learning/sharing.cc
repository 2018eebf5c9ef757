#include "learning/sharing.h"

#include "learning/sharing/strategies.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

struct Entry {
    std::string_view name;
    std::string_view help;
    SharingFactory* make;
};

constexpr std::array kStrategies{
    Entry{"full", "full: whole models, merged with the mixing weights", make_full_sharing},
    Entry{"plain-average",
          "plain-average: whole models, merged with equal weights",
          make_plain_average_sharing},
    Entry{"top-k",
          "top-k[:alpha=0.1,accumulation=none|changes|averaging]: the parameters that changed most",
          make_top_k_sharing},
    Entry{"random",
          "random[:alpha=0.1]: a random subset, and the seed that tells which",
          make_random_sharing},
    Entry{"choco",
          "choco[:alpha=0.1,gamma=0.4]: CHOCO-SGD, the largest differences from what is public; "
          "for static overlays",
          make_choco_sharing},
    Entry{
        "wavelet",
        "wavelet[:family=sym2,level=4,alpha=0.1,accumulation=none]: the wavelet coefficients that "
        "changed most",
        make_wavelet_sharing},
    Entry{"jwins",
          "jwins[:family=sym2,level=4,alphas=.1/.15/.2/.25/.3/.4/1,full-from=0.5,"
          "accumulation=averaging]: wavelet with a random budget each round, codec elias+fpzip",
          make_jwins_sharing},
    Entry{"fft",
          "fft[:alpha=0.1,accumulation=none]: the Fourier coefficients that changed most",
          make_fft_sharing},
    Entry{"stc",
          "stc[:alpha=0.01]: sparse ternary updates with error feedback, for protocols with a "
          "server",
          make_stc_sharing},
    Entry{"qsgd",
          "qsgd[:levels=16,bucket=512]: whole models, values rounded at random to a few levels",
          make_qsgd_sharing},
};

}  // namespace

std::unique_ptr<SharingState> Sharing::initial_state(const Parameters& /*start*/,
                                                     SharingRole /*role*/) const {
    return std::make_unique<SharingState>();
}

std::unique_ptr<const Sharing> make_sharing(std::string_view spec, std::string_view codec) {
    const Spec parsed = parse_spec(spec);
    std::vector<std::string_view> names;
    for (const Entry& entry : kStrategies) {
        if (parsed.name == entry.name) {
            return entry.make(parsed, codec);
        }
        names.push_back(entry.name);
    }
    throw std::invalid_argument(
        fmt::format("sharing: unknown, got '{}', allowed {}", spec, fmt::join(names, ", ")));
}

std::string sharing_help() {
    std::string help;
    for (const Entry& entry : kStrategies) {
        help += fmt::format("{}\n", entry.help);
    }
    return help;
}

void require_no_sharing_argument(const Spec& spec) {
    if (spec.has_argument) {
        throw std::invalid_argument(
            fmt::format("sharing {}: takes no argument, got '{}'", spec.name, spec.argument));
    }
}

}  // namespace murmur
