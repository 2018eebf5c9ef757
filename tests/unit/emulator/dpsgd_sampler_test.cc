#include "emulator/protocols/dpsgd_sampler.h"

#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <algorithm>
#include <memory>

namespace murmur {
namespace {

using test::ToyNetwork;

ToyNetwork::Options ring_of_six() {
    ToyNetwork::Options options;
    options.num_nodes = 6;
    options.num_rounds = 4;
    options.neighbors = test::ring_row;
    options.delay = [](NodeId from, NodeId to) { return SimTime(1'000'000 * (from + 2 * to + 1)); };
    for (NodeId node = 0; node < 6; ++node) {
        options.starts.push_back({static_cast<float>(node * node)});
    }
    return options;
}

template <class P>
ToyNetwork run(ToyNetwork::Options options) {
    ToyNetwork network(std::move(options), [](NodeContext& node) { return std::make_unique<P>(node); });
    network.run();
    return network;
}

// Expectation: who tells a node its neighbors changes when things happen, not what is learnt.
TEST_CASE("a sampler's answers give the models that D-PSGD gives") {
    const ToyNetwork asked = run<DpsgdSampler>(ring_of_six());
    const ToyNetwork known = run<Dpsgd>(ring_of_six());
    CHECK(asked.now() > known.now());
    for (NodeId node = 0; node < 6; ++node) {
        REQUIRE(asked.finished(node).size() == 4);
        CHECK(asked.finished(node) == known.finished(node));
    }
}

TEST_CASE("requests and answers are messages of all nodes but the sampler, with their sizes") {
    const ToyNetwork network = run<DpsgdSampler>(ring_of_six());
    std::vector<int> requests(6, 0);
    std::vector<int> answers(6, 0);
    for (const ToyNetwork::Sent& message : network.sent) {
        CHECK(message.has_model == (message.note == nullptr));
        if (!message.note) {
            continue;
        }
        if (message.to == 0) {
            ++requests[message.from];
            CHECK(message.note->size_bytes() == 8);
        } else {
            ++answers[message.to];
            CHECK(message.from == 0);
            // Own weight, then id and weight of two neighbors.
            CHECK(message.note->size_bytes() == 8 + 4 + 2 * 8);
        }
    }
    CHECK(requests == std::vector<int>{0, 4, 4, 4, 4, 4});
    CHECK(answers == requests);
}

TEST_CASE("a node that waits for the sampler says so") {
    ToyNetwork::Options options = ring_of_six();
    options.delay = [](NodeId, NodeId) { return SimTime(1'000'000'000'000); };
    ToyNetwork network(options, [](NodeContext& node) { return std::make_unique<DpsgdSampler>(node); });
    network.run(/*most_events=*/14);
    CHECK(network.waits_for(3) == "round 0: its neighbors");
}

}  // namespace
}  // namespace murmur
