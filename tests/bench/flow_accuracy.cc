// How far the flow-level network is from TCP, packet by packet: both carry the same messages over
// the same networks, and compared is when each message, and when the last of a round, arrives.
//
// Goals for what is not in doubt: median 3 %, mean 8 %, 90th percentile 20 %, and no row beyond
// 30 %.  The reference costs CPU time in proportion to the bytes, so the points with most of them
// are left out unless --max-mb or --full asks for them: see --help.  Takes about 5 minutes.

#include "tests/bench/accuracy_cases.h"
#include "tests/bench/comparison.h"
#include "tests/bench/reference.h"

#include "ns3/config.h"
#include "ns3/string.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace murmur::bench;

struct Options {
    std::string fidelity = "flow";
    std::string reference = "packet";
    std::vector<std::string> attributes;
    std::string queues = "both";
    std::string filter;
    std::string cache;
    std::uint64_t max_mb = 100;
    bool full = false;
    std::size_t num_worst = 0;
    bool per_message = false;

    [[nodiscard]] bool wants(const AccuracyCase& accuracy_case) const {
        return accuracy_case.name.find(filter) != std::string::npos;
    }

    [[nodiscard]] bool affords(const AccuracyCase& accuracy_case) const {
        return full || total_bytes(accuracy_case) <= max_mb * 1'000'000;
    }
};

void print_messages(const AccuracyCase& accuracy_case, const Outcome& outcome) {
    fmt::print("{}\n{:>5} {:>5} {:>10} {:>12} {:>12} {:>9}\n",
               accuracy_case.name,
               "from",
               "to",
               "size",
               "truth_s",
               "tested_s",
               "error");
    const std::vector<double> errors = outcome.message_errors();
    for (std::size_t index = 0; index < errors.size(); ++index) {
        const JobMessage& message = accuracy_case.messages[index];
        const Passage& truth = outcome.reference[index];
        const Passage& tested = outcome.tested[index];
        fmt::print("{:>5} {:>5} {:>10} {:>12.6f} {:>12.6f} {:>+8.2f}%\n",
                   message.from,
                   message.to,
                   message.size_bytes,
                   truth.arrived_s - truth.sent_s,
                   tested.arrived_s - tested.sent_s,
                   100 * errors[index]);
    }
}

/// The mean time of the messages that have arrived.
double mean_seconds(const std::vector<Passage>& passages) {
    double sum_s = 0;
    int count = 0;
    for (const Passage& passage : passages) {
        if (!std::isnan(passage.arrived_s)) {
            sum_s += passage.arrived_s - passage.sent_s;
            ++count;
        }
    }
    return sum_s / count;
}

/// The tables of one reference.
class Report {
  public:
    Report(const Options& options, Reference& reference, const Queues& queues)
        : options_(options), comparison_(options.fidelity, reference, queues) {
        fmt::print("\n==== {} against {}, {} ====\n  {}\n",
                   options.fidelity,
                   reference.network(),
                   queues.name,
                   queues.description);
    }

    void print_rounds();
    void print_unlike();
    void print_grid();
    void print_rows(const std::string& title, const std::vector<AccuracyCase>& cases);
    void print_lossy();
    void print_summary() const;

  private:
    Outcome run(const AccuracyCase& accuracy_case) {
        Outcome outcome = comparison_.run(accuracy_case);
        if (options_.per_message) {
            print_messages(accuracy_case, outcome);
        }
        return outcome;
    }

    /// A row of any part: its error by the time of its last message, or by the mean.
    struct Row {
        double error;
        bool in_doubt;
        std::string name;
    };
    void take_down(const AccuracyCase& accuracy_case, const Outcome& outcome, double error) {
        rows_.push_back({error, outcome.num_doubtful > 0, accuracy_case.name});
    }
    void print_worst(std::vector<Row> rows) const;

    const Options& options_;
    Comparison comparison_;
    std::vector<Row> rows_;
};

