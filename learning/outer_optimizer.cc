#include "learning/outer_optimizer.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace murmur {
namespace {

constexpr double kLargestRate = 1e6;

void require_length(std::string_view what, std::size_t got, std::size_t allowed) {
    if (got != allowed) {
        throw std::invalid_argument(fmt::format(
            "outer step: {} of another length, got {}, allowed {}", what, got, allowed));
    }
}

}  // namespace

void OuterOptimizer::step(std::span<float> theta,
                          std::span<float> velocity,
                          std::span<const float> drift) const {
    const auto rate = static_cast<float>(lr);
    const auto mu = static_cast<float>(momentum);
    const std::size_t size = theta.size();
    switch (form) {
        case Form::kPlain:
            for (std::size_t i = 0; i < size; ++i) {
                theta[i] -= rate * drift[i];
            }
            break;
        case Form::kHeavyBall:
            for (std::size_t i = 0; i < size; ++i) {
                velocity[i] = mu * velocity[i] + drift[i];
                theta[i] -= rate * velocity[i];
            }
            break;
        case Form::kNesterov:
            for (std::size_t i = 0; i < size; ++i) {
                velocity[i] = mu * velocity[i] + drift[i];
                theta[i] -= rate * (drift[i] + mu * velocity[i]);
            }
            break;
    }
}

Parameters OuterOptimizer::step(const ParameterVector& theta,
                                const ParameterVector& drift,
                                std::vector<float>& velocity,
                                const ParameterLayout& layout) const {
    require_length("a drift", drift.size(), theta.size());
    if (velocity.empty() && form != Form::kPlain) {
        velocity.resize(theta.size());
    }
    if (form != Form::kPlain) {
        require_length("a velocity", velocity.size(), theta.size());
    }
    auto stepped = copy_of(theta);
    step(stepped->values(), velocity, drift.values());
    for_each_buffer(layout, [&](std::size_t begin, std::size_t size) {
        for (std::size_t i = begin; i < begin + size; ++i) {
            stepped->values()[i] = theta.values()[i] - drift.values()[i];
        }
    });
    return stepped;
}

Parameters GroupOuterOptimizer::step(const ParameterVector& phi,
                                     std::span<const Member> members,
                                     std::vector<float>& momenta,
                                     const ParameterLayout& layout) const {
    momenta.resize(phi.size());
    auto stepped = std::make_shared<ParameterVector>(phi.size());
    std::vector<float> mean_phi(phi.size());
    std::vector<float> mean_change(phi.size());
    const auto count = static_cast<float>(members.size());
    for (const Member& member : members) {
        require_length("a member's vector", member.phi.size(), phi.size());
        require_length("a member's vector", member.change.size(), phi.size());
        for (std::size_t i = 0; i < phi.size(); ++i) {
            mean_phi[i] += member.phi[i];
            mean_change[i] += member.change[i];
        }
    }
    const auto rate = static_cast<float>(lr);
    const auto mu = static_cast<float>(momentum);
    const auto gamma = static_cast<float>(consensus);
    for (std::size_t i = 0; i < phi.size(); ++i) {
        const float own = phi.values()[i];
        momenta[i] = mu * momenta[i] + rate * (mean_change[i] / count) +
                     gamma * (mean_phi[i] / count - own);
        stepped->values()[i] = own + momenta[i];
    }
    for_each_buffer(layout, [&](std::size_t begin, std::size_t size) {
        for (std::size_t i = begin; i < begin + size; ++i) {
            stepped->values()[i] = (mean_phi[i] + mean_change[i]) / count;
        }
    });
    return stepped;
}

Parameters drift_between(const ParameterVector& before, const ParameterVector& after) {
    require_length("a model", after.size(), before.size());
    auto drift = std::make_shared<ParameterVector>(before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        drift->values()[i] = before.values()[i] - after.values()[i];
    }
    return drift;
}

std::vector<OptionForm> outer_optimizer_options(const OuterOptimizer& defaults) {
    std::vector<std::string> forms{"nesterov", "heavy-ball", "plain"};
    std::swap(forms[0], forms[static_cast<std::size_t>(defaults.form)]);
    return {word("outer", std::move(forms), "form of the outer step"),
            named("lr", fmt::format("{}", defaults.lr), "of the outer step"),
            named("momentum", fmt::format("{}", defaults.momentum), "of the outer step, below 1")};
}

OuterOptimizer outer_optimizer(const Options& options) {
    using Form = OuterOptimizer::Form;
    OuterOptimizer outer{.form = options.choice<Form>("outer",
                                                      {{"nesterov", Form::kNesterov},
                                                       {"heavy-ball", Form::kHeavyBall},
                                                       {"plain", Form::kPlain}}),
                         .lr = options.number("lr", {0, kLargestRate}),
                         .momentum = options.below_one("momentum")};
    if (outer.form == Form::kPlain && options.has("momentum") && outer.momentum > 0) {
        options.refuse(
            fmt::format("momentum: got {} with outer=plain, which has none, allowed with "
                        "nesterov and heavy-ball",
                        options.text("momentum")));
    }
    return outer;
}

}  // namespace murmur
