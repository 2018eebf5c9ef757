// What becomes of work, messages, rounds and rows where nodes come and go.
#include "emulator/protocols/dpsgd.h"
#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "tests/support/doctest.h"
#include "tests/support/run_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/fake_node_context.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace murmur {
namespace {

/// Two nodes that train alone, 10 ms a round.
ExperimentOptions alone(const test::TemporaryFolder& folder) {
    ExperimentOptions options;
    options.nodes = 2;
    options.topology = "full";
    options.rounds = 4;
    options.dataset = "least-squares:features=4,samples=64";
    options.model = "linear";
    options.training = {.batch_size = 5, .local_steps = 2, .lr = 0.01};
    options.protocol = "local";
    options.network = "ideal";
    options.clock = "modelled:1ms";
    options.eval_every = 1;
    options.workers = 1;
    options.quiet = true;
    options.out = (folder.path() / "run").string();
    options.overwrite = true;
    return options;
}

std::string lives(const test::TemporaryFolder& folder, const std::string& rows) {
    const std::string path = (folder.path() / "lives.csv").string();
    std::ofstream(path) << "node,on_s,off_s\n" << rows;
    return path;
}

/// Runs and returns the cells of a column of a file, where another column is `value`.
std::vector<std::string> cells(const ExperimentOptions& options,
                               const char* file,
                               const std::string& column,
                               const std::string& key,
                               const std::string& value) {
    std::istringstream lines(test::read_text(std::filesystem::path(options.out) / file));
    std::vector<std::vector<std::string>> rows;
    for (std::string line; std::getline(lines, line);) {
        std::vector<std::string>& row = rows.emplace_back();
        std::istringstream parts(line + ",");
        for (std::string cell; std::getline(parts, cell, ',');) {
            row.push_back(cell);
        }
    }
    const auto place = [&](const std::string& name) {
        for (std::size_t i = 0; i < rows[0].size(); ++i) {
            if (rows[0][i] == name) {
                return i;
            }
        }
        FAIL("no column " << name);
        return std::size_t{0};
    };
    std::vector<std::string> found;
    for (std::size_t row = 1; row < rows.size(); ++row) {
        if (rows[row][place(key)] == value) {
            found.push_back(rows[row][place(column)]);
        }
    }
    return found;
}

// Expectation: training takes 10 ms.  Node 1 is away from 15 to 35 ms, in its second round.
TEST_CASE("work of a node that leaves is begun anew when it is back, or runs to its end") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = alone(folder);
    options.availability = lives(folder, "1,0,0.015\n1,0.035,\n");
    REQUIRE(Experiment(options).run().summary.status == "complete");
    using Texts = std::vector<std::string>;
    CHECK(cells(options, "metrics.csv", "sim_time_s", "node", "1") ==
          Texts{"0", "0.01", "0.045", "0.055", "0.065"});
    CHECK(cells(options, "metrics.csv", "sim_time_s", "node", "0") ==
          Texts{"0", "0.01", "0.02", "0.03", "0.04"});
    CHECK(cells(options, "metrics.csv", "away_s", "node", "1") == Texts{"0", "0", "0.02", "0.02", "0.02"});
    CHECK(cells(options, "metrics.csv", "compute_s", "node", "1") ==
          Texts{"0", "0.01", "0.025", "0.035", "0.045"});
    CHECK(cells(options, "nodes.csv", "departures", "node", "1") == Texts{"1"});
    options.on_leave = "finish";
    REQUIRE(Experiment(options).run().summary.status == "complete");
    CHECK(cells(options, "metrics.csv", "sim_time_s", "node", "1") ==
          Texts{"0", "0.01", "0.02", "0.045", "0.055"});
    CHECK(cells(options, "metrics.csv", "away_s", "node", "1") == Texts{"0", "0", "0", "0.015", "0.015"});
    const double share = 1 - 0.02 / 0.055;
    CHECK(std::stod(cells(options, "nodes.csv", "present_share", "node", "1").front()) ==
          doctest::Approx(share));
}

TEST_CASE("the models of a node that was away are those of one that was not, work lost or not") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = alone(folder);
    const Summary there = Experiment(options).run().summary;
    options.availability = lives(folder, "1,0,0.015\n1,0.035,\n");
    for (const char* on_leave : {"lose", "finish"}) {
        options.on_leave = on_leave;
        CHECK(Experiment(options).run().summary.parameter_hash == there.parameter_hash);
    }
    options.on_return = "start";
    CHECK(Experiment(options).run().summary.parameter_hash != there.parameter_hash);
}

