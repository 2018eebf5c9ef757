#include "tools/sweep/outcome.h"

#include "tools/text/number.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>

namespace murmur::sweep {
namespace {

constexpr std::string_view kAccuracy = "test_accuracy_mean";

Outcome failed(std::string error) {
    Outcome outcome;
    outcome.status = "failed";
    outcome.error = std::move(error);
    return outcome;
}

/// Returns what a member says.  No figure is a list or an object; such a one may be nested deeper
/// than the stack lets anyone follow.
std::string text_of(const nlohmann::json& value) {
    if (value.is_null() || value.is_structured()) {
        return "";
    }
    return value.is_string() ? value.get<std::string>() : value.dump();
}

/// What a member says, or nothing where it is absent, null, a list or an object.
std::string member(const nlohmann::json& object, std::string_view name) {
    const auto found = object.find(name);
    return found == object.end() ? "" : text_of(*found);
}

/// The highest mean accuracy of a run's rounds.  A perplexity stands in the same column, and less
/// of it is better.
std::optional<double> best_accuracy(const Outcome& outcome) {
    std::optional<double> best;
    if (outcome.metric == "accuracy") {
        for (const RoundPoint& point : outcome.rounds) {
            // Nothing is less than any number.
            best = std::max(best, point.number(kAccuracy));
        }
    }
    return best;
}

}  // namespace

std::optional<double> Outcome::number(std::string_view figure) const {
    const auto found = figures.find(figure);
    if (found == figures.end()) {
        return std::nullopt;
    }
    const auto value = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
    return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

Outcome read_outcome(const std::filesystem::path& folder) {
    std::ifstream file(folder / "summary.json");
    if (!file) {
        return failed("the run wrote no summary.json");
    }
    const auto summary = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
    if (!summary.is_object()) {
        return failed("summary.json is not a JSON object");
    }
    Outcome outcome;
    outcome.status = member(summary, "status");
    outcome.error = member(summary, "error");
    outcome.seed = member(summary, column<SummaryTable>("seed"));
    if (outcome.status.empty()) {
        return failed("summary.json has no status");
    }
    for (const auto figure : kFigures) {
        if (auto text = member(summary, figure); !text.empty()) {
            outcome.figures.emplace(figure, std::move(text));
        }
    }
    if (outcome.is_complete()) {
        outcome.rounds = read_rounds(folder);
    }
    std::ifstream experiment_file(folder / "experiment.json");
    const auto experiment =
        nlohmann::json::parse(experiment_file, nullptr, /*allow_exceptions=*/false);
    if (experiment.is_object() && experiment.contains("metric")) {
        outcome.metric = member(experiment, "metric");
    }
    outcome.best_accuracy = best_accuracy(outcome);
    return outcome;
}

void compare(std::vector<Outcome>& outcomes) {
    std::optional<double> common;
    for (const Outcome& outcome : outcomes) {
        if (outcome.is_complete()) {
            // Where one run has no accuracy, none is common to all.
            common = std::min(common.value_or(1), outcome.best_accuracy.value_or(-1));
        }
    }
    const bool is_known = common && *common >= 0;
    const double level = is_known ? hundredths_at_most(*common) : 0;
    const std::string text = is_known ? fmt::format("{}", level) : "";
    for (Outcome& outcome : outcomes) {
        const auto before = outcome.figures.find("common_accuracy");
        if (before != outcome.figures.end() && before->second == text) {
            continue;
        }
        outcome.figures.erase("common_accuracy");
        outcome.figures.erase("time_to_common_s");
        outcome.figures.erase("bytes_to_common");
        const auto first = std::ranges::find_if(outcome.rounds, [&](const RoundPoint& point) {
            return point.number(kAccuracy).value_or(-1) >= level;
        });
        if (is_known && outcome.is_complete() && first != outcome.rounds.end()) {
            outcome.figures["common_accuracy"] = text;
            outcome.figures["time_to_common_s"] = first->time_s;
            outcome.figures["bytes_to_common"] = first->text("bytes_sent");
        }
    }
}

Outcome judge(const Ended& ended,
              const std::filesystem::path& folder,
              const std::filesystem::path& log) {
    Outcome outcome = read_outcome(folder);
    outcome.exit_code = ended.exit_code;
    const auto said = last_line(log);
    if (ended.signal != 0) {
        outcome.status = "killed";
        outcome.error = fmt::format("signal {} ({})", ended.signal, strsignal(ended.signal));
        if (!said.empty()) {
            outcome.error += "; last said: " + said;
        }
    } else if (ended.exit_code != 0 && outcome.is_complete()) {
        outcome.status = "failed";
        outcome.error = fmt::format("exit code {} after a complete run", ended.exit_code);
    } else if (ended.exit_code != 0 && !exists(folder / "summary.json") && !said.empty()) {
        // The run did not come far enough to leave its error anywhere else.
        outcome.error = said;
    }
    return outcome;
}

std::string last_line(const std::filesystem::path& file) {
    constexpr std::size_t kMaxLength = 300;
    std::ifstream stream(file);
    std::string line;
    std::string last;
    while (std::getline(stream, line)) {
        if (line.find_first_not_of(" \t\r") != std::string::npos) {
            last = line;
        }
    }
    return last.substr(0, kMaxLength);
}

}  // namespace murmur::sweep
