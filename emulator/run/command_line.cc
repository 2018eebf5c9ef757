#include "emulator/run/command_line.h"

#include "emulator/base/option_text.h"
#include "emulator/record/build_info.h"
#include "emulator/run/help.h"
#include "emulator/run/ns3_settings.h"
#include "tools/text/words.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace murmur {

namespace {

/// Every option, and whether `--name` alone means `--name=true`.
std::map<std::string, bool> known_options() {
    std::map<std::string, bool> names{
        {"config", false}, {"check", true}, {"help", true}, {"version", true}};
    const ExperimentOptions options;
    for_each_option(options, [&](const char* name, const auto& field, auto...) {
        names[name] = std::is_same_v<std::decay_t<decltype(field)>, bool>;
    });
    names["timeline"] = true;
    return names;
}

std::invalid_argument unknown_option(const std::string& name,
                                     const std::map<std::string, bool>& known) {
    std::vector<std::string> names;
    for (const auto& [word, unused] : known) {
        names.push_back("--" + word);
    }
    const std::string guess = did_you_mean("--" + name, names);
    return std::invalid_argument(fmt::format(
        "unknown option --{}{} --help lists all", shown(name), guess.empty() ? ";" : guess));
}

/// Splits an argument of ns-3's form `--name=value` (the value may be empty) or `--flag`.
std::pair<std::string, std::string> read_argument(const std::string& argument,
                                                  const std::map<std::string, bool>& known) {
    if (!argument.starts_with("--")) {
        throw std::invalid_argument(
            fmt::format("'{}' is not an option; options have the form --name=value", argument));
    }
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(2, equals - 2);
    const auto option = known.find(name);
    if (option == known.end()) {
        throw unknown_option(name, known);
    }
    if (equals != std::string::npos) {
        return {name, argument.substr(equals + 1)};
    }
    if (!option->second) {
        throw std::invalid_argument(
            fmt::format("--{}: got no value; options have the form --name=value", name));
    }
    return {name, "true"};
}

/// The texts that were given, by option name.
using GivenOptions = std::map<std::string, std::string>;

/// How an option begins that sets an attribute of ns-3.
constexpr std::string_view kNs3 = "--ns3::";

/// Splits `--ns3::CLASS::ATTRIBUTE=value` into name and value.
std::pair<std::string, std::string> read_ns3_default(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) {
        throw std::invalid_argument(
            fmt::format("{}: got no value; write --ns3::CLASS::ATTRIBUTE=value", shown(argument)));
    }
    return {argument.substr(2, equals - 2), argument.substr(equals + 1)};
}

/// Reads all arguments.  Not left to CLI11, which takes what follows `--name=` for its value.
GivenOptions read_arguments(int argc,
                            const char* const* argv,
                            std::map<std::string, std::string>& ns3_defaults) {
    const std::map<std::string, bool> known = known_options();
    GivenOptions given;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument.starts_with(kNs3)) {
            const auto [attribute, value] = read_ns3_default(argument);
            if (!ns3_defaults.emplace(attribute, value).second) {
                throw std::invalid_argument(
                    fmt::format("--{}: given twice, allowed once", attribute));
            }
            continue;
        }
        const auto [name, value] = read_argument(argument == "-h" ? "--help" : argument, known);
        if (!given.emplace(name, value).second && name != "help") {
            throw std::invalid_argument(fmt::format("--{}: given twice, allowed once", name));
        }
    }
    return given;
}

template <class Field>
void take(const GivenOptions& given, const char* name, Field& field) {
    const auto entry = given.find(name);
    if (entry == given.end()) {
        return;
    }
    read_option(std::string("--") + name, entry->second, field);
}

/// Refuses to run an experiment again under other settings of ns-3 than it had.
/// @param option  that names the experiment
void check_environment_of(const nlohmann::json& experiment,
                          const std::string& path,
                          std::string_view option) {
    const nlohmann::json settings = experiment.value(
        nlohmann::json::json_pointer("/ns3/environment"), nlohmann::json::object());
    for (const auto& [name, value] : settings.items()) {
        const char* const present = std::getenv(name.c_str());
        if (value.is_string() && (present == nullptr || value != present)) {
            throw std::invalid_argument(
                fmt::format("--{}: {} was run with {}='{}', got {}; set it likewise",
                            option,
                            path,
                            name,
                            value.get<std::string>(),
                            present == nullptr ? "none" : fmt::format("'{}'", present)));
        }
    }
}

