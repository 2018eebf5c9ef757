// The DiLoCo family on a toy network, against recursions in double precision.

#include "emulator/protocols/async_diloco.h"
#include "emulator/protocols/diloco.h"
#include "emulator/protocols/plans.h"
#include "emulator/protocols/streaming_diloco.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/toy_network.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <tuple>

namespace murmur {
namespace {

using test::ToyNetwork;
using Values = ToyNetwork::Values;
using Milliseconds = std::chrono::milliseconds;
using Form = OuterOptimizer::Form;

/// Node i goes a third of the way to the point (i, -i, 1, ...).
double local_work(NodeId node, std::size_t i, double x) {
    const double target = i == 0 ? node : i == 1 ? -static_cast<double>(node) : 1;
    return x + (target - x) / 3;
}

ToyNetwork::Options workers(NodeId num_nodes, std::uint64_t rounds, std::size_t length = 4) {
    ToyNetwork::Options options;
    options.num_nodes = num_nodes;
    options.num_rounds = rounds;
    options.neighbors = test::full_row;
    options.starts.assign(num_nodes, Values(length, 0.5F));
    options.train = [](NodeId node, Values x) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            x[i] = static_cast<float>(local_work(node, i, x[i]));
        }
        return x;
    };
    return options;
}

ProtocolFactory factory_of(const std::string& spec, NodeId num_nodes) {
    return plan_protocol(spec, num_nodes).make;
}

/// The outer weights after each round of DiLoCo over nodes first ... n - 1.
std::vector<std::vector<double>> diloco_recursion(const ToyNetwork::Options& options,
                                                  const OuterOptimizer& outer,
                                                  NodeId first = 0) {
    std::vector<double> theta(options.starts[0].begin(), options.starts[0].end());
    std::vector<double> velocity(theta.size());
    std::vector<std::vector<double>> all;
    for (std::uint64_t round = 0; round < options.num_rounds; ++round) {
        for (std::size_t i = 0; i < theta.size(); ++i) {
            double drift = 0;
            for (NodeId node = first; node < options.num_nodes; ++node) {
                drift += theta[i] - local_work(node, i, theta[i]);
            }
            drift /= options.num_nodes - first;
            velocity[i] = outer.momentum * velocity[i] + drift;
            theta[i] -= outer.lr * (outer.form == Form::kNesterov
                                        ? drift + outer.momentum * velocity[i]
                                        : velocity[i]);
        }
        all.push_back(theta);
    }
    return all;
}

void check_near(const std::vector<Values>& finished,
                const std::vector<std::vector<double>>& expected) {
    REQUIRE(finished.size() == expected.size());
    for (std::size_t round = 0; round < expected.size(); ++round) {
        for (std::size_t i = 0; i < expected[round].size(); ++i) {
            CHECK(finished[round][i] == doctest::Approx(expected[round][i]).epsilon(2e-6));
        }
    }
}

TEST_CASE("diloco is its recursion: by ring, tree, direct, a server, and gossip among all") {
    for (const char* via : {"ring", "tree", "direct", "server", "gossip"}) {
        for (const auto& [form, word] :
             {std::pair{Form::kNesterov, "nesterov"}, std::pair{Form::kHeavyBall, "heavy-ball"}}) {
            CAPTURE(via);
            CAPTURE(word);
            const auto options = workers(5, 4);
            ToyNetwork network(
                options,
                factory_of(fmt::format("diloco:via={},outer={},lr=0.6,momentum=0.8", via, word), 5));
            network.run();
            const bool has_server = std::string_view(via) == "server";
            const auto expected = diloco_recursion(
                options, {.form = form, .lr = 0.6, .momentum = 0.8}, has_server ? 1 : 0);
            for (NodeId node = 0; node < 5; ++node) {
                check_near(network.finished(node), expected);
            }
        }
    }
}

