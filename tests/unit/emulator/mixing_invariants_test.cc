// What methods of vectors and mixing keep, in every round, read off their messages: corrections sum
// to 0 over all nodes, tracked updates to the sum of what nodes have learnt.
#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_vectors.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace murmur {
namespace {

using test::ToyNetwork;
using Values = ToyNetwork::Values;
using Sent = ToyNetwork::Sent;
using Fate = ToyNetwork::Fate;

constexpr NodeId kNodes = 5;
constexpr std::uint64_t kRounds = 30;

/// Node i goes a fifth of the way to (i, 1 - i * i).
Values local_work(NodeId node, Values x) {
    const auto at = static_cast<float>(node);
    x[0] += 0.2F * (at - x[0]);
    x[1] += 0.2F * (1 - at * at - x[1]);
    return x;
}

/// A run on a ring, by node and round.
class Run {
  public:
    Run(const std::string& protocol, std::function<Fate(const Sent&)> fate)
        : options_(options(std::move(fate))),
          network_(options_, plan_protocol(protocol, kNodes).make) {
        network_.run();
        for (NodeId node = 0; node < kNodes; ++node) {
            REQUIRE(network_.finished(node).size() == kRounds);
        }
    }

    /// The model that a round began with.
    [[nodiscard]] const Values& start(NodeId node, std::uint64_t round) const {
        return round == 0 ? options_.starts[node] : network_.finished(node)[round - 1];
    }
    [[nodiscard]] const Values& end(NodeId node, std::uint64_t round) const {
        return network_.finished(node)[round];
    }
    /// What training moved it by.
    [[nodiscard]] double update(NodeId node, std::uint64_t round, std::size_t i) const {
        return static_cast<double>(local_work(node, start(node, round))[i]) - start(node, round)[i];
    }
    /// What the node sent to all neighbors: this vector of its message.
    [[nodiscard]] double sent(NodeId node,
                              std::uint64_t round,
                              std::size_t v,
                              std::size_t i) const {
        const auto found = std::ranges::find_if(network_.sent, [&](const Sent& message) {
            return message.has_model && message.from == node && message.round == round;
        });
        REQUIRE(found != network_.sent.end());
        return dynamic_cast<const WholeVectors&>(*found->content.value()).vectors()[v]->values()[i];
    }
    /// What the ring's weights, all 1/3, make of the models of a round's start.
    [[nodiscard]] double mixed_start(NodeId node, std::uint64_t round, std::size_t i) const {
        const NodeId before = (node + kNodes - 1) % kNodes;
        const NodeId after = (node + 1) % kNodes;
        return (static_cast<double>(start(before, round)[i]) + start(node, round)[i] +
                start(after, round)[i]) /
               3;
    }

  private:
    static ToyNetwork::Options options(std::function<Fate(const Sent&)> fate) {
        ToyNetwork::Options options;
        options.num_nodes = kNodes;
        options.num_rounds = kRounds;
        options.neighbors = test::ring_row;
        options.train = local_work;
        options.fate = std::move(fate);
        for (NodeId node = 0; node < kNodes; ++node) {
            options.starts.push_back({0.5F * static_cast<float>(node), 1});
        }
        return options;
    }

    ToyNetwork::Options options_;
    ToyNetwork network_;
};

/// What is to sum to 0 over all nodes.
struct Invariant {
    const char* protocol;
    std::function<double(const Run&, NodeId, std::uint64_t round, std::size_t i)> term;
};

const std::vector<Invariant> kInvariants{
    // c of p = x + u + c
    {"d2",
     [](const Run& run, NodeId node, std::uint64_t round, std::size_t i) {
         return run.sent(node, round, 0, i) - run.start(node, round)[i] -
                run.update(node, round, i);
     }},
    // c of c + u
    {"gt",
     [](const Run& run, NodeId node, std::uint64_t round, std::size_t i) {
         return run.sent(node, round, 1, i) - run.update(node, round, i);
     }},
    // y - u
    {"gt:form=diging",
     [](const Run& run, NodeId node, std::uint64_t round, std::size_t i) {
         return run.sent(node, round, 1, i) - run.update(node, round, i);
     }},
    {"gt:form=qg,momentum=0.5",
     [](const Run& run, NodeId node, std::uint64_t round, std::size_t i) {
         return run.sent(node, round, 1, i) - run.update(node, round, i);
     }},
    // c of x+ = W x + u + c
    {"extra",
     [](const Run& run, NodeId node, std::uint64_t round, std::size_t i) {
         return run.end(node, round)[i] - run.mixed_start(node, round, i) -
                run.update(node, round, i);
     }},
};

/// Returns the largest sum of a round from this one on, and of its terms the largest.
std::pair<double, double> largest(const Invariant& invariant, const Run& run, std::uint64_t from) {
    double of_sums = 0;
    double of_terms = 0;
    for (std::uint64_t round = from; round < kRounds; ++round) {
        for (const std::size_t i : {0, 1}) {
            double sum = 0;
            for (NodeId node = 0; node < kNodes; ++node) {
                const double term = invariant.term(run, node, round, i);
                sum += term;
                of_terms = std::max(of_terms, std::abs(term));
            }
            of_sums = std::max(of_sums, std::abs(sum));
        }
    }
    return {of_sums, of_terms};
}

TEST_CASE("corrections of gt, d2 and extra sum to 0, tracked updates to all updates, each round") {
    for (const Invariant& invariant : kInvariants) {
        CAPTURE(invariant.protocol);
        const Run run(invariant.protocol, [](const Sent&) { return Fate::kArrives; });
        const auto [of_sums, of_terms] = largest(invariant, run, 0);
        CHECK(of_sums < 2e-5);  // of models up to 15
        CHECK(of_terms > 0.1);
    }
}

TEST_CASE("a message that is given up breaks these sums for good") {
    for (const Invariant& invariant : kInvariants) {
        if (std::string(invariant.protocol) == "extra") {
            continue;  // c is not to be told from what was not mixed
        }
        CAPTURE(invariant.protocol);
        const Run run(invariant.protocol, [](const Sent& message) {
            return message.has_model && message.from == 4 && message.to == 0 && message.round == 1
                       ? Fate::kIsGivenUp
                       : Fate::kArrives;
        });
        CHECK(largest(invariant, run, kRounds - 1).first > 1e-2);
    }
}

}  // namespace
}  // namespace murmur
