#include "learning/codecs/bit_stream.h"

#include "learning/codecs/codecs.h"

#include <fmt/format.h>

namespace murmur {

void BitReader::expect_end() {
    refill();
    if (available_ >= 8 || window_ != 0) {
        refuse_codec(codec_,
                     fmt::format("bits follow where all values are read, of {} bytes", size_));
    }
}

void BitReader::refuse_end() const {
    refuse_codec(codec_, fmt::format("truncated, got {} bytes, allowed more", size_));
}

void BitReader::refuse_zeros() const {
    refuse_codec(codec_, fmt::format("no number has so many leading zeros, in {} bytes", size_));
}

}  // namespace murmur
