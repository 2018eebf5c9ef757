#include "emulator/record/result_files.h"

#include "emulator/base/replace_file.h"
#include "emulator/run/command_line.h"
#include "tests/support/counted_syncs.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/option_texts.h"
#include "topologies/edge_files.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <csignal>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace murmur {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Returns the refusal of a folder; `at` is put for its parent.
std::string refusal_of(const fs::path& parent, const std::string& name, bool overwrite = false) {
    try {
        const ResultFiles files(parent / name,
                                overwrite ? UsedFolder::kReplace : UsedFolder::kRefuse);
    } catch (const std::invalid_argument& error) {
        std::string message = error.what();
        const auto at = message.find(parent.string());
        return at == std::string::npos ? message
                                       : message.replace(at, parent.string().size(), "PARENT");
    }
    return "accepted";
}

TEST_CASE("a new folder is made with its parents, an empty one is taken") {
    const test::TemporaryFolder folder;
    CHECK(refusal_of(folder.path(), "a/b/c") == "accepted");
    fs::create_directory(folder.path() / "empty");
    CHECK(refusal_of(folder.path(), "empty") == "accepted");
    CHECK(test::read_text(folder.path() / "a/b/c/metrics.csv") ==
          "sim_time_s,node,round,train_loss,test_loss,test_accuracy,bytes_sent,bytes_received,"
          "compute_s,communication_s,idle_s,samples_learnt,tokens_learnt\n");
    CHECK(fs::exists(folder.path() / "empty/rounds.csv"));
    CHECK(fs::exists(folder.path() / "empty/compute-trace.csv"));
    CHECK_FALSE(fs::exists(folder.path() / "empty/.write-probe"));
}

TEST_CASE("a used folder is refused and keeps what it holds, unless told to overwrite") {
    const test::TemporaryFolder folder;
    fs::create_directory(folder.path() / "used");
    test::write_text(folder.path() / "used/metrics.csv", "old");
    test::write_text(folder.path() / "used/summary.json", "old");
    test::write_text(folder.path() / "used/notes.txt", "mine");
    CHECK(
        refusal_of(folder.path(), "used") ==
        "--out: PARENT/used holds files already; choose another folder, or --overwrite to replace "
        "a run's results");
    CHECK(test::read_text(folder.path() / "used/metrics.csv") == "old");

    CHECK(refusal_of(folder.path(), "used", true) == "accepted");
    CHECK(test::read_text(folder.path() / "used/metrics.csv").starts_with("sim_time_s,"));
    // A summary of the earlier run would pass for one of this run.
    CHECK_FALSE(fs::exists(folder.path() / "used/summary.json"));
    CHECK(test::read_text(folder.path() / "used/notes.txt") == "mine");
}

TEST_CASE("a folder that cannot be made is refused with the reason") {
    const test::TemporaryFolder folder;
    test::write_text(folder.path() / "file", "");
    CHECK(refusal_of(folder.path(), "file/run") ==
          "--out: cannot create PARENT/file/run: Not a directory");
    CHECK(refusal_of(folder.path(), "file") == "--out: cannot create PARENT/file: Not a directory");
}

TEST_CASE("a run can be started again from its experiment.json") {
    const test::TemporaryFolder folder;
    ExperimentOptions options;
    options.nodes = 3;
    options.topology = "full";
    options.training.lr = 1.0 / 3;
    options.training.nesterov = true;
    options.clock = "modelled:2ms,jitter=0.1,merge=0";
    options.seed = UINT64_MAX;
    ResultFiles files(folder.path() / "run", UsedFolder::kRefuse);
    const Overlay overlay("full", "metropolis", 3, 1);
    files.begin({.scenario = "dpsgd", .options = options, .overlay = overlay});

    ExperimentOptions read;
    read_config((folder.path() / "run/experiment.json").string(), read);
    CHECK(test::option_texts(read) == test::option_texts(options));
    CHECK(test::read_text(folder.path() / "run/overlay.txt") == "3\n0 1\n0 2\n1 2\n");
    const auto json = nlohmann::json::parse(test::read_text(folder.path() / "run/experiment.json"));
    CHECK(json["scenario"] == "dpsgd");
    for (const char* part : {"murmuration", "ns3", "libtorch", "compiler"}) {
        CHECK_FALSE(json["versions"][part].get<std::string>().empty());
    }
    CHECK(json["program"] == fs::read_symlink("/proc/self/exe").filename().string());
    const std::string revision = json["revision"].is_null() ? "" : std::string(json["revision"]);
    CHECK((revision.empty() || revision.find_first_not_of("0123456789abcdef") >= 40));
    CHECK(json["build"].contains("type"));
    CHECK(json["processor"]["features"].is_array());
    CHECK(json["processor"].contains("blas"));
    // Values are of the kind that they are.
    CHECK(json["options"]["nodes"] == 3);
    CHECK(json["options"]["nodes"].is_number());
    CHECK(json["options"]["lr"] == 1.0 / 3);
    CHECK(json["options"]["nesterov"] == true);
    CHECK(json["options"]["loss"] == "0");
    CHECK(json["options"]["seed"] == UINT64_MAX);
}

