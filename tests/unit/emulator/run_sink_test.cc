// What a sink of a program's own is told of a run.
#include "emulator/record/run_sink.h"

#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

ExperimentOptions small_options() {
    ExperimentOptions options;
    options.nodes = 4;
    options.topology = "ring";
    options.rounds = 3;
    options.dataset = "synthetic:train=200,test=50,size=8";
    options.model = "softmax";
    options.network = "flow";
    options.clock = "modelled:1ms";
    options.eval_every = 2;
    options.workers = 2;
    options.quiet = true;
    return options;
}

/// Notes each call in a word.
class Notes final : public RunSink {
  public:
    explicit Notes(std::string throws_in = "") : throws_in_(std::move(throws_in)) {}

    void begin(const RunDescription& run) override {
        note("begin");
        scenario = run.scenario;
        for (const auto& [name, value] : run.options) {
            if (name == "nodes") {
                nodes = std::get<std::uint64_t>(value);
            }
        }
        num_edges = boost::num_edges(run.overlay.graph(0));
    }
    void add_metrics(const Observation& row) override {
        note("metrics");
        losses.push_back(row.evaluation.value().loss);
    }
    void add_round(const RoundRow& row) override {
        note("round");
        rounds.push_back(row.round);
    }
    void add_nodes(const std::vector<NodeRow>& rows) override {
        note("nodes");
        CHECK(rows.size() == 4);
    }
    void add_links(const LinkTable& table) override {
        note("links");
        CHECK(table.links.size() == 8);
    }
    void end(const Summary& summary) override {
        status = summary.status;
        error = summary.error;
        note("end");
    }

    std::vector<std::string> calls;
    std::vector<double> losses;
    std::vector<std::uint64_t> rounds;
    std::string scenario;
    std::string status;
    std::string error;
    std::uint64_t nodes = 0;
    std::size_t num_edges = 0;

  private:
    void note(const std::string& call) {
        if (calls.empty() || calls.back() != call) {
            calls.push_back(call);
        }
        if (call == throws_in_) {
            throw std::runtime_error("the sink is full");
        }
    }

    std::string throws_in_;
};

TEST_CASE("a sink gets what the files get, in their order, with files or without") {
    const test::TemporaryFolder folder;
    for (const bool has_files : {true, false}) {
        CAPTURE(has_files);
        const auto notes = std::make_shared<Notes>();
        ExperimentOptions options = small_options();
        options.out = has_files ? (folder.path() / "run").string() : "";
        ExperimentInputs inputs;
        inputs.sinks.push_back(notes);
        Experiment experiment(options, inputs);
        experiment.set_scenario("a study");
        const RunResult result = experiment.run();
        REQUIRE(result.summary.status == "complete");
        CHECK(notes->calls.front() == "begin");
        CHECK(notes->calls.back() == "end");
        CHECK(std::vector<std::string>(notes->calls.end() - 3, notes->calls.end()) ==
              std::vector<std::string>{"nodes", "links", "end"});
        CHECK(notes->scenario == "a study");
        CHECK(notes->nodes == 4);
        CHECK(notes->num_edges == 4);
        CHECK(notes->status == "complete");
        CHECK(notes->rounds == std::vector<std::uint64_t>{0, 1, 2, 3});
        CHECK(result.rounds.size() == 4);
        CHECK(notes->losses.size() == 3 * 4);
        if (has_files) {
            const auto rows = test::read_csv(folder.path() / "run" / "metrics.csv");
            REQUIRE(rows.size() == 1 + notes->losses.size());
            for (std::size_t i = 0; i < notes->losses.size(); ++i) {
                CHECK(std::stod(rows[i + 1][4]) == notes->losses[i]);
            }
        }
    }
}

TEST_CASE("what a sink throws ends the run, and the files say so") {
    for (const std::string call : {"begin", "metrics", "round", "nodes", "links", "end"}) {
        CAPTURE(call);
        const test::TemporaryFolder folder;
        ExperimentOptions options = small_options();
        options.out = (folder.path() / "run").string();
        ExperimentInputs inputs;
        const auto notes = std::make_shared<Notes>(call);
        inputs.sinks.push_back(notes);
        const Summary summary = Experiment(options, inputs).run().summary;
        CHECK(summary.status == "failed");
        CHECK(summary.error == "the sink is full");
        CHECK(notes->calls.back() == "end");
        CHECK(folder.read("run/summary.json").find("\"error\": \"the sink is full\"") !=
              std::string::npos);
        CHECK_FALSE(folder.read("run/experiment.json").empty());
    }
}

TEST_CASE("a sink changes nothing of a run") {
    ExperimentInputs inputs;
    inputs.sinks.push_back(std::make_shared<Notes>());
    CHECK(Experiment(small_options(), inputs).run().summary.parameter_hash ==
          Experiment(small_options()).run().summary.parameter_hash);
}

}  // namespace
}  // namespace murmur
