#include "learning/drift/demo.h"

#include "learning/codecs/little_endian.h"
#include "learning/encoding/selection.h"
#include "learning/encoding/sparse_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {
namespace {

struct Sent {
    std::vector<std::uint32_t> indices;
    std::span<const std::uint8_t> values;
};

Sent read(const EncodedModel& encoded, const TileIndices& tiles) {
    const auto& message = dynamic_cast<const SparseMessage&>(encoded);
    if (message.values.size() != sizeof(float) * tiles.num_entries()) {
        throw std::invalid_argument(
            fmt::format("demo: values of another length, got {} bytes, allowed {}",
                        message.values.size(),
                        sizeof(float) * tiles.num_entries()));
    }
    return {tiles.decode(message.indices), message.values};
}

/// Calls `visit(place, first, count)` for each row of each tile of a tensor: `count` values from
/// `place` on of the flat vector are those from `first` on of all its tiles, one behind the other.
template <class Visit>
void for_each_row(const TiledTensor& tensor, const Visit& visit) {
    for (std::size_t tile = 0; tile < tensor.num_tiles(); ++tile) {
        tensor.for_each_row(tile, [&](std::size_t place, std::size_t first, std::size_t count) {
            visit(place, tile * tensor.tile_size() + first, count);
        });
    }
}

}  // namespace

Demo::Demo(const ParameterLayout& layout, std::size_t num_parameters, const DemoOptions& options)
    : options_(options),
      num_parameters_(num_parameters),
      indices_(tiles_of(layout, num_parameters, options.side), options.top_k, options.indices) {
    for (const TiledTensor& tensor : indices_.tensors()) {
        transforms_.try_emplace(
            {tensor.tile_rows, tensor.tile_columns}, tensor.tile_rows, tensor.tile_columns);
    }
}

MessageSize Demo::message_size() const {
    return {sizeof(float) * indices_.num_entries(),
            SparseMessage::kHeaderBytes + indices_.encoded_bytes()};
}

std::shared_ptr<const EncodedModel> Demo::encode(std::span<float> residual,
                                                 const ParameterVector& before,
                                                 const ParameterVector& after) const {
    std::vector<std::uint32_t> indices;
    indices.reserve(indices_.num_entries());
    auto message = std::make_shared<SparseMessage>();
    message->num_entries = indices_.num_entries();
    message->values.resize(sizeof(float) * indices_.num_entries());
    std::uint8_t* to = message->values.data();
    std::vector<float> tiles;
    std::vector<float> chosen;
    for (const TiledTensor& tensor : indices_.tensors()) {
        const std::size_t tile_size = tensor.tile_size();
        tiles.resize(tile_size * tensor.num_tiles());
        add_drift(tensor, before, after, residual, tiles);
        transform_of(tensor).forward(tiles);
        chosen.assign(tiles.size(), 0.0F);
        for (std::size_t tile = 0; tile < tensor.num_tiles(); ++tile) {
            const auto coefficients =
                std::span<const float>(tiles).subspan(tile * tile_size, tile_size);
            const auto kept = largest_magnitudes(coefficients, tensor.kept(options_.top_k));
            for (const std::uint32_t index : kept) {
                store_float(coefficients[index], to);
                to += sizeof(float);
                chosen[tile * tile_size + index] = coefficients[index];
            }
            indices.insert(indices.end(), kept.begin(), kept.end());
        }
        transform_of(tensor).backward(chosen);
        for_each_row(tensor, [&](std::size_t place, std::size_t first, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i) {
                residual[place + i] -= chosen[first + i];
            }
        });
    }
    message->indices = indices_.encode(indices);
    return message;
}

/// Adds the drift to what has decayed of the residual, and copies that into tiles.
void Demo::add_drift(const TiledTensor& tensor,
                     const ParameterVector& before,
                     const ParameterVector& after,
                     std::span<float> residual,
                     std::span<float> tiles) const {
    const auto decay = static_cast<float>(options_.decay);
    for_each_row(tensor, [&](std::size_t place, std::size_t first, std::size_t count) {
        const float* const from = before.values().data() + place;
        const float* const until = after.values().data() + place;
        float* const kept = residual.data() + place;
        for (std::size_t i = 0; i < count; ++i) {
            kept[i] = decay * kept[i] + (from[i] - until[i]);
            tiles[first + i] = kept[i];
        }
    });
}

std::vector<float> Demo::mean_of(
    std::span<const std::shared_ptr<const EncodedModel>> messages) const {
    std::vector<Sent> sent;
    for (const auto& message : messages) {
        sent.push_back(read(*message, indices_));
    }
    std::vector<float> mean(num_parameters_);
    std::vector<float> tiles;
    std::vector<float> senders;
    std::size_t entry = 0;  // of a message
    for (const TiledTensor& tensor : indices_.tensors()) {
        const std::size_t tile_size = tensor.tile_size();
        const std::size_t kept = tensor.kept(options_.top_k);
        tiles.assign(tile_size * tensor.num_tiles(), 0.0F);
        senders.assign(tiles.size(), 0.0F);
        for (std::size_t tile = 0; tile < tensor.num_tiles(); ++tile, entry += kept) {
            for (const Sent& of_one : sent) {
                for (std::size_t i = entry; i < entry + kept; ++i) {
                    const std::size_t at = tile * tile_size + of_one.indices[i];
                    tiles[at] += load_float(of_one.values.data() + sizeof(float) * i);
                    senders[at] += 1;
                }
            }
        }
        for (std::size_t i = 0; i < tiles.size(); ++i) {
            tiles[i] /= std::max(senders[i], 1.0F);
        }
        transform_of(tensor).backward(tiles);
        for_each_row(tensor, [&](std::size_t place, std::size_t first, std::size_t count) {
            std::copy_n(tiles.data() + first, count, mean.data() + place);
        });
    }
    return mean;
}

Parameters Demo::step(const ParameterVector& before,
                      const ParameterVector& after,
                      std::span<const std::shared_ptr<const EncodedModel>> messages) const {
    const std::vector<float> mean = mean_of(messages);
    auto stepped = copy_of(after);
    const auto lr = static_cast<float>(options_.lr);
    const auto keep = static_cast<float>(1 - options_.lr * options_.weight_decay);
    for (const TiledTensor& tensor : indices_.tensors()) {
        for (std::size_t at = tensor.offset; at < tensor.offset + tensor.rows * tensor.columns;
             ++at) {
            const auto sign = static_cast<float>((mean[at] > 0) - (mean[at] < 0));
            stepped->values()[at] = keep * before.values()[at] - lr * sign;
        }
    }
    return stepped;
}

std::unique_ptr<const DriftCompressor> make_demo(const ParameterLayout& layout,
                                                 std::size_t num_parameters,
                                                 const DemoOptions& options) {
    return std::make_unique<Demo>(layout, num_parameters, options);
}

}  // namespace murmur
