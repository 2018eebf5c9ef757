#include "learning/codec.h"

#include "learning/codecs/codecs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <stdexcept>

namespace murmur {
namespace {

struct Entry {
    std::string_view name;
    std::string_view help;
    IndexCodecFactory* make_indices;  // null where it does not encode indices
    ValueCodecFactory* make_values;   // null where it does not encode values
};

constexpr std::array kCodecs{
    Entry{"raw",
          "raw: indices as uint32, values as float32, little endian",
          make_raw_indices,
          make_raw_values},
    Entry{"elias",
          "elias: indices as Elias gamma codes of the gaps between them",
          make_elias_indices,
          nullptr},
    Entry{"lz4",
          "lz4: gaps of indices or bits of values, by LZ4; lossless, fast",
          make_lz4_indices,
          make_lz4_values},
    Entry{"zstd",
          "zstd[:level=3]: gaps of indices or bits of values, by Zstandard; lossless",
          make_zstd_indices,
          make_zstd_values},
    Entry{"float16",
          "float16: values rounded to IEEE 754 half precision",
          nullptr,
          make_float16_values},
    Entry{"bfloat16",
          "bfloat16: values rounded to 8 significant bits, range of float32",
          nullptr,
          make_bfloat16_values},
    Entry{"fpzip",
          "fpzip[:bits=32]: values by fpzip, lossless or cut to their first 10 ... 32 bits",
          nullptr,
          make_fpzip_values},
    Entry{"qsgd",
          "qsgd[:levels=16,bucket=512]: values rounded at random to levels of their bucket's norm",
          nullptr,
          make_qsgd_values},
    Entry{"uniform",
          "uniform[:bits=8]: values rounded to equal steps of the largest magnitude",
          nullptr,
          make_uniform_values},
};

template <class Wanted>
std::string names_where(Wanted wanted) {
    std::vector<std::string_view> names;
    for (const Entry& entry : kCodecs) {
        if (wanted(entry)) {
            names.push_back(entry.name);
        }
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

const Entry& find_entry(const Spec& spec) {
    for (const Entry& entry : kCodecs) {
        if (spec.name == entry.name) {
            return entry;
        }
    }
    throw std::invalid_argument(fmt::format("codec: unknown, got '{}', allowed {}",
                                            spec.name,
                                            names_where([](const Entry&) { return true; })));
}

std::shared_ptr<const IndexCodec> make_indices(const Spec& spec) {
    const Entry& entry = find_entry(spec);
    if (entry.make_indices == nullptr) {
        throw std::invalid_argument(fmt::format(
            "codec: encodes no indices, got '{}' before the '+', allowed {}",
            spec.name,
            names_where([](const Entry& other) { return other.make_indices != nullptr; })));
    }
    return entry.make_indices(spec);
}

std::shared_ptr<const ValueCodec> make_values(const Spec& spec) {
    const Entry& entry = find_entry(spec);
    if (entry.make_values == nullptr) {
        throw std::invalid_argument(fmt::format(
            "codec: encodes no values, got '{}' behind the '+', allowed {}",
            spec.name,
            names_where([](const Entry& other) { return other.make_values != nullptr; })));
    }
    return entry.make_values(spec);
}

}  // namespace

Codec make_codec(std::string_view spec) {
    const std::size_t plus = spec.find('+');
    if (plus != std::string_view::npos) {
        return {make_indices(parse_spec(spec.substr(0, plus))),
                make_values(parse_spec(spec.substr(plus + 1)))};
    }
    const Spec one = parse_spec(spec);
    const Entry& entry = find_entry(one);
    const Spec raw = parse_spec("raw");
    return {entry.make_indices != nullptr ? entry.make_indices(one) : make_raw_indices(raw),
            entry.make_values != nullptr ? entry.make_values(one) : make_raw_values(raw)};
}

std::string codec_help() {
    std::string help;
    for (const Entry& entry : kCodecs) {
        help += fmt::format("{}\n", entry.help);
    }
    return help;
}

void require_no_codec_argument(const Spec& spec) {
    if (spec.has_argument) {
        refuse_codec(spec.name, fmt::format("takes no argument, got '{}'", spec.argument));
    }
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