void Report::print_rounds() {
    struct Row {
        std::uint64_t size_bytes;
        std::int64_t latency_ms;
        double lv08;  // what SimGrid's formula LV08 was measured to be off, against the same TCP
    };
    constexpr Row kRows[] = {{36'000, 20, 1.51},
                             {360'000, 2, 0.06},
                             {360'000, 20, 0.32},
                             {360'000, 100, 0.26},
                             {3'600'000, 20, 0.02}};
    fmt::print("\nround of 32 nodes x 6 neighbors at 100 Mbps, until its last message; goal 5 %\n");
    fmt::print("{:>8} {:>8} {:>10} {:>10} {:>8} {:>9} {:>8}\n",
               "size",
               "one way",
               "truth",
               "tested",
               "error",
               "in doubt",
               "LV08");
    for (const auto& [size_bytes, latency_ms, lv08] : kRows) {
        const AccuracyCase round = round_of_32(size_bytes, latency_ms * 1'000'000);
        if (options_.wants(round)) {
            const Outcome outcome = run(round);
            take_down(round, outcome, outcome.round_error());
            fmt::print("{:>5} kB {:>5} ms {:>8.4f} s {:>8.4f} s {:>+7.1f}% {:>9} {:>+7.0f}%\n",
                       size_bytes / 1000,
                       latency_ms,
                       round_seconds(outcome.reference),
                       round_seconds(outcome.tested),
                       100 * outcome.round_error(),
                       outcome.num_doubtful,
                       100 * lv08);
        }
    }
}

void Report::print_unlike() {
    fmt::print(
        "\nunlike links: 100 nodes, 600 messages of 360 kB, 0.3-10 MB/s, 2-100 ms; "
        "per message\n");
    fmt::print(
        "goal: mean 8 %, 90th percentile 20 %; "
        "LV08: 17.8 % and 35 %; max-min without TCP: mean 28.7 %\n");
    fmt::print("        {}\n", ErrorSample::kColumns);
    for (const std::uint64_t seed : {1, 2, 3}) {
        const AccuracyCase unlike = unlike_100(seed);
        if (options_.wants(unlike)) {
            const Outcome outcome = run(unlike);
            ErrorSample errors;
            errors.add_messages(outcome);
            take_down(unlike, outcome, outcome.round_error());
            fmt::print("seed {}  {}   round {:+.1f}%, {} in doubt\n",
                       seed,
                       errors.text(),
                       100 * outcome.round_error(),
                       outcome.num_doubtful);
        }
    }
}

void Report::print_grid() {
    struct Errors {
        ErrorSample messages;
        ErrorSample rounds;
    };
    std::map<std::string, Errors> by_pattern;
    Errors all;
    Errors doubtful;
    Errors beyond_doubt;
    std::size_t left_out = 0;
    for (const AccuracyCase& point : accuracy_grid()) {
        if (!options_.affords(point)) {
            ++left_out;
        } else if (options_.wants(point)) {
            const Outcome outcome = run(point);
            Errors& by_doubt = outcome.num_doubtful > 0 ? doubtful : beyond_doubt;
            for (Errors* errors : {&by_pattern[point.pattern], &all, &by_doubt}) {
                errors->messages.add_messages(outcome);
                errors->rounds.add(outcome.round_error());
            }
            take_down(point, outcome, outcome.round_error());
        }
    }
    fmt::print(
        "\ngrid: 10 kB-50 MB, 1 Mbps-1 Gbps, round trips of 1-300 ms, 1-64 at a time; "
        "goal: median 3 %\n");
    fmt::print("{} points are left out because the reference would take too long\n", left_out);
    fmt::print("{:18}{:45}   per round\n", "", "per message");
    fmt::print("{:18}{}   {}\n", "", ErrorSample::kColumns, ErrorSample::kColumns);
    for (const auto& [pattern, errors] : by_pattern) {
        fmt::print("{:18}{}   {}\n", pattern, errors.messages.text(), errors.rounds.text());
    }
    for (const auto& [name, errors] : {std::pair("all", &all),
                                       std::pair("of these in doubt", &doubtful),
                                       std::pair("beyond doubt", &beyond_doubt)}) {
        fmt::print("{:18}{}   {}\n", name, errors->messages.text(), errors->rounds.text());
    }
}

void Report::print_rows(const std::string& title, const std::vector<AccuracyCase>& cases) {
    fmt::print("\n{}, until the last message\n", title);
    fmt::print("{:>10} {:>10} {:>9} {:>9}\n", "truth", "tested", "error", "in doubt");
    for (const AccuracyCase& point : cases) {
        if (options_.wants(point)) {
            const Outcome outcome = run(point);
            take_down(point, outcome, outcome.round_error());
            fmt::print("{:>8.4f} s {:>8.4f} s {:>+8.1f}% {:>9}  {}\n",
                       round_seconds(outcome.reference),
                       round_seconds(outcome.tested),
                       100 * outcome.round_error(),
                       outcome.num_doubtful,
                       point.name);
        }
    }
}

void Report::print_lossy() {
    fmt::print("\nmean of messages over uplinks that lose packets\n");
    fmt::print("{:>10} {:>10} {:>9} {:>9}\n", "truth", "tested", "error", "in doubt");
    for (const AccuracyCase& point : lossy_cases()) {
        if (options_.wants(point) && options_.affords(point)) {
            const Outcome outcome = run(point);
            const double truth_s = mean_seconds(outcome.reference);
            const double tested_s = mean_seconds(outcome.tested);
            take_down(point, outcome, tested_s / truth_s - 1);
            fmt::print("{:>8.4f} s {:>8.4f} s {:>+8.1f}% {:>9}  {}\n",
                       truth_s,
                       tested_s,
                       100 * (tested_s / truth_s - 1),
                       outcome.num_doubtful,
                       point.name);
        }
    }
}

void Report::print_summary() const {
    constexpr double kBeyond = 0.3;
    ErrorSample in_doubt;
    ErrorSample beyond_doubt;
    std::vector<Row> bad;
    for (const Row& row : rows_) {
        (row.in_doubt ? in_doubt : beyond_doubt).add(row.error);
        if (!row.in_doubt && std::abs(row.error) > kBeyond) {
            bad.push_back(row);
        }
    }
    fmt::print("\nall rows above; goal for those not in doubt: 3 %, 8 %, 20 %, none beyond 30 %\n");
    fmt::print("{:18}{}\n", "", ErrorSample::kColumns);
    fmt::print("{:18}{}\n", "not in doubt", beyond_doubt.text());
    fmt::print("{:18}{}\n", "in doubt", in_doubt.text());
    fmt::print("not in doubt, beyond 30 %: {}\n", bad.size());
    for (const Row& row : bad) {
        fmt::print("{:>+8.1f}%  {}\n", 100 * row.error, row.name);
    }
    print_worst(rows_);
    fmt::print("CPU of {}: {:.1f} s\n", options_.fidelity, comparison_.tested_cpu_s());
}

void Report::print_worst(std::vector<Row> rows) const {
    std::erase_if(rows, [](const Row& row) { return std::isnan(row.error); });
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        return std::abs(a.error) > std::abs(b.error);
    });
    rows.resize(std::min(rows.size(), options_.num_worst));
    for (const Row& row : rows) {
        fmt::print(
            "{:>+8.1f}%  {}{}\n", 100 * row.error, row.name, row.in_doubt ? "  (in doubt)" : "");
    }
}

/// Gives the networks what the user asks for.
void set_defaults(const std::vector<std::string>& attributes) {
    for (const std::string& attribute : attributes) {
        const std::size_t equals = attribute.find('=');
        if (equals == std::string::npos) {
            throw std::invalid_argument(
                fmt::format("--set: got \"{}\", allowed Name=Value", attribute));
        }
        ns3::Config::SetDefault(attribute.substr(0, equals),
                                ns3::StringValue(attribute.substr(equals + 1)));
    }
}

Options parse(int argc, char** argv) {
    Options options;
    CLI::App app("How far the flow-level network is from TCP", "bench-flow-accuracy");
    app.add_option("--fidelity", options.fidelity, "what is compared [flow]");
    app.add_option("--reference", options.reference, "with what: packet, tcp [packet]")
        ->check(CLI::IsMember({"packet", "tcp"}));
    app.add_option("--set",
                   options.attributes,
                   "defaults of attributes, such as ns3::murmuration::FlowMessageTransport::"
                   "InitialCwnd=4; goes with a --cache of its own if it reaches the reference");
    app.add_option("--queues", options.queues, "before uplinks: drop-tail, fq-codel, both [both]")
        ->check(CLI::IsMember({"drop-tail", "fq-codel", "both"}));
    app.add_option("--case", options.filter, "only cases whose name contains this");
    app.add_option(
        "--cache", options.cache, "file that keeps what the reference took, for later runs");
    app.add_option(
        "--max-mb",
        options.max_mb,
        "only points with so much content, all messages together; packet takes about 0.1 s of "
        "CPU for 100, tcp 5 s [100]");
    app.add_flag("--full", options.full, "all points; tcp takes minutes for some");
    app.add_option("--worst", options.num_worst, "list so many rows that are off most");
    app.add_flag("--per-message", options.per_message, "print every message");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error));
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    try {
        set_defaults(options.attributes);
        Reference reference(options.reference, options.cache);
        for (const Queues& queues : kQueues) {
            if (options.queues == "both" || options.queues == queues.name) {
                Report report(options, reference, queues);
                report.print_rounds();
                report.print_unlike();
                report.print_rows("three rounds of D-PSGD, 16 nodes x 4 neighbors", dpsgd_cases());
                if (!queues.fair) {
                    report.print_rows("one message over links that change", changing_cases());
                    report.print_lossy();
                }
                report.print_grid();
                report.print_summary();
            }
        }
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
