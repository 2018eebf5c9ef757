// What a run says of its links and of the messages that took longest.
#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

using Rows = std::vector<std::map<std::string, std::string>>;

/// Returns the rows of a CSV file by column name.
Rows rows_of(const std::filesystem::path& path) {
    const auto cells = test::read_csv(path);
    Rows rows;
    for (std::size_t row = 1; row < cells.size(); ++row) {
        for (std::size_t column = 0; column < cells[row].size(); ++column) {
            if (column == 0) {
                rows.emplace_back();
            }
            rows.back()[cells[0][column]] = cells[row][column];
        }
    }
    return rows;
}

/// Six nodes in a ring; the uplink of node 2 is ten times slower than all other links.
ExperimentOptions one_slow_uplink(const test::TemporaryFolder& folder, const std::string& network) {
    test::write_text(folder.path() / "rates", "10Mbps\n10Mbps\n1Mbps\n10Mbps\n10Mbps\n10Mbps\n");
    ExperimentOptions options;
    options.nodes = 6;
    options.topology = "ring";
    options.rounds = 3;
    options.dataset = "synthetic:train=600,test=60";
    options.model = "mlp:32";
    options.training.local_steps = 1;
    options.network = network;
    options.rate = "file:" + (folder.path() / "rates").string();
    options.downlink_rate = "10Mbps";
    options.latency = "5ms";
    options.clock = "modelled:1ms,merge=0";
    options.workers = 1;
    options.quiet = true;
    options.out = (folder.path() / "run").string();
    return options;
}

double number(const std::map<std::string, std::string>& row, const std::string& column) {
    return std::stod(row.at(column));
}

TEST_CASE("the slowest message of each round is that of the slow uplink, over any network") {
    for (const char* network : {"packet", "tcp", "flow", "ideal"}) {
        CAPTURE(network);
        const test::TemporaryFolder folder;
        CHECK(Experiment(one_slow_uplink(folder, network)).run().summary.status == "complete");
        const Rows rounds = rows_of(folder.path() / "run/rounds.csv");
        REQUIRE(rounds.size() == 4);
        CHECK(rounds[0].at("slowest_from").empty());
        // Over flow the acknowledgements of a message to node 2 wait behind its first models for so
        // long that this message is the slowest of round 1, by 1 % (6.73 s; node 2's take 6.68 s
        // over tcp).
        for (std::size_t round = std::string(network) == "flow" ? 2 : 1; round <= 3; ++round) {
            const auto& row = rounds[round];
            CHECK(row.at("slowest_from") == "2");
            CHECK(row.at("slowest_bound") == "uplink");
            CHECK(number(row, "slowest_s") ==
                  doctest::Approx(number(row, "slowest_own_s") + number(row, "slowest_others_s") +
                                  number(row, "slowest_latency_s") +
                                  number(row, "slowest_window_s")));
            const double own = 8 * number(row, "slowest_bytes") / 1e6;
            CHECK(number(row, "slowest_own_s") == doctest::Approx(own).epsilon(0.05));
            // Two neighbors share the uplink: one message waits for the other, but over ideal.
            const double others = number(row, "slowest_others_s");
            CHECK((std::string(network) == "ideal" ? others == 0 : others > 0.5 * own));
        }
        const Rows links = rows_of(folder.path() / "run/links.csv");
        REQUIRE(links.size() == 12);
        const auto busiest =
            std::max_element(links.begin(), links.end(), [](const auto& a, const auto& b) {
                return number(a, "busy_s") < number(b, "busy_s");
            });
        CHECK(busiest->at("name") == "node 2 up");
        CHECK(busiest->at("place") == "uplink");
        CHECK(number(*busiest, "messages_bound") >= 6);
    }
}

