#include "emulator/report/report.h"

#include "emulator/report/figures.h"
#include "emulator/report/node_totals.h"
#include "emulator/report/page.h"
#include "emulator/report/run_folder.h"
#include "tests/support/doctest.h"
#include "tests/unit/report/made_up_run.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace murmur;
using test::fresh_folder;
using test::write_file;
using test::write_made_up_run;

namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

std::string report_of(const std::filesystem::path& folder) {
    write_report(folder);
    return read_file(folder / "report.html");
}

bool has(const std::string& page, const std::string& part) {
    return page.find(part) != std::string::npos;
}

// A folder with a made-up run, removed at the end of the test.
struct Folder {
    explicit Folder(const std::string& name, const test::MadeUpRun& run = {})
        : path(fresh_folder(name)) {
        write_made_up_run(path, run);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::filesystem::path path;
};

constexpr const char* kChartTitles[] = {"Accuracy against simulated time",
                                        "Loss against simulated time",
                                        "Accuracy against bytes",
                                        "Loss against bytes",
                                        "Final accuracy of each node",
                                        "Consensus distance",
                                        "time went",
                                        "Use of access links",
                                        "Link use over time",
                                        "The slowest message of each round",
                                        "Overlay"};

}  // namespace

TEST_CASE("a complete run has all charts, its figures and its options") {
    const Folder folder("complete", {.nodes = 16, .rounds = 20});
    const std::string page = report_of(folder.path);
    for (const char* title : kChartTitles) {
        CHECK_MESSAGE(has(page, title), title);
    }
    CHECK(has(page, "<h1>dpsgd</h1><span class=\"badge good\">complete</span>"));
    CHECK(has(page, "9f3ac01be2d47758"));
    CHECK(has(page, "dirichlet:0.1"));
    CHECK(has(page, "libtorch"));
    CHECK(has(page, "Time and bytes to accuracy"));
    CHECK(has(page, "Bound by, in rounds: uplink 15, window 5."));
    CHECK(has(page, "Busiest links"));
    CHECK(has(page, "<td>node 0 up</td><td>40.0 %</td><td>80.0 %</td>"));
    CHECK_FALSE(has(page, "This report is incomplete"));
    CHECK_FALSE(std::filesystem::exists(folder.path / "report.html.tmp"));
}

TEST_CASE("the same files give the same page") {
    const Folder folder("same", {.nodes = 100, .rounds = 10});
    const std::string once = report_of(folder.path);
    CHECK(report_of(folder.path) == once);
}

