// How far the flow-level network is from TCP, packet by packet: both carry the same messages over
// the same networks, and compared is when each message, and when the last of a round, arrives.
//
// Goals: rounds of 32 nodes x 6 neighbors within 5 %; unlike links: mean 8 %, 90th percentile 20 %;
// median of the grid 3 %.  TCP costs CPU time in proportion to the bytes, so the points with most
// of them are left out unless --max-mb or --full asks for them: see --help.

#include "tests/bench/accuracy_cases.h"
#include "tests/bench/carrier.h"
#include "tests/bench/cpu_clock.h"
#include "tests/bench/distribution.h"
#include "tests/bench/reference.h"

#include "ns3/config.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/transport-helper.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace murmur::bench;

struct Options {
    std::string fidelity = "flow";
    std::vector<std::string> attributes;
    std::string queues = "both";
    std::string filter;
    std::string cache;
    std::uint64_t max_mb = 100;
    bool full = false;
    bool per_message = false;
};

/// One case, as TCP and as the fidelity under test carried it.
struct Outcome {
    const AccuracyCase* accuracy_case;
    std::vector<Passage> tcp;
    std::vector<Passage> tested;

    /// Relative error of each message's time from sending to arrival, with its sign; not a number
    /// where either failed.
    [[nodiscard]] std::vector<double> message_errors() const {
        std::vector<double> errors;
        for (std::size_t index = 0; index < tcp.size(); ++index) {
            const double truth_s = tcp[index].arrived_s - tcp[index].sent_s;
            errors.push_back((tested[index].arrived_s - tested[index].sent_s) / truth_s - 1);
        }
        return errors;
    }

    /// Relative error of the time until the last message has arrived.
    [[nodiscard]] double round_error() const { return round_s(tested) / round_s(tcp) - 1; }

    static double round_s(const std::vector<Passage>& passages) {
        double last_s = 0;
        for (const Passage& passage : passages) {
            // A round with a failure never completes.
            last_s = std::isnan(passage.arrived_s) ? passage.arrived_s
                                                   : std::max(last_s, passage.arrived_s);
            if (std::isnan(last_s)) {
                return last_s;
            }
        }
        return last_s;
    }
};

/// Runs cases at both fidelities.
class Comparison {
  public:
    Comparison(const Options& options, Reference& reference, const Queues& queues)
        : options_(options), reference_(reference), queues_(queues) {}

    /// Returns nothing for cases that --case leaves out.
    std::optional<Outcome> run(const AccuracyCase& accuracy_case) {
        if (accuracy_case.name.find(options_.filter) == std::string::npos) {
            return std::nullopt;
        }
        show_progress(accuracy_case.name);
        Outcome outcome{
            &accuracy_case, reference_.passages(accuracy_case, queues_), tested(accuracy_case)};
        show_progress("");
        if (options_.per_message) {
            print_messages(outcome);
        }
        return outcome;
    }

    /// CPU time of the fidelity under test so far.
    [[nodiscard]] double tested_cpu_s() const { return tested_cpu_s_; }

  private:
    std::vector<Passage> tested(const AccuracyCase& accuracy_case) {
        const double start_s = cpu_seconds();
        const auto transport = ns3::murmuration::TransportHelper::Create(
            options_.fidelity, accuracy_case.make_underlay());
        std::vector<Passage> passages = carry(*transport, accuracy_case.messages);
        ns3::Simulator::Destroy();
        tested_cpu_s_ += cpu_seconds() - start_s;
        return passages;
    }

    static void show_progress(const std::string& text) {
        if (isatty(STDERR_FILENO) != 0) {
            fmt::print(stderr, "\r\033[K{}", text);
            std::fflush(stderr);
        }
    }

    static void print_messages(const Outcome& outcome) {
        fmt::print("{}\n{:>5} {:>5} {:>10} {:>12} {:>12} {:>9}\n",
                   outcome.accuracy_case->name,
                   "from",
                   "to",
                   "size",
                   "tcp_s",
                   "tested_s",
                   "error");
        const std::vector<double> errors = outcome.message_errors();
        for (std::size_t index = 0; index < errors.size(); ++index) {
            const JobMessage& message = outcome.accuracy_case->messages[index];
            const Passage& tcp = outcome.tcp[index];
            const Passage& tested = outcome.tested[index];
            fmt::print("{:>5} {:>5} {:>10} {:>12.6f} {:>12.6f} {:>+8.2f}%\n",
                       message.from,
                       message.to,
                       message.size_bytes,
                       tcp.arrived_s - tcp.sent_s,
                       tested.arrived_s - tested.sent_s,
                       100 * errors[index]);
        }
    }

    const Options& options_;
    Reference& reference_;
    const Queues& queues_;
    double tested_cpu_s_ = 0;
};

/// Collects sizes of errors; what failed is counted apart.
class ErrorSample {
  public:
    void add(double error) {
        if (std::isnan(error)) {
            ++failed_;
        } else {
            errors_.push_back(std::abs(error));
        }
    }

    void add(const Outcome& outcome) {
        for (const double error : outcome.message_errors()) {
            add(error);
        }
    }

    /// Number, median, mean, 90th percentile and maximum, in fixed columns.
    [[nodiscard]] std::string text() const {
        const Distribution errors = summarize(errors_);
        return fmt::format("{:>6} {:>7.2f}% {:>7.2f}% {:>7.2f}% {:>8.1f}%{}",
                           errors.count,
                           100 * errors.median,
                           100 * errors.mean,
                           100 * errors.p90,
                           100 * errors.max,
                           failed_ == 0 ? "" : fmt::format("  {} failed", failed_));
    }

  private:
    std::vector<double> errors_;
    std::size_t failed_ = 0;
};

