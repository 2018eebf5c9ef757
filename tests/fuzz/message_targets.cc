#include "emulator/protocols/flood.h"
#include "emulator/protocols/secure_exchange.h"
#include "learning/drift/drift_compressor.h"
#include "learning/encoding/masked_message.h"
#include "learning/encoding/sparse_message.h"
#include "learning/encoding/ternary_message.h"
#include "learning/encoding/whole_model.h"
#include "learning/random_stream.h"
#include "learning/sharing.h"
#include "tests/fuzz/targets.h"
#include "tests/fuzz/words.h"
#include "tests/unit/emulator/fake_node_context.h"

#include <array>
#include <bit>
#include <numeric>
#include <stdexcept>

namespace murmur::fuzz {
namespace {

constexpr std::size_t kLength = 200;  // parameters of the receiver's model

std::vector<float> random_values(std::size_t count) {
    RandomStream random(stream_seed(1, "fuzz messages", count));
    std::vector<float> values(count);
    for (float& value : values) {
        value = static_cast<float>(random.normal());
    }
    return values;
}

std::vector<std::uint32_t> every_third(std::size_t length) {
    std::vector<std::uint32_t> indices;
    for (std::uint32_t index = 0; index < length; index += 3) {
        indices.push_back(index);
    }
    return indices;
}

void require_indices(std::span<const std::uint32_t> indices, std::size_t count) {
    if (indices.size() != count || (count > 0 && indices.back() >= kLength)) {
        throw std::logic_error("decoded what is no set of indices");
    }
}

/// An input: number of entries, length of the encoded indices, indices, values.
Target sparse_target() {
    const SparseFormat format{make_codec("elias+lz4"), 2};
    const auto read = [format](std::span<const std::uint8_t> bytes) {
        SparseMessage message;
        message.num_entries = take_word(bytes);
        message.indices = take_bytes(bytes, take_word(bytes));
        message.values = take_bytes(bytes, bytes.size());
        const ModelView entries = format.decode(message, kLength, 1);
        require_indices(entries.indices(), message.num_entries);
    };
    const auto seeds = [format] {
        std::vector<std::uint32_t> all(kLength);
        std::iota(all.begin(), all.end(), 0u);
        std::vector<Bytes> inputs;
        for (const auto& indices : {every_third(kLength), all, {}}) {
            const auto message = format.encode(random_values(2 * kLength), indices, 1);
            Bytes encoding = message->indices;
            encoding.insert(encoding.end(), message->values.begin(), message->values.end());
            inputs.push_back(input(std::array{static_cast<std::uint32_t>(message->num_entries),
                                              static_cast<std::uint32_t>(message->indices.size())},
                                   encoding));
        }
        return inputs;
    };
    return {"sparse-message", read, seeds};
}

/// An input: number of entries, length of the encoded indices, magnitude, indices, signs.
Target ternary_target() {
    const auto codec = make_codec("elias").indices;
    const auto read = [codec](std::span<const std::uint8_t> bytes) {
        TernaryMessage message;
        message.num_entries = take_word(bytes);
        const std::uint32_t indices = take_word(bytes);
        message.magnitude = std::bit_cast<float>(take_word(bytes));
        message.indices = take_bytes(bytes, indices);
        message.signs = take_bytes(bytes, bytes.size());
        const TernaryUpdate update = decode_ternary(message, *codec, kLength);
        require_indices(update.indices, message.num_entries);
        std::vector<float> sum(kLength);
        update.add_to(sum, 0.5F);
    };
    const auto seeds = [codec] {
        std::vector<Bytes> inputs;
        for (const std::size_t count : {kLength / 3, kLength, std::size_t{0}}) {
            const auto message =
                encode_ternary(make_ternary(random_values(kLength), count), *codec, kLength);
            Bytes encoding = message->indices;
            encoding.insert(encoding.end(), message->signs.begin(), message->signs.end());
            inputs.push_back(input(std::array{static_cast<std::uint32_t>(message->num_entries),
                                              static_cast<std::uint32_t>(message->indices.size()),
                                              std::bit_cast<std::uint32_t>(message->magnitude)},
                                   encoding));
        }
        return inputs;
    };
    return {"ternary-message", read, seeds};
}

/// Merges a message into a model of `kLength` parameters.
void merge(const Sharing& sharing, std::shared_ptr<const EncodedModel> message) {
    const Parameters model = make_parameters(random_values(kLength));
    const auto state = sharing.initial_state(model, SharingRole::kPeer);
    const std::array neighbors{WeightedMessage{1, 0.5, std::move(message)}};
    if (sharing.merge(*state, model, 0.5, neighbors)->size() != kLength) {
        throw std::logic_error("merged to another length");
    }
}

/// Returns what node 1 sends.
template <class Message>
Message sent(const Sharing& sharing) {
    const Parameters model = make_parameters(random_values(kLength));
    const auto state = sharing.initial_state(model, SharingRole::kPeer);
    const SharingContext context{.node = 1, .round = 0, .degree = 1, .stream_seed = 7};
    return dynamic_cast<const Message&>(*sharing.encode(*state, model, context));
}

/// An input: the mask's seed, values.
Target masked_target() {
    const std::shared_ptr<const Sharing> sharing = make_sharing("random:alpha=0.5", "zstd");
    const auto read = [sharing](std::span<const std::uint8_t> bytes) {
        const auto message = std::make_shared<MaskedMessage>();
        message->seed = take_word(bytes);
        message->values = take_bytes(bytes, bytes.size());
        merge(*sharing, message);
    };
    const auto seeds = [sharing] {
        const auto message = sent<MaskedMessage>(*sharing);
        return std::vector<Bytes>{
            input(std::array{static_cast<std::uint32_t>(message.seed)}, message.values)};
    };
    return {"masked-message", read, seeds};
}

/// An input: number of parameters, values.
Target model_target() {
    const std::shared_ptr<const Sharing> sharing = make_sharing("full", "lz4");
    const auto read = [sharing](std::span<const std::uint8_t> bytes) {
        const auto message = std::make_shared<EncodedWholeModel>();
        message->num_parameters = take_word(bytes);
        message->values = take_bytes(bytes, bytes.size());
        merge(*sharing, message);
    };
    const auto seeds = [sharing] {
        const auto message = sent<EncodedWholeModel>(*sharing);
        return std::vector<Bytes>{
            input(std::array{static_cast<std::uint32_t>(message.num_parameters)}, message.values)};
    };
    return {"model-message", read, seeds};
}

/// An input: 0 for a key or else for a group, the note's fields.
Target secure_target() {
    const auto read = [](std::span<const std::uint8_t> bytes) {
        const bool is_key = take_word(bytes) == 0;
        const Note note(0, {bytes.begin(), bytes.end()});
        is_key ? static_cast<void>(read_key(note)) : static_cast<void>(read_group(note));
    };
    const auto seeds = [] {
        const PublicKey key = make_key_pair(1).open;
        const SenderGroup group{.weight = 0.25F, .others = {{3, key}, {5, make_key_pair(2).open}}};
        std::vector<Bytes> inputs;
        for (const NotePtr& note : {key_note(key), group_note(group)}) {
            const std::span<const std::uint8_t> fields = note->fields();
            inputs.push_back(input(std::array{inputs.empty() ? 0u : 1u}, fields));
        }
        return inputs;
    };
    return {"secure-note", read, seeds};
}

/// An input: how many numbers the first neighbor's note has, those, those of the second one.
Target flood_target() {
    const auto read = [](std::span<const std::uint8_t> bytes) {
        test::FakeNodeContext node(
            0, {.self = 0.5, .neighbors = {{.neighbor = 1, .weight = 0.25}, {2, 0.25}}}, 1);
        std::size_t items = 0;
        Flood flood(
            7, 2, [&](NodeId, const Flood::Item&) { ++items; }, [] {});
        flood.start(node, {1, 2});
        const std::uint32_t first = take_word(bytes);
        const auto note = [](std::vector<std::uint8_t> fields) {
            return std::make_shared<const Note>(7, std::move(fields));
        };
        flood.receive(
            node, {.from = 1, .round = 0, .note = note(take_bytes(bytes, 4 * std::size_t{first}))});
        flood.receive(node, {.from = 2, .round = 0, .note = note({bytes.begin(), bytes.end()})});
        if (items >= node.num_nodes()) {
            throw std::logic_error("a node is known twice");
        }
    };
    const auto seeds = [] {
        return std::vector<Bytes>{input(
            std::array{5u, /*node 1*/ 1u, 3u, 7u, 8u, 9u, /*node 2*/ 2u, 0u, 4u, 1u, 5u}, {})};
    };
    return {"flood-note", read, seeds};
}

/// An input: length of the encoded indices, indices, values; of tiles of several tensors.
Target drift_target(const std::string& name, std::shared_ptr<const DriftCompressor> compressor) {
    const auto zeros = make_parameters(std::vector<float>(kLength));
    const auto read = [=](std::span<const std::uint8_t> bytes) {
        auto message = std::make_shared<SparseMessage>();
        message->indices = take_bytes(bytes, take_word(bytes));
        message->values = take_bytes(bytes, bytes.size());
        const Parameters stepped =
            compressor->step(*zeros, *zeros, std::array<Encoded, 1>{message});
        if (stepped->size() != kLength) {
            throw std::logic_error("stepped to a model of another length");
        }
    };
    const auto seeds = [=] {
        std::vector<float> residual(kLength);
        const auto encoded =
            compressor->encode(residual, *zeros, *make_parameters(random_values(kLength)));
        const auto& message = dynamic_cast<const SparseMessage&>(*encoded);
        Bytes encoding = message.indices;
        encoding.insert(encoding.end(), message.values.begin(), message.values.end());
        return std::vector<Bytes>{
            input(std::array{static_cast<std::uint32_t>(message.indices.size())}, encoding)};
    };
    return {name, read, seeds};
}

/// The layout of the receiver's model: two tiles of a matrix, and a row.
ParameterLayout tiled_layout() {
    return {{.name = "weight", .shape = {10, 16}}, {.name = "bias", .shape = {40}}};
}

}  // namespace

std::vector<Target> message_targets() {
    return {
        sparse_target(),
        ternary_target(),
        masked_target(),
        model_target(),
        secure_target(),
        flood_target(),
        drift_target("drift-demo", make_demo(tiled_layout(), kLength, {.side = 10, .top_k = 3})),
        drift_target("drift-sparseloco",
                     make_sparse_loco(tiled_layout(), kLength, {.side = 10, .top_k = 3}))};
}

}  // namespace murmur::fuzz
