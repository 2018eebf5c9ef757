// timeline.json and messages.csv: what they say, and that they agree with the other files of a run.
#include "emulator/record/timeline_options.h"
#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using nlohmann::json;
using Row = std::map<std::string, std::string>;

/// Returns the rows of a CSV file by column name.
std::vector<Row> rows_of(const std::filesystem::path& path) {
    const auto cells = test::read_csv(path);
    std::vector<Row> rows;
    for (std::size_t row = 1; row < cells.size(); ++row) {
        rows.emplace_back();
        for (std::size_t column = 0; column < cells[row].size(); ++column) {
            rows.back()[cells[0][column]] = cells[row][column];
        }
    }
    return rows;
}

double number(const Row& row, const std::string& column) {
    return std::stod(row.at(column));
}

ExperimentOptions traced_options(const std::string& network) {
    ExperimentOptions options;
    options.nodes = 6;
    options.topology = "regular:3";
    options.rounds = 3;
    options.dataset = "synthetic:train=240,test=40";
    options.model = "mlp:8";
    options.training = {.batch_size = 8, .local_steps = 2, .lr = 0.05};
    options.network = network;
    options.rate = "loguniform:1Mbps:20Mbps";
    options.latency = "uniform:1ms:30ms";
    options.clock = "modelled:20ms,jitter=0.3,merge=5ms";
    options.timeline = "true";
    options.messages = true;
    options.workers = 2;
    options.quiet = true;
    return options;
}

Summary run_into(ExperimentOptions options, const std::filesystem::path& folder) {
    options.out = folder.string();
    return Experiment(options).run().summary;
}

/// Simulated nanoseconds of a number of microseconds.
std::int64_t nanoseconds(const json& microseconds) {
    return std::llround(microseconds.get<double>() * 1000);
}

/// What a timeline shows, by track.
struct Shown {
    struct Slice {
        std::string track;  ///< without the number of a further one
        std::uint32_t node;
        std::string name;
        std::int64_t begin;
        std::int64_t end;
        json arguments;
    };
    std::vector<Slice> slices;
    std::set<std::uint64_t> arrows;  ///< messages

    [[nodiscard]] std::vector<Slice> of(const std::string& track) const {
        std::vector<Slice> some;
        std::copy_if(slices.begin(), slices.end(), std::back_inserter(some), [&](const auto& s) {
            return s.track == track;
        });
        return some;
    }
};