TEST_CASE("diloco with rate 1 and momentum 0 averages models; one worker trains as alone") {
    const auto options = workers(4, 3);
    ToyNetwork diloco(options, factory_of("diloco:lr=1,momentum=0", 4));
    diloco.run();
    ToyNetwork mean(options, factory_of("ddp", 4));
    mean.run();
    for (std::size_t round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < 4; ++i) {
            CHECK(diloco.finished(1)[round][i] ==
                  doctest::Approx(mean.finished(1)[round][i]).epsilon(1e-6));
        }
    }
    const auto pair = workers(2, 3);  // a server and its one worker
    ToyNetwork one(pair, factory_of("diloco:via=server,lr=1,momentum=0", 2));
    one.run();
    double x = 0.5;
    for (std::size_t round = 0; round < 3; ++round) {
        x = local_work(1, 0, x);
        CHECK(one.finished(1)[round][0] == doctest::Approx(x).epsilon(1e-6));
    }
}

// The definitions of diloco.h: delayed steps along the mean of the round before; eager along the own
// share of this one's and what the others had in the round before.
TEST_CASE("diloco that overlaps follows its recursion, and loses no drift") {
    for (const bool eager : {false, true}) {
        CAPTURE(eager);
        constexpr NodeId kNodes = 4;
        constexpr std::uint64_t kRounds = 5;
        ToyNetwork::Options options = workers(kNodes, kRounds);
        options.training_time = [](NodeId node) { return SimTime(Milliseconds(3 + 9 * node)); };
        ToyNetwork network(
            options,
            factory_of(fmt::format("diloco:outer=heavy-ball,lr=0.5,momentum=0.5,overlap={}",
                                   eager ? "eager" : "delayed"),
                       kNodes));
        network.run();
        for (std::size_t i = 0; i < 2; ++i) {
            std::vector<double> theta(kNodes, 0.5);
            std::vector<double> velocity(kNodes);
            std::vector<double> earlier(kNodes);
            double earlier_mean = 0;
            for (std::uint64_t round = 0; round < kRounds; ++round) {
                std::vector<double> drift(kNodes);
                double mean = 0;
                for (NodeId node = 0; node < kNodes; ++node) {
                    drift[node] = theta[node] - local_work(node, i, theta[node]);
                    mean += drift[node] / kNodes;
                }
                const bool is_last = round + 1 == kRounds;
                const auto step = [&](NodeId node, double along) {
                    velocity[node] = 0.5 * velocity[node] + along;
                    theta[node] -= 0.5 * velocity[node];
                };
                for (NodeId node = 0; node < kNodes; ++node) {
                    if (eager) {
                        const double own = is_last ? mean : drift[node] / kNodes;
                        step(node, own + earlier_mean - earlier[node] / kNodes);
                        continue;
                    }
                    if (round > 0) {
                        step(node, earlier_mean);
                    }
                    if (is_last) {
                        step(node, mean);
                    }
                }
                earlier = drift;
                earlier_mean = mean;
                for (NodeId node = 0; node < kNodes; ++node) {
                    CHECK(network.finished(node)[round][i] ==
                          doctest::Approx(theta[node]).epsilon(2e-6));
                }
            }
        }
    }
}

TEST_CASE("streaming diloco of one fragment, without delay and blend, is diloco") {
    const auto options = workers(4, 4);
    ToyNetwork streaming(
        options, factory_of("streaming-diloco:fragments=1,delay=0,alpha=0,lr=0.6,momentum=0.8", 4));
    streaming.run();
    const auto expected = diloco_recursion(options, {.lr = 0.6, .momentum = 0.8});
    for (NodeId node = 0; node < 4; ++node) {
        check_near(streaming.finished(node), expected);
    }
}

