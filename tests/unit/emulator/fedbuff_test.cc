// FedBuff beside federated averaging where it must be the same, and beside a replay of its
// definition from the messages that were sent.

#include "emulator/protocols/fedbuff.h"

#include "emulator/protocols/protocol_plan.h"
#include "learning/model_change.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace murmur {
namespace {

using test::ToyNetwork;

constexpr NodeId kNodes = 7;

double trained(NodeId node, double x) {
    return 0.5 * x + node;
}

ToyNetwork::Options server_and_six(std::uint64_t rounds) {
    ToyNetwork::Options options;
    options.num_nodes = kNodes;
    options.num_rounds = rounds;
    options.neighbors = test::full_row;
    options.starts.assign(kNodes, {10.0F});
    options.train = [](NodeId node, ToyNetwork::Values x) {
        return ToyNetwork::Values{static_cast<float>(trained(node, x[0]))};
    };
    return options;
}

TEST_CASE("fedbuff with all clients in its buffer and no delays is federated averaging") {
    ToyNetwork buffered(server_and_six(6), plan_protocol("fedbuff:buffer=6", kNodes).make);
    buffered.run();
    ToyNetwork averaged(server_and_six(6),
                        plan_protocol("fedavg:clients=1,weights=uniform", kNodes).make);
    averaged.run();
    for (std::size_t round = 0; round < 6; ++round) {
        CHECK(buffered.finished(3).at(round)[0] ==
              doctest::Approx(averaged.finished(3).at(round)[0]).epsilon(1e-5));
    }
    CHECK(buffered.sent.size() == averaged.sent.size());
}

/// Returns the server's model after each step.
std::vector<double> replay(const ToyNetwork& network,
                           const FedBuffServer::Options& chosen,
                           const ToyNetwork::Options& options) {
    std::map<std::pair<SimTime, std::size_t>, const ToyNetwork::Sent*> arrivals;
    for (const ToyNetwork::Sent& message : network.sent) {
        if (message.to == 0) {
            arrivals[{message.time + options.delay(message.from, 0), arrivals.size()}] = &message;
        }
    }
    std::vector<double> models{10};  // by version
    std::vector<std::pair<double, double>> buffer;
    for (const auto& [when, message] : arrivals) {
        const double start = models.at(message->round);
        const auto tau = static_cast<double>(models.size() - 1 - message->round);
        const double weight =
            chosen.staleness == FedBuffServer::Staleness::kSqrt ? 1 / std::sqrt(1 + tau) : 1;
        buffer.emplace_back(weight, trained(message->from, start) - start);
        if (buffer.size() == chosen.buffer && models.size() <= options.num_rounds) {
            double sum = 0;
            for (const auto& [scale, change] : buffer) {
                sum += scale * change;
            }
            models.push_back(models.back() + chosen.lr * sum / chosen.buffer);
            buffer.clear();
        }
    }
    models.erase(models.begin());
    return models;
}

TEST_CASE("fedbuff is the replay of its definition, with stale changes counting less") {
    ToyNetwork::Options options = server_and_six(12);
    options.training_time = [](NodeId node) { return SimTime(5'000'000 + 7'300'017 * node); };
    options.delay = [](NodeId from, NodeId to) { return SimTime(300'007 * (1 + from + 2 * to)); };
    using Staleness = FedBuffServer::Staleness;
    for (const FedBuffServer::Options chosen :
         {FedBuffServer::Options{.buffer = 2, .concurrency = 4},
          FedBuffServer::Options{.buffer = 3, .concurrency = 6, .lr = 0.5},
          FedBuffServer::Options{
              .buffer = 1, .concurrency = 5, .lr = 0.25, .staleness = Staleness::kNone}}) {
        CAPTURE(chosen.buffer);
        ToyNetwork network(options, [=](NodeContext& node) -> std::unique_ptr<Protocol> {
            if (node.id() == 0) {
                return std::make_unique<FedBuffServer>(node, chosen);
            }
            return std::make_unique<FedBuffClient>(node);
        });
        network.run();
        const std::vector<double> expected = replay(network, chosen, options);
        REQUIRE(expected.size() == 12);
        for (std::size_t step = 0; step < 12; ++step) {
            CHECK(network.finished(2).at(step)[0] == doctest::Approx(expected[step]).epsilon(1e-5));
        }
        // Some changes were stale, and so many clients train at once.
        std::set<std::pair<std::uint64_t, NodeId>> sent_to;
        std::size_t first = 0;
        for (const ToyNetwork::Sent& message : network.sent) {
            first += message.from == 0 && message.time == SimTime(0) ? 1 : 0;
        }
        CHECK(first == chosen.concurrency);
    }
}

TEST_CASE("changes of models: buffers travel as they are, and are averaged") {
    const ParameterLayout layout{{.name = "w", .shape = {2}},
                                 {.name = "mean", .shape = {1}, .is_buffer = true}};
    const Parameters x = make_parameters(std::array{1.0F, 2.0F, 9.0F});
    const Parameters a = change_between(*x, *make_parameters(std::array{2.0F, 0.0F, 5.0F}), layout);
    const Parameters b = change_between(*x, *make_parameters(std::array{5.0F, 2.0F, 7.0F}), layout);
    CHECK(a->values()[0] == 1.0F);
    CHECK(a->values()[2] == 5.0F);
    const Parameters sum =
        add_changes(*x, std::array{WeightedChange{0.5, a}, WeightedChange{0.25, b}}, layout);
    CHECK(sum->values()[0] == 1 + 0.5F * 1 + 0.25F * 4);
    CHECK(sum->values()[1] == 2 - 0.5F * 2);
    CHECK(sum->values()[2] == 6.0F);
    CHECK_THROWS_WITH_AS(
        static_cast<void>(change_between(*x, *make_parameters(std::array{1.0F}), layout)),
        "a change of a model: got 1 values, allowed 3, the model's",
        std::invalid_argument);
}

}  // namespace
}  // namespace murmur