/// Reads a timeline and checks that it is well-formed, as the Trace Event Format has it: every
/// event has what its phase needs, processes and threads have names, slices of a thread do not
/// overlap, and each arrow has two ends, each within a slice.
Shown read_timeline(const std::filesystem::path& path) {
    const json file = json::parse(test::read_text(path));
    std::map<std::uint64_t, std::string> processes;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> threads;
    std::map<std::pair<std::uint64_t, std::uint64_t>,
             std::set<std::pair<std::int64_t, std::int64_t>>>
        taken;
    struct Tip {
        std::pair<std::uint64_t, std::uint64_t> thread;
        std::int64_t time;
    };
    std::map<std::uint64_t, Tip> starts;
    std::map<std::uint64_t, Tip> ends;
    Shown shown;
    REQUIRE(file.at("traceEvents").is_array());
    for (const json& event : file.at("traceEvents")) {
        CAPTURE(event.dump());
        const auto phase = event.at("ph").get<std::string>();
        REQUIRE(event.at("name").is_string());
        REQUIRE(event.at("pid").is_number_unsigned());
        REQUIRE(event.at("tid").is_number_unsigned());
        const auto pid = event.at("pid").get<std::uint64_t>();
        const std::pair thread(pid, event.at("tid").get<std::uint64_t>());
        if (phase == "M") {
            if (event.at("name") == "process_name") {
                REQUIRE(processes.emplace(pid, event.at("args").at("name")).second);
            } else if (event.at("name") == "thread_name") {
                REQUIRE(threads.emplace(thread, event.at("args").at("name")).second);
            } else {
                REQUIRE(event.at("args").at("sort_index").is_number_unsigned());
            }
            continue;
        }
        REQUIRE(processes.contains(pid));
        REQUIRE(threads.contains(thread));
        REQUIRE(event.at("ts").is_number());
        const std::int64_t begin = nanoseconds(event.at("ts"));
        REQUIRE(begin >= 0);
        if (phase == "X") {
            REQUIRE(event.at("dur").is_number());
            const std::int64_t end = begin + nanoseconds(event.at("dur"));
            REQUIRE(end >= begin);
            // As viewers add them up: not beyond what they read where the next slice begins.
            const double last = std::stod(fmt::format("{}.{:03}", end / 1000, end % 1000));
            REQUIRE(event.at("ts").get<double>() + event.at("dur").get<double>() <= last);
            REQUIRE(event.at("args").is_object());
            taken[thread].emplace(begin, end);
            const std::string& name = threads[thread];
            shown.slices.push_back({name.substr(0, name.find(' ')),
                                    static_cast<std::uint32_t>(pid - 1),
                                    event.at("name"),
                                    begin,
                                    end,
                                    event.at("args")});
            continue;
        }
        REQUIRE((phase == "s" || phase == "f"));
        REQUIRE(event.at("cat") == "message");
        REQUIRE((phase == "s" || event.at("bp") == "e"));
        const auto id = event.at("id").get<std::uint64_t>();
        REQUIRE((phase == "s" ? starts : ends).emplace(id, Tip{thread, begin}).second);
    }
    for (const auto& [thread, slices] : taken) {
        std::int64_t until = 0;
        for (const auto& [begin, end] : slices) {
            CHECK(begin >= until);
            until = end;
        }
    }
    REQUIRE(starts.size() == ends.size());
    for (const auto& [id, start] : starts) {
        REQUIRE(ends.contains(id));
        CHECK(ends[id].time >= start.time);
        for (const Tip& tip : {start, ends[id]}) {
            const auto& slices = taken[tip.thread];
            CHECK(std::any_of(slices.begin(), slices.end(), [&](const auto& slice) {
                return slice.first == tip.time;
            }));
        }
        shown.arrows.insert(id);
    }
    return shown;
}

TEST_CASE("a timeline is well-formed, and its tasks are those of the compute trace") {
    for (const char* network : {"packet", "tcp", "flow", "ideal"}) {
        CAPTURE(network);
        const test::TemporaryFolder folder;
        REQUIRE(run_into(traced_options(network), folder.path()).status == "complete");
        const Shown shown = read_timeline(folder.path() / "timeline.json");
        std::map<std::tuple<std::uint32_t, std::string, std::uint64_t>,
                 std::tuple<std::uint64_t, std::int64_t, std::int64_t>>
            tasks;
        for (const char* kind : {"train", "encode", "merge"}) {
            for (const Shown::Slice& slice : shown.of(kind)) {
                CHECK(slice.name == kind);
                CHECK_FALSE(slice.arguments.at("cut_off").get<bool>());
                const auto sequence = slice.arguments.at("sequence").get<std::uint64_t>();
                tasks[{slice.node, kind, sequence}] = {
                    slice.arguments.at("round"), slice.begin, slice.end - slice.begin};
            }
        }
        const std::vector<Row> trace = rows_of(folder.path() / "compute-trace.csv");
        CHECK(tasks.size() == trace.size());
        for (const Row& row : trace) {
            const auto found = tasks.find(
                {std::stoul(row.at("node")), row.at("task"), std::stoull(row.at("sequence"))});
            REQUIRE(found != tasks.end());
            const auto& [round, begin, duration] = found->second;
            CHECK(round == std::stoull(row.at("round")));
            CHECK(begin == std::llround(number(row, "start_s") * 1e9));
            CHECK(duration == std::stoll(row.at("duration_ns")));
        }
    }
}

TEST_CASE("what nodes wait for on a timeline adds up to the columns of nodes.csv") {
    const test::TemporaryFolder folder;
    REQUIRE(run_into(traced_options("flow"), folder.path()).status == "complete");
    std::map<std::pair<std::uint32_t, std::string>, double> waited;
    for (const Shown::Slice& slice : read_timeline(folder.path() / "timeline.json").of("waiting")) {
        waited[{slice.node, slice.name}] += 1e-9 * static_cast<double>(slice.end - slice.begin);
    }
    const std::vector<Row> nodes = rows_of(folder.path() / "nodes.csv");
    REQUIRE(nodes.size() == 6);
    for (std::uint32_t node = 0; node < 6; ++node) {
        CHECK(waited[{node, "communication"}] ==
              doctest::Approx(number(nodes[node], "communication_s")));
        CHECK(waited[{node, "idle"}] == doctest::Approx(number(nodes[node], "idle_s")));
    }
}

