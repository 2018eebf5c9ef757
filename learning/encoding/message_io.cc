// How the messages of this folder's encoders, and those in parts, are written and read back.

#include "learning/encoding/masked_message.h"
#include "learning/encoding/sparse_message.h"
#include "learning/encoding/ternary_message.h"
#include "learning/encoding/whole_model.h"
#include "learning/encoding/whole_vectors.h"
#include "learning/model_parts.h"
#include "learning/value_io.h"

#include <stdexcept>

namespace murmur {

void WholeModel::write(ByteSink& sink) const {
    write_value(parameters_, sink);
}

std::shared_ptr<const EncodedModel> WholeModel::read(ByteSource& source) {
    return std::make_shared<const WholeModel>(read_parameters(source));
}

void WholeVectors::write(ByteSink& sink) const {
    sink.u64(vectors_.size());
    for (const Parameters& vector : vectors_) {
        write_value(vector, sink);
    }
}

std::shared_ptr<const EncodedModel> WholeVectors::read(ByteSource& source) {
    std::vector<Parameters> vectors;
    for (std::size_t left = source.count_of(1); left > 0; --left) {
        vectors.push_back(read_parameters(source));
        if (vectors.back()->size() != vectors.front()->size()) {
            throw std::invalid_argument(
                "a written value is damaged: vectors of one message differ in length");
        }
    }
    if (vectors.empty()) {
        throw std::invalid_argument("a written value is damaged: a message of no vectors");
    }
    return std::make_shared<const WholeVectors>(std::move(vectors));
}

void EncodedWholeModel::write(ByteSink& sink) const {
    sink.u64(num_parameters);
    sink.bytes(values);
}

std::shared_ptr<const EncodedModel> EncodedWholeModel::read(ByteSource& source) {
    auto message = std::make_shared<EncodedWholeModel>();
    message->num_parameters = source.u64();
    message->values = source.bytes();
    return message;
}

void SparseMessage::write(ByteSink& sink) const {
    sink.u64(num_entries);
    sink.bytes(indices);
    sink.bytes(values);
}

std::shared_ptr<const EncodedModel> SparseMessage::read(ByteSource& source) {
    auto message = std::make_shared<SparseMessage>();
    message->num_entries = source.u64();
    message->indices = source.bytes();
    message->values = source.bytes();
    return message;
}

void TernaryMessage::write(ByteSink& sink) const {
    sink.u64(num_entries);
    sink.bytes(indices);
    sink.bytes(signs);
    sink.f32(magnitude);
}

std::shared_ptr<const EncodedModel> TernaryMessage::read(ByteSource& source) {
    auto message = std::make_shared<TernaryMessage>();
    message->num_entries = source.u64();
    message->indices = source.bytes();
    message->signs = source.bytes();
    message->magnitude = source.f32();
    return message;
}

void MaskedMessage::write(ByteSink& sink) const {
    sink.u64(seed);
    sink.bytes(values);
}

std::shared_ptr<const EncodedModel> MaskedMessage::read(ByteSource& source) {
    auto message = std::make_shared<MaskedMessage>();
    message->seed = source.u64();
    message->values = source.bytes();
    return message;
}

void MessageInParts::write(ByteSink& sink) const {
    write_value(encoded, sink);
    write_value(whole, sink);
}

std::shared_ptr<const EncodedModel> MessageInParts::read(ByteSource& source) {
    // Seen before it is read: one within another would be a recursion that only the bytes bound.
    ByteSource ahead = source;
    const bool is_nested = ahead.text() == kTypeName;
    auto message = std::make_shared<MessageInParts>();
    message->encoded =
        is_nested ? nullptr : ValueReader<std::shared_ptr<const EncodedModel>>::read(source);
    if (!message->encoded) {
        throw std::invalid_argument(
            "a written value is damaged: a message in parts without an encoded one");
    }
    message->whole = read_parameters(source);
    return message;
}

}  // namespace murmur
