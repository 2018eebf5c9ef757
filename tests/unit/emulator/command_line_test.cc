#include "emulator/run/command_line.h"

#include "emulator/network/transports.h"
#include "emulator/network/underlays/underlays.h"
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
#include "tests/support/doctest.h"
#include "tests/unit/emulator/option_texts.h"
#include "topologies/overlays.h"

#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

CommandLine parse(std::vector<const char*> arguments, const ExperimentOptions& defaults = {}) {
    arguments.insert(arguments.begin(), "dpsgd");
    return parse_command_line(static_cast<int>(arguments.size()),
                              arguments.data(),
                              "dpsgd",
                              "what the scenario shows",
                              defaults);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("options are read over the defaults of the scenario") {
    ExperimentOptions defaults;
    defaults.rounds = 7;
    const CommandLine command = parse({"--nodes=64", "--lr=0.25", "--clock=measured"}, defaults);
    CHECK(command.options.nodes == 64);
    CHECK(command.options.training.lr == 0.25);
    CHECK(command.options.clock == "measured");
    CHECK(command.options.rounds == 7);
    CHECK_FALSE(command.check);
    CHECK_FALSE(command.help.has_value());
}

TEST_CASE("every option is taken from the command line, and no other changes with it") {
    for (const auto& [name, text] : test::option_texts(ExperimentOptions{})) {
        CAPTURE(name);
        if (name == "resume") {
            continue;  // brings other options with it, those of a run
        }
        const std::string value = text == "false" ? "true" : "17";
        const std::string argument = "--" + name + "=" + value;
        auto expected = test::option_texts(ExperimentOptions{});
        expected[name] = value;
        CHECK(test::option_texts(parse({argument.c_str()}).options) == expected);
    }
}

TEST_CASE("a flag is set by its name alone, or by true and false") {
    ExperimentOptions loud;
    ExperimentOptions silent;
    silent.quiet = true;
    CHECK(parse({"--quiet"}, loud).options.quiet);
    CHECK(parse({"--quiet=true"}, loud).options.quiet);
    CHECK_FALSE(parse({"--quiet=false"}, silent).options.quiet);
    CHECK(parse({}, silent).options.quiet);
    CHECK(parse({"--overwrite", "--nodes=5"}).options.overwrite);
    CHECK(parse({"--messages"}).options.messages);
    CHECK(parse({"--timeline"}).options.timeline == "true");
    CHECK(parse({"--timeline=nodes=0,3-5"}).options.timeline == "nodes=0,3-5");
    CHECK(parse({"--check"}).check);
    CHECK_FALSE(parse({"--check=false"}).check);
    CHECK_THROWS_WITH_AS((void)parse({"--quiet=maybe"}),
                         "--quiet: got 'maybe', allowed true, false",
                         std::invalid_argument);
}

TEST_CASE("an empty value is a value, and takes nothing from its neighbor") {
    ExperimentOptions defaults;
    defaults.init = "start.bin";
    const CommandLine command = parse({"--init=", "--nodes=5"}, defaults);
    CHECK(command.options.init.empty());
    CHECK(command.options.nodes == 5);
    CHECK(parse({"--topology=file:a=b"}).options.topology == "file:a=b");
}

TEST_CASE("an unknown option is refused, and the nearest known one suggested") {
    const auto refusal = [](const char* argument) {
        std::string message = "accepted";
        try {
            (void)parse({argument});
        } catch (const std::invalid_argument& error) {
            message = error.what();
        }
        return message;
    };
    CHECK(refusal("--node=4") == "unknown option --node; did you mean --nodes? --help lists all");
    CHECK(refusal("--latency-matrx") ==
          "unknown option --latency-matrx; did you mean --latency-matrix? --help lists all");
    CHECK(refusal("--topologie=ring") ==
          "unknown option --topologie; did you mean --topology? --help lists all");
    CHECK(refusal("--telepathy=on") == "unknown option --telepathy; --help lists all");
    CHECK(refusal("--chek") == "unknown option --chek; did you mean --check? --help lists all");
    CHECK(refusal("--Nodes=4") == "unknown option --Nodes; did you mean --nodes? --help lists all");
    CHECK(refusal("--=4") == "unknown option --; --help lists all");
}

TEST_CASE("what is no option is refused") {
    for (const std::string argument : {"64", "nodes=64", "-n64", ""}) {
        CHECK_THROWS_WITH_AS(
            (void)parse({argument.c_str()}),
            ("'" + argument + "' is not an option; options have the form --name=value").c_str(),
            std::invalid_argument);
    }
    CHECK_THROWS_WITH_AS((void)parse({"--nodes", "64"}),
                         "--nodes: got no value; options have the form --name=value",
                         std::invalid_argument);
}

TEST_CASE("an option that is given twice is refused") {
    CHECK_THROWS_WITH_AS((void)parse({"--nodes=4", "--rounds=2", "--nodes=4"}),
                         "--nodes: given twice, allowed once",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)parse({"--quiet", "--quiet=false"}),
                         "--quiet: given twice, allowed once",
                         std::invalid_argument);
}