TEST_CASE("messages.csv has every message, and the timeline an arrow for each") {
    for (const char* network : {"packet", "tcp", "flow", "ideal"}) {
        CAPTURE(network);
        const test::TemporaryFolder folder;
        const Summary summary = run_into(traced_options(network), folder.path());
        REQUIRE(summary.status == "complete");
        const std::vector<Row> rows = rows_of(folder.path() / "messages.csv");
        CHECK(rows.size() == summary.messages);
        const Shown shown = read_timeline(folder.path() / "timeline.json");
        std::map<std::uint64_t, Shown::Slice> up;
        std::map<std::uint64_t, Shown::Slice> down;
        for (const Shown::Slice& slice : shown.of("uplink")) {
            CHECK(up.emplace(slice.arguments.at("message"), slice).second);
        }
        for (const Shown::Slice& slice : shown.of("downlink")) {
            CHECK(down.emplace(slice.arguments.at("message"), slice).second);
        }
        CHECK(up.size() == rows.size());
        std::map<std::string, double> waited;
        std::uint64_t bytes_content = 0;
        double latest = 0;
        for (const Row& row : rows) {
            const std::uint64_t id = std::stoull(row.at("message"));
            CAPTURE(id);
            bytes_content += std::stoull(row.at("bytes_content"));
            CHECK(number(row, "bytes_wire") > number(row, "bytes_content"));
            REQUIRE(up.contains(id));
            CHECK(up[id].name == "to " + row.at("to"));
            CHECK(std::to_string(up[id].node) == row.at("from"));
            CHECK(up[id].begin == std::llround(number(row, "sent_s") * 1e9));
            CHECK(up[id].arguments.at("round") == std::stoull(row.at("round")));
            CHECK(up[id].arguments.at("bytes_wire") == std::stoull(row.at("bytes_wire")));
            if (row.at("outcome") != "arrived") {
                CHECK(row.at("outcome") == "under-way");
                CHECK(row.at("ended_s").empty());
                CHECK(row.at("bound").empty());
                CHECK_FALSE(shown.arrows.contains(id));
                continue;
            }
            CHECK(number(row, "ended_s") >= latest);
            latest = number(row, "ended_s");
            REQUIRE(down.contains(id));
            CHECK(shown.arrows.contains(id));
            CHECK(down[id].end == std::llround(latest * 1e9));
            CHECK(std::to_string(down[id].node) == row.at("to"));
            const double took = latest - number(row, "sent_s");
            CHECK(number(row, "first_byte_s") >=
                  number(row, "sent_s") + number(row, "latency_s") - 1e-9);
            CHECK(number(row, "first_byte_s") <= latest);
            CHECK(number(row, "own_s") + number(row, "others_s") + number(row, "latency_s") +
                      number(row, "window_s") ==
                  doctest::Approx(took));
            CHECK(std::set<std::string>{"uplink", "downlink", "latency", "window"}.contains(
                row.at("bound")));
            waited[row.at("from")] += number(row, "others_s");
        }
        CHECK(bytes_content == summary.bytes_content);
        for (const Row& node : rows_of(folder.path() / "nodes.csv")) {
            CHECK(waited[node.at("node")] ==
                  doctest::Approx(number(node, "transfer_others_s")).epsilon(1e-6));
        }
    }
}

TEST_CASE("where links are not measured, messages.csv says when messages were sent and arrived") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = traced_options("flow");
    options.link_bins = 0;
    REQUIRE(run_into(options, folder.path()).status == "complete");
    const std::vector<Row> rows = rows_of(folder.path() / "messages.csv");
    REQUIRE(rows.size() == 6 * 3 * 3);
    CHECK(number(rows[0], "ended_s") > number(rows[0], "sent_s"));
    CHECK(rows[0].at("bound").empty());
    CHECK(rows[0].at("own_s").empty());
    CHECK_FALSE(read_timeline(folder.path() / "timeline.json").arrows.empty());
}

