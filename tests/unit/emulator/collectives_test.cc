// All-reduce and all-gather on a network whose delays and losses the test gives.

#include "emulator/protocols/group_protocol.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <cmath>
#include <numeric>

namespace murmur {
namespace {

using test::ToyNetwork;
using Values = ToyNetwork::Values;
using Milliseconds = std::chrono::milliseconds;

/// Averages models once a round, as the test says.
class Averager final : public GroupProtocol {
  public:
    Averager(NodeContext& node, CollectiveForm form, Collectives::Options options)
        : GroupProtocol(node, std::move(options)), form_(form) {}

  private:
    void exchange(ModelHandle /*start*/, ModelHandle trained) override {
        collectives().all_reduce(collective_of_all(form_),
                                 std::move(trained),
                                 node().num_parameters(),
                                 [this](ModelHandle mean) { conclude(std::move(mean)); });
    }
    CollectiveForm form_;
};

ProtocolFactory averager(CollectiveForm form, Collectives::Options options = {}) {
    return [=](NodeContext& node) { return std::make_unique<Averager>(node, form, options); };
}

ToyNetwork::Options nodes_with(NodeId num_nodes, std::size_t length, std::uint64_t rounds = 1) {
    ToyNetwork::Options options;
    options.num_nodes = num_nodes;
    options.num_rounds = rounds;
    options.neighbors = test::full_row;
    RandomStream stream(stream_seed(num_nodes, "start", 0, length));
    for (NodeId node = 0; node < num_nodes; ++node) {
        Values start;
        for (std::size_t i = 0; i < length; ++i) {
            // Whole numbers whose sum divides: any order of sums is exact.
            start.push_back(static_cast<float>(stream.below(1000) * num_nodes));
        }
        options.starts.push_back(start);
    }
    return options;
}

Values exact_mean(const ToyNetwork::Options& options) {
    Values mean(options.starts[0].size());
    for (std::size_t i = 0; i < mean.size(); ++i) {
        double sum = 0;
        for (const Values& start : options.starts) {
            sum += start[i];
        }
        mean[i] = static_cast<float>(sum / options.num_nodes);
    }
    return mean;
}

constexpr CollectiveForm kForms[] = {
    CollectiveForm::kRing, CollectiveForm::kTree, CollectiveForm::kDirect};

TEST_CASE("all-reduce gives every member the exact mean, for any number of nodes and values") {
    for (const CollectiveForm form : kForms) {
        for (NodeId n = 2; n <= 9; ++n) {
            for (const std::size_t length : {1, 3, 8, 29}) {
                CAPTURE(static_cast<int>(form));
                CAPTURE(n);
                CAPTURE(length);
                const auto options = nodes_with(n, length);
                ToyNetwork network(options, averager(form));
                network.run();
                for (NodeId node = 0; node < n; ++node) {
                    REQUIRE(network.finished(node).size() == 1);
                    CHECK(network.finished(node)[0] == exact_mean(options));
                }
            }
        }
    }
}

TEST_CASE("all-reduce: the bits do not depend on what is slow, and are the same at all members") {
    for (const CollectiveForm form : kForms) {
        ToyNetwork::Options options = nodes_with(7, 20, 3);
        RandomStream stream(3);
        for (Values& start : options.starts) {
            for (float& value : start) {
                value = static_cast<float>(stream.normal());
            }
        }
        options.train = [](NodeId node, Values x) {
            for (float& value : x) {
                value += 0.1F * static_cast<float>(node);
            }
            return x;
        };
        ToyNetwork even(options, averager(form));
        even.run();
        options.delay = [](NodeId from, NodeId to) {
            return SimTime(Milliseconds(1 + (13 * from + 29 * to) % 40));
        };
        options.training_time = [](NodeId node) { return SimTime(Milliseconds(50 - 7 * node)); };
        ToyNetwork uneven(options, averager(form));
        uneven.run();
        REQUIRE(even.finished(0).size() == 3);
        for (NodeId node = 0; node < 7; ++node) {
            CHECK(even.finished(node) == even.finished(0));
            CHECK(uneven.finished(node) == even.finished(0));
        }
    }
}

// Ring: 2 (n - 1) messages a node, of d/n values; tree: 2 (n - 1) messages in all, of d values;
// direct: 2 (n - 1) a node, of d/n values.  8 bytes of a whole model's metadata and a note of 12
// come with each.
TEST_CASE("all-reduce sends as many bytes as the closed forms say") {
    constexpr NodeId kNodes = 5;
    constexpr std::size_t kLength = 40;
    for (const CollectiveForm form : kForms) {
        ToyNetwork network(nodes_with(kNodes, kLength), averager(form));
        network.run();
        const bool is_tree = form == CollectiveForm::kTree;
        const std::size_t messages = 2 * (kNodes - 1) * (is_tree ? 1 : kNodes);
        CHECK(network.sent.size() == messages);
        for (const ToyNetwork::Sent& message : network.sent) {
            CHECK(message.content.known_size()->values ==
                  sizeof(float) * (is_tree ? kLength : kLength / kNodes));
            CHECK(message.content.known_size()->metadata == 8);
            CHECK(message.note->size_bytes() == 12);
        }
    }
}

TEST_CASE("all-reduce with a codec: members agree to the bit, and are near to the mean") {
    const auto codec = make_codec("uniform:bits=8").values;
    for (const CollectiveForm form : kForms) {
        const auto options = nodes_with(6, 50);
        ToyNetwork network(options, averager(form, {.codec = codec}));
        network.run();
        const Values mean = exact_mean(options);
        for (NodeId node = 0; node < 6; ++node) {
            REQUIRE(network.finished(node).size() == 1);
            CHECK(network.finished(node) == network.finished(0));
            for (std::size_t i = 0; i < mean.size(); ++i) {
                // At most six encodings of sums up to 36,000, each off by 1/254 of the largest.
                CHECK(std::abs(network.finished(node)[0][i] - mean[i]) < 36000.0 / 254 * 2);
            }
        }
        for (const ToyNetwork::Sent& message : network.sent) {
            CHECK(message.content.known_size()->values < 4 + 50 + 1);
        }
    }
}

TEST_CASE("all-reduce: a lost message without a timeout ends the run with its reason") {
    for (const CollectiveForm form : kForms) {
        ToyNetwork::Options options = nodes_with(4, 8);
        options.fate = [](const ToyNetwork::Sent& message) {
            return message.from == 1 ? ToyNetwork::Fate::kIsGivenUp : ToyNetwork::Fate::kArrives;
        };
        ToyNetwork network(options, averager(form));
        CHECK_THROWS_AS(network.run(), std::exception);
    }
}

TEST_CASE("a direct all-reduce with a timeout goes on without a member that has failed") {
    ToyNetwork::Options options = nodes_with(4, 8);
    options.fate = [](const ToyNetwork::Sent& message) {
        return message.from == 2 || message.to == 2 ? ToyNetwork::Fate::kIsLost
                                                    : ToyNetwork::Fate::kArrives;
    };
    ToyNetwork network(options,
                       averager(CollectiveForm::kDirect, {.timeout = Milliseconds(100)}));
    network.run();
    for (const NodeId node : {0, 1, 3}) {
        REQUIRE(network.finished(node).size() == 1);
        for (std::size_t i = 0; i < 8; ++i) {
            const auto of = [&](NodeId other) { return options.starts[other][i]; };
            // Chunk 2, the values 4 and 5, was the failed node's to average.
            const double expected =
                i / 2 == 2 ? of(node) : static_cast<double>(of(0) + of(1) + of(3)) / 3;
            CHECK(network.finished(node)[0][i] == doctest::Approx(expected).epsilon(1e-6));
        }
    }
    CHECK(network.finished(2)[0] == options.starts[2]);
    // Three lack its chunk and its mean, it lacks three of each.
    CHECK(network.counts.at("missing_chunks") == 12);
}

TEST_CASE("a collective says whom it waits for") {
    ToyNetwork::Options options = nodes_with(3, 4);
    options.fate = [](const ToyNetwork::Sent& message) {
        return message.from == 0 ? ToyNetwork::Fate::kIsLost : ToyNetwork::Fate::kArrives;
    };
    ToyNetwork network(options, averager(CollectiveForm::kRing));
    network.run();
    CHECK(network.waits_for(1) == "round 0: step 1 of 4 of a ring all-reduce, from node 0");
}

}  // namespace
}  // namespace murmur