TEST_CASE("a malformed number is refused by the name of its option") {
    CHECK_THROWS_WITH_AS((void)parse({"--nodes=many"}),
                         "--nodes: got 'many', allowed a whole number from 0 up",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)parse({"--nodes="}),
                         "--nodes: got '', allowed a whole number from 0 up",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        (void)parse({"--lr=nan"}), "--lr: got 'nan', allowed a number", std::invalid_argument);
}

TEST_CASE("help lists every option with its form and default") {
    ExperimentOptions defaults;
    defaults.rounds = 4321;
    const std::string help = parse({"--help"}, defaults).help.value();
    CHECK(contains(help, "what the scenario shows"));
    for_each_option(
        defaults,
        [&](const std::string& name, const auto& field, const std::string& form, auto...) {
            CAPTURE(name);
            const std::string value = option_text(field);
            CHECK(contains(help, "--" + name + " " + form + (value.empty() ? "" : "=" + value)));
        });
    CHECK(contains(help, "--rounds COUNT=4321"));
    CHECK(contains(help, "--config FILE"));
    CHECK(contains(help, "--check"));
    CHECK(parse({"-h"}).help.has_value());
    CHECK(parse({"--nodes=4", "--help", "-h"}).help.has_value());
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t times = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++times;
    }
    return times;
}

TEST_CASE("help has every option once, in lines of at most 100 columns") {
    const std::string all = parse({"--help"}).help.value();
    const ExperimentOptions options;
    for_each_option(options, [&](const std::string& name, auto...) {
        CAPTURE(name);
        CHECK(count(all, "\n  --" + name + " ") == 1);
        const std::string one = parse({("--help=" + name).c_str()}).help.value();
        CHECK(one.starts_with("  --" + name + " "));
        std::istringstream help(all + one);
        for (std::string line; std::getline(help, line);) {
            CHECK_MESSAGE(line.size() <= 100, line);
        }
    });
}

/// Checks that the help has all choices with their options and what they are.
void check_help_of(const std::string& option, const ChoiceList& choices) {
    const std::string all = parse({"--help"}).help.value();
    const std::string one = parse({("--help=" + option).c_str()}).help.value();
    // Lines may be broken anywhere.
    const auto unbroken = [](const std::string& text) {
        std::istringstream stream(text);
        std::string joined;
        for (std::string word; stream >> word;) {
            joined += word;
        }
        return joined;
    };
    for (const ChoiceText& choice : choices.texts()) {
        CAPTURE(choice.name);
        CHECK(contains(all, choice.name));
        CHECK(contains(unbroken(one), unbroken(choice.syntax() + " " + choice.help)));
        for (const OptionForm& form : choice.options) {
            CHECK(contains(unbroken(one), unbroken(form.key + " " + form.help)));
        }
    }
}

TEST_CASE("help lists what every registry holds, with options and units") {
    check_help_of("topology", overlays());
    check_help_of("network", transports());
    check_help_of("underlay", underlays());
    check_help_of("clock", clocks());
    check_help_of("protocol", protocols());
    check_help_of("sharing", encoders());
    check_help_of("aggregation", aggregators());
    check_help_of("attack", attacks());
    check_help_of("optimizer", optimizers());
    check_help_of("device", devices());
    check_help_of("codec", codecs());
    check_help_of("model", models());
    check_help_of("dataset", datasets());
    check_help_of("partition", partitions());
    CHECK(contains(parse({"--help=topology"}).help.value(), "dynamic:SPEC"));
    CHECK(contains(parse({"--help=topology"}).help.value(),
                   "directed:SPEC has directions, who sends to whom, of exponential, file"));
}

TEST_CASE("help of one option lists what it may be, a program's own among them") {
    encoders().add({"mine-alone", "a user's own", {named("beta", "0.7", "how much")}},
                   {[](const Options&, std::string_view, const ParameterLayout&)
                        -> std::unique_ptr<const Encoder> { return nullptr; }});
    aggregators().add({"mine-as-well", "a user's own", {named("gamma", "0.3", "how little")}},
                      [](const Options&) -> std::unique_ptr<const Aggregator> { return nullptr; });
    const std::string help = parse({"--help=sharing"}).help.value();
    CHECK(contains(help, "top-k[:alpha=0.1,accumulation=none|changes|averaging]"));
    CHECK(contains(help, "mine-alone[:beta=0.7]"));
    CHECK(contains(parse({"--help"}).help.value(), "mine-alone"));
    const std::string aggregation = parse({"--help=aggregation"}).help.value();
    CHECK(contains(aggregation, "trimmed-mean[:beta=0.1,f=COUNT]"));
    CHECK(contains(aggregation, "mine-as-well[:gamma=0.3]"));
    CHECK(contains(parse({"--help"}).help.value(), "mine-as-well"));
    CHECK(contains(parse({"--help=rate"}).help.value(), "--rate RATE=100Mbps"));
    CHECK(contains(parse({"--help=topology"}).help.value(), "barabasi-albert:M"));
    CHECK_THROWS_WITH_AS(
        (void)parse({"--help=sharin"}),
        "--help: no option 'sharin', --help alone lists all; did you mean sharing?",
        std::invalid_argument);
}

}  // namespace
}  // namespace murmur