TEST_CASE("a run that ends at a given time shows nothing later") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = traced_options("flow");
    options.rounds = 100;
    options.until = "700ms";
    REQUIRE(run_into(options, folder.path()).ended_by == "until");
    const Shown shown = read_timeline(folder.path() / "timeline.json");
    std::map<std::uint32_t, std::int64_t> latest;
    for (const Shown::Slice& slice : shown.slices) {
        CHECK(slice.end <= 700'000'000);
        latest[slice.node] = std::max(latest[slice.node], slice.end);
    }
    for (std::uint32_t node = 0; node < 6; ++node) {
        CHECK(latest[node] == 700'000'000);
    }
    std::set<std::string> outcomes;
    for (const Row& row : rows_of(folder.path() / "messages.csv")) {
        CHECK(number(row, "sent_s") <= 0.7);
        CHECK((row.at("ended_s").empty() || number(row, "ended_s") <= 0.7));
        outcomes.insert(row.at("outcome"));
    }
    CHECK(outcomes == std::set<std::string>{"arrived", "under-way"});
}

TEST_CASE("a run that ends at a target shows nothing later, though its simulation went on") {
    std::vector<std::string> texts;
    for (const unsigned workers : {1u, 2u}) {
        const test::TemporaryFolder folder;
        ExperimentOptions options = traced_options("flow");
        options.rounds = 40;
        options.eval_every = 1;
        options.target_loss = "mean:2.2";
        options.workers = workers;
        const Summary summary = run_into(options, folder.path());
        REQUIRE(summary.ended_by == "target");
        REQUIRE(summary.simulated_s > 0);
        const auto end = std::llround(summary.simulated_s * 1e9);
        for (const Shown::Slice& slice : read_timeline(folder.path() / "timeline.json").slices) {
            CHECK(slice.end <= end);
        }
        for (const Row& row : rows_of(folder.path() / "messages.csv")) {
            CHECK(number(row, "sent_s") <= summary.simulated_s);
            CHECK((row.at("ended_s").empty() || number(row, "ended_s") <= summary.simulated_s));
        }
        texts.push_back(test::read_text(folder.path() / "timeline.json"));
        texts.push_back(test::read_text(folder.path() / "messages.csv"));
    }
    CHECK(texts[0] == texts[2]);
    CHECK(texts[1] == texts[3]);
}

TEST_CASE("a timeline of some nodes and some time has nothing else") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = traced_options("flow");
    options.timeline = "from=100ms,nodes=1,3-4,to=400ms";
    options.messages = false;
    REQUIRE(run_into(options, folder.path()).status == "complete");
    CHECK_FALSE(std::filesystem::exists(folder.path() / "messages.csv"));
    const Shown shown = read_timeline(folder.path() / "timeline.json");
    std::set<std::uint32_t> nodes;
    for (const Shown::Slice& slice : shown.slices) {
        nodes.insert(slice.node);
        if (slice.track == "uplink" || slice.track == "downlink") {
            continue;  // the time that is to be shown is that of the message as a whole
        }
        CHECK(slice.begin <= 400'000'000);
        CHECK(slice.end >= 100'000'000);
    }
    CHECK(nodes == std::set<std::uint32_t>{1, 3, 4});
    CHECK(shown.of("uplink").size() > shown.arrows.size());
}

TEST_CASE("a timeline shows work that is cut off, nodes that are away and messages taken back") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = traced_options("flow");
    options.rounds = 6;
    test::write_text(folder.path() / "lives.csv",
                     "node,on_s,off_s\n0,0,0.03\n0,0.5,\n3,0,0.6\n3,2.5,\n");
    options.availability = (folder.path() / "lives.csv").string();
    const Summary summary = run_into(options, folder.path() / "run");
    REQUIRE(summary.status == "complete");
    const Shown shown = read_timeline(folder.path() / "run/timeline.json");
    std::set<std::string> waits;
    std::uint64_t cut_off = 0;
    for (const Shown::Slice& slice : shown.slices) {
        if (slice.track == "waiting") {
            waits.insert(slice.name);
        }
        cut_off += slice.arguments.value("cut_off", false) ? 1 : 0;
    }
    CHECK(waits == std::set<std::string>{"away", "communication", "idle"});
    CHECK(cut_off >= 1);
    std::uint64_t taken_back = 0;
    for (const Row& row : rows_of(folder.path() / "run/messages.csv")) {
        taken_back += row.at("outcome") == "taken-back" ? 1 : 0;
    }
    CHECK(taken_back >= 1);
    CHECK(taken_back == summary.messages_aborted);
}

