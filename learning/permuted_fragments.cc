#include "learning/permuted_fragments.h"

#include "learning/random_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace murmur {

namespace {

void require_length(const FragmentPlan& plan, const ParameterVector& model) {
    if (model.size() != plan.num_parameters()) {
        throw std::invalid_argument(
            fmt::format("fragments: got a model of {} values, allowed {}, those of the plan",
                        model.size(),
                        plan.num_parameters()));
    }
}

/// Returns the message as a fragment of this plan.
const FragmentMessage& fragment_of(const FragmentPlan& plan, const EncodedModel& message) {
    const auto* const fragment = dynamic_cast<const FragmentMessage*>(&message);
    if (fragment == nullptr || fragment->fragment() >= plan.num_fragments() ||
        fragment->values().size() != plan.indices(fragment->fragment()).size()) {
        throw std::invalid_argument("fragments: got a message that is no fragment of this plan");
    }
    return *fragment;
}

}  // namespace

FragmentPlan::FragmentPlan(std::size_t num_parameters,
                           std::vector<std::vector<std::uint32_t>> fragments)
    : num_parameters_(num_parameters), fragments_(std::move(fragments)) {
    std::vector<bool> is_taken(num_parameters, false);
    std::size_t taken = 0;
    for (const std::vector<std::uint32_t>& indices : fragments_) {
        for (std::size_t i = 0; i < indices.size(); ++i) {
            if (indices[i] >= num_parameters || is_taken[indices[i]] ||
                (i > 0 && indices[i] <= indices[i - 1])) {
                throw std::invalid_argument(
                    fmt::format("fragments: index {} is out of place, allowed ascending ones below "
                                "{}, each in one fragment",
                                indices[i],
                                num_parameters));
            }
            is_taken[indices[i]] = true;
            ++taken;
        }
    }
    if (taken != num_parameters) {
        throw std::invalid_argument(fmt::format("fragments: {} of {} values are in none, allowed 0",
                                                num_parameters - taken,
                                                num_parameters));
    }
}

FragmentPlan permuted_fragments(const ParameterLayout& layout,
                                std::size_t num_parameters,
                                std::uint32_t count,
                                std::uint64_t seed) {
    std::vector<std::size_t> sizes;
    for (const ParameterBlock& block : layout) {
        sizes.push_back(block.size());
    }
    if (layout.empty()) {
        sizes.push_back(num_parameters);
    }
    std::vector<std::vector<std::uint32_t>> fragments(count);
    std::size_t begin = 0;
    for (std::size_t tensor = 0; tensor < sizes.size(); ++tensor) {
        std::vector<std::uint32_t> order(sizes[tensor]);
        std::iota(order.begin(), order.end(), static_cast<std::uint32_t>(begin));
        RandomStream stream(stream_seed(seed, "fragments", tensor));
        stream.shuffle(std::span(order));
        const std::size_t slice = order.size() / count;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const std::size_t fragment = slice == 0 ? count - 1 : i / slice;
            fragments[std::min<std::size_t>(fragment, count - 1)].push_back(order[i]);
        }
        begin += sizes[tensor];
    }
    for (std::vector<std::uint32_t>& indices : fragments) {
        std::sort(indices.begin(), indices.end());
    }
    return {num_parameters, std::move(fragments)};
}

void FragmentMessage::write(ByteSink& sink) const {
    sink.u32(fragment_);
    sink.floats(values_);
}

std::shared_ptr<const EncodedModel> FragmentMessage::read(ByteSource& source) {
    const std::uint32_t fragment = source.u32();
    return std::make_shared<const FragmentMessage>(fragment, source.floats());
}

std::shared_ptr<const FragmentMessage> cut_fragment(const FragmentPlan& plan,
                                                    std::uint32_t fragment,
                                                    const ParameterVector& model) {
    require_length(plan, model);
    const std::span<const std::uint32_t> indices = plan.indices(fragment);
    std::vector<float> values(indices.size());
    const float* const from = model.values().data();
    for (std::size_t i = 0; i < indices.size(); ++i) {
        values[i] = from[indices[i]];
    }
    return std::make_shared<const FragmentMessage>(fragment, std::move(values));
}

Parameters average_fragments(const FragmentPlan& plan,
                             const ParameterVector& own,
                             std::span<const std::shared_ptr<const EncodedModel>> received) {
    require_length(plan, own);
    std::vector<std::vector<const FragmentMessage*>> of_fragment(plan.num_fragments());
    for (const auto& message : received) {
        const FragmentMessage& fragment = fragment_of(plan, *message);
        of_fragment[fragment.fragment()].push_back(&fragment);
    }
    auto merged = copy_of(own);
    std::vector<float> sum;
    for (std::uint32_t fragment = 0; fragment < plan.num_fragments(); ++fragment) {
        if (of_fragment[fragment].empty()) {
            continue;
        }
        const std::span<const std::uint32_t> indices = plan.indices(fragment);
        sum.resize(indices.size());
        for (std::size_t i = 0; i < indices.size(); ++i) {
            sum[i] = own.values()[indices[i]];
        }
        for (const FragmentMessage* const message : of_fragment[fragment]) {
            const float* const values = message->values().data();
            for (std::size_t i = 0; i < sum.size(); ++i) {
                sum[i] += values[i];
            }
        }
        const auto count = static_cast<float>(of_fragment[fragment].size() + 1);
        float* const to = merged->values().data();
        for (std::size_t i = 0; i < indices.size(); ++i) {
            to[indices[i]] = sum[i] / count;
        }
    }
    return merged;
}

}  // namespace murmur
