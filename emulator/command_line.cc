#include "emulator/command_line.h"

#include "emulator/option_text.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace murmur {

namespace {

/// Returns the number of insertions, deletions and substitutions between two words.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
        }
    }
    return row.back();
}

std::vector<std::string> option_names() {
    std::vector<std::string> names{"config", "check", "help"};
    ExperimentOptions options;
    for_each_option(options, [&](const char* name, auto&&...) { names.emplace_back(name); });
    return names;
}

std::invalid_argument unknown_option(const std::string& argument) {
    if (!argument.starts_with("--")) {
        return std::invalid_argument(
            fmt::format("'{}' is not an option; options have the form --name=value", argument));
    }
    const std::string name = argument.substr(2, argument.find('=') - 2);
    const std::vector<std::string> names = option_names();
    const auto nearest = std::min_element(
        names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
            return edit_distance(a, name) < edit_distance(b, name);
        });
    return std::invalid_argument(
        fmt::format("unknown option --{}; did you mean --{}? --help lists all", name, *nearest));
}

/// The texts that were given, by option name.
using GivenOptions = std::map<std::string, std::string>;

std::unique_ptr<CLI::App> make_app(const std::string& name,
                                   const std::string& description,
                                   const ExperimentOptions& defaults,
                                   GivenOptions& given) {
    auto app = std::make_unique<CLI::App>(description, name);
    app->get_formatter()->column_width(34);
    const auto add = [&](const char* option, const char* form, const char* help) {
        return app
            ->add_option_function<std::string>(
                std::string("--") + option,
                [&given, option](const std::string& text) { given[option] = text; },
                help)
            ->type_name(form)
            ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
    };
    const auto add_flag = [&](const char* option, const char* help) {
        add(option, "BOOL", help)->expected(0, 1);  // bare: an empty text
    };
    for_each_option(defaults,
                    [&](const char* option, const auto& value, const char* form, const char* help) {
                        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, bool>) {
                            add_flag(option, help);
                        } else {
                            add(option, form, help)->default_str(option_text(value));
                        }
                    });
    add("config", "FILE", "start from the options of an experiment.json; others override them");
    add_flag("check", "check every option and file, run nothing");
    return app;
}

template <class Field>
void take(const GivenOptions& given, const char* name, Field& field) {
    const auto entry = given.find(name);
    if (entry == given.end()) {
        return;
    }
    const bool is_bare_flag = std::is_same_v<Field, bool> && entry->second.empty();
    read_option(std::string("--") + name, is_bare_flag ? "true" : entry->second, field);
}

}  // namespace

void read_config(const std::string& path, ExperimentOptions& options) {
    std::ifstream file(path);
    if (!file) {
        throw std::invalid_argument(fmt::format("--config: cannot read {}", path));
    }
    const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
    if (!json.is_object() || !json.contains("options") || !json["options"].is_object()) {
        throw std::invalid_argument(
            fmt::format("--config: {} is not an experiment.json with an object `options`", path));
    }
    GivenOptions given;
    for (const auto& [name, value] : json["options"].items()) {
        if (!value.is_string()) {
            throw std::invalid_argument(
                fmt::format("--config: {}: option {} is not a text", path, name));
        }
        given[name] = value.get<std::string>();
    }
    // Where the earlier run wrote is not part of what it did.
    for (const char* name : {"out", "overwrite", "quiet"}) {
        given.erase(name);
    }
    for_each_option(options, [&](const char* name, auto& field, auto...) {
        take(given, name, field);
        given.erase(name);
    });
    if (!given.empty()) {
        throw std::invalid_argument(
            fmt::format("--config: {}: unknown option {}", path, given.begin()->first));
    }
}

CommandLine parse_command_line(int argc,
                               const char* const* argv,
                               const std::string& name,
                               const std::string& description,
                               const ExperimentOptions& defaults) {
    GivenOptions given;
    const std::unique_ptr<CLI::App> app = make_app(name, description, defaults, given);
    CommandLine command{.options = defaults, .check = false, .help = {}};
    try {
        app->parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        command.help = app->help();
        return command;
    } catch (const CLI::ExtrasError&) {
        throw unknown_option(app->remaining().front());
    } catch (const CLI::ParseError& error) {
        throw std::invalid_argument(error.what());
    }
    if (given.contains("config")) {
        read_config(given["config"], command.options);
    }
    for_each_option(command.options,
                    [&](const char* option, auto& field, auto...) { take(given, option, field); });
    take(given, "check", command.check);
    return command;
}

}  // namespace murmur
