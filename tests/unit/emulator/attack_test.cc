// Attackers in a run: who they are, what becomes of what they send, whom figures are about.
#include "emulator/nodes/attackers.h"
#include "emulator/nodes/protocol.h"
#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "learning/encoding/whole_model.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/plan_refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

ExperimentOptions attacked(const std::string& attack) {
    ExperimentOptions options;
    options.nodes = 10;
    options.topology = "full";
    options.rounds = 3;
    options.dataset = "synthetic:train=300,test=60,size=8";
    options.model = "softmax";
    options.network = "ideal";
    options.clock = "modelled:1ms";
    options.workers = 2;
    options.eval_every = 1;
    options.attack = attack;
    options.quiet = true;
    return options;
}

bool is_finite(const Parameters& model) {
    return std::ranges::all_of(model->values(), [](float value) { return std::isfinite(value); });
}

using test::refusal_of;

// Expectation: 2 of 10 send NaN or infinity to 9 others in 3 rounds; every message of theirs is
// left out, whatever is sent and however it is merged, the plain mean included.
TEST_CASE("a run in which a fifth sends NaN completes with finite models") {
    for (const std::string attack : {"0.2:nan", "0.2:infinity"}) {
        for (const std::string aggregation : {"mean", "median", "krum:f=2", "cs-plus:b=0.2"}) {
            for (const std::string sharing : {"full", "top-k", "wavelet", "qsgd", "random"}) {
                CAPTURE(attack);
                CAPTURE(aggregation);
                CAPTURE(sharing);
                ExperimentOptions options = attacked(attack);
                options.aggregation = aggregation;
                options.sharing = sharing;
                options.rounds = 2;
                const RunResult result = Experiment(options).run();
                REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
                CHECK(result.summary.attackers == 2);
                CHECK(result.summary.messages_not_finite == 2 * 9 * 2);
                CHECK(std::ranges::all_of(result.parameters, is_finite));
                CHECK(std::isfinite(result.summary.mean_test_loss));
                CHECK(std::isfinite(result.summary.consensus_distance));
            }
        }
    }
}

TEST_CASE("a NaN of an attacker enters no honest model, whatever the protocol") {
    for (const char* protocol : {"dpsgd",
                                 "dpsgd-sampler",
                                 "el-oracle:degree=4",
                                 "el-local:window=20ms",
                                 "gossip:period=20ms",
                                 "ad-psgd",
                                 "knn:k=3",
                                 "skiptrain:train=1,sync=2",
                                 "fedavg:clients=0.5",
                                 "diloco:via=server",
                                 "diloco:via=gossip",
                                 "muffliato:sigma=0.01,mixings=3"}) {
        for (const char* attack : {"0.2:nan", "0.2:infinity"}) {
            CAPTURE(protocol);
            CAPTURE(attack);
            ExperimentOptions options = attacked(attack);
            options.topology = "regular:4";
            options.protocol = protocol;
            const ExperimentPlan plan(options, {});
            const RunResult result = Experiment(options).run();
            REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
            CHECK(result.summary.messages_not_finite > 0);
            for (NodeId node = 0; node < options.nodes; ++node) {
                CHECK((plan.attackers.has(node) || is_finite(result.parameters[node])));
            }
        }
    }
}

// Expectation: figures over the honest nodes alone, worked out from the final models.
TEST_CASE("figures of learning are about honest nodes alone") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = attacked("nodes=0,3-4:sign-flip:scale=3");
    options.topology = "ring";
    options.out = (folder.path() / "run").string();
    const RunResult result = Experiment(options).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    options.out.clear();
    ExperimentPlan plan(options, {});
    double loss = 0;
    std::vector<double> mean(result.parameters[0]->size());
    for (const NodeId node : {1, 2, 5, 6, 7, 8, 9}) {
        loss += plan.learners.of(0).evaluate(*result.parameters[node], 0).loss / 7;
        for (std::size_t i = 0; i < mean.size(); ++i) {
            mean[i] += static_cast<double>(result.parameters[node]->values()[i]) / 7;
        }
    }
    double consensus = 0;
    for (const NodeId node : {1, 2, 5, 6, 7, 8, 9}) {
        for (std::size_t i = 0; i < mean.size(); ++i) {
            consensus +=
                std::pow(static_cast<double>(result.parameters[node]->values()[i]) - mean[i], 2) /
                7;
        }
    }
    CHECK(result.summary.attackers == 3);
    CHECK(result.summary.mean_test_loss == doctest::Approx(loss).epsilon(1e-12));
    CHECK(result.summary.consensus_distance == doctest::Approx(consensus).epsilon(1e-6));
    const std::string metrics = folder.read("run/metrics.csv");
    CHECK(std::ranges::count(metrics, '\n') == 1 + 7 * 4);
    CHECK(folder.read("run/nodes.csv").find(",attacker,") != std::string::npos);
    CHECK(folder.read("run/summary.json").find("\"attackers\": 3") != std::string::npos);
}

