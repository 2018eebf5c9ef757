#include "emulator/protocols/outer_step.h"

#include <utility>

namespace murmur {

StateCell<std::vector<float>> vector_cell(NodeId node, std::string name) {
    return {node,
            std::move(name),
            {},
            [](const std::vector<float>& values, ByteSink& sink) { sink.floats(values); },
            [](ByteSource& source) { return source.floats(); }};
}

OuterStep::OuterStep(NodeContext& node, const OuterOptimizer& optimizer)
    : node_(node), optimizer_(optimizer), velocity_(vector_cell(node.id(), "outer velocity")) {}

void OuterStep::reset() {
    velocity_ = vector_cell(node_.id(), "outer velocity");
}

void OuterStep::along(ModelHandle theta,
                      ModelHandle drift,
                      std::uint64_t round,
                      NodeContext::ModelCallback done) const {
    node_.compute(
        {.kind = TaskKind::kMerge, .round = round, .values_read = 3 * node_.num_parameters()},
        [optimizer = optimizer_, layout = &node_.layout()](
            const Parameters& before, const Parameters& mean, std::vector<float>& velocity) {
            return optimizer.step(*before, *mean, velocity, *layout);
        },
        std::move(done),
        std::move(theta),
        std::move(drift),
        velocity_);
}

void OuterStep::towards(ModelHandle theta,
                        ModelHandle mean,
                        std::uint64_t round,
                        NodeContext::ModelCallback done) const {
    node_.compute(
        {.kind = TaskKind::kMerge, .round = round, .values_read = 3 * node_.num_parameters()},
        [optimizer = optimizer_, layout = &node_.layout()](
            const Parameters& before, const Parameters& after, std::vector<float>& velocity) {
            return optimizer.step(*before, *drift_between(*before, *after), velocity, *layout);
        },
        std::move(done),
        std::move(theta),
        std::move(mean),
        velocity_);
}

void compute_drift(NodeContext& node,
                   ModelHandle before,
                   ModelHandle after,
                   NodeContext::ModelCallback done) {
    node.compute({.kind = TaskKind::kMerge,
                  .round = node.round(),
                  .values_read = 2 * node.num_parameters()},
                 [](const Parameters& from, const Parameters& to) {
                     return drift_between(*from, *to);
                 },
                 std::move(done),
                 std::move(before),
                 std::move(after));
}

}  // namespace murmur
