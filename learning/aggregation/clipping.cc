#include "learning/aggregation/clipping.h"

#include "learning/aggregation/distances.h"
#include "learning/aggregation/weighted_sum.h"
#include "tools/text/number.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>

namespace murmur {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::int64_t units(double weight) {
    constexpr double kUnitsOfOne = 1LL << 40;
    return std::llround(weight * kUnitsOfOne);
}

/// The neighbors from the nearest to the farthest, with weights in whole units.
struct ByDistance {
    explicit ByDistance(const Pulls& pulls) : order(pulls.weights.size()) {
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(
            order, {}, [&](std::size_t place) { return pulls.squares[place]; });
        for (const double weight : pulls.weights) {
            weights.push_back(units(weight));
        }
        own = units(pulls.self_weight);
        total = std::accumulate(weights.begin(), weights.end(), own);
        slack = static_cast<std::int64_t>(order.size()) + 2;
    }

    std::vector<std::size_t> order;     ///< places among the neighbors
    std::vector<std::int64_t> weights;  ///< [neighbors]
    std::int64_t own = 0;
    std::int64_t total = 0;
    std::int64_t slack = 0;  ///< by which rounding may have moved a sum
};

}  // namespace

Parameters pulled(const Parameters& own,
                  double self_weight,
                  std::span<const WeightedView> neighbors,
                  std::span<const double> factors) {
    double self = self_weight;
    for (std::size_t j = 0; j < neighbors.size(); ++j) {
        self += neighbors[j].weight * (1 - factors[j]);
    }
    return weighted_sum(*own, self, neighbors, [&](const WeightedView& neighbor) {
        const auto place = static_cast<std::size_t>(&neighbor - neighbors.data());
        return neighbor.weight * factors[place];
    });
}

std::vector<double> clipping_factors(std::span<const double> squares, double tau, double scale) {
    std::vector<double> factors;
    factors.reserve(squares.size());
    for (const double square : squares) {
        const double distance = std::sqrt(square);
        factors.push_back(scale * (distance > tau ? tau / distance : 1));
    }
    return factors;
}

Pulls pulls_of(const ParameterVector& own,
               double self_weight,
               std::span<const WeightedView> neighbors) {
    Pulls pulls{self_weight, {}, squared_distances(own, neighbors)};
    for (const WeightedView& neighbor : neighbors) {
        pulls.weights.push_back(neighbor.weight);
    }
    return pulls;
}

double second_largest_distance(const Pulls& pulls) {
    std::vector<double> squares = pulls.squares;
    if (squares.empty()) {
        return kInfinity;
    }
    std::ranges::sort(squares, std::greater<>());
    return std::sqrt(squares[squares.size() > 1 ? 1 : 0]);
}

double he_length(const Pulls& pulls, double b) {
    if (b == 0) {
        return kInfinity;
    }
    const ByDistance sorted(pulls);
    const std::int64_t bound = sorted.total - units(b) - sorted.slack;
    std::int64_t sum = sorted.own;
    double squares = 0;
    for (const std::size_t place : sorted.order) {
        sum += sorted.weights[place];
        if (sum >= bound) {
            break;
        }
        squares += pulls.weights[place] * pulls.squares[place];
    }
    return std::sqrt(squares / b);
}

double cs_plus_length(const Pulls& pulls, double b) {
    if (b == 0) {
        return kInfinity;
    }
    const ByDistance sorted(pulls);
    const std::int64_t bound = sorted.total - 2 * units(b) + sorted.slack;
    std::int64_t sum = sorted.own;
    double square = 0;
    for (const std::size_t place : sorted.order) {
        sum += sorted.weights[place];
        if (sum > bound) {
            break;
        }
        square = pulls.squares[place];
    }
    return std::sqrt(square);
}

std::vector<double> kept_shares(const Pulls& pulls, double b) {
    const ByDistance sorted(pulls);
    std::vector<double> shares(pulls.weights.size(), 1.0);
    std::int64_t to_drop = units(b);
    for (auto place = sorted.order.rbegin(); place != sorted.order.rend(); ++place) {
        const std::int64_t weight = sorted.weights[*place];
        if (to_drop <= sorted.slack) {
            break;
        }
        const std::int64_t kept = weight - to_drop;
        shares[*place] =
            kept <= sorted.slack ? 0 : static_cast<double>(kept) / static_cast<double>(weight);
        to_drop -= weight;
    }
    return shares;
}

OptionForm tolerated_weight_form() {
    return required("b", "WEIGHT", "weight of liars that is borne, 0 ... 1, such as 0.2 or 1/6");
}

double parse_tolerated_weight(const std::string& where, std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
        return parse_number(where, text, {0, 1});
    }
    constexpr std::int64_t kMost = 1'000'000;
    const std::int64_t denominator = parse_integer(where, text.substr(slash + 1), {1, kMost});
    const std::int64_t numerator = parse_integer(where, text.substr(0, slash), {0, denominator});
    return static_cast<double>(numerator) / static_cast<double>(denominator);
}

double tolerated_weight(const Options& options) {
    return parse_tolerated_weight(options.where() + ": b", options.text("b"));
}

}  // namespace murmur
