#include "emulator/protocols/protocol_plan.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <algorithm>
#include <set>

namespace murmur {
namespace {

using test::ToyNetwork;

/// A server and six clients; client k has k + 1 samples and adds k to each model.
ToyNetwork::Options six_clients(std::uint64_t rounds) {
    ToyNetwork::Options options;
    options.num_nodes = 7;
    options.num_rounds = rounds;
    options.neighbors = test::full_row;
    options.starts.assign(7, {10.0F});
    options.train = [](NodeId node, ToyNetwork::Values x) {
        x[0] += static_cast<float>(node);
        return x;
    };
    return options;
}

ToyNetwork run(const char* protocol, ToyNetwork::Options options) {
    ToyNetwork network(std::move(options), plan_protocol(protocol, 7).make);
    network.run();
    return network;
}

/// Returns whom the server sent to in a round.
std::set<NodeId> receivers(const ToyNetwork& network, std::uint64_t round) {
    std::set<NodeId> nodes;
    for (const ToyNetwork::Sent& message : network.sent) {
        if (message.from == 0 && message.round == round) {
            nodes.insert(message.to);
        }
    }
    return nodes;
}

TEST_CASE("fedavg: the server draws ceil(C n) clients each round, others hear nothing") {
    const ToyNetwork network = run("fedavg:clients=0.4", six_clients(8));
    std::set<std::set<NodeId>> different;
    for (std::uint64_t round = 0; round < 8; ++round) {
        const std::set<NodeId> drawn = receivers(network, round);
        CHECK(drawn.size() == 3);
        CHECK(drawn.count(0) == 0);
        different.insert(drawn);
    }
    CHECK(different.size() > 2);
    CHECK(network.sent.size() == 2 * 3 * 8);
    CHECK(receivers(run("fedavg:clients=0.5", six_clients(1)), 0).size() == 3);
    CHECK(receivers(run("fedavg:clients=0.51", six_clients(1)), 0).size() == 4);
    CHECK(receivers(run("fedavg:clients=0.00001", six_clients(1)), 0).size() == 1);
    CHECK(receivers(run("fedavg:clients=1", six_clients(1)), 0).size() == 6);
}

// Expectation: x <- x + sum_k w_k k, over the clients that took part.
TEST_CASE("fedavg: the server averages by samples, or uniformly, and every node has its round") {
    for (const bool by_samples : {true, false}) {
        const ToyNetwork network =
            run(by_samples ? "fedavg:clients=0.5" : "fedavg:clients=0.5,weights=uniform",
                six_clients(5));
        double x = 10;
        for (std::uint64_t round = 0; round < 5; ++round) {
            double sum = 0;
            double weights = 0;
            for (const NodeId client : receivers(network, round)) {
                const double weight = by_samples ? client + 1 : 1;
                sum += weight * client;
                weights += weight;
            }
            x += sum / weights;
            for (NodeId node = 0; node < 7; ++node) {
                REQUIRE(network.finished(node).size() == 5);
                CHECK(network.finished(node)[round][0] == doctest::Approx(x).epsilon(1e-6));
            }
        }
        for (const ToyNetwork::Sent& message : network.sent) {
            CHECK((message.note != nullptr) == (by_samples && message.to == 0));
        }
    }
}

// Expectation: with whole models x <- x + mean(1 ... 6), all clients in every round; nothing is
// sent before the first training nor after the last.
TEST_CASE("stc: all clients take part, and updates go down between rounds alone") {
    const ToyNetwork network = run("stc", six_clients(3));
    for (std::uint64_t round = 0; round < 3; ++round) {
        CHECK(network.finished(0)[round][0] ==
              doctest::Approx(10 + 3.5 * static_cast<double>(round + 1)));
        CHECK(network.finished(0)[round] == network.finished(5)[round]);
    }
    CHECK(receivers(network, 0).empty());
    CHECK(receivers(network, 1).size() == 6);
    CHECK(receivers(network, 2).size() == 6);
    CHECK(receivers(network, 3).empty());
    CHECK(network.sent.size() == 3 * 6 + 2 * 6);
}

TEST_CASE("stc: a client takes the server's message over whole, with weights 0 and 1") {
    const ToyNetwork network = run("stc:weights=samples", six_clients(2));
    std::size_t taken_over = 0;
    for (const ToyNetwork::Merge& merge : network.merges) {
        if (merge.node != 0) {
            ++taken_over;
            CHECK(merge.self_weight == 0);
            CHECK(merge.others == std::vector<std::pair<NodeId, double>>{{0, 1.0}});
        } else if (merge.others.empty()) {
            CHECK(merge.self_weight == 1);  // the model as its own encoding left it
        } else {
            CHECK(merge.self_weight == 0);
            CHECK(merge.others[2].second == doctest::Approx(4.0 / 27));  // client 3 of 2 + ... + 7
        }
    }
    CHECK(taken_over == 6);
}

TEST_CASE("a halted server says for how many clients it waits") {
    ToyNetwork network(six_clients(2), plan_protocol("fedavg:clients=0.5", 7).make);
    network.run(/*most_events=*/9);
    CHECK(network.waits_for(0) == "round 0: replies of 3 clients");
    CHECK(network.waits_for(1) == "the server");
}

}  // namespace
}  // namespace murmur
