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

namespace {

constexpr double kHighUnits = 0x1p24;
constexpr double kLowUnits = 0x1p40;  ///< in one of the high ones
constexpr double kSquareUnits = 0x1p60;
/// Of a hundred thousand models, a sum of these still fits.
constexpr double kMostDifference = 0x1p22;
constexpr double kMostSquares = 0x1p50;

}  // namespace

void ConsensusSum::add(const ParameterVector& model, const ParameterVector& reference) {
    const std::span<const float> values = model.values();
    const std::span<const float> references = reference.values();
    high_.resize(values.size());
    low_.resize(values.size());
    ++count_;
    double squares = 0;
    bool is_within = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double difference = static_cast<double>(values[i]) - references[i];
        // Not true of what is no number.
        if (!(std::abs(difference) < kMostDifference)) {
            is_within = false;
            continue;
        }
        const double units = difference * kHighUnits;
        const auto high = static_cast<std::int64_t>(units);
        high_[i] += high;
        low_[i] += static_cast<std::int64_t>((units - static_cast<double>(high)) * kLowUnits);
        squares += difference * difference;
    }
    if (is_within && squares < kMostSquares) {
        squares_ += static_cast<unsigned __int128>(squares * kSquareUnits);
    } else {
        is_beyond_ = true;
    }
}

void ConsensusSum::add(const ConsensusSum& other) {
    high_.resize(std::max(high_.size(), other.high_.size()));
    low_.resize(high_.size());
    for (std::size_t i = 0; i < other.high_.size(); ++i) {
        high_[i] += other.high_[i];
        low_[i] += other.low_[i];
    }
    squares_ += other.squares_;
    count_ += other.count_;
    is_beyond_ |= other.is_beyond_;
}

double ConsensusSum::distance() const {
    if (count_ == 0) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (is_beyond_) {
        return std::numeric_limits<double>::infinity();
    }
    // With d_i = x_i - x_0: (1/N) sum ||d_i||^2 - ||mean d||^2.
    const auto count = static_cast<double>(count_);
    double mean_square = 0;
    for (std::size_t i = 0; i < high_.size(); ++i) {
        const double sum =
            (static_cast<double>(high_[i]) + static_cast<double>(low_[i]) / kLowUnits) / kHighUnits;
        mean_square += (sum / count) * (sum / count);
    }
    return std::max(0.0, static_cast<double>(squares_) / kSquareUnits / count - mean_square);
}

void ConsensusSum::write(ByteSink& sink) const {
    sink.u64(count_);
    sink.u8(is_beyond_ ? 1 : 0);
    sink.u64(static_cast<std::uint64_t>(squares_));
    sink.u64(static_cast<std::uint64_t>(squares_ >> 64));
    sink.u64(high_.size());
    for (std::size_t i = 0; i < high_.size(); ++i) {
        sink.u64(static_cast<std::uint64_t>(high_[i]));
        sink.u64(static_cast<std::uint64_t>(low_[i]));
    }
}

ConsensusSum ConsensusSum::read(ByteSource& source) {
    ConsensusSum sum;
    sum.count_ = source.u64();
    sum.is_beyond_ = source.u8() != 0;
    const std::uint64_t low = source.u64();
    sum.squares_ = (static_cast<unsigned __int128>(source.u64()) << 64) | low;
    sum.high_.resize(source.count_of(2 * sizeof(std::uint64_t)));
    sum.low_.resize(sum.high_.size());
    for (std::size_t i = 0; i < sum.high_.size(); ++i) {
        sum.high_[i] = static_cast<std::int64_t>(source.u64());
        sum.low_[i] = static_cast<std::int64_t>(source.u64());
    }
    return sum;
}

}  // namespace murmur
