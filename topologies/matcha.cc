#include "topologies/matcha.h"

#include "topologies/overlays.h"
#include "topologies/random_bits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>

namespace murmur {
namespace {

using Edge = std::pair<NodeId, NodeId>;
using Vector = std::vector<double>;

double dot(const Vector& x, const Vector& y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

/// Takes away the part of x along the ones vector, and makes its length 1; 0 stays 0.
void normalize(Vector& x) {
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    for (double& value : x) {
        value -= mean;
    }
    const double length = std::sqrt(dot(x, x));
    for (double& value : x) {
        value /= length > 0 ? length : 1;
    }
}

Vector first_guess(std::size_t size) {
    // Any vector does that no eigenvector is orthogonal to; this one is the same on every run.
    RandomBits bits(0);
    Vector x(size);
    std::ranges::generate(x, [&bits] { return bits.uniform() - 0.5; });
    normalize(x);
    return x;
}

/// sum_j weights_j L_j x, of matchings with Laplacians L_j.
Vector laplacian_times(const Matcha& plan, const Vector& weights, const Vector& x) {
    Vector y(x.size());
    for (std::size_t j = 0; j < weights.size(); ++j) {
        for (const auto& [u, v] : plan.matchings[j]) {
            const double flow = weights[j] * (x[u] - x[v]);
            y[u] += flow;
            y[v] -= flow;
        }
    }
    return y;
}

/// Colors edges so that no two at one node are alike, each with the least color that is free.
std::vector<std::vector<Edge>> greedy_matchings(const Graph& graph) {
    std::vector<std::vector<bool>> taken(boost::num_vertices(graph));
    std::vector<std::vector<Edge>> matchings;
    const auto is_taken = [&taken](NodeId node, std::size_t color) {
        return color < taken[node].size() && taken[node][color];
    };
    for (const Edge& edge : sorted_edges(graph)) {
        std::size_t color = 0;
        while (is_taken(edge.first, color) || is_taken(edge.second, color)) {
            ++color;
        }
        for (const NodeId node : {edge.first, edge.second}) {
            taken[node].resize(std::max(taken[node].size(), color + 1));
            taken[node][color] = true;
        }
        matchings.resize(std::max(matchings.size(), color + 1));
        matchings[color].push_back(edge);
    }
    return matchings;
}

/// Returns the nearest numbers from 0 to 1 that sum to `sum`: each less the same amount, cut off.
Vector projected(const Vector& x, double sum) {
    double low = *std::ranges::min_element(x) - 1;
    double high = *std::ranges::max_element(x);
    Vector result(x.size());
    for (int i = 0; i < 60; ++i) {
        const double middle = 0.5 * (low + high);
        std::ranges::transform(
            x, result.begin(), [middle](double v) { return std::clamp(v - middle, 0.0, 1.0); });
        const double total = std::accumulate(result.begin(), result.end(), 0.0);
        (total > sum ? low : high) = middle;
    }
    return result;
}

/// Maximizes the second eigenvalue of sum_j p_j L_j, which is concave in p [Wang, 2019, eq. 4]: for
/// its eigenvector v, v' L_j v is how much p_j adds to it.
void choose_probabilities(Matcha& plan, NodeId num_nodes, double budget) {
    constexpr int kSteps = 200;
    constexpr int kPowers = 300;
    const std::size_t count = plan.matchings.size();
    const double sum = budget * static_cast<double>(count);
    Vector now(count, budget);
    plan.probabilities = now;
    if (count == 0) {
        return;
    }
    Vector v = first_guess(num_nodes);
    double best = -1;
    for (int step = 0; step < kSteps; ++step) {
        // Of c I - L the largest eigenvalue is what L has least, beside the ones vector's.
        const double bound = 2.0 * std::accumulate(now.begin(), now.end(), 0.0);
        for (int power = 0; power < kPowers; ++power) {
            const Vector lv = laplacian_times(plan, now, v);
            for (std::size_t i = 0; i < v.size(); ++i) {
                v[i] = bound * v[i] - lv[i];
            }
            normalize(v);
        }
        const double second = dot(v, laplacian_times(plan, now, v));
        if (second > best) {
            best = second;
            plan.probabilities = now;
        }
        const double length = 0.5 / std::sqrt(1.0 + step);
        for (std::size_t j = 0; j < count; ++j) {
            double gain = 0;
            for (const auto& [a, b] : plan.matchings[j]) {
                gain += (v[a] - v[b]) * (v[a] - v[b]);
            }
            now[j] += length * gain / std::max(second, 1e-9) * budget;
        }
        now = projected(now, sum);
    }
}

/// Returns the largest eigenvalue of E[W'W] - 11'/n = I - 2 a L + a^2 (L^2 + 2 L~) beside the ones
/// vector, with L = sum_j p_j L_j, L~ = sum_j p_j (1 - p_j) L_j.
double norm_of(const Matcha& plan, double a, Vector& x) {
    constexpr int kPowers = 200;
    Vector variances;
    for (const double p : plan.probabilities) {
        variances.push_back(2 * p * (1 - p));
    }
    double largest = 0;
    for (int power = 0; power < kPowers; ++power) {
        const Vector once = laplacian_times(plan, plan.probabilities, x);
        const Vector twice = laplacian_times(plan, plan.probabilities, once);
        const Vector spread = laplacian_times(plan, variances, x);
        Vector next(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) {
            next[i] = x[i] - 2 * a * once[i] + a * a * (twice[i] + spread[i]);
        }
        largest = dot(x, next);
        x = std::move(next);
        normalize(x);
    }
    return largest;
}

/// Minimizes that norm [Wang, 2019, eq. 5], which is convex in a: a largest value of parabolas.
void choose_weight(Matcha& plan, NodeId num_nodes) {
    constexpr int kCuts = 40;
    const double golden = (std::sqrt(5.0) - 1) / 2;
    Vector x = first_guess(num_nodes);
    double low = 0;
    double high = 1;
    double left = high - golden * (high - low);
    double right = low + golden * (high - low);
    double at_left = norm_of(plan, left, x);
    double at_right = norm_of(plan, right, x);
    for (int cut = 0; cut < kCuts; ++cut) {
        // What is found between two points is never thrown away with the worse end.
        if (at_left < at_right) {
            high = right;
            right = left;
            at_right = at_left;
            left = high - golden * (high - low);
            x = first_guess(num_nodes);
            at_left = norm_of(plan, left, x);
        } else {
            low = left;
            left = right;
            at_left = at_right;
            right = low + golden * (high - low);
            x = first_guess(num_nodes);
            at_right = norm_of(plan, right, x);
        }
    }
    plan.mixing_weight = 0.5 * (low + high);
    plan.spectral_norm = norm_of(plan, plan.mixing_weight, x);
}

/// Returns the plan of an overlay; the latest is kept, as every round of a run asks for it.
std::shared_ptr<const Matcha> plan_of(const OverlayRequest& request,
                                      const std::string& of,
                                      double budget) {
    static std::mutex mutex;
    static std::string latest;
    static std::shared_ptr<const Matcha> plan;
    const std::lock_guard lock(mutex);
    const std::string key = fmt::format("{} {} {} {}", of, request.num_nodes, request.seed, budget);
    if (key != latest) {
        plan = std::make_shared<const Matcha>(
            plan_matcha(make_topology(of, request.num_nodes, request.seed), budget));
        latest = key;
    }
    return plan;
}

}  // namespace

Matcha plan_matcha(const Graph& graph, double budget) {
    const auto num_nodes = static_cast<NodeId>(boost::num_vertices(graph));
    Matcha plan;
    plan.matchings = greedy_matchings(graph);
    choose_probabilities(plan, num_nodes, budget);
    choose_weight(plan, num_nodes);
    return plan;
}

MixingMatrix matcha_round(const Matcha& plan,
                          NodeId num_nodes,
                          std::uint64_t seed,
                          std::uint64_t round) {
    // Any odd number far from 1: rounds of one seed are not those of the next.
    constexpr std::uint64_t kStride = 0x9E3779B97F4A7C15;
    RandomBits bits(seed + kStride * (round + 1));
    std::vector<MixingMatrix::Row> rows(num_nodes, {.self = 1, .neighbors = {}});
    for (std::size_t j = 0; j < plan.matchings.size(); ++j) {
        if (!bits.bernoulli(plan.probabilities[j])) {
            continue;
        }
        for (const auto& [u, v] : plan.matchings[j]) {
            rows[u].neighbors.push_back({v, plan.mixing_weight});
            rows[v].neighbors.push_back({u, plan.mixing_weight});
        }
    }
    for (MixingMatrix::Row& row : rows) {
        std::ranges::sort(row.neighbors, {}, &NeighborWeight::neighbor);
        row.self = 1 - plan.mixing_weight * static_cast<double>(row.neighbors.size());
    }
    return MixingMatrix(std::move(rows));
}

void register_matcha(OverlayRegistry& registry) {
    registry.add(
        {"matcha",
         "matchings of another overlay, each there at random as its worth for mixing asks",
         {rest("of", "SPEC", "the other overlay"),
          named("budget", "0.5", "share of the other overlay's edges in a round, on average")}},
        {.mixing =
             [](const OverlayRequest& request) {
                 const auto plan = plan_of(
                     request, request.options.text("of"), request.options.fraction("budget"));
                 return matcha_round(*plan, request.num_nodes, request.seed, request.round);
             },
         .edges = [](const Options& options,
                     double nodes) { return expected_edges(options.text("of"), nodes); },
         .needs_dynamic = true});
}

}  // namespace murmur
