// --save-models: what is asked for, and what lies in the folder at the end of a run.
#include "emulator/record/model_files.h"

#include "emulator/base/resource_usage.h"
#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

namespace fs = std::filesystem;
using test::read_text;

constexpr std::uint32_t kNodes = 4;

ExperimentOptions small_options(const fs::path& out, const std::string& save_models) {
    ExperimentOptions options;
    options.nodes = kNodes;
    options.topology = "ring";
    options.rounds = 6;
    options.dataset = "synthetic:train=200,test=50,size=8";
    options.partition = "shards:2";
    options.model = "softmax";
    options.training = {.batch_size = 8, .local_steps = 2, .lr = 0.1};
    options.network = "ideal";
    options.clock = "modelled:1ms,jitter=0.3";
    options.eval_every = 1;
    options.workers = 2;
    options.save_models = save_models;
    options.out = out.string();
    options.quiet = true;
    return options;
}

RunResult run(const ExperimentOptions& options) {
    return Experiment(options).run();
}

nlohmann::json index_of(const fs::path& run_folder) {
    return nlohmann::json::parse(read_text(run_folder / "models" / "models.json"));
}

/// Every file of a folder, by name.
std::map<std::string, std::string> files_of(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        files[entry.path().filename().string()] = read_text(entry.path());
    }
    return files;
}

std::set<std::string> names_of(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& [name, content] : files_of(folder)) {
        names.insert(name);
    }
    return names;
}

std::string bytes_of(const ParameterVector& model) {
    return {reinterpret_cast<const char*>(model.values().data()), 4 * model.size()};
}

/// What metrics.csv says of each node's test after so many rounds: loss and accuracy, as written.
std::vector<std::string> tests_after(const fs::path& run_folder, const std::string& round) {
    std::vector<std::string> tests(kNodes);
    for (const auto& row : test::read_csv(run_folder / "metrics.csv")) {
        if (row[2] == round) {
            tests[std::stoul(row[1])] = row[4] + " " + row[5];
        }
    }
    return tests;
}

TEST_CASE("what --save-models takes") {
    const auto parse = [](const char* text) {
        return parse_model_saving("--save-models", text, 8);
    };
    CHECK(parse("").when == ModelSaving::When::kNever);
    CHECK(parse("final").when == ModelSaving::When::kFinal);
    CHECK(parse("best").has_all_nodes);
    CHECK(parse("best").nodes.size() == 8);
    CHECK(parse("every:3").every == 3);
    const ModelSaving some = parse("every:10,nodes=5-7,0,6");
    CHECK(some.every == 10);
    CHECK_FALSE(some.has_all_nodes);
    CHECK(some.nodes == std::vector<std::uint32_t>{0, 5, 6, 7});
    CHECK(some.has(6));
    CHECK_FALSE(some.has(1));
}

