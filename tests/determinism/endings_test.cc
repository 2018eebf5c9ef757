// However a run ends, its files are the same for any number of workers: complete, at a given time
// or target, diverged, failed.  An interrupted one has the beginning of what it would have had.

#include "emulator/nodes/protocol.h"
#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/support/run_files.h"
#include "tests/support/temporary_folder.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using murmur::ExperimentInputs;
using murmur::ExperimentOptions;
using murmur::Summary;
using murmur::test::RunFiles;

ExperimentOptions small_options(const std::string& network = "flow") {
    ExperimentOptions options;
    options.nodes = 8;
    options.topology = "regular:3";
    options.rounds = 10;
    options.dataset = "synthetic:train=200,test=50,size=8";
    options.model = "softmax";
    options.training = {.batch_size = 8, .local_steps = 2, .lr = 0.1};
    options.network = network;
    options.clock = "modelled:1ms,jitter=0.3";
    options.eval_every = 1;
    options.save_models = "every:3";
    options.timeline = "true";
    options.messages = true;
    options.workers = 1;
    options.quiet = true;
    return options;
}

struct Ended {
    Summary summary;
    RunFiles files;
};

Ended run(ExperimentOptions options,
          const std::filesystem::path& folder,
          const ExperimentInputs& inputs = {}) {
    options.out = folder.string();
    Ended ended;
    ended.summary = murmur::Experiment(options, inputs).run().summary;
    ended.files = murmur::test::files_of_run(folder);
    return ended;
}

/// Runs with 1, 2 and 8 workers and one again, and checks that every file is the same.
Ended run_with_any_workers(ExperimentOptions options, const ExperimentInputs& inputs = {}) {
    const murmur::test::TemporaryFolder folder;
    const Ended first = run(options, folder.path() / "first", inputs);
    for (const unsigned workers : {1u, 2u, 8u, 8u}) {
        options.workers = workers;
        const std::filesystem::path here = folder.path() / std::to_string(workers);
        std::filesystem::remove_all(here);
        const Ended again = run(options, here, inputs);
        CAPTURE(workers);
        CHECK(again.summary.status == first.summary.status);
        CHECK(again.summary.error == first.summary.error);
        REQUIRE(again.files.size() == first.files.size());
        for (const auto& [name, content] : first.files) {
            CAPTURE(name);
            REQUIRE(again.files.contains(name));
            CHECK(again.files.at(name) == content);
        }
    }
    return first;
}

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
    std::istringstream stream(text);
    Lines lines;
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// Rows of metrics.csv at instants up to and with `until`, the header first.
Lines metrics_until(const RunFiles& files, double until) {
    Lines kept;
    for (const std::string& line : lines_of(files.at("metrics.csv"))) {
        if (kept.empty() || std::stod(line) <= until) {
            kept.push_back(line);
        }
    }
    return kept;
}

bool begins_with(const std::string& all, const std::string& beginning) {
    return all.starts_with(beginning) && beginning.ends_with("\n");
}

/// The rows, and what totals say, of a run that ended before it was complete.
void check_beginning_of(const Ended& complete, const Ended& ended) {
    for (const char* name : {"metrics.csv", "rounds.csv", "compute-trace.csv"}) {
        CAPTURE(name);
        if (std::string(name) == "compute-trace.csv" && ended.summary.status == "complete") {
            continue;  // it ends with tasks that were under way
        }
        CHECK(begins_with(complete.files.at(name), ended.files.at(name)));
        CHECK(ended.files.at(name).size() < complete.files.at(name).size());
    }
    // A node's totals are those of its last row.
    const Lines rows = lines_of(ended.files.at("metrics.csv"));
    std::vector<std::string> bytes(complete.summary.nodes);
    for (std::size_t i = 1; i < rows.size(); ++i) {
        std::istringstream cells(rows[i]);
        Lines row;
        for (std::string cell; std::getline(cells, cell, ',');) {
            row.push_back(cell);
        }
        bytes[std::stoul(row[1])] = row[6] + "," + row[7];
    }
    const Lines nodes = lines_of(ended.files.at("nodes.csv"));
    for (std::size_t node = 0; node < bytes.size(); ++node) {
        CHECK(nodes.at(node + 1).find("," + bytes[node] + ",") != std::string::npos);
    }
}

