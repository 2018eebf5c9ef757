#include "emulator/protocols/plans.h"
#include "emulator/protocols/repeated_mixing.h"
#include "learning/privacy/gaussian_noise.h"

#include <utility>

namespace murmur {
namespace {

/// Muffliato [Cyffers, 2022, algorithm 1 on models, with plain gossip and without Chebyshev's
/// acceleration], as decentralizepy's fork has it: after its training a node replaces its model by
/// x + N(0, sigma^2), then all average K times.  Noise is neither clipped nor added again.
/// - [Cyffers, 2022] E. Cyffers, M. Even, A. Bellet, L. Massoulie. Muffliato: peer-to-peer privacy
///   amplification for decentralized optimization and averaging. NeurIPS 35.
class Muffliato final : public RepeatedMixing {
  public:
    Muffliato(NodeContext& node, std::uint32_t mixings, double sigma)
        : RepeatedMixing(node, mixings), sigma_(sigma) {}

  private:
    void share(Done done) override {
        if (mixing() > 0) {
            RepeatedMixing::share(std::move(done));
            return;
        }
        const std::uint64_t round = node().round();
        const std::uint64_t seed = node().stream("muffliato", round)();
        ModelHandle trained = model();
        set_model({});
        node().compute(
            {.kind = TaskKind::kEncode, .round = round, .values_read = node().num_parameters()},
            [sigma = sigma_, seed, layout = &node().layout()](const Parameters& x) -> Parameters {
                return with_noise(*x, *layout, sigma, seed);
            },
            [this, done = std::move(done)](ModelHandle noisy) mutable {
                set_model(std::move(noisy));
                RepeatedMixing::share(std::move(done));
            },
            std::move(trained));
    }

    double sigma_;
};

}  // namespace

void register_muffliato(ProtocolRegistry& registry) {
    registry.add({"muffliato",
                  "noise on the model after training, then several averagings with all neighbors",
                  {required("sigma", "SIGMA", "deviation of the noise in each parameter"),
                   named("mixings", "10", "averagings in a round")}},
                 [](const Options& options, NodeId) {
                     ProtocolPlan plan = plan_of<Muffliato>(
                         static_cast<std::uint32_t>(options.integer("mixings", {1, 1'000'000})),
                         options.number("sigma", {0, 1e30}));
                     plan.lives_with_churn = true;
                     return plan;
                 });
}

}  // namespace murmur
