#include "emulator/protocols/streaming_diloco.h"

#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace murmur {
namespace {

/// Returns x with alpha x_p + (1 - alpha) theta_p in a fragment.
Parameters blend(const ParameterVector& x,
                 const ParameterVector& theta,
                 const Fragment& fragment,
                 double alpha) {
    auto blended = std::make_shared<ParameterVector>(x.size());
    std::ranges::copy(x.values(), blended->values().begin());
    const auto own = static_cast<float>(alpha);
    for (const ValueRange& range : fragment) {
        for (std::size_t i = range.begin; i < range.begin + range.size; ++i) {
            blended->values()[i] = own * x.values()[i] + (1 - own) * theta.values()[i];
        }
    }
    return blended;
}

/// Returns theta after the outer step of one fragment.
Parameters step_fragment(const OuterOptimizer& outer,
                         const ParameterVector& theta,
                         const ParameterVector& mean,
                         const Fragment& fragment,
                         const ParameterLayout& layout,
                         std::vector<float>& velocity) {
    velocity.resize(theta.size());
    auto whole = std::make_shared<ParameterVector>(theta.size());
    std::ranges::copy(theta.values(), whole->values().begin());
    std::size_t begin = 0;
    for (const ValueRange& range : fragment) {
        outer.step(whole->values().subspan(range.begin, range.size),
                   std::span(velocity).subspan(range.begin, range.size),
                   mean.values().subspan(begin, range.size));
        // Buffers become their mean, as in the outer step of a whole model.
        for_each_buffer(layout, [&](std::size_t first, std::size_t size) {
            const std::size_t end = std::min(first + size, range.begin + range.size);
            for (std::size_t i = std::max(first, range.begin); i < end; ++i) {
                whole->values()[i] = theta.values()[i] - mean.values()[begin + i - range.begin];
            }
        });
        begin += range.size;
    }
    return whole;
}

}  // namespace

StreamingDiloco::StreamingDiloco(NodeContext& node, const Options& options)
    : GroupMember(node, {.codec = options.codec}),
      options_(options),
      velocity_(vector_cell(node.id(), "outer velocity")) {}

void StreamingDiloco::on_start() {
    steps_per_round_ = node().steps_per_round();
    if (steps_per_round_ > 0 && options_.delay > steps_per_round_) {
        throw std::invalid_argument(
            fmt::format("protocol streaming-diloco: delay: got {}, allowed up to {}, the steps of a "
                        "round: a fragment's step comes before its next drift",
                        options_.delay,
                        steps_per_round_));
    }
    fragments_ = std::make_shared<const std::vector<Fragment>>(fragments_of(
        node().layout(), node().num_parameters(), options_.fragments, options_.order));
    GroupMember::on_start();
}

void StreamingDiloco::begin_with(ModelHandle model) {
    theta_ = x_ = std::move(model);
    step_ = static_cast<std::int64_t>(node().round()) * steps_per_round_;
    begun_ = node().round() * options_.fragments;
    proceed();
}

std::int64_t StreamingDiloco::start_of(std::uint64_t number) const {
    const auto parts = static_cast<std::int64_t>(options_.fragments);
    const auto round = static_cast<std::int64_t>(number) / parts;
    const std::int64_t p = static_cast<std::int64_t>(number) % parts;
    return round * steps_per_round_ + (p + 1) * steps_per_round_ / parts;
}

std::int64_t StreamingDiloco::last_step() const {
    return static_cast<std::int64_t>(node().num_rounds()) * steps_per_round_;
}

void StreamingDiloco::proceed() {
    if (is_away() || !theta_) {
        return;
    }
    serve();
    if (is_busy_ || node().is_done()) {
        return;
    }
    const std::uint64_t end_of_round = (node().round() + 1) * options_.fragments;
    if (!pending_.empty() && pending_.front().due <= step_) {
        // Before a new drift is taken: of the same fragment it would count the old one again.
        if (pending_.front().mean) {
            Pending next = std::move(pending_.front());
            pending_.pop_front();
            apply(std::move(next));
        }
    } else if (begun_ < end_of_round && start_of(begun_) == step_) {
        if (!owes_state(begun_)) {
            begin_mean();
        }
    } else if (begun_ == end_of_round) {
        node().finish_round(theta_);
        proceed();
    } else {
        std::int64_t next = start_of(begun_);
        if (!pending_.empty()) {
            next = std::min(next, pending_.front().due);
        }
        train_until(next);
    }
}

void StreamingDiloco::train_until(std::int64_t step) {
    is_busy_ = true;
    const std::int64_t first = step_ - static_cast<std::int64_t>(node().round()) * steps_per_round_;
    node().train({.model = std::exchange(x_, {}),
                  .round = node().round(),
                  .steps = {.first = first, .count = step - step_}},
                 [this, step](TrainedModel trained) {
                     x_ = std::move(trained.model);
                     step_ = step;
                     is_busy_ = false;
                     proceed();
                 });
}

void StreamingDiloco::begin_mean() {
    const std::uint64_t number = begun_++;
    const std::size_t p = number % options_.fragments;
    const std::size_t length = size_of((*fragments_)[p]);
    pending_.push_back({.number = number,
                        .due = std::min(start_of(number) + options_.delay, last_step())});
    is_busy_ = true;
    node().compute(
        {.kind = TaskKind::kMerge, .round = node().round(), .values_read = 2 * length},
        [fragments = fragments_, p](const Parameters& theta, const Parameters& x) {
            const Fragment& fragment = (*fragments)[p];
            return drift_between(*gather(*theta, fragment), *gather(*x, fragment));
        },
        [this, number, length](ModelHandle drift) {
            collectives().all_reduce(
                {.number = number, .members = all_there(number), .form = options_.form},
                std::move(drift),
                length,
                [this, number](ModelHandle mean) {
                    const auto of = std::find_if(
                        pending_.begin(), pending_.end(), [number](const Pending& pending) {
                            return pending.number == number;
                        });
                    of->mean = std::move(mean);
                    proceed();
                });
            is_busy_ = false;
            proceed();
        },
        theta_,
        x_);
}