/// Returns the defaults of ns-3's attributes that an experiment.json names.
std::map<std::string, std::string> ns3_defaults_of(const std::string& path) {
    std::ifstream file(path);
    const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
    const nlohmann::json settings =
        json.value(nlohmann::json::json_pointer("/ns3/defaults"), nlohmann::json::object());
    std::map<std::string, std::string> defaults;
    for (const auto& [name, value] : settings.items()) {
        if (value.is_string()) {
            defaults[name] = value.get<std::string>();
        }
    }
    return defaults;
}

/// Says in a line what the program is and was built from and with.
std::string version_text(const std::string& name) {
    const BuildInfo build = build_info();
    std::string text = name + ":";
    for (const auto& [part, version] : build.versions) {
        text += fmt::format("{} {} {}", text.ends_with(':') ? "" : ",", part, version);
        if (part == "murmuration" && !build.revision.empty()) {
            text += fmt::format(" ({})", build.revision);
        }
    }
    return text + "\n";
}

/// Returns the experiment.json that a command line names, if any.
std::optional<std::string> config_of(const GivenOptions& given) {
    const auto resume = given.find("resume");
    if (resume == given.end() || resume->second.empty()) {
        const auto config = given.find("config");
        return config != given.end() ? std::optional(config->second) : std::nullopt;
    }
    const std::filesystem::path file = std::filesystem::path(resume->second) / "experiment.json";
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) {
        throw std::invalid_argument(
            fmt::format("--resume: {} is no result folder of a run, it has no experiment.json",
                        resume->second));
    }
    return file.string();
}

}  // namespace

void read_config(const std::string& path,
                 ExperimentOptions& options,
                 std::string_view option) {
    std::ifstream file(path);
    std::error_code ignored;
    // A folder opens, and only reading it fails; a device may never end.
    if (!file || !std::filesystem::is_regular_file(path, ignored)) {
        throw std::invalid_argument(fmt::format("--{}: cannot read {}", option, path));
    }
    constexpr std::uintmax_t kMostBytes = std::uintmax_t{16} << 20;
    const std::uintmax_t bytes = std::filesystem::file_size(path);
    if (bytes > kMostBytes) {
        throw std::invalid_argument(
            fmt::format(
            "--{}: {} holds {} bytes, allowed {}", option, path, bytes, kMostBytes));
    }
    const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
    if (!json.is_object() || !json.contains("options") || !json["options"].is_object()) {
        throw std::invalid_argument(
            fmt::format(
            "--{}: {} is not an experiment.json with an object `options`", option, path));
    }
    check_environment_of(json, path, option);
    GivenOptions given;
    for (const auto& [name, value] : json["options"].items()) {
        if (!value.is_string() && !value.is_number() && !value.is_boolean()) {
            throw std::invalid_argument(fmt::format(
                "--{}: {}: option {} is not a text, a number or true, false", option, path, name));
        }
        given[name] = value.is_string() ? value.get<std::string>() : value.dump();
    }
    // Where the earlier run wrote is not part of what it did.
    for (const char* name : {"out", "overwrite", "quiet", "resume"}) {
        given.erase(name);
    }
    for_each_option(options, [&](const char* name, auto& field, auto...) {
        take(given, name, field);
        given.erase(name);
    });
    if (!given.empty()) {
        throw std::invalid_argument(
            fmt::format("--{}: {}: unknown option {}", option, path, given.begin()->first));
    }
}

void set_ns3_defaults(const CommandLine& command) {
    for (const auto& [name, value] : command.ns3_defaults) {
        set_ns3_default(name, value);
    }
}

CommandLine parse_command_line(int argc,
                               const char* const* argv,
                               const std::string& name,
                               const std::string& description,
                               const ExperimentOptions& defaults) {
    CommandLine command{.options = defaults, .check = false, .help = {}};
    const GivenOptions given = read_arguments(argc, argv, command.ns3_defaults);
    if (given.contains("version")) {
        command.help = version_text(name);
        return command;
    }
    if (const auto help = given.find("help"); help != given.end()) {
        command.help = help->second == "true" ? help_of_options(name, description, defaults)
                                              : help_of_option(help->second, defaults);
        return command;
    }
    if (given.contains("config") && given.contains("resume")) {
        throw std::invalid_argument(
            "--config: got one with --resume, which has the options of the "
            "run that goes on, allowed one of these");
    }
    if (const std::optional<std::string> config = config_of(given)) {
        read_config(*config, command.options, given.contains("resume") ? "resume" : "config");
        // What is given beside the file comes first.
        command.ns3_defaults.merge(ns3_defaults_of(*config));
    }
    if (given.contains("resume")) {
        command.options.workers = defaults.workers;  // of the machine that it ran on
    }
    take(given, "config", command.config);
    for_each_option(command.options,
                    [&](const char* option, auto& field, auto...) { take(given, option, field); });
    take(given, "check", command.check);
    return command;
}

}  // namespace murmur
