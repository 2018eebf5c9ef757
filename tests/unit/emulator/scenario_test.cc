// The program `dpsgd` as a user meets it: what it prints, leaves behind and returns.
#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/child_process.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace murmur {
namespace {

namespace fs = std::filesystem;

/// A run of four nodes on a ring that fit a line: a fraction of a second.
const std::vector<std::string> kSmallRun{"--nodes=4",
                                         "--topology=ring",
                                         "--dataset=least-squares:features=3,samples=16",
                                         "--model=linear",
                                         "--network=ideal",
                                         "--clock=modelled:1ms,merge=0",
                                         "--workers=2",
                                         "--rounds=4",
                                         "--eval-every=1"};

/// A folder, and runs of the scenario that write into its `run`.
class Runs {
  public:
    [[nodiscard]] std::vector<std::string> command(std::vector<std::string> options) const {
        std::vector<std::string> all{test::built_program("dpsgd")};
        // Each option once: what the test says replaces the small run's.
        for (const std::string& option : kSmallRun) {
            const std::string name = option.substr(0, option.find('=') + 1);
            bool is_replaced = false;
            for (const std::string& other : options) {
                is_replaced = is_replaced || other.starts_with(name);
            }
            if (!is_replaced) {
                all.push_back(option);
            }
        }
        all.insert(all.end(), options.begin(), options.end());
        all.push_back("--out=" + out().string());
        return all;
    }
    [[nodiscard]] int run(std::vector<std::string> options) const {
        return test::ChildProcess(command(std::move(options)), said_at()).wait();
    }
    [[nodiscard]] fs::path out() const { return folder_.path() / "run"; }
    [[nodiscard]] fs::path said_at() const { return folder_.path() / "said"; }
    [[nodiscard]] std::string said() const { return test::read_text(said_at()); }
    [[nodiscard]] nlohmann::json summary() const {
        return nlohmann::json::parse(test::read_text(out() / "summary.json"));
    }
    [[nodiscard]] std::size_t metrics_rows() const {
        return fs::exists(out() / "metrics.csv") ? test::read_csv(out() / "metrics.csv").size() : 0;
    }