void StreamingDiloco::apply(Pending pending) {
    is_busy_ = true;
    own_ = node().has_churn() ? theta_ : ModelHandle{};
    const std::size_t p = pending.number % options_.fragments;
    const std::uint64_t length = size_of((*fragments_)[p]);
    node().compute(
        {.kind = TaskKind::kMerge, .round = node().round(), .values_read = 4 * length},
        [fragments = fragments_,
         p,
         outer = options_.outer,
         alpha = options_.alpha,
         layout = &node().layout()](const Parameters& theta,
                                    const Parameters& x,
                                    const Parameters& mean,
                                    std::vector<float>& velocity) {
            const Fragment& fragment = (*fragments)[p];
            Parameters stepped = step_fragment(outer, *theta, *mean, fragment, *layout, velocity);
            Parameters blended = blend(*x, *stepped, fragment, alpha);
            return std::pair(std::move(stepped), std::move(blended));
        },
        [this](ModelHandle theta, ModelHandle x) {
            theta_ = std::move(theta);
            x_ = std::move(x);
            is_busy_ = false;
            proceed();
        },
        std::exchange(theta_, {}),
        std::exchange(x_, {}),
        std::move(pending.mean),
        velocity_);
}

std::string StreamingDiloco::waits_for() const {
    return is_busy_ ? fmt::format("round {}: its own training", node().round())
                    : GroupMember::waits_for();
}

// Nodes that leave and return.

ModelHandle StreamingDiloco::own_model() const {
    return theta_ ? theta_ : own_ ? own_ : node().initial_model();
}

void StreamingDiloco::forget_round() {
    own_ = own_model();
    theta_ = x_ = {};
    pending_.clear();
    is_busy_ = false;
}

bool StreamingDiloco::stands_before(std::uint64_t number) const {
    return theta_ && begun_ == number &&
           std::ranges::all_of(pending_, [](const Pending& one) { return bool{one.mean}; });
}

bool StreamingDiloco::has_velocity() const {
    return options_.outer.form != OuterOptimizer::Form::kPlain && options_.outer.momentum > 0;
}

void StreamingDiloco::give_state(NodeContext::EncodedCallback done) {
    std::vector<std::size_t> parts;
    std::vector<ModelHandle> means;
    for (const Pending& one : pending_) {
        parts.push_back(one.number % options_.fragments);
        means.push_back(one.mean);
    }
    node().encode_aside(
        WholeModel::size_of((has_velocity() ? 2 : 1) * node().num_parameters()),
        [fragments = fragments_,
         parts = std::move(parts),
         outer = options_.outer,
         has_velocity = has_velocity(),
         layout = &node().layout()](const Parameters& theta,
                                    const std::vector<Parameters>& ahead,
                                    std::vector<float>& velocity) {
            std::vector<float> moved = velocity;
            Parameters stepped = theta;
            for (std::size_t i = 0; i < ahead.size(); ++i) {
                stepped = step_fragment(
                    outer, *stepped, *ahead[i], (*fragments)[parts[i]], *layout, moved);
            }
            return encode_outer_state(*stepped, has_velocity ? &moved : nullptr);
        },
        std::move(done),
        theta_,
        std::move(means),
        velocity_);
}

void StreamingDiloco::take_state(EncodedHandle state, NodeContext::ModelCallback done) {
    velocity_ = vector_cell(node().id(), "outer velocity");
    node().compute({.kind = TaskKind::kMerge,
                    .round = node().round(),
                    .values_read = (has_velocity() ? 2 : 1) * node().num_parameters()},
                   [size = node().num_parameters()](const Encoded& taken,
                                                    std::vector<float>& velocity) {
                       return decode_outer_state(taken, size, velocity);
                   },
                   std::move(done),
                   std::move(state),
                   velocity_);
}

void register_streaming_diloco(ProtocolRegistry& registry) {
    std::vector<OptionForm> options = outer_optimizer_options();
    options.push_back(named("fragments", "4", "P: parts of the model that are averaged in turn"));
    options.push_back(word("order", {"strided", "sequential"}, "which layers make a fragment"));
    options.push_back(named("delay", "1", "tau: inner steps from drift to outer step"));
    options.push_back(named("alpha", "0.5", "share of the worker's own values after the step"));
    options.push_back(collective_form_option());
    options.push_back(value_codec_option());
    registry.add(
        {"streaming-diloco",
         "DiLoCo, one fragment of the model after the other, while training goes on",
         std::move(options)},
        [](const Options& given, NodeId) {
            constexpr std::int64_t kMostFragments = 1 << 16;
            constexpr std::int64_t kMostSteps = 1 << 30;
            const StreamingDiloco::Options options{
                .fragments = static_cast<std::size_t>(
                    given.integer("fragments", {1, kMostFragments})),
                .order = given.choice<FragmentOrder>(
                    "order",
                    {{"strided", FragmentOrder::kStrided},
                     {"sequential", FragmentOrder::kSequential}}),
                .delay = given.integer("delay", {0, kMostSteps}),
                .alpha = given.number("alpha", {0, 1}),
                .form = collective_form(given),
                .outer = outer_optimizer(given),
                .codec = value_codec(given)};
            ProtocolPlan plan = plan_of_group([options](NodeContext& node) {
                return std::make_unique<StreamingDiloco>(node, options);
            });
            plan.overlaps_training = true;
            return plan;
        });
}

}  // namespace murmur
