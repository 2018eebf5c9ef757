#include "learning/encoding/ternary_message.h"

#include "learning/encoding/selection.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace murmur {

std::vector<float> TernaryUpdate::values() const {
    std::vector<float> values(indices.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = is_negative[i] != 0 ? -magnitude : magnitude;
    }
    return values;
}

void TernaryUpdate::add_to(std::span<float> sum, float weight) const {
    const float step = weight * magnitude;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        sum[indices[i]] += is_negative[i] != 0 ? -step : step;
    }
}

TernaryUpdate make_ternary(std::span<const float> vector, std::size_t count) {
    TernaryUpdate update;
    update.indices = largest_magnitudes(vector, count);
    double sum = 0;
    for (const std::uint32_t index : update.indices) {
        sum += std::abs(vector[index]);
        update.is_negative.push_back(static_cast<std::uint8_t>(std::signbit(vector[index])));
    }
    update.magnitude = count == 0 ? 0.0F : static_cast<float>(sum / static_cast<double>(count));
    return update;
}

std::shared_ptr<const TernaryMessage> encode_ternary(const TernaryUpdate& update,
                                                     const IndexCodec& codec,
                                                     std::size_t length) {
    auto message = std::make_shared<TernaryMessage>();
    message->num_entries = update.indices.size();
    message->magnitude = update.magnitude;
    message->signs.resize((update.indices.size() + 7) / 8);
    for (std::size_t i = 0; i < update.is_negative.size(); ++i) {
        message->signs[i / 8] |= static_cast<std::uint8_t>(update.is_negative[i] << (i % 8));
    }
    if (update.indices.size() != length) {
        message->indices = codec.encode(update.indices);
    }
    return message;
}

TernaryUpdate decode_ternary(const EncodedModel& message,
                             const IndexCodec& codec,
                             std::size_t length) {
    const auto& ternary = dynamic_cast<const TernaryMessage&>(message);
    if (ternary.num_entries > length || ternary.signs.size() != (ternary.num_entries + 7) / 8) {
        throw std::invalid_argument(
            fmt::format("sharing: an update has another length, got {} entries and {} bytes of "
                        "signs, allowed at most {} entries",
                        ternary.num_entries,
                        ternary.signs.size(),
                        length));
    }
    TernaryUpdate update;
    update.magnitude = ternary.magnitude;
    update.indices =
        ternary.num_entries == length
            ? all_indices(length)
            : codec.decode(
                  ternary.indices, ternary.num_entries, static_cast<std::uint32_t>(length));
    for (std::size_t i = 0; i < ternary.num_entries; ++i) {
        update.is_negative.push_back((ternary.signs[i / 8] >> (i % 8)) & 1U);
    }
    return update;
}

}  // namespace murmur
