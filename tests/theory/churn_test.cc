// Expectation: where nodes come and go, what a method loses follows from what has been cut off, to
// the bit of its definition.  Five nodes on a ring take one full-batch step a round, of 5 ms each;
// messages take 1 ms, but those from node 1 to node 2, which are 15 ms on their way.  Node 1 is
// away for a moment while one of these is the only message of its own or to it: that one is cut,
// and nothing else.  The recursions below are in double, straight from the data.

#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "learning/encoding/selection.h"
#include "learning/least_squares.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/theory/least_squares.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace murmur::test {
namespace {

constexpr NodeId kNodes = 5;
constexpr NodeId kAway = 1;
constexpr NodeId kSlow = 2;  ///< hears late of `kAway`

/// What is there, arrives and is merged.
struct Fates {
    std::function<bool(NodeId from, NodeId to, std::uint64_t round)> arrives =
        [](NodeId, NodeId, std::uint64_t) { return true; };
    std::function<bool(NodeId node, std::uint64_t round)> takes_part = [](NodeId, std::uint64_t) {
        return true;
    };
    /// Does a node that has sent its message merge those of the others?
    std::function<bool(NodeId node, std::uint64_t round)> merges = [](NodeId, std::uint64_t) {
        return true;
    };
};

/// Round 2 is sent at 31 ms, and merged by all but node 2 at 32 ms.
constexpr const char* kCut = "node,on_s,off_s\n1,0,0.034\n1,0.034001,\n";
constexpr std::uint64_t kCutRound = 2;

ExperimentOptions ring_of_five(const TemporaryFolder& folder,
                               const std::string& lives,
                               std::pair<NodeId, NodeId> slow) {
    ExperimentOptions options = least_squares_options();
    options.nodes = kNodes;
    options.topology = "ring";
    options.dataset = "least-squares:features=3,samples=25,noise=0.5";
    options.network = "ideal";
    options.link_bins = 0;
    options.rate = "10Gbps";
    options.clock = "modelled:1ms,merge=0";
    std::string latencies;
    for (NodeId from = 0; from < kNodes; ++from) {
        for (NodeId to = 0; to < kNodes; ++to) {
            latencies += std::pair(from, to) == slow ? "15ms " : "1ms ";
        }
        latencies += "\n";
    }
    options.latency_matrix = folder.write("latencies", latencies);
    options.availability = folder.write("lives.csv", lives);
    options.rounds = 12;
    options.eval_every = 1000;
    options.eval_nodes = "1";
    options.workers = 1;
    return options;
}

struct Ended {
    std::vector<Vector> models;
    std::map<std::string, std::uint64_t> counts;
    std::uint64_t rounds_missed;
};

Ended run(const ExperimentOptions& options, ExperimentInputs inputs = {}) {
    const RunResult result = Experiment(options, std::move(inputs)).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    Ended ended{{}, result.summary.protocol_counts, result.summary.rounds_missed};
    for (const Parameters& parameters : result.parameters) {
        ended.models.emplace_back(parameters->values().begin(), parameters->values().end());
    }
    return ended;
}

double largest_difference(const std::vector<Vector>& some, const std::vector<Vector>& others) {
    double largest = 0;
    for (std::size_t node = 0; node < some.size(); ++node) {
        for (std::size_t i = 0; i < some[node].size(); ++i) {
            largest = std::max(largest, std::abs(some[node][i] - others[node][i]));
        }
    }
    return largest;
}

std::vector<Vector> starts(const ExperimentPlan& plan) {
    std::vector<Vector> all;
    for (NodeId node = 0; node < kNodes; ++node) {
        const auto values = plan.initial_of(node)->values();
        all.emplace_back(values.begin(), values.end());
    }
    return all;
}

/// Returns u = -lr grad f_node(x).
Vector update_of(const ExperimentPlan& plan, NodeId node, const Vector& x) {
    Vector u =
        gradient_step(x, plan.data.train->batch(plan.partition[node]), plan.options.training.lr);
    for (std::size_t i = 0; i < u.size(); ++i) {
        u[i] -= x[i];
    }
    return u;
}

Vector sum_of(const std::vector<Vector>& vectors) {
    Vector sum(vectors.front().size(), 0.0);
    for (const Vector& vector : vectors) {
        for (std::size_t i = 0; i < sum.size(); ++i) {
            sum[i] += vector[i];
        }
    }
    return sum;
}

/// A method with one correction c a node, all of which sum to 0, for one coordinate.
struct Method {
    const char* protocol;
    /// What travels; the second vector is what c is corrected by.
    std::function<std::array<double, 2>(double x, double u, double c)> sent;
    std::function<double(double mixed, double u, double c)> next;
    double share;  ///< of W s - s that c takes
};

const std::vector<Method>& methods() {
    static const std::vector<Method> kMethods{
        {"d2",
         [](double x, double u, double c) {
             return std::array{x + u + c, x + u + c};
         },
         [](double mixed, double, double) { return mixed; },
         1},
        {"gt",
         [](double x, double u, double c) {
             return std::array{x + u + c, c + u};
         },
         [](double mixed, double, double) { return mixed; },
         1},
        {"extra",
         [](double x, double, double) {
             return std::array{x, x};
         },
         [](double mixed, double u, double c) { return mixed + u + c; },
         0.5},
    };
    return kMethods;
}

struct Corrected {
    std::vector<Vector> x;
    std::vector<Vector> c;
    /// w_ij (v_j - v_i) of what has not arrived, summed up, with the method's share.
    Vector not_mixed;
};

Corrected recursion(const Method& method, const ExperimentPlan& plan, const Fates& fates) {
    Corrected now{starts(plan), {}, {}};
    const std::size_t size = now.x[0].size();
    now.c.assign(kNodes, Vector(size, 0.0));
    now.not_mixed.assign(size, 0.0);
    for (std::uint64_t round = 0; round < plan.options.rounds; ++round) {
        std::vector<Vector> updates;
        for (NodeId node = 0; node < kNodes; ++node) {
            updates.push_back(update_of(plan, node, now.x[node]));
        }
        const Corrected before = now;
        for (std::size_t i = 0; i < size; ++i) {
            const auto sent = [&](NodeId node) {
                return method.sent(before.x[node][i], updates[node][i], before.c[node][i]);
            };
            for (NodeId node = 0; node < kNodes; ++node) {
                const auto& row = plan.overlay.row(node, 0);
                const std::array<double, 2> own = sent(node);
                std::array<double, 2> mixed = own;
                for (const auto& [neighbor, weight] : row.neighbors) {
                    const std::array<double, 2> other = sent(neighbor);
                    if (!fates.arrives(neighbor, node, round)) {
                        now.not_mixed[i] += method.share * weight * (other[1] - own[1]);
                        continue;  // its weight is the own one's
                    }
                    mixed[0] += weight * (other[0] - own[0]);
                    mixed[1] += weight * (other[1] - own[1]);
                }
                const double c = before.c[node][i];
                now.c[node][i] = c + method.share * (mixed[1] - own[1]);
                now.x[node][i] = method.next(mixed[0], updates[node][i], c);
            }
        }
    }
    return now;
}

Fates with_the_cut() {
    Fates fates;
    fates.arrives = [](NodeId from, NodeId to, std::uint64_t round) {
        return !(from == kAway && to == kSlow && round == kCutRound);
    };
    return fates;
}

}  // namespace