TEST_CASE("links add up to nodes, and use over time to totals") {
    for (const char* network : {"tcp", "flow"}) {
        CAPTURE(network);
        const test::TemporaryFolder folder;
        ExperimentOptions options = one_slow_uplink(folder, network);
        options.link_bins = 20;
        const Summary summary = Experiment(options).run().summary;
        const Rows links = rows_of(folder.path() / "run/links.csv");
        const Rows nodes = rows_of(folder.path() / "run/nodes.csv");
        const Rows use = rows_of(folder.path() / "run/link-use.csv");
        std::uint64_t messages = 0;
        for (std::size_t node = 0; node < nodes.size(); ++node) {
            CHECK(number(links[2 * node], "bytes") ==
                  doctest::Approx(number(nodes[node], "bytes_sent")).epsilon(0.01));
            CHECK(number(links[2 * node + 1], "bytes") ==
                  doctest::Approx(number(nodes[node], "bytes_received")).epsilon(0.01));
            messages += std::stoull(nodes[node].at("transfers"));
        }
        CHECK(messages == summary.messages);
        std::vector<double> starts;
        for (const auto& row : use) {
            starts.push_back(number(row, "sim_time_s"));
        }
        std::sort(starts.begin(), starts.end());
        starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
        CHECK(starts.size() <= 20);
        std::vector<double> busy(links.size(), 0.0);
        for (const auto& row : use) {
            busy[std::stoul(row.at("link"))] +=
                number(row, "utilization") * number(row, "duration_s");
        }
        for (std::size_t link = 0; link < links.size(); ++link) {
            CHECK(busy[link] == doctest::Approx(number(links[link], "busy_s")).epsilon(0.01));
        }
    }
}

TEST_CASE(
    "what is sent again and timeouts are those of the senders whose messages go over a link") {
    for (const char* network : {"packet", "tcp", "flow"}) {
        CAPTURE(network);
        const test::TemporaryFolder folder;
        ExperimentOptions options = one_slow_uplink(folder, network);
        options.loss = "0.05";
        const Summary summary = Experiment(options).run().summary;
        REQUIRE(summary.status == "complete");
        double resent[] = {0, 0};
        double timeouts[] = {0, 0};
        double most = 0;
        for (const auto& row : rows_of(folder.path() / "run/links.csv")) {
            const int place = row.at("place") == "uplink" ? 0 : 1;
            resent[place] += number(row, "retransmissions");
            timeouts[place] += number(row, "timeouts");
            most = std::max(most, number(row, "retransmissions"));
        }
        // Each message goes over one uplink and one downlink.
        for (const int place : {0, 1}) {
            CHECK(resent[place] == static_cast<double>(summary.retransmissions));
            CHECK(timeouts[place] == static_cast<double>(summary.timeouts));
        }
        CHECK((options.network == "flow" ? resent[0] == 0 : resent[0] > 10));
        CHECK((resent[0] == 0 || most < resent[0]));
    }
}

// Expectation: on 50 kbps two windows of ten segments take 4.8 s, longer than TCP waits; messages
// to that node are acknowledged over the same link, all others meet nothing of it.
TEST_CASE("messages of and to a very slow uplink are in doubt over flow") {
    for (const char* network : {"tcp", "flow"}) {
        CAPTURE(network);
        const test::TemporaryFolder folder;
        const ExperimentOptions options = one_slow_uplink(folder, network);
        test::write_text(folder.path() / "rates",
                         "10Mbps\n10Mbps\n50kbps\n10Mbps\n10Mbps\n10Mbps\n");
        const Summary summary = Experiment(options).run().summary;
        CHECK(summary.messages == 36);
        if (options.network == "tcp") {
            CHECK(summary.messages_in_doubt == 0);
        } else {
            const auto& reasons = summary.messages_in_doubt_by_reason;
            REQUIRE(reasons.count("late_acknowledgement") == 1);
            // Those that a timer of TCP may have run out for: it learns of the queue meanwhile.
            CHECK(reasons.at("late_acknowledgement") >= 3);
            CHECK(reasons.at("late_acknowledgement") <= 12);
            CHECK(summary.messages_in_doubt >= reasons.at("late_acknowledgement"));
        }
    }
}

TEST_CASE("without bins nothing is measured; an odd number of them is refused") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = one_slow_uplink(folder, "flow");
    options.link_bins = 0;
    CHECK(Experiment(options).run().summary.status == "complete");
    CHECK_FALSE(std::filesystem::exists(folder.path() / "run/links.csv"));
    CHECK(rows_of(folder.path() / "run/rounds.csv")[3].at("slowest_bound").empty());
    options.link_bins = 7;
    CHECK_THROWS_WITH_AS(ExperimentPlan(options, {}),
                         "--link-bins: got 7, allowed an even number, 0 to 10000",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
