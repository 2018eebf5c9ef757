#include "learning/aggregator.h"

#include "learning/aggregation/aggregators.h"

#include <stdexcept>

namespace murmur {

std::unique_ptr<AggregatorState> Aggregator::initial_state(const Parameters& /*start*/) const {
    return std::make_unique<AggregatorState>();
}

std::unique_ptr<AggregatorState> Aggregator::read_state(ByteSource& /*nothing*/) const {
    return std::make_unique<AggregatorState>();
}

Parameters TestingAggregator::aggregate(AggregatorState& /*state*/,
                                        const Parameters& /*own*/,
                                        double /*self_weight*/,
                                        std::span<const WeightedView> /*neighbors*/) const {
    throw std::logic_error("an aggregator that tests models was asked to merge without tests");
}

AggregatorRegistry& aggregators() {
    static AggregatorRegistry registry("aggregation", register_all);
    return registry;
}

std::size_t count_of(const Options& options, std::string_view key, std::int64_t least) {
    return static_cast<std::size_t>(options.integer(key, {least, 1'000'000}));
}

std::unique_ptr<const Aggregator> make_aggregator(std::string_view spec) {
    const auto chosen = aggregators().select(spec);
    return chosen.make(chosen.options);
}

}  // namespace murmur
