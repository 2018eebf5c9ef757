// Runs side by side, of folders that the test writes.

#include "emulator/report/comparison/comparison.h"

#include "emulator/base/columns.h"
#include "emulator/record/row_tables.h"
#include "emulator/report/comparison/comparison_page.h"
#include "emulator/report/comparison/curve_groups.h"
#include "tests/support/doctest.h"
#include "tests/support/page_tables.h"
#include "tests/support/places.h"
#include "tests/support/run_files.h"
#include "tests/support/temporary_folder.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <vector>

namespace murmur::compare {
namespace {

namespace fs = std::filesystem;

/// A row of rounds.csv with these figures and no others.
std::string row(const std::map<std::string, double>& figures) {
    const std::string header = header_of<RoundsTable>();
    std::string line;
    bool is_first = true;
    for (const std::string_view name : split(header, ',')) {
        const auto found = figures.find(std::string(name));
        line += is_first ? "" : ",";
        line += found == figures.end() ? "" : fmt::format("{}", found->second);
        is_first = false;
    }
    return line + "\n";
}

/// A run of two rounds whose accuracy is `half` and then `full`, at 10 s and 20 s.
void write_run(const fs::path& folder,
               const std::string& topology,
               int seed,
               double half,
               double full,
               const std::string& status = "complete") {
    fs::create_directories(folder);
    test::write_text(
        folder / "experiment.json",
        fmt::format(R"({{"scenario": "dpsgd", "options": {{"nodes": 4, "topology": "{}",)"
                    R"( "seed": {}, "out": "{}", "workers": {}}}}})",
                    topology,
                    seed,
                    folder.string(),
                    seed));
    test::write_text(folder / "summary.json",
                     fmt::format(R"({{"status": "{}", "messages": 100, "messages_in_doubt": {}}})",
                                 status,
                                 topology == "ring" ? 7 : 0));
    test::write_text(folder / "rounds.csv",
                     header_of<RoundsTable>() + "\n" +
                         row({{"round", 0}, {"sim_time_max_s", 0}, {"bytes_sent", 0}}) +
                         row({{"round", 1},
                              {"sim_time_max_s", 10},
                              {"test_accuracy_mean", half},
                              {"bytes_sent", 1e6}}) +
                         row({{"round", 2},
                              {"sim_time_max_s", 20},
                              {"test_accuracy_mean", full},
                              {"bytes_sent", 2e6}}));
}

/// Such a row with a column of joules behind it.
std::string with_joules(std::string row, double joules) {
    row.pop_back();
    return fmt::format("{},{}\n", row, joules);
}

Comparison of(const fs::path& folder) {
    std::vector<std::string> notes;
    auto members = collect({folder}, notes);
    return make_comparison(std::move(members), std::move(notes));
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("compare: settings are what differs but for the seed, and their means have intervals") {
    const test::TemporaryFolder folder;
    for (int seed = 1; seed <= 3; ++seed) {
        write_run(
            folder.path() / fmt::format("ring_{}", seed), "ring", seed, 0.1, 0.1 * (seed + 1));
        write_run(folder.path() / fmt::format("full_{}", seed), "full", seed, 0.3, 0.1 * 2 * seed);
    }
    const Comparison comparison = of(folder.path());
    CHECK(comparison.options == std::vector<std::string>{"topology"});
    REQUIRE(comparison.settings.size() == 2);
    CHECK(comparison.settings[0].name == "topology=full");
    CHECK(comparison.settings[0].runs.size() == 3);
    // All have come to 20 %: full in its first round but for seed 1, which has 30 % there too.
    REQUIRE(comparison.common_accuracy);
    CHECK(*comparison.common_accuracy == doctest::Approx(0.2));
    CHECK(*at_common_of(comparison, comparison.settings[0], "sim_time_max_s").mean ==
          doctest::Approx(10));
    CHECK(*at_common_of(comparison, comparison.settings[1], "bytes_sent").mean ==
          doctest::Approx(2e6));
    // Of 0.2, 0.4, 0.6: t = 4.302653 for two degrees of freedom, s = 0.2, n = 3.
    const report::Estimate final =
        final_of(comparison, comparison.settings[0], "test_accuracy_mean");
    CHECK(*final.mean == doctest::Approx(0.4));
    CHECK(*final.half_width_95 == doctest::Approx(4.302653 * 0.2 / std::sqrt(3.0)));
    const Curve curve =
        curve_of(comparison, comparison.settings[0], "sim_time_max_s", "test_accuracy_mean");
    CHECK(curve.x == std::vector<double>{10, 20});
    CHECK(curve.mean[0] == doctest::Approx(0.3));
    CHECK(curve.high[1] == doctest::Approx(0.4 + *final.half_width_95));
    const auto p = significance_of(
        comparison, comparison.settings[0], comparison.settings[1], "test_accuracy_mean");
    REQUIRE(p);
    // 0.2, 0.4, 0.6 against 0.2, 0.3, 0.4: t = 0.1 / sqrt(0.04 / 3 + 0.01 / 3) at 2.941176 degrees
    // of freedom; Student's density integrated numerically beyond it, twice.
    CHECK(*p == doctest::Approx(0.4960553748));
    CHECK(contains(tidy_table(comparison),
                   "run,topology,seed,round,sim_time_s,bytes_sent,metric,value\n"
                   "full_1,full,1,1,10,1000000,test_accuracy_mean,0.3\n"));
    const std::string page = render(comparison);
    CHECK(contains(page, "2 settings, 6 runs"));
    CHECK(contains(page, "<code>full</code>, <code>ring</code>"));
    CHECK(contains(page, "ring_1: 7 % of its messages"));
    CHECK_FALSE(contains(page, "full_1: "));
}

TEST_CASE("compare: whatever differs makes a setting, also where the first run lacks it") {
    const test::TemporaryFolder folder;
    const fs::path a = folder.path() / "a";
    const fs::path b = folder.path() / "b";
    for (const fs::path& sweep : {a, b}) {
        write_run(sweep / "seed=1", "ring", 1, 0.1, 0.2);
        write_run(sweep / "seed=2", "ring", 2, 0.1, 0.2);
    }
    test::write_text(b / "seed=1/experiment.json",
                     R"({"scenario": "dpsgd", "options": {"nodes": 4, "topology": "ring",
                         "seed": 1, "energy": "devices"}})");
    test::write_text(b / "seed=2/experiment.json",
                     R"({"scenario": "mine", "options": {"nodes": 4, "topology": "ring",
                         "seed": 2}})");
    std::vector<std::string> notes;
    auto members = collect({a, b}, notes);
    const Comparison comparison = make_comparison(std::move(members), std::move(notes));
    CHECK(comparison.options == std::vector<std::string>{"scenario", "energy"});
    REQUIRE(comparison.settings.size() == 3);
    CHECK(comparison.settings[0].name == "scenario=dpsgd energy=\"\"");
    CHECK(comparison.settings[1].name == "scenario=dpsgd energy=devices");
    CHECK(comparison.settings[2].name == "scenario=mine energy=\"\"");
    CHECK(comparison.notes.empty());
    const std::string table = tidy_table(comparison);
    CHECK(contains(table, "run,scenario,energy,seed,round,"));
    CHECK(contains(table, "\na/seed=2,dpsgd,,2,1,"));
    CHECK(contains(table, "\nb/seed=1,dpsgd,devices,1,1,"));
    CHECK(contains(table, "\nb/seed=2,mine,,2,1,"));
    // One folder, given with a slash and without.
    for (const fs::path& one : {a / "seed=1", a / "seed=1" / ""}) {
        REQUIRE(collect({one}, notes).size() == 1);
        CHECK(collect({one}, notes).front().name == "seed=1");
    }
}