TEST_CASE("the page needs no network and no script") {
    const Folder folder("offline", {.nodes = 8, .rounds = 5});
    const std::string page = report_of(folder.path);
    CHECK(has(page, "content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    for (const char* loader : {"<script", "src=", "<link", "@import", "url(", "href="}) {
        CHECK_MESSAGE(!has(page, loader), loader);
    }
}

TEST_CASE("texts of a run cannot become markup") {
    const Folder folder("injection", {.nodes = 4, .rounds = 2});
    write_file(folder.path / "experiment.json",
               R"({"scenario": "<img src=x onerror=alert(1)>",
                   "options": {"<b>name": "</code><script>alert('1')</script>", "list": [1, "<i>"]},
                   "versions": {"\"quoted\"": "a\u0000b"}})");
    write_file(folder.path / "summary.json",
               R"({"status": "failed\"><u>", "error": "disk <full> & so on"})");
    const std::string page = report_of(folder.path);
    for (const char* markup : {"<img", "<b>", "<script", "<i>", "<u>", "<full>"}) {
        CHECK_MESSAGE(!has(page, markup), markup);
    }
    CHECK(has(page, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
    CHECK(has(page, "disk &lt;full&gt; &amp; so on"));
    CHECK(has(page, "a\uFFFDb"));
}

TEST_CASE("each file may be missing: the page says so and shows the rest") {
    for (const char* file : {"experiment.json",
                             "summary.json",
                             "metrics.csv",
                             "rounds.csv",
                             "nodes.csv",
                             "overlay.txt"}) {
        const Folder folder("missing", {.nodes = 8, .rounds = 5});
        std::filesystem::remove(folder.path / file);
        const std::string page = report_of(folder.path);
        CHECK_MESSAGE(has(page, std::string("<li>") + file + " is missing.</li>"), file);
        CHECK(has(page, "</html>"));
    }
}

TEST_CASE("a run killed in its first rounds has a report") {
    const Folder folder("killed", {.nodes = 8, .rounds = 3});
    std::filesystem::remove(folder.path / "summary.json");
    std::filesystem::remove(folder.path / "nodes.csv");
    const std::string metrics = read_file(folder.path / "metrics.csv");
    write_file(folder.path / "metrics.csv", metrics.substr(0, metrics.size() - 10));
    const std::string page = report_of(folder.path);
    CHECK(has(page, "<span class=\"badge warn\">unfinished</span>"));
    CHECK(has(page, "metrics.csv ends inside a row; that row is left out."));
    // The totals of the nodes come from their last evaluation.
    CHECK(has(page, "One bar a node"));
    CHECK(has(page, "no access links of known rate"));
}

TEST_CASE("headers alone give a report without charts of results") {
    const Folder folder("headers", {.nodes = 4, .rounds = 0});
    std::filesystem::remove(folder.path / "summary.json");
    std::filesystem::remove(folder.path / "nodes.csv");
    const std::string page = report_of(folder.path);
    CHECK(has(page, "rounds.csv has no row yet."));
    CHECK(has(page, "No test accuracy was recorded."));
    CHECK(has(page, "No loss was recorded."));
    CHECK(has(page, "No compute, communication and idle times were recorded."));
}

TEST_CASE("rounds without an evaluation are passed over") {
    const Folder folder("seldom", {.nodes = 8, .rounds = 20, .eval_every = 5});
    const report::RunFolder run = report::read_run_folder(folder.path);
    CHECK(run.rounds.rows() == 20);
    const std::string svg = report::accuracy_figure(run, report::Against::kTime).svg;
    // A tooltip at each of the four evaluations, and none elsewhere.
    std::size_t tooltips = 0;
    for (std::size_t at = svg.find("\"hit\""); at != std::string::npos;
         at = svg.find("\"hit\"", at + 1)) {
        ++tooltips;
    }
    CHECK(tooltips == 4);
}

TEST_CASE("the page of a run that diverged says why") {
    const Folder folder("diverged", {.nodes = 4, .rounds = 3});
    write_file(folder.path / "summary.json",
               R"({"status": "diverged", "error": "node 3, round 2: loss is nan", "cpu_s": null})");
    const std::string page = report_of(folder.path);
    CHECK(has(page, "<span class=\"badge bad\">diverged</span>"));
    CHECK(has(page, "node 3, round 2: loss is nan"));
}

TEST_CASE("a task without accuracy shows its loss instead") {
    const Folder folder("loss", {.nodes = 4, .rounds = 3});
    write_file(folder.path / "summary.json",
               R"({"status": "complete", "mean_test_accuracy": null, "mean_test_loss": 0.25})");
    write_file(folder.path / "rounds.csv",
               "round,sim_time_mean_s,sim_time_max_s,test_accuracy_mean,test_accuracy_min,"
               "test_accuracy_max,test_loss_mean,test_loss_min,test_loss_max,train_loss_mean,"
               "consensus_distance,bytes_sent,slowest_s,slowest_from,slowest_to,slowest_bound,"
               "slowest_own_s,slowest_others_s,slowest_latency_s,slowest_window_s\n"
               "1,1,1,,,,5e4,5e4,6e4,,0,10,,,,,,,,\n2,2,2,,,,0.25,0.2,0.3,,0,20,,,,,,,,\n");
    const std::string page = report_of(folder.path);
    CHECK(has(page, "<dt>Mean test loss</dt><dd class=\"value\">0.250</dd>"));
    CHECK(has(page, "No test accuracy was recorded."));
    // A loss over five decades is drawn on a logarithmic axis.
    CHECK(has(page, ">10⁴</text>"));
}

TEST_CASE("link use at a time that no run can have is refused") {
    const Folder folder("times", {.nodes = 4, .rounds = 3});
    write_file(folder.path / "link-use.csv",
               "sim_time_s,duration_s,link,utilization\n1e9,0.001,0,0.5\n");
    CHECK_THROWS_WITH(
        report_of(folder.path),
        "link-use.csv: got a time of 1000000000 s among parts of 0.001 s, allowed 0 to "
        "100000 parts");
    write_file(folder.path / "link-use.csv", "sim_time_s,duration_s,link,utilization\n0,0,0,0.5\n");
    CHECK_THROWS_AS(report_of(folder.path), std::runtime_error);
}

TEST_CASE("a seed of 64 bits keeps all its digits") {
    const Folder folder("seed", {.nodes = 4, .rounds = 2, .seed = "18446744073709551615"});
    CHECK(has(report_of(folder.path), "seed 18446744073709551615"));
}

TEST_CASE("own tests have charts of their own where a run has them") {
    const Folder folder("own", {.nodes = 8, .rounds = 5});
    CHECK_FALSE(has(report_of(folder.path), "own test data"));
    // The columns behind the others, as a run writes them.
    std::istringstream rounds(read_file(folder.path / "rounds.csv"));
    std::string text;
    for (std::string line; std::getline(rounds, line);) {
        text += line;
        text += text.size() == line.size()
                    ? ",own_test_accuracy_mean,own_test_accuracy_min,own_test_accuracy_max,"
                      "own_test_accuracy_std,own_test_loss_mean,own_test_loss_min,"
                      "own_test_loss_max,own_test_loss_std\n"
                    : ",0.875,0.5,1,0.1,0.25,0.1,0.5,0.1\n";
    }
    write_file(folder.path / "rounds.csv", text);
    const std::string page = report_of(folder.path);
    CHECK(has(page, "Accuracy on the nodes\u2019 own test data"));
    CHECK(has(page, "mean 87.5 % at the end"));
    CHECK(has(page, "Loss on the nodes\u2019 own test data"));
    CHECK(has(page, "Mean 0.250 at the end."));
    CHECK(has(page, "Mean test accuracy"));

    // With own tests alone there are no others.
    write_file(folder.path / "rounds.csv",
               "round,sim_time_mean_s,sim_time_max_s,test_accuracy_mean,test_accuracy_min,"
               "test_accuracy_max,test_loss_mean,test_loss_min,test_loss_max,train_loss_mean,"
               "consensus_distance,bytes_sent,slowest_s,slowest_from,slowest_to,slowest_bound,"
               "slowest_own_s,slowest_others_s,slowest_latency_s,slowest_window_s,"
               "own_test_accuracy_mean,own_test_accuracy_min,own_test_accuracy_max,"
               "own_test_loss_mean,own_test_loss_min,own_test_loss_max\n"
               "1,1,1,,,,,,,1,0.5,100,,,,,,,,,0.75,0.5,1,0.5,0.25,1\n");
    write_file(folder.path / "summary.json", R"({"status": "complete"})");
    CHECK(has(report_of(folder.path), "Mean own test accuracy</dt><dd class=\"value\">75.0 %"));
}

TEST_CASE("energy and tokens are axes where a run has them") {
    const Folder folder("axes", {.nodes = 8, .rounds = 5});
    CHECK_FALSE(has(report_of(folder.path), "against energy"));
    CHECK_FALSE(has(report_of(folder.path), "against tokens"));
    std::istringstream rounds(read_file(folder.path / "rounds.csv"));
    std::string text;
    int row = 0;
    for (std::string line; std::getline(rounds, line); ++row) {
        text += line + (row == 0 ? std::string(",tokens_learnt,joules\n")
                                 : fmt::format(",{},{}\n", 1000 * row, 2.5 * row));
    }
    write_file(folder.path / "rounds.csv", text);
    const std::string page = report_of(folder.path);
    for (const char* title : {"Accuracy against energy",
                              "Loss against energy",
                              "Accuracy against tokens",
                              "Loss against tokens",
                              "Energy of all nodes (J)",
                              "Tokens that all nodes learnt from"}) {
        CAPTURE(title);
        CHECK(has(page, title));
    }
}

TEST_CASE("the page says what made the run, in files of earlier versions, too") {
    const Folder folder("origin", {.nodes = 4, .rounds = 2});
    CHECK(has(report_of(folder.path), "libtorch"));
    write_file(folder.path / "experiment.json",
               R"({"scenario": "dpsgd", "program": "my-study", "revision": "0123abc-dirty",
                   "options": {"nodes": 4, "lr": 0.05, "nesterov": false, "out": ""},
                   "versions": {"libtorch": "1.13.1"}, "build": {"type": "RelWithDebInfo"},
                   "processor": {"features": ["avx2", "fma"], "blas": null}})");
    const std::string page = report_of(folder.path);
    for (const char* pair : {"program</dt><dd><code>my-study",
                             "revision</dt><dd><code>0123abc-dirty",
                             "features</dt><dd><code>avx2 fma",
                             "type</dt><dd><code>RelWithDebInfo",
                             "lr</dt><dd><code>0.05",
                             "nesterov</dt><dd><code>false"}) {
        CHECK_MESSAGE(has(page, pair), pair);
    }
}

TEST_CASE("milestones are the first rounds at each tenth of accuracy") {
    std::istringstream in(
        "round,sim_time_mean_s,bytes_sent,test_accuracy_mean\n"
        "1,10,100,0.05\n2,20,200,\n3,30,300,0.3\n4,40,400,0.25\n5,50,500,0.41\n");
    const std::vector<report::Milestone> reached = report::milestones(report::read_csv(
        in,
        "rounds.csv",
        {.numbers = {"round", "sim_time_mean_s", "bytes_sent", "test_accuracy_mean"}}));
    REQUIRE(reached.size() == 4);
    CHECK(reached[0].round == 3);
    CHECK(reached[2].accuracy == 0.3);
    CHECK(reached[2].simulated_s == 30);
    CHECK(std::isnan(reached[2].last_node_s));
    CHECK(reached[3].accuracy == 0.4);
    CHECK(reached[3].bytes_sent == 500);
}

TEST_CASE("milestones begin above chance, and say when the last node was there") {
    const Folder folder("chance", {.nodes = 4, .rounds = 3});
    write_file(folder.path / "rounds.csv",
               "round,sim_time_mean_s,sim_time_max_s,test_accuracy_mean,test_accuracy_min,"
               "test_accuracy_max,test_loss_mean,test_loss_min,test_loss_max,train_loss_mean,"
               "consensus_distance,bytes_sent,slowest_s,slowest_from,slowest_to,slowest_bound,"
               "slowest_own_s,slowest_others_s,slowest_latency_s,slowest_window_s\n"
               "0,0,0,0.12,0.1,0.2,,,,,,0,,,,,,,,\n"
               "1,10,11,0.35,0.2,0.5,,,,,,10,,,,,,,,\n"
               "2,20,22,0.45,0.4,0.5,,,,,,20,,,,,,,,\n");
    report::RunFolder run = report::read_run_folder(folder.path);
    CHECK(report::chance_of(run) == 0.12);
    std::vector<report::Milestone> reached = report::milestones(run.rounds, report::chance_of(run));
    REQUIRE(reached.size() == 3);  // 20, 30 and 40 %: 10 % is no merit
    CHECK(reached[0].accuracy == 0.2);
    CHECK(reached[0].last_node_s == 11);
    CHECK(reached[1].simulated_s == 10);
    CHECK(reached[1].last_node_s == 22);
    // Of two labels every other guess is right.
    write_file(folder.path / "labels.csv", "node,label,samples\n0,0,5\n1,1,5\n");
    run = report::read_run_folder(folder.path);
    CHECK(report::chance_of(run) == 0.5);
    CHECK(report::milestones(run.rounds, report::chance_of(run)).empty());
}

TEST_CASE("labels by node are a heat map, unequal numbers of samples bars") {
    const Folder folder("labels", {.nodes = 3, .rounds = 3});
    CHECK(has(report_of(folder.path), "The samples have no labels, or labels.csv is missing."));
    CHECK(has(report_of(folder.path), "Samples of each node: each trains on 500."));
    write_file(folder.path / "labels.csv",
               "node,label,samples\n0,0,100\n0,2,300\n1,1,400\n2,0,20\n");
    std::string page = report_of(folder.path);
    CHECK(has(page, "A node has samples of 1 to 2 of 3 labels. The darkest square stands for 400"));
    CHECK(has(page, "<title>Node 0, label 2: 300 samples</title>"));
    CHECK(has(page, "fill-opacity=\"1.00\"><title>Node 1, label 1: 400 samples"));
    CHECK_FALSE(has(page, "label 2: 0 samples"));
    std::filesystem::remove(folder.path / "nodes.csv");
    page = report_of(folder.path);
    CHECK(has(page, "20 to 400 samples a node, 820 in all."));
    write_file(folder.path / "labels.csv", "node,label,samples\n0,0.5,100\n");
    CHECK_THROWS_WITH(report_of(folder.path),
                      "labels.csv:2: column label: not a whole number, got 0.5");
    std::string many = "node,label,samples\n";
    for (int node = 0; node < 200; ++node) {
        many += fmt::format("{},{},7\n", node, node % 4);
    }
    write_file(folder.path / "labels.csv", many);
    page = report_of(folder.path);
    CHECK(has(page, "Every 4th of 200 nodes is shown."));
    CHECK(has(page, "<title>Node 196, label 0: 7 samples</title>"));
}

TEST_CASE("an overlay that changes has no picture, but what nodes sent and received") {
    const Folder folder("dynamic", {.nodes = 4, .rounds = 3});
    CHECK(has(report_of(folder.path), "class=\"chart overlay\""));
    write_file(folder.path / "overlay.txt",
               "# Round 0 alone: regular:2 is drawn anew each round.\n4\n0 1\n1 2\n2 3\n0 3\n");
    std::string page = report_of(folder.path);
    CHECK_FALSE(has(page, "class=\"chart overlay\""));
    CHECK(has(page,
              "There is no picture of the overlay, which is another one in each round. Round "));
    write_file(folder.path / "exchanges.csv", "messages,sent,received\n1,0,3\n2,12,6\n3,0,3\n");
    page = report_of(folder.path);
    CHECK_FALSE(has(page, "class=\"chart overlay\""));
    CHECK(has(page, "<h3>Messages of a node in a round</h3>"));
    CHECK(has(page, "sent: 100.0 %\nreceived: 50.0 %"));
}

TEST_CASE("stragglers are marked, and messages in doubt said aloud") {
    const Folder folder("stragglers", {.nodes = 4, .rounds = 3});
    write_file(folder.path / "nodes.csv",
               "node,uplink_bps,downlink_bps,bytes_sent,bytes_received,compute_s,communication_s,"
               "idle_s\n0,1e6,1e6,1e5,1e5,10,1,9\n1,1e6,1e6,1e5,1e5,23,1,1\n"
               "2,1e6,1e6,1e5,1e5,10,1,9\n3,1e5,1e6,1e5,1e5,11,8,1\n");
    write_file(folder.path / "summary.json",
               R"({"status": "complete", "simulated_s": 20, "messages": 200,
                   "messages_in_doubt": 11})");
    const std::vector<report::Straggler> behind =
        report::stragglers(report::read_run_folder(folder.path));
    REQUIRE(behind.size() == 2);
    CHECK(behind[0].node == 3);
    CHECK_FALSE(behind[0].is_device);
    CHECK(behind[0].times == doctest::Approx(10));
    CHECK(behind[1].node == 1);
    CHECK(behind[1].is_device);
    CHECK(behind[1].times == doctest::Approx(23.0 / 11));  // the upper one of two in the middle
    std::string page = report_of(folder.path);
    CHECK(has(page, "class=\"middle marked\""));
    CHECK(has(page, ">1!</text>"));
    CHECK(has(page, ">0</text>"));
    CHECK(has(page,
              "2 stragglers, marked !, took more than 2 times as long as the median node: "
              "node 3 sending (10.0 times), node 1 computing (2.1 times)."));
    CHECK(has(page, "11 of 200 messages (6 %) are in doubt"));
    write_file(folder.path / "summary.json",
               R"({"status": "complete", "messages": 200, "messages_in_doubt": 10})");
    CHECK_FALSE(has(report_of(folder.path), "are in doubt"));
}

