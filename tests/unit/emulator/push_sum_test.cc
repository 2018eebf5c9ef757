#include "emulator/protocols/push_sum.h"

#include "emulator/network/overlay.h"
#include "emulator/protocols/mixing_protocol.h"
#include "emulator/protocols/relaysgd.h"
#include "learning/encoding/whole_vectors.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/toy_network.h"

#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace murmur {
namespace {

using test::ToyNetwork;
using Fate = ToyNetwork::Fate;
using Sent = ToyNetwork::Sent;

constexpr NodeId kNodes = 5;

ToyNetwork::Options ring_of_five(std::uint64_t rounds) {
    ToyNetwork::Options options;
    options.num_nodes = kNodes;
    options.num_rounds = rounds;
    options.neighbors = test::ring_row;
    for (NodeId node = 0; node < kNodes; ++node) {
        options.starts.push_back({static_cast<float>(node), 1});
    }
    return options;
}

/// Gives up messages that this holds for.
std::function<Fate(const Sent&)> given_up(std::function<bool(const Sent&)> which) {
    return [which = std::move(which)](const Sent& sent) {
        return which(sent) ? Fate::kIsGivenUp : Fate::kArrives;
    };
}

/// Sums over all nodes and all that is in the air at the end.
struct Account {
    double mass = 0;
    double numerator = 0;  ///< of the first coordinate
    std::size_t in_the_air = 0;
    bool has_moved = false;  ///< some node's mass is not 1
};

Account account_of(const ToyNetwork::Options& options, std::uint64_t staleness) {
    std::vector<const PushSum*> nodes;
    ToyNetwork network(options, [&](NodeContext& node) {
        auto made = std::make_unique<PushSum>(node, PushSum::Options{.staleness = staleness});
        nodes.push_back(made.get());
        return made;
    });
    network.run();
    Account account;
    for (NodeId node = 0; node < options.num_nodes; ++node) {
        REQUIRE(network.finished(node).size() == options.num_rounds);
        const double mass = nodes[node]->mass();
        account.mass += mass;
        account.numerator += mass * network.finished(node).back()[0];
        account.has_moved = account.has_moved || std::abs(mass - 1) > 0.01;
    }
    // A node's last merge took 1 us, and the division after it another one.
    constexpr SimTime kMerging(1000);
    for (const Sent& sent : network.sent) {
        if (!sent.has_model) {
            continue;
        }
        const NodeId owner = options.fate(sent) == Fate::kArrives ? sent.to : sent.from;
        if (sent.time + options.delay(sent.from, sent.to) <=
            network.finished_at(owner) - kMerging) {
            continue;
        }
        ++account.in_the_air;
        NoteReader note(*sent.note, "a push");
        account.mass += note.f64();
        account.numerator +=
            dynamic_cast<const WholeVectors&>(*sent.content.value()).vectors()[0]->values()[0];
    }
    return account;
}

// Rounds of one push each are alone in the air when the run ends, and none is with SGP.
TEST_CASE("sgp: mass is conserved, and w stays 1 where each gets what it gives") {
    const Account account = account_of(ring_of_five(6), 0);
    CHECK(account.mass == doctest::Approx(kNodes));
    CHECK(account.in_the_air == 0);
    CHECK_FALSE(account.has_moved);
}

TEST_CASE("sgp: a push that the network gives up goes back to its sender, and w moves") {
    ToyNetwork::Options options = ring_of_five(6);
    options.fate = given_up([](const Sent& sent) {
        return sent.has_model && sent.from == 2 && sent.to == 3 && sent.round < 4;
    });
    const Account account = account_of(options, 0);
    CHECK(account.mass == doctest::Approx(kNodes));
    CHECK(account.in_the_air == 0);
    CHECK(account.has_moved);
}

// Expectation: training adds i / 8 to node i's numerator in each round, mixing nothing; what is
// lost or late is on somebody's account, or in the air.
TEST_CASE("sgp and osgp: mass and numerators are conserved over one-way and changing graphs") {
    const test::TemporaryFolder folder;
    const std::string arcs =
        "directed:file:" + folder.write("arcs", "5\n0 1\n1 2\n2 3\n3 4\n4 0\n1 0\n2 0\n0 3\n");
    for (const std::string& topology : {arcs, std::string("dynamic:one-peer-exponential")}) {
        const Overlay overlay(topology, "column-stochastic", kNodes, 1);
        for (const bool drops : {false, true}) {
            for (const std::uint64_t staleness : {0, 1, 3}) {
                CAPTURE(topology);
                CAPTURE(drops);
                CAPTURE(staleness);
                ToyNetwork::Options options = ring_of_five(12);
                options.neighbors = nullptr;
                options.overlay = [&overlay](NodeId node, std::uint64_t round) {
                    return overlay.neighbors(node, round);
                };
                options.has_static_overlay = !overlay.is_dynamic();
                options.train = [](NodeId node, ToyNetwork::Values x) {
                    x[0] += 0.125F * static_cast<float>(node);
                    return x;
                };
                options.training_time = [](NodeId node) {
                    return SimTime(5'000'000 + 310'000 * node);
                };
                options.delay = [](NodeId from, NodeId to) {
                    return SimTime(2'000'000 + 1'170'000 * from + 430'000 * to);
                };
                if (drops) {
                    options.fate = given_up([](const Sent& sent) {
                        return sent.has_model && (2 * sent.from + sent.to + sent.round) % 3 == 0;
                    });
                }
                const Account account = account_of(options, staleness);
                CHECK(account.mass == doctest::Approx(kNodes).epsilon(1e-12));
                CHECK(account.numerator == doctest::Approx(10 + 12 * 0.125 * 10).epsilon(1e-5));
                if (staleness > 0) {
                    CHECK(account.in_the_air > 0);
                } else if (!drops) {
                    CHECK(account.in_the_air == 0);  // else what comes back after the last merge
                }
                // Each gives and gets as much over one peer a round, unless something is lost.
                CHECK(account.has_moved == (drops || staleness > 0 || !overlay.is_dynamic()));
            }
        }
    }
}

// Of the second coordinate all start with 1: numerator and mass must stay the same number, so that
// the estimate is 1 whatever is lost or late.
TEST_CASE("sgp and osgp: estimates of what all agree on stay, with losses and late pushes") {
    for (const std::uint64_t staleness : {0, 1, 3}) {
        CAPTURE(staleness);
        ToyNetwork::Options options = ring_of_five(12);
        options.delay = [](NodeId from, NodeId to) { return SimTime(1'000'000 * (1 + from * to)); };
        options.fate = given_up([](const Sent& sent) {
            return sent.has_model && (sent.from + sent.to + sent.round) % 4 == 0;
        });
        ToyNetwork network(options, [&](NodeContext& node) {
            return std::make_unique<PushSum>(node, PushSum::Options{.staleness = staleness});
        });
        network.run();
        for (NodeId node = 0; node < kNodes; ++node) {
            REQUIRE(network.finished(node).size() == 12);
            for (const ToyNetwork::Values& estimate : network.finished(node)) {
                CHECK(estimate[1] == doctest::Approx(1).epsilon(3e-6));
            }
        }
        CHECK(network.counts["pushes_returned"] > 0);
    }
}

TEST_CASE("osgp does not wait for pushes of the present round") {
    ToyNetwork::Options options = ring_of_five(4);
    options.delay = [](NodeId, NodeId) { return SimTime(9'000'000); };  // training takes 5 ms
    const auto time_of = [&](std::uint64_t staleness) {
        ToyNetwork network(options, [&](NodeContext& node) {
            return std::make_unique<PushSum>(node, PushSum::Options{.staleness = staleness});
        });
        SimTime last{0};
        network.run();
        last = network.now();
        return last;
    };
    // Four times training and a message; with one round to spare, the messages of every other one
    // are on their way while nodes train.
    CHECK(time_of(0) > SimTime(4 * 14'000'000));
    CHECK(time_of(2) < SimTime(3 * 14'000'000));
}

TEST_CASE("a push has 8 bytes of mass beside the model's") {
    ToyNetwork network(ring_of_five(1), [](NodeContext& node) {
        return std::make_unique<PushSum>(node, PushSum::Options{});
    });
    network.run();
    REQUIRE(network.sent.size() == 2 * kNodes);
    CHECK(network.sent.front().content.known_size()->total() == 2 * 4 + 8);
    CHECK(network.sent.front().note->size_bytes() == Note::kHeaderBytes + 8);
}

/// c <- c + W x - x, x <- W x: what a method of one kept vector is at its barest.
struct Averaging {
    static constexpr std::size_t kSent = 2;
    static constexpr std::size_t kKept = 1;
    std::array<float, kSent> send(double x, double u, std::array<float, kKept>& kept) const {
        return {static_cast<float>(x + u), kept[0]};
    }
    double receive(const std::array<float, kSent>& sent,
                   const std::array<double, kSent>& mixed,
                   std::array<float, kKept>& kept) const {
        kept[0] = static_cast<float>(kept[0] + (mixed[0] - sent[0]));
        return mixed[0];
    }
};

ProtocolFactory averaging() {
    return [](NodeContext& node) {
        return std::make_unique<RuleProtocol<Averaging>>(node, Averaging{});
    };
}

TEST_CASE("a method of two vectors sends both and mixes with the overlay's weights") {
    ToyNetwork network(ring_of_five(1), averaging());
    network.run();
    CHECK(network.sent.front().content.known_size()->total() == 2 * 2 * 4 + 8);
    CHECK(network.finished(1).front()[0] == doctest::Approx(1));        // (0 + 1 + 2) / 3
    CHECK(network.finished(0).front()[0] == doctest::Approx(5.0 / 3));  // (4 + 0 + 1) / 3
    CHECK(network.finished(4).front()[1] == doctest::Approx(1).epsilon(1e-7));
}

TEST_CASE("a lost message of a method is told, counted, and its weight is the receiver's own") {
    ToyNetwork::Options options = ring_of_five(3);
    options.fate = given_up(
        [](const Sent& sent) { return sent.has_model && sent.from == 4 && sent.round == 0; });
    ToyNetwork network(options, averaging());
    network.run();
    CHECK(network.counts == std::map<std::string, std::uint64_t>{{"vectors_lost", 2}});
    CHECK(network.finished(0).front()[0] == doctest::Approx(1.0 / 3));  // (0 + 0 + 1) / 3
    for (NodeId node = 0; node < kNodes; ++node) {
        CHECK(network.finished(node).size() == 3);
    }
}

TEST_CASE("where the word of a loss is lost as well, the receiver says what it waits for") {
    ToyNetwork::Options options = ring_of_five(1);
    options.fate = given_up([](const Sent& sent) { return sent.from == 4 && sent.to == 0; });
    ToyNetwork network(options, averaging());
    network.run();
    CHECK(network.counts["losses_untold"] == 1);
    CHECK(network.finished(0).empty());
    CHECK(network.waits_for(0) == "round 0: messages of 1 neighbors");
}

/// The path 0 - 1 - 2 - 3 - 4.
MixingMatrix::Row path_row(NodeId node, NodeId num_nodes) {
    MixingMatrix::Row row{.self = 0.5, .neighbors = {}};
    if (node > 0) {
        row.neighbors.push_back({node - 1, 0.25});
    }
    if (node + 1 < num_nodes) {
        row.neighbors.push_back({node + 1, 0.25});
    }
    return row;
}

// Expectation: as the definition has it, by hand: in round 0 node 0 has (0 + 1 + 3 x0) / 5, in
// round 1 (0.2 + 1 + 2 + 2 x0) / 5: the models of its neighbor after a round, and of the next at
// the start.
TEST_CASE("relaysgd: sums pass along the tree a hop a round, the start stands in for the others") {
    ToyNetwork::Options options = ring_of_five(5);
    options.neighbors = path_row;
    ToyNetwork network(options, [](NodeContext& node) {
        return std::make_unique<RelaySgd>(node, RelaySgd::Options{});
    });
    network.run();
    CHECK(network.finished(0)[0][0] == doctest::Approx((0 + 1 + 3 * 0) / 5.0));
    CHECK(network.finished(4)[0][0] == doctest::Approx((4 + 3 + 3 * 4) / 5.0));
    CHECK(network.finished(2)[0][0] == doctest::Approx((2 + 1 + 3 + 2 * 2) / 5.0));
    CHECK(network.finished(0)[1][0] == doctest::Approx((0.2 + 1 + 2 + 2 * 0) / 5.0));
    CHECK(network.finished(4)[1][0] == doctest::Approx((3.8 + 3 + 2 + 2 * 4) / 5.0));
    CHECK(network.finished(2)[1][0] == doctest::Approx((2 + 1 + 3 + 0 + 4) / 5.0));
    // Counts beside the sums: what node 0 hears is of 1, 2, 3, 4 and then no more models.
    std::vector<std::uint32_t> counts;
    for (const Sent& sent : network.sent) {
        if (sent.to == 0) {
            counts.push_back(NoteReader(*sent.note, "a sum").u32());
        }
    }
    CHECK(counts == std::vector<std::uint32_t>{1, 2, 3, 4, 4});
    // The second coordinate is 1 everywhere, and stays.
    CHECK(network.finished(2)[4][1] == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("relaysgd: a lost sum is counted out for as long as it takes to pass on") {
    ToyNetwork::Options options = ring_of_five(8);
    options.neighbors = path_row;
    options.fate = given_up([](const Sent& sent) {
        return sent.has_model && sent.from == 3 && sent.to == 2 && sent.round == 1;
    });
    ToyNetwork network(options, [](NodeContext& node) {
        return std::make_unique<RelaySgd>(node, RelaySgd::Options{.by_counts = true});
    });
    network.run();
    CHECK(network.counts == std::map<std::string, std::uint64_t>{{"sums_lost", 1}});
    for (NodeId node = 0; node < kNodes; ++node) {
        REQUIRE(network.finished(node).size() == 8);
        for (const ToyNetwork::Values& model : network.finished(node)) {
            CHECK(model[1] == doctest::Approx(1).epsilon(1e-6));
        }
    }
}

}  // namespace
}  // namespace murmur
