#include "emulator/run/comparison.h"

#include "emulator/base/replace_file.h"
#include "emulator/base/resource_usage.h"
#include "emulator/base/standard_streams.h"
#include "emulator/ranks/launcher.h"
#include "emulator/record/link_tables.h"
#include "emulator/record/result_files.h"
#include "emulator/record/summary_tables.h"
#include "emulator/report/comparison/write_comparison.h"
#include "emulator/report/csv_table.h"
#include "emulator/run/command_line.h"
#include "emulator/run/experiment.h"
#include "emulator/run/experiment_plan.h"
#include "emulator/run/ns3_settings.h"
#include "emulator/run/plan_report.h"
#include "emulator/run/result_page.h"
#include "learning/runtime.h"
#include "tools/text/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace murmur {

namespace {

namespace fs = std::filesystem;

constexpr int kRefused = 2;
constexpr int kInterrupted = 130;  // 128 + SIGINT, as shells have it
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// When the mean test accuracy, or loss, first reached a level.
struct Reached {
    double time_s = kUnknown;
    double bytes = kUnknown;
};

struct Row {
    std::string variant;
    Summary summary;
    std::vector<RoundRow> rounds;
    double common_accuracy = kUnknown;  ///< that all variants so far have reached
    double common_loss = kUnknown;      ///< the same, where there is no accuracy
    Reached to_common{};
    double peak_bps = kUnknown;  ///< of the fullest bin of a link
};

/// Takes `--quick` out of the arguments.
bool take_quick(std::vector<const char*>& arguments) {
    const auto end = std::remove_if(arguments.begin() + 1, arguments.end(), [](const char* text) {
        return std::string_view(text) == "--quick";
    });
    const bool is_quick = end != arguments.end();
    arguments.erase(end, arguments.end());
    return is_quick;
}

ExperimentOptions options_of(const Variant& variant, const ExperimentOptions& common) {
    ExperimentOptions options = common;
    variant.change(options);
    options.out = (fs::path(common.out) / variant.name).string();
    return options;
}

double best_accuracy(const Row& row) {
    double best = kUnknown;
    if (row.summary.metric != "accuracy") {
        return best;
    }
    for (const RoundRow& round : row.rounds) {
        best = std::fmax(best, round.accuracy.mean);
    }
    return best;
}

/// The highest whole percentage that every variant has reached; NaN without accuracies.
double common_accuracy(const std::vector<Row>& rows) {
    double common = 1;
    for (const Row& row : rows) {
        const double best = best_accuracy(row);
        if (std::isnan(best)) {
            return kUnknown;
        }
        common = std::min(common, best);
    }
    return hundredths_at_most(common);
}

/// The lowest loss, rounded up to hundredths, that every variant has reached; NaN without losses.
double common_loss(const std::vector<Row>& rows) {
    double common = 0;
    for (const Row& row : rows) {
        double best = kUnknown;
        for (const RoundRow& round : row.rounds) {
            best = std::fmin(best, round.loss.mean);
        }
        if (std::isnan(best)) {
            return kUnknown;
        }
        common = std::max(common, best);
    }
    return hundredths_at_least(common);
}

/// Returns when a row came to its level.
Reached reached(const Row& row) {
    for (const RoundRow& round : row.rounds) {
        if (round.accuracy.mean >= row.common_accuracy || round.loss.mean <= row.common_loss) {
            return {round.time_s.mean, static_cast<double>(round.bytes_sent)};
        }
    }
    return {};
}

/// Finds the level that all variants so far have reached, and when each did.
void compare(std::vector<Row>& rows) {
    const double accuracy = common_accuracy(rows);
    const double loss = std::isnan(accuracy) ? common_loss(rows) : kUnknown;
    for (Row& row : rows) {
        row.common_accuracy = accuracy;
        row.common_loss = loss;
        row.to_common = reached(row);
    }
}

/// Returns what the busiest link of a run carried in its fullest bin; NaN where links are not
/// measured.
double peak_bps(const fs::path& run) {
    const fs::path path = run / LinksTable::kFile;
    std::ifstream file(path);
    double peak = kUnknown;
    if (file) {
        const report::CsvTable links =
            report::read_csv(file, path.string(), {.numbers = {"rate_bps", "peak_utilization"}});
        for (std::size_t i = 0; i < links.rows(); ++i) {
            peak = std::fmax(peak, links["rate_bps"][i] * links["peak_utilization"][i]);
        }
    }
    return peak;
}

/// Writes the table of the variants that are over.
void write(const fs::path& folder, const std::vector<Row>& rows) {
    std::string text = header_of<ComparisonTable>() + "\n";
    for (const Row& row : rows) {
        text += row_of<ComparisonTable>(row) + "\n";
    }
    replace_file(folder / "comparison.csv", text);
}

std::string cell(double value, const char* pattern) {
    return std::isnan(value) ? "-" : fmt::format(fmt::runtime(pattern), value);
}

/// @pre there are rows
void print(const std::vector<Row>& rows) {
    // Where there is no accuracy, losses stand in its place.
    const bool has_accuracy = !std::isnan(rows.front().common_accuracy);
    const std::string level = has_accuracy ? cell(100 * rows.front().common_accuracy, "to {:.0f} %")
                                           : cell(rows.front().common_loss, "to {:.2f}");
    say(stdout,
        "{:<20} {:>11} {:>10} {:>10} {:>12} {:>12} {:>12}\n",
        "variant",
        "status",
        has_accuracy ? "accuracy" : "loss",
        "time, s",
        "sent, GB",
        level + ", s",
        level + ", GB");
    for (const Row& row : rows) {
        say(stdout,
            "{:<20} {:>11} {:>10} {:>10.2f} {:>12.4f} {:>12} {:>12}\n",
            row.variant,
            row.summary.status,
            has_accuracy ? cell(100 * row.summary.mean_test_accuracy, "{:.2f} %")
                         : cell(row.summary.mean_test_loss, "{:.4f}"),
            row.summary.simulated_s,
            static_cast<double>(row.summary.bytes_sent) / 1e9,
            cell(row.to_common.time_s, "{:.2f}"),
            cell(row.to_common.bytes / 1e9, "{:.4f}"));
    }
}

/// Runs the variants until one is interrupted.
std::vector<Row> run_all(const Comparison& comparison, const ExperimentOptions& common) {
    std::vector<Row> rows;
    for (const Variant& variant : comparison.variants) {
        if (!common.quiet) {
            say(stdout,
                "{} ({} of {})\n",
                variant.name,
                rows.size() + 1,
                comparison.variants.size());
            std::fflush(stdout);
        }
        const ExperimentOptions options = options_of(variant, common);
        reset_peak_rss();
        Experiment experiment(options);
        experiment.set_scenario(comparison.name);
        RunResult result = experiment.run();
        make_page(options.out, result.summary);
        rows.push_back({variant.name, std::move(result.summary), std::move(result.rounds)});
        rows.back().peak_bps = peak_bps(options.out);
        compare(rows);
        write(common.out, rows);
        if (!rows.back().summary.error.empty()) {
            say(stderr, "{}: {}\n", variant.name, rows.back().summary.error);
        }
        if (rows.back().summary.status == "interrupted") {
            break;
        }
    }
    return rows;
}

/// Writes compare.html and compare.csv over the variants.
void set_side_by_side(const fs::path& folder) {
    try {
        for (const std::string& note : compare::write_comparison({folder}, folder)) {
            say(stderr, "{}\n", note);
        }
        say(stdout, "{} sets them side by side\n", (folder / "compare.html").string());
    } catch (const std::exception& error) {
        // The runs are what they are without a page.
        say(stderr, "no compare.html: {}\n", error.what());
    }
}

int exit_code(const std::vector<Row>& rows) {
    int code = EXIT_SUCCESS;
    for (const Row& row : rows) {
        if (row.summary.status == "interrupted") {
            return kInterrupted;
        }
        code = row.summary.status == "complete" ? code : EXIT_FAILURE;
    }
    return code;
}

int run_or_throw(std::vector<const char*> arguments, const Comparison& comparison) {
    const bool is_quick = take_quick(arguments);
    CommandLine command =
        parse_command_line(static_cast<int>(arguments.size()),
                           arguments.data(),
                           comparison.name,
                           comparison.description + " (--quick: small sizes, under a minute)",
                           is_quick ? comparison.quick : comparison.full);
    if (command.help) {
        say(stdout, "{}", *command.help);
        return EXIT_SUCCESS;
    }
    check_ns3_environment();
    set_ns3_defaults(command);
    for (const Variant& variant : comparison.variants) {
        const ExperimentOptions options = options_of(variant, command.options);
        if (!command.options.out.empty()) {
            check_folder(options.out, options.overwrite);
        }
        Experiment checked(options);
        if (command.check) {
            checked.rehearse();
        }
        if (command.check && !options.quiet) {
            say(stdout, "{}\n{}", variant.name, describe(checked.plan()));
        }
    }
    if (command.check) {
        return EXIT_SUCCESS;
    }
    if (command.options.out.empty()) {
        command.options.out = claim_free_folder(fs::path("results") / comparison.name).string();
    }
    const std::vector<Row> rows = run_all(comparison, command.options);
    print(rows);
    set_side_by_side(command.options.out);
    return exit_code(rows);
}

}  // namespace

Variant with_protocol(std::string name, std::string protocol) {
    return {std::move(name), [protocol = std::move(protocol)](ExperimentOptions& options) {
                options.protocol = protocol;
            }};
}

int run_comparison(int argc, char** argv, const Comparison& comparison) {
    secure_standard_streams();
    const LaunchedPlace place = launched_place();
    if (place.size > 1) {
        if (place.rank == 0) {
            say(stderr,
                "{}: --ranks: got {}, allowed 1: a comparison is many runs\n",
                comparison.name,
                place.size);
        }
        return kRefused;
    }
    try {
        tune_process_for_learning();
        return run_or_throw({argv, argv + argc}, comparison);
    } catch (const std::invalid_argument& error) {
        say(stderr, "{}: {}\n", comparison.name, error.what());
        return kRefused;
    } catch (const std::exception& error) {
        say(stderr, "{}: {}\n", comparison.name, error.what());
        return EXIT_FAILURE;
    }
}

}  // namespace murmur