// Expectation: over a complete overlay with equal weights and no training, honest nodes at 0 or 1
// and one attacker that mimics node 1 at 1: each honest node gets the mean of what is sent.
TEST_CASE("receivers get what is forged, from models of the same instant") {
    ExperimentOptions options = attacked("nodes=3:mimic:node=1");
    options.nodes = 4;
    options.weights = "uniform";
    options.rounds = 1;
    options.training.local_steps = 0;
    ExperimentPlan sizes(options, {});
    const std::size_t size = sizes.learners.any().num_parameters();
    std::vector<Parameters> start;
    for (const float value : {0.0F, 1.0F, 0.0F, 50.0F}) {
        start.push_back(make_parameters(std::vector<float>(size, value)));
    }
    const RunResult result = Experiment(options, {.initial = start}).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    for (const NodeId node : {0, 1, 2}) {
        CHECK(result.parameters[node]->values()[0] == doctest::Approx(0.5));
    }
}

// Expectation: node 1 comes late.  Until then node 0, which hears node 4 alone, keeps the models of
// four rounds for it: as many are lies as there are rounds.
TEST_CASE("what waits for a receiver that is not there is forged") {
    const test::TemporaryFolder folder;
    std::ofstream(folder.path() / "ring") << "0 1\n1 2\n2 3\n3 4\n4 0\n";
    ExperimentOptions options = attacked("nodes=0:nan");
    options.nodes = 5;
    options.topology = "directed:file:" + (folder.path() / "ring").string();
    options.weights = "row-stochastic";
    options.protocol = "dpsgd:on-missing=wait";
    std::ofstream(folder.path() / "lives.csv") << "node,on_s,off_s\n1,10,\n";
    options.availability = (folder.path() / "lives.csv").string();
    options.rounds = 6;
    const RunResult result = Experiment(options).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    CHECK(result.summary.messages_not_finite == 6);
}

// Expectation: with eps = 1 one attacker undoes what all honest neighbors do to each victim apart,
// so that nobody moves.
TEST_CASE("dissensus sends each receiver what keeps it where it is") {
    ExperimentOptions options = attacked("nodes=2:dissensus:eps=1");
    options.nodes = 5;
    options.rounds = 3;
    options.training.local_steps = 0;
    ExperimentPlan sizes(options, {});
    const std::size_t size = sizes.learners.any().num_parameters();
    std::vector<Parameters> start;
    for (const float value : {0.0F, 1.0F, 9.0F, 3.0F, 8.0F}) {
        start.push_back(make_parameters(std::vector<float>(size, value)));
    }
    const RunResult result = Experiment(options, {.initial = start}).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    for (const NodeId node : {0, 1, 3, 4}) {
        CHECK(result.parameters[node]->values()[0] ==
              doctest::Approx(start[node]->values()[0]).epsilon(1e-5));
    }
}

// Expectation: one forward pass of 8 samples on own and nearest (rho 0.4 of 9: 3) models, a third
// of 1 ms each, on top of what the merge takes.
TEST_CASE("the forward passes of ubar cost time") {
    ExperimentOptions options = attacked("");
    options.rounds = 1;
    options.clock = "modelled:1ms,merge=0";
    const double plain = Experiment(options).run().summary.simulated_s;
    options.aggregation = "ubar:samples=9";
    const double tested = Experiment(options).run().summary.simulated_s;
    CHECK(tested - plain == doctest::Approx(4 * 9 * 1e-3 / 3).epsilon(1e-6));
}