// Expectation: sum c_i = -w_ij (v_j - v_i), v what is sent (half of it for EXTRA), for good.  Where
// the models stand still c_i = -u_i, so that there -lr times the sum of all gradients is w_ij (v_j
// - v_i): on a quadratic with the mean Hessian H the end is H^-1 w_ij (v_j - v_i) / (n lr) beside
// the optimum.
TEST_CASE("theory: a message that one end has mixed moves the end of D2 and its kin by as much") {
    const TemporaryFolder folder;
    for (const Method& method : methods()) {
        CAPTURE(method.protocol);
        ExperimentOptions options = ring_of_five(folder, kCut, {kAway, kSlow});
        options.protocol = method.protocol;
        const Ended ended = run(options);
        CHECK(ended.counts.at("missing_models") == 1);
        CHECK(ended.counts.at("lost_models") == 1);
        CHECK(ended.rounds_missed == 0);
        const ExperimentPlan plan(options, {});
        const Corrected cut = recursion(method, plan, with_the_cut());
        CHECK(largest_difference(ended.models, cut.x) < kRoundOff);
        CHECK(largest_difference(ended.models, recursion(method, plan, {}).x) > 1000 * kRoundOff);
        const Vector corrections = sum_of(cut.c);
        for (std::size_t i = 0; i < corrections.size(); ++i) {
            CHECK(corrections[i] == doctest::Approx(-cut.not_mixed[i]).epsilon(1e-9));
        }

        options.rounds = 600;
        const std::vector<Vector> models = run(options).models;
        std::vector<Vector> updates;
        for (NodeId node = 0; node < kNodes; ++node) {
            updates.push_back(update_of(plan, node, models[node]));
        }
        const Vector update = sum_of(updates);
        for (std::size_t i = 0; i < update.size(); ++i) {
            CAPTURE(i);
            CHECK(std::abs(update[i] - cut.not_mixed[i]) < 1e-5);
        }
        const Vector optimum = least_squares_solution(*plan.data.train);
        const std::vector<Vector> optima(kNodes, optimum);
        CHECK(largest_difference(models, optima) > 5e-3);
        options.availability = "always";
        CHECK(largest_difference(run(options).models, optima) < 1e-5);
    }
}

