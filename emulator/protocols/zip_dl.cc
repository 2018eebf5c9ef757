#include "emulator/protocols/plans.h"
#include "emulator/protocols/repeated_mixing.h"
#include "learning/privacy/gaussian_noise.h"

#include <fmt/format.h>

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace murmur {
namespace {

struct ZipOptions {
    double sigma;
    bool has_self_noise;
    bool weighs;
};

/// Zip-DL [Biswas, 2024]: in the first of K averagings each receiver j gets x + z_j, with noise
/// that adds up to zero over the receivers, so that the mean of all models stays; from the second
/// on, all get the same.
///
/// The published code has sum_j z_j = 0, which keeps the mean of the models where the receivers'
/// weights for this node are equal, as in regular graphs; `zero-sum=weighted` has
/// sum_j w_ji z_j = 0, which keeps it with any weights whose columns sum to 1.  What a receiver that
/// has left does not get (`lost_models`) is missing in that sum.
/// - [Biswas, 2024] S. Biswas et al. Low-cost privacy-preserving decentralized learning. PoPETs
/// 2025.
class ZipDl final : public RepeatedMixing {
  public:
    ZipDl(NodeContext& node, std::uint32_t mixings, ZipOptions options)
        : RepeatedMixing(node, mixings), options_(options) {}

  private:
    void share(Done done) override {
        if (mixing() > 0) {
            RepeatedMixing::share(std::move(done));
            return;
        }
        std::vector<double> shares;
        for (const NeighborWeight& edge : neighbors().out) {
            shares.push_back(options_.weighs ? edge.weight : 1.0);
        }
        if (options_.has_self_noise) {
            shares.push_back(options_.weighs ? neighbors().self : 1.0);
        }
        const std::uint64_t round = node().round();
        if (shares.size() < 2) {
            throw std::runtime_error(
                fmt::format("zip-dl: noise that adds up to zero needs two receivers or more, node "
                            "{} has {} in round {}; allowed overlays without leaves, or "
                            "self-noise=true",
                            node().id(),
                            shares.size(),
                            round));
        }
        const std::size_t receivers = shares.size();
        noise_ = std::make_shared<const ZeroSumNoise>(
            std::move(shares), options_.sigma, node().stream("zip-dl", round)());
        node().compute(
            {.kind = TaskKind::kEncode,
             .round = round,
             .values_read = receivers * node().num_parameters()},
            [noise = noise_,
             size = node().num_parameters(),
             layout = &node().layout()]() -> Parameters { return noise->mean(*layout, size); },
            [this, done = std::move(done)](ModelHandle mean) mutable {
                send_next(0, std::move(mean), std::move(done));
            });
    }

    /// Has the model of one receiver made, encoded and sent, then those of the next.
    void send_next(std::size_t receiver, ModelHandle mean, Done done) {
        const std::size_t others = neighbors().out.size();
        if (receiver == others + (options_.has_self_noise ? 1 : 0)) {
            noise_.reset();
            done();
            return;
        }
        const std::uint64_t round = node().round();
        node().compute(
            {.kind = TaskKind::kEncode, .round = round, .values_read = 2 * node().num_parameters()},
            [noise = noise_, layout = &node().layout(), receiver](
                const Parameters& x, const Parameters& mean_noise) -> Parameters {
                return noise->added(*x, *mean_noise, *layout, receiver);
            },
            [this, receiver, others, round, mean, done = std::move(done)](
                ModelHandle noisy) mutable {
                if (receiver == others) {
                    set_model(std::move(noisy));
                    send_next(receiver + 1, std::move(mean), std::move(done));
                    return;
                }
                node().encode(std::move(noisy),
                              round,
                              [this, receiver, mean = std::move(mean), done = std::move(done)](
                                  EncodedHandle encoded) mutable {
                                  send(neighbors().out[receiver].neighbor, std::move(encoded));
                                  send_next(receiver + 1, std::move(mean), std::move(done));
                              });
            },
            model(),
            mean);
    }

    ZipOptions options_;
    std::shared_ptr<const ZeroSumNoise> noise_;  ///< of the present round
};

ProtocolPlan plan_zip_dl(const Options& options, NodeId /*num_nodes*/) {
    const std::vector<std::pair<std::string, bool>> words{{"false", false}, {"true", true}};
    const ZipOptions zip{
        .sigma = options.number("sigma", {0, 1e30}),
        .has_self_noise = options.choice<bool>("self-noise", words),
        .weighs = options.choice<bool>("zero-sum", {{"equal", false}, {"weighted", true}})};
    ProtocolPlan plan =
        plan_of<ZipDl>(static_cast<std::uint32_t>(options.integer("mixings", {1, 1'000'000})), zip);
    plan.sends_models_apart = true;
    plan.lives_with_churn = true;
    plan.least_receivers = zip.has_self_noise ? 1 : 2;
    return plan;
}

}  // namespace

void register_zip_dl(ProtocolRegistry& registry) {
    registry.add(
        {"zip-dl",
         "noise of another kind for each receiver, which adds up to zero, then averagings",
         {required("sigma", "SIGMA", "deviation of the noise in each parameter"),
          named("mixings", "1", "averagings in a round; noise is in the first"),
          word("zero-sum",
               {"equal", "weighted"},
               "which sum is zero: of noise, or of noise by "
               "the weights that receivers give it"),
          word("self-noise", {"false", "true"}, "the node's own copy counts as a receiver's")}},
        plan_zip_dl);
}

}  // namespace murmur
