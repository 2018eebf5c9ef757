#include "emulator/record/round_statistics.h"

#include <algorithm>
#include <numeric>

namespace murmur {

Spread spread_of(std::span<const double> values) {
    Spread spread;
    if (values.empty()) {
        return spread;
    }
    const auto count = static_cast<double>(values.size());
    spread.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    spread.min = *low;
    spread.max = *high;
    double squares = 0;
    for (const double value : values) {
        squares += (value - spread.mean) * (value - spread.mean);
    }
    spread.std = std::sqrt(squares / count);
    return spread;
}

RoundRow summarize_round(std::span<const Observation> nodes) {
    RoundRow row;
    row.round = nodes.front().rounds;
    row.nodes = static_cast<std::uint32_t>(nodes.size());
    std::vector<double> times;
    std::vector<double> accuracies;
    std::vector<double> losses;
    std::vector<double> train_losses;
    std::vector<double> own_accuracies;
    std::vector<double> own_losses;
    const auto add = [](double value, std::vector<double>& values) {
        if (!std::isnan(value)) {
            values.push_back(value);
        }
    };
    for (const Observation& node : nodes) {
        times.push_back(to_seconds(node.time));
        add_totals(node, row);
        if (node.train_loss && !node.is_attacker) {
            add(node.train_loss.value(), train_losses);
        }
        if (node.evaluation) {
            const EvaluationResult& test = node.evaluation.value();
            ++row.tested;
            add(test.loss, losses);
            add(test.accuracy, accuracies);
            add(test.own_loss, own_losses);
            add(test.own_accuracy, own_accuracies);
        }
    }
    row.time_s = spread_of(times);
    row.accuracy = spread_of(accuracies);
    row.loss = spread_of(losses);
    row.own_accuracy = spread_of(own_accuracies);
    row.own_loss = spread_of(own_losses);
    row.train_loss_mean = spread_of(train_losses).mean;
    return row;
}

}  // namespace murmur
