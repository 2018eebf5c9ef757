#include "emulator/record/target.h"

#include "emulator/base/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {

bool Target::is_reached(std::span<const EvaluationResult> latest) const {
    if (nodes == Nodes::kAll) {
        return std::all_of(latest.begin(), latest.end(), [this](const EvaluationResult& result) {
            return is_good(result);
        });
    }
    double sum = 0;
    for (const EvaluationResult& result : latest) {
        sum += figure_of(result);
    }
    return is_good(sum / static_cast<double>(latest.size()));
}

std::optional<Target> parse_target(std::string_view where,
                                   std::string_view text,
                                   Target::Figure figure) {
    if (text.empty()) {
        return std::nullopt;
    }
    Target target{.figure = figure};
    std::string_view number = text;
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
        const std::string_view word = text.substr(0, colon);
        if (word != "mean" && word != "all") {
            throw std::invalid_argument(
                fmt::format("{}: got '{}', allowed X, mean:X, all:X", where, text));
        }
        target.nodes = word == "all" ? Target::Nodes::kAll : Target::Nodes::kMean;
        number = text.substr(colon + 1);
    }
    target.value = parse_number(where, number);
    if (figure == Target::Figure::kAccuracy && !(target.value > 0 && target.value <= 1)) {
        throw std::invalid_argument(
            fmt::format("{}: got {}, allowed above 0, up to 1", where, number));
    }
    return target;
}

}  // namespace murmur