/// D-PSGD's place, with a slip: every node trains and goes on; one throws at a given time.
class Throwing : public murmur::Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override {
        go_on(node().initial_model());
        if (node().id() == 3) {
            node().after(std::chrono::milliseconds(101),
                         [] { throw std::runtime_error("node 3 has had enough"); });
        }
    }
    void on_message(const murmur::Incoming& /*message*/) override {}
    [[nodiscard]] std::string waits_for() const override { return "nothing"; }

  private:
    void go_on(const murmur::ModelHandle& model) {
        node().train(model, round_, [this](const murmur::TrainedModel& trained) {
            node().finish_round(trained.model);
            ++round_;
            node().encode(
                trained.model, round_, [this, trained](const murmur::EncodedHandle& encoded) {
                    node().send({.to = (node().id() + 1) % 8, .round = round_, .content = encoded});
                    if (!node().is_done()) {
                        go_on(trained.model);
                    }
                });
        });
    }
    std::uint64_t round_ = 0;
};

ExperimentInputs with_protocol(murmur::ProtocolFactory factory) {
    ExperimentInputs inputs;
    inputs.protocol = std::move(factory);
    return inputs;
}

}  // namespace

TEST_CASE("determinism: every file of a complete run") {
    for (const char* network : {"ideal", "flow", "packet", "tcp"}) {
        CAPTURE(network);
        const Ended ended = run_with_any_workers(small_options(network));
        CHECK(ended.summary.status == "complete");
        CHECK(ended.summary.ended_by == "rounds");
        CHECK(lines_of(ended.files.at("metrics.csv")).size() == 1 + 8 * 11);
    }
}

TEST_CASE("determinism: every file of a run that ends at a given time") {
    for (const char* network : {"ideal", "flow", "packet", "tcp"}) {
        CAPTURE(network);
        const murmur::test::TemporaryFolder folder;
        ExperimentOptions options = small_options(network);
        const Ended complete = run(options, folder.path() / "complete");
        options.until = "200ms";
        const Ended ended = run_with_any_workers(options);
        CHECK(ended.summary.status == "complete");
        CHECK(ended.summary.ended_by == "until");
        CHECK(ended.summary.simulated_s == 0.2);
        CHECK(ended.summary.parameter_hash.size() == 16);
        CHECK(lines_of(ended.files.at("metrics.csv")) == metrics_until(complete.files, 0.2));
        CHECK(begins_with(complete.files.at("rounds.csv"), ended.files.at("rounds.csv")));
        CHECK(ended.files.at("models/round-3.f32") == complete.files.at("models/round-3.f32"));
        CHECK(ended.files.contains("models/round-9.f32") ==
              (lines_of(ended.files.at("rounds.csv")).size() > 1 + 9));
        CHECK(ended.summary.bytes_sent < complete.summary.bytes_sent);
    }
}

TEST_CASE("determinism: every file of a run that ends at a target") {
    const murmur::test::TemporaryFolder folder;
    ExperimentOptions options = small_options();
    options.rounds = 40;
    const Ended complete = run(options, folder.path() / "complete");
    for (const char* target : {"0.2", "mean:0.24", "all:0.2"}) {
        CAPTURE(target);
        ExperimentOptions aimed = options;
        aimed.target_accuracy = target;
        const Ended ended = run_with_any_workers(aimed);
        CHECK(ended.summary.status == "complete");
        REQUIRE(ended.summary.ended_by == "target");
        const double goal =
            std::stod(std::string(target).substr(std::string(target).find(':') + 1));
        CHECK((target[0] == 'a' ? ended.summary.min_test_accuracy
                                : ended.summary.mean_test_accuracy) >= goal);
        CHECK(lines_of(ended.files.at("metrics.csv")) ==
              metrics_until(complete.files, ended.summary.simulated_s));
        check_beginning_of(complete, ended);
    }
    options.target_loss = "mean:2";
    const Ended ended = run_with_any_workers(options);
    CHECK(ended.summary.ended_by == "target");
    CHECK(ended.summary.mean_test_loss <= 2);
}

TEST_CASE("determinism: a run that ended early is replayed from its trace") {
    for (const char* protocol : {"dpsgd", "gossip:period=20ms"}) {
        for (const bool by_target : {false, true}) {
            CAPTURE(protocol);
            CAPTURE(by_target);
            const murmur::test::TemporaryFolder folder;
            ExperimentOptions options = small_options();
            options.protocol = protocol;
            options.rounds = 40;
            (by_target ? options.target_loss : options.until) = by_target ? "2.15" : "150ms";
            const Ended first = run(options, folder.path() / "first");
            REQUIRE(first.summary.ended_by == (by_target ? "target" : "until"));
            options.clock = "recorded:" + (folder.path() / "first" / "compute-trace.csv").string();
            const Ended again = run(options, folder.path() / "again");
            CHECK(again.summary.error.empty());
            for (const char* name : {"metrics.csv", "rounds.csv", "nodes.csv"}) {
                CAPTURE(name);
                CHECK(again.files.at(name) == first.files.at(name));
            }
            CHECK(again.summary.parameter_hash == first.summary.parameter_hash);
        }
    }
}

