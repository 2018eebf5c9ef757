#include "learning/codec.h"

#include "learning/codecs/codecs.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

constexpr const char* kAll = "raw, elias, lz4, zstd, float16, bfloat16, fpzip, qsgd, uniform";

std::size_t index_bytes(std::string_view spec) {
    return make_codec(spec).indices->encode(std::vector<std::uint32_t>{5}).size();
}

std::size_t value_bytes(std::string_view spec) {
    return *make_codec(spec).values->encoded_bytes(100);
}

TEST_CASE("a codec is a pair, or one name that does what it can and leaves the other raw") {
    // Expectation: index 5 is 4 bytes raw and 00110 of Elias; 100 values are 400 bytes raw.
    CHECK(index_bytes("elias+float16") == 1);
    CHECK(value_bytes("elias+float16") == 200);
    CHECK(index_bytes("elias") == 1);
    CHECK(value_bytes("elias") == 400);
    CHECK(index_bytes("bfloat16") == 4);
    CHECK(value_bytes("bfloat16") == 200);
    CHECK(index_bytes("raw+uniform:bits=4") == 4);
    CHECK(value_bytes("raw+uniform:bits=4") == 54);
    CHECK(value_bytes("qsgd:levels=7,bucket=50") == 58);
}

TEST_CASE("raw alone encodes nothing, whatever the size of what others make") {
    for (const char* spec : {"elias+float16", "lz4", "zstd", "fpzip", "qsgd", "uniform:bits=16"}) {
        CAPTURE(spec);
        CHECK_FALSE(make_codec(spec).values->is_raw());
    }
    CHECK(make_codec("elias").values->is_raw());
    CHECK_FALSE(make_codec("elias").indices->is_raw());
    CHECK(make_codec("fpzip").indices->is_raw());
}

TEST_CASE("a general-purpose codec alone encodes indices and values") {
    const Codec codec = make_codec("zstd:level=19");
    CHECK_FALSE(codec.indices->encoded_bytes(10).has_value());
    CHECK_FALSE(codec.values->encoded_bytes(10).has_value());
}

TEST_CASE("unknown codecs and those in the wrong place are refused") {
    for (const std::string name : {"", "gzip", "Raw", "+raw", "raw+", "elias+fpzip2"}) {
        CHECK_THROWS_AS(static_cast<void>(make_codec(name)), std::invalid_argument);
    }
    CHECK_THROWS_WITH(static_cast<void>(make_codec("gzip")),
                      (std::string("codec: unknown, got 'gzip', allowed ") + kAll).c_str());
    CHECK_THROWS_WITH(static_cast<void>(make_codec("elias+elias")),
                      "codec: encodes no values, got 'elias' behind the '+', allowed raw, lz4, "
                      "zstd, float16, bfloat16, fpzip, qsgd, uniform");
    CHECK_THROWS_WITH(static_cast<void>(make_codec("qsgd+raw")),
                      "codec: encodes no indices, got 'qsgd' before the '+', allowed raw, elias, "
                      "lz4, zstd");
    CHECK_THROWS_WITH(static_cast<void>(make_codec("raw+raw+raw")),
                      (std::string("codec: unknown, got 'raw+raw', allowed ") + kAll).c_str());
}

TEST_CASE("bad options of a codec are refused") {
    const auto message_of = [](std::string_view spec) -> std::string {
        try {
            static_cast<void>(make_codec(spec));
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "accepted";
    };
    for (const std::string name : {"raw", "elias", "lz4", "float16", "bfloat16"}) {
        CHECK(message_of(name + ":x=1") == "codec " + name + ": takes no argument, got 'x=1'");
    }
    CHECK(message_of("fpzip:bits=9") ==
          "codec fpzip: bits: not a whole number in range, got '9', allowed 10 ... 32");
    CHECK(message_of("zstd:level=0") ==
          "codec zstd: level: not a whole number in range, got '0', allowed 1 ... 22");
    CHECK(message_of("qsgd:levels=0") ==
          "codec qsgd: levels: not a whole number in range, got '0', allowed 1 ... 32767");
    CHECK(message_of("qsgd:bucket=0") ==
          "codec qsgd: bucket: not a whole number in range, got '0', allowed 1 ... 1073741824");
    CHECK(message_of("qsgd:bits=3") ==
          "codec qsgd: unknown option, got 'bits', allowed keys: levels, bucket");
    CHECK(message_of("uniform:bits=1") ==
          "codec uniform: bits: not a whole number in range, got '1', allowed 2 ... 16");
    CHECK(message_of("uniform:bits=17").starts_with("codec uniform: bits: not a whole number"));
    CHECK(message_of("fpzip:precision=3") ==
          "codec fpzip: unknown option, got 'precision', allowed keys: bits");
}

TEST_CASE("the help shows how each codec is written") {
    const std::string help = codecs().help();
    for (const std::string& name : codecs().names()) {
        CHECK(help.find("  " + name) != std::string::npos);
    }
    CHECK(help.find("qsgd[:levels=16,bucket=512]") != std::string::npos);
}

}  // namespace
}  // namespace murmur
