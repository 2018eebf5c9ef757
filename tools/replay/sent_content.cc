#include "tools/replay/sent_content.h"

#include "learning/codec.h"
#include "learning/encoding/masked_message.h"
#include "learning/encoding/sparse_message.h"
#include "learning/encoding/whole_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>

namespace murmur::replay {
namespace {

std::vector<float> decode_raw(const Bytes& bytes) {
    std::vector<float> values(bytes.size() / sizeof(float));
    make_codec("raw").values->decode(bytes, values);
    return values;
}

std::vector<std::uint32_t> indices_of(const SparseMessage& message) {
    if (message.indices.empty()) {
        std::vector<std::uint32_t> all(message.num_entries);
        std::iota(all.begin(), all.end(), 0U);
        return all;
    }
    return make_codec("raw").indices->decode(
        message.indices, message.num_entries, std::numeric_limits<std::uint32_t>::max());
}

/// The values at each index, one or two.
using Entries = std::map<std::uint32_t, std::vector<float>>;

Entries entries_of(const SentMessage& message) {
    Entries entries;
    const std::vector<std::uint32_t>& indices = *message.indices;
    const std::size_t width = indices.empty() ? 1 : message.values.size() / indices.size();
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const auto first = message.values.begin() + static_cast<std::ptrdiff_t>(i * width);
        entries[indices[i]].assign(first, first + static_cast<std::ptrdiff_t>(width));
    }
    return entries;
}

/// Drops entries that are zero and that the other message lacks: a difference of zero may be sent
/// or not.
void drop_lone_zeros(Entries& entries, const Entries& other) {
    std::erase_if(entries, [&](const auto& entry) {
        return !other.contains(entry.first) &&
               std::ranges::all_of(entry.second, [](float value) { return value == 0.0F; });
    });
}

std::vector<float> values_of(const Entries& entries) {
    std::vector<float> values;
    for (const auto& [index, entry] : entries) {
        values.insert(values.end(), entry.begin(), entry.end());
    }
    return values;
}

/// Returns the first index of `entries` that `other` lacks, as text; empty where there is none.
std::string first_lone_index(const Entries& entries, const Entries& other) {
    for (const auto& [index, entry] : entries) {
        if (!other.contains(index)) {
            return fmt::format("{}", index);
        }
    }
    return "";
}

}  // namespace

SentMessage read_content(const EncodedModel& message) {
    if (const auto* whole = dynamic_cast<const WholeModel*>(&message)) {
        const auto values = whole->parameters()->values();
        return {.values = {values.begin(), values.end()}};
    }
    if (const auto* masked = dynamic_cast<const MaskedMessage*>(&message)) {
        return {.values = decode_raw(masked->values), .seed = masked->seed};
    }
    const auto& sparse = dynamic_cast<const SparseMessage&>(message);
    return {.values = decode_raw(sparse.values), .indices = indices_of(sparse)};
}

std::string make_comparable(SentMessage& ours, SentMessage& theirs) {
    if (theirs.seed && theirs.seed != ours.seed) {
        return fmt::format("seed {}, recorded {}", ours.seed.value_or(0), *theirs.seed);
    }
    if (theirs.indices && ours.indices) {
        Entries our_entries = entries_of(ours);
        Entries their_entries = entries_of(theirs);
        drop_lone_zeros(our_entries, their_entries);
        drop_lone_zeros(their_entries, our_entries);
        const std::string surplus = first_lone_index(our_entries, their_entries);
        const std::string lacking = first_lone_index(their_entries, our_entries);
        if (!surplus.empty() || !lacking.empty()) {
            return fmt::format("index {} sent and not recorded, {} recorded and not sent",
                               surplus.empty() ? "none" : surplus,
                               lacking.empty() ? "none" : lacking);
        }
        ours.values = values_of(our_entries);
        theirs.values = values_of(their_entries);
    }
    if (ours.values.size() != theirs.values.size()) {
        return fmt::format("{} values, recorded {}", ours.values.size(), theirs.values.size());
    }
    return "";
}

}  // namespace murmur::replay