// floor(100 * x) / 100 is 0.1 for both: more than the first of them, which has not reached it.
TEST_CASE("compare: the common accuracy is one that every run has reached") {
    const test::TemporaryFolder folder;
    write_run(folder.path() / "a", "ring", 1, 0.05, std::nextafter(0.1, 0.0));
    write_run(folder.path() / "b", "full", 1, 0.05, 0.1);
    const Comparison comparison = of(folder.path());
    REQUIRE(comparison.common_accuracy);
    CHECK(*comparison.common_accuracy == 0.09);
    for (const Setting& setting : comparison.settings) {
        CHECK(*at_common_of(comparison, setting, "sim_time_max_s").mean == 20);
    }
}

TEST_CASE("compare: runs that are not whole are named, folders without runs refused") {
    const test::TemporaryFolder folder;
    write_run(folder.path() / "a", "ring", 1, 0.1, 0.2);
    write_run(folder.path() / "b", "ring", 1, 0.1, 0.2, "diverged");
    fs::create_directories(folder.path() / "c");
    test::write_text(folder.path() / "c/experiment.json", R"({"scenario": "s", "options": {}})");
    const Comparison comparison = of(folder.path());
    CHECK(comparison.members.size() == 2);
    REQUIRE(comparison.notes.size() == 2);
    CHECK(comparison.notes[0] == "c: has finished no round and is left out");
    CHECK(comparison.notes[1] == "b: is the same experiment as another run, seed 1 too");
    const std::string page = render(comparison);
    CHECK(contains(page, "b: diverged"));
    CHECK(contains(page, "None but the seed."));
    CHECK_FALSE(significance_of(
        comparison, comparison.settings[0], comparison.settings[0], "test_accuracy_mean"));

    const std::string program = test::shell_word(test::built_program("compare"));
    const auto code = [&](const std::string& words) {
        return WEXITSTATUS(std::system((program + " " + words + " >/dev/null 2>&1").c_str()));
    };
    CHECK(code(test::shell_word(folder.path())) == 0);
    CHECK(fs::exists(folder.path() / "compare.html"));
    CHECK(fs::exists(folder.path() / "compare.csv"));
    CHECK(code(test::shell_word(folder.path() / "a")) == 2);  // where to?
    CHECK(code(test::shell_word(folder.path() / "nowhere") + " --out=x") == 2);
    CHECK(code("--unknown") == 2);
    CHECK(code("") == 2);
}