TEST_CASE("bars that are groups of nodes mark no straggler, and the caption does not say so") {
    const Folder folder("many-stragglers", {.nodes = 80, .rounds = 2});
    std::string nodes =
        "node,uplink_bps,downlink_bps,bytes_sent,bytes_received,compute_s,communication_s,idle_s\n";
    for (int node = 0; node < 80; ++node) {
        nodes += fmt::format("{},1e6,1e6,1e5,1e5,{},1,1\n", node, node == 7 ? 50 : 10);
    }
    write_file(folder.path / "nodes.csv", nodes);
    const std::string page = report_of(folder.path);
    CHECK(has(page,
              "1 straggler took more than 2 times as long as the median node: node 7 computing "
              "(5.0 times)."));
    CHECK_FALSE(has(page, "marked !"));
}

TEST_CASE("without nodes.csv a node's totals are those of its last evaluation") {
    const Folder folder("totals", {.nodes = 3, .rounds = 4});
    const auto with = report::node_totals(report::read_run_folder(folder.path));
    std::filesystem::remove(folder.path / "nodes.csv");
    const auto without = report::node_totals(report::read_run_folder(folder.path));
    REQUIRE(with.size() == 3);
    REQUIRE(without.size() == 3);
    for (std::size_t node = 0; node < 3; ++node) {
        CHECK(without[node].compute_s == doctest::Approx(with[node].compute_s));
        CHECK(without[node].bytes_sent == with[node].bytes_sent);
        CHECK(without[node].test_accuracy == with[node].test_accuracy);
        CHECK(without[node].uplink_bps != without[node].uplink_bps);  // not a number
    }
}