// Expectation: 10 ms a round of 2 steps; node 1 is away from 15 to 35 ms, in its second round, and
// begins that round anew.
TEST_CASE("steps that were taken and dropped are steps") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = alone(folder);
    options.availability = lives(folder, "1,0,0.015\n1,0.035,\n");
    options.on_return = "start";
    SUBCASE("of what training tells of a sample") {
        options.training.privacy = "dp-sgd:clip=1,noise=1";
        REQUIRE(Experiment(options).run().summary.status == "complete");
        CHECK(cells(options, "nodes.csv", "steps", "node", "0").front() == "8");
        CHECK(cells(options, "nodes.csv", "steps", "node", "1").front() == "10");
        CHECK(std::stod(cells(options, "nodes.csv", "epsilon", "node", "1").front()) >
              std::stod(cells(options, "nodes.csv", "epsilon", "node", "0").front()));
    }
    // The rate is 0 from the fifth step on: no step of the model that node 1 is back with.
    SUBCASE("of a schedule") {
        options.training.schedule = "step:at=4,gamma=0,unit=steps";
        const RunResult result = Experiment(options).run();
        REQUIRE(result.summary.status == "complete");
        options.out.clear();
        const ExperimentPlan plan(options, {});
        const auto start = plan.initial_of(1)->values();
        const auto end = result.parameters[1]->values();
        CHECK(std::equal(start.begin(), start.end(), end.begin(), end.end()));
        options.out = (folder.path() / "run").string();
        REQUIRE(Experiment(options).run().summary.status == "complete");
        // Two steps of five samples a round; node 1 took those of its second round twice.
        CHECK(cells(options, "metrics.csv", "samples_learnt", "node", "0").back() == "40");
        CHECK(cells(options, "metrics.csv", "samples_learnt", "node", "1").back() == "50");
    }
}

TEST_CASE("a run ends without nodes that have left, which have missed the rest") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = alone(folder);
    options.nodes = 4;
    options.crash = "0.5@15ms";
    const RunResult result = Experiment(options).run();
    CHECK(result.summary.status == "complete");
    CHECK(result.summary.ended_by == "rounds");
    CHECK(result.summary.rounds_missed == 6);
    CHECK(result.summary.simulated_s == doctest::Approx(0.04));
    CHECK(result.summary.present_share == doctest::Approx((1 + 0.015 / 0.04) / 2));
    CHECK(result.parameters.size() == 4);
    REQUIRE(result.rounds.size() == 5);
    CHECK(result.rounds[0].nodes == 4);
    CHECK(result.rounds[1].nodes == 4);
    CHECK(result.rounds[2].nodes == 2);
    CHECK(result.rounds[4].nodes == 2);
    CHECK(result.rounds[4].samples == 2 * 4 * 10 + 2 * 10);
    CHECK(std::isfinite(result.rounds[4].consensus_distance));
    options.crash = "1@15ms";
    const Summary none = Experiment(options).run().summary;
    CHECK(none.status == "failed");
    CHECK(none.error ==
          "nothing left to happen, but 0 of 4 nodes have not finished; 4 nodes have left for good, "
          "0 are away");
}

TEST_CASE("a node that joins late misses the rounds of the others") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = alone(folder);
    options.protocol = "dpsgd";
    options.rounds = 6;
    options.latency = "0ms";
    options.rate = "10Gbps";
    options.availability = lives(folder, "1,0.025,\n");
    const RunResult result = Experiment(options).run();
    CHECK(result.summary.status == "complete");
    // Node 0 has sent its models of rounds 0 and 1, at 10 and 20 ms: node 1 begins with round 2, at
    // 25 ms, and node 0, which would have been done with it at 30 ms, waits for it until 35 ms.
    CHECK(cells(options, "nodes.csv", "rounds_missed", "node", "1") ==
          std::vector<std::string>{"2"});
    REQUIRE(result.rounds.size() == 7);
    CHECK(result.rounds[2].nodes == 1);
    CHECK(result.rounds[3].nodes == 2);
    CHECK(result.rounds[3].time_s.min == doctest::Approx(0.035).epsilon(1e-3));
}

TEST_CASE("energy: joules of every file agree, and follow from times and bytes") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = alone(folder);
    options.protocol = "dpsgd";
    options.energy = "idle=1W,compute=3W,up=1mJ,down=2mJ";
    const RunResult result = Experiment(options).run();
    REQUIRE(result.summary.status == "complete");
    double sum = 0;
    for (const char* node : {"0", "1"}) {
        const auto number = [&](const char* column) {
            return std::stod(cells(options, "nodes.csv", column, "node", node).front());
        };
        const double joules = number("communication_s") + number("idle_s") +
                              3 * number("compute_s") + 1e-3 * number("bytes_sent") +
                              2e-3 * number("bytes_received");
        CHECK(number("joules") == doctest::Approx(joules).epsilon(1e-12));
        sum += joules;
    }
    CHECK(result.summary.joules == doctest::Approx(sum));
    CHECK(result.rounds.back().joules == doctest::Approx(sum).epsilon(1e-6));
    const auto summary =
        nlohmann::json::parse(test::read_text(std::filesystem::path(options.out) / "summary.json"));
    CHECK(summary.at("joules").get<double>() == doctest::Approx(sum));
    CHECK_FALSE(summary.contains("present_share"));
}

