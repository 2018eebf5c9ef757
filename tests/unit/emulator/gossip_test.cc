#include "emulator/protocols/gossip.h"

#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <algorithm>
#include <memory>

namespace murmur {
namespace {

using test::ToyNetwork;
using Milliseconds = std::chrono::milliseconds;

ProtocolFactory gossip(GossipLearning::Peers peers = GossipLearning::Peers::kAny) {
    return [=](NodeContext& node) {
        return std::make_unique<GossipLearning>(
            node, GossipLearning::Options{.period = Milliseconds(20), .peers = peers});
    };
}

ToyNetwork::Options some_nodes(NodeId num_nodes, std::uint64_t rounds) {
    ToyNetwork::Options options;
    options.num_nodes = num_nodes;
    options.num_rounds = rounds;
    options.neighbors = test::ring_row;
    options.starts.assign(num_nodes, {0.0F});
    return options;
}

// Expectation: the ages that travel tell what every merge must weigh: own age from the node's
// earlier merges, t <- max(t, t_m) + 1, w = t_m / (t + t_m).
TEST_CASE("gossip: merges weigh by age, and ages follow their recursion") {
    ToyNetwork network(some_nodes(4, 30), gossip());
    // One message after the other per pair: the n-th merge of a node is its n-th message by time of
    // arrival, which with one delay for all is the order of sending.
    network.run();
    std::vector<std::uint32_t> age(4, 0);
    std::vector<std::size_t> merged(4, 0);
    std::size_t checked = 0;
    for (const ToyNetwork::Sent& message : network.sent) {
        REQUIRE(message.has_model);
        REQUIRE(message.note->size_bytes() == 12);
        const NodeId to = message.to;
        std::size_t skip = merged[to];
        const auto merge = std::find_if(
            network.merges.begin(), network.merges.end(), [&](const ToyNetwork::Merge& m) {
                return m.node == to && skip-- == 0;
            });
        if (merge == network.merges.end()) {
            continue;  // came when the node was done
        }
        ++merged[to];
        ++checked;
        const std::uint32_t other = NoteReader(*message.note, "an age").u32();
        const double weight =
            other + age[to] == 0 ? 0.5 : static_cast<double>(other) / (other + age[to]);
        REQUIRE(merge->others.size() == 1);
        CHECK(merge->others[0].first == message.from);
        CHECK(merge->others[0].second == doctest::Approx(weight));
        CHECK(merge->self_weight == doctest::Approx(1 - weight));
        age[to] = std::max(age[to], other) + 1;
    }
    CHECK(checked == network.merges.size());
    CHECK(checked > 80);
}

TEST_CASE("gossip: a round is a tick of the node's own timer, and the run ends") {
    ToyNetwork network(some_nodes(5, 7), gossip());
    network.run();
    std::vector<std::uint64_t> sent(5, 0);
    for (const ToyNetwork::Sent& message : network.sent) {
        CHECK(message.round == sent[message.from]++);
    }
    for (NodeId node = 0; node < 5; ++node) {
        CHECK(sent[node] == 7);
        CHECK(network.finished(node).size() == 7);
    }
    CHECK(network.now() < SimTime(Milliseconds(7 * 20 + 50)));
}

TEST_CASE("gossip: peers of the overlay alone, where that is asked for") {
    ToyNetwork network(some_nodes(6, 20), gossip(GossipLearning::Peers::kOverlay));
    network.run();
    std::vector<bool> is_up(6, false);
    std::vector<bool> is_down(6, false);
    for (const ToyNetwork::Sent& message : network.sent) {
        const NodeId step = (message.to + 6 - message.from) % 6;
        CHECK((step == 1 || step == 5));
        (step == 1 ? is_up : is_down)[message.from] = true;
    }
    CHECK(is_up == std::vector<bool>(6, true));
    CHECK(is_down == std::vector<bool>(6, true));
}

TEST_CASE("gossip: every model that was sent is merged or counted as late") {
    for (const int training_ms : {1, 15, 60}) {
        CAPTURE(training_ms);
        ToyNetwork::Options options = some_nodes(6, 12);
        options.training_time = [training_ms](NodeId) {
            return SimTime(Milliseconds(training_ms));
        };
        ToyNetwork network(options, gossip());
        network.run();
        CHECK(network.merges.size() + network.counts["late_models"] == network.sent.size());
        CHECK(network.counts["late_models"] > 0);
    }
}

}  // namespace
}  // namespace murmur
