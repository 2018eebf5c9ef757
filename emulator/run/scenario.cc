#include "emulator/run/scenario.h"

#include "emulator/base/available_cores.h"
#include "emulator/base/standard_streams.h"
#include "emulator/base/system_memory.h"
#include "emulator/ranks/launcher.h"
#include "emulator/ranks/ranks.h"
#include "emulator/record/result_files.h"
#include "emulator/run/command_line.h"
#include "emulator/run/experiment_plan.h"
#include "emulator/run/joined_ranks.h"
#include "emulator/run/ns3_settings.h"
#include "emulator/run/plan_report.h"
#include "emulator/run/result_page.h"
#include "learning/runtime.h"

#include <fmt/format.h>

#include <chrono>
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
/// Longer than a launcher takes to end the others.
constexpr std::chrono::seconds kOthersPatience{5};
constexpr std::chrono::seconds kLeavePatience{5};
constexpr std::chrono::seconds kLeaveLook{1};
constexpr int kInterrupted = 130;  // 128 + SIGINT, as shells have it

/// Lists what messages have met, with how many.
std::string reasons_text(const std::map<std::string, std::uint64_t>& counts) {
    std::string text;
    for (const auto& [reason, count] : counts) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", reason, count);
    }
    return text;
}

void print_result(const Summary& summary, const std::string& folder) {
    say(stdout, "{}: {}", summary.scenario, summary.status);
    if (!summary.error.empty()) {
        say(stdout, " - {}", summary.error);
    }
    say(stdout, "\n");
    const bool has_metric = !std::isnan(summary.mean_test_accuracy);
    if (has_metric && summary.metric != "accuracy") {
        say(stdout,
            "  {:<16} {:.6g} (nodes {:.6g} to {:.6g})\n",
            "test " + summary.metric,
            summary.mean_test_accuracy,
            summary.min_test_accuracy,
            summary.max_test_accuracy);
        say(stdout, "  test loss        {:.6g}\n", summary.mean_test_loss);
    } else if (has_metric) {
        say(stdout,
            "  test accuracy    {:.2f} % (nodes {:.2f} to {:.2f} %)\n",
            100 * summary.mean_test_accuracy,
            100 * summary.min_test_accuracy,
            100 * summary.max_test_accuracy);
    } else if (!std::isnan(summary.mean_test_loss)) {
        say(stdout, "  test loss        {:.6g}\n", summary.mean_test_loss);
    }
    const std::uint32_t honest = summary.nodes - summary.attackers;
    if (summary.tested_nodes > 0 && summary.tested_nodes < honest) {
        say(stdout, "  tested           {} of {} nodes\n", summary.tested_nodes, honest);
    }
    say(stdout, "  simulated time   {:.3f} s\n", summary.simulated_s);
    say(stdout,
        "  traffic          {} on the wire in {} messages\n",
        bytes_text(static_cast<double>(summary.bytes_sent)),
        summary.messages);
    if (summary.messages_in_doubt > 0) {
        say(stdout,
            "  in doubt         {} message{} may take longer ({}), see docs/networks.md\n",
            summary.messages_in_doubt,
            summary.messages_in_doubt == 1 ? "" : "s",
            reasons_text(summary.messages_in_doubt_by_reason));
    }
    if (summary.messages_in_flight > 0) {
        say(stdout,
            "  in flight        {} message{} had not arrived when the run ended\n",
            summary.messages_in_flight,
            summary.messages_in_flight == 1 ? "" : "s");
    }
    say(stdout,
        "  cost             {:.1f} s wall, {:.1f} s CPU ({:.1f} s learning), {} memory\n",
        summary.wall_s,
        summary.cpu_s,
        summary.learning_cpu_s,
        bytes_text(static_cast<double>(summary.peak_rss_bytes)));
    say(stdout, "  results          {}/ (open report.html)\n", folder);
}

void print_quiet_result(const Summary& summary, const std::string& folder) {
    say(stdout,
        "{} {} {}{}{}\n",
        summary.scenario,
        summary.status,
        folder,
        summary.error.empty() ? "" : ": ",
        summary.error);
}

