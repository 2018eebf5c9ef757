#pragma once

#include "learning/codec.h"
#include "learning/drift/drift_compressor.h"
#include "learning/parameter_layout.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace murmur {

/// How one trained tensor is cut: seen as a matrix, into equal tiles.
///
/// A tensor of two dimensions is the matrix; one of fewer is a single row; one of more has its first
/// dimension as rows and all others as columns (of a convolution: one row for each output channel).
/// The sides of a tile are the largest divisors of the matrix's sides that are at most `side`.
struct TiledTensor {
    std::size_t offset = 0;  ///< of its first value in the flat vector
    std::size_t rows = 1;
    std::size_t columns = 1;
    std::size_t tile_rows = 1;
    std::size_t tile_columns = 1;

    [[nodiscard]] std::size_t tile_size() const { return tile_rows * tile_columns; }
    [[nodiscard]] std::size_t num_tiles() const { return rows * columns / tile_size(); }
    /// Returns the place in the flat vector of a row of a tile, whose values are side by side.
    [[nodiscard]] std::size_t row_of_tile(std::size_t tile, std::size_t row) const {
        const std::size_t tiles_across = columns / tile_columns;
        return offset + (tile / tiles_across * tile_rows + row) * columns +
               tile % tiles_across * tile_columns;
    }
    /// Returns the place in the flat vector of the value `index` of a tile, row by row.
    [[nodiscard]] std::size_t place(std::size_t tile, std::size_t index) const {
        return row_of_tile(tile, index / tile_columns) + index % tile_columns;
    }
    /// Calls `visit(place, first, count)` for each row of a tile: `count` values from `place` on of the
    /// flat vector are those from `first` on of the tile.
    template <class Visit>
    void for_each_row(std::size_t tile, const Visit& visit) const {
        for (std::size_t row = 0; row < tile_rows; ++row) {
            visit(row_of_tile(tile, row), row * tile_columns, tile_columns);
        }
    }
    /// Returns how many entries of a tile are kept.
    [[nodiscard]] std::size_t kept(std::size_t top_k) const {
        return top_k < tile_size() ? top_k : tile_size();
    }
};

/// Cuts what is trained of a model; a model without a layout is one tensor of one dimension.
/// @param side  longest side of a tile, above 0
[[nodiscard]] std::vector<TiledTensor> tiles_of(const ParameterLayout& layout,
                                                std::size_t num_parameters,
                                                std::size_t side);

/// Which entries of which tiles a message holds: tensor by tensor, tile by tile, `kept` of each.
class TileIndices {
  public:
    TileIndices(std::vector<TiledTensor> tensors, std::size_t top_k, IndexForm form);

    [[nodiscard]] const std::vector<TiledTensor>& tensors() const { return tensors_; }
    [[nodiscard]] std::size_t top_k() const { return top_k_; }
    [[nodiscard]] std::size_t num_entries() const { return num_entries_; }
    [[nodiscard]] std::size_t encoded_bytes() const;

    /// @param indices  [num_entries], each within its tile
    [[nodiscard]] Bytes encode(std::span<const std::uint32_t> indices) const;
    /// @throws std::invalid_argument  on bytes that no indices of these tiles give
    [[nodiscard]] std::vector<std::uint32_t> decode(std::span<const std::uint8_t> bytes) const;

  private:
    /// Calls `visit(entries, tile size)` for runs of entries of tiles of one size.
    void for_each_run(const std::function<void(std::size_t, std::size_t)>& visit) const;

    std::vector<TiledTensor> tensors_;
    std::size_t top_k_;
    IndexForm form_;
    std::size_t num_entries_ = 0;
};

/// The orthonormal DCT-II of rows and columns of tiles.
class TileTransform {
  public:
    TileTransform(std::size_t rows, std::size_t columns);

    /// Transforms tiles that lie one behind the other, [tiles, rows, columns], in place, or back.
    void forward(std::span<float> tiles) const;
    void backward(std::span<float> tiles) const;

  private:
    void apply(std::span<float> tiles,
               const std::vector<float>& left,
               const std::vector<float>& right) const;

    std::size_t rows_;
    std::size_t columns_;
    // basis[k][i] = c_k cos(pi (2 i + 1) k / 2 n), row by row, and its transpose
    std::vector<float> row_basis_, row_transpose_;
    std::vector<float> column_basis_, column_transpose_;
};

}  // namespace murmur
