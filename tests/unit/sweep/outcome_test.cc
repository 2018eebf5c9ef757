#include "tools/sweep/outcome.h"

#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <csignal>

namespace murmur::sweep {
namespace {

using test::TemporaryFolder;

Outcome judge_in(const TemporaryFolder& folder, const Ended& ended) {
    return judge(ended, folder.path(), folder.path() / "log");
}

TEST_CASE("a summary gives status and figures, null means none") {
    const TemporaryFolder folder;
    folder.write("summary.json",
                 R"({"status": "complete", "error": null, "simulated_s": 12.5,
                     "bytes_sent": 12345678901, "mean_test_accuracy": null,
                     "parameter_hash": "00ff", "scenario": "dpsgd"})");
    const auto outcome = read_outcome(folder.path());
    CHECK(outcome.is_complete());
    CHECK(outcome.error.empty());
    CHECK(outcome.figures.at("bytes_sent") == "12345678901");
    CHECK(outcome.figures.at("parameter_hash") == "00ff");
    CHECK(outcome.number("simulated_s") == 12.5);
    CHECK_FALSE(outcome.number("mean_test_accuracy"));
    CHECK_FALSE(outcome.number("parameter_hash"));
    CHECK_FALSE(outcome.figures.contains("scenario"));
}

TEST_CASE("a summary that cannot be read is a failed run") {
    const TemporaryFolder folder;
    CHECK(read_outcome(folder.path()).error == "the run wrote no summary.json");
    for (const auto* text : {"", "[1]", R"({"status": "comp)"}) {
        folder.write("summary.json", text);
        CHECK(read_outcome(folder.path()).error == "summary.json is not a JSON object");
    }
    folder.write("summary.json", "{}");
    CHECK(read_outcome(folder.path()).status == "failed");
    CHECK(read_outcome(folder.path()).error == "summary.json has no status");
    const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
    folder.write("summary.json", R"({"status": "complete", "wall_s": )" + deep + "}");
    CHECK(read_outcome(folder.path()).is_complete());
    CHECK_FALSE(read_outcome(folder.path()).number("wall_s"));
}

TEST_CASE("the end of the process overrules a summary that says complete") {
    const TemporaryFolder folder;
    folder.write("summary.json", R"({"status": "complete"})");
    CHECK(judge_in(folder, {.exit_code = 0}).is_complete());
    const auto failed = judge_in(folder, {.exit_code = 3});
    CHECK(failed.status == "failed");
    CHECK(failed.error == "exit code 3 after a complete run");
    folder.write("log", "round 7\n");
    const auto killed = judge_in(folder, {.exit_code = 137, .signal = SIGKILL});
    CHECK(killed.status == "killed");
    CHECK(killed.exit_code == 137);
    CHECK(killed.error == "signal 9 (Killed); last said: round 7");
}

TEST_CASE("a failed run's error is its own word, from the summary or its last line") {
    const TemporaryFolder folder;
    CHECK(judge_in(folder, {.exit_code = 1}).error == "the run wrote no summary.json");
    folder.write("log", "start\n\nthe disk is full\n  \n");
    CHECK(judge_in(folder, {.exit_code = 1}).error == "the disk is full");
    CHECK(judge_in(folder, {.exit_code = 0}).error == "the run wrote no summary.json");
    folder.write("summary.json", R"({"status": "diverged", "error": "node 3: NaN"})");
    const auto diverged = judge_in(folder, {.exit_code = 1});
    CHECK(diverged.status == "diverged");
    CHECK(diverged.error == "node 3: NaN");
}

Outcome complete_with(std::string accuracy) {
    Outcome outcome;
    outcome.status = "complete";
    outcome.best_accuracy = std::stod(accuracy);
    outcome.rounds = {{.round = "1", .time_s = "5", .figures = {accuracy, "", "", "", "700"}}};
    return outcome;
}

// The double below 0.1, as means of nodes that have 0.1 each come out: 100 times it is 10.
TEST_CASE("the common accuracy is one that every run has reached") {
    std::vector<Outcome> outcomes{complete_with("0.09999999999999999"), complete_with("0.3")};
    compare(outcomes);
    for (const Outcome& outcome : outcomes) {
        CHECK(outcome.figures.at("common_accuracy") == "0.09");
        CHECK(outcome.figures.at("time_to_common_s") == "5");
        CHECK(outcome.figures.at("bytes_to_common") == "700");
    }
    outcomes.push_back(complete_with("0.05"));
    compare(outcomes);
    CHECK(outcomes.front().figures.at("common_accuracy") == "0.05");
    outcomes.back().best_accuracy.reset();
    compare(outcomes);
    for (const Outcome& outcome : outcomes) {
        CHECK_FALSE(outcome.figures.contains("common_accuracy"));
        CHECK_FALSE(outcome.figures.contains("time_to_common_s"));
    }
}

TEST_CASE(
    "the best accuracy of a run is among its rounds, and none where it measures another thing") {
    const TemporaryFolder folder;
    folder.write("summary.json", R"({"status": "complete"})");
    CHECK_FALSE(read_outcome(folder.path()).best_accuracy);
    folder.write("rounds.csv",
                 "round,sim_time_max_s,test_accuracy_mean\n0,0,\n1,5,0.25\n2,9,0.5\n3,12,0.25\n");
    CHECK(read_outcome(folder.path()).best_accuracy == 0.5);
    folder.write("experiment.json", R"({"metric": "perplexity"})");
    CHECK_FALSE(read_outcome(folder.path()).best_accuracy);
}

TEST_CASE("the last line of a log is cut to a bearable length") {
    const TemporaryFolder folder;
    CHECK(last_line(folder.path() / "none").empty());
    folder.write("log", std::string(5000, 'x'));
    CHECK(last_line(folder.path() / "log").size() == 300);
}

}  // namespace
}  // namespace murmur::sweep
