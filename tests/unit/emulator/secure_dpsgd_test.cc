#include "emulator/protocols/secure_dpsgd.h"

#include "learning/random_stream.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <array>
#include <cmath>
#include <stdexcept>

namespace murmur {
namespace {

using test::full_row;
using test::ring_row;
using test::ToyNetwork;
using namespace std::chrono_literals;
using Fate = ToyNetwork::Fate;
using Sent = ToyNetwork::Sent;

constexpr NodeId kNodes = 5;
constexpr double kUnit = 0x1p-20;

/// Nodes that start from i, i + 1/8 and -i, and learn nothing.
ToyNetwork::Options five_nodes(std::uint64_t rounds = 1) {
    ToyNetwork::Options options;
    options.num_nodes = kNodes;
    options.num_rounds = rounds;
    options.neighbors = full_row;
    for (NodeId node = 0; node < kNodes; ++node) {
        const auto x = static_cast<float>(node);
        options.starts.push_back({x, x + 0.125f, -x});
    }
    return options;
}

ProtocolFactory factory(std::optional<SimTime> timeout = {}) {
    return [timeout](NodeContext& node) {
        return std::make_unique<SecureDpsgd>(node, SecureDpsgd::Options{20, timeout});
    };
}

bool is_note(const Sent& sent, SecureKind kind) {
    return sent.note && sent.note->kind() == static_cast<std::uint32_t>(kind);
}

std::uint64_t size_of(const Sent& sent) {
    return (sent.note ? sent.note->size_bytes() : 0) +
           (sent.has_model ? sent.content.value()->size().total() : 0);
}

/// How many messages there were of a kind, and whether each had this size.
std::size_t count_notes(const ToyNetwork& network, SecureKind kind, std::uint64_t bytes) {
    std::size_t count = 0;
    for (const Sent& sent : network.sent) {
        if (is_note(sent, kind)) {
            CHECK(size_of(sent) == bytes);
            ++count;
        }
    }
    return count;
}

void check_close(const ToyNetwork::Values& values, const std::array<double, 3>& expected) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
        // Half a unit for each sender, and float32.
        CHECK(std::abs(values[i] - expected[i]) < 4 * kUnit / 2 + 1e-6);
    }
}

TEST_CASE("secure-dpsgd: all take the mean where all weights are equal") {
    ToyNetwork network(five_nodes(3), factory());
    network.run();
    for (NodeId node = 0; node < kNodes; ++node) {
        REQUIRE(network.finished(node).size() == 3);
        for (const ToyNetwork::Values& values : network.finished(node)) {
            check_close(values, {2, 2.125, -2});
        }
    }
    CHECK(network.counts.empty());
}

TEST_CASE("secure-dpsgd: senders of a receiver need not be neighbors of each other") {
    ToyNetwork::Options options = five_nodes();
    options.neighbors = ring_row;
    ToyNetwork network(options, factory());
    network.run();
    check_close(network.newest(0), {(0 + 1 + 4) / 3.0, 5 / 3.0 + 0.125, -5 / 3.0});
    check_close(network.newest(3), {3, 3.125, -3});
}

TEST_CASE("secure-dpsgd: every message has its exact size; keys travel once, or in every round") {
    for (const bool is_static : {true, false}) {
        ToyNetwork::Options options = five_nodes(3);
        options.has_static_overlay = is_static;
        ToyNetwork network(options, factory());
        network.run();
        const std::size_t exchanges = is_static ? 1 : 3;
        CHECK(count_notes(network, SecureKind::kKey, 8 + 32) == exchanges * 20);
        CHECK(count_notes(network, SecureKind::kSenders, 8 + 4 + 3 * 36) == exchanges * 20);
        std::size_t models = 0;
        for (const Sent& sent : network.sent) {
            if (!sent.note) {
                CHECK(size_of(sent) == 8 + 3 * 4);
                ++models;
            }
        }
        CHECK(models == 3 * 20);
        CHECK(network.sent.size() == models + exchanges * 40);
    }
}

