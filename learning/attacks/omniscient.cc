#include "learning/attack.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numbers>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using Nodes = std::vector<std::uint32_t>;

/// Calls `value_of(mean, deviation)` for each place of some vectors, in double; the deviation is
/// that of a sample, with n - 1, and 0 of a single vector.
template <class Value>
Parameters from_moments(std::span<const Parameters> vectors, Value value_of) {
    const std::size_t size = vectors.front()->size();
    const auto count = static_cast<double>(vectors.size());
    const double degrees = std::max(count - 1, 1.0);
    auto forged = std::make_shared<ParameterVector>(size);
    constexpr std::size_t kBlock = 1024;
    std::vector<double> means(kBlock);
    std::vector<double> squares(kBlock);
    for (std::size_t begin = 0; begin < size; begin += kBlock) {
        const std::size_t length = std::min(kBlock, size - begin);
        std::ranges::fill(means, 0.0);
        std::ranges::fill(squares, 0.0);
        for (const Parameters& vector : vectors) {
            for (std::size_t i = 0; i < length; ++i) {
                means[i] += static_cast<double>(vector->values()[begin + i]) / count;
            }
        }
        for (const Parameters& vector : vectors) {
            for (std::size_t i = 0; i < length; ++i) {
                const double off = static_cast<double>(vector->values()[begin + i]) - means[i];
                squares[i] += off * off / degrees;
            }
        }
        for (std::size_t i = 0; i < length; ++i) {
            forged->values()[begin + i] =
                static_cast<float>(value_of(means[i], std::sqrt(squares[i])));
        }
    }
    return forged;
}

/// An attack on the mean and the deviation of all honest models, place by place.
class OnMoments final : public Attack {
  public:
    OnMoments(Nodes honest, double mean_factor, double deviation_factor)
        : honest_(std::move(honest)),
          mean_factor_(mean_factor),
          deviation_factor_(deviation_factor) {}

    [[nodiscard]] Nodes sees() const override { return honest_; }
    [[nodiscard]] Parameters forge(const AttackView& view) const override {
        return from_moments(view.honest, [this](double mean, double deviation) {
            return mean_factor_ * mean + deviation_factor_ * deviation;
        });
    }

  private:
    Nodes honest_;
    double mean_factor_;
    double deviation_factor_;
};

/// The model of one honest node, as if its data were there twice.
class Mimic final : public Attack {
  public:
    explicit Mimic(std::uint32_t node) : node_(node) {}
    [[nodiscard]] Nodes sees() const override { return {node_}; }
    [[nodiscard]] Parameters forge(const AttackView& view) const override {
        return view.honest.front();
    }

  private:
    std::uint32_t node_;
};

/// x_b = x_t - eps (sum over honest neighbors j of the victim t of w_tj (x_j - x_t)) / (sum of the
/// weights that t gives attackers): with eps = 1, all attackers together take back what t's honest
/// neighbors do to it [He, Karimireddy and Jaggi, 2022, section 4].
class Dissensus final : public Attack {
  public:
    explicit Dissensus(double eps) : eps_(eps) {}

    [[nodiscard]] bool is_per_victim() const override { return true; }
    [[nodiscard]] Parameters forge(const AttackView& view) const override {
        const std::span<const float> victim = view.victim->values();
        auto forged = std::make_shared<ParameterVector>(victim.size());
        for (std::size_t i = 0; i < victim.size(); ++i) {
            const double x = victim[i];
            double pull = 0;
            for (std::size_t j = 0; j < view.honest.size(); ++j) {
                pull += view.weights[j] * (static_cast<double>(view.honest[j]->values()[i]) - x);
            }
            forged->values()[i] = static_cast<float>(x - eps_ * pull / view.attackers_weight);
        }
        return forged;
    }

  private:
    double eps_;
};

/// Returns the z at which a standard normal number is below with this probability.
double normal_quantile(double probability) {
    double low = -40;
    double high = 40;
    for (int step = 0; step < 200; ++step) {
        const double middle = (low + high) / 2;
        const double below = 0.5 * std::erfc(-middle / std::numbers::sqrt2);
        (below < probability ? low : high) = middle;
    }
    return (low + high) / 2;
}

/// Returns the deviation that just passes for honest, by the counts of nodes and attackers.
double z_of_counts(const Options& options, const AttackSetting& setting) {
    const auto honest = static_cast<double>(setting.honest.size());
    const double attackers = setting.num_attackers;
    const double supporters = std::floor((honest + attackers) / 2 + 1) - attackers;
    const double probability = (honest - supporters) / honest;
    if (probability <= 0 || probability >= 1) {
        options.refuse(
            fmt::format("z: counts is not defined for {} attackers of {} nodes, allowed "
                        "fewer attackers than half of the nodes, or a number",
                        attackers,
                        honest + attackers));
    }
    return normal_quantile(probability);
}

std::unique_ptr<const Attack> make_alie(const Options& options, const AttackSetting& setting) {
    const double z = options.text("z") == "counts" ? -z_of_counts(options, setting)
                                                   : options.number("z", {-1e6, 1e6});
    return std::make_unique<OnMoments>(Nodes(setting.honest.begin(), setting.honest.end()), 1.0, z);
}

std::unique_ptr<const Attack> make_mimic(const Options& options, const AttackSetting& setting) {
    if (!options.has("node")) {
        return std::make_unique<Mimic>(setting.honest.front());
    }
    const auto node = static_cast<std::uint32_t>(options.integer("node", {0, 1'000'000'000}));
    if (!std::ranges::binary_search(setting.honest, node)) {
        options.refuse(fmt::format("node: got {}, allowed an honest node that learns", node));
    }
    return std::make_unique<Mimic>(node);
}

}  // namespace

void register_omniscient(AttackRegistry& registry) {
    registry.add({"alie",
                  "a little is enough: mean + z deviations of all honest models, value by value",
                  {named("z",
                         "1.5",
                         "deviations; counts: minus what just passes by the counts of "
                         "nodes and attackers")}},
                 make_alie);
    registry.add({"ipm",
                  "inner product manipulation: -eps times the mean of all honest models",
                  {named("eps", "0.1", "the factor")}},
                 [](const Options& options, const AttackSetting& setting) {
                     return std::make_unique<OnMoments>(
                         Nodes(setting.honest.begin(), setting.honest.end()),
                         -options.number("eps", {0, 1e30}),
                         0.0);
                 });
    registry.add({"dissensus",
                  "to each victim apart: the opposite of what its honest neighbors do to it",
                  {named("eps", "1.5", "1: all attackers together undo the honest ones")}},
                 [](const Options& options, const AttackSetting&) {
                     return std::make_unique<Dissensus>(options.number("eps", {0, 1e30}));
                 });
    registry.add({"mimic",
                  "the model of one honest node",
                  {unset("node", "NODE", "which; the first honest one where it is left out")}},
                 make_mimic);
}

}  // namespace murmur