TEST_CASE("training beside other work has a track of its own") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = traced_options("ideal");
    options.protocol = "streaming-diloco";
    options.topology = "full";
    options.sharing = "full";
    REQUIRE(run_into(options, folder.path()).status == "complete");
    CHECK_FALSE(read_timeline(folder.path() / "timeline.json").of("train").empty());
}

TEST_CASE("without the options there are no such files, and an earlier run's are removed") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = traced_options("ideal");
    REQUIRE(run_into(options, folder.path()).status == "complete");
    CHECK(std::filesystem::exists(folder.path() / "timeline.json"));
    CHECK(std::filesystem::exists(folder.path() / "messages.csv"));
    options.timeline = "";
    options.messages = false;
    options.overwrite = true;
    REQUIRE(run_into(options, folder.path()).status == "complete");
    CHECK_FALSE(std::filesystem::exists(folder.path() / "timeline.json"));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "messages.csv"));
}

TEST_CASE("--timeline takes nodes and times, and refuses everything else") {
    const TimelineOptions some = parse_timeline("--timeline", "nodes=5,1-2,from=1s,to=2min", 6);
    CHECK(some.is_on);
    CHECK(some.nodes == std::vector<std::uint32_t>{1, 2, 5});
    CHECK(some.from == std::chrono::seconds(1));
    CHECK(some.to == std::chrono::minutes(2));
    CHECK(some.shows(5));
    CHECK_FALSE(some.shows(0));
    CHECK(some.shows(std::chrono::seconds(0), std::chrono::seconds(1)));
    CHECK_FALSE(some.shows(std::chrono::seconds(121), std::chrono::seconds(122)));
    CHECK(parse_timeline("--timeline", "true", 6).shows(4));
    CHECK_FALSE(parse_timeline("--timeline", "", 6).is_on);
    CHECK_FALSE(parse_timeline("--timeline", "false", 6).is_on);

    CHECK_THROWS_WITH_AS(static_cast<void>(parse_timeline("--timeline", "nodes=6", 6)),
                         "--timeline: got node 6, allowed 0 to 5",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(static_cast<void>(parse_timeline("--timeline", "from=2s,to=1s", 6)),
                         "--timeline: got 'from=2s,to=1s', allowed a time `from` that is not after "
                         "`to`",
                         std::invalid_argument);
    for (const char* text : {"all",
                             "from=",
                             "from=1s,from=2s",
                             "until=3s",
                             "nodes=1,,to=1s",
                             "from=1s,3",
                             ",",
                             "nodes=1,"}) {
        CAPTURE(text);
        CHECK_THROWS_WITH_AS(static_cast<void>(parse_timeline("--timeline", text, 6)),
                             (std::string("--timeline: got '") + text +
                              "', allowed true, false, or nodes=LIST such as 0,3-5, from=TIME and "
                              "to=TIME, each once, apart by commas")
                                 .c_str(),
                             std::invalid_argument);
    }
    CHECK_THROWS_AS(static_cast<void>(parse_timeline("--timeline", "from=3", 6)),
                    std::invalid_argument);
}

TEST_CASE("--timeline and --messages need a result folder") {
    ExperimentOptions options = traced_options("ideal");
    CHECK_THROWS_WITH_AS(static_cast<void>(Experiment(options).run()),
                         "--messages: got true without a result folder, allowed with --out",
                         std::invalid_argument);
    options.messages = false;
    CHECK_THROWS_WITH_AS(static_cast<void>(Experiment(options).run()),
                         "--timeline: got true without a result folder, allowed with --out",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