TEST_CASE("what --save-models refuses") {
    const auto refusal_of = [](const char* text) {
        try {
            (void)parse_model_saving("--save-models", text, 8);
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    for (const char* text : {"last", "every", "every:0", "final:2", ",nodes=1", "final nodes=1"}) {
        CHECK(refusal_of(text) ==
              "--save-models: got '" + std::string(text) +
                  "', allowed final, best, every:K (K rounds, 1 or more), each with ,nodes=LIST "
                  "such as 0,3-5");
    }
    CHECK(refusal_of("final,nodes=8") == "--save-models: got node 8, allowed 0 to 7");
    CHECK(refusal_of("final,nodes=5-3") ==
          "--save-models: got nodes 5-3, allowed the smaller number first");
    CHECK(refusal_of("final,nodes=") == "--save-models: got '', allowed a whole number from 0 up");
    CHECK(refusal_of("every:-1").find("allowed a whole number") != std::string::npos);
    CHECK_THROWS_WITH_AS((void)run(small_options("", "final")),
                         "--save-models: got final without a result folder, allowed with --out",
                         std::invalid_argument);
}

// Expectation: the models that a run saved, tested before any training, have the figures of its
// last evaluation, to the last digit.
TEST_CASE("a run begins where another one's saved models are") {
    const test::TemporaryFolder folder;
    const RunResult first = run(small_options(folder.path() / "first", "final"));
    REQUIRE(first.summary.status == "complete");
    CHECK(names_of(folder.path() / "first" / "models") ==
          std::set<std::string>{"final.f32", "models.json"});

    ExperimentOptions options = small_options(folder.path() / "second", "");
    options.init = (folder.path() / "first" / "models" / "final.f32").string();
    options.rounds = 1;
    REQUIRE(run(options).summary.status == "complete");
    CHECK(tests_after(folder.path() / "second", "0") == tests_after(folder.path() / "first", "6"));
    CHECK_FALSE(fs::exists(folder.path() / "second" / "models"));
}

TEST_CASE("models.json says of each vector what it is") {
    const test::TemporaryFolder folder;
    const RunResult result = run(small_options(folder.path() / "run", "final"));
    const nlohmann::json index = index_of(folder.path() / "run");
    CHECK(index["dtype"] == "float32");
    CHECK(index["byte_order"] == "little");
    std::size_t values = 0;
    for (const nlohmann::json& block : index["layout"]) {
        CHECK(block["offset"] == values);
        std::size_t size = 1;
        for (const std::size_t side : block["shape"]) {
            size *= side;
        }
        CHECK(block["size"] == size);
        values += size;
    }
    CHECK(index["num_parameters"] == values);
    const std::string bytes = read_text(folder.path() / "run" / "models" / "final.f32");
    CHECK(bytes.size() == 4 * values * kNodes);
    const std::vector<std::string> tests = tests_after(folder.path() / "run", "6");
    for (std::uint32_t node = 0; node < kNodes; ++node) {
        const nlohmann::json& saved = index["vectors"][node];
        CHECK(saved["file"] == "final.f32");
        CHECK(saved["node"] == node);
        CHECK(saved["round"] == 6);
        CHECK(bytes.substr(saved["offset_bytes"], 4 * values) ==
              bytes_of(*result.parameters[node]));
        CHECK(tests[node] == saved["test_loss"].dump() + " " + saved["test_accuracy"].dump());
    }
}

TEST_CASE("of chosen nodes each has a file of its own, from which all can start") {
    const test::TemporaryFolder folder;
    const RunResult result = run(small_options(folder.path() / "run", "final,nodes=1,3"));
    const fs::path models = folder.path() / "run" / "models";
    CHECK(names_of(models) ==
          std::set<std::string>{"final-node-1.f32", "final-node-3.f32", "models.json"});
    CHECK(read_text(models / "final-node-3.f32") == bytes_of(*result.parameters[3]));
    CHECK(index_of(folder.path() / "run")["vectors"][1]["offset_bytes"] == 0);
    ExperimentOptions options = small_options(folder.path() / "second", "");
    options.init = (models / "final-node-3.f32").string();
    options.rounds = 1;
    REQUIRE(run(options).summary.status == "complete");
    CHECK(tests_after(folder.path() / "second", "0")[0] ==
          tests_after(folder.path() / "run", "6")[3]);
}

TEST_CASE("every K rounds, and after the last; the same models as a shorter run ends with") {
    const test::TemporaryFolder folder;
    (void)run(small_options(folder.path() / "run", "every:4"));
    CHECK(names_of(folder.path() / "run" / "models") ==
          std::set<std::string>{"models.json", "round-4.f32", "round-6.f32"});
    ExperimentOptions options = small_options(folder.path() / "short", "final");
    options.rounds = 4;
    (void)run(options);
    CHECK(read_text(folder.path() / "run" / "models" / "round-4.f32") ==
          read_text(folder.path() / "short" / "models" / "final.f32"));
}

// Expectation: of the rows of rounds.csv the first with the highest mean.
TEST_CASE("the best round is the one with the highest mean test accuracy") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = small_options(folder.path() / "run", "best");
    options.rounds = 12;
    options.training.lr = 0.7;  // accuracy goes up and down
    const RunResult result = run(options);
    const auto best = std::max_element(
        result.rounds.begin(), result.rounds.end(), [](const RoundRow& a, const RoundRow& b) {
            return a.accuracy.mean < b.accuracy.mean;
        });
    REQUIRE(best->round < 12);
    CHECK(names_of(folder.path() / "run" / "models") ==
          std::set<std::string>{"best.f32", "models.json"});
    const nlohmann::json index = index_of(folder.path() / "run");
    REQUIRE(index["vectors"].size() == kNodes);
    for (const nlohmann::json& saved : index["vectors"]) {
        CHECK(saved["round"] == best->round);
    }
    ExperimentOptions again = small_options(folder.path() / "again", "");
    again.init = (folder.path() / "run" / "models" / "best.f32").string();
    again.rounds = 1;
    CHECK(run(again).rounds.front().accuracy.mean == best->accuracy.mean);
}

TEST_CASE("without an accuracy the best round is that of the lowest loss") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = small_options(folder.path() / "run", "best");
    options.dataset = "least-squares";
    options.partition = "iid";
    options.model = "linear";
    const RunResult result = run(options);
    REQUIRE(result.summary.status == "complete");
    const auto best = std::min_element(
        result.rounds.begin(), result.rounds.end(), [](const RoundRow& a, const RoundRow& b) {
            return a.loss.mean < b.loss.mean;
        });
    const nlohmann::json index = index_of(folder.path() / "run");
    CHECK(index["vectors"][0]["round"] == best->round);
    CHECK(index["vectors"][0]["test_accuracy"].is_null());
}

