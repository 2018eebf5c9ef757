#include "tools/sweep/tables.h"

#include "tests/support/counted_syncs.h"
#include "tests/support/doctest.h"
#include "tests/support/page_tables.h"
#include "tests/support/temporary_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace murmur::sweep {
namespace {

using test::TemporaryFolder;

Outcome complete(const char* accuracy) {
    Outcome outcome;
    outcome.status = "complete";
    outcome.exit_code = 0;
    outcome.figures = {{"mean_test_accuracy", accuracy}, {"bytes_sent", "1000"}};
    return outcome;
}

Outcome killed() {
    Outcome outcome;
    outcome.status = "killed";
    outcome.exit_code = 137;
    outcome.error = "last said: \"no\", twice";
    outcome.figures = {{"mean_test_accuracy", "0.9"}};
    return outcome;
}

TEST_CASE("sweep.csv: a row per run, with what its setting averages to over complete runs") {
    const auto plan = make_plan({{"topology", {"ring", "{a,b}"}}, {"seed", {"1", "2"}}});
    const std::vector<Outcome> outcomes{complete("0.25"), complete("0.25"), killed(), Outcome{}};
    CHECK(
        runs_table(plan, outcomes) ==
        "run,topology,seed,status,exit_code,simulated_s,mean_test_accuracy,min_test_accuracy,"
        "max_test_accuracy,mean_test_loss,consensus_distance,messages,bytes_sent,bytes_content,"
        "wall_s,cpu_s,"
        "peak_rss_bytes,parameter_hash,messages_in_doubt,common_accuracy,time_to_common_s,"
        "bytes_to_common,tested_nodes,setting_complete,mean_test_accuracy_mean,"
        "mean_test_accuracy_ci95,simulated_s_mean,simulated_s_ci95,bytes_sent_mean,"
        "bytes_sent_ci95,mean_test_loss_mean,mean_test_loss_ci95,time_to_common_s_mean,"
        "time_to_common_s_ci95,error\n"
        "topology=ring_seed=1,ring,1,complete,0,,0.25,,,,,,1000,,,,,,,,,,,2,0.25,0,,,1000,0,,,,,\n"
        "topology=ring_seed=2,ring,2,complete,0,,0.25,,,,,,1000,,,,,,,,,,,2,0.25,0,,,1000,0,,,,,\n"
        "topology=-a-b-_seed=1,\"{a,b}\",1,killed,137,,0.9,,,,,,,,,,,,,,,,,0,,,,,,,,,,,"
        "\"last said: \"\"no\"\", twice\"\n"
        "topology=-a-b-_seed=2,\"{a,b}\",2,pending,,,,,,,,,,,,,,,,,,,,0,,,,,,,,,,,\n");
}

TEST_CASE("sweep-summary.csv: a row per setting") {
    const auto plan = make_plan({{"seed", {"1", "2"}}, {"lr", {"0.1", "0.2"}}});
    const std::vector<Outcome> outcomes{
        complete("0.5"), complete("0.75"), complete("0.5"), killed()};
    CHECK(
        settings_table(plan, outcomes) ==
        "lr,runs,complete,mean_test_accuracy_mean,mean_test_accuracy_ci95,simulated_s_mean,"
        "simulated_s_ci95,bytes_sent_mean,bytes_sent_ci95,mean_test_loss_mean,mean_test_loss_ci95,"
        "time_to_common_s_mean,time_to_common_s_ci95\n"
        "0.1,2,2,0.5,0,,,1000,0,,,,\n"
        "0.2,2,1,0.75,,,,1000,,,,,\n");
}

TEST_CASE(
    "sweep-rounds.csv has the seed where the sweep varies none, and joules where there are any") {
    const auto plan = make_plan({{"lr", {"0.1", "0.2"}}, {"seed", {"7"}}});
    std::vector<Outcome> outcomes{complete("0.5"), complete("0.75")};
    outcomes[0].seed = "7";
    outcomes[0].rounds = {{"1", "20", {"0.5", "", "", "", "1000", "12.5"}}};
    CHECK(rounds_table(plan, outcomes) ==
          "run,lr,seed,round,sim_time_s,metric,value\n"
          "lr=0.1,0.1,7,1,20,test_accuracy_mean,0.5\n"
          "lr=0.1,0.1,7,1,20,bytes_sent,1000\n"
          "lr=0.1,0.1,7,1,20,joules,12.5\n");
}

/// The columns of a table's first line that are no options.
std::vector<std::string> columns_in(const std::string& table, const Plan& plan) {
    std::vector<std::string> names;
    std::istringstream header(table.substr(0, table.find('\n')));
    for (std::string name; std::getline(header, name, ',');) {
        const bool varies = std::ranges::find(plan.varied, name) != plan.varied.end();
        if (!varies) {
            names.push_back(name);
        }
    }
    return names;
}

TEST_CASE("docs/results.md has the columns of a sweep's tables as they are written") {
    const std::string page = test::read_page("results.md");
    const auto plan = make_plan({{"topology", {"ring", "full"}}});
    const std::vector<Outcome> outcomes{complete("0.25"), complete("0.25")};
    const auto rows = [&](const char* heading) {
        return test::row_names(test::section_of(page, heading));
    };
    CHECK(rows("sweep.csv") == columns_in(runs_table(plan, outcomes), plan));
    CHECK(rows("sweep-summary.csv") == columns_in(settings_table(plan, outcomes), plan));
    CHECK(rows("sweep-rounds.csv") == columns_in(rounds_table(plan, outcomes), plan));
    for (const std::string_view figure : kRoundFigures) {
        CAPTURE(figure);
        CHECK(test::section_of(page, "sweep-rounds.csv").find(fmt::format("`{}`", figure)) !=
              std::string::npos);
    }
}

TEST_CASE("a file is replaced as a whole, or not at all") {
    const TemporaryFolder folder;
    replace_file(folder.path() / "t.csv", "old, and long\n");
    replace_file(folder.path() / "t.csv", "new\n");
    CHECK(folder.read("t.csv") == "new\n");
    // Not before the disk has it: the name without the text is all that a power cut would leave.
    CHECK(num_syncs == 2);
    const auto nowhere = folder.path() / "none" / "t.csv";
    CHECK_THROWS_WITH_AS(replace_file(nowhere, "x"),
                         ("sweep: cannot write " + nowhere.string() + ".new").c_str(),
                         std::runtime_error);
}

}  // namespace
}  // namespace murmur::sweep