// Two fragments of two values each in a round of four steps: the first at step 2, the second at
// step 4, each applied a step later.
TEST_CASE("streaming diloco averages each fragment at its step and applies it after its delay") {
    constexpr NodeId kNodes = 3;
    constexpr int kRounds = 3;
    ToyNetwork::Options options = workers(kNodes, kRounds);
    options.steps_per_round = 4;
    std::vector<std::int64_t> parts;
    // The toy calls `train` once for a part: as many steps as it has.
    options.train_steps = [](NodeId node, Values x, std::int64_t steps) {
        for (std::int64_t step = 0; step < steps; ++step) {
            for (std::size_t i = 0; i < x.size(); ++i) {
                x[i] = static_cast<float>(local_work(node, i, x[i]));
            }
        }
        return x;
    };
    ToyNetwork network(
        options,
        factory_of("streaming-diloco:fragments=2,delay=1,alpha=0.25,lr=0.6,momentum=0.8", kNodes));
    network.run();
    for (std::size_t i = 0; i < 4; ++i) {
        std::vector<double> x(kNodes, 0.5);
        double theta = 0.5;
        double velocity = 0;
        double drift = 0;
        const int begins = i < 2 ? 2 : 0;  // step modulo 4
        for (int step = 1; step <= 4 * kRounds; ++step) {
            for (NodeId node = 0; node < kNodes; ++node) {
                x[node] = local_work(node, i, x[node]);
            }
            const auto apply = [&] {
                velocity = 0.8 * velocity + drift;
                theta -= 0.6 * (drift + 0.8 * velocity);
                for (double& value : x) {
                    value = 0.25 * value + 0.75 * theta;
                }
            };
            if (step > 1 && (step - 1) % 4 == begins) {
                apply();
            }
            if (step % 4 == begins) {
                drift = 0;
                for (const double value : x) {
                    drift += (theta - value) / kNodes;
                }
                if (step == 4 * kRounds) {
                    apply();  // what is under way at the end
                }
            }
            if (step % 4 == 0) {
                for (NodeId node = 0; node < kNodes; ++node) {
                    CHECK(network.finished(node)[static_cast<std::size_t>(step / 4 - 1)][i] ==
                          doctest::Approx(theta).epsilon(2e-6));
                }
            }
        }
    }
}

TEST_CASE("streaming diloco refuses a delay longer than a round") {
    ToyNetwork network(workers(2, 1), factory_of("streaming-diloco:delay=2", 2));
    CHECK_THROWS_WITH(network.run(),
                      "protocol streaming-diloco: delay: got 2, allowed up to 1, the steps of a "
                      "round: a fragment's step comes before its next drift");
}

// Worker 1 trains 5 ms, worker 2 40 ms; a message takes 1 ms, the window 3 ms: the server steps with
// worker 1 alone until worker 2 comes.
TEST_CASE("async diloco steps along whoever has come, weighted by staleness") {
    ToyNetwork::Options options = workers(3, 5, 1);
    options.training_time = [](NodeId node) { return SimTime(Milliseconds(node == 1 ? 5 : 40)); };
    ToyNetwork network(options,
                       factory_of("async-diloco:grace=3ms,lr=0.5,momentum=0,outer=plain", 3));
    network.run();
    // Steps at 9, 19, 29, 39, ... ms: the fourth window is open from 36 to 39; worker 2's drift
    // comes at 41 and is in the fifth, 46 to 49, or opens one of its own.
    double theta = 0.5;
    std::vector<double> steps;
    for (int step = 0; step < 4; ++step) {
        theta -= 0.5 * (theta - local_work(1, 0, theta));
        steps.push_back(theta);
    }
    REQUIRE(network.finished(1).size() == 5);
    for (std::size_t step = 0; step < 4; ++step) {
        CHECK(network.finished(1)[step][0] == doctest::Approx(steps[step]).epsilon(1e-6));
    }
    // The fifth step has worker 2's drift from the start, four steps old: weight 1 / sqrt(5).
    const double late = 0.5 - local_work(2, 0, 0.5);
    theta -= 0.5 * late / std::sqrt(5.0);
    CHECK(network.finished(1)[4][0] == doctest::Approx(theta).epsilon(1e-6));
}

TEST_CASE("async diloco goes on without a worker whose drift is lost") {
    ToyNetwork::Options options = workers(4, 3);
    options.fate = [](const ToyNetwork::Sent& message) {
        return message.from == 2 ? ToyNetwork::Fate::kIsGivenUp : ToyNetwork::Fate::kArrives;
    };
    ToyNetwork network(options, factory_of("async-diloco:grace=3ms", 4));
    network.run();
    CHECK(network.finished(0).size() == 3);
    CHECK(network.counts.at("lost_drifts") == 1);
}