TEST_CASE("saving changes nothing of a run, and models are the same for any number of workers") {
    const test::TemporaryFolder folder;
    const RunResult plain = run(small_options(folder.path() / "plain", ""));
    for (const char* what : {"final", "best", "every:1", "every:2,nodes=0,2-3"}) {
        CAPTURE(what);
        std::map<std::string, std::string> first;
        for (const unsigned workers : {1u, 2u, 8u}) {
            CAPTURE(workers);
            ExperimentOptions options = small_options(folder.path() / "run", what);
            options.workers = workers;
            options.overwrite = true;
            const RunResult result = run(options);
            CHECK(result.summary.parameter_hash == plain.summary.parameter_hash);
            CHECK(read_text(folder.path() / "run" / "metrics.csv") ==
                  read_text(folder.path() / "plain" / "metrics.csv"));
            const auto files = files_of(folder.path() / "run" / "models");
            CHECK((first.empty() || files == first));
            first = files;
        }
    }
}

// Expectation: of a run that ends early, the models of the rounds that all nodes have finished
// before, as the complete run has them.
TEST_CASE(
    "a run that ends early keeps the models of the rounds before, for any number of workers") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = small_options(folder.path() / "complete", "every:1");
    options.rounds = 12;
    const RunResult complete = run(options);
    const auto all = files_of(folder.path() / "complete" / "models");
    const double middle_s = complete.rounds[6].time_s.mean;
    for (const bool fails : {false, true}) {
        for (const unsigned workers : {1u, 2u, 8u}) {
            CAPTURE(fails);
            CAPTURE(workers);
            ExperimentOptions shorter = options;
            shorter.workers = workers;
            shorter.out = (folder.path() / "early").string();
            shorter.overwrite = true;
            if (fails) {
                // The trace ends after 12 rounds.
                shorter.clock =
                    "recorded:" + (folder.path() / "complete" / "compute-trace.csv").string();
                shorter.rounds = 30;
            } else {
                shorter.until = std::to_string(middle_s) + "s";
            }
            const RunResult early = run(shorter);
            CHECK(early.summary.status == (fails ? "failed" : "complete"));
            auto files = files_of(folder.path() / "early" / "models");
            files.erase("models.json");
            CHECK(files.size() == early.rounds.size() - 1);  // without the start
            for (const auto& [name, content] : files) {
                CAPTURE(name);
                CHECK(all.at(name) == content);
            }
            CHECK(index_of(folder.path() / "early")["vectors"].size() == files.size() * kNodes);
        }
    }
}

TEST_CASE("a run that diverges has no final models, and says so") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = small_options(folder.path() / "run", "final");
    options.dataset = "least-squares";
    options.partition = "iid";
    options.model = "linear";
    options.training.lr = 100;
    options.rounds = 30;
    CHECK(run(options).summary.status == "diverged");
    CHECK(names_of(folder.path() / "run" / "models") == std::set<std::string>{"models.json"});
    CHECK(index_of(folder.path() / "run")["vectors"].empty());
}

TEST_CASE("models of an earlier run go, what else is in the folder stays") {
    const test::TemporaryFolder folder;
    (void)run(small_options(folder.path() / "run", "every:2"));
    test::write_text(folder.path() / "run" / "models" / "notes.txt", "mine");
    test::write_text(folder.path() / "run" / "models" / "round-9.f32.tmp", "half");
    ExperimentOptions options = small_options(folder.path() / "run", "");
    options.overwrite = true;
    (void)run(options);
    CHECK(names_of(folder.path() / "run" / "models") == std::set<std::string>{"notes.txt"});
}

TEST_CASE("models that cannot be written end the run with the file's name") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = small_options(folder.path() / "run", "every:2");
    fs::create_directories(folder.path() / "run" / "models" / "round-2.f32.tmp" / "in the way");
    options.overwrite = true;
    const RunResult result = run(options);
    CHECK(result.summary.status == "failed");
    CHECK(result.summary.error.find("cannot write " +
                                    (folder.path() / "run/models/round-2.f32.tmp").string()) !=
          std::string::npos);
}

TEST_CASE("own tests are in models.json where there are any") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = small_options(folder.path() / "run", "best");
    options.evaluate = "own";
    const RunResult result = run(options);
    const auto best = std::max_element(
        result.rounds.begin(), result.rounds.end(), [](const RoundRow& a, const RoundRow& b) {
            return a.own_accuracy.mean < b.own_accuracy.mean;
        });
    const nlohmann::json index = index_of(folder.path() / "run");
    CHECK(index["vectors"][0]["round"] == best->round);
    CHECK(index["vectors"][0]["own_test_accuracy"].is_number());
    CHECK(index["vectors"][0]["test_accuracy"].is_null());
}

}  // namespace
}  // namespace murmur
