#include "learning/codecs/index_builder.h"

#include "learning/codecs/codecs.h"

#include <fmt/format.h>

namespace murmur {

IndexBuilder::IndexBuilder(std::string_view codec, std::size_t count, std::uint32_t bound)
    : codec_(codec), bound_(bound) {
    if (count > bound) {
        refuse_codec(codec,
                     fmt::format("too many indices, got {}, allowed 0 ... {}", count, bound));
    }
    indices_.resize(count + Sums().size());
}

void IndexBuilder::refuse_index(std::uint64_t skipped) const {
    refuse_codec(codec_,
                 fmt::format("index {} is out of range, got {} past {}, allowed below {}",
                             size_,
                             skipped,
                             next_,
                             bound_));
}

}  // namespace murmur
