#include "learning/encoding/sparse_message.h"

#include "learning/encoding/selection.h"
#include "learning/random_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace murmur {
namespace {

std::vector<float> gather(std::span<const float> vector,
                          std::span<const std::uint32_t> indices,
                          std::size_t width) {
    std::vector<float> values(indices.size() * width);
    float* value = values.data();
    for (const std::uint32_t index : indices) {
        for (std::size_t part = 0; part < width; ++part) {
            *value++ = vector[index * width + part];
        }
    }
    return values;
}

}  // namespace

std::optional<MessageSize> SparseFormat::message_size(std::size_t num_entries,
                                                      std::size_t length) const {
    const auto values = codec.values->encoded_bytes(num_entries * width);
    const auto indices = num_entries == length ? 0 : codec.indices->encoded_bytes(num_entries);
    if (!values || !indices) {
        return std::nullopt;
    }
    return MessageSize{*values, SparseMessage::kHeaderBytes + *indices};
}

std::shared_ptr<const SparseMessage> SparseFormat::encode(std::span<const float> vector,
                                                          std::span<const std::uint32_t> indices,
                                                          std::uint64_t stream_seed) const {
    const std::uint64_t rounding_seed = murmur::stream_seed(stream_seed, "codec");
    auto message = std::make_shared<SparseMessage>();
    message->num_entries = indices.size();
    if (indices.size() * width == vector.size()) {
        message->values = codec.values->encode(vector, rounding_seed);
        return message;
    }
    message->indices = codec.indices->encode(indices);
    message->values = codec.values->encode(gather(vector, indices, width), rounding_seed);
    return message;
}

ModelView SparseFormat::decode(const EncodedModel& message,
                               std::size_t length,
                               std::uint32_t from) const {
    const auto& sparse = dynamic_cast<const SparseMessage&>(message);
    if (sparse.num_entries > length) {
        throw std::invalid_argument(
            fmt::format("sharing: the model of node {} has another length, got {} entries, "
                        "allowed at most {}",
                        from,
                        sparse.num_entries,
                        length));
    }
    std::vector<std::uint32_t> indices =
        sparse.num_entries == length
            ? all_indices(length)
            : codec.indices->decode(
                  sparse.indices, sparse.num_entries, static_cast<std::uint32_t>(length));
    std::vector<float> values(sparse.num_entries * width);
    codec.values->decode(sparse.values, values);
    return {std::move(indices), std::move(values), width};
}

}  // namespace murmur
