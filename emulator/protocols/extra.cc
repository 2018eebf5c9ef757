// EXTRA: the exact first-order algorithm.
// - [Shi, 2015] W. Shi, Q. Ling, G. Wu, W. Yin. EXTRA: An exact first-order algorithm for
//   decentralized consensus optimization. SIAM J. Optimization 25(2):944-966, algorithm 1.

#include "emulator/protocols/mixing_protocol.h"

namespace murmur {

namespace {

/// x+ = W x + u + c; c+ = c + (W x - x) / 2; all c sum to 0.
///
/// The difference of two rounds is [Shi, 2015, eq. 2.12] with Wt = (I + W) / 2: x+ = x + W x -
/// Wt x_prev - a (g - g_prev).
struct Extra {
    static constexpr std::size_t kSent = 1;  // x
    static constexpr std::size_t kKept = 2;  // c, u while messages travel

    std::array<float, kSent> send(double x, double u, std::array<float, kKept>& kept) const {
        kept[1] = static_cast<float>(u);
        return {static_cast<float>(x)};
    }
    double receive(const std::array<float, kSent>& sent,
                   const std::array<double, kSent>& mixed,
                   std::array<float, kKept>& kept) const {
        const double c = kept[0];
        kept[0] = static_cast<float>(c + (mixed[0] - sent[0]) / 2);
        return mixed[0] + kept[1] + c;
    }
};

}  // namespace

void register_extra(ProtocolRegistry& registry) {
    registry.add({"extra", "EXTRA: exact with a constant step on unlike data", {on_missing_option()}},
                 [](const Options& options, NodeId) {
                     ProtocolPlan plan = plan_of_rule(Extra{}, options);
                     plan.needs_static_overlay = true;
                     plan.check_overlay = check_symmetric;
                     return plan;
                 });
}

}  // namespace murmur
