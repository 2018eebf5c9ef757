// The DiLoCo family gives the same bytes with any number of workers, and the same models over any
// network where nothing depends on time.

#include "emulator/run/experiment.h"
#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using murmur::ExperimentOptions;
using murmur::test::check_same_for_any_workers;
using murmur::test::small_options;

constexpr const char* kFamily[] = {"ddp:via=tree",
                                   "diloco",
                                   "diloco:via=server",
                                   "diloco:via=gossip",
                                   "diloco:overlap=eager",
                                   "streaming-diloco:fragments=2,delay=1,codec=qsgd,via=direct",
                                   "async-diloco:grace=20ms",
                                   "noloco",
                                   "demo:lr=0.01",
                                   "sparseloco",
                                   "sparta:share=0.1",
                                   "moshpit:timeout=300ms"};

ExperimentOptions options_of(const std::string& protocol, const std::string& network) {
    ExperimentOptions options = small_options(network);
    options.nodes = 5;
    options.topology = "ring";
    options.rounds = 2;
    options.eval_every = 2;
    options.protocol = protocol;
    return options;
}

murmur::Summary run(const ExperimentOptions& options, murmur::ExperimentInputs inputs = {}) {
    murmur::Summary summary = murmur::Experiment(options, std::move(inputs)).run().summary;
    REQUIRE_MESSAGE(summary.status == "complete", summary.error);
    return summary;
}

}  // namespace

TEST_CASE("determinism: the DiLoCo family over flow and tcp, for any number of workers") {
    for (const char* protocol : kFamily) {
        for (const char* network : {"flow", "tcp"}) {
            CAPTURE(protocol);
            CAPTURE(network);
            check_same_for_any_workers(options_of(protocol, network));
        }
    }
}

TEST_CASE("determinism: collectives give the same models over ideal, flow, packet and tcp") {
    for (const char* protocol : kFamily) {
        const std::string name = protocol;
        // Who has come in time is another matter over another network.
        if (name.starts_with("async") || name.starts_with("moshpit:timeout")) {
            continue;
        }
        CAPTURE(protocol);
        const std::string hash = run(options_of(protocol, "ideal")).parameter_hash;
        for (const char* network : {"flow", "packet", "tcp"}) {
            CAPTURE(network);
            CHECK(run(options_of(protocol, network)).parameter_hash == hash);
        }
    }
}

TEST_CASE("determinism: what the DiLoCo family passes on can be written and read") {
    for (const char* protocol : kFamily) {
        CAPTURE(protocol);
        const ExperimentOptions options = options_of(protocol, "flow");
        murmur::ExperimentInputs inputs;
        inputs.round_trip_values = true;
        CHECK(run(options).parameter_hash == run(options, inputs).parameter_hash);
    }
}

// Of 40 steps of a millisecond the quarter as fast worker does as many, once its speed is known, as
// take it 40 ms; the others do all.
TEST_CASE("async-diloco:steps=dylu gives a slow worker as many steps as take the fastest's time") {
    const murmur::test::TemporaryFolder folder;
    ExperimentOptions options = options_of("async-diloco:grace=5ms,steps=dylu", "ideal");
    options.nodes = 4;
    options.rounds = 16;
    options.eval_every = 16;
    options.training.local_steps = 40;
    options.training.batch_size = 1;  // the modelled clock counts samples
    options.clock = "modelled:1ms";
    options.speed = "first:3:1,rest:0.25";
    options.rate = "100Mbps";
    options.latency = "1ms";
    options.out = (folder.path() / "run").string();
    run(options);
    std::istringstream trace(murmur::test::read_text(folder.path() / "run/compute-trace.csv"));
    std::map<int, std::vector<std::int64_t>> trainings;  // in ns, by node
    std::string line;
    std::getline(trace, line);
    REQUIRE(line == "node,task,sequence,round,start_s,duration_ns");
    while (std::getline(trace, line)) {
        const std::string::size_type comma = line.find(',');
        if (line.compare(comma, 7, ",train,") == 0) {
            trainings[std::stoi(line)].push_back(std::stoll(line.substr(line.rfind(',') + 1)));
        }
    }
    for (const int node : {1, 2, 3}) {
        CAPTURE(node);
        REQUIRE(trainings[node].size() > 3);
        const std::int64_t first = node == 3 ? 160'000'000 : 40'000'000;
        CHECK(trainings[node].front() == first);
        for (std::size_t i = 1; i + 1 < trainings[node].size(); ++i) {
            CAPTURE(i);
            CHECK(trainings[node][i] == 40'000'000);
        }
    }
}