/// Pearson's statistic of bytes that should be uniform: 255 degrees of freedom, mean 255, standard
/// deviation 22.6.
double chi_square(const std::vector<std::uint32_t>& words) {
    std::array<double, 256> counts{};
    for (const std::uint32_t word : words) {
        for (int shift = 0; shift < 32; shift += 8) {
            ++counts[word >> shift & 255];
        }
    }
    const double expected = static_cast<double>(4 * words.size()) / 256;
    double sum = 0;
    for (const double count : counts) {
        sum += (count - expected) * (count - expected) / expected;
    }
    return sum;
}

bool looks_uniform(const std::vector<std::uint32_t>& words) {
    return std::abs(chi_square(words) - 255) < 5 * 22.6;
}

TEST_CASE("secure-dpsgd: what a receiver gets of any one sender is uniform") {
    ToyNetwork::Options options = five_nodes(2);
    RandomStream stream(7);
    for (ToyNetwork::Values& start : options.starts) {
        start.resize(20'000);
        for (float& value : start) {
            value = static_cast<float>(0.05 * stream.normal());
        }
    }
    const FixedPoint format(20);
    CHECK_FALSE(looks_uniform(format.encode(options.starts[1], 0.2)));
    ToyNetwork network(options, factory());
    network.run();
    std::vector<std::vector<std::uint32_t>> seen;
    for (const Sent& sent : network.sent) {
        if (!sent.note) {
            const auto words = dynamic_cast<const MaskedModel&>(*sent.content.value()).words();
            CHECK(looks_uniform({words.begin(), words.end()}));
            if (sent.from == 1) {
                seen.emplace_back(words.begin(), words.end());
            }
        }
    }
    // Nor does one sender's model show in what tells two of its messages apart: masks of other
    // receivers and rounds are others.
    REQUIRE(seen.size() == 8);
    for (std::size_t other = 1; other < seen.size(); ++other) {
        std::vector<std::uint32_t> difference = seen[0];
        for (std::size_t i = 0; i < difference.size(); ++i) {
            difference[i] -= seen[other][i];
        }
        CHECK(looks_uniform(difference));
    }
}

/// Lets the masked model of node 3 for node 0 have this fate in round 1.
std::function<Fate(const Sent&)> fate_of_one(Fate fate) {
    return [fate](const Sent& sent) {
        const bool is_it = !sent.note && sent.from == 3 && sent.to == 0 && sent.round == 1;
        return is_it ? fate : Fate::kArrives;
    };
}

/// Node 3 learns, so that its absence is seen.
ToyNetwork::Options five_nodes_one_of_which_moves() {
    ToyNetwork::Options options = five_nodes(2);
    options.train = [](NodeId node, ToyNetwork::Values x) {
        for (float& value : x) {
            value += node == 3 ? 10.f : 0.f;
        }
        return x;
    };
    return options;
}

TEST_CASE("secure-dpsgd: the sum of those that are left is recovered") {
    for (const Fate fate : {Fate::kIsLost, Fate::kIsGivenUp}) {
        ToyNetwork::Options options = five_nodes_one_of_which_moves();
        options.fate = fate_of_one(fate);
        ToyNetwork network(
            options, factory(fate == Fate::kIsLost ? std::optional(SimTime(50ms)) : std::nullopt));
        network.run();
        // Round 0: the mean of 0 ... 4 and 10 / 5.  Round 1: the same for all, 2 more but at node
        // 0.
        check_close(network.finished(4)[0], {4, 4.125, 0});
        check_close(network.finished(4)[1], {6, 6.125, 2});
        check_close(network.finished(0)[1], {4, 4.125, 0});
        CHECK(network.counts == std::map<std::string, std::uint64_t>{{"sums_recovered", 1}});
        CHECK(count_notes(network, SecureKind::kAskSeeds, 8 + 4) == 3);
        CHECK(count_notes(network, SecureKind::kSeeds, 8 + 32) == 3);
        CHECK(count_notes(network, SecureKind::kWithdrawn, 8) ==
              (fate == Fate::kIsGivenUp ? 1 : 0));
    }
}

TEST_CASE("secure-dpsgd: a model that comes after its masks are revealed is dropped") {
    ToyNetwork::Options options = five_nodes();
    options.delay = [](NodeId from, NodeId to) {
        return from == 3 && to == 0 ? SimTime(200ms) : SimTime(1ms);
    };
    ToyNetwork network(options, factory(20ms));
    network.run();
    CHECK(network.counts ==
          std::map<std::string, std::uint64_t>{{"late_models", 1}, {"sums_recovered", 1}});
    // w_00 + w_03 = 2/5, and 1/5 of each of the others.
    check_close(network.finished(0)[0], {7 / 5.0, 7 / 5.0 + 0.125, -7 / 5.0});
}

TEST_CASE("secure-dpsgd: a sum of fewer than two is discarded and counted, and the run goes on") {
    ToyNetwork::Options options = five_nodes(2);
    options.neighbors = ring_row;
    options.fate = [](const Sent& sent) {
        const bool is_it = !sent.note && sent.from == 1 && sent.to == 0 && sent.round == 0;
        return is_it ? Fate::kIsGivenUp : Fate::kArrives;
    };
    ToyNetwork network(options, factory());
    network.run();
    CHECK(network.finished(0)[0] == options.starts[0]);
    for (NodeId node = 0; node < kNodes; ++node) {
        CHECK(network.finished(node).size() == 2);
    }
    CHECK(network.counts == std::map<std::string, std::uint64_t>{{"sums_discarded", 1}});
    CHECK(count_notes(network, SecureKind::kAskSeeds, 0) == 0);
}

TEST_CASE("secure-dpsgd: a sum whose masks are not all revealed is discarded") {
    const auto run = [](SecureKind kind, Fate fate) {
        ToyNetwork::Options options = five_nodes(2);
        options.fate = [kind, fate, model = fate_of_one(Fate::kIsGivenUp)](const Sent& sent) {
            const bool is_it = is_note(sent, kind) && (sent.from == 2 || sent.to == 2);
            return is_it ? fate : model(sent);
        };
        ToyNetwork network(
            options, factory(fate == Fate::kIsLost ? std::optional(SimTime(50ms)) : std::nullopt));
        network.run();
        CHECK(network.counts == std::map<std::string, std::uint64_t>{{"sums_discarded", 1}});
        REQUIRE(network.finished(0).size() == 2);
        CHECK(network.finished(0)[1] == network.finished(0)[0]);
    };
    for (const SecureKind kind : {SecureKind::kAskSeeds, SecureKind::kSeeds}) {
        run(kind, Fate::kIsLost);
        run(kind, Fate::kIsGivenUp);
    }
}

TEST_CASE("secure-dpsgd: without a timeout a node waits, and says for what") {
    ToyNetwork::Options options = five_nodes(2);
    options.fate = fate_of_one(Fate::kIsLost);
    ToyNetwork network(options, factory());
    network.run();
    CHECK(network.waits_for(0) == "round 1: masked models of 1 neighbors");
    CHECK(network.finished(0).size() == 1);
    CHECK(network.finished(1).size() == 2);
}

// Node 0 begins each round of a dynamic overlay long after the others; as long as its key is not
// there, nobody can mask a model, and nobody has vanished.
TEST_CASE("secure-dpsgd: a timeout counts from when all keys are there") {
    ToyNetwork::Options options = five_nodes(4);
    options.has_static_overlay = false;
    options.training_time = [](NodeId node) { return node == 0 ? SimTime(1s) : SimTime(5ms); };
    ToyNetwork network(options, factory(30ms));
    network.run();
    for (NodeId node = 0; node < kNodes; ++node) {
        CHECK(network.finished(node).size() == 4);
    }
    CHECK(network.counts ==
          std::map<std::string, std::uint64_t>{{"late_models", 16}, {"sums_recovered", 16}});
}

TEST_CASE("secure-dpsgd: keys must arrive") {
    ToyNetwork::Options options = five_nodes();
    options.fate = [](const Sent& sent) {
        return is_note(sent, SecureKind::kSenders) ? Fate::kIsGivenUp : Fate::kArrives;
    };
    ToyNetwork network(options, factory(50ms));
    CHECK_THROWS_WITH_AS(network.run(),
                         "the message of round 0 from node 4 to node 0 failed: link down",
                         std::runtime_error);
}

TEST_CASE("secure-dpsgd: a node with one neighbor in a round is refused") {
    ToyNetwork::Options options = five_nodes();
    options.num_nodes = 2;
    ToyNetwork network(options, factory());
    CHECK_THROWS_WITH_AS(network.run(),
                         "secure-dpsgd: needs two neighbors or more, node 0 has 1 in round 0",
                         std::runtime_error);
}

}  // namespace
}  // namespace murmur
