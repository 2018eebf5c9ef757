// What an experiment refuses before anything runs, and what it draws.
#include "emulator/run/calibration.h"
#include "emulator/run/experiment_plan.h"

#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

/// Four nodes on a ring that fit a line: cheap to plan.
ExperimentOptions small() {
    ExperimentOptions options;
    options.nodes = 4;
    options.topology = "ring";
    options.dataset = "least-squares:features=3,samples=16";
    options.model = "linear";
    options.clock = "modelled:1ms";
    options.workers = 1;
    return options;
}

/// Returns what a plan with this change is refused with.
std::string refusal_of(const std::function<void(ExperimentOptions&)>& change) {
    ExperimentOptions options = small();
    change(options);
    try {
        const ExperimentPlan plan(options, {});
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

TEST_CASE("counts that are too small are refused") {
    CHECK(refusal_of([](auto&) {}) == "accepted");
    CHECK(refusal_of([](auto& o) { o.nodes = 1; }) == "--nodes: got 1, allowed 2 or more");
    CHECK(refusal_of([](auto& o) { o.rounds = 0; }) == "--rounds: got 0, allowed 1 or more");
    CHECK(refusal_of([](auto& o) { o.eval_every = 0; }) ==
          "--eval-every: got 0, allowed 1 or more");
    CHECK(refusal_of([](auto& o) { o.eval_samples = -1; }) ==
          "--eval-samples: got -1, allowed 0 or more");
    CHECK(refusal_of([](auto& o) { o.workers = 4097; }) ==
          "--workers: got 4097, allowed 0 to 4096");
}

TEST_CASE("impossible training is refused") {
    const auto training = [](const std::function<void(TrainingOptions&)>& change) {
        return refusal_of([&](ExperimentOptions& options) { change(options.training); });
    };
    CHECK(training([](auto& t) { t.batch_size = -1; }) ==
          "--batch-size: got -1, allowed 0 (all) and above");
    CHECK(training([](auto& t) { t.lr = -0.5; }) == "--lr: got -0.5, allowed 0 and above");
    CHECK(training([](auto& t) { t.momentum = 1; }) ==
          "--momentum: got 1, allowed 0 and above, below 1");
    CHECK(training([](auto& t) { t.nesterov = true; }) ==
          "optimizer sgd: momentum: got 0, allowed above 0 where nesterov is on");
    CHECK(training([](auto& t) { t.local_steps = 0; }) == "accepted");
}

TEST_CASE("names that nothing has are refused") {
    CHECK(refusal_of([](auto& o) {
              o.protocol = "gosip";
          }).starts_with("protocol: unknown, got 'gosip', allowed dpsgd, "));
    CHECK(refusal_of([](auto& o) {
              o.network = "udp";
          }).starts_with("network: unknown, got 'udp', allowed "));
    CHECK(refusal_of([](auto& o) {
              o.underlay = "lan";
          }).starts_with("underlay: unknown, got 'lan', allowed wan, regions, p2p, "));
    // Of other rooms: the words are theirs, that they are refused is what matters here.
    CHECK(refusal_of([](auto& o) { o.topology = "triangle"; }) != "accepted");
    CHECK(refusal_of([](auto& o) { o.weights = "heavy"; }) != "accepted");
    CHECK(refusal_of([](auto& o) { o.dataset = "imagenet"; }) != "accepted");
    CHECK(refusal_of([](auto& o) { o.partition = "fair"; }) != "accepted");
    CHECK(refusal_of([](auto& o) { o.model = "gpt"; }) != "accepted");
    CHECK(refusal_of([](auto& o) { o.sharing = "nothing"; }) != "accepted");
}

TEST_CASE("a run without a compute clock or with a bad speed is refused") {
    CHECK(refusal_of([](auto& o) {
              o.clock = "";
          }).starts_with("--clock: a run needs a compute clock; allowed measured, "));
    CHECK(refusal_of([](auto& o) { o.clock = "recorded:/no/such/trace"; }) ==
          "--clock: cannot read the trace /no/such/trace");
    CHECK(refusal_of([](auto& o) { o.speed = "0"; }) ==
          "--speed: got '0', allowed a relative speed above 0, such as 0.5");
}

TEST_CASE("evaluated nodes are all, or a number of those that there are") {
    CHECK(refusal_of([](auto& o) { o.eval_nodes = "0"; }) ==
          "--eval-nodes: got 0, allowed all, or 1 to 4");
    CHECK(refusal_of([](auto& o) { o.eval_nodes = "5"; }) ==
          "--eval-nodes: got 5, allowed all, or 1 to 4");
    CHECK(refusal_of([](auto& o) { o.eval_nodes = "some"; }) ==
          "--eval-nodes: got 'some', allowed a whole number from 0 up");
    ExperimentOptions options = small();
    CHECK(ExperimentPlan(options, {}).evaluates == std::vector<bool>(4, true));
    options.eval_nodes = "3";
    const ExperimentPlan plan(options, {});
    CHECK(std::count(plan.evaluates.begin(), plan.evaluates.end(), true) == 3);
    CHECK(ExperimentPlan(options, {}).evaluates == plan.evaluates);
}

TEST_CASE("start parameters are one for all nodes or one each, of the model's size") {
    const auto refusal = [](std::size_t count, std::size_t size) -> std::string {
        ExperimentInputs inputs;
        inputs.initial.assign(count, make_parameters(std::vector<float>(size, 0.5F)));
        try {
            const ExperimentPlan plan(small(), std::move(inputs));
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "accepted";
    };
    const std::size_t size = ExperimentPlan(small(), {}).learners.any().num_parameters();
    CHECK(refusal(1, size) == "accepted");
    CHECK(refusal(4, size) == "accepted");
    CHECK(refusal(3, size) == "initial parameters: got 3 vectors, allowed 1 or 4");
    CHECK(refusal(4, size + 1) == "initial parameters: got " + std::to_string(size + 1) +
                                      " values, allowed " + std::to_string(size) + ", the model's");
    CHECK(refusal_of([](auto& o) { o.init = "/no/such/file"; }) != "accepted");
}

TEST_CASE("speeds follow from the seed, and from no other option") {
    ExperimentOptions options = small();
    options.speed = "uniform:0.5:2";
    const std::vector<double> speeds = ExperimentPlan(options, {}).speeds;
    CHECK(std::set<double>(speeds.begin(), speeds.end()).size() == 4);
    options.nodes = 6;
    options.rounds = 99;
    const std::vector<double> more = ExperimentPlan(options, {}).speeds;
    CHECK(std::equal(speeds.begin(), speeds.end(), more.begin()));
    options.seed = 2;
    CHECK(ExperimentPlan(options, {}).speeds[0] != speeds[0]);
}

TEST_CASE("no workers means one per core, at least one") {
    ExperimentOptions options = small();
    options.workers = 0;
    CHECK(ExperimentPlan(options, {}).options.workers >= 1);
}

TEST_CASE("each kind of clock is made from its words") {
    const TaskDescription job{.cost = {.kind = TaskKind::kTrain, .samples = 10, .steps = 1}};
    ExperimentOptions options = small();
    ExperimentPlan modelled(options, {});
    CHECK(make_clock(modelled)->duration(job) == SimTime(10'000'000));

    // Work over speed: 10 samples of so many operations each.
    options.clock = "modelled:1MFLOPS";
    ExperimentPlan by_work(options, {});
    CHECK(make_clock(by_work)->duration(job) ==
          from_seconds(10 * by_work.learners.any().flops_per_sample() / 1e6));

    options.clock = "measured";
    ExperimentPlan measured(options, {});
    CHECK_FALSE(make_clock(measured)->duration(job).has_value());

    options.clock = "calibrated";
    ExperimentPlan calibrated(options, {});
    const SimTime step = make_clock(calibrated)->duration(job).value();
    CHECK(step > SimTime(0));
    CHECK(step < SimTime(1'000'000'000));
}

// Expectation: what a batch of 64 costs does not depend on who holds how much; were the last node's
// one sample timed, it would come out some ten times cheaper.
TEST_CASE("a calibrated clock measures full batches, whoever is last") {
    ExperimentOptions options = small();
    options.nodes = 2;
    options.topology = "full";
    options.dataset = "synthetic:train=65,test=10,size=16";
    options.model = "mlp:128";
    options.clock = "calibrated";
    options.training.batch_size = 64;
    const test::TemporaryFolder folder;
    std::string first;
    for (int i = 0; i < 64; ++i) {
        first += std::to_string(i) + " ";
    }
    options.partition = "file:" + folder.write("parts.txt", first + "\r\n64\r\n");
    ExperimentPlan plan(options, {});
    Learner& learner = plan.learners.of(0);
    const ComputeCosts costs = calibrate(plan);
    TrainingState state;
    double seconds = 1;
    for (int run = 0; run < 7; ++run) {
        timespec begin{};
        timespec end{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
        (void)learner.train(*plan.initial.front(), plan.partition.front(), state, {});
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        seconds = std::min(seconds,
                           static_cast<double>(end.tv_sec - begin.tv_sec) +
                               1e-9 * static_cast<double>(end.tv_nsec - begin.tv_nsec));
    }
    const double calibrated = costs.seconds_per_step + 64 * costs.seconds_per_sample;
    CHECK(calibrated > 0.4 * seconds);
    CHECK(calibrated < 4 * seconds);
    CHECK(costs.seconds_per_sample > 0);
    CHECK(costs.seconds_per_step >= 0);
}

TEST_CASE("buffers and frozen parameters travel as asked, where a protocol can do that") {
    CHECK(refusal_of([](auto& o) { o.buffers = "none"; }) ==
          "--buffers: got 'none', allowed whole, local, encoded");
    CHECK(refusal_of([](auto& o) { o.frozen = ""; }) ==
          "--frozen: got '', allowed whole, local, encoded");
    const auto with_batch_norm = [](const std::string& protocol) {
        return refusal_of([&](ExperimentOptions& options) {
            const std::string data = "synthetic:train=64,test=10,size=32";
            options.dataset = data;
            options.model = "resnet-8";
            options.protocol = protocol;
            options.buffers = "local";
        });
    };
    CHECK(with_batch_norm("dpsgd") == "accepted");
    CHECK(with_batch_norm("fedavg:clients=1") ==
          "--buffers: got local with --protocol=fedavg:clients=1, allowed whole, encoded: the "
          "server, whose model is tested, trains no buffers of its own");
    CHECK(with_batch_norm("secure-dpsgd") ==
          "--buffers: got local, allowed whole for secure aggregation, which sums whole models");
}

// Expectation: a test file sorted by class has all its ten classes in a drawn part of it (each is
// missing with a probability of 0.9^100), and only the first one in its first samples.
TEST_CASE("a part of the test set is drawn from the seed, not the first samples of a file") {
    const test::TemporaryFolder folder;
    const auto idx =
        [](std::uint8_t dimensions, std::vector<std::uint8_t> sizes, std::size_t bytes) {
            std::string file{'\0', '\0', '\x08', static_cast<char>(dimensions)};
            for (const std::uint8_t size : sizes) {
                file += std::string(3, '\0') + static_cast<char>(size);
            }
            for (std::size_t i = 0; i < bytes; ++i) {
                file += static_cast<char>(i / (bytes / 10));
            }
            return file;
        };
    for (const char* part : {"train", "t10k"}) {
        folder.write(std::string(part) + "-images-idx3-ubyte", idx(3, {200, 2, 2}, 800));
        folder.write(std::string(part) + "-labels-idx1-ubyte", idx(1, {200}, 200));
    }
    ExperimentOptions options = small();
    options.dataset = "idx:" + folder.path().string();
    options.model = "softmax";
    const auto first_labels = [&](std::int64_t eval_samples, std::uint64_t seed) {
        options.eval_samples = eval_samples;
        options.seed = seed;
        const ExperimentPlan plan(options, {});
        const auto labels = plan.data.test->labels().first(100);
        return std::vector<std::int64_t>(labels.begin(), labels.end());
    };
    const auto drawn = first_labels(100, 1);
    CHECK(std::set<std::int64_t>(drawn.begin(), drawn.end()).size() == 10);
    CHECK(first_labels(100, 1) == drawn);
    CHECK(first_labels(100, 2) != drawn);
    options.eval_samples = 0;
    CHECK(ExperimentPlan(options, {}).notes().back() ==
          "idx: 200 training and 200 test samples of 1x2x2 numbers, 10 classes");
    // The whole test set keeps its order.
    CHECK(std::ranges::is_sorted(first_labels(0, 1)));
    CHECK(std::ranges::is_sorted(first_labels(200, 1)));
}

}  // namespace
}  // namespace murmur