TEST_CASE("links are used for bytes * 8 / (rate * simulated seconds)") {
    const Folder folder("links", {.nodes = 2, .rounds = 1});
    write_file(folder.path / "summary.json", R"({"status": "complete", "simulated_s": 10})");
    write_file(folder.path / "nodes.csv",
               "node,speed,uplink_bps,downlink_bps,bytes_sent,bytes_received,compute_s,"
               "communication_s,idle_s,samples\n"
               "0,1,1000,8000,125,500,1,1,8,5\n"
               "1,1,1000,8000,625,2000,1,1,8,5\n");
    const std::string svg = report::link_use_figure(report::read_run_folder(folder.path)).svg;
    CHECK(has(svg, "uplinks: 50.0 %\ndownlinks: 20.0 %"));
    CHECK(has(svg, "uplinks: 10.0 %\ndownlinks: 5.0 %"));
}

TEST_CASE("10,000 nodes make a small page, 1,024 nodes with 100 evaluations as well") {
    const Folder large("large", {.nodes = 10'000, .rounds = 10});
    const std::string page = report_of(large.path);
    CHECK(page.size() < 500'000);
    CHECK(has(page, "Too large to draw"));
    CHECK(has(page, "Mean of nodes ranked 1 to 156 of 10000"));
    const Folder usual("usual", {.nodes = 1024, .rounds = 100});
    CHECK(report_of(usual.path).size() < 500'000);
}

TEST_CASE("10,000 rounds make a small page, and so does the densest overlay that is drawn") {
    const Folder rounds("rounds", {.nodes = 4, .rounds = 10'000});
    CHECK(report_of(rounds.path).size() < 600'000);
    const Folder dense("dense", {.nodes = 500, .rounds = 5, .degree = 14});
    CHECK(report_of(dense.path).size() < 500'000);
}

TEST_CASE("malformed files are refused with file and line, and the old report stays") {
    const Folder folder("malformed", {.nodes = 4, .rounds = 2});
    const std::string before = report_of(folder.path);
    const std::string summary = read_file(folder.path / "summary.json");
    write_file(folder.path / "summary.json", "{\n\"status\": \"complete\",\n\"nodes\": }\n");
    CHECK_THROWS_WITH_AS(
        write_report(folder.path),
        doctest::Contains("summary.json:3: not valid JSON: [json.exception.parse_error.101]"),
        std::runtime_error);
    write_file(folder.path / "summary.json", "{\"nodes\": \"many\"}");
    CHECK_THROWS_WITH_AS(write_report(folder.path),
                         "summary.json: nodes: not a number, got many",
                         std::runtime_error);
    write_file(folder.path / "summary.json", "{\"nodes\": 1e999}");
    CHECK_THROWS_WITH_AS(
        write_report(folder.path),
        doctest::Contains("summary.json: not valid JSON: [json.exception.out_of_range.406]"),
        std::runtime_error);
    write_file(folder.path / "summary.json", "[]");
    CHECK_THROWS_WITH_AS(
        write_report(folder.path), "summary.json:1: not a JSON object", std::runtime_error);
    write_file(folder.path / "summary.json", summary);
    write_file(folder.path / "experiment.json", "{\"options\": 3}");
    CHECK_THROWS_WITH_AS(write_report(folder.path),
                         "experiment.json: options: not a JSON object",
                         std::runtime_error);
    std::filesystem::remove(folder.path / "experiment.json");
    write_file(folder.path / "nodes.csv",
               "node,uplink_bps,downlink_bps,bytes_sent,bytes_received,compute_s,communication_s,"
               "idle_s\n0,,,1,1,1,1,1\n1.5,,,1,1,1,1,1\n");
    CHECK_THROWS_WITH_AS(write_report(folder.path),
                         "nodes.csv:3: column node: not a node number, got 1.5",
                         std::runtime_error);
    CHECK(read_file(folder.path / "report.html") == before);
}

TEST_CASE("what is no run folder is refused") {
    CHECK_THROWS_WITH_AS(write_report("/nonexistent/run"),
                         "report: '/nonexistent/run' is not a folder; name the --out folder of a "
                         "run",
                         std::invalid_argument);
    const std::filesystem::path empty = fresh_folder("empty");
    CHECK_THROWS_WITH_AS(write_report(empty),
                         doctest::Contains("is not a run folder, it has none of the files"),
                         std::invalid_argument);
    CHECK_FALSE(std::filesystem::exists(empty / "report.html"));
    std::filesystem::remove_all(empty);
}

TEST_CASE("a page that cannot be written is an error") {
    const Folder folder("unwritable", {.nodes = 4, .rounds = 2});
    // A folder in the way, which even root cannot open for writing.
    std::filesystem::create_directory(folder.path / "report.html.tmp");
    CHECK_THROWS_WITH_AS(
        write_report(folder.path), doctest::Contains("report: cannot write '"), std::runtime_error);
}
