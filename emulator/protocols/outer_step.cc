#include "emulator/protocols/outer_step.h"

#include "learning/encoding/whole_model.h"

#include <algorithm>
#include <memory>
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

bool OuterStep::has_velocity() const {
    return optimizer_.form != OuterOptimizer::Form::kPlain && optimizer_.momentum > 0;
}

void OuterStep::give(ModelHandle theta, Drifts drifts, NodeContext::EncodedCallback done) const {
    node_.encode_aside(
        WholeModel::size_of((has_velocity() ? 2 : 1) * node_.num_parameters()),
        [optimizer = optimizer_,
         factors = std::move(drifts.factors),
         has_velocity = has_velocity(),
         layout = &node_.layout()](const Parameters& model,
                                   const std::vector<Parameters>& parts,
                                   std::vector<float>& velocity) {
            std::vector<float> moved = velocity;
            const Parameters stepped =
                parts.empty()
                    ? model
                    : optimizer.step(*model, *weighted_sum(parts, factors), moved, *layout);
            return encode_outer_state(*stepped, has_velocity ? &moved : nullptr);
        },
        std::move(done),
        std::move(theta),
        std::move(drifts.parts),
        velocity_);
}

void OuterStep::take(EncodedHandle state, NodeContext::ModelCallback done) {
    reset();
    node_.compute({.kind = TaskKind::kMerge,
                   .round = node_.round(),
                   .values_read = (has_velocity() ? 2 : 1) * node_.num_parameters()},
                  [size = node_.num_parameters()](const Encoded& taken,
                                                  std::vector<float>& velocity) {
                      return decode_outer_state(taken, size, velocity);
                  },
                  std::move(done),
                  std::move(state),
                  velocity_);
}

Parameters weighted_sum(const std::vector<Parameters>& drifts, const std::vector<float>& factors) {
    auto sum = std::make_shared<ParameterVector>(drifts.front()->size());
    std::ranges::fill(sum->values(), 0.0F);
    for (std::size_t part = 0; part < drifts.size(); ++part) {
        for (std::size_t i = 0; i < sum->size(); ++i) {
            sum->values()[i] += factors[part] * drifts[part]->values()[i];
        }
    }
    return sum;
}

Encoded encode_outer_state(const ParameterVector& theta, const std::vector<float>* velocity) {
    auto both = std::make_shared<ParameterVector>((velocity != nullptr ? 2 : 1) * theta.size());
    const auto rest = std::ranges::copy(theta.values(), both->values().begin()).out;
    std::fill(rest, both->values().end(), 0.0F);
    if (velocity != nullptr) {
        std::ranges::copy(*velocity, rest);  // none before the first step
    }
    return std::make_shared<const WholeModel>(std::move(both));
}

Parameters decode_outer_state(const Encoded& state,
                              std::size_t size,
                              std::vector<float>& velocity) {
    const std::span<const float> both =
        dynamic_cast<const WholeModel&>(*state).parameters()->values();
    auto theta = std::make_shared<ParameterVector>(size);
    std::ranges::copy(both.first(size), theta->values().begin());
    velocity.assign(both.begin() + static_cast<std::ptrdiff_t>(size), both.end());
    return theta;
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
