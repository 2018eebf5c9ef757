#include "learning/codecs/little_endian.h"
#include "learning/drift/drift_compressor.h"
#include "learning/drift/tiles.h"
#include "learning/encoding/selection.h"
#include "learning/encoding/sparse_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

namespace murmur {
namespace {

class Demo final : public DriftCompressor {
  public:
    Demo(const ParameterLayout& layout, std::size_t num_parameters, const DemoOptions& options)
        : options_(options),
          indices_(tiles_of(layout, num_parameters, options.side), options.top_k, options.indices) {
        for (const TiledTensor& tensor : indices_.tensors()) {
            transforms_.try_emplace({tensor.tile_rows, tensor.tile_columns},
                                    tensor.tile_rows,
                                    tensor.tile_columns);
        }
    }

    MessageSize message_size() const override {
        return {sizeof(float) * indices_.num_entries(),
                SparseMessage::kHeaderBytes + indices_.encoded_bytes()};
    }

    std::shared_ptr<const EncodedModel> encode(std::span<float> residual,
                                               const ParameterVector& before,
                                               const ParameterVector& after) const override {
        std::vector<std::uint32_t> indices;
        indices.reserve(indices_.num_entries());
        auto message = std::make_shared<SparseMessage>();
        message->num_entries = indices_.num_entries();
        message->values.resize(sizeof(float) * indices_.num_entries());
        std::uint8_t* to = message->values.data();
        const auto decay = static_cast<float>(options_.decay);
        for_each_tile([&](const TiledTensor& tensor, std::size_t tile, std::span<double> values) {
            for (std::size_t i = 0; i < tensor.tile_size(); ++i) {
                const std::size_t at = tensor.place(tile, i);
                residual[at] =
                    decay * residual[at] + (before.values()[at] - after.values()[at]);
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
            for (std::size_t i = 0; i < tensor.tile_size(); ++i) {
                residual[tensor.place(tile, i)] -= static_cast<float>(values[i]);
            }
        });
        message->indices = indices_.encode(indices);
        return message;
    }

    Parameters step(
        const ParameterVector& before,
        const ParameterVector& after,
        std::span<const std::shared_ptr<const EncodedModel>> messages) const override {
        std::vector<Sent> sent;
        for (const auto& message : messages) {
            sent.push_back(read(*message));
        }
        auto stepped = std::make_shared<ParameterVector>(after.size());
        std::ranges::copy(after.values(), stepped->values().begin());
        const auto lr = static_cast<float>(options_.lr);
        std::size_t first = 0;
        std::vector<std::uint32_t> senders;
        for_each_tile([&](const TiledTensor& tensor, std::size_t tile, std::span<double> values) {
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
                const std::size_t at = tensor.place(tile, i);
                const float sign = static_cast<float>((values[i] > 0) - (values[i] < 0));
                stepped->values()[at] = before.values()[at] - lr * sign;
            }
            first += kept;
        });
        return stepped;
    }

  private:
    struct Sent {
        std::vector<std::uint32_t> indices;
        std::span<const std::uint8_t> values;
    };

    [[nodiscard]] Sent read(const EncodedModel& encoded) const {
        const auto& message = dynamic_cast<const SparseMessage&>(encoded);
        if (message.values.size() != sizeof(float) * indices_.num_entries()) {
            throw std::invalid_argument(
                fmt::format("demo: values of another length, got {} bytes, allowed {}",
                            message.values.size(),
                            sizeof(float) * indices_.num_entries()));
        }
        return {indices_.decode(message.indices), message.values};
    }

    [[nodiscard]] const TileTransform& transform_of(const TiledTensor& tensor) const {
        return transforms_.at({tensor.tile_rows, tensor.tile_columns});
    }

    /// Calls `visit` with room for the values of each tile.
    template <class Visit>
    void for_each_tile(const Visit& visit) const {
        std::vector<double> values;
        for (const TiledTensor& tensor : indices_.tensors()) {
            values.resize(tensor.tile_size());
            for (std::size_t tile = 0; tile < tensor.num_tiles(); ++tile) {
                visit(tensor, tile, std::span(values));
            }
        }
    }

    DemoOptions options_;
    TileIndices indices_;
    std::map<std::pair<std::size_t, std::size_t>, TileTransform> transforms_;
};

}  // namespace

std::unique_ptr<const DriftCompressor> make_demo(const ParameterLayout& layout,
                                                 std::size_t num_parameters,
                                                 const DemoOptions& options) {
    return std::make_unique<Demo>(layout, num_parameters, options);
}

}  // namespace murmur
