#include "emulator/run/help.h"

#include "emulator/base/option_text.h"
#include "emulator/network/network_setup.h"
#include "emulator/protocols/plans.h"
#include "learning/aggregation/aggregators.h"
#include "learning/codecs/codecs.h"
#include "learning/datasets.h"
#include "learning/encoding/encoders.h"
#include "learning/learner.h"
#include "learning/models/model.h"
#include "learning/optimizer.h"
#include "learning/partition.h"
#include "tools/text/words.h"
#include "topologies/generators.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>

namespace murmur {

namespace {

constexpr std::size_t kColumns = 100;

/// What the help says of an option.
struct Line {
    std::string form;
    std::string value;
    std::string help;
};

/// Returns the registry behind an option, if there is one.
const ChoiceList* registry_of(std::string_view option) {
    const std::map<std::string_view, const ChoiceList*> registries{{"protocol", &protocols()},
                                                                   {"sharing", &encoders()},
                                                                   {"aggregation", &aggregators()},
                                                                   {"codec", &codecs()},
                                                                   {"dataset", &datasets()},
                                                                   {"partition", &partitions()},
                                                                   {"model", &models()},
                                                                   {"optimizer", &optimizers()},
                                                                   {"device", &devices()}};
    const auto found = registries.find(option);
    return found == registries.end() ? nullptr : found->second;
}

std::map<std::string, Line> lines_of(const ExperimentOptions& defaults) {
    std::map<std::string, Line> lines;
    for_each_option(
        defaults, [&](const char* name, const auto& value, const char* form, const char* help) {
            lines[name] = {form, option_text(value), help};
            if (const ChoiceList* const choices = registry_of(name)) {
                lines[name].help += fmt::format(
                    ": {} (--help={} has their options)", listed(choices->names()), name);
            }
        });
    return lines;
}

/// Returns the words of `text` in lines of at most `kColumns`, each behind a margin.
std::string wrapped(std::string_view text, std::size_t margin) {
    const std::string indent(margin, ' ');
    std::string result;
    std::string line;
    for (const std::string_view word : split(text, ' ')) {
        if (!line.empty() && margin + line.size() + 1 + word.size() > kColumns) {
            result += indent + line + "\n";
            line.clear();
        }
        if (!line.empty()) {
            line += ' ';
        }
        line += word;
    }
    return result + indent + line + "\n";
}

std::string entry(const std::string& name, const Line& line) {
    const std::string value = line.value.empty() ? "" : "=" + line.value;
    return fmt::format("  --{} {}{}\n", name, line.form, value) + wrapped(line.help, 6);
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

}  // namespace

const std::vector<OptionGroup>& option_groups() {
    static const std::vector<OptionGroup> groups{
        {"Experiment",
         {"nodes", "rounds", "until", "target-accuracy", "target-loss", "protocol", "seed"}},
        {"Overlay: who exchanges models with whom", {"topology", "weights"}},
        {"Learning",
         {"dataset",
          "partition",
          "model",
          "init",
          "batch-size",
          "local-steps",
          "local-epochs",
          "optimizer",
          "lr",
          "momentum",
          "weight-decay",
          "nesterov",
          "reset-optimizer",
          "device"}},
        {"Sharing: what is sent, and how it is merged",
         {"sharing", "codec", "aggregation", "buffers", "frozen"}},
        {"Network",
         {"network",
          "underlay",
          "attach",
          "rate",
          "downlink-rate",
          "latency",
          "latency-matrix",
          "uplink-queue",
          "downlink-queue",
          "tcp",
          "jitter",
          "loss",
          "link-trace",
          "uplink-trace",
          "downlink-trace",
          "link-bins"}},
        {"Clock: what computing takes", {"clock", "speed", "workers"}},
        {"Evaluation and output",
         {"eval-every",
          "eval-nodes",
          "evaluate",
          "own-test",
          "eval-samples",
          "save-models",
          "out",
          "overwrite",
          "quiet"}}};
    return groups;
}

std::string help_of_options(const std::string& program,
                            const std::string& description,
                            const ExperimentOptions& defaults) {
    const std::map<std::string, Line> lines = lines_of(defaults);
    std::string help = wrapped(description, 0);
    help += fmt::format("\nUsage: {} [--name=value ...]\n", program);
    for (const OptionGroup& group : option_groups()) {
        help += fmt::format("\n{}\n", group.title);
        for (const std::string& name : group.options) {
            help += entry(name, lines.at(name));
        }
    }
    help += "\nThe run itself\n";
    help +=
        entry("config",
              {"FILE", "", "start from the options of an experiment.json; others override them"});
    help += entry(
        "check",
        {"BOOL", "", "check everything, say in a few lines what the options came to, run nothing"});
    help += entry("help", {"OPTION", "", "this page, or all that one option may be"});
    help += '\n';
    return help + examples(program);
}

std::string help_of_option(std::string_view option, const ExperimentOptions& defaults) {
    const std::map<std::string, Line> lines = lines_of(defaults);
    const std::string name(option.starts_with("--") ? option.substr(2) : option);
    const auto line = lines.find(name);
    if (line == lines.end()) {
        std::vector<std::string> names;
        for (const auto& [known, unused] : lines) {
            names.push_back(known);
        }
        throw std::invalid_argument(fmt::format("--help: no option '{}', --help alone lists all{}",
                                                shown(name),
                                                did_you_mean(name, names)));
    }
    std::string help = entry(name, line->second);
    if (const ChoiceList* const choices = registry_of(name)) {
        help += '\n';
        help += choices->help();
    } else if (name == "topology") {
        help += '\n';
        help += topology_help();
    } else if (name == "underlay") {
        help += '\n';
        help += underlay_help();
    }
    return help;
}

}  // namespace murmur