TEST_CASE("a table of devices gives nodes their speeds and rates") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = alone(folder);
    const std::string path = (folder.path() / "devices.csv").string();
    std::ofstream(path) << "device,ms_per_sample,down_bps,up_bps\nslow,4,2e6,1e6\nfast,0.5,2e8,1e8\n";
    options.devices = path + ",assign=in-order";
    options.rounds = 1;
    REQUIRE(Experiment(options).run().summary.status == "complete");
    using Texts = std::vector<std::string>;
    CHECK(cells(options, "metrics.csv", "sim_time_s", "node", "0") == Texts{"0", "0.04"});
    CHECK(cells(options, "metrics.csv", "sim_time_s", "node", "1") == Texts{"0", "0.005"});
    CHECK(cells(options, "nodes.csv", "uplink_bps", "node", "0") == Texts{"1000000"});
    CHECK(cells(options, "nodes.csv", "downlink_bps", "node", "1") == Texts{"200000000"});
    options.clock = "measured";
    CHECK_THROWS_WITH(Experiment{options},
                      "--devices: says what a sample takes, got --clock=measured, allowed modelled");
}

TEST_CASE("what cannot live with nodes that come and go is refused before the run") {
    const auto error = [](auto change) {
        ExperimentOptions options;
        options.nodes = 4;
        options.topology = "full";
        options.dataset = "least-squares:features=4,samples=64";
        options.model = "linear";
        options.clock = "modelled:1ms";
        change(options);
        ExperimentInputs inputs;
        inputs.protocol = options.protocol == "own"
                              ? ProtocolFactory([](NodeContext&) { return nullptr; })
                              : ProtocolFactory();
        try {
            const Experiment experiment(options, inputs);
        } catch (const std::invalid_argument& refused) {
            return std::string(refused.what());
        }
        return std::string("taken");
    };
    CHECK(error([](auto& o) {
              o.protocol = "own";
              o.crash = "0.5@1s";
          }) == "--crash: --protocol=own does not say what it does when nodes leave, allowed "
                "protocols that do (docs/churn.md)");
    CHECK(error([](auto& o) {
              o.protocol = "secure-dpsgd";
              o.availability = "poisson:on=1s,off=1s";
          }) == "--availability: nodes of secure-dpsgd can leave for good and not come back, allowed "
                "--crash");
    CHECK(error([](auto& o) {
              o.sharing = "choco";
              o.availability = "poisson:on=1s,off=1s";
              o.on_return = "start";
          }) == "--on-return: got start, but with --sharing=choco nodes remember what each has sent, "
                "allowed old");
    CHECK(error([](auto& o) {
              o.protocol = "fedavg:clients=1";
              o.sharing = "stc";
              o.join = "0.5@1s";
          }).starts_with("--sharing: stc needs every update of the server"));
    CHECK(error([](auto& o) { o.protocol = "dpsgd:on-missing=timeout:0s"; }).find("on-missing") !=
          std::string::npos);
}

TEST_CASE("D-PSGD gives the weight of a model that does not come to its own") {
    const MixingMatrix::Row row{.self = 0.5, .neighbors = {{1, 0.25}, {3, 0.125}, {4, 0.125}}};
    test::FakeNodeContext node(0, row, 5);
    node.absent = {3, 4};
    Dpsgd protocol(node);
    protocol.on_start();
    node.complete_work();  // training
    node.complete_work();  // encoding
    (void)node.take_log();
    protocol.on_message({.from = 1, .round = 0, .content = EncodedHandle::ready(nullptr)});
    CHECK(node.take_log() == "count missing_models; count missing_models; merge 0 self 0.75, 1 0.25");
    node.complete_work();
    node.absent = {};
    node.complete_work();
    node.complete_work();
    (void)node.take_log();
    protocol.on_message({.from = 1, .round = 1, .content = EncodedHandle::ready(nullptr)});
    protocol.on_message({.from = 3, .round = 1, .content = EncodedHandle::ready(nullptr)});
    CHECK(node.take_log().empty());
    protocol.on_message({.from = 4, .round = 0, .content = EncodedHandle::ready(nullptr)});
    CHECK(node.take_log() == "count late_models");
    node.absent = {4};
    protocol.on_peer_left(4);
    CHECK(node.take_log() == "count missing_models; merge 1 self 0.625, 1 0.25, 3 0.125");
}

}  // namespace
}  // namespace murmur