namespace {

struct Remembered {
    std::vector<Vector> x;
    std::vector<Vector> published;  ///< x^_i
    std::vector<Vector> mixed;      ///< s_i
    std::uint64_t lost = 0;
};

/// CHOCO as its definition has it, but for messages that do not arrive and nodes that take no part.
Remembered choco(const ExperimentPlan& plan, double alpha, double gamma, const Fates& fates) {
    Remembered now{starts(plan), {}, {}};
    const std::size_t size = now.x[0].size();
    now.published.assign(kNodes, Vector(size, 0.0));
    now.mixed = now.published;
    for (std::uint64_t round = 0; round < plan.options.rounds; ++round) {
        std::vector<Vector> q(kNodes, Vector(size, 0.0));
        for (NodeId node = 0; node < kNodes; ++node) {
            if (!fates.takes_part(node, round)) {
                continue;
            }
            const Vector u = update_of(plan, node, now.x[node]);
            std::vector<float> difference;
            for (std::size_t i = 0; i < size; ++i) {
                now.x[node][i] += u[i];
                difference.push_back(static_cast<float>(now.x[node][i] - now.published[node][i]));
            }
            for (const std::uint32_t i :
                 largest_magnitudes(difference, entries_in_budget(alpha, size))) {
                q[node][i] = now.x[node][i] - now.published[node][i];
            }
        }
        for (NodeId node = 0; node < kNodes; ++node) {
            const auto& row = plan.overlay.row(node, 0);
            const bool merges = fates.takes_part(node, round) && fates.merges(node, round);
            for (const auto& [neighbor, weight] : row.neighbors) {
                if (!fates.takes_part(neighbor, round)) {
                    continue;
                }
                if (!merges || !fates.arrives(neighbor, node, round)) {
                    ++now.lost;
                    continue;
                }
                for (std::size_t i = 0; i < size; ++i) {
                    now.mixed[node][i] += weight * q[neighbor][i];
                }
            }
            if (!merges) {
                continue;
            }
            for (std::size_t i = 0; i < size; ++i) {
                now.published[node][i] += q[node][i];
                now.mixed[node][i] += row.self * q[node][i];
                now.x[node][i] += gamma * (now.mixed[node][i] - now.published[node][i]);
            }
        }
    }
    return now;
}

/// Starts that differ, so that there is something to agree on.
ExperimentInputs unlike_starts() {
    ExperimentInputs inputs;
    // No two entries of a model are near each other: which are the largest does not hang on
    // rounding.
    for (NodeId node = 0; node < kNodes; ++node) {
        const auto at = static_cast<float>(node);
        inputs.initial.push_back(make_parameters(std::vector<float>{
            0.31F + 1.13F * at, 1.27F - 0.71F * at * at, 0.47F * at, 2.9F + 0.171F * at}));
    }
    return inputs;
}

constexpr double kAlpha = 0.5;
constexpr double kGamma = 0.25;
constexpr const char* kChoco = "choco:alpha=0.5,gamma=0.25";

double mean_of(const std::vector<Vector>& models, std::size_t i) {
    return sum_of(models)[i] / kNodes;
}

}  // namespace