// Without training a pair's phi go to their mean by gamma each meeting, and momentum apart the
// spread over all nodes falls: with gamma = 0.5, mu = 0 a pair meets in the middle.
TEST_CASE("noloco's spread contracts, and its mean stays") {
    ToyNetwork::Options options = workers(8, 12);
    options.train = [](NodeId, Values x) { return x; };
    double mean = 0;
    for (NodeId node = 0; node < 8; ++node) {
        options.starts[node].assign(4, static_cast<float>(1 << node));
        mean += (1 << node) / 8.0;
    }
    ToyNetwork network(options, factory_of("noloco:lr=0.7,momentum=0,consensus=1", 8));
    network.run();
    const auto spread = [&](std::size_t round) {
        double sum = 0;
        for (NodeId node = 0; node < 8; ++node) {
            sum += std::pow(network.finished(node)[round][0] - mean, 2);
        }
        return std::sqrt(sum);
    };
    for (std::size_t round = 1; round < 12; ++round) {
        CHECK(spread(round) <= spread(round - 1) * 1.000001);
        double of_round = 0;
        for (NodeId node = 0; node < 8; ++node) {
            of_round += network.finished(node)[round][0] / 8.0;
        }
        CHECK(of_round == doctest::Approx(mean).epsilon(1e-5));
    }
    CHECK(spread(11) < 0.05 * spread(0));
    // 2 models to one partner: 2 x 4 floats, 8 bytes and a note.
    CHECK(network.sent.size() == 8 * 12);
    CHECK(network.sent[0].content.known_size()->values == 2 * 4 * sizeof(float));
}

// Expectation: m <- mu m + gamma (mean of the pair's phi - phi), phi <- phi + m, with a new pairing of
// all nodes in each round: pairs overshoot and pull back, and all come together where the mean was.
TEST_CASE("noloco as it is by default: its recursion, and a spread that goes to nothing") {
    constexpr NodeId kNodes = 8;
    constexpr std::uint64_t kRounds = 60;
    for (const auto& [spec, gamma, mu, share] :
         {std::tuple{"noloco", 0.7, 0.5, 1e-4},
          std::tuple{"noloco:momentum=0.8,consensus=0.3", 0.3, 0.8, 0.05}}) {
        CAPTURE(spec);
        ToyNetwork::Options options = workers(kNodes, kRounds);
        options.train = [](NodeId, Values x) { return x; };
        std::vector<double> phi;
        double mean = 0;
        for (NodeId node = 0; node < kNodes; ++node) {
            options.starts[node].assign(4, static_cast<float>(1 << node));
            phi.push_back(1 << node);
            mean += phi.back() / kNodes;
        }
        ToyNetwork network(options, factory_of(spec, kNodes));
        network.run();
        const auto spread_of = [&](const std::vector<double>& of) {
            double sum = 0;
            for (const double value : of) {
                sum += std::pow(value - mean, 2);
            }
            return std::sqrt(sum);
        };
        const double at_first = spread_of(phi);
        std::vector<double> momenta(kNodes);
        for (std::uint64_t round = 0; round < kRounds; ++round) {
            std::vector<NodeId> order(kNodes);
            std::iota(order.begin(), order.end(), NodeId{0});
            RandomStream(stream_seed(1, "noloco", 0, round)).shuffle(std::span(order));
            for (NodeId place = 0; place < kNodes; place += 2) {
                const double middle = (phi[order[place]] + phi[order[place + 1]]) / 2;
                for (const NodeId node : {order[place], order[place + 1]}) {
                    momenta[node] = mu * momenta[node] + gamma * (middle - phi[node]);
                    phi[node] += momenta[node];
                }
            }
            double of_round = 0;
            for (NodeId node = 0; node < kNodes; ++node) {
                const double value = network.finished(node)[round][0];
                CHECK(std::abs(value - phi[node]) < 1e-4);  // of up to 128
                of_round += value / kNodes;
            }
            CHECK(of_round == doctest::Approx(mean).epsilon(1e-5));
        }
        CHECK(spread_of(phi) < share * at_first);
    }
}

TEST_CASE("noloco with a timeout goes on without a partner, one of an odd number is alone") {
    ToyNetwork::Options options = workers(5, 3);
    options.fate = [](const ToyNetwork::Sent& message) {
        return message.from == 2 || message.to == 2 ? ToyNetwork::Fate::kIsLost
                                                    : ToyNetwork::Fate::kArrives;
    };
    ToyNetwork network(options, factory_of("noloco:timeout=50ms", 5));
    network.run();
    for (NodeId node = 0; node < 5; ++node) {
        CHECK(network.finished(node).size() == 3);
    }
}

