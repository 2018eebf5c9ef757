#pragma once

#include "learning/learner.h"

#include <optional>
#include <span>
#include <string_view>

namespace murmur {

/// How far learning is to come before a run ends: a figure of the nodes' latest tests.
struct Target {
    enum class Figure { kAccuracy, kLoss };
    enum class Nodes { kMean, kAll };

    Figure figure = Figure::kAccuracy;
    Nodes nodes = Nodes::kMean;
    double value = 0;

    [[nodiscard]] double figure_of(const EvaluationResult& result) const {
        return figure == Figure::kAccuracy ? result.accuracy : result.loss;
    }
    /// Tells whether a figure is as good as is asked for.
    [[nodiscard]] bool is_good(double got) const {
        return figure == Figure::kAccuracy ? got >= value : got <= value;
    }
    [[nodiscard]] bool is_good(const EvaluationResult& result) const {
        return is_good(figure_of(result));
    }
    /// Tells whether the target is reached.
    /// @param latest  each tested node's latest result, one or more
    [[nodiscard]] bool is_reached(std::span<const EvaluationResult> latest) const;
};

/// Parses `X`, `mean:X` or `all:X`: the mean over the nodes, or every node's figure; nothing for an
/// empty text.
/// @throws std::invalid_argument  naming `where`; for an accuracy outside of (0, 1], too
[[nodiscard]] std::optional<Target> parse_target(std::string_view where,
                                                 std::string_view text,
                                                 Target::Figure figure);

}  // namespace murmur
