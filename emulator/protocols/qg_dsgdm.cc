// Quasi-global momentum: momentum from how the model moved, mixing included, in the place of the
// node's own gradients.
// - [Lin, 2021] T. Lin, S. P. Karimireddy, S. U. Stich, M. Jaggi. Quasi-global momentum:
//   Accelerating decentralized deep learning on heterogeneous data. ICML, PMLR 139, algorithm 1.
// - [Vogels, 2021] T. Vogels et al. RelaySum for decentralized deep learning on heterogeneous data.
//   NeurIPS 34, its baseline of that name.

#include "emulator/protocols/mixing_protocol.h"

#include <fmt/format.h>

namespace murmur {

namespace {

/// h = h eta / eta_prev; x_half = x + u + beta h (Nesterov: x + u + beta (beta h + u));
/// x+ = W x_half; h+ = mu h + (1 - mu) (x+ - x).
///
/// h = -eta mhat is the momentum as a way to go at the rate of the round: this is [Lin, 2021,
/// algorithm 1], whose mhat is mu mhat + (1 - mu) (x - x+) / eta.  Several local steps make one u,
/// which the momentum is added to once.
struct QuasiGlobal {
    static constexpr std::size_t kSent = 1;  // x_half
    static constexpr std::size_t kKept = 2;  // h, x while messages travel

    double beta;
    double mu;
    bool nesterov;
    double rate = 0;   ///< of the latest round; 0: none yet
    double ratio = 0;  ///< of it to that of the round before; 0: there was none

    void take_rate(double of_round) {
        ratio = rate > 0 ? of_round / rate : 0;
        rate = of_round;
    }
    std::array<float, kSent> send(double x, double u, std::array<float, kKept>& kept) const {
        // At a constant rate nothing is rounded: h times 1.
        kept[0] = static_cast<float>(ratio * kept[0]);
        const double m = u + beta * kept[0];
        kept[1] = static_cast<float>(x);
        return {static_cast<float>(x + (nesterov ? u + beta * m : m))};
    }
    double receive(const std::array<float, kSent>& /*sent*/,
                   const std::array<double, kSent>& mixed,
                   std::array<float, kKept>& kept) const {
        kept[0] = static_cast<float>(mu * kept[0] + (1 - mu) * (mixed[0] - kept[1]));
        return mixed[0];
    }
};

double factor(const Options& options, const char* key) {
    const double value = options.number(key, {0, 1});
    if (value == 1) {
        options.refuse(fmt::format("{}: got 1, allowed 0 to below 1", key));
    }
    return value;
}

}  // namespace

void register_qg_dsgdm(ProtocolRegistry& registry) {
    registry.add({"qg-dsgdm",
                  "D-PSGD with quasi-global momentum; leave --momentum at 0",
                  {word("variant", {"qg", "relaysgd"}, "relaysgd: mu is beta, and Nesterov's step"),
                   named("beta", "0.9", "what the momentum adds to a step, 0 to below 1"),
                   named("mu", "0.9", "what the momentum keeps of itself, 0 to below 1"),
                   word("nesterov", {"false", "true"}, "of variant=qg"),
                   on_missing_option()}},
                 [](const Options& options, NodeId) {
                     QuasiGlobal rule{.beta = factor(options, "beta"),
                                      .mu = factor(options, "mu"),
                                      .nesterov = options.choice<bool>(
                                          "nesterov", {{"false", false}, {"true", true}})};
                     if (options.choice<bool>("variant", {{"qg", false}, {"relaysgd", true}})) {
                         if (options.has("mu") || options.has("nesterov")) {
                             options.refuse(
                                 "variant: got relaysgd with mu or nesterov, allowed neither: "
                                 "there mu is beta, and the step is Nesterov's");
                         }
                         rule.mu = rule.beta;
                         rule.nesterov = true;
                     }
                     return plan_of_rule(rule, options);
                 });
}

}  // namespace murmur