TEST_CASE("attackers are drawn by the seed, or chosen") {
    const auto drawn = [](std::uint64_t seed) {
        return plan_attackers("--attack", "0.29:nan", 100, 0, seed);
    };
    CHECK(drawn(1).count() == 29);
    CHECK(drawn(1).honest.size() == 71);
    CHECK(drawn(1).is_attacker == drawn(1).is_attacker);
    CHECK(drawn(1).is_attacker != drawn(2).is_attacker);
    const Attackers chosen = plan_attackers("--attack", "nodes=1,3-5:nan", 8, 1, 1);
    CHECK(chosen.honest == std::vector<NodeId>{2, 6, 7});
    CHECK_FALSE(plan_attackers("--attack", "", 8, 1, 1).has(3));
    const auto refusal = [](const std::string& text) {
        try {
            (void)plan_attackers("--attack", text, 8, 1, 1);
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    const std::string allowed =
        "', allowed WHO:NAME, WHO a share such as 0.2 or nodes=0,3-5, such as 0.2:alie:z=1.5";
    CHECK(refusal("nan") == "--attack: names no attack, got 'nan" + allowed);
    CHECK(refusal("1.5:nan") == "--attack: a share is above 0 and below 1, got '1.5:nan" + allowed);
    CHECK(refusal("0.01:nan") == "--attack: nobody would attack, got '0.01:nan" + allowed);
    CHECK(refusal("nodes=1-7:nan") ==
          "--attack: nobody would be honest, got 'nodes=1-7:nan" + allowed);
    CHECK(refusal("nodes=0:nan") ==
          "--attack: node 0 is a server, which does not attack, got 'nodes=0:nan" + allowed);
    CHECK(refusal("nodes=8:nan") == "--attack: got node 8, allowed 0 to 7");
    CHECK(refusal("0.2:spam").starts_with("attack: unknown, got 'spam'"));
}

TEST_CASE("attacks that make no sense are refused") {
    ExperimentOptions options = attacked("0.2:nan");
    CHECK(refusal_of(options) == "accepted");
    options.sharing = "choco";
    CHECK(refusal_of(options) ==
          "--attack: got 0.2:nan with --sharing=choco, which merges by an algorithm of its own "
          "that no rule guards, allowed label-flip");
    options.attack = "0.2:label-flip";
    CHECK(refusal_of(options) == "accepted");
    options.dataset = "least-squares:features=4,samples=50";
    options.model = "linear";
    CHECK(refusal_of(options) ==
          "--dataset: got least-squares:features=4,samples=50, allowed one with classes with "
          "--attack=0.2:label-flip");
    options = attacked("0.2:nan");
    options.sharing = "secure";
    CHECK(refusal_of(options) ==
          "--attack: got 0.2:nan, allowed none with secure aggregation, whose sums no rule can "
          "guard");
    options = attacked("0.2:dissensus");
    options.protocol = "el-local:window=1ms";
    CHECK(refusal_of(options) ==
          "--attack: got 0.2:dissensus with --protocol=el-local:window=1ms, allowed with protocols "
          "whose nodes hear all neighbors of the overlay in each round, such as dpsgd");
    for (const char* protocol : {"gt", "d2", "qg-dsgdm", "sgp", "relaysgd", "scaffold", "fedbuff",
                                 "divshare", "shatter", "ddp", "diloco", "async-diloco",
                                 "streaming-diloco", "noloco", "sparta", "teleportation"}) {
        CAPTURE(protocol);
        options = attacked("0.2:sign-flip");
        options.protocol = protocol;
        options.topology = std::string(protocol) == "relaysgd" ? "spanning-tree:full" : "full";
        CHECK(refusal_of(options) ==
              fmt::format("--attack: got 0.2:sign-flip with --protocol={}, whose messages no forger "
                          "sees, allowed label-flip",
                          protocol));
        options.attack = "0.2:label-flip";
        CHECK(refusal_of(options) == "accepted");
    }
    options = attacked("0.2:nan");
    options.join = "0.5@1s";
    options.on_return = "neighbor";
    CHECK(refusal_of(options) ==
          "--attack: got 0.2:nan with --on-return=neighbor, whose models no forger sees, allowed "
          "label-flip");
    options.on_return = "start";
    CHECK(refusal_of(options) == "accepted");
    options = attacked("0.2:nan");
    options.eval_nodes = "9";
    CHECK(refusal_of(options) == "--eval-nodes: got 9, allowed all, or 1 to 8");
}

/// A protocol of somebody's own with messages of its own.
class OwnMessages final : public Protocol {
  public:
    using Protocol::Protocol;
    void on_start() override {
        node().encode_with(
            {.round = 0, .values_read = 1},
            [](const Parameters& model) -> Encoded { return std::make_shared<WholeModel>(model); },
            [this](const EncodedHandle& encoded) {
                node().send({.to = (node().id() + 1) % node().num_nodes(),
                             .round = 0,
                             .content = encoded});
            },
            node().initial_model());
    }
    void on_message(const Incoming& /*message*/) override {
        while (!node().is_done()) {
            node().finish_round(node().initial_model());
        }
    }
    [[nodiscard]] std::string waits_for() const override { return "a message"; }
};

// An attacker whose messages no forger has seen would be called one that does no harm.
TEST_CASE("messages of a protocol's own at a node that forges end the run in one line") {
    const auto run = [](const std::string& attack) {
        ExperimentInputs inputs;
        inputs.protocol = [](NodeContext& node) { return std::make_unique<OwnMessages>(node); };
        return Experiment(attacked(attack), std::move(inputs)).run().summary;
    };
    const Summary forged = run("nodes=3:sign-flip");
    CHECK(forged.status == "failed");
    CHECK(forged.error ==
          "protocol own, node 3: calls encode_with, but --attack forges what encode makes alone, "
          "allowed --attack=WHO:label-flip, or messages that encode makes");
    CHECK(run("0.2:label-flip").status == "complete");
}

}  // namespace
}  // namespace murmur