TEST_CASE("compare: a damaged file leaves its run out, not the others") {
    const test::TemporaryFolder folder;
    write_run(folder.path() / "a", "ring", 1, 0.1, 0.2);
    write_run(folder.path() / "b", "full", 1, 0.1, 0.2);
    test::write_text(folder.path() / "b/overlay.txt", "no overlay\n");
    const Comparison comparison = of(folder.path());
    REQUIRE(comparison.members.size() == 1);
    REQUIRE(comparison.notes.size() == 1);
    CHECK(comparison.notes[0] ==
          "b: overlay.txt:1: expected the number of nodes, got 'no overlay'; it is left out");
    CHECK(contains(render(comparison), "b: overlay.txt:1: expected"));
    test::write_text(folder.path() / "a/overlay.txt", "no overlay\n");
    CHECK_THROWS_AS(of(folder.path()), std::invalid_argument);
}

TEST_CASE("compare: joules are compared where runs have counted them") {
    const test::TemporaryFolder folder;
    write_run(folder.path() / "a", "ring", 1, 0.1, 0.2);
    CHECK_FALSE(contains(render(of(folder.path())), "energy"));
    write_run(folder.path() / "b", "full", 1, 0.1, 0.2);
    test::write_text(folder.path() / "b/rounds.csv",
                     header_of<RoundsTable>() + ",joules\n" +
                         with_joules(row({{"round", 1},
                                          {"sim_time_max_s", 10},
                                          {"test_accuracy_mean", 0.1},
                                          {"bytes_sent", 1e6}}),
                                     40) +
                         with_joules(row({{"round", 2},
                                          {"sim_time_max_s", 20},
                                          {"test_accuracy_mean", 0.2},
                                          {"bytes_sent", 2e6}}),
                                     80));
    const Comparison comparison = of(folder.path());
    REQUIRE(comparison.settings.size() == 2);
    CHECK_FALSE(at_common_of(comparison, comparison.settings[0], "joules").mean);
    CHECK(*at_common_of(comparison, comparison.settings[1], "joules").mean == 80);
    CHECK(curve_of(comparison, comparison.settings[1], "joules", "test_accuracy_mean").x ==
          std::vector<double>{40, 80});
    const std::string page = render(comparison);
    CHECK(contains(page, "Accuracy against energy"));
    CHECK(contains(page, "<th>Energy to 20 %</th>"));
    CHECK(contains(tidy_table(comparison), "b,full,1,2,20,2000000,joules,80\n"));
}

