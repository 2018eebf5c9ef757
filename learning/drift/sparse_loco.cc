#include "learning/codecs/bit_stream.h"
#include "learning/codecs/little_endian.h"
#include "learning/drift/drift_compressor.h"
#include "learning/drift/tiles.h"
#include "learning/encoding/selection.h"
#include "learning/encoding/sparse_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace murmur {
namespace {

/// The kept values of one tensor, each replaced by the mean of its bin.
struct Binned {
    std::vector<float> means;          ///< [bins]
    std::vector<std::uint32_t> codes;  ///< [values]
};

Binned quantize(std::span<const float> values, unsigned bits) {
    const std::size_t bins = std::size_t{1} << bits;
    Binned binned{.means = std::vector<float>(bins), .codes = {}};
    const auto count = static_cast<double>(values.size());
    double mean = 0;
    for (const float value : values) {
        mean += value;
    }
    mean /= std::max(count, 1.0);
    double squares = 0;
    for (const float value : values) {
        squares += (value - mean) * (value - mean);
    }
    const double sigma = std::sqrt(squares / std::max(count - 1, 1.0));
    const double width = 6 * sigma / static_cast<double>(bins);
    const double middle = static_cast<double>(bins) / 2;
    std::vector<double> sums(bins);
    std::vector<std::size_t> counts(bins);
    for (const float value : values) {
        const double place = width > 0 ? std::nearbyint((value - mean) / width) + middle : middle;
        // Values that are not finite make NaN of their bin's mean, whichever it is.
        const auto code = static_cast<std::uint32_t>(
            place > 0 ? std::min(place, static_cast<double>(bins - 1)) : 0.0);
        binned.codes.push_back(code);
        sums[code] += value;
        ++counts[code];
    }
    for (std::size_t bin = 0; bin < bins; ++bin) {
        if (counts[bin] > 0) {
            binned.means[bin] = static_cast<float>(sums[bin] / static_cast<double>(counts[bin]));
        }
    }
    return binned;
}

class SparseLoco final : public DriftCompressor {
  public:
    SparseLoco(const ParameterLayout& layout,
               std::size_t num_parameters,
               const SparseLocoOptions& options)
        : options_(options),
          indices_(tiles_of(layout, num_parameters, options.side), options.top_k, options.indices) {
    }

    MessageSize message_size() const override {
        return {table_bytes() + (options_.bits * indices_.num_entries() + 7) / 8,
                SparseMessage::kHeaderBytes + indices_.encoded_bytes()};
    }

    std::shared_ptr<const EncodedModel> encode(std::span<float> residual,
                                               const ParameterVector& before,
                                               const ParameterVector& after) const override {
        auto message = std::make_shared<SparseMessage>();
        message->num_entries = indices_.num_entries();
        message->values.resize(table_bytes());
        std::uint8_t* table = message->values.data();
        const auto beta = static_cast<float>(options_.beta);
        std::vector<std::uint32_t> indices;
        std::vector<std::uint32_t> codes;
        std::vector<float> tile_values;
        for (const TiledTensor& tensor : indices_.tensors()) {
            std::vector<float> kept_values;
            std::vector<std::size_t> places;
            tile_values.resize(tensor.tile_size());
            for (std::size_t tile = 0; tile < tensor.num_tiles(); ++tile) {
                const auto add_drift =
                    [&](std::size_t place, std::size_t first, std::size_t count) {
                        const float* const from = before.values().data() + place;
                        const float* const until = after.values().data() + place;
                        float* const rest = residual.data() + place;
                        for (std::size_t i = 0; i < count; ++i) {
                            rest[i] = beta * rest[i] + (from[i] - until[i]);
                            tile_values[first + i] = rest[i];
                        }
                    };
                tensor.for_each_row(tile, add_drift);
                for (const std::uint32_t index :
                     largest_magnitudes(tile_values, tensor.kept(options_.top_k))) {
                    indices.push_back(index);
                    kept_values.push_back(tile_values[index]);
                    places.push_back(tensor.place(tile, index));
                }
            }
            const Binned binned = quantize(kept_values, options_.bits);
            for (std::size_t i = 0; i < places.size(); ++i) {
                residual[places[i]] -= binned.means[binned.codes[i]];
            }
            for (const float mean : binned.means) {
                store_float(mean, table);
                table += sizeof(float);
            }
            codes.insert(codes.end(), binned.codes.begin(), binned.codes.end());
        }
        BitWriter bits(options_.bits * codes.size());
        bits.put_all(codes, options_.bits);
        const Bytes packed = bits.finish();
        message->values.insert(message->values.end(), packed.begin(), packed.end());
        message->indices = indices_.encode(indices);
        return message;
    }

    Parameters step(const ParameterVector& before,
                    const ParameterVector& after,
                    std::span<const std::shared_ptr<const EncodedModel>> messages) const override {
        std::vector<float> sum(before.size());
        std::vector<std::uint32_t> senders(before.size());
        for (const auto& message : messages) {
            add(*message, sum, senders);
        }
        auto stepped = copy_of(after);
        const auto all = static_cast<float>(messages.size());
        const auto lr = static_cast<float>(options_.lr);
        for (const TiledTensor& tensor : indices_.tensors()) {
            for (std::size_t at = tensor.offset; at < tensor.offset + tensor.rows * tensor.columns;
                 ++at) {
                const float count =
                    options_.averages_senders ? static_cast<float>(std::max(senders[at], 1U)) : all;
                stepped->values()[at] = before.values()[at] - lr * (sum[at] / count);
            }
        }
        return stepped;
    }

  private:
    [[nodiscard]] std::size_t bins() const { return std::size_t{1} << options_.bits; }
    [[nodiscard]] std::size_t table_bytes() const {
        return sizeof(float) * bins() * indices_.tensors().size();
    }

    void add(const EncodedModel& encoded,
             std::span<float> sum,
             std::span<std::uint32_t> senders) const {
        const auto& message = dynamic_cast<const SparseMessage&>(encoded);
        if (message.values.size() != message_size().values) {
            throw std::invalid_argument(
                fmt::format("sparseloco: values of another length, got {} bytes, allowed {}",
                            message.values.size(),
                            message_size().values));
        }
        const std::vector<std::uint32_t> indices = indices_.decode(message.indices);
        const std::span<const std::uint8_t> bytes = message.values;
        BitReader bits("sparseloco", bytes.subspan(table_bytes()));
        std::size_t entry = 0;
        const std::uint8_t* table = bytes.data();
        for (const TiledTensor& tensor : indices_.tensors()) {
            for (std::size_t tile = 0; tile < tensor.num_tiles(); ++tile) {
                for (std::size_t i = 0; i < tensor.kept(options_.top_k); ++i, ++entry) {
                    const std::size_t at = tensor.place(tile, indices[entry]);
                    sum[at] += load_float(table + sizeof(float) * bits.get(options_.bits));
                    ++senders[at];
                }
            }
            table += sizeof(float) * bins();
        }
    }

    SparseLocoOptions options_;
    TileIndices indices_;
};

}  // namespace

std::unique_ptr<const DriftCompressor> make_sparse_loco(const ParameterLayout& layout,
                                                        std::size_t num_parameters,
                                                        const SparseLocoOptions& options) {
    return std::make_unique<SparseLoco>(layout, num_parameters, options);
}

}  // namespace murmur
