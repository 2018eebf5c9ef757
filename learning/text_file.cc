#include "learning/text_file.h"

#include "learning/data_file.h"
#include "learning/datasets.h"
#include "learning/index_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

/// The characters of a text, numbered in ascending order.
struct Alphabet {
    std::array<std::int32_t, 256> numbers{};
    std::int64_t size = 0;

    explicit Alphabet(const std::vector<std::uint8_t>& text) {
        std::array<bool, 256> is_used{};
        for (const std::uint8_t byte : text) {
            is_used[byte] = true;
        }
        for (std::size_t byte = 0; byte < is_used.size(); ++byte) {
            numbers[byte] = static_cast<std::int32_t>(is_used[byte] ? size++ : -1);
        }
    }
};

}  // namespace

std::vector<std::uint8_t> read_text(std::string_view dataset_name, const std::string& path) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30;
    std::vector<std::uint8_t> text = DataFile(dataset_name, path).read_all(kMostBytes, "text");
    auto to = text.begin();
    bool after_return = false;
    for (const std::uint8_t byte : text) {
        if (byte != '\n' || !after_return) {
            *to++ = byte == '\r' ? std::uint8_t{'\n'} : byte;
        }
        after_return = byte == '\r';
    }
    text.erase(to, text.end());
    return text;
}

DatasetPair load_text(const TextOptions& options) {
    const std::vector<std::uint8_t> text = read_text("text", options.path);
    const std::int64_t stride = options.stride == 0 ? options.length : options.stride;
    // The last character is a target only.
    const std::int64_t samples = std::ssize(text) <= options.length
                                     ? 0
                                     : (std::ssize(text) - 1 - options.length) / stride + 1;
    if (samples < 2) {
        throw std::invalid_argument(
            fmt::format("dataset text: {}: too short, got {} characters, allowed {} and more for a "
                        "training and a test sample",
                        options.path,
                        text.size(),
                        options.length + stride + 1));
    }
    const Alphabet alphabet(text);
    const std::int64_t num_test = std::max<std::int64_t>(1, samples / 10);
    const auto take = [&](std::int64_t first, std::int64_t last) {
        IndexData data{.length = options.length,
                       .input_ranges = {alphabet.size},
                       .num_classes = alphabet.size};
        for (std::int64_t sample = first; sample < last; ++sample) {
            const auto window =
                std::span(text).subspan(static_cast<std::size_t>(sample * stride),
                                        static_cast<std::size_t>(options.length) + 1);
            for (const std::uint8_t byte : window.first(window.size() - 1)) {
                data.inputs.push_back(alphabet.numbers[byte]);
            }
            data.labels.push_back(alphabet.numbers[window.back()]);
        }
        return make_index_dataset(std::move(data));
    };
    return {take(0, samples - num_test), take(samples - num_test, samples)};
}

void register_text_file(DatasetRegistry& registry) {
    const TextOptions defaults;
    registry.add({"text",
                  "any text; next character",
                  {rest("file", "FILE", "UTF-8 or any bytes"),
                   named("length",
                         fmt::format("{}", defaults.length),
                         "characters from which the next one follows"),
                   unset("stride", "N", "characters between samples; as many as the length")}},
                 [](const Options& options, std::uint64_t) {
                     TextOptions text{.path = options.text("file")};
                     text.length = options.integer("length", {1, 100'000});
                     text.stride = options.has("stride") ? options.integer("stride", {1, 1'000'000})
                                                         : text.length;
                     return load_text(text);
                 });
}

}  // namespace murmur