TEST_CASE(
    "overlay.txt says where it is of the first round alone, and is an edge list all the same") {
    const test::TemporaryFolder folder;
    ResultFiles files(folder.path() / "run", UsedFolder::kRefuse);
    const Overlay full("dynamic:full", "metropolis", 3, 1);
    files.begin({.scenario = "dpsgd", .options = {}, .overlay = full});
    const fs::path overlay = folder.path() / "run/overlay.txt";
    CHECK(test::read_text(overlay) ==
          "# Round 0 alone: full is drawn anew each round.\n3\n0 1\n0 2\n1 2\n");
    CHECK(sorted_edges(read_graph(overlay.string())).size() == 3);
    ResultFiles directed(folder.path() / "directed", UsedFolder::kRefuse);
    const Overlay one_way("dynamic:one-peer-exponential", "row-stochastic", 4, 1);
    directed.begin({.scenario = "dpsgd", .options = {}, .overlay = one_way});
    CHECK(test::read_text(folder.path() / "directed/overlay.txt") ==
          "# Round 0 alone: one-peer-exponential is drawn anew each round.\n# Without the "
          "directions of its edges.\n4\n0 1\n0 3\n1 2\n2 3\n");
}

TEST_CASE("a row is on disk as soon as it is added; a value that is missing is an empty field") {
    const test::TemporaryFolder folder;
    ResultFiles files(folder.path() / "run", UsedFolder::kRefuse);
    Observation row;
    row.time = 1500ms;
    row.node = 2;
    row.rounds = 5;
    row.bytes_sent = 700;
    row.bytes_received = 600;
    row.time_use = {.compute = 1s, .communication = 300ms, .idle = 200ms};
    row.evaluation = Handle<EvaluationResult>::ready({0.25, 0.5, 10});
    files.add_metrics(row);
    row.train_loss = Handle<double>::ready(0.125);
    row.samples = 80;
    row.tokens = 640;
    row.evaluation = Handle<EvaluationResult>::ready({0.25, std::nan(""), 10});
    files.add_metrics(row);
    const auto metrics = test::read_text(folder.path() / "run/metrics.csv");
    CHECK(
        metrics.ends_with("\n1.5,2,5,,0.25,0.5,700,600,1,0.3,0.2,0,\n"
                          "1.5,2,5,0.125,0.25,,700,600,1,0.3,0.2,80,640\n"));

    RoundRow round;
    round.round = 5;
    round.time_s = {1, 0.5, 1.5, 0.25};
    round.accuracy = {0.5, 0.25, 0.75, 0.125};
    round.train_loss_mean = 2;
    round.bytes_sent = 9;
    round.bytes_content = 8;
    files.add_round(round);
    CHECK(test::read_text(folder.path() / "run/rounds.csv")
              .ends_with("\n5,0.5,1,1.5,0.5,0.25,0.75,0.125,,,,,2,,9,8,,,,,,,,,,,0,\n"));
    round.slowest = SlowestTransfer{.from = 3,
                                    .to = 4,
                                    .bytes = 100,
                                    .time = {0.5, 0.25, 0.125, 1},
                                    .bound = "window",
                                    .link = 6};
    files.add_round(round);
    CHECK(test::read_text(folder.path() / "run/rounds.csv")
              .ends_with(",9,8,1.875,3,4,100,window,6,0.5,0.25,0.125,1,0,\n"));
}

TEST_CASE("nodes.csv has a row per node; without an access link its rates are empty") {
    const test::TemporaryFolder folder;
    ResultFiles files(folder.path() / "run", UsedFolder::kRefuse);
    NodeRow wan{
        .node = 0, .speed = 0.5, .up_bps = 1e6, .down_bps = 2e6, .samples = 10, .totals = {}};
    NodeRow p2p{.node = 1, .speed = 1, .samples = 11, .totals = {}};
    wan.totals.transfers = TransferTotals{5, {0.5, 0.25, 0.125, 1}};
    p2p.totals.time_use.idle = 2s;
    p2p.totals.is_attacker = true;
    wan.totals.steps = 12;
    p2p.epsilon = 2.5;
    files.add_nodes({wan, p2p});
    CHECK(test::read_text(folder.path() / "run/nodes.csv") ==
          "node,speed,uplink_bps,downlink_bps,bytes_sent,bytes_received,compute_s,communication_s,"
          "idle_s,samples,transfers,transfer_own_s,transfer_others_s,transfer_latency_s,"
          "transfer_window_s,attacker,steps,epsilon\n"
          "0,0.5,1000000,2000000,0,0,0,0,0,10,5,0.5,0.25,0.125,1,0,12,\n"
          "1,1,,,0,0,0,0,2,11,,,,,,1,0,2.5\n");
}

