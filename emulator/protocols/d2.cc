// D2 and exact diffusion: what a node's data pull it away by is measured as the difference that
// mixing has made, and taken back in the next round.
// - [Tang, 2018] H. Tang et al. D2: Decentralized training over decentralized data. ICML, PMLR
//   80:4848-4856.
// - [Yuan, 2019] K. Yuan, B. Ying, X. Zhao, A. H. Sayed. Exact diffusion for distributed
//   optimization and learning. IEEE Trans. Signal Processing 67(3):708-739.
// - [Vogels, 2021] T. Vogels et al. RelaySum for decentralized deep learning on heterogeneous data.
//   NeurIPS 34, code `d2`.
// - [Lin, 2021] T. Lin et al. Quasi-global momentum. ICML, code `decentralized_d2`.

#include "emulator/network/overlay.h"
#include "emulator/protocols/mixing_protocol.h"
#include "topologies/mixing.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

namespace {

/// [Vogels, 2021]: p = x + u + c; x+ = W p; c+ = x+ - x - u = c + W p - p; all c sum to 0.
///
/// With W and a constant rate this is [Tang, 2018], x+ = W (2 x - x_prev - eta (g - g_prev)); with
/// (I + W) / 2 it is [Yuan, 2019], whose psi is x - c.  Where the rate changes, the update of a
/// round keeps the rate that it was made with: the correction still adds up to nothing.
struct Diffusion {
    static constexpr std::size_t kSent = 1;  // p
    static constexpr std::size_t kKept = 1;  // c

    std::array<float, kSent> send(double x, double u, std::array<float, kKept>& kept) const {
        return {static_cast<float>(x + u + kept[0])};
    }
    double receive(const std::array<float, kSent>& sent,
                   const std::array<double, kSent>& mixed,
                   std::array<float, kKept>& kept) const {
        kept[0] = static_cast<float>(kept[0] + (mixed[0] - sent[0]));
        return mixed[0];
    }
};

/// [Lin, 2021], code `decentralized_d2.py`: x+ = W (2 x - x_prev - eta (g - g_prev)), and W (x -
/// eta g) at first: the old gradient is multiplied by the rate of now.  At a constant rate that is
/// the form above; where the rate changes, what the corrections add up to is not 0 any more, and
/// the mean of the models is drawn aside.
struct RescaledDiffusion {
    static constexpr std::size_t kSent = 1;  // p
    static constexpr std::size_t kKept = 3;  // x_prev, u_prev, what rounding took of the last p

    double rate = 0;   ///< of the latest round; 0: none yet
    double ratio = 0;  ///< of it to that of the round before; 0: there was none

    void take_rate(double of_round) {
        ratio = rate > 0 ? of_round / rate : 0;
        rate = of_round;
    }
    void be_first() { ratio = 0; }
    std::array<float, kSent> send(double x, double u, std::array<float, kKept>& kept) const {
        const double before = ratio > 0 ? x - kept[0] - ratio * kept[1] + kept[2] : 0;
        const double p = x + u + before;
        const auto sent = static_cast<float>(p);
        kept = {static_cast<float>(x), static_cast<float>(u), static_cast<float>(p - sent)};
        return {sent};
    }
    double receive(const std::array<float, kSent>& /*sent*/,
                   const std::array<double, kSent>& mixed,
                   std::array<float, kKept>& /*kept*/) const {
        return mixed[0];
    }
};

/// Refuses matrices with which the method diverges wherever data are unlike.
void check_spectrum(const ProtocolOptions& options, const Overlay& overlay) {
    check_symmetric(options, overlay);
    std::vector<MixingMatrix::Row> rows;
    for (NodeId node = 0; node < options.nodes; ++node) {
        rows.push_back(overlay.row(node, 0));
    }
    constexpr double kRounding = 1e-9;
    const double least = spectrum(MixingMatrix(std::move(rows))).least;
    if (least <= -1.0 / 3 + kRounding) {
        throw std::invalid_argument(
            fmt::format("--weights: got {} on {} with --protocol={}, the least eigenvalue of which "
                        "is {:.6f}, allowed above -1/3; d2:mixing=half takes (I + W) / 2, "
                        "spectrum=any goes on all the same",
                        options.weights,
                        options.topology,
                        options.protocol,
                        least));
    }
}

enum class Form : std::uint8_t { kD2, kExactDiffusion, kRescaled };

}  // namespace

void register_d2(ProtocolRegistry& registry) {
    registry.add({"d2",
                  "D-PSGD with a correction for unlike data",
                  {word("form",
                        {"d2", "exact-diffusion", "qg"},
                        "exact-diffusion: with (I + W) / 2; qg: old gradients at the rate of now"),
                   word("mixing", {"whole", "half"}, "of d2: W, or (I + W) / 2"),
                   word("spectrum",
                        {"checked", "any"},
                        "any: also W of an eigenvalue of -1/3 or less, where it need not converge"),
                   on_missing_option()}},
                 [](const Options& options, NodeId) {
                     const auto form =
                         options.choice<Form>("form",
                                              {{"d2", Form::kD2},
                                               {"exact-diffusion", Form::kExactDiffusion},
                                               {"qg", Form::kRescaled}});
                     const bool halved =
                         options.choice<bool>("mixing", {{"whole", false}, {"half", true}}) ||
                         form == Form::kExactDiffusion;
                     ProtocolPlan plan = form == Form::kRescaled
                                             ? plan_of_rule(RescaledDiffusion{}, options, halved)
                                             : plan_of_rule(Diffusion{}, options, halved);
                     plan.needs_plain_sgd = form == Form::kRescaled;
                     plan.needs_static_overlay = true;
                     const bool takes_any =
                         options.choice<bool>("spectrum", {{"checked", false}, {"any", true}});
                     plan.check_overlay = halved || takes_any ? check_symmetric : check_spectrum;
                     return plan;
                 });
}

}  // namespace murmur
