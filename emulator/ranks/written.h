#pragma once

#include "emulator/ranks/exchange.h"
#include "learning/byte_stream.h"

namespace murmur {

/// Returns what was written, to be sent.
[[nodiscard]] inline Exchange::Bytes written(const ByteSink& sink) {
    return {sink.written().begin(), sink.written().end()};
}

}  // namespace murmur
