// Shatter beside its definition over the random graph of virtual nodes, coordinate by coordinate,
// in double precision, and the way of every fragment.

#include "emulator/protocols/shatter.h"

#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"
#include "topologies/generators.h"

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

namespace murmur {
namespace {

using test::ToyNetwork;
using Vector = std::vector<double>;

constexpr NodeId kNodes = 5;
constexpr std::uint64_t kRounds = 4;
constexpr std::size_t kValues = 13;
constexpr std::uint64_t kSeed = 77;

template <class T>
std::vector<T> trained(NodeId node, std::vector<T> x) {
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<T>(0.75) * x[i] + static_cast<T>(node) - static_cast<T>(i) / 4;
    }
    return x;
}

ToyNetwork run(const VirtualNodes::Options& chosen) {
    ToyNetwork::Options options;
    options.num_nodes = kNodes;
    options.num_rounds = kRounds;
    options.neighbors = test::full_row;
    for (NodeId node = 0; node < kNodes; ++node) {
        options.starts.emplace_back(kValues, static_cast<float>(node));
    }
    options.train = trained<float>;
    options.training_time = [](NodeId node) { return SimTime(5'000'000 * (1 + node % 3)); };
    options.delay = [](NodeId from, NodeId to) { return SimTime(100'000 * (1 + from + 3 * to)); };
    const auto nodes = std::make_shared<VirtualNodes>(
        chosen, kNodes, kSeed, permuted_fragments({}, kValues, chosen.of_each, 5));
    ToyNetwork network(options,
                       [=](NodeContext& node) { return std::make_unique<Shatter>(node, nodes); });
    network.run();
    return network;
}

std::vector<Vector> recursion(const VirtualNodes::Options& chosen) {
    const FragmentPlan plan = permuted_fragments({}, kValues, chosen.of_each, 5);
    std::vector<Vector> x;
    for (NodeId node = 0; node < kNodes; ++node) {
        x.emplace_back(kValues, node);
    }
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        const Graph graph =
            k_regular(kNodes * chosen.of_each,
                      chosen.degree,
                      stream_seed(kSeed, "virtual nodes", 0, chosen.is_dynamic ? round : 0));
        std::vector<Vector> y;
        for (NodeId node = 0; node < kNodes; ++node) {
            y.push_back(trained(node, x[node]));
        }
        std::vector<Vector> count(kNodes, Vector(kValues, 1));
        x = y;
        for (const auto& [first, second] : sorted_edges(graph)) {
            for (const auto& [from, to] : {std::pair(first, second), std::pair(second, first)}) {
                for (const std::uint32_t i : plan.indices(from % chosen.of_each)) {
                    x[to / chosen.of_each][i] += y[from / chosen.of_each][i];
                    ++count[to / chosen.of_each][i];
                }
            }
        }
        for (NodeId node = 0; node < kNodes; ++node) {
            for (std::size_t i = 0; i < kValues; ++i) {
                x[node][i] /= count[node][i];
            }
        }
    }
    return x;
}

TEST_CASE("shatter is the recursion over the graph of virtual nodes, wherever they are") {
    for (const bool is_dynamic : {true, false}) {
        for (const bool are_elsewhere : {true, false}) {
            CAPTURE(is_dynamic);
            CAPTURE(are_elsewhere);
            const VirtualNodes::Options chosen{.of_each = 3,
                                               .degree = 4,
                                               .is_dynamic = is_dynamic,
                                               .are_elsewhere = are_elsewhere};
            const ToyNetwork network = run(chosen);
            const std::vector<Vector> expected = recursion(chosen);
            for (NodeId node = 0; node < kNodes; ++node) {
                REQUIRE(network.finished(node).size() == kRounds);
                for (std::size_t i = 0; i < kValues; ++i) {
                    CHECK(network.finished(node).back()[i] ==
                          doctest::Approx(expected[node][i]).epsilon(1e-5));
                }
            }
        }
    }
}

// One hop to the host, one to each owner of a neighbor but the host itself and the fragment's own.
TEST_CASE("shatter: a fragment goes two hops, and no receiver hears it from its owner") {
    const VirtualNodes::Options chosen{.of_each = 3, .degree = 4};
    const ToyNetwork network = run(chosen);
    constexpr std::uint32_t kToHost = 0;
    std::map<std::tuple<NodeId, std::uint32_t, std::uint64_t>, NodeId> owners;
    std::map<NodeId, std::uint64_t> forwarded;
    std::uint64_t to_hosts = 0;
    for (const ToyNetwork::Sent& message : network.sent) {
        NoteReader reader(*message.note, "test");
        const std::uint32_t number = reader.u32();
        CHECK(message.note->size_bytes() == 12);
        CHECK(message.content.value()->size().metadata == 0);
        if (message.note->kind() == kToHost) {
            // A host has one fragment of a number.
            CHECK(
                owners.emplace(std::tuple(message.to, number, message.round), message.from).second);
            ++to_hosts;
        } else {
            const NodeId owner = owners.at({message.from, number, message.round});
            CHECK(owner != message.from);
            CHECK(owner != message.to);
            ++forwarded[owner];
        }
    }
    CHECK(to_hosts == kNodes * 3 * kRounds);
    for (const auto& [owner, count] : forwarded) {
        CHECK(count <= 3 * 4 * kRounds);
        CHECK(count >= 3 * 4 * kRounds / 3);
    }
}

}  // namespace
}  // namespace murmur
