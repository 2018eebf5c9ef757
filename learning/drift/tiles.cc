#include "learning/drift/tiles.h"

#include "learning/codecs/bit_stream.h"
#include "learning/codecs/little_endian.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <utility>

namespace murmur {
namespace {

std::size_t largest_divisor(std::size_t size, std::size_t most) {
    std::size_t divisor = std::min(size, most);
    while (size % divisor != 0) {
        --divisor;
    }
    return divisor;
}

TiledTensor tiled(const ParameterBlock& block, std::size_t offset, std::size_t side) {
    TiledTensor tensor{.offset = offset};
    tensor.rows = block.shape.size() > 1 ? static_cast<std::size_t>(block.shape.front()) : 1;
    tensor.columns = block.size() / tensor.rows;
    tensor.tile_rows = largest_divisor(tensor.rows, side);
    tensor.tile_columns = largest_divisor(tensor.columns, side);
    return tensor;
}

/// [n, n]: row k is the k-th basis vector of the orthonormal DCT-II.
std::vector<float> dct_basis(std::size_t n) {
    std::vector<float> basis(n * n);
    const auto size = static_cast<double>(n);
    for (std::size_t k = 0; k < n; ++k) {
        const double scale = std::sqrt((k == 0 ? 1.0 : 2.0) / size);
        for (std::size_t i = 0; i < n; ++i) {
            const auto angle = static_cast<double>((2 * i + 1) * k);
            basis[k * n + i] =
                static_cast<float>(scale * std::cos(std::numbers::pi * angle / (2 * size)));
        }
    }
    return basis;
}

std::vector<float> transpose(const std::vector<float>& matrix, std::size_t n) {
    std::vector<float> turned(n * n);
    for (std::size_t i = 0; i < n * n; ++i) {
        turned[i % n * n + i / n] = matrix[i];
    }
    return turned;
}

unsigned index_bits(std::size_t tile_size) {
    return static_cast<unsigned>(std::bit_width(tile_size - 1));
}

}  // namespace

std::vector<TiledTensor> tiles_of(const ParameterLayout& layout,
                                  std::size_t num_parameters,
                                  std::size_t side) {
    if (layout.empty()) {
        return {tiled({.name = {}, .shape = {static_cast<std::int64_t>(num_parameters)}}, 0, side)};
    }
    std::vector<TiledTensor> tensors;
    std::size_t offset = 0;
    for (const ParameterBlock& block : layout) {
        if (block.is_trained && block.size() > 0) {
            tensors.push_back(tiled(block, offset, side));
        }
        offset += block.size();
    }
    return tensors;
}

TileIndices::TileIndices(std::vector<TiledTensor> tensors, std::size_t top_k, IndexForm form)
    : tensors_(std::move(tensors)), top_k_(top_k), form_(form) {
    for_each_run([this](std::size_t entries, std::size_t) { num_entries_ += entries; });
}

void TileIndices::for_each_run(const std::function<void(std::size_t, std::size_t)>& visit) const {
    for (const TiledTensor& tensor : tensors_) {
        visit(tensor.num_tiles() * tensor.kept(top_k_), tensor.tile_size());
    }
}

std::size_t TileIndices::encoded_bytes() const {
    if (form_ == IndexForm::kInt64) {
        return sizeof(std::uint64_t) * num_entries_;
    }
    std::size_t bits = 0;
    for_each_run([&](std::size_t entries, std::size_t tile_size) {
        bits += entries * index_bits(tile_size);
    });
    return (bits + 7) / 8;
}

Bytes TileIndices::encode(std::span<const std::uint32_t> indices) const {
    if (form_ == IndexForm::kInt64) {
        Bytes bytes(encoded_bytes());
        for (std::size_t i = 0; i < indices.size(); ++i) {
            store_little_endian(std::uint64_t{indices[i]},
                                bytes.data() + sizeof(std::uint64_t) * i);
        }
        return bytes;
    }
    BitWriter bits(8 * encoded_bytes());
    for_each_run([&](std::size_t entries, std::size_t tile_size) {
        for (const std::uint32_t index : indices.first(entries)) {
            bits.put(index, index_bits(tile_size));
        }
        indices = indices.subspan(entries);
    });
    return bits.finish();
}

std::vector<std::uint32_t> TileIndices::decode(std::span<const std::uint8_t> bytes) const {
    if (bytes.size() != encoded_bytes()) {
        throw std::invalid_argument(
            fmt::format("tiles: indices of another length, got {} bytes, allowed {}",
                        bytes.size(),
                        encoded_bytes()));
    }
    std::vector<std::uint32_t> indices;
    indices.reserve(num_entries_);
    BitReader bits("tiles", form_ == IndexForm::kInt64 ? bytes.first(0) : bytes);
    for_each_run([&](std::size_t entries, std::size_t tile_size) {
        for (std::size_t i = 0; i < entries; ++i) {
            const std::uint64_t index =
                form_ == IndexForm::kInt64
                    ? load_little_endian<std::uint64_t>(bytes.data() +
                                                        sizeof(std::uint64_t) * indices.size())
                    : bits.get(index_bits(tile_size));
            if (index >= tile_size) {
                throw std::invalid_argument(fmt::format(
                    "tiles: an index is out of range, got {}, allowed below {}", index, tile_size));
            }
            indices.push_back(static_cast<std::uint32_t>(index));
        }
    });
    return indices;
}

TileTransform::TileTransform(std::size_t rows, std::size_t columns)
    : rows_(rows),
      columns_(columns),
      row_basis_(dct_basis(rows)),
      row_transpose_(transpose(row_basis_, rows)),
      column_basis_(dct_basis(columns)),
      column_transpose_(transpose(column_basis_, columns)) {}

void TileTransform::forward(std::span<float> tiles) const {
    apply(tiles, row_basis_, column_transpose_);
}

void TileTransform::backward(std::span<float> tiles) const {
    apply(tiles, row_transpose_, column_basis_);
}

/// Each tile <- left tile right, with left [rows, rows] and right [columns, columns].  As products
/// of matrices, which at 64 x 64 take less time than a fast transform.
void TileTransform::apply(std::span<float> tiles,
                          const std::vector<float>& left,
                          const std::vector<float>& right) const {
    const c10::InferenceMode no_gradients;
    const auto rows = static_cast<std::int64_t>(rows_);
    const auto columns = static_cast<std::int64_t>(columns_);
    const auto count = static_cast<std::int64_t>(tiles.size()) / (rows * columns);
    const auto matrix = [](const std::vector<float>& values, std::int64_t side) {
        return at::from_blob(const_cast<float*>(values.data()), {side, side}, at::kFloat);
    };
    at::Tensor all = at::from_blob(tiles.data(), {count, rows, columns}, at::kFloat);
    at::Tensor half = all;
    if (columns > 1) {
        half = at::mm(all.view({count * rows, columns}), matrix(right, columns))
                   .view({count, rows, columns});
    }
    if (rows > 1) {
        half = at::bmm(matrix(left, rows).expand({count, rows, rows}), half);
    }
    all.copy_(half);
}

}  // namespace murmur
