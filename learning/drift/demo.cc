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

/// Calls `visit` for each tile, with room for its values.
template <class Visit>
void for_each_tile(const std::vector<TiledTensor>& tensors, const Visit& visit) {
    std::vector<double> values;
    for (const TiledTensor& tensor : tensors) {
        values.resize(tensor.tile_size());
        for (std::size_t tile = 0; tile < tensor.num_tiles(); ++tile) {
            visit(tensor, tile, std::span(values));
        }
    }
}

}  // namespace

Demo::Demo(const ParameterLayout& layout, std::size_t num_parameters, const DemoOptions& options)
    : options_(options),
      num_parameters_(num_parameters),
      indices_(tiles_of(layout, num_parameters, options.side), options.top_k, options.indices) {
    for (const TiledTensor& tensor : indices_.tensors()) {
        transforms_.try_emplace({tensor.tile_rows, tensor.tile_columns},
                                tensor.tile_rows,
                                tensor.tile_columns);
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
    const auto decay = static_cast<float>(options_.decay);
    const auto compress = [&](const TiledTensor& tensor,
                              std::size_t tile,
                              std::span<double> values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::size_t at = tensor.place(tile, i);
            residual[at] = decay * residual[at] + (before.values()[at] - after.values()[at]);
            values[i] = residual[at];
        }
        const TileTransform& transform = transform_of(tensor);
        transform.forward(values);
        const std::vector<float> coefficients(values.begin(), values.end());
        const auto kept = largest_magnitudes(coefficients, tensor.kept(options_.top_k));
        std::ranges::fill(values, 0.0);
        for (const std::uint32_t index : kept) {
            store_float(coefficients[index], to);
            to += sizeof(float);
            values[index] = coefficients[index];
        }
        indices.insert(indices.end(), kept.begin(), kept.end());
        transform.backward(values);
        for (std::size_t i = 0; i < values.size(); ++i) {
            residual[tensor.place(tile, i)] -= static_cast<float>(values[i]);
        }
    };
    for_each_tile(indices_.tensors(), compress);
    message->indices = indices_.encode(indices);
    return message;
}

std::vector<double> Demo::mean_of(
    std::span<const std::shared_ptr<const EncodedModel>> messages) const {
    std::vector<Sent> sent;
    for (const auto& message : messages) {
        sent.push_back(read(*message, indices_));
    }
    std::vector<double> mean(num_parameters_);
    std::size_t first = 0;
    std::vector<std::uint32_t> senders;
    const auto combine = [&](const TiledTensor& tensor,
                             std::size_t tile,
                             std::span<double> values) {
        const std::size_t kept = tensor.kept(options_.top_k);
        std::ranges::fill(values, 0.0);
        senders.assign(values.size(), 0);
        for (const Sent& of_one : sent) {
            for (std::size_t entry = first; entry < first + kept; ++entry) {
                values[of_one.indices[entry]] +=
                    load_float(of_one.values.data() + sizeof(float) * entry);
                ++senders[of_one.indices[entry]];
            }
        }
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] /= std::max(senders[i], 1U);
        }
        transform_of(tensor).backward(values);
        for (std::size_t i = 0; i < values.size(); ++i) {
            mean[tensor.place(tile, i)] = values[i];
        }
        first += kept;
    };
    for_each_tile(indices_.tensors(), combine);
    return mean;
}

Parameters Demo::step(const ParameterVector& before,
                      const ParameterVector& after,
                      std::span<const std::shared_ptr<const EncodedModel>> messages) const {
    const std::vector<double> mean = mean_of(messages);
    auto stepped = copy_of(after);
    const auto lr = static_cast<float>(options_.lr);
    for (const TiledTensor& tensor : indices_.tensors()) {
        for (std::size_t at = tensor.offset; at < tensor.offset + tensor.rows * tensor.columns;
             ++at) {
            const auto sign = static_cast<float>((mean[at] > 0) - (mean[at] < 0));
            stepped->values()[at] = before.values()[at] - lr * sign;
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
