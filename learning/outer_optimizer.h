#pragma once

#include "learning/parameter_layout.h"
#include "learning/parameters.h"
#include "tools/text/spec.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace murmur {

/// The step that all workers take together after their local work: what they have drifted on the
/// mean, Delta = mean_i (theta - theta_i), serves as a gradient of theta [Douillard, 2023].
///
///     plain:       theta <- theta - lr Delta
///     heavy ball:  v <- mu v + Delta,   theta <- theta - lr v
///     Nesterov:    v <- mu v + Delta,   theta <- theta - lr (Delta + mu v)
///
/// as `torch.optim.SGD` has them (dampening 0, v = Delta in the first step).  With lr = 1 and mu = 0
/// each gives the mean of the workers' models.  Buffers, such as running averages, become their mean
/// in every form.
/// - [Douillard, 2023] A. Douillard et al. DiLoCo: distributed low-communication training of
///   language models. arXiv:2311.08105, algorithm 1.
struct OuterOptimizer {
    enum class Form : std::uint8_t { kNesterov, kHeavyBall, kPlain };

    Form form = Form::kNesterov;
    double lr = 0.7;
    double momentum = 0.9;  ///< mu; unused in the plain form

    /// Takes a step in place of a part of the vector.
    /// @param theta     [n]
    /// @param velocity  [n]: v, zeros before the first step; unused, and may be empty, in the plain
    ///                  form
    /// @param drift     [n]: Delta
    void step(std::span<float> theta,
              std::span<float> velocity,
              std::span<const float> drift) const;

    /// Returns theta after a step; buffers of the layout are averaged.
    /// @param velocity  [theta.size()], or empty before the first step
    /// @throws std::invalid_argument  where lengths differ
    [[nodiscard]] Parameters step(const ParameterVector& theta,
                                  const ParameterVector& drift,
                                  std::vector<float>& velocity,
                                  const ParameterLayout& layout) const;
};

/// The outer step of a small group, mostly a pair [Kolehmainen, 2025]: heavy ball on the group's mean
/// drift, and a pull to the group's mean of outer weights,
///
///     m_i <- mu m_i + lr mean_j (theta_j - phi_j) + gamma (mean_j phi_j - phi_i),
///     phi_i <- phi_i + m_i
///
/// as jkolehm/noloco (37d1a8a) has it with gamma = lr; the paper's gamma is a factor of its own.
/// Buffers become the group's mean of theta.
/// - [Kolehmainen, 2025] J. Kolehmainen et al. NoLoCo: no-all-reduce low communication training
///   method for large models. arXiv:2506.10911.
struct GroupOuterOptimizer {
    double lr = 0.7;
    double momentum = 0.5;   ///< mu
    double consensus = 0.7;  ///< gamma

    /// What a member of a group tells the others; both [n].
    struct Member {
        std::span<const float> phi;
        std::span<const float> change;  ///< theta - phi
    };

    /// Returns phi after a step.
    /// @param momenta  m, [n] or empty before the first step
    /// @param members  of the group, this node among them, in an order that is the same at all
    [[nodiscard]] Parameters step(const ParameterVector& phi,
                                  std::span<const Member> members,
                                  std::vector<float>& momenta,
                                  const ParameterLayout& layout) const;
};

/// Returns before - after, value by value: how far local work has gone, as a gradient points.
/// @throws std::invalid_argument  where the lengths differ
[[nodiscard]] Parameters drift_between(const ParameterVector& before, const ParameterVector& after);

/// The options `outer`, `lr` and `momentum` of a protocol with an outer optimizer; the values of
/// `defaults` hold where they are left out.
[[nodiscard]] std::vector<OptionForm> outer_optimizer_options(const OuterOptimizer& defaults = {});
/// @throws std::invalid_argument  where one of them is wrong
[[nodiscard]] OuterOptimizer outer_optimizer(const Options& options);

}  // namespace murmur
