#include "learning/codec.h"

#include "learning/codecs/codecs.h"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

/// Lists the codecs that encode what `part` of them makes.
template <class Part>
std::string names_with(Part part) {
    std::vector<std::string> names;
    for (const std::string& name : codecs().names()) {
        if (codecs().select(name).make.*part) {
            names.push_back(name);
        }
    }
    return listed(names);
}

std::shared_ptr<const IndexCodec> make_indices(std::string_view spec) {
    const auto chosen = codecs().select(spec);
    if (!chosen.make.indices) {
        throw std::invalid_argument(
            fmt::format("codec: encodes no indices, got '{}' before the '+', allowed {}",
                        chosen.text.name,
                        names_with(&CodecMake::indices)));
    }
    return chosen.make.indices(chosen.options);
}

std::shared_ptr<const ValueCodec> make_values(std::string_view spec) {
    const auto chosen = codecs().select(spec);
    if (!chosen.make.values) {
        throw std::invalid_argument(
            fmt::format("codec: encodes no values, got '{}' behind the '+', allowed {}",
                        chosen.text.name,
                        names_with(&CodecMake::values)));
    }
    return chosen.make.values(chosen.options);
}

}  // namespace

CodecRegistry& codecs() {
    static CodecRegistry registry("codec", register_all);
    return registry;
}

Codec make_codec(std::string_view spec) {
    const std::size_t plus = spec.find('+');
    if (plus != std::string_view::npos) {
        return {make_indices(spec.substr(0, plus)), make_values(spec.substr(plus + 1))};
    }
    const auto one = codecs().select(spec);
    return {one.make.indices ? one.make.indices(one.options) : make_indices("raw"),
            one.make.values ? one.make.values(one.options) : make_values("raw")};
}

void refuse_codec(std::string_view name, std::string_view what) {
    throw std::invalid_argument(fmt::format("codec {}: {}", name, what));
}

void require_encoded_bytes(std::string_view name, std::size_t got, std::size_t expected) {
    if (got != expected) {
        refuse_codec(name, fmt::format("wrong length, got {} bytes, allowed {}", got, expected));
    }
}

}  // namespace murmur