TEST_CASE("determinism: a target that is not reached changes nothing") {
    const murmur::test::TemporaryFolder folder;
    ExperimentOptions options = small_options();
    const Ended complete = run(options, folder.path() / "complete");
    options.target_accuracy = "all:1";
    const Ended ended = run(options, folder.path() / "aimed");
    CHECK(ended.summary.ended_by == "rounds");
    CHECK(ended.files.at("metrics.csv") == complete.files.at("metrics.csv"));
    CHECK(ended.summary.parameter_hash == complete.summary.parameter_hash);
}

TEST_CASE("determinism: every file of a run that diverges") {
    for (const char* network : {"ideal", "flow"}) {
        CAPTURE(network);
        ExperimentOptions options = small_options(network);
        options.model = "linear";
        options.dataset = "least-squares";
        options.training.lr = 100;
        options.rounds = 30;
        const Ended ended = run_with_any_workers(options);
        CHECK(ended.summary.status == "diverged");
        CHECK(lines_of(ended.files.at("metrics.csv")).size() > 8 * 5);
        CHECK(ended.files.contains("links.csv"));
    }
}

TEST_CASE("determinism: every file of a run that fails, and no row that ended before is lost") {
    const murmur::test::TemporaryFolder folder;
    ExperimentOptions options = small_options();
    const Ended complete = run(options, folder.path() / "complete");
    // The trace ends after 10 rounds.
    options.clock = "recorded:" + (folder.path() / "complete" / "compute-trace.csv").string();
    options.rounds = 30;
    const Ended ended = run_with_any_workers(options);
    CHECK(ended.summary.status == "failed");
    // All but what comes at the instant of the failure or later: the first node's 11th training.
    const Lines rows = lines_of(ended.files.at("metrics.csv"));
    CHECK(rows.size() >= 1 + 8 * 10);
    CHECK(Lines(rows.begin(), rows.end()) == metrics_until(complete.files, std::stod(rows.back())));
}

TEST_CASE("determinism: every file of a run whose protocol throws in an event") {
    const murmur::test::TemporaryFolder folder;
    ExperimentOptions options = small_options();
    options.topology = "full";
    options.training.local_steps = 20;
    options.clock = "modelled:100us";
    const ExperimentInputs inputs =
        with_protocol([](murmur::NodeContext& node) { return std::make_unique<Throwing>(node); });
    const Ended ended = run_with_any_workers(options, inputs);
    CHECK(ended.summary.status == "failed");
    CHECK(ended.summary.error == "node 3 has had enough");
    // 20 steps see 25 samples five times: 12.5 ms a round.  The eighth ends at 100 ms, for every
    // node.
    CHECK(lines_of(ended.files.at("metrics.csv")).size() == 1 + 8 * 9);
    CHECK(lines_of(ended.files.at("rounds.csv")).size() == 1 + 9);
    CHECK(ended.summary.simulated_s == doctest::Approx(0.1).epsilon(0.001));
}

TEST_CASE("an interrupted run leaves the beginning of its rows, without gaps") {
    const murmur::test::TemporaryFolder folder;
    ExperimentOptions options = small_options();
    options.rounds = 400;
    options.training.local_steps = 40;
    const Ended complete = run(options, folder.path() / "complete");
    for (const unsigned workers : {1u, 2u, 8u}) {
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
            CAPTURE(workers);
            CAPTURE(signal);
            options.workers = workers;
            options.overwrite = true;
            const std::filesystem::path here = folder.path() / std::to_string(workers);
            std::filesystem::remove_all(here);
            std::atomic<bool> is_over{false};
            std::thread killer([&] {
                while (!is_over && (!std::filesystem::exists(here / "metrics.csv") ||
                                    std::filesystem::file_size(here / "metrics.csv") < 10'000)) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                }
                if (!is_over) {
                    kill(getpid(), signal);
                }
            });
            const Ended ended = run(options, here);
            is_over = true;
            killer.join();
            REQUIRE(ended.summary.status == "interrupted");
            check_beginning_of(complete, ended);
        }
    }
}