  private:
    test::TemporaryFolder folder_;
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("a complete run returns 0 and says where its results are") {
    const Runs runs;
    CHECK(runs.run({}) == 0);
    CHECK(contains(runs.said(), "dpsgd: complete\n"));
    CHECK(
        contains(runs.said(), "results          " + runs.out().string() + "/ (open report.html)"));
    CHECK(runs.summary()["status"] == "complete");
    CHECK(runs.metrics_rows() == 1 + 5 * 4);  // header; rounds 0 to 4 of four nodes
    for (const char* file : {"experiment.json",
                             "metrics.csv",
                             "rounds.csv",
                             "nodes.csv",
                             "overlay.txt",
                             "compute-trace.csv",
                             "report.html"}) {
        CAPTURE(file);
        CHECK(fs::file_size(runs.out() / file) > 0);
    }
}

TEST_CASE("a quiet run says one line") {
    const Runs runs;
    CHECK(runs.run({"--quiet"}) == 0);
    CHECK(runs.said() == "dpsgd complete " + runs.out().string() + "\n");
}

TEST_CASE("a typo or an impossible value returns 2 and leaves nothing behind") {
    const Runs runs;
    CHECK(runs.run({"--node=4"}) == 2);
    CHECK(runs.said() == "dpsgd: unknown option --node; did you mean --nodes? --help lists all\n");
    CHECK(runs.run({"--nodes=1"}) == 2);
    CHECK(runs.said() == "dpsgd: --nodes: got 1, allowed 2 or more\n");
    CHECK(runs.run({"--protocol=gossip"}) == 2);
    CHECK(runs.said() ==
          "dpsgd: protocol gossip: the period is missing, allowed "
          "gossip:period=TIME[,peers=any|overlay]\n");
    CHECK_FALSE(fs::exists(runs.out()));
}

TEST_CASE("a used folder returns 2 and stays as it was") {
    const Runs runs;
    fs::create_directory(runs.out());
    test::write_text(runs.out() / "metrics.csv", "precious");
    CHECK(runs.run({}) == 2);
    CHECK(contains(runs.said(), "holds files already; choose another folder"));
    CHECK(test::read_text(runs.out() / "metrics.csv") == "precious");
}

TEST_CASE("checking runs nothing and writes nothing") {
    const Runs runs;
    CHECK(runs.run({"--check"}) == 0);
    CHECK_FALSE(fs::exists(runs.out()));
}

TEST_CASE("help returns 0") {
    const Runs runs;
    CHECK(runs.run({"--help"}) == 0);
    CHECK(contains(runs.said(), "--eval-samples SAMPLES=500"));
}

TEST_CASE("a diverged run returns 1 and names node and round, the same with any workers") {
    std::string first;
    for (const char* workers : {"--workers=1", "--workers=4"}) {
        const Runs runs;
        CHECK(runs.run({"--lr=1e30", "--rounds=20", workers}) == 1);
        const nlohmann::json summary = runs.summary();
        CHECK(summary["status"] == "diverged");
        const std::string error = summary["error"];
        CHECK(contains(error, " loss of node "));
        CHECK(contains(error, " round "));
        CHECK(contains(error, "(simulated time "));
        CHECK(contains(runs.said(), "dpsgd: diverged - " + error));
        CHECK(summary["parameter_hash"].is_null());
        const std::string metrics = test::read_text(runs.out() / "metrics.csv");
        CHECK_FALSE(contains(metrics, "nan"));
        CHECK((first.empty() || first == error + metrics));
        first = error + metrics;
    }
}

TEST_CASE("Ctrl-C returns 130 and keeps every finished row") {
    const Runs runs;
    test::ChildProcess process(runs.command({"--rounds=10000000", "--quiet"}), runs.said_at());
    REQUIRE(test::await([&runs] { return runs.metrics_rows() > 100; }));
    process.signal(SIGINT);
    CHECK(process.wait() == 130);
    const nlohmann::json summary = runs.summary();
    CHECK(summary["status"] == "interrupted");
    CHECK(summary["error"].is_null());
    CHECK(summary["simulated_s"] > 0);
    CHECK(runs.said() == "dpsgd interrupted " + runs.out().string() + "\n");
    for (const auto& row : test::read_csv(runs.out() / "metrics.csv")) {
        CHECK(row.size() >= 7);
    }
    CHECK(fs::exists(runs.out() / "report.html"));
}

TEST_CASE("Ctrl-C also ends a run whose events are over and whose learning is not") {
    // Known durations let the simulation run far ahead: here to its end, in a moment.
    const Runs runs;
    test::ChildProcess process(
        runs.command({"--rounds=100", "--local-steps=2000", "--lr=1e-6", "--workers=1"}),
        runs.said_at());
    // Rows come while the learning goes on, not all at its end.
    REQUIRE(test::await([&runs] { return runs.metrics_rows() > 1 + 4; }));
    CHECK(runs.metrics_rows() < 1 + 100 * 4);
    process.signal(SIGINT);
    CHECK(process.wait() == 130);
    CHECK(runs.summary()["status"] == "interrupted");
    CHECK(runs.metrics_rows() < 1 + 100 * 4);
}

TEST_CASE("a disk that is full at the start returns 1 and names the file") {
    const Runs runs;
    fs::create_directory(runs.out());
    fs::create_symlink("/dev/full", runs.out() / "metrics.csv");
    CHECK(runs.run({"--overwrite"}) == 1);
    CHECK(runs.said() == "dpsgd: cannot write " + (runs.out() / "metrics.csv").string() +
                             ": No space left on device\n");
}

TEST_CASE("a disk that fills up during the run returns 1 and says so in the summary") {
    // A limit of 8 KiB a file stands in for the disk: tables meet it, summary.json does not.
    const Runs runs;
    std::string command = "trap '' XFSZ; ulimit -f 16; exec";
    for (const std::string& word : runs.command({"--rounds=1000"})) {
        command += " '" + word + "'";
    }
    CHECK(test::ChildProcess({"/bin/sh", "-c", command}, runs.said_at()).wait() == 1);
    const nlohmann::json summary = runs.summary();
    CHECK(summary["status"] == "failed");
    const std::string error = summary["error"];
    CHECK(error.starts_with("cannot write " + runs.out().string() + "/"));
    CHECK(error.ends_with(".csv: File too large"));
    CHECK(contains(runs.said(), "dpsgd: failed - " + error));
}

TEST_CASE("a run starts again from the experiment.json of an earlier one, with the same result") {
    const Runs first;
    CHECK(first.run({"--seed=9", "--speed=uniform:0.5:2"}) == 0);
    CHECK_FALSE(contains(first.said(), "--config"));
    const Runs second;
    CHECK(test::ChildProcess({test::built_program("dpsgd"),
                              "--config=" + (first.out() / "experiment.json").string(),
                              "--out=" + second.out().string()},
                             second.said_at())
              .wait() == 0);
    CHECK(contains(second.said(),
                   "--config: begins at round 0 with the options of " +
                       (first.out() / "experiment.json").string() +
                       "; --resume goes on from a checkpoint\n"));
    CHECK(second.summary()["parameter_hash"] == first.summary()["parameter_hash"]);
    CHECK(test::read_text(second.out() / "metrics.csv") ==
          test::read_text(first.out() / "metrics.csv"));
}

}  // namespace
}  // namespace murmur
