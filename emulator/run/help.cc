#include "emulator/run/help.h"

#include "emulator/base/option_text.h"
#include "emulator/network/transports.h"
#include "emulator/network/underlays/underlays.h"
#include "emulator/nodes/availability.h"
#include "emulator/protocols/plans.h"
#include "emulator/tasks/clocks.h"
#include "learning/aggregation/aggregators.h"
#include "learning/attack.h"
#include "learning/codecs/codecs.h"
#include "learning/datasets.h"
#include "learning/encoding/encoders.h"
#include "learning/learner.h"
#include "learning/models/model.h"
#include "learning/optimizer.h"
#include "learning/partition.h"
#include "learning/privacy/dp_sgd.h"
#include "learning/schedule.h"
#include "tools/text/words.h"
#include "topologies/overlays.h"

#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

/// What the help says of an option.
struct Line {
    std::string form;
    std::string value;
    std::string help;
    OptionGroup group = OptionGroup::kExperiment;
};

/// Returns the registry behind an option, if there is one.
const ChoiceList* registry_of(std::string_view option) {
    const std::map<std::string_view, const ChoiceList*> registries{{"protocol", &protocols()},
                                                                   {"topology", &overlays()},
                                                                   {"sharing", &encoders()},
                                                                   {"aggregation", &aggregators()},
                                                                   {"attack", &attacks()},
                                                                   {"codec", &codecs()},
                                                                   {"dataset", &datasets()},
                                                                   {"partition", &partitions()},
                                                                   {"model", &models()},
                                                                   {"optimizer", &optimizers()},
                                                                   {"schedule", &schedules()},
                                                                   {"privacy", &privacies()},
                                                                   {"device", &devices()},
                                                                   {"network", &transports()},
                                                                   {"underlay", &underlays()},
                                                                   {"clock", &clocks()},
                                                                   {"availability", &availabilities()}};
    const auto found = registries.find(option);
    return found == registries.end() ? nullptr : found->second;
}

/// All options with what the help says of them, in the order in which they are named.
std::vector<std::pair<std::string, Line>> lines_of(const ExperimentOptions& defaults) {
    std::vector<std::pair<std::string, Line>> lines;
    for_each_option(defaults,
                    [&](const char* name,
                        const auto& value,
                        const char* form,
                        const char* help,
                        OptionGroup group) {
                        Line line{form, option_text(value), help, group};
                        if (const ChoiceList* const choices = registry_of(name)) {
                            line.help += fmt::format(": {} (--help={} has their options)",
                                                     listed(choices->names()),
                                                     name);
                        }
                        lines.emplace_back(name, std::move(line));
                    });
    return lines;
}

std::string entry(const std::string& name, const Line& line) {
    const std::string value = line.value.empty() ? "" : "=" + line.value;
    return wrapped(fmt::format("--{} {}{}", name, line.form, value), 2) + wrapped(line.help, 6);
}

/// What may stand before the names of overlays.
std::string before_overlays() {
    std::string text = wrapped(
        "dynamic:SPEC draws a new overlay of the kind in each round, from the seed and the round; "
        "all nodes know it.",
        2);
    text += wrapped(fmt::format("directed:SPEC has directions, who sends to whom, of {}.",
                                listed(directed_overlays())),
                    2);
    return text;
}

std::string examples(const std::string& program) {
    return fmt::format(
        "Examples:\n"
        "  {0} --nodes=32 --topology=ring --network=ideal --clock=modelled:1ms\n"
        "  {0} --sharing=top-k:alpha=0.05 --codec=elias+float16 --partition=dirichlet:0.1\n"
        "  {0} --sharing=jwins --aggregation=trimmed-mean:beta=0.2\n"
        "  {0} --rate=uniform:10Mbps:100Mbps --latency=lognormal:20ms:0.5 --network=flow\n"
        "  {0} --until=60s --target-accuracy=0.6 --check\n",
        program);
}

constexpr std::pair<OptionGroup, const char*> kTitles[] = {
    {OptionGroup::kExperiment, "Experiment"},
    {OptionGroup::kOverlay, "Overlay: who exchanges models with whom"},
    {OptionGroup::kLearning, "Learning"},
    {OptionGroup::kSharing, "Sharing: what is sent, and how it is merged"},
    {OptionGroup::kNetwork, "Network"},
    {OptionGroup::kClock, "Clock: what computing takes, and devices"},
    {OptionGroup::kLife, "Nodes that come and go"},
    {OptionGroup::kOutput, "Evaluation and output"}};

}  // namespace

std::string help_of_options(const std::string& program,
                            const std::string& description,
                            const ExperimentOptions& defaults) {
    const auto lines = lines_of(defaults);
    std::string help = wrapped(description, 0);
    help += fmt::format("\nUsage: {} [--name=value ...]\n", program);
    for (const auto& [group, title] : kTitles) {
        help += fmt::format("\n{}\n", title);
        for (const auto& [name, line] : lines) {
            help += line.group == group ? entry(name, line) : "";
        }
    }
    help += "\nThe run itself\n";
    help += entry("config",
                  {.form = "FILE",
                   .value = "",
                   .help = "start from the options of an experiment.json; others override them"});
    help += entry("check",
                  {.form = "BOOL",
                   .value = "",
                   .help = "check everything, say in a few lines what the options came to, run "
                           "nothing"});
    help +=
        entry("help",
              {.form = "OPTION", .value = "", .help = "this page, or all that one option may be"});
    help +=
        entry("version",
              {.form = "BOOL", .value = "", .help = "what the program was built from and with"});
    help += entry("ns3::CLASS::ATTRIBUTE",
                  {.form = "VALUE",
                   .value = "",
                   .help = "default of an attribute of ns-3, such as "
                           "--ns3::TcpSocketBase::MinRto=300ms; recorded in experiment.json"});
    help += '\n';
    return help + examples(program);
}

std::string help_of_option(std::string_view option, const ExperimentOptions& defaults) {
    const auto lines = lines_of(defaults);
    const std::string name(option.starts_with("--") ? option.substr(2) : option);
    std::vector<std::string> names;
    for (const auto& [known, line] : lines) {
        names.push_back(known);
        if (known != name) {
            continue;
        }
        std::string help = entry(name, line);
        if (const ChoiceList* const choices = registry_of(name)) {
            help += '\n';
            help += choices->help();
        }
        if (name == "topology") {
            help += '\n';
            help += before_overlays();
        }
        return help;
    }
    throw std::invalid_argument(fmt::format("--help: no option '{}', --help alone lists all{}",
                                            shown(name),
                                            did_you_mean(name, names)));
}

}  // namespace murmur