// Expectation: the lost w q is missing in s of one node for good: each round from that one on the
// sum of all models moves by -gamma w q.
TEST_CASE("theory: a lost message lets the mean of CHOCO's models drift, and is counted") {
    const TemporaryFolder folder;
    ExperimentOptions options = ring_of_five(folder, kCut, {kAway, kSlow});
    options.sharing = kChoco;
    SUBCASE("of nodes that learn") {
        const Ended ended = run(options, unlike_starts());
        CHECK(ended.counts.at("lost_updates") == 1);
        CHECK(ended.counts.at("missing_models") == 1);
        CHECK(ended.rounds_missed == 0);
        const ExperimentPlan plan(options, unlike_starts());
        const Remembered cut = choco(plan, kAlpha, kGamma, with_the_cut());
        CHECK(cut.lost == 1);
        CHECK(largest_difference(ended.models, cut.x) < 2 * kRoundOff);
        CHECK(largest_difference(ended.models, choco(plan, kAlpha, kGamma, {}).x) >
              1000 * kRoundOff);
    }
    SUBCASE("of nodes that only agree") {
        options.training.lr = 1e-30;
        const auto mean_after = [&](std::uint64_t rounds, std::size_t i) {
            options.rounds = rounds;
            return mean_of(run(options, unlike_starts()).models, i);
        };
        options.rounds = kCutRound + 1;
        const ExperimentPlan plan(options, unlike_starts());
        const Remembered cut = choco(plan, kAlpha, kGamma, with_the_cut());
        CHECK(largest_difference({sum_of(cut.mixed)}, {sum_of(cut.published)}) > 0.05);
        for (std::size_t i = 0; i < 4; ++i) {
            CAPTURE(i);
            const double start = mean_of(starts(plan), i);
            const double step = kGamma * (sum_of(cut.mixed)[i] - sum_of(cut.published)[i]) / kNodes;
            CHECK(std::abs(mean_after(kCutRound, i) - start) < 1e-6);
            CHECK(std::abs(mean_after(kCutRound + 1, i) - start - step) < 1e-6);
            CHECK(std::abs(mean_after(kCutRound + 21, i) - start - 21 * step) < 1e-5);
        }
    }
}

// Expectation: rounds are sent at 5, 11, 17, ... ms.  Node 1 is away from 20 to 50 ms, while it
// trains for round 3: of rounds 3 to 7 both neighbors send it what it never gets, and go on with
// what they remember of it.  Back, it takes part from round 8 on with the model that it had.
TEST_CASE("theory: a neighbor that is away changes nothing of what CHOCO remembers of it") {
    const TemporaryFolder folder;
    ExperimentOptions options = ring_of_five(folder, "node,on_s,off_s\n1,0,0.02\n1,0.05,\n", {});
    options.sharing = kChoco;
    const Ended ended = run(options, unlike_starts());
    CHECK(ended.rounds_missed == 5);
    CHECK(ended.counts.at("lost_updates") == 2 * 5);
    CHECK(ended.counts.at("missing_models") == 2 * 5);
    const ExperimentPlan plan(options, unlike_starts());
    Fates fates;
    fates.takes_part = [](NodeId node, std::uint64_t round) {
        return !(node == kAway && round >= 3 && round <= 7);
    };
    const Remembered away = choco(plan, kAlpha, kGamma, fates);
    CHECK(away.lost == 2 * 5);
    CHECK(largest_difference(ended.models, away.x) < 2 * kRoundOff);
    // Who was there remembers what all neighbors have made public, that one among them.
    for (NodeId node = 0; node < kNodes; ++node) {
        const auto& row = plan.overlay.row(node, 0);
        Vector remembered(4, 0.0);
        for (std::size_t i = 0; i < remembered.size(); ++i) {
            remembered[i] = row.self * away.published[node][i];
            for (const auto& [neighbor, weight] : row.neighbors) {
                remembered[i] += weight * away.published[neighbor][i];
            }
        }
        const double off = largest_difference({remembered}, {away.mixed[node]});
        CHECK((off < 1e-12) == (node != kAway));
    }
}

// Expectation: messages from node 0 to node 1 are slow.  Node 1, which has sent its message of
// round 2, leaves for a moment while it waits for the one of node 0: it misses the merge of that
// round, with both messages to it, and what it has sent is in the s of its neighbors and not in its
// own x^.
TEST_CASE(
    "theory: who leaves between its message and its merge has sent CHOCO's change for nothing") {
    const TemporaryFolder folder;
    ExperimentOptions options = ring_of_five(folder, kCut, {0, kAway});
    options.sharing = kChoco;
    const Ended ended = run(options, unlike_starts());
    CHECK(ended.rounds_missed == 1);
    CHECK(ended.counts.at("lost_updates") == 2);
    const ExperimentPlan plan(options, unlike_starts());
    Fates fates;
    fates.merges = [](NodeId node, std::uint64_t round) {
        return !(node == kAway && round == kCutRound);
    };
    const Remembered missed = choco(plan, kAlpha, kGamma, fates);
    CHECK(missed.lost == 2);
    CHECK(largest_difference(ended.models, missed.x) < 2 * kRoundOff);
}

}  // namespace murmur::test
