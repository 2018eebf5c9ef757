#pragma once

#include "learning/encoder.h"
#include "learning/parameter_layout.h"
#include "learning/parameters.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

/// A model cut into fragments: which of its values make up which.  All nodes have the same plan
/// beforehand, so a message about a fragment holds values and nothing of where they belong.
class FragmentPlan {
  public:
    /// @param fragments  of each fragment the indices of its values, strictly ascending; every
    ///                   index below `num_parameters` is in one of them
    /// @throws std::invalid_argument  where they are no such division
    FragmentPlan(std::size_t num_parameters, std::vector<std::vector<std::uint32_t>> fragments);

    [[nodiscard]] std::size_t num_parameters() const { return num_parameters_; }
    [[nodiscard]] std::uint32_t num_fragments() const {
        return static_cast<std::uint32_t>(fragments_.size());
    }
    /// Returns where the values of a fragment stand in the flat vector, ascending.
    [[nodiscard]] std::span<const std::uint32_t> indices(std::uint32_t fragment) const {
        return fragments_[fragment];
    }

  private:
    std::size_t num_parameters_;
    std::vector<std::vector<std::uint32_t>> fragments_;
};

/// Cuts every tensor by a random permutation of its values: into slices of floor(size / count), the
/// last of which takes the rest, as DivShare and Shatter do.  So each fragment has its share of
/// every layer; one of tensors with fewer values than `count` alone has all of them in the last.
/// @param layout  of the model; empty: it is one tensor
/// @pre count > 0
[[nodiscard]] FragmentPlan permuted_fragments(const ParameterLayout& layout,
                                              std::size_t num_parameters,
                                              std::uint32_t count,
                                              std::uint64_t seed);

/// The values of one fragment as they travel.  Which fragment it is must be known at once when it
/// arrives, so its number travels in the note beside it, and is counted there.
class FragmentMessage final : public EncodedModel {
  public:
    FragmentMessage(std::uint32_t fragment, std::vector<float> values)
        : fragment_(fragment), values_(std::move(values)) {}

    [[nodiscard]] static MessageSize size_of(std::size_t num_values) {
        return {sizeof(float) * num_values, 0};
    }
    [[nodiscard]] MessageSize size() const override { return size_of(values_.size()); }
    static constexpr std::string_view kTypeName = "fragment";
    [[nodiscard]] std::string_view type_name() const override { return kTypeName; }
    void write(ByteSink& sink) const override;
    [[nodiscard]] static std::shared_ptr<const EncodedModel> read(ByteSource& source);

    [[nodiscard]] std::uint32_t fragment() const { return fragment_; }
    [[nodiscard]] std::span<const float> values() const { return values_; }

  private:
    std::uint32_t fragment_;
    std::vector<float> values_;
};

/// Returns a fragment of a model.
/// @throws std::invalid_argument  where the model has another length than the plan
[[nodiscard]] std::shared_ptr<const FragmentMessage> cut_fragment(const FragmentPlan& plan,
                                                                  std::uint32_t fragment,
                                                                  const ParameterVector& model);

/// Averages fragments into a model, value by value: x = (x + sum of those received) / (1 + how many
/// were).  A value of which nothing was received stays.
/// @param received  `FragmentMessage`s, any number of each fragment, in an order that does not
///                  depend on their arrival: float addition is not associative
/// @throws std::invalid_argument  on a message that is no fragment of this plan
[[nodiscard]] Parameters average_fragments(
    const FragmentPlan& plan,
    const ParameterVector& own,
    std::span<const std::shared_ptr<const EncodedModel>> received);

}  // namespace murmur
