#include "tools/sweep/outcome.h"

#include "tools/text/number.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>

namespace murmur::sweep {
namespace {

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
    return outcome;
}

void compare(std::vector<Outcome>& outcomes) {
    constexpr std::string_view kAccuracy = "test_accuracy_mean";
    double common = 1;
    bool is_known = false;
    for (const Outcome& outcome : outcomes) {
        double best = -1;
        for (const RoundPoint& point : outcome.rounds) {
            best = std::max(best, point.number(kAccuracy).value_or(-1));
        }
        if (outcome.is_complete()) {
            // A perplexity stands in the same column, and less of it is better.
            best = outcome.metric == "accuracy" ? best : -1;
            is_known = is_known || best >= 0;
            common = std::min(common, best);
        }
    }
    common = hundredths_at_most(common);
    for (Outcome& outcome : outcomes) {
        outcome.figures.erase("common_accuracy");
        outcome.figures.erase("time_to_common_s");
        outcome.figures.erase("bytes_to_common");
        if (!is_known || common < 0 || !outcome.is_complete()) {
            continue;
        }
        const auto first = std::ranges::find_if(outcome.rounds, [&](const RoundPoint& point) {
            return point.number(kAccuracy).value_or(-1) >= common;
        });
        if (first == outcome.rounds.end()) {
            continue;
        }
        outcome.figures["common_accuracy"] = fmt::format("{}", common);
        outcome.figures["time_to_common_s"] = first->time_s;
        outcome.figures["bytes_to_common"] = first->text("bytes_sent");
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
