// How far each network is from real Linux TCP on shaped links: the last arrival of each job, and
// single messages. `--measure JOB,...` measures jobs anew (as root; see tests/reality/README.md).
//
// Goals: packet within 3 % on every job's last arrival and 5 % mean error of single messages; flow
// within 8 % or in doubt; tcp within 10 %.

#include "tests/reality/measure.h"
#include "tests/reality/outcome.h"
#include "tests/reality/simulated.h"

#include "ns3/config.h"
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
#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace murmur::reality;

struct Options {
    std::string file;
    std::vector<std::string> networks{"packet", "tcp", "flow"};
    std::vector<std::string> attributes;
    std::string filter;
    bool details = false;
    bool per_message = false;
    std::vector<std::string> measured_jobs;
    MeasureOptions measuring;
};

/// The jobs of the file that was asked for, or of those that come with the sources.
std::vector<Measured> read_files(const Options& options) {
    if (!options.file.empty()) {
        return read_measured(options.file);
    }
    std::vector<Measured> all;
    for (const char* const path : {MURMUR_SOURCE_DIR "/../shared/reality/measured.json",
                                   MURMUR_SOURCE_DIR "/tests/reality/measured.json"}) {
        if (std::filesystem::exists(path)) {
            for (Measured& measured : read_measured(path)) {
                all.push_back(std::move(measured));
            }
        }
    }
    if (all.empty()) {
        throw std::runtime_error("no file of measured times; name one with --file");
    }
    return all;
}

bool is_known(const std::string& network) {
    const auto& names = ns3::murmuration::TransportHelper::GetFidelities();
    return std::find(names.begin(), names.end(), network) != names.end();
}

/// How a network has done over all jobs.
struct Score {
    double worst_last = 0;
    double worst_beyond_doubt = 0;  ///< the same, of jobs without a message in doubt
    double sum_single = 0;
    std::size_t num_single = 0;
    std::size_t num_jobs = 0;
    std::size_t num_doubtful = 0;  ///< jobs
};

void print_messages(const Measured& measured, const std::vector<double>& seconds) {
    for (std::size_t index = 0; index < measured.seconds.size(); ++index) {
        const Parcel& parcel = measured.job.parcels[index % measured.job.parcels.size()];
        fmt::print("    {:>3} {:>3} to {:>3}  real {:9.4f}  {:9.4f}  {:+6.1f} %\n",
                   index,
                   parcel.from,
                   parcel.to,
                   measured.seconds[index],
                   seconds[index],
                   100 * (seconds[index] / measured.seconds[index] - 1));
    }
}

/// Draws of a job by chance, at least: of fewer, a median is off by per cents.
constexpr std::uint64_t kLeastDraws = 101;

/// What a network makes of a job: once, or of a job by chance the medians of as many draws as there
/// were real runs, and not of few.
struct Carried {
    std::vector<double> seconds;
    double last;
    std::uint64_t retransmissions;
    std::uint64_t timeouts;
    std::uint64_t in_doubt;
};

Carried carry(const Measured& measured, const std::string& network) {
    std::vector<Outcome> outcomes;
    const bool is_by_chance = measured.job.is_by_chance();
    const std::uint64_t draws = is_by_chance ? std::max(measured.runs, kLeastDraws) : 1;
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
        outcomes.push_back(simulate(measured.job, network, static_cast<std::int64_t>(draw)));
    }
    const auto median_of = [&outcomes](auto get) {
        std::vector<double> values;
        for (const Outcome& outcome : outcomes) {
            values.push_back(static_cast<double>(get(outcome)));
        }
        return median(values);
    };
    const auto count = [&](auto Outcome::*member) {
        return static_cast<std::uint64_t>(
            median_of([member](const Outcome& outcome) { return outcome.*member; }));
    };
    Carried carried{{},
                    median_of([](const Outcome& outcome) { return outcome.last(); }),
                    count(&Outcome::retransmissions),
                    count(&Outcome::timeouts),
                    count(&Outcome::in_doubt)};
    for (std::size_t index = 0; index < outcomes[0].seconds.size(); ++index) {
        carried.seconds.push_back(
            median_of([index](const Outcome& outcome) { return outcome.seconds[index]; }));
    }
    return carried;
}

