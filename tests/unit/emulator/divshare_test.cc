// DivShare beside a slow replay of its definition from the messages that were sent: coordinate by
// coordinate, in double precision.

#include "emulator/protocols/divshare.h"

#include "tests/support/doctest.h"
#include "tests/unit/emulator/fake_node_context.h"
#include "tests/unit/emulator/toy_network.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <tuple>
#include <vector>

namespace murmur {
namespace {

using test::ToyNetwork;
using Unsent = DivShare::Unsent;
using Vector = std::vector<double>;

constexpr NodeId kNodes = 6;
constexpr std::size_t kValues = 11;
constexpr SimTime kMergeTime{1000};  // of the toy network

/// Local work, another one at each node.
template <class T>
std::vector<T> trained(NodeId node, std::vector<T> x) {
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<T>(0.75) * x[i] + static_cast<T>(node) - static_cast<T>(i) / 4;
    }
    return x;
}

SimTime training_time(NodeId node) {
    return SimTime(5'000'000 + 1'700'003 * node);
}

/// From slow nodes: longer than a training.
SimTime delay(NodeId from, NodeId to) {
    return SimTime(700'000 + 90'001 * from + 11'003 * to + (from % 3 == 2 ? 9'000'000 : 0));
}

ToyNetwork::Options six_nodes(std::uint64_t rounds) {
    ToyNetwork::Options options;
    options.num_nodes = kNodes;
    options.num_rounds = rounds;
    options.neighbors = test::full_row;
    for (NodeId node = 0; node < kNodes; ++node) {
        options.starts.emplace_back(kValues, static_cast<float>(node));
    }
    options.train = trained<float>;
    options.training_time = training_time;
    options.delay = delay;
    return options;
}

std::shared_ptr<const FragmentPlan> plan_of(std::uint32_t fragments) {
    return std::make_shared<const FragmentPlan>(permuted_fragments({}, kValues, fragments, 5));
}

ToyNetwork run(const ToyNetwork::Options& options,
               DivShare::Options chosen,
               const std::shared_ptr<const FragmentPlan>& plan) {
    ToyNetwork network(
        options, [=](NodeContext& node) { return std::make_unique<DivShare>(node, chosen, plan); });
    network.run();
    return network;
}

/// The instant at which a node's training of a round is over: the instant of its mix.
SimTime end_of_training(NodeId node, std::uint64_t round) {
    return static_cast<SimTime::rep>(round + 1) * training_time(node) +
           static_cast<SimTime::rep>(round) * kMergeTime;
}

std::uint32_t fragment_of(const ToyNetwork::Sent& message) {
    NoteReader reader(*message.note, "test");
    return reader.u32();
}

/// Returns each node's model after each of its rounds.
std::vector<std::vector<Vector>> replay(const ToyNetwork& network,
                                        std::uint64_t rounds,
                                        const FragmentPlan& plan,
                                        Unsent unsent) {
    std::vector<std::tuple<SimTime, NodeId, std::uint64_t>> mixes;
    for (NodeId node = 0; node < kNodes; ++node) {
        for (std::uint64_t round = 0; round < rounds; ++round) {
            mixes.emplace_back(end_of_training(node, round), node, round);
        }
    }
    std::sort(mixes.begin(), mixes.end());
    std::vector<Vector> x;
    for (NodeId node = 0; node < kNodes; ++node) {
        x.emplace_back(kValues, node);
    }
    std::map<std::pair<NodeId, std::uint64_t>, Vector> sent_models;
    std::vector<std::vector<Vector>> after(kNodes);
    for (const auto& [now, node, round] : mixes) {
        const Vector own = trained(node, x[node]);
        sent_models[{node, round}] = own;
        const SimTime since = round == 0 ? SimTime(-1) : end_of_training(node, round - 1);
        std::map<std::pair<NodeId, std::uint32_t>, std::uint64_t> newest;
        for (const ToyNetwork::Sent& message : network.sent) {
            if (!message.has_model || message.to != node) {
                continue;
            }
            const SimTime arrival = message.time + delay(message.from, node);
            // What is in flight when the sender's next training ends is taken back.
            const bool is_cut = unsent == Unsent::kCut && message.round + 1 < rounds &&
                                arrival > end_of_training(message.from, message.round + 1);
            if (arrival <= now && arrival > since && !is_cut) {
                std::uint64_t& latest = newest[{message.from, fragment_of(message)}];
                latest = std::max(latest, message.round);
            }
        }
        for (std::size_t i = 0; i < kValues; ++i) {
            double sum = own[i];
            double count = 1;
            for (const auto& [key, sent_in] : newest) {
                const auto indices = plan.indices(key.second);
                if (std::ranges::find(indices, i) != indices.end()) {
                    sum += sent_models.at({key.first, sent_in})[i];
                    ++count;
                }
            }
            x[node][i] = sum / count;
        }
        after[node].push_back(x[node]);
    }
    return after;
}

TEST_CASE("divshare is the replay of its definition from what was sent") {
    constexpr std::uint64_t kRounds = 8;
    const auto plan = plan_of(4);
    for (const Unsent unsent : {Unsent::kCut, Unsent::kDrop, Unsent::kKeep}) {
        for (const std::uint32_t in_flight : {0u, 1u, 3u}) {
            CAPTURE(static_cast<int>(unsent));
            CAPTURE(in_flight);
            const ToyNetwork network =
                run(six_nodes(kRounds),
                    {.receivers = 2, .in_flight = in_flight, .unsent = unsent},
                    plan);
            const auto expected = replay(network, kRounds, *plan, unsent);
            bool has_mixed = false;
            for (NodeId node = 0; node < kNodes; ++node) {
                REQUIRE(network.finished(node).size() == kRounds);
                for (std::uint64_t round = 0; round < kRounds; ++round) {
                    for (std::size_t i = 0; i < kValues; ++i) {
                        CHECK(network.finished(node)[round][i] ==
                              doctest::Approx(expected[node][round][i]).epsilon(1e-5));
                    }
                    has_mixed = has_mixed || expected[node][round] != expected[node][0];
                }
            }
            CHECK(has_mixed);
        }
    }
}

TEST_CASE("divshare: one fragment to all others is a plain average with their latest models") {
    ToyNetwork::Options options = six_nodes(5);
    options.training_time = [](NodeId) { return SimTime(5'000'000); };
    options.delay = [](NodeId, NodeId) { return SimTime(100'000); };
    const ToyNetwork network = run(options, {.receivers = kNodes - 1, .in_flight = 0}, plan_of(1));
    std::vector<Vector> x;
    for (NodeId node = 0; node < kNodes; ++node) {
        x.emplace_back(kValues, node);
    }
    std::vector<Vector> earlier;
    for (std::uint64_t round = 0; round < 5; ++round) {
        std::vector<Vector> now;
        for (NodeId node = 0; node < kNodes; ++node) {
            now.push_back(trained(node, x[node]));
        }
        for (NodeId node = 0; node < kNodes; ++node) {
            for (std::size_t i = 0; i < kValues; ++i) {
                double sum = now[node][i];
                for (NodeId other = 0; other < kNodes && round > 0; ++other) {
                    sum += other == node ? 0 : earlier[other][i];
                }
                x[node][i] = sum / (round > 0 ? kNodes : 1);
                CHECK(network.finished(node)[round][i] ==
                      doctest::Approx(x[node][i]).epsilon(1e-5));
            }
        }
        earlier = now;
    }
}

TEST_CASE("divshare: receivers are drawn for each fragment, and the queue is in random order") {
    const ToyNetwork network =
        run(six_nodes(6), {.receivers = 3, .in_flight = 0, .unsent = Unsent::kKeep}, plan_of(4));
    std::map<std::tuple<NodeId, std::uint64_t, std::uint32_t>, std::set<NodeId>> receivers;
    std::map<std::pair<NodeId, std::uint64_t>, std::vector<std::uint32_t>> order;
    for (const ToyNetwork::Sent& message : network.sent) {
        CHECK(message.has_model);
        const std::uint32_t fragment = fragment_of(message);
        CHECK(receivers[{message.from, message.round, fragment}].insert(message.to).second);
        order[{message.from, message.round}].push_back(fragment);
        CHECK(message.note->size_bytes() == 12);
        CHECK(message.content.known_size()->total() == message.content.value()->size().total());
    }
    std::set<std::set<NodeId>> different;
    for (const auto& [key, drawn] : receivers) {
        CHECK(drawn.size() == 3);
        CHECK_FALSE(drawn.contains(std::get<0>(key)));
        different.insert(drawn);
    }
    CHECK(receivers.size() == kNodes * 6 * 4);
    CHECK(different.size() == 20);  // all sets of three of six
    std::set<std::vector<std::uint32_t>> orders;
    for (const auto& [key, fragments] : order) {
        CHECK(fragments.size() == 12);
        orders.insert(fragments);
    }
    CHECK(orders.size() > 30);
}

// A fragment in flight at a time: the next one follows when the receipt is there.
TEST_CASE("divshare: no more fragments are in flight than allowed") {
    for (const std::uint32_t allowed : {1u, 2u}) {
        const ToyNetwork network =
            run(six_nodes(4),
                {.receivers = 2, .in_flight = allowed, .unsent = Unsent::kDrop},
                plan_of(4));
        for (NodeId node = 0; node < kNodes; ++node) {
            std::vector<std::pair<SimTime, SimTime>> flights;
            for (const ToyNetwork::Sent& message : network.sent) {
                if (message.has_model && message.from == node) {
                    flights.emplace_back(
                        message.time,
                        message.time + delay(node, message.to) + delay(message.to, node));
                }
            }
            for (const auto& [begin, end] : flights) {
                const auto at_once = std::ranges::count_if(flights, [&](const auto& other) {
                    return other.first <= begin && other.second > begin;
                });
                CHECK(at_once <= allowed);
            }
        }
    }
}

TEST_CASE("divshare: a fragment that there is not, or half a number, is refused") {
    test::FakeNodeContext node(3, {}, 2);
    DivShare divshare(node, {}, plan_of(4));
    CHECK_THROWS_WITH_AS(
        divshare.on_message({.from = 1, .note = NoteWriter(0).u32(4).finish()}),
        "divshare: a fragment is damaged at byte 4 of 4: no fragment has the number 4",
        std::invalid_argument);
    CHECK_THROWS_AS(divshare.on_message({.from = 1, .note = NoteWriter(0).finish()}),
                    std::invalid_argument);
    CHECK_THROWS_AS(divshare.on_message({.from = 1, .note = NoteWriter(0).u64(1).finish()}),
                    std::invalid_argument);
}

TEST_CASE("divshare: messages that are given up cost their fragments, and nobody hangs") {
    ToyNetwork::Options options = six_nodes(6);
    std::uint64_t sent = 0;
    options.fate = [&](const ToyNetwork::Sent&) {
        return ++sent % 3 == 0 ? ToyNetwork::Fate::kIsGivenUp : ToyNetwork::Fate::kArrives;
    };
    ToyNetwork network = run(options, {.receivers = 2, .in_flight = 2}, plan_of(4));
    for (NodeId node = 0; node < kNodes; ++node) {
        CHECK(network.finished(node).size() == 6);
    }
    CHECK(network.counts["lost_fragments"] > 0);
    CHECK(network.counts["lost_receipts"] > 0);
}

}  // namespace
}  // namespace murmur