constexpr const char* kErrorColumns = " count   median     mean      p90       max";

void print_rounds(Comparison& comparison) {
    struct Row {
        std::uint64_t size_bytes;
        std::int64_t latency_ms;
        double lv08;  ///< What SimGrid's formula LV08 was measured to be off, against the same TCP
    };
    constexpr Row kRows[] = {{36'000, 20, 1.51},
                             {360'000, 2, 0.06},
                             {360'000, 20, 0.32},
                             {360'000, 100, 0.26},
                             {3'600'000, 20, 0.02}};
    fmt::print("\nround of 32 nodes x 6 neighbors at 100 Mbps, until its last message; goal 5 %\n");
    fmt::print("{:>8} {:>8} {:>10} {:>10} {:>8} {:>8}\n",
               "size",
               "one way",
               "tcp",
               "tested",
               "error",
               "LV08");
    for (const auto& [size_bytes, latency_ms, lv08] : kRows) {
        const AccuracyCase round = round_of_32(size_bytes, latency_ms * 1'000'000);
        if (const std::optional<Outcome> outcome = comparison.run(round)) {
            fmt::print("{:>5} kB {:>5} ms {:>8.4f} s {:>8.4f} s {:>+7.1f}% {:>+7.0f}%\n",
                       size_bytes / 1000,
                       latency_ms,
                       Outcome::round_s(outcome->tcp),
                       Outcome::round_s(outcome->tested),
                       100 * outcome->round_error(),
                       100 * lv08);
        }
    }
}

void print_unlike(Comparison& comparison) {
    fmt::print(
        "\nunlike links: 100 nodes, 600 messages of 360 kB, 0.3-10 MB/s, 2-100 ms; "
        "per message\n");
    fmt::print(
        "goal: mean 8 %, 90th percentile 20 %; "
        "LV08: 17.8 % and 35 %; max-min without TCP: mean 28.7 %\n");
    fmt::print("        {}\n", kErrorColumns);
    for (const std::uint64_t seed : {1, 2, 3}) {
        const AccuracyCase unlike = unlike_100(seed);
        if (const std::optional<Outcome> outcome = comparison.run(unlike)) {
            ErrorSample errors;
            errors.add(*outcome);
            fmt::print("seed {}  {}   round {:+.1f}%\n",
                       seed,
                       errors.text(),
                       100 * outcome->round_error());
        }
    }
}

void print_grid(Comparison& comparison, const Options& options) {
    std::map<std::string, std::pair<ErrorSample, ErrorSample>> patterns;
    ErrorSample all_messages;
    ErrorSample all_rounds;
    std::size_t left_out = 0;
    const std::vector<AccuracyCase> grid = accuracy_grid();
    for (const AccuracyCase& point : grid) {
        if (!options.full && total_bytes(point) > options.max_mb * 1'000'000) {
            ++left_out;
        } else if (const std::optional<Outcome> outcome = comparison.run(point)) {
            auto& [messages, rounds] = patterns[point.pattern];
            messages.add(*outcome);
            all_messages.add(*outcome);
            rounds.add(outcome->round_error());
            all_rounds.add(outcome->round_error());
        }
    }
    fmt::print(
        "\ngrid: 10 kB-50 MB, 1 Mbps-1 Gbps, round trips of 1-300 ms, 1-64 at a time; "
        "goal: median 3 %\n");
    fmt::print(
        "{} points of {} are left out because TCP would take too long\n", left_out, grid.size());
    fmt::print("{:18}{:45}   per round\n{:18}{}   {}\n",
               "",
               "per message",
               "",
               kErrorColumns,
               kErrorColumns);
    for (const auto& [pattern, samples] : patterns) {
        fmt::print("{:18}{}   {}\n", pattern, samples.first.text(), samples.second.text());
    }
    fmt::print("{:18}{}   {}\n", "all", all_messages.text(), all_rounds.text());
}

void compare(const Options& options, Reference& reference, const Queues& queues) {
    fmt::print("\n==== {} against tcp, {} ====\n", options.fidelity, queues.name);
    fmt::print(
        "reference: ns-3's TcpCubic with hybrid slow start, SACK and timestamps, segments of "
        "1,448 bytes,\n  initial window 10, buffers of 4 MiB, least timeout 200 ms;\n  {}\n",
        queues.description);
    Comparison comparison(options, reference, queues);
    print_rounds(comparison);
    print_unlike(comparison);
    print_grid(comparison, options);
    fmt::print("CPU of {}: {:.1f} s\n", options.fidelity, comparison.tested_cpu_s());
}

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
    app.add_option("--fidelity", options.fidelity, "what to compare with tcp [flow]");
    app.add_option("--set",
                   options.attributes,
                   "defaults of attributes, such as ns3::murmuration::FlowMessageTransport::"
                   "InitialCwnd=4; goes with a --tcp-cache of its own if it reaches tcp");
    app.add_option("--queues", options.queues, "of the reference: drop-tail, fq-codel, both [both]")
        ->check(CLI::IsMember({"drop-tail", "fq-codel", "both"}));
    app.add_option("--case", options.filter, "only cases whose name contains this");
    app.add_option("--tcp-cache", options.cache, "file that keeps what TCP took, for later runs");
    app.add_option(
        "--max-mb",
        options.max_mb,
        "only points with so much content, all messages together; TCP takes about 5 s of "
        "CPU for 100 [100]");
    app.add_flag("--full", options.full, "all points; TCP takes minutes for some");
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
        Reference reference(options.cache);
        for (const Queues& queues : kQueues) {
            if (options.queues == "both" || options.queues == queues.name) {
                compare(options, reference, queues);
            }
        }
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
