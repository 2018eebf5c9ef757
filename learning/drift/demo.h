#pragma once

#include "learning/drift/drift_compressor.h"
#include "learning/drift/tiles.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace murmur {

/// The compressor of `make_demo`.
class Demo final : public DriftCompressor {
  public:
    Demo(const ParameterLayout& layout, std::size_t num_parameters, const DemoOptions& options);

    [[nodiscard]] MessageSize message_size() const override;
    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(
        std::span<float> residual,
        const ParameterVector& before,
        const ParameterVector& after) const override;
    [[nodiscard]] Parameters step(
        const ParameterVector& before,
        const ParameterVector& after,
        std::span<const std::shared_ptr<const EncodedModel>> messages) const override;

    /// Returns what the sign is taken of, [num_parameters]; zeros where nothing is trained.
    [[nodiscard]] std::vector<float> mean_of(
        std::span<const std::shared_ptr<const EncodedModel>> messages) const;

  private:
    void add_drift(const TiledTensor& tensor,
                   const ParameterVector& before,
                   const ParameterVector& after,
                   std::span<float> residual,
                   std::span<float> tiles) const;
    [[nodiscard]] const TileTransform& transform_of(const TiledTensor& tensor) const {
        return transforms_.at({tensor.tile_rows, tensor.tile_columns});
    }

    DemoOptions options_;
    std::size_t num_parameters_;
    TileIndices indices_;
    std::map<std::pair<std::size_t, std::size_t>, TileTransform> transforms_;
};

}  // namespace murmur
