// Gradient tracking: each node steps along an estimate of the mean of all nodes' steps, which it
// keeps up to date by mixing, so that unlike data no longer pull it away from the common optimum.
//
// Every form here tracks whole local updates u = (what training made of x) - x, of any optimizer
// and of any number of steps, in the place of -eta g: with plain SGD that is the same, and where
// the rate changes, old updates keep the rate that they were made with.
// - [Nedic, 2017] A. Nedic, A. Olshevsky, W. Shi. Achieving geometric convergence for distributed
//   optimization over time-varying graphs. SIAM J. Optimization 27(4):2597-2633 (DIGing).
// - [Pu, 2021] S. Pu, A. Nedic. Distributed stochastic gradient tracking methods. Mathematical
//   Programming 187:409-457 (GT-DSGD).
// - [Vogels, 2021] T. Vogels et al. RelaySum for decentralized deep learning on heterogeneous data.
//   NeurIPS 34, code `gradient_tracking`.
// - [Lin, 2021] T. Lin et al. Quasi-global momentum. ICML, code
//   `decentralized_sgd_with_gradient_tracking`.

#include "emulator/protocols/mixing_protocol.h"

#include <fmt/format.h>

namespace murmur {

namespace {

/// [Vogels, 2021]: p = x + u + c; x+ = W p; c+ = W (c + u) - u; all c sum to 0.
struct TrackedCorrection {
    static constexpr std::size_t kSent = 2;  // p, c + u
    static constexpr std::size_t kKept = 1;  // c

    std::array<float, kSent> send(double x, double u, std::array<float, kKept>& kept) const {
        const double c = kept[0];
        return {static_cast<float>(x + u + c), static_cast<float>(c + u)};
    }
    double receive(const std::array<float, kSent>& sent,
                   const std::array<double, kSent>& mixed,
                   std::array<float, kKept>& kept) const {
        kept[0] = static_cast<float>(kept[0] + (mixed[1] - sent[1]));
        return mixed[0];
    }
};

/// [Nedic, 2017]: y = yhat + u - u_prev; x+ = W x + y; yhat+ = W y; all y sum to the sum of all u.
/// The step is along the y that this node has, not the mixed one.
struct TrackedUpdate {
    static constexpr std::size_t kSent = 2;  // x, y
    static constexpr std::size_t kKept = 2;  // yhat (y while messages travel), u_prev

    std::array<float, kSent> send(double x, double u, std::array<float, kKept>& kept) const {
        const auto update = static_cast<float>(u);
        const double y = static_cast<double>(kept[0]) + update - kept[1];
        kept = {static_cast<float>(y), update};
        return {static_cast<float>(x), kept[0]};
    }
    double receive(const std::array<float, kSent>& sent,
                   const std::array<double, kSent>& mixed,
                   std::array<float, kKept>& kept) const {
        kept[0] = static_cast<float>(mixed[1]);
        return mixed[0] + sent[1];
    }
};

/// [Lin, 2021]: the same with heavy-ball momentum behind the tracking: m+ = beta m + y, x+ = W x +
/// m+.
struct TrackedMomentum {
    static constexpr std::size_t kSent = TrackedUpdate::kSent;
    static constexpr std::size_t kKept = 3;  // as above, m

    double beta;

    std::array<float, kSent> send(double x, double u, std::array<float, kKept>& kept) const {
        std::array<float, 2> tracked{kept[0], kept[1]};
        const auto sent = TrackedUpdate{}.send(x, u, tracked);
        kept = {tracked[0], tracked[1], kept[2]};
        return sent;
    }
    double receive(const std::array<float, kSent>& sent,
                   const std::array<double, kSent>& mixed,
                   std::array<float, kKept>& kept) const {
        kept[2] = static_cast<float>(beta * kept[2] + sent[1]);
        kept[0] = static_cast<float>(mixed[1]);
        return mixed[0] + kept[2];
    }
};

enum class Form : std::uint8_t { kRelaySgd, kQg, kDiging };

}  // namespace

void register_gt(ProtocolRegistry& registry) {
    registry.add(
        {"gt",
         "gradient tracking: step along a tracked mean of all nodes' updates",
         {word("form", {"relaysgd", "qg", "diging"}, "which of the published recursions"),
          named("momentum", "0", "of form=qg, behind the tracking, 0 to below 1"),
         on_missing_option()}},
        [](const Options& options, NodeId) {
            const auto form = options.choice<Form>(
                "form",
                {{"relaysgd", Form::kRelaySgd}, {"qg", Form::kQg}, {"diging", Form::kDiging}});
            const double momentum = options.number("momentum", {0, 1});
            if (momentum == 1 || (momentum > 0 && form != Form::kQg)) {
                options.refuse(fmt::format(
                    "momentum: got {}, allowed 0{}",
                    momentum,
                    form == Form::kQg ? " to below 1"
                                      : ": --momentum tracks updates that have momentum in them"));
            }
            if (form == Form::kRelaySgd) {
                return plan_of_rule(TrackedCorrection{}, options);
            }
            return momentum > 0 ? plan_of_rule(TrackedMomentum{momentum}, options)
                                : plan_of_rule(TrackedUpdate{}, options);
        });
}

}  // namespace murmur