TEST_CASE("links have their totals in one file, and their use over time in another") {
    const test::TemporaryFolder folder;
    ResultFiles files(folder.path() / "run", UsedFolder::kRefuse);
    const LinkRow busy{.link = 0,
                       .name = "router Bern, CH to router Rome",
                       .place = "core",
                       .rate_bps = 1e6,
                       .bytes = 1000.4,
                       .busy_s = 3,
                       .waited_s = 0.5,
                       .messages_bound = 2,
                       .packets_lost = 7,
                       .retransmissions = 9,
                       .timeouts = 3,
                       .utilization = {0.5, 1}};
    const LinkRow idle{
        .link = 1, .name = "node 0 up", .place = "uplink", .rate_bps = 2e6, .utilization = {0, 0}};
    files.add_links({.simulated_s = 4, .bin_s = 2, .links = {busy, idle}});
    CHECK(test::read_text(folder.path() / "run/links.csv") ==
          "link,name,place,rate_bps,bytes,busy_s,utilization,peak_utilization,messages_bound,"
          "waited_s,packets_lost,retransmissions,timeouts\n"
          "0,router Bern  CH to router Rome,core,1000000,1000,3,0.75,1,2,0.5,7,9,3\n"
          "1,node 0 up,uplink,2000000,0,0,0,0,0,0,0,0,0\n");
    CHECK(test::read_text(folder.path() / "run/link-use.csv") ==
          "sim_time_s,duration_s,link,utilization\n0,2,0,0.5\n2,2,0,1\n");
}

TEST_CASE("a disk that is full is an error with the file's name, not a short file") {
    const test::TemporaryFolder folder;
    fs::create_symlink("/dev/full", folder.path() / "metrics.csv");
    CHECK_THROWS_WITH_AS(
        ResultFiles(folder.path(), UsedFolder::kReplace),
        ("cannot write " + (folder.path() / "metrics.csv").string() + ": No space left on device")
            .c_str(),
        std::runtime_error);
}

TEST_CASE("a free folder is made, and follows those that exist") {
    const test::TemporaryFolder folder;
    CHECK(claim_free_folder(folder.path() / "dpsgd") == folder.path() / "dpsgd/001");
    CHECK(fs::is_empty(folder.path() / "dpsgd/001"));
    fs::create_directories(folder.path() / "dpsgd/002");
    test::write_text(folder.path() / "dpsgd/003", "a file");
    CHECK(claim_free_folder(folder.path() / "dpsgd") == folder.path() / "dpsgd/004");
    CHECK_THROWS_AS((void)claim_free_folder(folder.path() / "dpsgd/003"), std::invalid_argument);
}

TEST_CASE("many runs that start at once get a folder each") {
    const test::TemporaryFolder folder;
    constexpr int kRuns = 8;
    std::vector<fs::path> claimed(kRuns);
    std::vector<std::thread> threads;
    for (fs::path& mine : claimed) {
        threads.emplace_back([&] { mine = claim_free_folder(folder.path()); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(std::set<fs::path>(claimed.begin(), claimed.end()).size() == kRuns);
}

TEST_CASE("a folder into which another run writes is refused, --overwrite or not") {
    const test::TemporaryFolder folder;
    const fs::path out = folder.path() / "run";
    {
        ResultFiles files(out, UsedFolder::kRefuse);
        CHECK_THROWS_WITH_AS(
            ResultFiles(out, UsedFolder::kReplace),
            ("--out: another run writes into " + out.string() + " now; choose another folder")
                .c_str(),
            std::invalid_argument);
        // What the other one has is untouched.
        CHECK(fs::file_size(out / "compute-trace.csv") > 0);
    }
    const ResultFiles again(out, UsedFolder::kReplace);
}

TEST_CASE("a file is replaced as a whole or not at all") {
    const test::TemporaryFolder folder;
    const fs::path file = folder.path() / "summary.json";
    const int before_first = num_syncs;
    replace_file(file, "first");
    replace_file(file, "second");
    CHECK(num_syncs == before_first + 2);
    CHECK(test::read_text(file) == "second");
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{100, limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    const std::string large(1000, 'x');
    std::string error;
    try {
        replace_file(file, large);
    } catch (const std::runtime_error& thrown) {
        error = thrown.what();
    }
    setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, before);
    CHECK(error == "cannot write " + file.string() + ": File too large");
    CHECK(test::read_text(file) == "second");
    CHECK_FALSE(fs::exists(folder.path() / "summary.json.tmp"));
    CHECK_THROWS_WITH(replace_file(folder.path() / "no" / "such", "x"),
                      doctest::Contains("No such file or directory"));
}

}  // namespace
}  // namespace murmur
