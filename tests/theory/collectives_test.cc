// Expectations about seconds, bytes and models of protocols over collectives in a whole run.

#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/theory/least_squares.h"

#include <cmath>
#include <string>

namespace {

using murmur::ExperimentOptions;
using murmur::RunResult;

constexpr std::uint32_t kNodes = 5;
constexpr int kRounds = 3;

/// 1,000 parameters, 5 steps x 4 samples x 10 ms = 200 ms of training a round.
ExperimentOptions ring_options(const std::string& network) {
    ExperimentOptions options;
    options.nodes = kNodes;
    options.topology = "ring";
    options.rounds = kRounds;
    options.dataset = "least-squares:features=999,samples=100";
    options.model = "linear";
    options.training = {.batch_size = 4, .local_steps = 5, .lr = 0.001};
    options.network = network;
    options.rate = "1Mbps";
    options.latency = "50ms";
    options.clock = "modelled:10ms,merge=0";
    options.workers = 1;
    options.quiet = true;
    return options;
}

RunResult run(const ExperimentOptions& options) {
    RunResult result = murmur::Experiment(options).run();
    REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
    return result;
}

double largest_difference(const RunResult& first, const RunResult& second, std::uint32_t from = 0) {
    double largest = 0;
    for (std::size_t node = from; node < first.parameters.size(); ++node) {
        const auto a = first.parameters[node]->values();
        const auto b = second.parameters[node]->values();
        for (std::size_t i = 0; i < a.size(); ++i) {
            largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
        }
    }
    return largest;
}

}  // namespace

// Ring all-reduce of d values among n: 2 (n - 1) steps, each of one latency and a chunk of d/n
// values: 836 bytes = 16 frame + 12 note + 8 metadata + 200 float32, one segment with 52 bytes of
// headers: 8 x 888 / 1 Mb/s = 7.104 ms.  So 2 (n - 1)/n d values leave each node.
TEST_CASE("time: a ring all-reduce takes 2 (n - 1) steps of d/n values") {
    const RunResult result = run([] {
        ExperimentOptions options = ring_options("ideal");
        options.protocol = "ddp:via=ring";
        return options;
    }());
    constexpr int kSteps = 2 * (kNodes - 1);
    CHECK(result.summary.simulated_s ==
          doctest::Approx(kRounds * (0.2 + kSteps * (0.05 + 0.007104))).epsilon(1e-9));
    CHECK(result.summary.messages == kRounds * kNodes * kSteps);
    CHECK(result.summary.bytes_content == kRounds * kNodes * kSteps * (800 + 8 + 12));
    CHECK(result.summary.bytes_sent == kRounds * kNodes * kSteps * 888);
}

// A drift goes the same way as a model.
TEST_CASE("time: diloco's ring takes what data-parallel training's does") {
    ExperimentOptions options = ring_options("ideal");
    options.protocol = "ddp";
    const RunResult ddp = run(options);
    options.protocol = "diloco";
    const RunResult diloco = run(options);
    CHECK(diloco.summary.simulated_s == doctest::Approx(ddp.summary.simulated_s).epsilon(1e-9));
    CHECK(diloco.summary.bytes_sent == ddp.summary.bytes_sent);
}

// 300 KB of model over 10 Mb/s: the formula 2 (n - 1)/n d / rate, and flow and packet near to it.
TEST_CASE("time: over flow and packet a ring all-reduce takes 2 (n - 1)/n d / rate") {
    for (const char* network : {"flow", "packet"}) {
        CAPTURE(network);
        ExperimentOptions options = ring_options(network);
        options.dataset = "least-squares:features=74999,samples=20";
        options.training = {.batch_size = 1, .local_steps = 0, .lr = 0.001};
        options.rounds = 1;
        options.rate = "10Mbps";
        options.latency = "1ms";
        options.protocol = "ddp";
        const double bytes = 2.0 * (kNodes - 1) / kNodes * 4 * 75000;
        const double seconds = 8 * bytes / 10e6;
        const double measured = run(options).summary.simulated_s;
        CHECK(measured > seconds);
        // Headers take 4 %, eight latencies there and acknowledgements back 2 to 5 %.
        CHECK(measured < 1.2 * seconds);
    }
}

TEST_CASE("diloco with rate 1 and momentum 0 is FedAvg of all clients") {
    ExperimentOptions options = murmur::test::least_squares_options();
    options.network = "flow";
    options.training.local_steps = 3;
    options.protocol = "fedavg:clients=1,weights=uniform";
    const RunResult fedavg = run(options);
    options.protocol = "diloco:via=server,lr=1,momentum=0";
    CHECK(largest_difference(run(options), fedavg) < 2e-6);
}

TEST_CASE("diloco by gossip with rate 1 and momentum 0 is D-PSGD") {
    ExperimentOptions options = murmur::test::least_squares_options();
    options.network = "flow";
    options.protocol = "dpsgd";
    const RunResult dpsgd = run(options);
    options.protocol = "diloco:via=gossip,lr=1,momentum=0";
    CHECK(largest_difference(run(options), dpsgd) < 2e-6);
}

// Parts of a round take the mini-batches of the whole: without exchange, streaming or not is one.
TEST_CASE("streaming diloco trains on the same batches, whatever its fragments") {
    ExperimentOptions options = murmur::test::least_squares_options();
    options.network = "ideal";
    options.nodes = 2;
    options.topology = "full";
    options.training = {.batch_size = 4, .local_steps = 6, .lr = 0.05, .momentum = 0.5};
    options.protocol = "diloco:lr=0.7,momentum=0.5";
    const RunResult whole = run(options);
    options.protocol = "streaming-diloco:fragments=1,delay=0,alpha=0,lr=0.7,momentum=0.5";
    CHECK(largest_difference(run(options), whole) < 2e-6);
}