TEST_CASE("compare: loss has the axes of accuracy, and what it took to come to a common one") {
    const test::TemporaryFolder folder;
    const auto write = [&](const std::string& topology, double first, double second) {
        write_run(folder.path() / topology, topology, 1, 0.1, 0.2);
        test::write_text(folder.path() / topology / "rounds.csv",
                         header_of<RoundsTable>() + "\n" +
                             row({{"round", 1},
                                  {"sim_time_max_s", 10},
                                  {"test_loss_mean", first},
                                  {"samples_learnt", 100},
                                  {"bytes_sent", 1e6}}) +
                             row({{"round", 2},
                                  {"sim_time_max_s", 20},
                                  {"test_loss_mean", second},
                                  {"samples_learnt", 200},
                                  {"bytes_sent", 2e6}}));
    };
    write("full", 0.5, 0.25);
    write("ring", 0.9, 0.491);
    const Comparison comparison = of(folder.path());
    CHECK_FALSE(comparison.common_accuracy);
    REQUIRE(comparison.common_loss);
    CHECK(*comparison.common_loss == 0.5);
    CHECK(*at_common_loss_of(comparison, comparison.settings[0], "sim_time_max_s").mean == 10);
    CHECK(*at_common_loss_of(comparison, comparison.settings[1], "bytes_sent").mean == 2e6);
    const std::string page = render(comparison);
    for (const char* title : {"Loss against simulated time",
                              "Loss against bytes",
                              "Loss against rounds",
                              "Loss against samples",
                              "<th>Time to loss 0.50</th>",
                              "<th>Sent to loss 0.50</th>"}) {
        CAPTURE(title);
        CHECK(contains(page, title));
    }
    // There is nothing to draw of these.
    for (const char* title : {"Accuracy against", "Loss against tokens", "nergy to"}) {
        CAPTURE(title);
        CHECK_FALSE(contains(page, title));
    }
}

TEST_CASE("compare: each chart holds ten settings at most, and all methods where it can") {
    // Five methods at four rates, those at 10Mbps with failures as well: 25 settings.
    Comparison comparison;
    comparison.options = {"protocol", "rounds", "rate", "crash"};
    for (const char* crash : {"", "0.25"}) {
        for (const char* rate : {"10Mbps", "100Mbps", "1Gbps", "10Gbps"}) {
            for (const char* protocol : {"ddp", "diloco", "noloco", "demo", "local"}) {
                if (std::string_view(crash).empty() || std::string_view(rate) == "10Mbps") {
                    const char* const rounds = std::string_view(protocol) == "ddp" ? "100" : "5";
                    comparison.settings.push_back({"", {protocol, rounds, rate, crash}, {}});
                }
            }
        }
    }
    REQUIRE(comparison.settings.size() == 25);
    const std::vector<CurveGroup> groups = curve_groups(comparison, 10);
    REQUIRE(groups.size() == 4);
    CHECK(groups[0].settings.size() == 10);
    CHECK(groups[0].name == "rate=10Mbps");
    CHECK(groups[0].names[0] == "protocol=ddp crash=\"\"");
    CHECK(groups[1].name == "rate=100Mbps crash=\"\"");
    CHECK(groups[1].settings == std::vector<std::size_t>{5, 6, 7, 8, 9});
    CHECK(groups[1].names[4] == "protocol=local");
    // Twelve methods and nothing else: as they come.
    comparison = {};
    comparison.options = {"protocol"};
    for (int i = 0; i < 12; ++i) {
        comparison.settings.push_back({"", {fmt::format("p{}", i)}, {}});
    }
    REQUIRE(curve_groups(comparison, 10).size() == 2);
    CHECK(curve_groups(comparison, 10)[1].names ==
          std::vector<std::string>{"protocol=p10", "protocol=p11"});
    CHECK(curve_groups(comparison, 12).size() == 1);
}

TEST_CASE("docs/results.md has the columns of compare.csv as they are written") {
    const test::TemporaryFolder folder;
    write_run(folder.path() / "a", "ring", 1, 0.1, 0.2);
    const std::string table = tidy_table(of(folder.path()));
    const std::string section =
        test::section_of(test::read_page("results.md"), "compare.csv, compare.html");
    std::string names;
    for (const std::string& name : test::row_names(section)) {
        names += (names.empty() ? "" : ",") + name;
    }
    CHECK(names == table.substr(0, table.find('\n')));
}

TEST_CASE("compare: sweeps that are merged are set side by side where their tables go") {
    const test::TemporaryFolder folder;
    for (const char* topology : {"ring", "full"}) {
        const fs::path sweep = folder.path() / topology;
        write_run(sweep / "run", topology, 1, 0.1, 0.2);
        test::write_text(sweep / "sweep.json",
                         fmt::format(R"({{"run": ["dpsgd", "--topology={}"]}})", topology));
    }
    const std::string program = test::shell_word(test::built_program("sweep"));
    const std::string command = program + " merge " + test::shell_word(folder.path() / "ring") +
                                ' ' + test::shell_word(folder.path() / "full") +
                                " --out=" + test::shell_word(folder.path() / "both") +
                                " >/dev/null 2>&1";
    CHECK(WEXITSTATUS(std::system(command.c_str())) == 0);
    CHECK(contains(folder.read("both/sweep.csv"), "\n../full/run,full,complete,"));
    CHECK(contains(folder.read("both/compare.html"), "2 settings, 2 runs"));
}

}  // namespace murmur::compare
