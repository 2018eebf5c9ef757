#pragma once

#include "learning/byte_stream.h"
#include "learning/learner.h"
#include "learning/parameters.h"
#include "learning/sharing.h"

#include <concepts>
#include <functional>
#include <memory>
#include <string_view>

namespace murmur {

// What a run passes on can be written as bytes and read back to the bit: values of tasks, and what
// they remember.  A type of one's own takes part with an overload of `write_value` and a
// specialization of `ValueReader`.

void write_value(const Parameters& value, ByteSink& sink);
void write_value(const std::shared_ptr<const EncodedModel>& value, ByteSink& sink);
void write_value(double value, ByteSink& sink);
void write_value(const EvaluationResult& value, ByteSink& sink);
void write_value(const MessageSize& value, ByteSink& sink);

/// Reads a `T`.
template <class T>
struct ValueReader;

// Each of these: @throws std::invalid_argument  on damaged bytes

template <>
struct ValueReader<Parameters> {
    static Parameters read(ByteSource& source);
};
template <>
struct ValueReader<std::shared_ptr<const EncodedModel>> {
    static std::shared_ptr<const EncodedModel> read(ByteSource& source);
};
template <>
struct ValueReader<double> {
    static double read(ByteSource& source);
};
template <>
struct ValueReader<EvaluationResult> {
    static EvaluationResult read(ByteSource& source);
};
template <>
struct ValueReader<MessageSize> {
    static MessageSize read(ByteSource& source);
};

/// Reads parameters that must be there.
/// @throws std::invalid_argument  on damaged bytes, and where there are none
[[nodiscard]] Parameters read_parameters(ByteSource& source);

/// Whether a `T` can be written and read.
template <class T>
concept WritableValue = requires(const T& value, ByteSink& sink, ByteSource& source) {
    write_value(value, sink);
    { ValueReader<T>::read(source) } -> std::same_as<T>;
};

/// Returns what is read where a value was written: an equal one, that shares nothing with it.
template <WritableValue T>
[[nodiscard]] T round_trip(const T& value) {
    ByteSink sink;
    write_value(value, sink);
    ByteSource source(sink.written());
    T read = ValueReader<T>::read(source);
    source.expect_end();
    return read;
}

/// Reads what an encoded model of one type has written.
using EncodedModelReader = std::function<std::shared_ptr<const EncodedModel>(ByteSource& source)>;

/// Makes known how encoded models of a type are read, by their `type_name`; those of this folder
/// are known.  To be called before any are read; to call it again changes nothing.
void register_encoded_model(std::string_view type_name, EncodedModelReader read);

}  // namespace murmur