TEST_CASE("moshpit is exact after as many rounds as its grid has dimensions") {
    ToyNetwork::Options options = workers(16, 2);
    options.train = [](NodeId, Values x) { return x; };
    for (NodeId node = 0; node < 16; ++node) {
        options.starts[node].assign(4, static_cast<float>(16 * node * node));
    }
    ToyNetwork network(options, factory_of("moshpit:side=4,dimensions=2", 16));
    network.run();
    for (NodeId node = 0; node < 16; ++node) {
        // 16 (0 + 1 + 4 + ... + 225) / 16 = 15 x 16 x 31 / 6
        CHECK(network.finished(node)[1] == Values(4, 1240));
    }
    CHECK_THROWS_WITH(
        plan_protocol("moshpit:side=3", 16),
        "protocol moshpit: side: a grid of so few cells does not hold all nodes, allowed a "
        "longer side or more dimensions");
}

TEST_CASE("moshpit: the loss of a node changes its line alone") {
    ToyNetwork::Options options = workers(16, 1);
    for (NodeId node = 0; node < 16; ++node) {
        options.starts[node].assign(4, static_cast<float>(node));
    }
    ToyNetwork whole(options, factory_of("moshpit:timeout=1s", 16));
    whole.run();
    options.fate = [](const ToyNetwork::Sent& message) {
        return message.from == 6 ? ToyNetwork::Fate::kIsLost : ToyNetwork::Fate::kArrives;
    };
    ToyNetwork lossy(options, factory_of("moshpit:timeout=1s", 16));
    lossy.run();
    for (NodeId node = 0; node < 16; ++node) {
        CHECK((lossy.finished(node) == whole.finished(node)) == (node / 4 != 6 / 4));
    }
}

TEST_CASE("sparta averages the same random share at all nodes, and sends that alone") {
    ToyNetwork::Options options = workers(4, 1, 1000);
    options.train = [](NodeId, Values x) { return x; };
    for (NodeId node = 0; node < 4; ++node) {
        options.starts[node].assign(1000, static_cast<float>(4 * node));
    }
    ToyNetwork network(options, factory_of("sparta:share=0.2", 4));
    network.run();
    std::size_t averaged = 0;
    for (std::size_t i = 0; i < 1000; ++i) {
        const bool is_averaged = network.finished(3)[0][i] == 6;
        averaged += is_averaged ? 1 : 0;
        for (NodeId node = 0; node < 4; ++node) {
            CHECK(network.finished(node)[0][i] ==
                  (is_averaged ? 6 : static_cast<float>(4 * node)));
        }
    }
    CHECK(averaged > 160);  // 200, standard deviation 13
    CHECK(averaged < 240);
    std::uint64_t values = 0;
    for (const ToyNetwork::Sent& message : network.sent) {
        values += message.content.known_size()->values;
    }
    CHECK(values == 2 * 3 * sizeof(float) * averaged);
}

TEST_CASE("demo and sparseloco: all go on from the same model, whatever they trained to") {
    for (const char* spec : {"demo:tile=2,top-k=1,lr=0.25", "sparseloco:tile=2,top-k=1"}) {
        for (const char* via : {"ring", "direct"}) {
            CAPTURE(spec);
            ToyNetwork network(workers(5, 4),
                               factory_of(fmt::format("{},via={}", spec, via), 5));
            network.run();
            REQUIRE(network.finished(0).size() == 4);
            for (NodeId node = 1; node < 5; ++node) {
                CHECK(network.finished(node) == network.finished(0));
            }
            CHECK(network.finished(0)[0] != network.finished(0)[3]);
        }
    }
}

TEST_CASE("the family refuses options that do not go together") {
    CHECK_THROWS_WITH(plan_protocol("diloco:via=gossip,overlap=eager", 4),
                      "protocol diloco: overlap: got eager with via=gossip, allowed with via=ring, "
                      "tree, direct; models are sent as --sharing and --codec say");
    CHECK_THROWS_AS(plan_protocol("diloco:momentum=1", 4), std::invalid_argument);
    CHECK_THROWS_AS(plan_protocol("diloco:codec=raw", 4), std::invalid_argument);
    CHECK_THROWS_AS(plan_protocol("diloco:weights=samples", 4), std::invalid_argument);
}

}  // namespace
}  // namespace murmur