void warn_of_crowded_workers(const ExperimentOptions& options) {
    const unsigned cores = available_cores();
    if (options.clock == "measured" && options.workers > cores) {
        say(stderr,
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

/// Refuses an option that the program's own protocol would not heed.
void check_own_protocol(const CommandLine& command, const ExperimentInputs& inputs) {
    if (inputs.protocol && command.options.protocol != inputs.protocol_name) {
        throw std::invalid_argument(
            fmt::format("--protocol: got '{}', but this program brings a protocol of its own, "
                        "allowed {}",
                        command.options.protocol,
                        inputs.protocol_name));
    }
}

/// Joins the other processes of this run, if there are any.
std::shared_ptr<Ranks> join_others(const std::string& name, Experiment& experiment) {
    std::shared_ptr<Ranks> ranks = join_launched_ranks();
    if (ranks != nullptr) {
        std::vector<RankTrait> traits = rank_traits(name, experiment.options());
        if (const CheckpointMark* const from = experiment.go_on()) {
            // Each has read it by itself, perhaps from a copy of the folder.
            traits.push_back({"the checkpoint",
                              fmt::format("of round {}, {} tasks, {:x}, {:x}",
                                          from->round,
                                          from->num_tasks,
                                          from->digest,
                                          from->told_check)});
        }
        refuse_unlike_ranks(*ranks, traits);
    }
    return ranks;
}

/// Takes leave of the other ranks, or says which of them are gone; returns whether all have left.
bool take_leave(const std::string& name, Ranks* ranks) {
    if (ranks == nullptr) {
        return true;
    }
    // Rank 0 may still be writing its page; a rank that ends meanwhile would have all ended by the
    // launcher.
    const auto begin = std::chrono::steady_clock::now();
    while (!ranks->is_abandoned() && ranks->gone().empty() &&
           (!ranks->is_recorder() || std::chrono::steady_clock::now() < begin + kLeavePatience)) {
        if (ranks->finish(kLeaveLook)) {
            return true;
        }
    }
    if (const std::string gone = ranks->gone(); !gone.empty()) {
        say(stderr, "{}: {}\n", name, gone);
    }
    return false;
}

/// Says what went wrong, once for all ranks: rank 0 does, and its launcher ends the others, which
/// speak up after a while where they are alone with it.
void say_error(const std::string& name, const char* what) {
    const LaunchedPlace place = launched_place();
    if (place.rank == 0) {
        say(stderr, "{}: {}\n", name, what);
        return;
    }
    std::this_thread::sleep_for(kOthersPatience);
    say(stderr, "{}: rank {}: {}\n", name, place.rank, what);
}

int run_or_throw(CommandLine command, const std::string& name, ExperimentInputs inputs) {
    check_launcher();
    const bool is_first = launched_place().rank == 0;
    command.options.quiet = command.options.quiet || !is_first;
    check_own_protocol(command, inputs);
    check_ns3_environment();
    set_ns3_defaults(command);
    // A run that goes on does so in its own folder; see `resolve_options`.
    if (!command.options.out.empty() && command.options.resume.empty() && is_first) {
        check_folder(command.options.out, command.options.overwrite);
    }
    Experiment experiment(command.options, std::move(inputs));
    experiment.set_scenario(name);
    warn_of_crowded_workers(experiment.options());
    if (!command.options.quiet) {
        if (!command.config.empty()) {
            say(stderr,
                "--config: begins at round 0 with the options of {}; --resume goes on from a "
                "checkpoint\n",
                command.config);
        }
        for (const std::string& note : experiment.notes()) {
            say(stderr, "{}\n", note);
        }
    }
    if (command.check) {
        experiment.rehearse();
        static_cast<void>(experiment.go_on());  // refuses what the run would refuse
        if (!command.options.quiet) {
            say(stdout, "{}", describe(experiment.plan()));
        }
        return EXIT_SUCCESS;
    }
    if (experiment.options().out.empty() && is_first) {
        experiment.write_into(claim_free_folder(std::filesystem::path("results") / name));
    }
    const std::string& folder = experiment.options().out;
    if (const CheckpointMark* const from = experiment.go_on();
        from != nullptr && !command.options.quiet) {
        say(stdout,
            "resume: goes on from the end of round {}, {:.3f} s\n",
            from->round,
            to_seconds(from->time));
    }
    if (!command.options.quiet) {
        say(stdout, "{}", describe_choices(experiment.plan()));
    }
    const std::shared_ptr<Ranks> ranks = join_others(name, experiment);
    experiment.plan().ranks = ranks;
    Summary summary = experiment.run().summary;
    if (is_first) {
        make_page(folder, summary);
        if (command.options.quiet) {
            print_quiet_result(summary, folder);
        } else {
            print_result(summary, folder);
        }
    }
    // Rank 0 says how it went.  A launcher that hears so from two waits for seconds.
    const int code = is_first ? exit_code(summary) : EXIT_SUCCESS;
    // Last: a launcher that was interrupted leaves little time.
    if (!take_leave(name, ranks.get())) {
        // The exchange's thread may wait in the engine for ranks that are gone: nobody waits for
        // it.
        std::fflush(nullptr);
        std::_Exit(code);
    }
    return code;
}

}  // namespace

int run_scenario(int argc,
                 char** argv,
                 const std::string& name,
                 const std::string& description,
                 ExperimentOptions defaults,
                 ExperimentInputs inputs) {
    secure_standard_streams();
    try {
        tune_process_for_learning();
        if (inputs.protocol) {
            defaults.protocol = inputs.protocol_name;
        }
        CommandLine command = parse_command_line(argc, argv, name, description, defaults);
        if (command.help) {
            if (launched_place().rank == 0) {
                say(stdout, "{}", *command.help);
            }
            return EXIT_SUCCESS;
        }
        return run_or_throw(std::move(command), name, std::move(inputs));
    } catch (const std::invalid_argument& error) {
        say_error(name, error.what());
        return kRefused;
    } catch (const std::exception& error) {
        say_error(name, error.what());
        return EXIT_FAILURE;
    }
}

}  // namespace murmur