/// Returns what the table has for one job and one network.
std::string compare(const Measured& measured,
                    const std::string& network,
                    const Options& options,
                    Score& score) {
    if (const std::string reason = why_not(measured.job, network); !reason.empty()) {
        return options.details ? "skipped: " + reason : "-";
    }
    const Carried carried = carry(measured, network);
    double sum = 0;
    for (std::size_t index = 0; index < measured.seconds.size(); ++index) {
        sum += std::abs(carried.seconds[index] / measured.seconds[index] - 1);
    }
    const double error = carried.last / measured.last - 1;
    const std::size_t num_single = measured.job.rounds > 1 ? 0 : measured.seconds.size();
    std::string text = fmt::format("{:+.1f} %", 100 * error);
    if (num_single > 1) {
        text += fmt::format(" ({:.1f} %)", 100 * sum / static_cast<double>(num_single));
    }
    if (carried.in_doubt > 0) {
        text += fmt::format(" [{}]", carried.in_doubt);
    }
    if (options.details) {
        text += fmt::format("; {:.4f} s, {} resent, {} timeouts",
                            carried.last,
                            carried.retransmissions,
                            carried.timeouts);
    }
    if (options.per_message) {
        print_messages(measured, carried.seconds);
    }
    score.worst_last = std::max(score.worst_last, std::abs(error));
    if (carried.in_doubt == 0) {
        score.worst_beyond_doubt = std::max(score.worst_beyond_doubt, std::abs(error));
    }
    score.num_doubtful += carried.in_doubt > 0 ? 1 : 0;
    score.sum_single += num_single > 0 ? sum : 0;
    score.num_single += num_single;
    ++score.num_jobs;
    return text;
}

void print_scores(const Options& options, const std::vector<Score>& scores) {
    fmt::print("\n{:10} {:>5} {:>14} {:>24} {:>28} {:>28}\n",
               "network",
               "jobs",
               "in doubt",
               "worst |error| of a job",
               "the same, not in doubt",
               "mean |error| of messages");
    for (std::size_t index = 0; index < options.networks.size(); ++index) {
        const Score& score = scores[index];
        if (!is_known(options.networks[index])) {
            fmt::print("{:10} skipped: this build has no such network\n", options.networks[index]);
        } else if (score.num_jobs > 0) {
            fmt::print("{:10} {:>5} {:>14} {:>22.1f} % {:>26.1f} % {:>26.1f} %\n",
                       options.networks[index],
                       score.num_jobs,
                       score.num_doubtful,
                       100 * score.worst_last,
                       100 * score.worst_beyond_doubt,
                       score.num_single == 0
                           ? 0.0
                           : 100 * score.sum_single / static_cast<double>(score.num_single));
        }
    }
}

/// Prints a row for each job, as a table of Markdown.
void run(const Options& options) {
    std::vector<Score> scores(options.networks.size());
    std::string rule = "| --- | ---";
    fmt::print(
        "error of the last arrival (mean |error| of single messages) [messages in doubt]\n\n");
    fmt::print("| job | real");
    for (const std::string& network : options.networks) {
        fmt::print(" | `{}`", network);
        rule += " | ---";
    }
    fmt::print(" |\n{} |\n", rule);
    for (const Measured& measured : read_files(options)) {
        if (measured.job.name.find(options.filter) == std::string::npos) {
            continue;
        }
        std::string row = fmt::format("| `{}` | {:.4g} s", measured.job.name, measured.last);
        for (std::size_t index = 0; index < options.networks.size(); ++index) {
            if (is_known(options.networks[index])) {
                row += " | ";
                row += compare(measured, options.networks[index], options, scores[index]);
            }
        }
        fmt::print("{} |\n", row);
        std::fflush(stdout);
    }
    print_scores(options, scores);
}

/// Measures instead of comparing.
int measure_jobs(const Options& options) {
    if (const std::string reason = why_not_measure(); !reason.empty()) {
        fmt::print("skipped: {}\n", reason);
        return EXIT_SUCCESS;
    }
    return measure(options.measured_jobs, options.measuring).empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"How far each network is from real Linux TCP on shaped links."};
    app.add_option("--file", options.file, "measured times; empty: those that come with us");
    app.add_option("--network", options.networks, "networks to compare")->delimiter(',');
    app.add_option("--attribute", options.attributes, "ns-3 defaults, CLASS::ATTRIBUTE=VALUE");
    app.add_option("--filter", options.filter, "jobs whose name has this in it");
    app.add_flag("--details", options.details, "seconds, retransmissions and timeouts, too");
    app.add_flag("--per-message", options.per_message, "every message, or round");
    app.add_option("--measure",
                   options.measured_jobs,
                   "measure these jobs over real TCP instead, as root; see tests/reality/job.h")
        ->delimiter(',');
    app.add_option("--runs", options.measuring.runs, "runs of each that must repeat")
        ->check(CLI::PositiveNumber);
    app.add_option("--out", options.measuring.out, "JSON file to add what was measured to");
    CLI11_PARSE(app, argc, argv);
    try {
        for (const std::string& attribute : options.attributes) {
            const std::size_t equals = attribute.find('=');
            ns3::Config::SetDefault("ns3::" + attribute.substr(0, equals),
                                    ns3::StringValue(attribute.substr(equals + 1)));
        }
        if (!options.measured_jobs.empty()) {
            return measure_jobs(options);
        }
        run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench-reality: {}\n", error.what());
        return 2;
    }
    return EXIT_SUCCESS;
}
