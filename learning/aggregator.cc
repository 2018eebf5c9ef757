#include "learning/aggregator.h"

#include "learning/aggregation/aggregators.h"

namespace murmur {

std::unique_ptr<AggregatorState> Aggregator::initial_state(const Parameters& /*start*/) const {
    return std::make_unique<AggregatorState>();
}

std::unique_ptr<AggregatorState> Aggregator::read_state(ByteSource& /*nothing*/) const {
    return std::make_unique<AggregatorState>();
}

AggregatorRegistry& aggregators() {
    static AggregatorRegistry registry("aggregation", register_all);
    return registry;
}

std::unique_ptr<const Aggregator> make_aggregator(std::string_view spec) {
    const auto chosen = aggregators().select(spec);
    return chosen.make(chosen.options);
}

}  // namespace murmur
