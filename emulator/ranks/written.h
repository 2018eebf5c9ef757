#pragma once

#include "emulator/ranks/exchange.h"
#include "learning/byte_stream.h"

namespace murmur {

/// Returns what was written, to be sent, and leaves nothing.
/// @pre the sink is not one of parcels
[[nodiscard]] inline Exchange::Bytes written(ByteSink& sink) {
    return sink.take().bytes;
}

}  // namespace murmur
