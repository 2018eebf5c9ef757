#include "learning/value_io.h"

#include "learning/encoding/masked_message.h"
#include "learning/encoding/sparse_message.h"
#include "learning/encoding/ternary_message.h"
#include "learning/encoding/whole_model.h"
#include "learning/encoding/whole_vectors.h"
#include "learning/model_parts.h"
#include "learning/permuted_fragments.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace murmur {

namespace {

/// The readers of encoded models by name.  Workers read while a run is set up beside them.
struct Readers {
    std::mutex mutex;
    std::map<std::string, EncodedModelReader, std::less<>> by_name{
        {std::string(WholeModel::kTypeName), WholeModel::read},
        {std::string(EncodedWholeModel::kTypeName), EncodedWholeModel::read},
        {std::string(WholeVectors::kTypeName), WholeVectors::read},
        {std::string(SparseMessage::kTypeName), SparseMessage::read},
        {std::string(TernaryMessage::kTypeName), TernaryMessage::read},
        {std::string(MaskedMessage::kTypeName), MaskedMessage::read},
        {std::string(MessageInParts::kTypeName), MessageInParts::read},
        {std::string(FragmentMessage::kTypeName), FragmentMessage::read}};
};

Readers& readers() {
    static Readers readers;
    return readers;
}

EncodedModelReader reader_of(std::string_view name) {
    Readers& known = readers();
    const std::lock_guard lock(known.mutex);
    const auto found = known.by_name.find(name);
    if (found == known.by_name.end()) {
        throw std::invalid_argument(
            fmt::format("a written value is damaged: no encoded model is called '{}'", name));
    }
    return found->second;
}

}  // namespace

void register_encoded_model(std::string_view type_name, EncodedModelReader read) {
    Readers& known = readers();
    const std::lock_guard lock(known.mutex);
    known.by_name.emplace(type_name, std::move(read));
}

void write_value(const Parameters& value, ByteSink& sink) {
    sink.parameters(value);
}

Parameters ValueReader<Parameters>::read(ByteSource& source) {
    return source.parameters();
}

Parameters read_parameters(ByteSource& source) {
    Parameters parameters = ValueReader<Parameters>::read(source);
    if (!parameters) {
        throw std::invalid_argument("a written value is damaged: no parameters where some must be");
    }
    return parameters;
}

void write_value(const std::shared_ptr<const EncodedModel>& value, ByteSink& sink) {
    const std::string_view name = value ? value->type_name() : "none";
    if (name.empty()) {
        throw std::logic_error("an encoded model without a type name cannot be written");
    }
    sink.text(name);
    if (value) {
        value->write(sink);
    }
}

std::shared_ptr<const EncodedModel> ValueReader<std::shared_ptr<const EncodedModel>>::read(
    ByteSource& source) {
    const std::string name = source.text();
    return name == "none" ? nullptr : reader_of(name)(source);
}

void write_value(double value, ByteSink& sink) {
    sink.f64(value);
}

double ValueReader<double>::read(ByteSource& source) {
    return source.f64();
}

void write_value(const EvaluationResult& value, ByteSink& sink) {
    sink.f64(value.loss);
    sink.f64(value.accuracy);
    sink.u64(static_cast<std::uint64_t>(value.samples));
    sink.f64(value.own_loss);
    sink.f64(value.own_accuracy);
    sink.u64(static_cast<std::uint64_t>(value.own_samples));
}

EvaluationResult ValueReader<EvaluationResult>::read(ByteSource& source) {
    EvaluationResult value{};
    value.loss = source.f64();
    value.accuracy = source.f64();
    value.samples = static_cast<std::int64_t>(source.u64());
    value.own_loss = source.f64();
    value.own_accuracy = source.f64();
    value.own_samples = static_cast<std::int64_t>(source.u64());
    return value;
}

void write_value(const MessageSize& value, ByteSink& sink) {
    sink.u64(value.values);
    sink.u64(value.metadata);
}

MessageSize ValueReader<MessageSize>::read(ByteSource& source) {
    const std::uint64_t values = source.u64();
    return {.values = values, .metadata = source.u64()};
}

}  // namespace murmur
