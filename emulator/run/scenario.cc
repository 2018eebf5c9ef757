#include "emulator/run/scenario.h"

#include "emulator/record/result_files.h"
#include "emulator/run/command_line.h"
#include "emulator/run/result_page.h"
#include "learning/runtime.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

namespace murmur {

namespace {

constexpr int kRefused = 2;
constexpr int kInterrupted = 130;  // 128 + SIGINT, as shells have it

std::string bytes_text(double bytes) {
    for (const char* unit : {"B", "kB", "MB", "GB"}) {
        if (bytes < 1000) {
            return fmt::format("{:.4g} {}", bytes, unit);
        }
        bytes /= 1000;
    }
    return fmt::format("{:.4g} TB", bytes);
}

/// Lists what messages have met, with how many.
std::string reasons_text(const std::map<std::string, std::uint64_t>& counts) {
    std::string text;
    for (const auto& [reason, count] : counts) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", reason, count);
    }
    return text;
}

void print_result(const Summary& summary, const std::string& folder) {
    fmt::print("{}: {}", summary.scenario, summary.status);
    if (!summary.error.empty()) {
        fmt::print(" - {}", summary.error);
    }
    fmt::print("\n");
    if (!std::isnan(summary.mean_test_accuracy)) {
        fmt::print("  test accuracy    {:.2f} % (nodes {:.2f} to {:.2f} %)\n",
                   100 * summary.mean_test_accuracy,
                   100 * summary.min_test_accuracy,
                   100 * summary.max_test_accuracy);
    } else if (!std::isnan(summary.mean_test_loss)) {
        fmt::print("  test loss        {:.6g}\n", summary.mean_test_loss);
    }
    fmt::print("  simulated time   {:.3f} s\n", summary.simulated_s);
    fmt::print("  traffic          {} on the wire in {} messages\n",
               bytes_text(static_cast<double>(summary.bytes_sent)),
               summary.messages);
    if (summary.messages_in_doubt > 0) {
        fmt::print("  in doubt         {} messages may take longer ({}), see docs/networks.md\n",
                   summary.messages_in_doubt,
                   reasons_text(summary.messages_in_doubt_by_reason));
    }
    fmt::print("  cost             {:.1f} s wall, {:.1f} s CPU ({:.1f} s learning), {} memory\n",
               summary.wall_s,
               summary.cpu_s,
               summary.learning_cpu_s,
               bytes_text(static_cast<double>(summary.peak_rss_bytes)));
    fmt::print("  results          {}/ (open report.html)\n", folder);
}

void print_quiet_result(const Summary& summary, const std::string& folder) {
    fmt::print("{} {} {}{}{}\n",
               summary.scenario,
               summary.status,
               folder,
               summary.error.empty() ? "" : ": ",
               summary.error);
}

void warn_of_crowded_workers(const ExperimentOptions& options) {
    const unsigned cores = std::thread::hardware_concurrency();
    if (options.clock == "measured" && options.workers > cores) {
        fmt::print(stderr,
                   "warning: --clock=measured with {} workers on {} cores: caches are shared by "
                   "more tasks than cores, measured times grow; use --workers={} to trust them\n",
                   options.workers,
                   cores,
                   cores);
    }
}

int exit_code(const Summary& summary) {
    if (summary.status == "complete") {
        return EXIT_SUCCESS;
    }
    return summary.status == "interrupted" ? kInterrupted : EXIT_FAILURE;
}

int run_or_throw(CommandLine command, const std::string& name, ExperimentInputs inputs) {
    if (command.options.out.empty()) {
        command.options.out = next_free_folder(std::filesystem::path("results") / name).string();
    }
    Experiment experiment(command.options, std::move(inputs));
    experiment.set_scenario(name);
    warn_of_crowded_workers(experiment.options());
    if (!command.options.quiet) {
        for (const std::string& note : experiment.notes()) {
            fmt::print(stderr, "{}\n", note);
        }
    }
    if (command.check) {
        return EXIT_SUCCESS;
    }
    Summary summary = experiment.run().summary;
    make_page(command.options.out, summary);
    if (command.options.quiet) {
        print_quiet_result(summary, command.options.out);
    } else {
        print_result(summary, command.options.out);
    }
    return exit_code(summary);
}

}  // namespace

int run_scenario(int argc,
                 char** argv,
                 const std::string& name,
                 const std::string& description,
                 ExperimentOptions defaults,
                 ExperimentInputs inputs) {
    try {
        tune_process_for_learning();
        CommandLine command = parse_command_line(argc, argv, name, description, defaults);
        if (command.help) {
            fmt::print("{}", *command.help);
            return EXIT_SUCCESS;
        }
        return run_or_throw(std::move(command), name, std::move(inputs));
    } catch (const std::invalid_argument& error) {
        fmt::print(stderr, "{}: {}\n", name, error.what());
        return kRefused;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}: {}\n", name, error.what());
        return EXIT_FAILURE;
    }
}

}  // namespace murmur
